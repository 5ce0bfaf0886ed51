"""What is kept of every member of a structure: which numbers, their dimensions and labels, and how they are computed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from peakmix.foundation.vocabulary import Kind, of_kind, word
from peakmix.results.attributes import array_attributes
from peakmix.results.axes import Axes
from peakmix.results.extract import span_of
from peakmix.results.prices import weight
from peakmix.results.recount.many import ManyRows
from peakmix.results.recount.recount import Recount
from peakmix.results.recount.stack import stack
from peakmix.solve.program import FloatArray, LinearProgram
from peakmix.sweep.sheets import Sheets
from peakmix.sweep.structure import Derivation, Element

CELL = ("region", "technology", "period")
VARIABLES: tuple[tuple[str, tuple[str, ...], int], ...] = (
    ("activity", CELL, 2),
    ("new_capacity", CELL, -1),
    ("market_volume", ("region", "market", "period"), -1),
    ("trade", ("commodity", "region", "region_to", "period"), -1),
    ("adopted", ("region", "measure_host", "period"), -1),
)
"""Variables that are kept: name, dimensions, part of the key that is summed over."""

BLOCKS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("capacity", CELL),
    ("retired_early", CELL),
    ("net_use", ("region", "sector", "commodity", "period")),
)
LEDGER = ("ledger_name", "region", "sector", "period")
COST = ("cost_component", "cost_place", "period")
PRICE = ("region", "commodity", "period")


class Layout:
    """The numbers that are kept of each member, as flat vectors by name; ``describe`` gives their labels."""

    def __init__(self, first: Derivation, program: LinearProgram, recount: Recount, elements: Sequence[Element]) -> None:
        self.first, self.recount, self.elements = first, recount, elements
        self._cols, self._rows = program.cols, program.rows
        self.place = {element: k for k, element in enumerate(elements)}
        self.keys: dict[str, tuple[tuple[str, ...], list[tuple[object, ...]]]] = {}
        self._spans: dict[str, tuple[slice, Any]] = {}
        for name, dims, skip in VARIABLES:
            self._variable(name, dims, skip)
        blocks = [recount.quantities[name] for name, _ in BLOCKS] + [recount.ledger, recount.cost]
        own = stack(blocks)
        self._stack = ManyRows(recount, own, elements, program.shape[1])
        for block, (name, dims) in zip(blocks, (*BLOCKS, ("ledger", LEDGER), ("cost", COST)), strict=True):
            self.keys[name] = (dims, list(block.labels))
        names = [name for name, _ in BLOCKS] + ["ledger", "cost"]
        self._blocks = dict(zip(names, own.slices.values(), strict=True))
        self._standing()
        self.sheets = Sheets(first, program, recount, elements)
        for sheet in self.sheets.sheets:
            for name, more in sheet.numbers.items():
                self.keys[name] = ((sheet.dim, *more), sheet.keys(name, first.parameters.horizon))
        span = span_of(self._rows, "balance")
        self.keys["price"] = (PRICE, list(self._rows.members[span]))
        self._balance = span
        self._periods = list(first.parameters.horizon)
        self._period_of = np.array([self._periods.index(int(str(key[-1]))) for key in self.keys["price"][1]], dtype=np.intp)

    def _variable(self, name: str, dims: tuple[str, ...], skip: int) -> None:
        """Note a variable with its labels; keys that meet when a part is left out are summed."""
        span = span_of(self._cols, name)
        found: dict[tuple[object, ...], int] = {}
        target = []
        for key in self._cols.members[span]:
            short = tuple(part for k, part in enumerate(key) if k != skip)
            if name == "adopted":
                short = (short[0], f"{short[1]} @ {short[2]}", short[3])
            target.append(found.setdefault(short, len(found)))
        self.keys[name] = (dims, list(found))
        sums = csr_matrix((np.ones(len(target)), (target, np.arange(len(target)))), shape=(len(found), len(target)))
        self._spans[name] = (span, None if len(found) == len(target) else sums)

    def _standing(self) -> None:
        """Fixed cost of standing stock: a constant of the objective that belongs to the component `fixed`."""
        standing = self.first.parameters.values.get("standing_fixed_cost", {})
        labels = self.keys["cost"][1]
        place = {label: k for k, label in enumerate(labels)}
        target = [place.setdefault(("fixed", key[0], key[-1]), len(place)) for key in standing]
        labels.extend(list(place)[len(labels) :])
        self._fixed_target = np.array(target, dtype=np.intp)
        self._fixed_base = np.array([float(value) for value in standing.values()])
        named = [("standing_fixed_cost", key) for key in standing]
        moved = [(k, self.place[element]) for k, element in enumerate(named) if element in self.place]
        self._fixed_moved = np.array(moved, dtype=np.intp).reshape(-1, 2)
        transfers = {name for name, entry in of_kind("cost").items() if entry.account == "transfer"}
        self._transfer = np.array([label[0] in transfers for label in labels], dtype=bool)

    def weights(self, values: FloatArray) -> FloatArray:
        """Operating weight of every period for some members (periods, members); NaN in the base period, without prices."""
        parameters = self.first.parameters
        found = np.empty((len(self._periods), len(values)))
        for k, period in enumerate(self._periods):
            stated = self.place.get(("operating_weight", (period,)))
            base = weight(parameters, "annual", period)
            found[k] = base if stated is None or np.isnan(base) else values[:, stated]
        return found

    def numbers(self, x: FloatArray, row_dual: FloatArray, values: FloatArray, objective: FloatArray) -> dict[str, FloatArray]:
        """The vectors of some optimal members, (members, labels) each.

        x (columns + 1, members) ends with ones; row_dual (rows, members); values (members, elements) are their elements that
        differ; objective (members,).
        """
        found = {name: x[span] if sums is None else sums @ x[span] for name, (span, sums) in self._spans.items()}
        rows = self._stack.values(x, values)
        found |= {name: rows[part] for name, part in self._blocks.items()}
        fixed = np.repeat(self._fixed_base[:, None], len(values), axis=1)
        fixed[self._fixed_moved[:, 0]] = values[:, self._fixed_moved[:, 1]].T
        cost = np.zeros((len(self.keys["cost"][1]), len(values)))
        cost[: len(found["cost"])] = found["cost"]
        np.add.at(cost, self._fixed_target, fixed)
        found["cost"] = cost
        found["system_cost"] = (objective - cost[self._transfer].sum(axis=0))[None, :]
        with np.errstate(divide="ignore", invalid="ignore"):
            found["price"] = row_dual[self._balance] / self.weights(values)[self._period_of] + 0.0
        found |= self.sheets.numbers(x, row_dual, values)
        return {name: np.ascontiguousarray(part.T) for name, part in found.items()}

    def describe(self) -> dict[str, Any]:
        """Labels and attributes of everything that is kept, as plain data."""
        axes = Axes(self.first.parameters, self.recount, self.first.data)
        coordinates = {}
        for name, (dim, labels, attributes) in axes.coordinates().items():
            coordinates[name] = {"dim": dim, "labels": [_plain(v) for v in labels.tolist()], "attributes": attributes}
        for sheet in self.sheets.sheets:
            rows = {sheet.dim: sheet.labels} | sheet.beside
            told = {name: word("result" if name != sheet.dim else "dimension", name) for name in rows}
            coordinates |= {
                name: {"dim": sheet.dim, "labels": labels, "attributes": array_attributes(told[name], (sheet.dim,), axes)}
                for name, labels in rows.items()
            }
        quantities = {}
        for name, (dims, keys) in self.keys.items():
            kind: Kind = "variable" if name in {v[0] for v in VARIABLES} | {"ledger"} else "result"
            attributes = array_attributes(word(kind, name), dims, axes)
            quantities[name] = {"dims": dims, "keys": [[_plain(p) for p in key] for key in keys], "attributes": attributes}
        money = {name: array_attributes(word("result", name), (), axes) for name in ("objective", "system_cost")}
        return {"coordinates": coordinates, "quantities": quantities, "scalars": money}


def _plain(part: object) -> object:
    """A label as JSON knows it."""
    return part.item() if isinstance(part, np.generic) else part
