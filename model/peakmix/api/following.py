"""Members that differ in numbers alone: derived from the record of one derivation, to the last bit, a hundred times faster."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from peakmix.api.prepare import base_parameters, needs_base
from peakmix.formulation.build import derive_policies
from peakmix.foundation.errors import PeakmixError
from peakmix.parameters.derive import derive
from peakmix.parameters.recording import Record, Recorded, hold_all, recorded
from peakmix.parameters.replay import FloatArray, Replay
from peakmix.scenario import Scenario
from peakmix.scenario.cell_values import CellValues
from peakmix.sweep.skeleton import Route, skeleton, with_numbers
from peakmix.sweep.structure import Derivation, Element

Masks = Mapping[str, npt.NDArray[np.bool_]]
Levels = Callable[[Scenario], Mapping[str, float]]


class Follower:
    """Derives members with one skeleton from the record of the first one's derivation.

    Parameters
    ----------
    first:
        The derivation of the first member.
    cells:
        Values of the cells of the members' data set, before their scenarios' changes.
    rows:
        For each table, which rows differ between members, shape (rows,).
    routes:
        Numbers of the scenario that differ between members.
    levels:
        Levels of the base period of a member, from a solve.
    """

    def __init__(self, first: Derivation, cells: CellValues, rows: Masks, routes: Sequence[Route], levels: Levels) -> None:
        self.first, self._cells, self._routes, self._levels = first, cells, list(routes), levels
        self._places: list[tuple[str, npt.NDArray[np.intp]]] = [(t, np.flatnonzero(mask)) for t, mask in rows.items() if mask.any()]
        relative = {name: policy for name, policy in first.scenario.spec.active_policies.items() if needs_base(policy)}
        self.able = not any(policy.instrument == "goal" for policy in relative.values())
        if not self.able:
            return
        record, parameters = self._record(first.base_values)
        keys = self._keys(record)
        self.able = keys is not None
        if keys is None:
            return
        self._base = self._base_replay(keys, relative) if relative else None
        moves = self._base is not None and bool(self._base.moved.any())
        self._names = [("base", name) for name in first.base_values] if moves else []
        elements = _elements(parameters)
        self._replay = Replay(record, [*keys, *self._names], [number.place for _, number in elements])
        self._elements = [element for (element, _), moved in zip(elements, self._replay.moved.tolist(), strict=True) if moved]

    def _record(self, base: Mapping[str, float]) -> tuple[Record, dict[str, dict[Any, Any]]]:
        """The first member's derivation with everything recorded, and its derived elements."""
        data, record, spec = self._followed()
        context_values = {name: record.input(("base", name), value) for name, value in base.items()}
        parameters, context = derive(data, spec)
        context.base_values = dict(context_values)
        derive_policies(parameters, spec.active_policies, context)
        facts = {name: fact for name, fact in parameters.facts.items() if name != "policies"}
        hold_all([facts, parameters.sets, parameters.vintages, *(list(table) for table in parameters.values.values())])
        return record, parameters.values

    def _followed(self) -> tuple[Any, Record, Any]:
        """Tables and specification of the first member with recorded numbers."""
        data, record = recorded(self.first.data)
        _, numbers = skeleton(self.first.scenario)
        inputs = {route: record.input(route, numbers[route]) for route in self._routes}
        return data, record, with_numbers(self.first.scenario.spec, inputs)

    def _keys(self, record: Record) -> list[Any] | None:
        """Inputs that move, in the order of ``_inputs``; None when a number moves that is not recorded."""
        keys: list[Any] = [(table, int(row)) for table, rows in self._places for row in rows]
        return [*keys, *self._routes] if all(key in record.inputs for key in keys) else None

    def _base_replay(self, keys: list[Any], relative: Mapping[str, Any]) -> Replay:
        """What the programme of the base period is made of."""
        data, record, spec = self._followed()
        parameters, _ = base_parameters(spec, data, relative)
        hold_all([parameters.facts, parameters.sets, parameters.vintages])
        return Replay(record, keys, [number.place for _, number in _elements(parameters.values)])

    def _inputs(self, scenarios: Sequence[Scenario]) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        """What moves, shape (inputs, members), and which members can be followed."""
        columns, fit = [], np.ones(len(scenarios), dtype=bool)
        for k, scenario in enumerate(scenarios):
            values = self._cells.of(scenario)
            fit[k] = values is not None
            tables = {} if values is None else values
            parts = [tables.get(table, self._cells.base(table).value)[rows] for table, rows in self._places]
            numbers = skeleton(scenario)[1]
            columns.append(np.concatenate([*parts, np.array([numbers[route] for route in self._routes], dtype=float)]))
        return np.array(columns).T.reshape(-1, len(scenarios)), fit

    def moved(self, scenarios: Sequence[Scenario]) -> list[dict[Element, float] | None]:
        """Elements of members that differ from the first's; None for a member that needs a derivation of its own."""
        if not self.able:
            return [None] * len(scenarios)
        inputs, fit = self._inputs(scenarios)
        if self._names:
            inputs = np.vstack([inputs, self._base_levels(scenarios, inputs, fit)])
        values, sound = self._replay.values(inputs)
        found: list[dict[Element, float] | None] = []
        for k in range(len(scenarios)):
            places = np.flatnonzero(values[:, k] != self._replay.before).tolist()
            found.append({self._elements[p]: float(values[p, k]) for p in places} if fit[k] and sound[k] else None)
        return found

    def _base_levels(self, scenarios: Sequence[Scenario], inputs: FloatArray, fit: npt.NDArray[np.bool_]) -> FloatArray:
        """Levels of the base period, (names, members): solved anew where its programme moves."""
        assert self._base is not None
        same = np.array([self.first.base_values[name] for _, name in self._names])
        levels = np.repeat(same[:, None], len(scenarios), axis=1)
        values, sound = self._base.values(inputs)
        still = sound & (values == self._base.before[:, None]).all(axis=0)
        for k in np.flatnonzero(fit & ~still).tolist():
            try:
                solved = self._levels(scenarios[k])
                levels[:, k] = [solved[name] for _, name in self._names]
            except (PeakmixError, KeyError):
                fit[k] = False
        return levels


def _elements(values: Mapping[str, Mapping[Any, Any]]) -> list[tuple[Element, Recorded]]:
    """Derived elements that are recorded."""
    return [((name, key), v) for name, table in values.items() for key, v in table.items() if type(v) is Recorded]
