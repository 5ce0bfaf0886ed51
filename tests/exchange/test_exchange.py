"""The export as other programs read it: nothing is lost through pyam, and nomenclature knows every name and unit.

`make test-exchange` makes the environment of pyam and nomenclature and names its Python in PEAKMIX_EXCHANGE_PYTHON.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from tests.unit.conftest import POLICIES, run_mini

from peakmix import api
from peakmix.analysis.iamc import iamc
from peakmix.analysis.writing import write_iamc

pytestmark = pytest.mark.exchange

HERE = Path(__file__).parent
SCENARIOS = HERE.parent.parent / "runs" / "scenarios"
WAYS = ("long.csv", "wide.xlsx", "again.csv", "again.xlsx")


def mini(folder: Path) -> xr.Dataset:
    """Two provinces, with policies of every kind."""
    return run_mini(POLICIES).dataset


def national(folder: Path) -> xr.Dataset:
    """All sectors of the shipped case, the country as one place."""
    return api.run(SCENARIOS / "national_reference.yaml", folder, changes={"resolution": "nation"}).dataset


CASES: dict[str, Callable[[Path], xr.Dataset]] = {"mini": mini, "national": national}


@pytest.fixture(scope="module", params=CASES)
def found(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What pyam and nomenclature say of one result."""
    assert "PEAKMIX_EXCHANGE_PYTHON" in os.environ, "run these with `make test-exchange`"
    folder = tmp_path_factory.mktemp("exchange")
    dataset = CASES[request.param](folder)
    rows = iamc(dataset)
    rows.to_csv(folder / "rows.csv", index=False, float_format="%.17g")
    write_iamc(dataset, folder / "long.csv")
    write_iamc(dataset, folder / "wide.xlsx")
    write_iamc(dataset, folder / "strict.csv", strict=True)
    command = [os.environ["PEAKMIX_EXCHANGE_PYTHON"], str(HERE / "reader.py"), str(folder), str(HERE / "definitions")]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run(command, capture_output=True, text=True, env=environment, check=False)
    assert done.returncode == 0, done.stderr
    return {"count": len(rows), "steel": "steel" in dataset["sector"].values, **json.loads(done.stdout.splitlines()[-1])}


@pytest.mark.parametrize("way", WAYS)
def test_a_round_trip_loses_nothing(found: dict[str, Any], way: str) -> None:
    trip = found["round_trips"][way]
    assert trip["rows"] == found["count"]
    assert (trip["lost"], trip["added"]) == (0, 0)
    assert trip["same"], trip["worst"]


def test_every_name_unit_and_region_is_listed(found: dict[str, Any]) -> None:
    assert found["whole"] == ""


def test_strict_needs_no_list_of_our_own(found: dict[str, Any]) -> None:
    assert found["strict"] == ""


def test_names_of_our_own_are_refused_without_their_list(found: dict[str, Any]) -> None:
    assert "Capacity|Industry|Iron and Steel" in found["without_extension"]


def test_carriers_add_up_to_the_sector_as_pyam_adds(found: dict[str, Any]) -> None:
    assert found["steel_aggregate"] == ""
