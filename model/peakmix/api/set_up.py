"""What answers about a scenario begin with: its tables, the policy that is meant, more policies beside its own, its optimum."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from peakmix.api.prepare import Prepared, Timings, prepare, read
from peakmix.foundation.errors import LimitError, UsageError, nearest
from peakmix.scenario import Scenario, check_against, from_mapping
from peakmix.scenario.levers import adjust
from peakmix.scenario.yamltree import read_value
from peakmix.solve.certificate import solve_certified
from peakmix.solve.criteria import asked
from peakmix.solve.living import LivingModel
from peakmix.solve.program import LinearProgram
from peakmix.solve.solution import Solution, SolveOptions, Status
from peakmix.tables.dataset import DataSet


def opened(
    scenario: Path | str | Scenario, timings: Timings, changes: Mapping[str, Any] | None = None, data: DataSet | None = None
) -> tuple[Scenario, DataSet]:
    """A scenario and its tables, or with a loaded scenario the tables that are given; checked, changes to cells applied."""
    if data is None or not isinstance(scenario, Scenario):
        return read(scenario, timings, changes)
    check_against(data, scenario)
    return scenario, adjust(data, scenario)


def policy_meant(named: str | None, known: list[str], kind: str, none: str, fix: str) -> str:
    """The policy that is named, or the only one there is.

    Parameters
    ----------
    named, known:
        What was asked for, and the policies that may be meant.
    kind, none, fix:
        Words of the UsageError: what a policy of this kind is called, that the scenario has none, and what to add then.
    """
    if named is None and len(known) == 1:
        return known[0]
    if named is None:
        words = f"there are {len(known)}: {', '.join(known)}" if known else none
        raise UsageError(f"which {kind}? {words}", fix="name one of them" if known else fix)
    if named not in known:
        raise UsageError(f"no {kind} {named!r}", fix=nearest(named, known))
    return named


def with_policies(
    path: Path | str | Scenario, policies: Mapping[str, Any], changes: Mapping[str, Any] | None, timings: Timings
) -> Prepared:
    """The scenario with more policies, each a block as in a file, ready to be solved."""
    if isinstance(path, Scenario):
        spec = dict(read_value(path.resolved_yaml))
        spec["policies"] = {**(spec.get("policies") or {}), **policies}
        return prepare(*read(from_mapping(spec), timings), timings)
    more = {f"policies.{name}": block for name, block in policies.items()}
    return prepare(*read(path, timings, {**(changes or {}), **more}), timings)


def named_indicator(objective: str | Mapping[str, Any], scenario_indicators: Mapping[str, Any]) -> dict[str, Any]:
    """An indicator as in a policy: one of the scenario's by name, a quantity, or written out."""
    if not isinstance(objective, str):
        return dict(objective)
    return {"named" if objective in scenario_indicators else "quantity": objective}


def least_cost(prepared: Prepared) -> Solution:
    """The optimum of a prepared scenario as a run gives it, with its threads; raises what stands in the way."""
    spec = prepared.scenario.spec
    options = SolveOptions(threads=spec.solver.threads, ties=asked(spec, prepared.parameters))
    answer, _ = solve_certified(prepared.program, options)
    if answer.status is not Status.OPTIMAL:
        raise answer.failure()
    return answer


def step(living: LivingModel, program: LinearProgram) -> Solution | None:
    """One more programme on a living model: its optimum, None without a solution; LimitError when the solver stops."""
    living.push(program)
    answer = living.run()
    if answer.status is Status.INFEASIBLE:
        return None
    if answer.status is not Status.OPTIMAL:
        raise LimitError(f"the solver stopped with {answer.status}: {answer.message}")
    return answer
