"""What policies do: the policy sheet of a result, or of a scenario that is solved for it; and why nothing solves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from peakmix.analysis.policy_sheet import account_table, policy_table, sheet_text
from peakmix.api.prepare import Progress, Timings, prepare, read, silent
from peakmix.api.running import solve_prepared
from peakmix.foundation.errors import UsageError
from peakmix.results.store import open_result

SCENARIO_SUFFIXES = (".yaml", ".yml")


@dataclass
class Explanation:
    """The policy sheet as text, as a table, and the allowance accounts as a table."""

    text: str
    sheet: pd.DataFrame
    accounts: pd.DataFrame
    notices: tuple[str, ...] = ()
    exit_code: int = 0


def explain(
    target: Path | str | xr.Dataset,
    policy: str | None = None,
    everything: bool = False,
    changes: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> Explanation:
    """The policy sheet of a result file or dataset; a scenario file is solved first and nothing is written.

    Raises
    ------
    InfeasibleError
        For a scenario without a solution: policies that conflict, and the least change that restores one.
    UsageError
        For a policy that the result does not have, or changes to a result.
    """
    if isinstance(target, xr.Dataset):
        dataset, code = target, 0
    elif str(target).endswith(SCENARIO_SUFFIXES):
        timings = Timings(progress=progress)
        scenario, data = read(Path(target), timings, changes)
        solved = solve_prepared(prepare(scenario, data, timings), False)
        timings.done()
        dataset, code = solved.dataset, solved.exit_code
    elif changes:
        raise UsageError("--set changes a scenario, not a result", fix="name the scenario file")
    else:
        dataset, code = open_result(Path(target)), 0
    text = sheet_text(dataset, policy, everything)
    return Explanation(text, policy_table(dataset, policy), account_table(dataset, policy), (), code)
