"""Check: read tables and scenario, say what was understood, warn of traps, and compare the base year with statistics."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from peakmix.analysis.calibration import calibrate, misses
from peakmix.analysis.calibration_text import summary, table_text
from peakmix.api.base_period import plain_scenario, solve_base
from peakmix.api.check_text import data_lines, scenario_lines
from peakmix.api.prepare import Progress, Timings, read, silent
from peakmix.api.traps import traps
from peakmix.formulation.build import derive_policies
from peakmix.foundation.errors import UsageError
from peakmix.parameters.derive import derive
from peakmix.scenario import Scenario
from peakmix.tables.dataset import DataSet
from peakmix.tables.loading import load as load_tables

SCENARIO_SUFFIXES = (".yaml", ".yml")


@dataclass
class CheckResult:
    """What was found to hold.

    text         readable account
    notices      soft findings of the tables and traps of the policies
    calibration  the comparison with statistics, or None when it was not asked for
    exit_code    always 0: what does not hold is raised
    """

    text: str
    notices: tuple[str, ...]
    data: DataSet
    scenario: Scenario | None = None
    calibration: pd.DataFrame | None = None
    exit_code: int = 0


def check(
    target: Path | str | Scenario,
    calibration: bool = False,
    changes: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> CheckResult:
    """Check a scenario with its tables, or a data set.

    Parameters
    ----------
    target:
        Scenario file, loaded scenario, data folder, or name of a shipped data set.
    calibration:
        Solve the base period alone and compare it with the statistics.
    changes:
        Scenario values by dotted key.
    progress:
        Called with the name of every phase as it starts.

    Raises
    ------
    InputErrors
        Everything that is wrong with the tables or the scenario.
    UsageError
        Changes without a scenario, or calibration without a base year.
    InfeasibleError
        When the base period has no solution.
    """
    timings = Timings(progress=progress)
    if isinstance(target, Scenario) or str(target).endswith(SCENARIO_SUFFIXES):
        return _scenario(target, calibration, changes, timings)
    if changes:
        raise UsageError("--set changes a scenario; a data set has none", fix="name a scenario file")
    timings.phase("read")
    data = load_tables(target)
    blocks = ["\n".join(data_lines(data))]
    table = None
    if calibration:
        table = _calibration(plain_scenario(data), data, timings)
        blocks.append(calibration_text(table))
    timings.done()
    return CheckResult("\n\n".join(blocks), tuple(map(str, data.notices)), data, None, table)


def _scenario(target: Path | str | Scenario, calibration: bool, changes: Mapping[str, Any] | None, timings: Timings) -> CheckResult:
    """Check a scenario and the tables it names."""
    scenario, data = read(target, timings, changes)
    timings.phase("derive")
    active = scenario.spec.active_policies
    parameters, context = derive(data, scenario.spec)
    # a policy relative to the base period derives a multiple of 1 here: its number takes a run, its dates do not
    context.base_values = dict.fromkeys(active, 1.0)
    derive_policies(parameters, active, context)
    blocks = ["\n".join(data_lines(data)), "\n".join(scenario_lines(scenario, parameters))]
    notices = [*map(str, data.notices), *traps(scenario, parameters, context)]
    table = None
    if calibration:
        table = _calibration(scenario, data, timings)
        blocks.append(calibration_text(table))
    timings.done()
    return CheckResult("\n\n".join(blocks), tuple(notices), data, scenario, table)


def _calibration(scenario: Scenario, data: DataSet, timings: Timings) -> pd.DataFrame:
    """The base period solved alone and compared."""
    prepared, values = solve_base(scenario, data, timings)
    return calibrate(prepared.context, prepared.parameters, values)


def calibration_text(table: pd.DataFrame) -> str:
    """The comparison as text, with what is known about each miss."""
    if not len(table):
        return "calibration.csv has no statistics"
    lines = ["computed base year and statistics; activity is held, the rest follows from the recipes", summary(table)]
    lines += ["", table_text(table)]
    told = list(_reasons(table))
    if told:
        lines += ["", "what the tables say about the misses", *told]
    return "\n".join(lines)


def _reasons(table: pd.DataFrame) -> Iterator[str]:
    """Source and note of every miss."""
    for row in misses(table).to_dict("records"):
        note = f": {row['note']}" if row["note"] else ""
        name = " ".join(str(row[key]) for key in ("quantity", "sector", "location", "year"))
        yield f"  {name} ({row['difference']:+.1%}), {row['source']}{note}"
