"""Compiled arrays on disk: used again without Pyomo, never a wrong answer, damage is noticed and mended."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.unit.test_sweep_engine import BASE, collected, factor, sweep

from peakmix.api.sweeping import Sweep
from peakmix.cli.main import app
from peakmix.parameters.contents import content_hash
from peakmix.solve import cache
from peakmix.sweep.structure import rules_of

ROOT = Path(__file__).resolve().parents[2]
AXES: dict[str, Any] = {"tax": factor(0.5, 1.0, 2.0, field="policies.tax.values")}
OTHER: dict[str, Any] = {"tax": factor(0.7, 1.5, field="policies.tax.values")}
SCRIPT = """
import sys
from peakmix.api.sweeping import Sweep
done = Sweep(sys.argv[1], sys.argv[2]).run(jobs=int(sys.argv[3]))
print(done.failed, "pyomo" in sys.modules)
"""


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache of its own for every test."""
    folder = tmp_path / "cache"
    monkeypatch.setenv(cache.VARIABLE, str(folder))
    return folder


def stored(folder: Path) -> list[Path]:
    return sorted(folder.glob(f"*{cache.SUFFIX}"))


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_second_run_does_not_import_pyomo(tmp_path: Path, jobs: int) -> None:
    """The same levels in another store, then other levels of the same axis: no member is built; caps relative to the base too."""
    sweep(tmp_path / "a", AXES)
    sweep(tmp_path / "b", OTHER)
    told = []
    for name, store in (("a", "one"), ("a", "two"), ("b", "three")):
        command = [sys.executable, "-c", SCRIPT, str(tmp_path / name / "sweep.yaml"), str(tmp_path / store), str(jobs)]
        env = os.environ | {"PYTHONPATH": str(ROOT / "model")}
        told.append(subprocess.run(command, env=env, capture_output=True, text=True, check=True).stdout.strip())
    assert told == ["0 True", "0 False", "0 False"]


def test_the_second_run_has_the_same_values(tmp_path: Path, kept: Path) -> None:
    first = sweep(tmp_path, AXES, store="first")
    first.run()
    files = stored(kept)
    assert len(files) == 2, "the base period and the structure"
    second = sweep(tmp_path, AXES, store="second")
    assert second.engine(second.plan(), 0).from_cache
    second.run()
    xr.testing.assert_identical(collected(first), collected(second))
    other = sweep(tmp_path, OTHER, store="other")
    assert other.engine(other.plan(), 0).from_cache
    other.run()
    assert stored(kept) == files
    os.environ[cache.VARIABLE] = "off"
    fresh = sweep(tmp_path, OTHER, store="fresh")
    fresh.run()
    np.testing.assert_allclose(collected(fresh)["objective"], collected(other)["objective"], rtol=1e-12)


def test_damaged_arrays_are_compiled_anew(tmp_path: Path, kept: Path, caplog: pytest.LogCaptureFixture) -> None:
    first = sweep(tmp_path, AXES, store="first")
    first.run()
    for number, damage in enumerate(("cut", "altered", "emptied")):
        for path in stored(kept):
            content = path.read_bytes()
            half = len(content) // 2
            spoilt = {"cut": content[:200], "altered": content[:half] + b"x" * 40 + content[half + 40 :], "emptied": b""}
            path.write_bytes(spoilt[damage])
        caplog.clear()
        with caplog.at_level(logging.WARNING, logger="peakmix"):
            logging.getLogger("peakmix").propagate = True
            again = sweep(tmp_path, AXES, store=f"again-{number}")
            again.run()
        assert "compiled anew" in caplog.text
        xr.testing.assert_identical(collected(first), collected(again))
        assert all(len(path.read_bytes()) > 1000 for path in stored(kept))


def test_other_code_or_versions_are_other_arrays(tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep(tmp_path, AXES, store="first").run()
    made = sweep(tmp_path, AXES, store="second")
    plan = made.plan()
    monkeypatch.setattr(cache, "code_hash", lambda: "another version")
    assert not made.engine(plan, 0).from_cache


def test_code_hash_covers_source_and_versions(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = cache.code_hash()
    monkeypatch.setattr(cache, "version", lambda name: "0.0")
    assert cache.code_hash.__wrapped__() != before
    monkeypatch.undo()
    read = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read(path) + (b"#" if path.name == "balances.py" else b""))
    assert cache.code_hash.__wrapped__() != before


def test_every_number_that_is_no_lever_counts(tmp_path: Path) -> None:
    """Any single element, key, set or rule changes the hash; the value of a lever does not."""
    made: Sweep = sweep(tmp_path, AXES)
    plan = made.plan()
    parameters = made.engine(plan, 0).first.parameters
    elements, rules = plan.structures[0].elements, rules_of(parameters)
    before = content_hash(parameters, rules, elements)
    for name, table in parameters.values.items():
        key = next(reversed(table))
        moved = parameters.with_levers({(name, key): float(table[key]) + 1e-9 + abs(float(table[key])) * 1e-15})
        assert (content_hash(moved, rules, elements) == before) is ((name, key) in elements), name
        values = {**parameters.values, name: dict(list(table.items())[:-1])}
        assert content_hash(replace(parameters, values=values), rules, elements) != before, name
    for name in parameters.sets:
        shorter = replace(parameters, sets={**parameters.sets, name: [*parameters.sets[name], ("x",)]})
        assert content_hash(shorter, rules, elements) != before
    assert content_hash(parameters, {**rules, "more": {}}, elements) != before
    assert content_hash(parameters, dict(reversed(rules.items())), elements) != before
    assert content_hash(parameters, rules, elements[:-1]) != before
    again = replace(parameters, values={name: dict(table) for name, table in parameters.values.items()})
    assert content_hash(again, rules, elements) == before


def test_a_folder_that_cannot_be_written_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("not a folder")
    monkeypatch.setenv(cache.VARIABLE, str(blocked / "cache"))
    assert sweep(tmp_path, AXES).run().failed == 0


def test_place_and_clearing(
    tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = sweep(tmp_path, AXES)
    with pytest.raises(SystemExit) as left:
        app(["sweep", "run", str(tmp_path / "sweep.yaml"), "--out", str(made.folder), "--cache", str(tmp_path / "named"), "-q"])
    assert left.value.code == 0
    assert len(stored(tmp_path / "named")) == 2
    with pytest.raises(SystemExit):
        app(["sweep", "cache", "--clear"])
    assert "2 compiled structures" in capsys.readouterr().out
    assert not stored(tmp_path / "named")
    monkeypatch.setenv(cache.VARIABLE, "off")
    assert cache.folder() is None
    monkeypatch.delenv(cache.VARIABLE)
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    if sys.platform == "linux":
        assert cache.folder() == tmp_path / "xdg" / "peakmix"


def test_old_files_go_first(tmp_path: Path, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sweep(tmp_path, AXES, store="first").run()
    files = stored(kept)
    for age, path in enumerate(files):
        os.utime(path, (age, age))
    monkeypatch.setattr(cache, "LARGEST", files[1].stat().st_size + 1)
    cache._trim(kept, files[1])
    assert stored(kept) == [files[1]]
    assert BASE["data"]
