"""The best value of a goal's indicator: a solve whose objective is the indicator and in which cost is a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from peakmix.formulation.build import build as build_model
from peakmix.formulation.build import derive_policies
from peakmix.formulation.marks import add_cost_ceiling, add_marks
from peakmix.formulation.policies.common import converted, periods_of
from peakmix.foundation.errors import InfeasibleError
from peakmix.parameters.accounts import derive_accounts
from peakmix.parameters.derive import derive
from peakmix.scenario import Scenario
from peakmix.scenario.goals import GoalPolicy
from peakmix.solve.compile import compile_model
from peakmix.solve.highs import solve
from peakmix.solve.program import LinearProgram
from peakmix.solve.solution import Solution, SolveOptions, Status
from peakmix.tables.dataset import DataSet


def best_value(scenario: Scenario, data: DataSet, name: str, policy: GoalPolicy, base: Mapping[str, float]) -> float:
    """Best sum over the years in force that the scenario's other policies and the cost ceiling leave.

    Parameters
    ----------
    scenario, data:
        As resolved; data with the scenario's changes applied.
    name, policy:
        The goal.
    base:
        Numbers of the other policies that are relative to the base period.

    Returns
    -------
    float
        Sum of period length times the indicator, millions of its natural unit.

    Raises
    ------
    InfeasibleError
        When the other policies have no solution, or none within the cost ceiling.
    """
    others = {k: p for k, p in scenario.spec.active_policies.items() if k != name}
    parameters, context = derive(data, scenario.spec)
    context.base_values = dict(base)
    derive_policies(parameters, others, context)
    indicator = policy.scoped(policy.indicator)
    derive_accounts(context, parameters, [indicator])
    model = build_model(parameters)
    periods = tuple(periods_of(policy, parameters))
    add_marks(model, {name: indicator}, periods)
    if policy.cost_ceiling is not None:
        relative = getattr(policy.cost_ceiling, "relative", None)
        if relative is not None:
            least = _solved(name, compile_model(model).at()).objective
            ceiling = least + (relative - 1) * abs(least)
        else:
            ceiling = converted(name, "cost_ceiling", policy.cost_ceiling, f"M{context.money}", context)
        add_cost_ceiling(model, ceiling)
    program = compile_model(model).at()
    sign = 1.0 if policy.sense == "minimise" else -1.0
    lengths = [sign * parameters.horizon.n(p) for p in periods]
    return sign * _solved(name, _aimed(program, lengths)).objective


def _aimed(program: LinearProgram, lengths: list[float]) -> LinearProgram:
    """The same programme with the sum of the marks as its objective."""
    cost = np.zeros_like(program.cost)
    cost[program.cols.span("mark")] = np.asarray(lengths)
    return replace(program, cost=cost, offset=0.0)


def _solved(name: str, program: LinearProgram) -> Solution:
    """The optimum of one step."""
    solution = solve(program, SolveOptions(crossover=False))
    if solution.status is not Status.OPTIMAL:
        raise InfeasibleError(
            f"policies.{name}: {solution.status.name.lower()} before the goal is reached",
            fix="raise cost_ceiling, or run without the goal and see which policies are in conflict; "
            "maximise needs something that bounds the indicator",
        )
    return solution
