"""The national case, run once as an analyst runs it, and what must be seen to hold of it.

The bounds are rules of the scenario, of the capacity swap and of the statistics; none is a number the program once gave.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import peakmix

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "runs" / "scenarios"


def run(name: str, folder: Path) -> tuple[xr.Dataset, str]:
    """Run a shipped scenario with the command and open its result."""
    command = [sys.executable, "-m", "peakmix", "run", str(SCENARIOS / f"{name}.yaml"), "--out", str(folder)]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=1500, check=False)
    assert answer.returncode == 0, answer.stderr[-2000:]
    return peakmix.open(folder / f"{name}.nc"), answer.stdout


@pytest.fixture(scope="module")
def peak(tmp_path_factory: pytest.TempPathFactory) -> tuple[xr.Dataset, str]:
    """national_peak_2030, province by province."""
    return run("national_peak_2030", tmp_path_factory.mktemp("peak"))


@pytest.fixture(scope="module")
def sheet(peak: tuple[xr.Dataset, str]) -> pd.DataFrame:
    """The policy sheet as a frame."""
    data = peak[0]
    return data[[v for v in data.data_vars if str(v).startswith("policy_")]].to_dataframe()


def direct(data: xr.Dataset) -> xr.DataArray:
    """Direct CO2 of the country, Mt/yr."""
    return data["ledger"].sel(ledger_name="direct_co2").sum(["region", "sector"])


def test_it_is_certified(peak: tuple[xr.Dataset, str]) -> None:
    """Status, certificate and both audits."""
    data, text = peak
    assert data.attrs["certified"] == "yes"
    assert data.attrs["termination_condition"] == "optimal"
    assert "NOT CERTIFIED" not in text


def test_carbon_policies_bind(sheet: pd.DataFrame) -> None:
    """The cap has a price in at least three periods, and a peak rule binds somewhere."""
    cap = sheet[(sheet["policy_component"] == "policy_limit") & (sheet["policy_id"] == "direct_cap")]
    assert (cap["policy_price"] > 1).sum() >= 3
    growth = sheet[sheet["policy_component"] == "policy_no_growth"]
    assert (growth["policy_price"] > 0).any()


def test_emissions_do_not_rise_after_2030(peak: tuple[xr.Dataset, str]) -> None:
    """From the period that contains 2030 on, direct CO2 never rises."""
    path = direct(peak[0]).sel(period=slice(2026, None)).values
    assert (np.diff(path) <= 1e-6).all()


def test_costs_add_up(peak: tuple[xr.Dataset, str]) -> None:
    """The components sum to the objective, and transfers are what separates it from the system cost."""
    data = peak[0]
    cost = data["cost"].sum(["cost_place", "period"])
    assert float(cost.sum()) == pytest.approx(float(data["objective"]), rel=1e-9)
    paid = float(cost.where(data["transfer"] == 1, 0).sum())
    assert float(data["objective"]) - paid == pytest.approx(float(data["system_cost"]), rel=1e-9)


def test_swap_never_builds_more_than_it_retires(peak: tuple[xr.Dataset, str], sheet: pd.DataFrame) -> None:
    """Credits are never overdrawn, and a credit worth more now than later is not kept: its pool is empty.

    A credit left over serves the next period, so its present value there is what it is worth here; where it is worth more
    here, nothing is left.
    """
    data = peak[0]
    weight = dict(zip(data["period"].values.tolist(), data["investment_weight"].values.tolist(), strict=True))
    pool = sheet[sheet["policy_component"] == "policy_swap_pool"]
    assert (pool["policy_level"] >= -1e-6).all()
    assert (pool["policy_price"] > 1e-3).sum() > 20
    for _, rows in pool.groupby(["policy_id", "policy_place"]):
        own = rows.sort_values("policy_period")
        worth = own["policy_price"].to_numpy() * own["policy_period"].map(weight).to_numpy()
        later = np.append(worth[1:], 0.0)
        assert (worth >= later - 1e-3).all()
        assert (own["policy_level"].to_numpy()[worth - later > 1e-3] <= 1e-6).all()


def test_swap_ratio_is_kept(peak: tuple[xr.Dataset, str]) -> None:
    """Retired capacity of each policy and place is at least ratio x built capacity, in total up to every period."""
    data = peak[0]
    flows = data[["swap_policy", "swap_source", "swap_period", "swap_amount", "swap_ratio"]].to_dataframe()
    groups = {"swap_clinker": "kilns", "swap_steelmaking": "steelmaking", "swap_aluminium": "cells"}
    member = data["technology_group_member"]
    for policy, group in groups.items():
        inside = [t for t in data["technology"].values if int(member.sel(technology_group=group, technology=t)) == 1]
        gone = data["early_retirement"].sel(technology=inside).sum("technology")
        if "vintage" in gone.dims:
            gone = gone.sum("vintage")
        gone = gone + data["end_of_life"].sel(technology=inside).sum("technology")
        own = flows[flows["swap_policy"] == policy]
        used = (own["swap_amount"] * own["swap_ratio"]).groupby([own["swap_source"], own["swap_period"]]).sum()
        for place in own["swap_source"].unique():
            spent = np.array([used.get((place, p), 0.0) for p in data["period"].values if p > 2025]).cumsum()
            earned = gone.sel(region=place).values[1:].cumsum()
            assert (spent <= earned + 1e-6).all(), (policy, place)


def test_base_year_output_matches_statistics(peak: tuple[xr.Dataset, str]) -> None:
    """Crude steel 960.8, cement 1,693, primary aluminium 45.0 Mt in 2025 (National Bureau of Statistics), within 1 %."""
    made = peak[0]["activity"].sel(period=2025).sum("region")
    member = peak[0]["technology_group_member"]
    cells = float((made * member.sel(technology_group="cells")).sum())
    assert float(made.sel(technology="casting")) == pytest.approx(960.8, rel=0.01)
    assert float(made.sel(technology="cement_grinding")) == pytest.approx(1693, rel=0.01)
    assert cells == pytest.approx(45.02, rel=0.01)


@pytest.mark.slow
def test_reference_is_cheaper(peak: tuple[xr.Dataset, str], tmp_path_factory: pytest.TempPathFactory) -> None:
    """Without carbon policy the system costs less and emits more in every later period."""
    reference, _ = run("national_reference", tmp_path_factory.mktemp("reference"))
    assert float(reference["system_cost"]) < float(peak[0]["system_cost"])
    assert (direct(reference).sel(period=slice(2031, None)) > direct(peak[0]).sel(period=slice(2031, None))).all()
