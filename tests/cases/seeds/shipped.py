"""Shipped scenarios of the cases, solved without writing a file."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from peakmix.analysis.difference import sheet
from peakmix.api.running import run_scenario
from peakmix.scenario import load

ROOT = Path(__file__).parents[3]
RUNS = ROOT / "runs"


def solved(name: str, **changes: Any) -> xr.Dataset:
    """Dataset of a shipped scenario, certified; ``changes`` are scenario values, with __ for a dot."""
    told = {key.replace("__", "."): value for key, value in changes.items()}
    run = run_scenario(load(RUNS / "scenarios" / f"{name}.yaml", changes=told or None))
    assert run.certified
    return run.dataset


def priced(run: xr.Dataset, policy: str, row: str) -> pd.DataFrame:
    """Rows of a policy in the sheet: period, level, bound, price."""
    rows = sheet(run)
    return rows[(rows["policy"] == policy) & (rows["row"] == row)]


def ledger(run: xr.Dataset, name: str, period: int) -> float:
    """A ledger over all places and sectors, Mt/yr or PJ/yr."""
    return float(run["ledger"].sel(ledger_name=name, period=period).sum())
