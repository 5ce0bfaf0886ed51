"""All blocks of one structure: quantities, costs, ledgers, rows and policies, ready to be evaluated for a member."""

from __future__ import annotations

import gc
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from peakmix.parameters.container import Key, Parameters
from peakmix.results.extract import span_of
from peakmix.results.recount import capacity, costs, exchange, ledgers, limits, measures, policies
from peakmix.results.recount.general import Compiled
from peakmix.results.recount.scope import Scope
from peakmix.results.recount.stack import Stack, by_component, ledger_check, policy_check, stack
from peakmix.results.recount.terms import Block, Element
from peakmix.solve.program import FloatArray, NameTable


@dataclass(frozen=True, eq=False)
class Point:
    """A solution with the elements of its member, both with the constant 1 at the end."""

    x: FloatArray
    elements: FloatArray

    def values(self, block: Block) -> FloatArray:
        """Sum of every row of a block, shape (rows,)."""
        return block.values(self.x, self.elements)

    def sizes(self, block: Block) -> FloatArray:
        """Sum of the absolute terms of every row of a block, shape (rows,)."""
        return block.sizes(self.x, self.elements)

    def by_label(self, block: Block) -> dict[Key, float]:
        """Sum of every row of a block by its label."""
        return dict(zip(block.labels, self.values(block).tolist(), strict=True))


class Recount:
    """Blocks of one structure; made once, evaluated for as many members as there are.

    Attributes
    ----------
    rows:
        Rows of the physical families by name; each value is zero, or on the right side of zero.
    policies:
        Levels, bounds and excesses of policy rows.
    cost, ledger:
        Cost by (component, place, period); ledgers by (ledger, region, sector, period).
    quantities:
        Capacities, investments, net use and emissions of markets, by name.
    checks:
        Rows of families, policies, accounts and cost components in one stack, for the quick audit.
    read:
        Policies whose instrument has no recount of its own; their rows are read from the compiled programme.
    """

    def __init__(self, parameters: Parameters, compiled: Compiled) -> None:
        self.parameters = parameters
        self.scope = Scope(parameters, compiled.program.cols)
        self.read = policies.read_policies(self.scope)
        collecting = gc.isenabled()
        gc.disable()
        try:
            self._build(compiled)
        finally:
            if collecting:
                gc.enable()
        self._rows_seen: NameTable | None = None
        self._stranger = ""

    def _build(self, compiled: Compiled) -> None:
        """Make all blocks; no cycles arise, so the collector may rest meanwhile."""
        scope = self.scope
        made = (
            exchange.balance_rows(scope),
            exchange.exchange_rows(scope),
            capacity.stock_rows(scope),
            capacity.service_rows(scope),
            capacity.renewal_rows(scope),
            measures.measure_rows(scope),
            limits.limit_rows(scope),
            limits.share_rows(scope),
            limits.base_rows(scope),
        )
        self.rows: dict[str, Block] = {block.name: block for block in made}
        self.policies: policies.PolicyBlocks = policies.policy_blocks(scope, compiled)
        self.cost: Block = costs.cost_block(scope, compiled, self.read)
        self.ledger: Block = ledgers.ledger_block(scope)
        self.quantities: dict[str, Block] = {
            **capacity.quantities(scope),
            **costs.investment_blocks(scope),
            "net_use": ledgers.net_use_block(scope),
            "market_emission": ledgers.market_emission_block(scope),
        }
        accounts = (policy_check(self.policies), ledger_check(self.ledger, scope.variables), by_component(self.cost))
        self.checks: Stack = stack([*made, *accounts])

    def point(self, x: FloatArray, levers: Mapping[Element, float] | None = None) -> Point:
        """A solution x (columns,) with the levers (element -> value) of its member."""
        return Point(np.append(x, 1.0), self.scope.elements.vector(levers))

    def unknown_policy_row(self, rows: NameTable) -> str:
        """Name of a policy row that the recount does not have, or an empty text; looked for once a structure."""
        if rows is not self._rows_seen:
            known = set(self.policies.level.labels)
            self._rows_seen, self._stranger = rows, ""
            for component in rows.components:
                for index in rows.members[span_of(rows, component)] if component.startswith("policy_") else ():
                    if not self._stranger and (component, *index) not in known:
                        self._stranger = f"{component}[{','.join(map(str, index))}]"
        return self._stranger
