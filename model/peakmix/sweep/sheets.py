"""Rows of ledgers and policies that a sweep keeps of every member: what the answers on swaps, loans and allowances read.

A sheet has one row a flow of credits, draw, debt, account or policy row. What names a row (policy, place, period, unit) is the same
for all members and stands beside the row once; numbers are kept by member. Names, units and meanings are those of a run's file
(results/sheets, results/accounts), where the same numbers come from one solution at a time; here they are sums of terms
(results/recount) that all members share, so that a member costs no more than its part of a matrix product.

    swap       every possible flow; the store keeps those that some member uses
    policy     level, bound, excess and price; rows that tie new capacity to its credits are left out, the swap sheet has them
    allowance  accounts by period            loan, legacy   draws with debt service by period, and debts that stand at the start
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from peakmix.foundation.vocabulary import Weight
from peakmix.parameters.container import Key
from peakmix.results.accounts import legacy_columns
from peakmix.results.axes import Axes
from peakmix.results.extract import span_of
from peakmix.results.prices import weight
from peakmix.results.recount.many import ManyRows
from peakmix.results.recount.recount import Recount
from peakmix.results.recount.stack import stack
from peakmix.results.recount.terms import Block, Term
from peakmix.solve.program import FloatArray, LinearProgram
from peakmix.sweep.sheet_rows import Accounts, PolicyRows
from peakmix.sweep.structure import Derivation, Element

DRAW = "loan_draw"
NAMES = ("id", "instrument", "component", "place", "case", "period", "unit", "price_unit")
Numbers = dict[str, FloatArray]


@dataclass
class Sheet:
    """Rows along one dimension: what names them, and which numbers they have."""

    dim: str
    beside: dict[str, list[Any]] = field(default_factory=dict)
    labels: list[str] = field(default_factory=list)
    numbers: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """Dimensions after the rows, by name of the number: () or ("period",)."""

    def __post_init__(self) -> None:
        parts = zip(*(map(str, values) for values in self.beside.values()), strict=True)
        self.labels = ["/".join(part) for part in parts]

    def keys(self, name: str, periods: Iterable[int]) -> list[tuple[object, ...]]:
        """Labels of the numbers of one name, rows first."""
        if self.numbers[name]:
            found = list(periods)
            return [(label, period) for label in self.labels for period in found]
        return [(label,) for label in self.labels]


class Sheets:
    """All sheets of a structure; ``numbers`` evaluates them for some members."""

    def __init__(self, first: Derivation, program: LinearProgram, recount: Recount, elements: Sequence[Element]) -> None:
        self.parameters, self.recount, self.scope = first.parameters, recount, recount.scope
        self.axes = Axes(first.parameters, recount, first.data)
        self._rows, self._cols = program.rows, program.cols
        self.place = {element: k for k, element in enumerate(elements)}
        self.periods = list(first.parameters.horizon)
        self.sheets: list[Sheet] = []
        self._blocks: list[Block] = []
        self._after: list[Callable[[Numbers, FloatArray, FloatArray], None]] = []
        for made in (self._swap, self._policy, self._allowance, self._loan, self._legacy):
            made()
        own = stack(self._blocks) if self._blocks else None
        self._slices = own.slices if own is not None else {}
        self._many = ManyRows(recount, own, elements, program.shape[1]) if own is not None else None

    def numbers(self, x: FloatArray, row_dual: FloatArray, values: FloatArray) -> Numbers:
        """All numbers by name, (labels, members); arguments as of ``Layout.numbers``."""
        rows = self._many.values(x, values) if self._many is not None else np.empty((0, len(values)))
        found = {name: rows[part] for name, part in self._slices.items()}
        for step in self._after:
            step(found, row_dual, values)
        return {name: found[name] for sheet in self.sheets for name in sheet.numbers}

    def _add(self, dim: str, beside: dict[str, list[Any]], numbers: dict[str, tuple[str, ...]]) -> None:
        """Note a sheet."""
        self.sheets.append(Sheet(dim, beside, numbers=numbers))

    def _block(self, name: str, rows: Iterable[tuple[Key, list[Term]]]) -> None:
        """A number as sums of terms."""
        builder = self.scope.builder(name)
        for label, terms in rows:
            builder.add(label, terms)
        self._blocks.append(builder.block())

    def element(self, name: str, keys: Sequence[Key], values: FloatArray) -> FloatArray:
        """Derived elements of some members, (keys, members)."""
        found = np.repeat(np.array([float(self.parameters.get(name, k)) for k in keys])[:, None], len(values), axis=1)
        for row, key in enumerate(keys):
            if (name, key) in self.place:
                found[row] = values[:, self.place[name, key]]
        return found

    def weights(self, dated: Sequence[tuple[Weight, int]], values: FloatArray) -> FloatArray:
        """What duals are divided by, (rows, members)."""
        kinds = list(dict.fromkeys(dated))
        found = np.empty((len(kinds), len(values)))
        for k, (kind, period) in enumerate(kinds):
            base = weight(self.parameters, kind, period)
            name = "investment_weight" if kind == "one_off" else "operating_weight"
            stated = self.place.get((name, (period,)))
            length = self.parameters.horizon.n(period) if kind == "period_total" else 1
            found[k] = base if stated is None or np.isnan(base) else values[:, stated] / length
        position = {pair: k for k, pair in enumerate(kinds)}
        return found[[position[pair] for pair in dated]]

    def _swap(self) -> None:
        keys = self._cols.members[span_of(self._cols, "swap_flow")]
        if not keys:
            return
        names = ("swap_policy", "swap_source", "swap_target", "swap_case", "swap_period")
        beside = {name: [_plain(key[k]) for key in keys] for k, name in enumerate(names)}
        self._block("swap_amount", ((key, [(1.0, None, ("swap_flow", key))]) for key in keys))

        def ratios(found: Numbers, row_dual: FloatArray, values: FloatArray) -> None:
            found["swap_ratio"] = self.element("swap_ratio", keys, values)

        self._after.append(ratios)
        self._add("swap_row", beside, {"swap_amount": (), "swap_ratio": ()})

    def _policy(self) -> None:
        made = PolicyRows(self.axes, self.recount, self._rows)
        if not made.rows:
            return
        self._blocks += made.blocks
        beside = {f"policy_{name}": [getattr(row, "policy" if name == "id" else name) for row in made.rows] for name in NAMES}

        def finish(found: Numbers, row_dual: FloatArray, values: FloatArray) -> None:
            pace = self.element("pace_now", made.pace, values)
            made.finish(found, row_dual, pace, self.weights(made.dated, values))

        self._after.append(finish)
        self._add("policy_row", beside, {f"policy_{name}": () for name in ("level", "bound", "excess", "price")})

    def _allowance(self) -> None:
        keys: list[Key] = self._cols.members[span_of(self._cols, "allowance_emission")]
        if not keys:
            return
        names = ("allowance_policy", "allowance_account", "allowance_period")
        beside = {name: [_plain(key[k]) for key in keys] for k, name in enumerate(names)}
        made = Accounts(self.recount, self._rows, keys)
        self._blocks += made.blocks
        dated: list[tuple[Weight, int]] = [("annual", int(key[2])) for key in keys]
        self._after.append(lambda found, row_dual, values: made.finish(found, row_dual, self.weights(dated, values)))
        self._add("allowance_row", beside, dict.fromkeys(made.names, ()))

    def _loan(self) -> None:
        keys = self._cols.members[span_of(self._cols, DRAW)]
        if not keys:
            return
        policies, facts = self.parameters.facts["policies"], self.parameters.facts["finance"]
        assets = [facts[key[0]]["assets"][key[2:]] for key in keys]
        lines = [policies[key[0]].lines[facts[key[0]]["line"][key[1]]] for key in keys]
        names = ("loan_policy", "loan_line", "loan_region", "loan_asset", "loan_period")
        beside = {name: [_plain(key[k]) for key in keys] for k, name in enumerate(names)}
        beside |= {"loan_technology": [str(t) for _, _, t in assets], "loan_kind": [str(kind) for kind, _, _ in assets]}
        beside |= {"loan_currency": [line.currency or "" for line in lines]}
        beside |= {"loan_last_year": [int(str(key[4])) + line.tenor for key, line in zip(keys, lines, strict=True)]}

        def drawn(element: str | None, key: Key, index: Key) -> list[Term]:
            if element is None:
                return [(1.0, None, (DRAW, key))]
            return [(1.0, (element, index), (DRAW, key))] if index in self.scope.table(element) else []

        self._block(DRAW, ((key, drawn(None, key, key)) for key in keys))
        dated = [(key, period) for key in keys for period in self.periods]
        for name in ("service", "repaid", "left"):
            named = f"loan_{name}"
            self._block(named, (((*key, p), drawn(named, key, (*key[:2], key[4], p))) for key, p in dated))
        built = [(str(key[2]), str(t), str(key[4])) for key, (_, _, t) in zip(keys, assets, strict=True)]
        behind = [[vintage] if kind == "new_capacity" else [] for vintage, (kind, _, _) in zip(built, assets, strict=True)]
        self._closed("loan_closed", behind)
        numbers: dict[str, tuple[str, ...]] = {DRAW: ()}
        self._add("loan_row", beside, numbers | {f"loan_{name}": ("period",) for name in ("service", "repaid", "left", "closed")})

    def _closed(self, name: str, vintages: Sequence[Sequence[tuple[str, str, str]]]) -> None:
        """Share of the capacity behind each row that has been closed early, by period; rows are groups of vintages."""
        for what, variable in ((f"{name}:closed", "early_retirement"), (f"{name}:live", "stock")):
            rows = (
                ((k, p), [term for v in group for term in self.scope.term(None, (), variable, (*v, p))])
                for k, group in enumerate(vintages)
                for p in self.periods
            )
            self._block(what, rows)
        none = np.array([not group for group in vintages])

        def shares(found: Numbers, row_dual: FloatArray, values: FloatArray) -> None:
            shape = (len(vintages), len(self.periods), len(values))
            closed, live = (found.pop(f"{name}:{what}").reshape(shape) for what in ("closed", "live"))
            with np.errstate(divide="ignore", invalid="ignore"):
                kept = np.where(closed + live > 0, live / (closed + live), np.where(closed > 0, 0.0, 1.0))
            share: FloatArray = np.subtract(1.0, np.cumprod(kept, axis=1), dtype=np.float64)
            share[none] = 0.0 if name == "loan_closed" else np.nan
            found[name] = share.reshape(-1, len(values))

        self._after.append(shares)

    def _legacy(self) -> None:
        sheet = legacy_columns(self.parameters)
        keys = list(dict.fromkeys(key[:2] for key in self.parameters.values.get("legacy_debt", {})))
        if not keys:
            return
        beside = {f"legacy_{name}": [str(v) for v in sheet[name]] for name in ("policy", "debt", "place", "technologies")}
        dated = [(*key, period) for key in keys for period in self.periods]
        self._block("legacy_service", ((key, self.scope.constant("legacy_debt", key)) for key in dated))
        standing = [key for key in dict.fromkeys(key[:3] for key in self.scope.variables.of("stock")) if "-" in str(key[2])]
        groups = []
        for place, named in zip(beside["legacy_place"], beside["legacy_technologies"], strict=True):
            chosen = {t for name in filter(None, named.split(", ")) for t in self.scope.technologies(name)}
            where = {place} if place in self.parameters.regions else set(self.parameters.regions)
            groups.append([(str(r), str(t), str(v)) for r, t, v in standing if r in where and t in chosen])
        self._closed("legacy_closed", groups)
        self._add("legacy_row", beside, {"legacy_service": ("period",), "legacy_closed": ("period",)})


def _plain(part: object) -> Any:
    """A label as JSON knows it."""
    return part.item() if isinstance(part, np.generic) else part
