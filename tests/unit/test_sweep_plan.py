"""Sweep files: what they may say, the design they make, the plan, and the commands."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import yaml
from tests.unit.test_sweep_engine import BASE, factor, sweep, table

from peakmix import api
from peakmix.api.prepare import data_root
from peakmix.cli import main as cli
from peakmix.foundation.errors import InputError, UsageError
from peakmix.scenario.levers import adjust
from peakmix.sweep import plan as plans
from peakmix.sweep.collecting import collect, open_cube
from peakmix.sweep.design import design_rows
from peakmix.sweep.order import chunk_size, nearest_order
from peakmix.sweep.spec import SweepSpec, load
from peakmix.tables.loading import load as load_tables

ROOT = Path(__file__).resolve().parents[2]
SHIPPED = sorted((ROOT / "runs" / "sweeps").glob("*.yaml"))
FIELD = {"field": "policies.tax.values", "action": "multiply"}


def rows(**spec: Any) -> list[dict[str, Any]]:
    return design_rows(SweepSpec.model_validate({"name": "s", "base": "b.yaml"} | spec), Path())


def test_product_and_zip() -> None:
    axes = {"a": {"field": "x", "list": [1, 2]}, "b": {"field": "y", "range": {"from": 0.0, "to": 1.0, "count": 2}}}
    assert rows(axes=axes) == [{"a": 1, "b": 0.0}, {"a": 1, "b": 1.0}, {"a": 2, "b": 0.0}, {"a": 2, "b": 1.0}]
    assert rows(axes=axes, design="zip") == [{"a": 1, "b": 0.0}, {"a": 2, "b": 1.0}]
    with pytest.raises(InputError, match="equally long"):
        rows(axes=axes | {"c": {"field": "z", "list": [1]}}, design="zip")


@pytest.mark.parametrize("kind", ["latin_hypercube", "sobol"])
def test_samples_are_seeded_and_inside(kind: str) -> None:
    axes = {"a": {"field": "x", kind: {"from": 2.0, "to": 4.0}}, "b": {"field": "y", kind: {"from": -1.0, "to": 0.0}}}
    one, two, other = (rows(axes=axes, samples=16, seed=seed) for seed in (3, 3, 4))
    assert one == two
    assert one != other
    a = np.array([row["a"] for row in one])
    assert a.min() >= 2
    assert a.max() <= 4
    assert sorted(np.floor((a - 2) / 2 * 16).astype(int)) == list(range(16)), "one a stratum"


def test_design_table(tmp_path: Path) -> None:
    (tmp_path / "design.csv").write_text("a,b\n1,low\n2.5,high\n", encoding="utf-8")
    spec = SweepSpec.model_validate({"name": "s", "base": "b", "design": "design.csv", "axes": {n: {"field": n} for n in "ab"}})
    assert design_rows(spec, tmp_path) == [{"a": 1.0, "b": "low"}, {"a": 2.5, "b": "high"}]
    (tmp_path / "design.csv").write_text("a,c\n1,low\n", encoding="utf-8")
    with pytest.raises(InputError, match="column 'b'"):
        design_rows(spec, tmp_path)


@pytest.mark.parametrize(
    ("text", "rule"),
    [
        ("axes:\n  a: {field: x, list: [1], table: demand}\n", "either field"),
        ("axes:\n  a: {field: x, list: [1], range: {from: 0, to: 1, count: 2}}\n", "once"),
        ("axes:\n  a: {field: x, range: {from: 0, to: 1}}\n", "count"),
        ("axes:\n  a: {field: x}\n", "a list, range"),
        ("axes:\n  a: {field: x, sobol: {from: 0, to: 1}}\n", "samples"),
        ("axes:\n  a: {feild: x, list: [1]}\n", "'feild' is not a key"),
        ("axes:\n  a: {field: data, list: [x]}\n", "other than its name"),
    ],
)
def test_faults_name_their_line(text: str, rule: str, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("base: b.yaml\n" + text, encoding="utf-8")
    with pytest.raises(InputError, match=rule) as found:
        load(tmp_path / "bad.yaml")
    assert "bad.yaml" in str(found.value)


def test_member_faults_name_the_member(tmp_path: Path) -> None:
    made = sweep(tmp_path, {"tax": {"field": "horizon.discount_rate", "list": [0.05, 0.9]}})
    with pytest.raises(InputError, match=r"sweep-0002: tax = 0\.9"):
        made.plan()


def test_plan_is_on_disk_before_the_first_solve(tmp_path: Path) -> None:
    made = sweep(tmp_path, {"tax": factor(*np.linspace(0, 1, 20).tolist(), field="policies.tax.values")})
    written, read = made.plan(), plans.read(made.folder)
    assert (read.hash, read.members, read.chunks, read.audited) == (written.hash, written.members, written.chunks, written.audited)
    assert read.structures[0].elements == written.structures[0].elements
    assert np.array_equal(read.structures[0].values, written.structures[0].values)
    assert not (made.folder / "chunks").exists()
    with pytest.raises(UsageError, match="holds the plan"):
        plans.read(tmp_path)


def test_order_keeps_neighbours_together() -> None:
    values = np.array([[3.0, 9.0], [1.0, 7.0], [2.0, 8.0], [0.0, 6.0]])
    assert nearest_order(values) == [3, 1, 2, 0]
    assert nearest_order(np.zeros((5, 0))) == [0, 1, 2, 3, 4]
    assert chunk_size(10_000, 1000) == 250
    assert chunk_size(16, 1000) == 2
    assert chunk_size(10_000, 60_000) == 10


def test_chunks_of_a_large_structure_are_as_long_as_ten_seconds_allow() -> None:
    """A start far from the first basis costs as much as many steps, so the group is not cut finer than that."""
    assert chunk_size(100, 25_000, {"policy_price"}) == 50
    assert chunk_size(100, 25_000, {"policy_price", "policy_value"}) == 20
    assert chunk_size(5, 25_000, {"market_price"}) == 5


def test_cube_is_whole_and_plain_xarray_opens_it(tmp_path: Path) -> None:
    axes = {"coal": table("market_parameters", 0.8, 1.2, market="coal_supply", parameter="price"), "tax": FIELD | {"list": [1, 2]}}
    made = sweep(tmp_path, axes)
    with pytest.raises(UsageError, match="all its members"):
        collect(made.folder, made.plan(), tmp_path / "cube.zarr")
    made.run()
    path = collect(made.folder, made.plan(), tmp_path / "cube.zarr")
    with xr.open_zarr(path, consolidated=False) as plain:
        assert plain.sizes["scenario"] == 4
        assert plain["coal"].values.tolist() == [0.8, 0.8, 1.2, 1.2]
    xr.testing.assert_equal(open_cube(path)["activity"], plain["activity"])
    assert api.open(path).sizes["scenario"] == 4
    with pytest.raises(UsageError, match="exists"):
        collect(made.folder, made.plan(), path)
    victim = max((path / "activity").rglob("c/*/*"), key=lambda p: p.stat().st_size if p.is_file() else 0)
    files = [p for p in (path / "objective").rglob("*") if p.is_file() and p.name != "zarr.json"]
    (files[0] if files else victim).unlink()
    with pytest.raises(InputError, match="as it was written"):
        open_cube(path)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_shipped_sweeps_make_their_members(path: Path) -> None:
    """First and last member change cells of the data set that the base names."""
    source = plans.read_source(path)
    data = load_tables(data_root(source.base))
    for member in (0, len(source.rows) - 1):
        adjust(data, source.scenario(member))
    assert len(source.rows) > 1


def test_national_sweeps_have_their_members() -> None:
    """Carbon price x hydrogen price x scrap, 1,000; swap ratio x peak year, 3 x 4; 200 of a hypercube."""
    counts = {path.stem: len(plans.read_source(path).rows) for path in SHIPPED}
    wanted = {"carbon_hydrogen_scrap": 1000, "swap_ratio_peak_year": 12, "grade_c_hypercube": 200}
    assert {name: counts[name] for name in wanted} == wanted


def test_commands(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    base = yaml.safe_load(yaml.safe_dump(BASE))
    base["policies"]["cap"] = {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "values": {2026: 20.0}}
    sweep(tmp_path, {"cap": {"field": "policies.cap.values.2026", "list": [0.01, 40.0]}}, base)

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["peakmix", "sweep", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0), *capsys.readouterr()

    file, store = str(tmp_path / "sweep.yaml"), str(tmp_path / "s")
    code, out, _ = call("plan", file, "--out", store)
    assert (code, "2 members, 1 structures" in out) == (0, True)
    code, out, err = call("run", file, "--out", store, "--jobs", "2")
    assert (code, "1 failed" in out) == (6, True)
    assert "2 of 2 members" in err
    code, out, _ = call("status", store)
    assert (code, "1 infeasible, 1 optimal" in out, "sweep-0001" in out) == (6, True, True)
    code, out, _ = call("collect", store)
    assert code == 0
    assert (tmp_path / "s" / "sweep.zarr").is_dir()
