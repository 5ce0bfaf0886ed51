"""Slopes of one optimum in every number of the tables, and re-solves that confirm them.

    d optimum / d cell = sum over derived elements e of  (d optimum / d e) (d e / d cell)

The first factor comes from prices and quantities of the solution (envelope theorem), for all elements at once, since the model is
compiled with all of them symbolic; the second from the record of the derivation (:mod:`peakmix.parameters.tracing`).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from peakmix.api.prepare import base_values, needs_base
from peakmix.formulation.build import build, derive_policies
from peakmix.foundation.errors import InfeasibleError, InputError, LimitError
from peakmix.parameters.container import Key, Parameters
from peakmix.parameters.derive import derive
from peakmix.parameters.tracing import Cell, Tape, Traced, traced
from peakmix.scenario import Scenario
from peakmix.solve.certificate import certify
from peakmix.solve.compile import compile_model
from peakmix.solve.highs import solve
from peakmix.solve.living import LivingModel
from peakmix.solve.names import NameTable
from peakmix.solve.placed import compile_placed
from peakmix.solve.program import FloatArray, LinearProgram
from peakmix.solve.solution import Solution, SolveOptions, Status
from peakmix.sweep.structure import rules_of, same_structure
from peakmix.tables.dataset import DataSet

Element = tuple[str, Key]
UNMOVED = 1e-9
"""Years of life, on average, below which a number does not move lives: rounding of weights that cancel."""


def derived(scenario: Scenario, data: DataSet, base: Mapping[str, float] | None = None) -> tuple[Parameters, dict[str, float]]:
    """Derived elements with policies, and the levels of the base period; ``base`` holds them where they are known."""
    active = scenario.spec.active_policies
    parameters, context = derive(data, scenario.spec)
    context.base_values = base_values(scenario, data, active) if base is None else dict(base)
    derive_policies(parameters, active, context)
    return parameters, context.base_values


def slopes_at(
    scenario: Scenario, data: DataSet, base: Mapping[str, float], program: LinearProgram, solution: Solution
) -> dict[Cell, float]:
    """Slopes of an optimum that is known already: d optimum / d cell, million money per canonical unit of the cell.

    The derivation is recorded and the model compiled with everything symbolic; nothing is solved. Quantities and prices go over by
    the names of columns and rows: a row that only the symbolic model has is empty in the solved one, so it has no price.
    """
    plain, known = derived(scenario, data, base)
    copy, tape = traced(data)
    record, _ = derived(scenario, copy, known)
    levers = {(n, key): float(value) for n, table in plain.values.items() for key, value in table.items()}
    family, placed = compile_placed(build(plain, levers))
    names = list(levers)
    x = _renamed(family.base.cols, program.cols, solution.x)
    dual = _renamed(family.base.rows, program.rows, solution.row_dual)
    weights: dict[int, float] = {}
    for k, slope in zip(placed, family.gradient(x, dual).tolist(), strict=True):
        name, key = names[k]
        node = _node(record.values[name][key])
        if node >= 0 and slope:
            weights[node] = weights.get(node, 0.0) + slope
    return dict(zip(tape.cells, tape.backward(weights), strict=True))


def _renamed(wanted: NameTable, names: NameTable, values: FloatArray) -> FloatArray:
    """Values in the order of other names, 0 for a name that has none."""
    found = np.zeros(len(wanted))
    for component in wanted.components:
        if component in names.components:
            known = dict(zip(names.indices(component), values[names.span(component)].tolist(), strict=True))
            found[wanted.span(component)] = [known.get(index, 0.0) for index in wanted.indices(component)]
    return found


def with_cell(data: DataSet, cell: Cell, value: float) -> DataSet:
    """A copy of the data set in which one number is another."""
    table, row = cell
    frame = data.tables[table].copy()
    frame.loc[frame.index[row], "value"] = value
    return replace(data, tables=dict(data.tables) | {table: frame})


class Optimum:
    """One scenario solved, with everything symbolic.

    Parameters
    ----------
    scenario, data:
        The scenario, and its tables with its own changes applied.

    Attributes
    ----------
    objective:
        The optimum, million money.
    certified:
        Whether the certificate holds.
    slopes:
        d optimum / d cell, shape (cells,), million money per canonical unit of the cell; at a kink, that of one side.

    Raises
    ------
    InfeasibleError, LimitError
        When there is no optimum to be sensitive.
    """

    def __init__(self, scenario: Scenario, data: DataSet) -> None:
        self.scenario, self.data = scenario, data
        self.parameters, self.base = derived(scenario, data)
        self.held = sorted(name for name, policy in scenario.spec.active_policies.items() if needs_base(policy))
        copy, self.tape = traced(data)
        record, _ = derived(scenario, copy, self.base)
        levers = {(n, key): float(value) for n, table in self.parameters.values.items() for key, value in table.items()}
        self.family, placed = compile_placed(build(self.parameters, levers))
        names = list(levers)
        self.elements: list[Element] = [names[k] for k in placed]
        self._nodes = [_node(record.values[name][key]) for name, key in self.elements]
        program = self.family.at()
        self.living = LivingModel(program, SolveOptions(method="simplex" if program.shape[0] < 20_000 else "auto"))
        solution = self.living.run(with_basis=True)
        if solution.status is Status.INFEASIBLE:
            raise InfeasibleError("a scenario without a solution has no slopes", fix="`peakmix explain` names the conflict")
        if solution.status is not Status.OPTIMAL:
            raise LimitError(f"no optimum: {solution.status} {solution.message}", fix="raise solver.time_limit")
        self.certified = certify(program, solution).passed
        self.objective, self._basis, self.prices = solution.objective, solution.basis, solution.has_basis
        self.gradient = self.family.gradient(solution.x, solution.row_dual)
        self.slopes = np.array(self.tape.backward(self._weights()))

    @property
    def cells(self) -> list[Cell]:
        """Table and row of every number that is traced."""
        return self.tape.cells

    def _weights(self) -> dict[int, float]:
        """Slope of the optimum in every node of the record that is an element."""
        found: dict[int, float] = {}
        for node, slope in zip(self._nodes, self.gradient.tolist(), strict=True):
            if node >= 0 and slope:
                found[node] = found.get(node, 0.0) + slope
        return found

    def reaching(self) -> set[int]:
        """Positions of cells that some element in the programme depends on."""
        marks = {node: 1.0 for node in self._nodes if node >= 0}
        return {place for place, weight in enumerate(_reached(self.tape, marks)) if weight}

    def lives(self) -> set[int]:
        """Positions of cells that a life or a date hangs on, as weights of places: that part of their effect has no slope."""
        random = np.random.default_rng(0)
        weights: dict[int, float] = {}
        for node in self.tape.held:
            weights[node] = weights.get(node, 0.0) + float(random.uniform(1.0, 2.0))
        moved = self.tape.backward(weights)
        values = {name: frame["value"].tolist() for name, frame in self.data.tables.items() if "value" in frame.columns}
        return {k for k, (t, row) in enumerate(self.cells) if abs(moved[k] * float(values[t][row])) > UNMOVED * len(weights)}

    def sides(self, place: int, step: float) -> tuple[float, float]:
        """Slopes up and down of the optimum along one cell, by re-solves with the elements moved to first order by ``step``."""
        change = self.tape.forward({place: step})
        moves = np.array([change[node] if node >= 0 else 0.0 for node in self._nodes])
        base = self.family.lever_base
        up, down = (self._optimum(self.family.at(base + sign * moves)) for sign in (1.0, -1.0))
        return (up - self.objective) / step, (self.objective - down) / step

    def at(self, cell: Cell, value: float) -> tuple[float, str]:
        """The optimum with one number changed, derived anew; and a note where the structure of the programme changed."""
        data = with_cell(self.data, cell, value)
        try:
            parameters, _ = derived(self.scenario, data, None if self.held else self.base)
        except InfeasibleError:
            return float("nan"), "no solution in the base period"
        except InputError as error:
            return float("nan"), f"refused: {error.rule}"
        if same_structure(parameters, self.parameters) and rules_of(parameters) == rules_of(self.parameters):
            values = np.array([float(parameters.values[name][key]) for name, key in self.elements])
            return self._told(self.family.at(values))
        solution = solve(compile_model(build(parameters)).at(), self.living.options)
        note = "another structure"
        return (solution.objective, note) if solution.status is Status.OPTIMAL else (float("nan"), f"{note}, {solution.status}")

    def _told(self, program: LinearProgram) -> tuple[float, str]:
        """The optimum of a programme, or why there is none."""
        try:
            found = self._optimum(program)
        except InfeasibleError:
            found = float("nan")
        return found, "no solution" if np.isnan(found) else ""

    def _optimum(self, program: LinearProgram) -> float:
        """The optimum of a programme, started from the basis of the scenario; not a number where there is none."""
        self.living.push(program)
        if self._basis is not None:
            self.living.set_basis(self._basis)
        solution = self.living.run()
        return solution.objective if solution.status is Status.OPTIMAL else float("nan")


def _node(value: Any) -> int:
    """Place of a traced number in the record, -1 for a plain one."""
    return value.place if type(value) is Traced else -1


def _reached(tape: Tape, marks: Mapping[int, float]) -> FloatArray:
    """1 for every cell that a marked node depends on with a slope other than zero, else 0."""
    seen = np.zeros(len(tape.first), dtype=bool)
    seen[list(marks)] = True
    ends: Iterable[tuple[list[int], list[float]]] = ((tape.first, tape.first_slope), (tape.second, tape.second_slope))
    for place in range(len(seen) - 1, len(tape.cells) - 1, -1):
        if seen[place]:
            for parents, slopes in ends:
                if parents[place] >= 0 and slopes[place]:
                    seen[parents[place]] = True
    return seen[: len(tape.cells)].astype(np.float64)
