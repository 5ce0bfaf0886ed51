"""Verify: a sound file passes, a changed one is refused, a wrong one fails, other tables are said."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import netCDF4
import pytest
import xarray as xr
import yaml

from peakmix.api.running import run
from peakmix.api.stored_values import cells, stored_values
from peakmix.api.verifying import VerifyResult, stored_scenario, verify
from peakmix.foundation.errors import InputError
from peakmix.parameters.derive import derive
from peakmix.results.store import open_result, write_result
from peakmix.tables.loading import load

SMALL = Path(__file__).resolve().parents[1] / "data" / "small"
SCENARIO = {
    "data": str(SMALL),
    "horizon": {"periods": [[2025, 1], [2026, 4], [2030, 6], [2036, 5]], "base_period": 2025},
    "policies": {
        "tax": {"instrument": "price", "indicator": {"quantity": "purchased_power_co2"}, "values": 60},
        "cap": {
            "instrument": "limit",
            "indicator": {"quantity": "direct_co2"},
            "kind": "relative_to_base",
            "values": {2026: 0.98, 2040: 0.6},
            "slack_price": "1100 CNY2023/t",
        },
        "budget": {
            "instrument": "limit",
            "indicator": {"quantity": "purchased_power_co2"},
            "span": "horizon",
            "values": "8 Mt",
            "slack_price": "150 CNY2023/t",
        },
        "swap": {"instrument": "swap", "rule": "iron_swap", "group": "ironmaking", "from_year": 2026},
    },
}


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A result file of the small data set under a tax, a soft cap, a budget and a swap rule."""
    folder = tmp_path_factory.mktemp("verify")
    (folder / "small.yaml").write_text(yaml.safe_dump(SCENARIO), encoding="utf-8")
    done = run(folder / "small.yaml", out=folder / "small.nc")
    assert done.certified
    return folder / "small.nc"


def again(result: Path, dataset: xr.Dataset, name: str) -> VerifyResult:
    """Write a changed dataset as a whole file and verify it."""
    return verify(write_result(dataset, result.with_name(name), overwrite=True))


def test_a_sound_file_is_verified_with_the_full_audit(result: Path) -> None:
    found = verify(result)
    assert found.certified
    assert found.exit_code == 0
    assert found.notices == ()
    assert found.report is not None
    assert found.report.passed
    assert {check.name for check in found.checks} == {"objective", "balance", "ledger", "policy sheet", "output"}
    assert "certified, and verified again" in found.text


def test_decisions_read_back_are_those_of_the_model(result: Path) -> None:
    dataset = open_result(result)
    parameters, _ = derive(load(SMALL), stored_scenario(dataset).spec)
    values, gaps = stored_values(dataset, parameters)
    assert gaps == []
    converted: dict[tuple[str, str, int], float] = {}
    for (region, name, _, period), amount in values["conversion"].items():
        converted[region, name, period] = converted.get((region, name, period), 0.0) + amount
    stated = {key: x for key, x in cells(dataset, "converted").items() if x > 1e-6}
    assert stated
    assert {k: x for k, x in converted.items() if x > 1e-6} == pytest.approx(stated, rel=1e-6)
    assert values["policy_charge"].keys() == {("tax", p) for p in (2026, 2030, 2036)}
    assert values["policy_excess"]


def test_an_altered_file_is_refused(result: Path) -> None:
    copy = result.with_name("altered.nc")
    shutil.copy(result, copy)
    with netCDF4.Dataset(copy, "a") as file:
        file["activity"][0, 0, 0] = 99.0
    with pytest.raises(InputError, match="a result file is whole"):
        verify(copy)
    copy.write_bytes(result.read_bytes()[:4000])
    with pytest.raises(InputError):
        verify(copy)


def test_a_wrong_decision_in_a_whole_file_is_found(result: Path) -> None:
    dataset = open_result(result)
    dataset["activity"][{"period": 2}] = dataset["activity"][{"period": 2}] * 1.001
    found = again(result, dataset, "wrong.nc")
    assert found.exit_code == 5
    assert {check.name for check in found.checks if not check.passed} >= {"balance", "ledger"}
    assert found.report is not None
    assert not found.report.passed
    assert "NOT CERTIFIED" in found.text


def test_a_wrong_cost_is_found(result: Path) -> None:
    dataset = open_result(result)
    dataset["objective"] = dataset["objective"] + 1.0
    found = again(result, dataset, "cost.nc")
    assert found.exit_code == 5
    assert [check.name for check in found.checks if not check.passed] == ["objective"]


def test_what_the_run_did_not_certify_stays_so(result: Path) -> None:
    dataset = open_result(result)
    dataset.attrs["certified"] = "no"
    found = again(result, dataset, "uncertified.nc")
    assert found.exit_code == 5
    assert "the run itself did not certify" in found.text


def test_changed_tables_are_said(result: Path) -> None:
    tables = load(SMALL)
    frame = tables["market_parameters"].copy()
    frame["value"] = frame["value"] * 1.1
    changed = replace(tables, tables={**tables.tables, "market_parameters": frame}, hash="0" * 64)
    found = verify(result, changed)
    assert found.exit_code == 5
    assert "the tables have changed" in found.notices[0]
    assert "tables as they are now" in found.text


def test_missing_tables_name_the_way_out(result: Path) -> None:
    dataset = open_result(result)
    dataset.attrs["scenario_yaml"] = dataset.attrs["scenario_yaml"].replace(str(SMALL), "nowhere/at/all")
    with pytest.raises(InputError, match="the tables of the run are found"):
        again(result, dataset, "moved.nc")


def test_decisions_that_do_not_follow_leave_the_audit_out(result: Path) -> None:
    dataset = open_result(result)
    parameters, _ = derive(load(SMALL), stored_scenario(dataset).spec)
    names = parameters.facts["conversion"]
    (region, name, period), amount = max(cells(dataset, "converted").items(), key=lambda cell: cell[1])
    source, target, draws, _ = names[name]
    names["second"] = (source, target, draws, "kept")
    idle = next(n for n in dataset["conversion_id"].values.tolist() if names[n][0] != source or names[n][2] != "live")
    relabelled = dataset.assign_coords(
        conversion_id=["second" if n == idle else n for n in dataset["conversion_id"].values.tolist()]
    )
    relabelled["converted"].loc[{"region": region, "conversion_id": "second", "period": period}] = amount
    _, gaps = stored_values(relabelled, parameters)
    assert gaps == [f"which vintages of {source} in {region} went to which of {name}, second"]
