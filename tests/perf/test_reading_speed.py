"""Reading a sweep of a thousand members; run by ``make bench``."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import yaml
from tests.unit.test_sweep_engine import BASE

from peakmix import api
from peakmix.api.sweeping import Sweep
from peakmix.sweep.collecting import collect

MEMBERS = 1000
SECONDS = 1.0


@pytest.mark.perf
def test_one_variable_over_a_thousand_members(tmp_path: Path) -> None:
    """Opened without its checksum, as plain xarray opens it, one array of all members is read within a second."""
    (tmp_path / "base.yaml").write_text(yaml.safe_dump({"name": "base", "title": "Base", **BASE}))
    prices = [float(value) for value in np.linspace(0.0, 3.0, MEMBERS)]
    axes = {"tax": {"field": "policies.tax.values", "action": "multiply", "list": prices}}
    sweep = {"name": "s", "title": "S", "base": "base.yaml", "design": "product", "axes": axes}
    (tmp_path / "s.yaml").write_text(yaml.safe_dump(sweep))
    run = Sweep(tmp_path / "s.yaml", tmp_path / "out")
    run.run()
    store = collect(tmp_path / "out", run.plan(), tmp_path / "s.zarr")
    begun = time.perf_counter()
    with xr.open_zarr(store, consolidated=False) as cube:
        whole = cube["activity"].values
    plain = time.perf_counter() - begun
    begun = time.perf_counter()
    api.open(store)["activity"].load()
    checked = time.perf_counter() - begun
    print(f"\n{whole.shape}: {plain:.2f} s; opened with the checksum of all values {checked:.2f} s")
    assert whole.shape[0] == MEMBERS
    assert plain < SECONDS
