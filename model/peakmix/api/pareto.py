"""Pareto fronts: what one objective costs in terms of another, among answers that nothing beats in all of them.

    two objectives    f(s) = min o1  such that  o2 <= o2_worst - s (o2_worst - o2_best)          s from 0 to 1
    three             the same for each level of o3 between its best and worst

An objective is the cost, or an indicator added up over the horizon (length of the period times yearly level). With two objectives
f is convex and piecewise linear, and all its corners are found (solve/parametric): the front is exact, and any point between two
corners can be had by mixing them. The ends come from payoffs solved in order (first one objective, then the others at its best),
so that no end is beaten. With three, corners are exact on each level and those that another corner beats are dropped. A tiny share
of the other objectives in the first one (the augmented form of the epsilon constraint) keeps out answers that are only weakly good.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peakmix.api.prepare import Prepared, Progress, Timings, silent
from peakmix.api.set_up import named_indicator, with_policies
from peakmix.foundation.errors import InfeasibleError, UsageError
from peakmix.results.summary import table
from peakmix.scenario import Scenario
from peakmix.scenario import load as load_scenario
from peakmix.solve.highs import solve
from peakmix.solve.parametric import Parametric, with_column, with_row
from peakmix.solve.program import FloatArray, LinearProgram
from peakmix.solve.solution import SolveOptions, Status

COST = "cost"
FREE = 1e7
PREFIX = "pareto_objective_"
TINY = 1e-6
"""Share of the other objectives in the first one, by their ranges."""
EQUAL = 1e-7
"""Values that differ by less than this share of their range are equal when corners are compared."""


@dataclass(frozen=True)
class Front:
    """Corners of the front.

    frame      corner, one column an objective (in ``units``), trade (o1 per unit of o2 on the piece that starts there)
    units      unit of every objective
    complete   whether the search found all corners of every level
    """

    frame: pd.DataFrame
    units: Mapping[str, str]
    complete: bool

    @property
    def text(self) -> str:
        """The corners as a table."""
        names = list(self.units)
        head = ["corner", *(f"{name}, {unit}" for name, unit in self.units.items()), f"{names[0]} per {names[1]}"]
        rows = []
        for row in self.frame.to_dict("records"):
            rows.append([int(row["corner"]), *(f"{row[name]:,.7g}" for name in names), float(row["trade"])])
        told = "all corners" if self.complete else "NOT all corners: the number of solves was reached"
        return "\n".join([f"{told}; sums over the horizon, cost discounted", *table(head, rows)])


@dataclass(frozen=True, eq=False)
class _Objective:
    """A linear function of the columns: name, coefficients (columns,), constant, unit."""

    name: str
    coefficients: FloatArray
    constant: float
    unit: str

    def at(self, x: FloatArray) -> float:
        """Its value at a solution."""
        return float(self.coefficients @ x[: len(self.coefficients)]) + self.constant


def front(
    path: Path | str | Scenario,
    objectives: Sequence[str | Mapping[str, Any]],
    levels: int = 6,
    changes: Mapping[str, Any] | None = None,
    progress: Progress = silent,
    most: int = 500,
) -> Front:
    """The front of two or three objectives.

    Parameters
    ----------
    path:
        Scenario file or loaded scenario.
    objectives:
        ``cost``, the name of an indicator of the scenario or of a quantity, or an indicator as in a policy.
    levels:
        With three objectives: levels of the third one.
    most:
        Solves for each level.

    Raises
    ------
    UsageError for other than two or three objectives, or two of one name; InfeasibleError when the scenario has no solution.
    """
    if not 2 <= len(objectives) <= 3 or levels < 2:
        raise UsageError("a front has two or three objectives, and at least two levels of the third")
    named = {_name(one, k): one for k, one in enumerate(objectives)}
    if len(named) < len(objectives):
        raise UsageError("the objectives of a front differ", fix="name each one once")
    timings = Timings(progress=progress)
    prepared = _with_indicators(path, {name: one for name, one in named.items() if name != COST}, changes, timings)
    search = _Search(prepared, list(named))
    timings.phase("ends")
    search.payoffs()
    rows, complete = search.corners(levels if len(named) == 3 else 0, most, timings)
    timings.done()
    columns = ["corner", *named, "trade"]
    frame = pd.DataFrame([{"corner": k, **row} for k, row in enumerate(rows)], columns=columns)
    return Front(frame, {one.name: one.unit for one in search.objectives}, complete)


def _name(objective: str | Mapping[str, Any], position: int) -> str:
    """The name of an objective; its quantity where it is an indicator written out."""
    return objective if isinstance(objective, str) else str(objective.get("quantity", f"objective_{position + 1}"))


def _with_indicators(
    path: Path | str | Scenario, wanted: Mapping[str, Any], changes: Mapping[str, Any] | None, timings: Timings
) -> Prepared:
    """The scenario with a limit over the horizon on each indicator, out of reach."""
    base = path if isinstance(path, Scenario) else load_scenario(Path(path), changes=dict(changes or {}))
    limits = {
        f"{PREFIX}{name}": {
            "instrument": "limit",
            "indicator": named_indicator(objective, base.spec.indicators),
            "span": "horizon",
            "values": {1900: FREE},
        }
        for name, objective in wanted.items()
    }
    return with_policies(path, limits, changes, timings)


class _Search:
    """Objectives as vectors, their ends, and the search for corners."""

    def __init__(self, prepared: Prepared, names: list[str]) -> None:
        self.program: LinearProgram = prepared.program
        self.threads = prepared.scenario.spec.solver.threads
        self.objectives = [self._objective(prepared, name) for name in names]
        self.best: list[float] = []
        self.worst: list[float] = []

    def _objective(self, prepared: Prepared, name: str) -> _Objective:
        program = self.program
        if name == COST:
            return _Objective(name, program.cost, program.offset, f"M{prepared.data.money_unit}")
        place = program.rows.indices("policy_budget").index((f"{PREFIX}{name}",)) + program.rows.span("policy_budget").start
        coefficients = np.zeros(len(program.cost))
        own = program.pattern.rows == place
        coefficients[program.pattern.columns[own]] = program.data[own]
        unit, _ = prepared.parameters.facts["policy_unit"][f"{PREFIX}{name}"]
        return _Objective(name, coefficients, FREE - float(program.row_upper[place]), unit.removesuffix("/yr"))

    def _least(self, program: LinearProgram, objective: _Objective) -> FloatArray:
        solution = solve(replace(program, cost=objective.coefficients, offset=0.0), SolveOptions(threads=self.threads))
        if solution.status is Status.INFEASIBLE:
            raise InfeasibleError("the scenario has no solution", fix="`peakmix run` names the conflict")
        if solution.status is not Status.OPTIMAL:
            raise solution.failure()
        return solution.x

    def payoffs(self) -> None:
        """Best of every objective, and its worst among the bests of the others, each solved in order."""
        points = []
        for first in range(len(self.objectives)):
            program = self.program
            order = [first, *(k for k in range(len(self.objectives)) if k != first)]
            for k in order:
                objective = self.objectives[k]
                x = self._least(program, objective)
                reached = float(objective.coefficients @ x)
                room = 1e-9 * max(1.0, abs(reached))
                program = with_row(program, objective.coefficients, -np.inf, reached + room, f"best_{objective.name}")
            points.append([objective.at(x) for objective in self.objectives])
        self.best = [min(point[k] for point in points) for k in range(len(self.objectives))]
        self.worst = [max(point[k] for point in points) for k in range(len(self.objectives))]

    def corners(self, levels: int, most: int, timings: Timings) -> tuple[list[dict[str, float]], bool]:
        """Corners of all levels that no other corner beats, by the first objective."""
        found: list[dict[str, float]] = []
        complete = True
        third = np.linspace(self.worst[2], self.best[2], levels).tolist() if levels else [None]
        for number, level in enumerate(third):
            timings.phase(f"level {number + 1} of {len(third)}")
            rows, whole = self._level(level, most)
            found += rows
            complete = complete and whole
        names = [objective.name for objective in self.objectives]
        ranges = [max(w - b, 1e-12) for w, b in zip(self.worst, self.best, strict=True)]
        values = np.array([[row[name] for name in names] for row in found]) / ranges
        keep = [k for k in range(len(found)) if not _beaten(values, k)]
        return sorted((found[k] for k in keep), key=lambda row: row[names[0]]), complete

    def _level(self, level: float | None, most: int) -> tuple[list[dict[str, float]], bool]:
        """Corners of the first two objectives, with the third bounded where there is one."""
        first, second = self.objectives[:2]
        span = self.worst[1] - self.best[1]
        cost = first.coefficients.copy()
        for k, other in enumerate(self.objectives[1:], start=1):
            cost += TINY * (self.worst[0] - self.best[0]) / max(self.worst[k] - self.best[k], 1e-12) * other.coefficients
        program = replace(self.program, cost=cost, offset=0.0)
        if level is not None:
            third = self.objectives[2]
            program = with_row(program, third.coefficients, -np.inf, level - third.constant + _room(level), "third_objective")
        upper = self.worst[1] - second.constant
        program = with_row(program, second.coefficients, -np.inf, upper + _room(upper), "second_objective")
        search = Parametric(with_column(program, [len(program.row_lower) - 1], [span], "traded"), self.threads)
        furthest = search.furthest(1.0) if span > 0 else 0.0
        low, high = search.vertex(0.0), search.vertex(furthest)
        if high is None:
            high = search.vertex(furthest * (1 - 1e-9))
        if low is None or high is None:
            return [], True
        pieces = search.pieces(low, high, most) if high.at > low.at else []
        vertices = [low, *(piece.high for piece in pieces)]
        rows = [{objective.name: objective.at(vertex.solution.x) for objective in self.objectives} for vertex in vertices]
        for row, after in zip(rows, [*rows[1:], None], strict=True):
            drop = row[second.name] - after[second.name] if after is not None else 0.0
            row["trade"] = (after[first.name] - row[first.name]) / drop if after is not None and drop > 0 else float("nan")
        return rows, all(piece.gap == 0 for piece in pieces)


def _room(value: float) -> float:
    """What arithmetic may need at a bound."""
    return 1e-9 * max(1.0, abs(value))


def _beaten(values: FloatArray, k: int) -> bool:
    """Whether another corner is at least as good in everything and better in something, or the same and earlier."""
    others = np.delete(np.arange(len(values)), k)
    difference = values[others] - values[k]
    no_worse = (difference <= EQUAL).all(axis=1)
    better = (difference < -EQUAL).any(axis=1)
    same = (np.abs(difference) <= EQUAL).all(axis=1) & (others < k)
    return bool((no_worse & better | same).any())
