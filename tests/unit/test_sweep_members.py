"""Members of a sweep as result files, progress, and axes of every kind on every kind of target."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.unit.test_sweep_engine import BASE, collected, factor, fresh_objective, sweep, table

from peakmix import api
from peakmix.api.member_files import export_members
from peakmix.cli import main as cli
from peakmix.cli.sweep import Bar
from peakmix.foundation.errors import UncertifiedError, UsageError
from peakmix.sweep import files
from peakmix.sweep.running import Progress, chunk_path

CAPPED = BASE | {
    "policies": BASE["policies"]
    | {"limit": {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "values": {2026: 40.0}}}
}
AXES = {
    "limit": {"field": "policies.limit.values.2026", "list": [0.01, 40.0]},
    "tax": factor(1.0, 2.0, field="policies.tax.values"),
}


def test_members_are_whole_results_that_verify_accepts(tmp_path: Path) -> None:
    made = sweep(tmp_path, AXES, CAPPED)
    with pytest.raises(UsageError, match="when all are done"):
        export_members(made, tmp_path / "early")
    made.run()
    cube = collected(made)
    done = export_members(made, tmp_path / "members")
    assert [path.stem for path in done.written] == ["sweep-0003", "sweep-0004"]
    assert done.left_out == [("sweep-0001", "infeasible"), ("sweep-0002", "infeasible")]
    for path in done.written:
        member = cube.sel(scenario=path.stem)
        with xr.open_dataset(path) as plain:
            assert float(plain["objective"]) == pytest.approx(float(member["objective"]), rel=1e-10)
            used = plain["ledger"].sel(ledger_name="direct_co2").sum(("region", "sector"))
            kept = member["ledger"].sel(ledger_name="direct_co2").sum(("region", "sector"))
            np.testing.assert_allclose(used.values, kept.values, rtol=1e-6, atol=1e-9)
        found = api.verify(path)
        assert found.certified, found.text
    with pytest.raises(UsageError, match="exists"):
        export_members(made, tmp_path / "members")
    with pytest.raises(UsageError, match="sweep-0003"):
        export_members(made, tmp_path / "other", ["sweep-003"])


def test_a_store_that_says_otherwise_is_found(tmp_path: Path) -> None:
    made = sweep(tmp_path, {"tax": factor(1.0, 2.0, field="policies.tax.values")})
    made.run()
    plan = made.plan()
    path = chunk_path(made.folder, plan.chunks[0])
    stored = files.read_arrays(path)
    assert stored is not None
    arrays, header = stored
    arrays["objective"] = arrays["objective"] + 1.0
    files.write_arrays(path, arrays, header)
    with pytest.raises(UncertifiedError, match="optimum of the store"):
        export_members(made, tmp_path / "members")


def test_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    made = sweep(tmp_path, AXES, CAPPED)
    made.run()

    def call(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["peakmix", "sweep", "collect", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0), capsys.readouterr().out

    file, store = str(tmp_path / "sweep.yaml"), str(made.folder)
    code, out = call(file, "--store", store, "--to", "netcdf", "--member", "sweep-0001", "--member", "sweep-0003")
    assert (code, "1 result files" in out, "sweep-0001  infeasible: no file" in out) == (0, True, True)
    assert (made.folder / "members" / "sweep-0003.nc").is_file()
    assert call(store, "--to", "netcdf")[0] == 2
    assert call(store, "--to", "csv")[0] == 2
    assert call(store, "--member", "sweep-0003")[0] == 2


HOT = {"commodity": "hot_metal"}
COAL = {"market": "coal_supply", "parameter": "price"}
TARGETS: dict[str, dict[str, Any]] = {
    "cells set in a unit": {"table": "market_parameters", "where": COAL, "unit": "CNY2023/GJ"},
    "cells added to": {"table": "demand", "where": HOT, "action": "add"},
    "cells multiplied": {"table": "demand", "where": HOT, "action": "multiply"},
    "policy field set": {"field": "policies.tax.values.2026"},
    "policy field added to": {"field": "policies.tax.values", "action": "add"},
    "policy field multiplied": {"field": "policies.tax.values", "action": "multiply"},
}
SPANS = {
    "cells set in a unit": (25.0, 40.0), "cells added to": (-0.1, 0.1), "cells multiplied": (0.98, 1.02),
    "policy field set": (20.0, 90.0), "policy field added to": (-10.0, 30.0), "policy field multiplied": (0.5, 2.0),
}  # fmt: skip


@pytest.mark.parametrize("how", ["list", "range", "latin_hypercube", "sobol", "table"])
@pytest.mark.parametrize("what", sorted(TARGETS))
def test_axes_of_every_kind_on_every_target(what: str, how: str, tmp_path: Path) -> None:
    """Each way of stating values, on each target and action: the members solved equal fresh builds of their scenarios."""
    low, high = SPANS[what]
    span, more = {"from": low, "to": high}, dict[str, Any]()
    axis: dict[str, Any] = dict(TARGETS[what])
    if how == "list":
        axis["list"] = [low, high]
    elif how == "range":
        axis["range"] = span | {"count": 2}
    elif how == "table":
        (tmp_path / "design.csv").write_text(f"x\n{low}\n{high}\n", encoding="utf-8")
        more["design"] = "design.csv"
    else:
        axis[how], more["samples"] = span, 2
    made = sweep(tmp_path, {"x": axis}, **more)
    plan = made.plan()
    values = [float(member.design["x"]) for member in plan.members]
    assert all(low <= value <= high for value in values)
    assert len(set(values)) == 2
    first, second = (made.source.scenario(k) for k in range(2))
    assert first.hash != second.hash
    if how == "list":
        made.run()
        cube = collected(made)
        for member in range(2):
            assert float(cube["objective"][member]) == pytest.approx(fresh_objective(made, member), rel=1e-10)
        assert cube["x"].values.tolist() == values


def test_product_and_zip_of_cells_policies_and_variants(tmp_path: Path) -> None:
    axes = {
        "variant": {"field": "demand_variant", "list": ["low", "high"]},
        "tax": factor(1.0, 2.0, field="policies.tax.values"),
        "coal": table("market_parameters", 0.8, 1.2, market="coal_supply", parameter="price"),
    }
    whole = sweep(tmp_path / "product", axes).plan()
    assert [tuple(m.design.values()) for m in whole.members][:3] == [(0.8, 1.0, "low"), (0.8, 1.0, "high"), (0.8, 2.0, "low")]
    zipped = sweep(tmp_path / "zip", axes, design="zip")
    assert [tuple(m.design.values()) for m in zipped.plan().members] == [(0.8, 1.0, "low"), (1.2, 2.0, "high")]
    zipped.run()
    cube = collected(zipped)
    for member in range(2):
        assert float(cube["objective"][member]) == pytest.approx(fresh_objective(zipped, member), rel=1e-10)
    assert float(cube["lever_value"].notnull().sum()) > 0
    assert float(abs(cube["gradient"]).sum()) > 0


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_on_a_terminal_and_lines_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal, plain = Terminal(), io.StringIO()
    for stream in (terminal, plain):
        monkeypatch.setattr(sys, "stderr", stream)
        bar = Bar(quiet=False)
        bar("1 of 3")
        bar("2 of 3")
        bar("3 of 3", last=True)
    assert terminal.getvalue() == "\r\x1b[K1 of 3\r\x1b[K3 of 3\n", "written over, and not more often than the eye can follow"
    assert plain.getvalue() == "1 of 3\n3 of 3\n", "a line now and then"
    monkeypatch.setattr(sys, "stderr", quiet := Terminal())
    Bar(quiet=True)("1 of 3", last=True)
    assert quiet.getvalue() == ""


def test_time_left_goes_by_what_this_run_did() -> None:
    progress = Progress(100, done=60, found=20)
    progress._since -= 8.0
    assert progress.left == pytest.approx(8.0, abs=0.5), "40 in 8 s, 40 to do"
    assert np.isnan(Progress(100, done=20, found=20).left)
