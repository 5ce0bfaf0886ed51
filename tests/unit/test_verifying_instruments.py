"""Verify with every kind of instrument: a sound file passes whole, one altered decision or number of the instrument does not."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.math.test_broken_copies import BANDS, CASE, COVERED, LENDER, LINKED, LOANS, MARKET, SHORT

from peakmix.api.running import run
from peakmix.api.verifying import verify
from peakmix.results.store import open_result, write_result

SMALL = Path(__file__).resolve().parents[1] / "data" / "small"
RUNS = Path(__file__).resolve().parents[2] / "runs" / "scenarios"
CO2 = {"quantity": "direct_co2"}
GOAL = {"instrument": "goal", "indicator": CO2, "cost_ceiling": {"relative": 1.02}}
TARGET = {"instrument": "target", "indicator": CO2, "sense": "upper", "values": {2026: 8, 2036: 6}, "voluntary": True}
ROLLING = {"mode": "rolling", "window_years": 4, "overlap_years": 6}
BELIEF = {"until": 2030, "changes": {"policies.carbon_price.enabled": False}}

KINDS: dict[str, tuple[dict[str, Any], str]] = {
    "voluntary target": ({"policies.vol": TARGET}, "policy_level"),
    "goal": ({"policies.goal": GOAL}, "activity"),
    "market": (MARKET, "allowance_held"),
    "intensity bands": (BANDS, "allowance_held"),
    "carbon bank": (LENDER, "allowance_inventory"),
    "loan lines": (LOANS, "loan_draw"),
    "tranches and a currency": (LINKED, "loan_draw"),
    "own funds": (SHORT, "loan_draw"),
    "budget and cash": (COVERED, "loan_draw"),
    "credits that expire": ({"policies.iron_swap.expiry_years": 1}, "swap_amount"),
    "swaps suspended": ({"policies.iron_swap.suspended_from": 2030}, "new_capacity"),
    "rolling foresight": ({"foresight": ROLLING}, "activity"),
    "one period at a time": ({"foresight": {"mode": "myopic"}}, "activity"),
    "a belief": ({"foresight": {"believes": [BELIEF]}}, "activity"),
}
"""Changes to the small case, and the array that is altered in the file."""


def scenario(folder: Path, changes: dict[str, Any]) -> Path:
    """The small case with changes, as a file."""
    tree = copy.deepcopy({**CASE, "data": str(SMALL)})
    for route, value in changes.items():
        place = tree
        *above, last = route.split(".")
        for key in above:
            place = place.setdefault(key, {})
        place[last] = value
    path = folder / "case.yaml"
    path.write_text(yaml.safe_dump(tree), encoding="utf-8")
    return path


@pytest.mark.parametrize("kind", KINDS)
def test_verified_again_and_an_altered_file_is_not(kind: str, tmp_path: Path) -> None:
    changes, array = KINDS[kind]
    done = run(scenario(tmp_path, changes), out=tmp_path / "case.nc")
    assert done.certified
    found = verify(tmp_path / "case.nc")
    assert found.certified, found.text
    assert found.notices == ()
    assert found.report is not None
    dataset = open_result(tmp_path / "case.nc").load()
    assert float(abs(dataset[array]).sum()) > 0
    dataset[array] = dataset[array] * 1.01
    assert verify(write_result(dataset, tmp_path / "altered.nc")).exit_code == 5


def test_what_is_not_repeated_is_said(tmp_path: Path) -> None:
    """Optimality in every file, the windows and the beliefs where there were any."""
    run(scenario(tmp_path, {}), out=tmp_path / "plain.nc")
    assert "that no plan is cheaper: it stands in the certificate of the run" in verify(tmp_path / "plain.nc").text
    run(scenario(tmp_path, {"foresight": {**ROLLING, "believes": [BELIEF]}}), out=tmp_path / "path.nc")
    told = verify(tmp_path / "path.nc").text
    assert "the windows are not solved again" in told
    assert "the scenarios that were believed in" in told


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["smelter_tariff", "benchmark_shares", "energy_dual_control", "carbon_market", "green_loans", "plan_targets"]
)
def test_shipped_instruments_on_the_national_case(name: str, tmp_path: Path) -> None:
    """Tiered tariff, benchmark shares, dual control, market, loans and targets, at the level of the nation."""
    extends = [str(RUNS / "national_reference"), str(RUNS / "policies" / name)]
    path = tmp_path / "national.yaml"
    path.write_text(yaml.safe_dump({"name": name, "extends": extends, "resolution": "nation"}), encoding="utf-8")
    assert run(path, out=tmp_path / "national.nc").certified
    found = verify(tmp_path / "national.nc")
    assert found.certified, found.text
    assert found.report is not None
