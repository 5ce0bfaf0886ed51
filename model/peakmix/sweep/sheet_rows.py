"""Policy rows and allowance accounts as sums of terms that all members of a structure share."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import numpy.typing as npt

from peakmix.foundation.vocabulary import Weight
from peakmix.parameters.container import Key
from peakmix.results.accounts import ACCOUNT, DECISIONS, ENTERING, SALES, account_before
from peakmix.results.axes import Axes
from peakmix.results.extract import span_of
from peakmix.results.recount.recount import Recount
from peakmix.results.recount.terms import Block, Term
from peakmix.results.sheets import PolicyRow, rows_of, weight_kind
from peakmix.solve.program import FloatArray, NameTable

LEFT_OUT = ("policy_swap_new",)
"""Rows that tie new capacity to its credits: as many as new capacity, and no price of their own."""
NUMBERS = ("level", "bound", "excess")
Numbers = dict[str, FloatArray]


def picked(block: Block, labels: Sequence[Key], name: str) -> Block:
    """The rows of a block with some labels, in their order; a label may come more than once."""
    place = {label: k for k, label in enumerate(block.labels)}
    order = np.argsort(block.row, kind="stable")
    starts = np.searchsorted(block.row[order], np.arange(len(block.labels) + 1))
    rows = [place[label] for label in labels]
    taken = [order[starts[row] : starts[row + 1]] for row in rows]
    terms = np.concatenate(taken) if taken else np.empty(0, dtype=np.intp)
    own = np.repeat(np.arange(len(rows), dtype=np.int32), [len(part) for part in taken])
    unique: list[Key] = [(k,) for k in range(len(rows))]
    return Block(name, unique, own, block.column[terms], block.element[terms], block.factor[terms], block.sense[rows])


class PolicyRows:
    """Policy rows as a run's sheet has them: one row of the programme may be several, a budget has one a period.

    Attributes
    ----------
    rows:
        What names each row.
    blocks:
        ``policy_level``, ``policy_bound`` and ``policy_excess``.
    dated, pace:
        Weight kind and period of each row; keys of the element that rows of a pace are divided by.
    """

    def __init__(self, axes: Axes, recount: Recount, names: NameTable) -> None:
        blocks = recount.policies
        sense = dict(zip(blocks.level.labels, blocks.level.sense.tolist(), strict=True))
        self.rows: list[PolicyRow] = []
        labels: list[Key] = []
        duals: list[int] = []
        for component in names.components:
            if not component.startswith("policy_") or component in LEFT_OUT:
                continue
            span = span_of(names, component)
            for position, index in enumerate(names.members[span], start=span.start):
                label: Key = (component, *index)
                if label in sense:
                    made = rows_of(axes, component, index, sense[label])
                    self.rows += made
                    labels += [label] * len(made)
                    duals += [position] * len(made)
        parameters = axes.parameters
        self.blocks = [picked(getattr(blocks, name), labels, f"policy_{name}") for name in NUMBERS]
        self.dated: list[tuple[Weight, int]] = [
            (weight_kind(parameters, row.component, row.policy), row.period) for row in self.rows
        ]
        self._dual = np.array(duals, dtype=np.intp)
        self._sense = np.array([sense[label] for label in labels])[:, None]
        self._charged = np.array([row.component == "policy_charged" for row in self.rows])[:, None]
        self._paced = [k for k, row in enumerate(self.rows) if row.component == "policy_pace"]
        self.pace: list[Key] = [(self.rows[k].policy, self.rows[k].period) for k in self._paced]
        self._open = [k for k, row in enumerate(self.rows) if row.component == "policy_swap_pool" and not sense[labels[k]]]
        self._voluntary = [k for k, row in enumerate(self.rows) if row.component == "policy_voluntary"]

    def finish(self, found: Numbers, row_dual: FloatArray, pace: FloatArray, weights: FloatArray) -> None:
        """Prices, and levels in the unit of the sheet, as ``results/sheets`` has them for one solution."""
        scale = np.ones_like(weights)
        scale[self._paced] = pace
        for name in NUMBERS:
            found[f"policy_{name}"] = found[f"policy_{name}"] / scale
        found["policy_bound"][self._open] = 0.0
        found["policy_excess"][self._voluntary] = 0.0
        dual = row_dual[self._dual]
        relief = np.where(self._charged, dual, np.where(self._sense != 0, np.abs(dual), -dual))
        found["policy_price"] = scale * relief / weights + 0.0


class Accounts:
    """Allowance accounts as ``results/accounts`` has them for one solution; ``names`` are those of the numbers."""

    def __init__(self, recount: Recount, names: NameTable, keys: Sequence[Key]) -> None:
        self.recount, self.scope, self.keys = recount, recount.scope, keys
        self.before = {key: account_before(recount.parameters, key) for key in keys}
        self.years = {key: float(recount.parameters.horizon.n(key[2])) for key in keys}
        self.blocks = [self._block(name, partial(self._own, name)) for name in DECISIONS]
        self.blocks += [
            self._block("brought", self._brought),
            self._block("interest", self._interest),
            self._block("borrowed", self._borrowed),
            self._block("inventory", lambda key: self._own("inventory", key, (key[0], key[2]))),
            self._block("inventory_start", self._inventory_start),
        ]
        labels: list[Key] = [(ACCOUNT, *key) for key in keys]
        policies = recount.policies
        self.blocks += [picked(policies.level, labels, "account:level"), picked(policies.bound, labels, "account:bound")]
        more = ("given", "surplus", "lapsed", "price")
        self.names = [*(block.name for block in self.blocks[:-2]), *(f"allowance_{name}" for name in more)]
        self._first = np.array([0.0 if self.before[key] else 1.0 / self.years[key] for key in keys])[:, None]
        self._dual = self._positions(names, ACCOUNT)
        self._right = self._positions(names, SALES)

    def _block(self, name: str, terms: Callable[[Key], list[Term]]) -> Block:
        builder = self.scope.builder(f"allowance_{name}")
        for key in self.keys:
            builder.add(key, terms(key))
        return builder.block()

    def _own(self, name: str, key: Key, index: Key | None = None, factor: float = 1.0) -> list[Term]:
        """A decision of an account, where it has it."""
        return self.scope.term(None, (), f"allowance_{name}", key if index is None else index, factor)

    def _brought(self, key: Key) -> list[Term]:
        if self.before[key]:
            return self._own("held", self.before[key])
        return self.scope.constant("allowance_opening", key[:2], self.years[key])

    def _interest(self, key: Key) -> list[Term]:
        rate = (key[0], key[2])
        if not self.before[key] or rate not in self.scope.table("carbon_bank_interest"):
            return []
        return self.scope.term("carbon_bank_interest", rate, "allowance_lent", self.before[key])

    def _borrowed(self, key: Key) -> list[Term]:
        share = 1.0 / self.years[key]
        owed = self._own("lent", self.before[key], factor=-share) if self.before[key] else []
        return self._own("lent", key, factor=share) + owed

    def _inventory_start(self, key: Key) -> list[Term]:
        if self.before[key]:
            return self._own("inventory", key, (key[0], self.before[key][2]))
        return self.scope.constant("carbon_bank_opening", key[:1])

    def _positions(self, names: NameTable, component: str) -> npt.NDArray[np.intp]:
        """Place of the row of each account, -1 where there is none."""
        span = span_of(names, component)
        place = {index: span.start + k for k, index in enumerate(names.members[span])}
        return np.array([place.get(key, -1) for key in self.keys], dtype=np.intp)

    def finish(self, found: Numbers, row_dual: FloatArray, weights: FloatArray) -> None:
        """What is given, what is left over and what lapses, and the price of an allowance in trade."""
        level, bound = found.pop("account:level"), found.pop("account:bound")
        inside = sum(found[f"allowance_{name}"] for name in ENTERING)
        found["allowance_given"] = bound - inside - self._first * found["allowance_brought"]
        found["allowance_surplus"] = found["allowance_given"] - found["allowance_emission"]
        found["allowance_lapsed"] = bound - level
        rights = np.where(self._right[:, None] >= 0, row_dual[self._right], 0.0)
        found["allowance_price"] = (rights - row_dual[self._dual]) / weights + 0.0
