"""The base period solved alone: activity held at statistics, no policies, nothing built."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from peakmix.api.conflict import diagnose
from peakmix.api.prepare import Prepared, Timings, prepare
from peakmix.foundation.errors import UncertifiedError, UsageError
from peakmix.scenario import Scenario, from_mapping
from peakmix.solve.highs import solve
from peakmix.solve.solution import SolveOptions, Status
from peakmix.tables.coverage import base_year
from peakmix.tables.dataset import DataSet

Values = dict[str, dict[tuple[Any, ...], float]]


def plain_scenario(data: DataSet) -> Scenario:
    """A scenario that has nothing but the base year of the tables, at the level of provinces."""
    year = base_year(data)
    if year is None:
        raise UsageError("the data set has no base_activity, so there is no base year to compute",
                         fix="add base_activity.csv, or leave out --calibration")  # fmt: skip
    level = "province" if "province" in set(data["locations"]["level"]) else "nation"
    horizon = {"periods": [[year, 1]], "base_period": year}
    return from_mapping({"name": "base_year", "resolution": level, "horizon": horizon})


def base_scenario(scenario: Scenario) -> Scenario:
    """The scenario cut to its base period, without policies."""
    spec = scenario.spec
    base = spec.horizon.base_period
    if base is None:
        raise UsageError("calibration compares the base period; the scenario pins none",
                         fix="state horizon.base_period, e.g. with --set horizon.base_period=2025")  # fmt: skip
    pair = next(pair for pair in spec.horizon.pairs if pair[0] == base)
    horizon = spec.horizon.model_copy(update={"periods": (pair,), "first_years": None, "end": None})
    return replace(scenario, spec=spec.model_copy(update={"horizon": horizon, "policies": {}}))


def solve_base(scenario: Scenario, data: DataSet, timings: Timings) -> tuple[Prepared, Values]:
    """Solve the base period of a scenario alone.

    Returns
    -------
    The prepared base period, and the value of every variable by component name and index.

    Raises
    ------
    InfeasibleError
        When stock, statistics and demand of the base year do not fit; the message names what conflicts.
    """
    prepared = prepare(base_scenario(scenario), data, timings, policies=False)
    timings.phase("solve")
    options = SolveOptions()
    solution = solve(prepared.program, options)
    if solution.status is Status.INFEASIBLE:
        timings.phase("explain")
        raise diagnose(prepared, options)
    if solution.status is not Status.OPTIMAL:
        raise UncertifiedError(f"the solver stopped with {solution.status}: {solution.message}")
    timings.done()
    columns = prepared.program.cols
    return prepared, {
        name: dict(zip(columns.indices(name), solution.x[columns.span(name)].tolist(), strict=True)) for name in columns.components
    }
