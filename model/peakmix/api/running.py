"""Run a scenario: prepare, solve, audit twice, certify, write."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from peakmix.api.conflict import diagnose
from peakmix.api.prepare import Prepared, Progress, Timings, prepare, read, silent
from peakmix.api.rolling import solve_foreseen
from peakmix.api.slopes import slopes_at
from peakmix.audit.full import audit as audit_fully
from peakmix.foundation.errors import LimitError, UncertifiedError, UsageError
from peakmix.parameters.container import Parameters
from peakmix.results.agreement import agreed
from peakmix.results.dataset import RunParts, build_dataset
from peakmix.results.quick_audit import quick_audit
from peakmix.results.store import write_result
from peakmix.results.stranded import stranded
from peakmix.results.summary import summarise
from peakmix.scenario import Scenario, check_against
from peakmix.scenario.levers import adjust
from peakmix.solve.certificate import Certificate
from peakmix.solve.criteria import asked
from peakmix.solve.program import LinearProgram
from peakmix.solve.solution import Solution, SolveOptions, Status, write_to_stderr
from peakmix.tables.dataset import DataSet

HELPERS = ("lever", "nothing", "mark", "indicator_part", "policy_gap")
"""Variables that stand for no decision."""

METHODS = {"auto": "auto", "simplex": "simplex", "ipm": "interior"}


@dataclass
class RunResult:
    """What a run gives back.

    dataset    everything the file holds, as an xarray Dataset
    path       where it was written, or None
    certified  certificate and both audits passed
    text       readable summary
    seconds    wall time by phase
    size       rows, columns and coefficients of the programme
    gap        relative distance of primal and dual objective in the certificate
    """

    dataset: xr.Dataset
    path: Path | None
    certified: bool
    text: str
    notices: tuple[str, ...] = ()
    exit_code: int = 0
    seconds: dict[str, float] = field(default_factory=dict)
    size: tuple[int, int, int] = (0, 0, 0)
    solver_seconds: float = 0.0
    gap: float = float("nan")


def run(
    path: Path | str | Scenario,
    out: Path | str | None = None,
    overwrite: bool = False,
    progress: Progress = silent,
    changes: Mapping[str, Any] | None = None,
    frames: Mapping[str, pd.DataFrame] | None = None,
    sensitivity: bool = False,
) -> RunResult:
    """Solve a scenario and write its result file.

    Parameters
    ----------
    path:
        Scenario file, or a loaded scenario.
    out:
        Folder or ``.nc`` file; default ``runs/out/<name>.nc`` beside the scenario's folder.
    overwrite:
        Replace an existing file.
    progress:
        Called with the name of every phase as it starts.
    changes:
        Scenario values by dotted key.
    frames:
        Tables given as pandas frames.
    sensitivity:
        Also store how the optimum moves with each input, to first order (``input_slope``): a third of the run's time more.

    Raises
    ------
    InputErrors, InfeasibleError, LimitError, UsageError
    """
    timings = Timings(progress=progress)
    scenario, data = read(path, timings, changes, frames)
    if sensitivity and scenario.spec.foresight is not None:
        raise UsageError("a path of windows is not one optimum and has no slopes", fix="leave --sensitivity out")
    target = target_of(scenario, path, out)
    if target.exists() and not overwrite:
        raise UsageError(f"{target} exists", fix="name another file, or add --overwrite")
    prepared = prepare(scenario, data, timings)
    result = solve_prepared(prepared, progress is not silent, sensitivity)
    timings.phase("write")
    write_result(result.dataset, target, overwrite=overwrite)
    timings.done()
    result.path = target
    result.seconds = dict(timings.seconds)
    result.text = summarise(result.dataset) + f"\n\nresult file  {target}"
    if not result.certified:
        result.text += "\nNOT CERTIFIED: see the certificate and audit lines above"
    return result


def run_scenario(scenario: Scenario, frames: Mapping[str, pd.DataFrame] | None = None, data: DataSet | None = None) -> RunResult:
    """Solve a loaded scenario without writing a file; ``data`` replaces the data set that the scenario names."""
    timings = Timings()
    if data is None:
        _, data = read(scenario, timings, frames=frames)
    else:
        check_against(data, scenario)
        data = adjust(data, scenario)
    return solve_prepared(prepare(scenario, data, timings), False)


def target_of(scenario: Scenario, path: Path | str | Scenario, out: Path | str | None) -> Path:
    """Where the result goes: as asked, as the scenario says, or runs/out/<name>.nc."""
    name = f"{scenario.name}.nc"
    if out is not None:
        return Path(out) if str(out).endswith(".nc") else Path(out) / name
    if scenario.spec.output.directory is not None:
        return Path(scenario.spec.output.directory) / name
    folder = Path("runs/out")
    if not isinstance(path, Scenario):
        beside = Path(path).resolve().parent
        folder = beside.parent / "out" if beside.name == "scenarios" else beside / "out"
    return folder / name


def solve_prepared(prepared: Prepared, watched: bool, sensitivity: bool = False) -> RunResult:
    """Solve, audit and assemble the result of a prepared scenario."""
    timings, spec = prepared.timings, prepared.scenario.spec
    timings.phase("solve")
    options = SolveOptions(
        method=METHODS[spec.solver.method],  # type: ignore[arg-type]
        threads=spec.solver.threads,
        time_limit=spec.solver.time_limit,
        log=write_to_stderr if watched and getattr(timings.progress, "shown", False) else None,
        ties=asked(spec, prepared.parameters),
    )
    foreseen = solve_foreseen(prepared, options)
    solution, certificate = foreseen.solution, foreseen.certificate
    if solution.status is Status.INFEASIBLE:
        timings.phase("explain")
        raise diagnose(prepared, options)
    if solution.status is Status.LIMIT:
        raise LimitError("no solution within the time limit", fix="raise solver.time_limit")
    if solution.status is not Status.OPTIMAL:
        raise UncertifiedError(f"the solver stopped with {solution.status}: {solution.message}")
    slopes = None
    if sensitivity:
        timings.phase("slopes")
        slopes = slopes_at(prepared.scenario, prepared.data, prepared.base_values, prepared.program, solution)
    return finished(
        prepared.parameters, prepared.model.books, prepared.program, prepared.scenario, prepared.data, prepared.base_values,
        solution, certificate, timings, foreseen.record, slopes,
    )  # fmt: skip


def finished(
    parameters: Parameters,
    books: Any,
    program: LinearProgram,
    scenario: Scenario,
    data: DataSet,
    base: Mapping[str, float],
    solution: Solution,
    certificate: Certificate,
    timings: Timings,
    foresight: Mapping[str, Any] | None = None,
    slopes: Mapping[tuple[str, int], float] | None = None,
) -> RunResult:
    """Audit an optimal solution twice and assemble its result; ``books`` are None for a member of a compiled structure.

    ``foresight`` is the record of the windows where there were several, ``slopes`` those of the optimum by table and row.
    """
    timings.phase("audit")
    quick = quick_audit(parameters, books, program, solution)
    full = audit_fully(
        data, scenario, decisions(program, solution.x), solution.objective, dict(base),
        stranded=stranded(parameters, program, solution),
    )  # fmt: skip
    assert quick.recount is not None
    full = agreed(full, quick.recount, quick.recount.point(solution.x))
    timings.phase("assemble")
    parts = RunParts(
        parameters, books, program, solution, certificate, quick, full, scenario, data, timings=dict(timings.seconds),
        foresight=foresight, slopes=slopes,
    )  # fmt: skip
    dataset = build_dataset(parts)
    certified = certificate.passed and quick.passed and full.passed
    warnings = tuple(parameters.reports.get("warnings", ()))
    return RunResult(
        dataset,
        None,
        certified,
        summarise(dataset),
        warnings,
        0 if certified else 5,
        size=(*program.shape, len(program.data)),
        solver_seconds=solution.run_time + (solution.ties.seconds if solution.ties is not None else 0.0),
        gap=certificate.gap.value,
    )


def variable_values(prepared: Prepared, x: Any) -> dict[str, dict[tuple[Any, ...], float]]:
    """The solution's decisions by component name and index; helpers of the programme are left out."""
    return decisions(prepared.program, x)


def decisions(program: LinearProgram, x: Any) -> dict[str, dict[tuple[Any, ...], float]]:
    """Decisions of a programme by component name and index; helpers are left out."""
    cols = program.cols
    return {
        name: dict(zip(cols.indices(name), x[cols.span(name)].tolist(), strict=True))
        for name in cols.components
        if name not in HELPERS
    }
