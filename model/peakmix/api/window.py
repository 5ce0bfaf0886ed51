"""Window: what the reference emits and the least that is reachable, period by period, before a cap is placed.

The reference has all OTHER policies than the ones on the indicator; the least is given for each period alone and for a
jointly reachable path (least total over the horizon). A cap above the reference is slack, one below the least impossible.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from peakmix.api.prepare import Progress, Timings, base_values, read, silent
from peakmix.formulation.build import build as build_model
from peakmix.formulation.build import derive_policies
from peakmix.formulation.marks import add_marks
from peakmix.formulation.policies.common import indicator_unit
from peakmix.foundation.errors import InfeasibleError, UsageError
from peakmix.foundation.telling import figure
from peakmix.parameters.accounts import derive_accounts
from peakmix.parameters.derive import derive
from peakmix.scenario import Scenario
from peakmix.solve.compile import compile_model
from peakmix.solve.highs import solve
from peakmix.solve.program import LinearProgram
from peakmix.solve.solution import SolveOptions, Status


@dataclass(frozen=True)
class Window:
    """Levels of one indicator by period: in the reference, least in each period alone, least on a joint path."""

    policy: str
    unit: str
    periods: tuple[int, ...]
    reference: tuple[float, ...]
    least: tuple[float, ...]
    joint: tuple[float, ...]

    def lines(self) -> list[str]:
        """The window as a table."""
        head = f"{'period':>8}{'reference':>14}{'least alone':>14}{'least jointly':>15}{'width':>9}"
        rows = [
            f"{p:>8}{told(r):>14}{told(a):>14}{told(j):>15}{(1 - a / r if r else 0):>9.1%}"
            for p, r, a, j in zip(self.periods, self.reference, self.least, self.joint, strict=True)
        ]
        return [f"{self.policy}, {self.unit}", head, *rows]


@dataclass
class WindowResult:
    """The windows of a scenario."""

    windows: list[Window]
    text: str


def window(
    path: Path | str | Scenario,
    progress: Progress = silent,
    changes: Mapping[str, Any] | None = None,
    policy: str | None = None,
) -> WindowResult:
    """The window of a policy's indicator; without a name, of the first limit or peak rule of the scenario.

    Every window takes one solve for the reference, one for each period after the base period and one for the joint path.

    Raises
    ------
    UsageError
        When the scenario limits nothing, or no limit or peak rule has that name.
    """
    timings = Timings(progress=progress)
    scenario, data = read(path, timings, changes)
    watched = {k: p for k, p in scenario.spec.active_policies.items() if p.instrument in ("limit", "target", "peak")}
    if not watched:
        raise UsageError("the scenario limits no indicator", fix="add a limit or a peak policy, whose indicator is then shown")
    distinct = _distinct(watched)
    name = policy if policy is not None else distinct[0]
    if name not in watched:
        raise UsageError(f"no limit or peak rule {name!r}", fix=f"known: {', '.join(watched)}")
    found = _window(scenario, data, name, watched, timings)
    timings.done()
    others = [other for other in distinct if other != name and other in watched]
    lines = found.lines() + ([f"other indicators: --policy {' | '.join(others)}"] if others else [])
    return WindowResult([found], "\n".join(lines))


def _distinct(watched: Mapping[str, Any]) -> list[str]:
    """One policy for every indicator and scope."""
    seen: dict[str, str] = {}
    for name, policy in watched.items():
        seen.setdefault(repr(policy.scoped(policy.indicator)), name)
    return list(seen.values())


def _window(scenario: Scenario, data: Any, name: str, watched: Mapping[str, Any], timings: Timings) -> Window:
    policy = watched[name]
    indicator = policy.scoped(policy.indicator)
    same = {k for k, p in watched.items() if p.scoped(p.indicator) == indicator}
    others = {k: p for k, p in scenario.spec.active_policies.items() if k not in same}
    timings.phase(f"compile {name}")
    parameters, context = derive(data, scenario.spec)
    context.base_values = base_values(scenario, data, others)
    derive_policies(parameters, others, context)
    derive_accounts(context, parameters, [indicator])
    model = build_model(parameters)
    periods = tuple(parameters.horizon)
    add_marks(model, {name: indicator}, periods)
    program = compile_model(model).at()
    timings.phase(f"solve {name}")
    span = program.cols.span("mark")
    reference = _levels(program, span)
    lengths = [float(parameters.horizon.n(p)) for p in periods]
    joint = _levels(_aimed(program, span, lengths), span)
    least = [
        float(joint[k])
        if p == parameters.horizon.base
        else float(_levels(_aimed(program, span, [k == j for j in range(len(periods))]), span)[k])
        for k, p in enumerate(periods)
    ]
    unit = indicator_unit(indicator, parameters)
    return Window(name, unit, periods, tuple(reference), tuple(least), tuple(joint))


def told(level: float) -> str:
    """A level with six digits: a cap is placed between two of them."""
    return figure(level, digits=6)


def _aimed(program: LinearProgram, span: slice, weights: Any) -> LinearProgram:
    """The same programme with the weighted marks as its objective."""
    cost = np.zeros_like(program.cost)
    cost[span] = np.asarray(weights, dtype=float)
    return replace(program, cost=cost, offset=0.0)


def _levels(program: LinearProgram, span: slice) -> Any:
    """Marks at the optimum; a new objective is a far jump, so each is solved cold, large ones without crossover."""
    solution = solve(program, SolveOptions(crossover=False))
    if solution.status is not Status.OPTIMAL:
        raise InfeasibleError("the scenario has no solution even without the policies on this indicator",
                              fix="run it without policies first, or see `peakmix run` for the conflict")  # fmt: skip
    return solution.x[span]
