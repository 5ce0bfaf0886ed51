"""Batches: scenarios of several structures with members that fail in every way; files, store, outcomes and exit codes."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import yaml
from tests.unit.test_sweep_engine import BASE, MINI

from peakmix import api
from peakmix.api import batching
from peakmix.api.batch_store import run_batch_into_store
from peakmix.api.batching import expand, run_batch
from peakmix.cli import main as cli
from peakmix.foundation.errors import UsageError
from peakmix.results.store import open_result

Call = Callable[..., tuple[int, str, str]]


def write(folder: Path, stem: str, base: dict[str, Any] = BASE, **changes: Any) -> Path:
    """A scenario file; changes by dotted key with __ for the dot."""
    values: dict[str, Any] = yaml.safe_load(yaml.safe_dump(base))
    for key, value in changes.items():
        *route, last = key.split("__")
        part = values
        for step in route:
            part = part.setdefault(step, {})
        part[last] = value
    path = folder / f"{stem}.yaml"
    path.write_text(yaml.safe_dump(values), encoding="utf-8")
    return path


def cap(value: float) -> dict[str, Any]:
    return {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "values": {2026: value}}


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """Two of one structure, one of another, one of another data set, one that has no solution, two with faults."""
    write(tmp_path, "a_base")
    write(tmp_path, "b_bad", horizon__discount_rate="much")
    write(tmp_path, "c_tax", policies__tax__values={2026: 120, 2040: 180})
    write(tmp_path, "d_tight", policies__cap=cap(0.01))
    write(tmp_path, "e_free", policies__swap__enabled=False)
    write(tmp_path, "f_mini", MINI)
    (tmp_path / "g_lost.yaml").write_text("extends: nowhere\n", encoding="utf-8")
    return tmp_path


EXPECTED = {
    "a_base": "certified", "b_bad": "bad input", "c_tax": "certified", "d_tight": "infeasible", "e_free": "certified",
    "f_mini": "certified", "g_lost": "bad input",
}  # fmt: skip


def test_one_file_each_and_no_failure_stops_another(mixed: Path) -> None:
    told: list[tuple[str, bool]] = []
    done = run_batch([mixed], mixed / "out", say=lambda text, fault=False: told.append((text, fault)))
    assert {one.name: one.status for one in done.outcomes} == EXPECTED
    assert [one.exit_code for one in done.outcomes] == [0, 3, 0, 4, 0, 0, 3]
    assert done.exit_code == 6
    assert sorted(p.stem for p in (mixed / "out").glob("*.nc")) == ["a_base", "c_tax", "e_free", "f_mini"]
    faults = [k for k, (_, fault) in enumerate(told) if fault]
    assert faults == [0, 1], "faults of input are told before anything is solved"
    assert "b_bad.yaml:" in told[0][0]
    assert done.structures == 4
    assert "policies" in done.outcomes[3].message or "cap" in done.outcomes[3].message
    assert "7 scenarios, 4 certified, 3 not; 4 structures" in done.text


def test_results_are_those_of_single_runs(mixed: Path) -> None:
    done = run_batch([mixed / "a_base.yaml", mixed / "c_tax.yaml", mixed / "f_mini.yaml"], mixed / "out")
    assert done.structures == 2
    for one in done.outcomes:
        assert one.path is not None
        single = api.run(mixed / f"{one.name}.yaml", out=mixed / "single")
        found = open_result(one.path)
        assert one.objective == pytest.approx(float(single.dataset["objective"]), rel=1e-10)
        assert found.attrs["scenario_hash"] == single.dataset.attrs["scenario_hash"]
        assert set(found.variables) == set(single.dataset.variables)
        assert api.verify(one.path).certified
        ledger = single.dataset["ledger"].sel(ledger_name="direct_co2").sum(("region", "sector"))
        assert one.peak == int(ledger["period"][int(ledger.values.argmax())])


def test_one_store(mixed: Path) -> None:
    (mixed / "f_mini.yaml").unlink()
    done = run_batch_into_store([mixed], mixed / "store")
    expected = {name: status for name, status in EXPECTED.items() if name != "f_mini"}
    assert {one.name: one.status for one in done.outcomes} == expected
    assert done.exit_code == 6
    assert done.store is not None
    with xr.open_zarr(done.store, consolidated=False) as cube:
        status = dict(zip(cube["scenario"].values, cube["status"].values, strict=True))
        assert status == {name: "optimal" if word == "certified" else word for name, word in expected.items()}
        reasons = dict(zip(cube["scenario"].values, cube["reason"].values, strict=True))
        assert "b_bad.yaml:" in reasons["b_bad"]
        assert (cube["full_audit"].values[cube["status"].values == "optimal"] == 1).all()
    files = run_batch([mixed], mixed / "out")
    for one, other in zip(done.outcomes, files.outcomes, strict=True):
        assert one.name == other.name
        assert one.peak == other.peak
        np.testing.assert_allclose([one.objective, one.system_cost], [other.objective, other.system_cost], rtol=1e-9)
    again = run_batch_into_store([mixed], mixed / "store")
    assert [one.status for one in again.outcomes] == [one.status for one in done.outcomes]


def test_members_of_a_store_as_files(mixed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    """The store remembers which scenarios it was made from; a file is that of a run by itself."""
    for name in ("f_mini", "b_bad"):
        (mixed / f"{name}.yaml").unlink()
    done = run_batch_into_store([mixed], mixed / "store", changes={"horizon.discount_rate": 0.06})
    sound = [one for one in done.outcomes if one.status == "certified"]

    def collect(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["peakmix", "sweep", "collect", str(mixed / "store"), "--to", "netcdf", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0), "".join(capsys.readouterr())

    code, text = collect("--member", sound[0].name)
    assert (code, "1 result files" in text) == (0, True)
    path = mixed / "store" / "members" / f"{sound[0].name}.nc"
    one = open_result(path)
    assert float(one["objective"]) == pytest.approx(sound[0].objective, rel=1e-9)
    assert api.verify(path).certified
    (mixed / f"{sound[0].name}.yaml").write_text("extends: [nowhere.yaml]", encoding="utf-8")
    code, text = collect()
    assert (code, "that the store was made from" in text) == (2, True)


def test_a_store_holds_one_data_set(mixed: Path) -> None:
    with pytest.raises(UsageError, match="one data set"):
        run_batch_into_store([mixed], mixed / "store")


def test_a_bug_in_one_member_stops_no_other(mixed: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_result = batching.write_result

    def broken(dataset: xr.Dataset, path: Path, overwrite: bool) -> Any:
        if path.stem == "a_base":
            raise RuntimeError("broken on purpose")
        return write_result(dataset, path, overwrite=overwrite)

    monkeypatch.setattr(batching, "write_result", broken)
    done = run_batch([mixed / "a_base.yaml", mixed / "c_tax.yaml"], mixed / "out")
    assert [one.status for one in done.outcomes] == ["internal error", "certified"]
    assert done.exit_code == 1
    assert "broken on purpose" in done.text


def test_names_are_different_and_nothing_is_overwritten(tmp_path: Path) -> None:
    one, two = write(tmp_path, "one"), write(tmp_path, "two", name="one")
    done = run_batch([one, two], tmp_path / "out")
    assert [one.status for one in done.outcomes] == ["certified", "bad input"]
    assert "different names" in done.outcomes[1].message
    again = run_batch([one], tmp_path / "out")
    assert (again.outcomes[0].status, again.outcomes[0].exit_code) == ("failed", 2)
    assert run_batch([one], tmp_path / "out", overwrite=True).exit_code == 0


def test_an_uncertified_member_is_kept_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from peakmix.api import members

    finished = members.finished

    def doubtful(*parts: Any) -> Any:
        result = finished(*parts)
        if parts[3].name == "one":
            result.certified = False
        return result

    monkeypatch.setattr(members, "finished", doubtful)
    done = run_batch([write(tmp_path, "one"), write(tmp_path, "two")], tmp_path / "out")
    assert [(one.status, one.exit_code) for one in done.outcomes] == [("not certified", 5), ("certified", 0)]
    assert done.exit_code == 6


def test_folders_are_expanded(tmp_path: Path) -> None:
    for name in ("b.yaml", "a.yml", "note.txt"):
        (tmp_path / name).touch()
    assert [p.name for p in expand([tmp_path, tmp_path / "b.yaml"])] == ["a.yml", "b.yaml"]
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds scenario files"):
        expand([tmp_path / "empty"])


def test_commands(mixed: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["peakmix", "run", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0), *capsys.readouterr()

    good, tax, out = str(mixed / "a_base.yaml"), str(mixed / "c_tax.yaml"), str(mixed / "out")
    code, text, err = call(good, tax, "--out", out)
    assert (code, "2 scenarios, 2 certified, 0 not; 1 structures" in text, "1 of 2: a_base" in err) == (0, True, True)
    code, text, err = call(good, str(mixed / "b_bad.yaml"), "--out", out, "--overwrite", "--quiet")
    assert code == 6
    assert "b_bad.yaml:" in err
    assert "discount_rate" in err
    code, text, _ = call(good, tax, "--store", "--out", str(mixed / "s"), "--quiet")
    assert (code, "store " in text) == (0, True)
    assert call(str(mixed / "empty"))[0] == 3
