"""From a scenario to a compiled linear programme: the path that every command walks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import pandas as pd

from peakmix.api.goals import best_value
from peakmix.api.relaxable import relaxable_rows
from peakmix.formulation.build import build as build_model
from peakmix.formulation.build import derive_policies
from peakmix.formulation.marks import add_marks
from peakmix.foundation.errors import InfeasibleError, InputError
from peakmix.parameters.accounts import derive_accounts
from peakmix.parameters.container import Parameters
from peakmix.parameters.contents import content_hash
from peakmix.parameters.derive import derive
from peakmix.scenario import Scenario, check_against
from peakmix.scenario import load as load_scenario
from peakmix.scenario.levers import adjust
from peakmix.scenario.spec import Spec
from peakmix.solve import cache
from peakmix.solve.compile import compile_model
from peakmix.solve.family import AffineFamily
from peakmix.solve.highs import solve
from peakmix.solve.infeasible import explain
from peakmix.solve.program import LinearProgram
from peakmix.solve.solution import SolveOptions, Status
from peakmix.tables.dataset import DataSet
from peakmix.tables.loading import load as load_tables

Progress = Callable[[str], None]


def silent(_: str) -> None:
    """Progress that nobody watches."""


@dataclass
class Timings:
    """Seconds by phase, in the order they passed."""

    seconds: dict[str, float] = field(default_factory=dict)
    progress: Progress = silent
    _since: float = field(default_factory=perf_counter)
    _name: str = ""

    def phase(self, name: str) -> None:
        """Close the phase that runs and start another."""
        now = perf_counter()
        if self._name:
            self.seconds[self._name] = self.seconds.get(self._name, 0.0) + now - self._since
        self._name, self._since = name, now
        if name:
            self.progress(name)

    def done(self) -> None:
        """Close the last phase."""
        self.phase("")


@dataclass
class Prepared:
    """A scenario with everything derived from it, ready to be solved."""

    scenario: Scenario
    data: DataSet
    parameters: Parameters
    context: Any
    model: Any
    family: AffineFamily
    program: LinearProgram
    base_values: dict[str, float]
    timings: Timings


def read(
    path: Path | str | Scenario,
    timings: Timings,
    changes: Mapping[str, Any] | None = None,
    frames: Mapping[str, pd.DataFrame] | None = None,
) -> tuple[Scenario, DataSet]:
    """Scenario and tables, checked against each other, with the scenario's changes to cells applied."""
    timings.phase("read")
    scenario = path if isinstance(path, Scenario) else load_scenario(Path(path), changes=dict(changes or {}))
    data = load_tables(data_root(scenario), frames)
    timings.phase("check")
    check_against(data, scenario)
    return scenario, adjust(data, scenario)


def data_root(scenario: Scenario) -> str:
    """Data set of a scenario: a folder, relative to the scenario file that names it, or the name of a shipped one."""
    named = scenario.spec.data
    origin = scenario.origin("data")
    if origin is not None and ("/" in named or named.startswith(".")):
        return str((Path(origin[0]).parent / named).resolve())
    return named


def prepare(scenario: Scenario, data: DataSet, timings: Timings, policies: bool = True) -> Prepared:
    """Derive, build and compile one scenario.

    Numbers relative to the base period are computed first, from the base period alone (design 3.4).
    """
    timings.phase("derive")
    active = scenario.spec.active_policies if policies else {}
    parameters, context = derive(data, scenario.spec)
    context.base_values = base_values(scenario, data, active)
    derive_policies(parameters, active, context)
    timings.phase("build")
    model = build_model(parameters)
    timings.phase("compile")
    family = compile_model(model)
    return Prepared(scenario, data, parameters, context, model, family, family.at(), context.base_values, timings)


def needs_base(policy: Any) -> bool:
    """Is a number of this policy stated relative to the base period?"""
    height = getattr(policy, "height", None)
    if policy.instrument == "goal":
        return True
    return getattr(policy, "kind", "") == "relative_to_base" or getattr(height, "relative_to_base", None) is not None


def base_values(scenario: Scenario, data: DataSet, policies: Mapping[str, Any]) -> dict[str, float]:
    """The indicator of every policy that is stated relative to the base period, computed for that period alone.

    For a goal: the best value of its indicator over the horizon.

    Returns
    -------
    policy id -> level in the indicator's yearly unit
    """
    goals = {k: p for k, p in policies.items() if p.instrument == "goal"}
    wanted = {k: p for k, p in policies.items() if needs_base(p) and k not in goals}
    level = _base_levels(scenario, data, wanted) if wanted else {}
    return level | {name: best_value(scenario, data, name, goal, level) for name, goal in goals.items()}


def base_parameters(spec: Spec, data: DataSet, wanted: Mapping[str, Any]) -> tuple[Parameters, dict[str, Any]]:
    """Derived elements of the base period alone, and the indicators that are measured in it, by policy and what it states."""
    first, length = spec.horizon.pairs[0]
    horizon = spec.horizon.model_copy(update={"periods": ((first, length),), "first_years": None, "end": None})
    parameters, context = derive(data, spec.model_copy(update={"horizon": horizon, "policies": {}}))
    marks = {(name, what): policy.scoped(getattr(policy, what)) for name, policy in wanted.items() for what in based_on(policy)}
    derive_accounts(context, parameters, marks.values())
    return parameters, {"/".join(key): indicator for key, indicator in marks.items()}


def _base_levels(scenario: Scenario, data: DataSet, wanted: Mapping[str, Any]) -> dict[str, float]:
    """Levels of the base period, from a solve of that period alone."""
    first = scenario.spec.horizon.pairs[0][0]
    parameters, named = base_parameters(scenario.spec, data, wanted)

    def compiled() -> AffineFamily:
        model = build_model(parameters)
        add_marks(model, named, (first,))
        return compile_model(model)

    stated = {name: indicator.model_dump(mode="json") for name, indicator in named.items()}
    program = cache.compiled(content_hash(parameters, stated, ()), compiled).at()
    try:
        solution = solve(program, SolveOptions())
    except InfeasibleError as crossed:
        raise _base_error(program, parameters) from crossed
    if solution.status is not Status.OPTIMAL:
        raise _base_error(program, parameters)
    span = program.cols.span("mark")
    level = {str(i[0]): float(x) for i, x in zip(program.cols.indices("mark"), solution.x[span], strict=True)}
    return {name: _base_value(name, policy, level) for name, policy in wanted.items()}


def based_on(policy: Any) -> tuple[str, ...]:
    """Indicators of a policy that its number of the base period is made of."""
    return ("indicator", "denominator") if getattr(policy, "denominator", None) is not None else ("indicator",)


def _base_value(name: str, policy: Any, level: Mapping[str, float]) -> float:
    """Level of the indicator, or its ratio to the denominator's."""
    own = level[f"{name}/indicator"]
    if len(based_on(policy)) == 1:
        return own
    below = level[f"{name}/denominator"]
    if not below:
        raise InputError(
            f"policies.{name}: the denominator is zero in the base period", fix="choose another denominator, or kind: absolute"
        )
    return own / below


def _base_error(program: LinearProgram, parameters: Parameters) -> InfeasibleError:
    """Why the base period has no solution: what demand, statistics or limits would have to give way."""
    told = explain(program, [None] * program.shape[0], relaxable_rows(program, parameters))
    lines = ["run `peakmix check --calibration`; stock, base-year output and demand of the base year must fit", *told.text()]
    return InfeasibleError("the base period has no solution by itself", fix="\n       ".join(lines))
