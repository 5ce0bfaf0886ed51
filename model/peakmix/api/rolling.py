"""Foresight of a scenario: one optimum, or windows and beliefs that make a path; what short sight and old beliefs cost."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from peakmix.api.conflict import diagnose
from peakmix.api.prepare import Prepared, Progress, Timings, prepare, silent
from peakmix.foundation.errors import InfeasibleError
from peakmix.scenario import Scenario, check_against, with_changes
from peakmix.scenario.foresight import Belief
from peakmix.solve.certificate import Certificate, solve_certified
from peakmix.solve.rolling import Path as RollingPath
from peakmix.solve.rolling import Stage, solve_rolling
from peakmix.solve.solution import Solution, SolveOptions, Status

TRUTH = "truth"


@dataclass(frozen=True)
class Foreseen:
    """A solution with its certificate, and the record of its windows (None for one optimum under perfect foresight)."""

    solution: Solution
    certificate: Certificate
    record: Mapping[str, Any] | None = None


def solve_foreseen(prepared: Prepared, options: SolveOptions) -> Foreseen:
    """Solve a prepared scenario with the foresight that it states.

    Raises
    ------
    InfeasibleError
        When a window has no solution and no longer view helps: its conflict, in policy words.
    """
    foresight = prepared.scenario.spec.foresight
    if foresight is None or foresight.plain:
        try:
            return Foreseen(*solve_certified(prepared.program, options))
        except InfeasibleError as crossed:
            # a row without any variable that does not hold: a demand, say, that nothing can meet
            prepared.timings.phase("explain")
            raise diagnose(prepared, options) from crossed
    believed = [_believed(prepared, belief) for belief in foresight.believes]
    labels = [belief.title or f"belief until {belief.until}" for belief in foresight.believes]
    stages = [Stage(label, b.until, r.program) for label, b, r in zip(labels, foresight.believes, believed, strict=True)]
    periods = list(prepared.parameters.horizon)
    path = solve_rolling(periods, [*stages, Stage(TRUTH, None, prepared.program)], foresight.sight(periods), options)
    if path.solution.status is Status.INFEASIBLE:
        raise _explained([*believed, prepared][path.stage], path, options)
    return Foreseen(path.solution, path.certificate, record_of(foresight.mode, path))


def _believed(prepared: Prepared, belief: Belief) -> Prepared:
    """The programme of a belief, from the same tables."""
    scenario = with_changes(prepared.scenario, {**belief.changes, "foresight": None})
    check_against(prepared.data, scenario)
    return prepare(scenario, prepared.data, Timings())


def _explained(prepared: Prepared, path: RollingPath, options: SolveOptions) -> InfeasibleError:
    """The conflict of the whole programme; where that has a solution, what was decided early is in the way of the rules."""
    try:
        conflict = solve_certified(prepared.program, options)[0].status is Status.INFEASIBLE
    except InfeasibleError:
        conflict = True
    if conflict:
        return diagnose(prepared, options)
    failed = path.windows[-1]
    return InfeasibleError(
        f"foresight: the window from {failed.first} to {failed.seen} has no solution after what was decided before it, "
        "and no longer view helps",
        fix="a belief and the truth must agree on the years before the belief ends; or lengthen overlap_years",
    )


def record_of(mode: str, path: RollingPath) -> dict[str, Any]:
    """What a result file keeps about the windows."""
    windows = [{**asdict(window), "status": str(window.status)} for window in path.windows]
    return {"mode": mode, "windows": windows, "taken_back": sum(not window.kept for window in path.windows)}


@dataclass(frozen=True)
class ForesightCost:
    """What short sight or an old belief cost: the path as stated against perfect foresight, same weights.

    ``rolling`` and ``perfect`` are the two runs; ``system_cost`` is the difference of their system costs and ``objective`` that of
    their objectives, million money discounted. The second is never below zero; the first can be, where rules charge transfers.
    """

    rolling: Any
    perfect: Any
    system_cost: float
    objective: float
    text: str
    notices: tuple[str, ...] = ()
    exit_code: int = 0


def foresight_cost(
    path: Path | str | Scenario, changes: Mapping[str, Any] | None = None, progress: Progress = silent, data: Any = None
) -> ForesightCost:
    """Run a scenario with its foresight and with perfect foresight, and take the difference (design rule 3.14).

    Raises
    ------
    InputErrors, InfeasibleError, UsageError
        UsageError when the scenario has perfect foresight.
    """
    from peakmix.api.running import solve_prepared
    from peakmix.api.set_up import opened
    from peakmix.foundation.errors import UsageError

    timings = Timings(progress=progress)
    scenario, tables = opened(path, timings, changes, data)
    if not scenario.spec.rolls:
        raise UsageError("the scenario sees the whole horizon and believes in no old rule", fix="add a foresight block")
    ready = prepare(scenario, tables, timings)
    rolling = solve_prepared(ready, False)
    clear = with_changes(scenario, {"foresight": None})
    timings.phase("perfect foresight")
    ready.scenario = clear
    perfect = solve_prepared(ready, False)
    timings.done()
    gaps = {name: float(rolling.dataset[name]) - float(perfect.dataset[name]) for name in ("system_cost", "objective")}
    certified = rolling.certified and perfect.certified
    text = _text(rolling, perfect)
    return ForesightCost(rolling, perfect, gaps["system_cost"], gaps["objective"], text, exit_code=0 if certified else 5)


def _text(rolling: Any, perfect: Any) -> str:
    """Both runs side by side."""
    from peakmix.results.summary import table
    from peakmix.results.windows import foresight_lines

    money = rolling.dataset.attrs["money"]
    rows = []
    for label, name in (("system cost", "system_cost"), ("objective", "objective")):
        path, best = float(rolling.dataset[name]), float(perfect.dataset[name])
        rows.append([label, path, best, path - best, f"{(path - best) / abs(best):.3%}" if best else "-"])
    direct = [r.dataset["ledger"].sel(ledger_name="direct_co2").sum(("region", "sector")) for r in (rolling, perfect)]
    emitted = [float(series @ rolling.dataset["period_length"]) for series in direct]
    rows.append(["direct CO2 over the horizon, Mt", emitted[0], emitted[1], emitted[0] - emitted[1], ""])
    head = ["", "as foreseen", "perfect", "difference", "share"]
    title = f"{rolling.dataset.attrs['scenario_name']}: cost of foresight, million {money}, discounted, same weights"
    both = "both runs certified" if rolling.certified and perfect.certified else "NOT CERTIFIED: see each run by itself"
    return "\n".join([title, *table(head, rows), "", *foresight_lines(rolling.dataset), "", both])
