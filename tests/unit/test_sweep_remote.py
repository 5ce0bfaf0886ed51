"""Sweeps in a store at an address: an object store on the loopback, the memory of a process, a folder named as one."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import fsspec
import numpy as np
import pytest
import xarray as xr
from tests.unit.object_store import Server, served
from tests.unit.test_sweep_engine import factor, sweep
from tests.unit.test_sweep_kill import AXES, ROOT, SCRIPT, cube

from peakmix import api
from peakmix.api.sweeping import Sweep
from peakmix.cli import main as cli
from peakmix.foundation.errors import InputError, LimitError, UsageError
from peakmix.sweep import files, remote, running
from peakmix.sweep.collecting import ROOT as MARK
from peakmix.sweep.collecting import UNFINISHED, collect
from peakmix.sweep.remote import Remote, leased, watched
from peakmix.sweep.shards import Shard

FEW = {"tax": factor(*np.linspace(0.0, 2.0, 9).tolist(), field="policies.tax.values")}


@pytest.fixture
def objects(monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setattr(remote, "BEAT", 0.2)
    monkeypatch.setattr(remote, "SETTLE", 0.0)
    with served() as server:
        yield server


def call(monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sys, "argv", ["peakmix", "sweep", *words])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return int(left.value.code or 0)


def test_the_commands_work_on_an_object_store(
    objects: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    expected = sweep(tmp_path, FEW, store="whole")
    expected.run()
    url, file = f"{objects.url}/bucket/sweep", str(tmp_path / "sweep.yaml")
    assert call(monkeypatch, "run", file, "--out", url, "-j", "2", "--quiet") == 0
    assert f"sweep {url}" in capsys.readouterr().out
    assert not [name for name in objects.objects if "lock" in name], "locks are let go of"
    assert call(monkeypatch, "status", url) == 0
    assert "9 members; 9 optimal" in capsys.readouterr().out
    assert call(monkeypatch, "collect", url) == 0
    capsys.readouterr()
    with xr.open_zarr(f"{url}/sweep.zarr", consolidated=False) as plain:
        xr.testing.assert_identical(plain.load().drop_attrs(deep=False), cube(expected).drop_attrs(deep=False))
    assert api.open(f"{url}/sweep.zarr").sizes["scenario"] == 9
    assert call(monkeypatch, "collect", url) == 2, "it exists"
    assert call(monkeypatch, "run", file, "--out", url, "--quiet") == 0
    assert "9 were finished before" in capsys.readouterr().out
    assert call(monkeypatch, "collect", file, "--store", url, "--to", "netcdf") == 2, "files need a folder"
    members = ("--to", "netcdf", "--out", str(tmp_path / "m"), "--member", "sweep-0002")
    assert call(monkeypatch, "collect", file, "--store", url, *members) == 0
    assert (tmp_path / "m" / "sweep-0002.nc").is_file()


@pytest.mark.slow
def test_a_cube_that_is_not_whole_does_not_open(objects: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Killed while it is put: its root comes last, and goes first when it is replaced."""
    sweep(tmp_path, {"tax": factor(1.0, 2.0, field="policies.tax.values")})
    made = Sweep(tmp_path / "sweep.yaml", f"{objects.url}/b/s")
    made.run()
    target, put = files.store(f"{objects.url}/b/s/cube.zarr"), Remote.write_bytes
    for _ in range(2):
        count = [0]

        def dies(self: Remote, content: bytes, count: list[int] = count) -> None:
            count[0] += 1
            if count[0] == 20:
                raise KeyboardInterrupt
            put(self, content)

        monkeypatch.setattr(Remote, "write_bytes", dies)
        with pytest.raises(KeyboardInterrupt):
            collect(made.folder, made.plan(), target, overwrite=True)
        monkeypatch.setattr(Remote, "write_bytes", put)
        with pytest.raises(InputError, match="collected sweep"):
            api.open(str(target))
        collect(made.folder, made.plan(), target)
        assert api.open(str(target)).sizes["scenario"] == 2
    assert f"b/s/cube.zarr/{MARK}" in objects.objects
    assert f"b/s/cube.zarr/{UNFINISHED}" not in objects.objects


def test_two_runs_refuse_each_other_and_a_dead_one_is_taken_over(objects: Server, tmp_path: Path) -> None:
    made = Sweep(sweep(tmp_path, FEW).folder.parent / "sweep.yaml", f"{objects.url}/b/two")
    made.plan()
    assert isinstance(made.folder, Remote)
    with files.locked(made.folder):
        with pytest.raises(UsageError, match="another run works on this sweep"):
            made.run()
        with pytest.raises(UsageError, match="no run of the whole plan"):
            made.run(shard=Shard(1, 2))
    objects.objects["b/two/lock"] = b'{"holder": "killed", "beat": 7}'
    begun = time.monotonic()
    assert made.run().done == 9
    assert time.monotonic() - begun > remote.BEAT * remote.PATIENCE, "it watched before it took the lease over"


def test_shards_share_an_object_store(objects: Server, tmp_path: Path) -> None:
    whole = sweep(tmp_path, FEW, store="whole")
    whole.run()
    made = Sweep(tmp_path / "sweep.yaml", f"{objects.url}/b/shards")
    made.plan()
    assert isinstance(made.folder, Remote)
    with leased(made.folder / "lock-shard-1", UsageError("busy"), facts={"shards": 2}):
        with pytest.raises(UsageError, match="shard 1/2 runs already"):
            made.run(shard=Shard(1, 2))
        with pytest.raises(UsageError, match="of one number"):
            made.run(shard=Shard(3, 3))
        with pytest.raises(UsageError, match="another run"):
            made.run()
        assert made.run(shard=Shard(2, 2)).failed == 0
    assert made.run(shard=Shard(1, 2)).failed == 0
    xr.testing.assert_identical(cube(made), cube(whole))


def test_a_lease_that_another_took_is_left_alone(objects: Server) -> None:
    place = files.store(f"{objects.url}/b/lock")
    assert isinstance(place, Remote)
    with leased(place, UsageError("busy")):
        assert watched(place) == remote.LIVES
        objects.objects["b/lock"] = b'{"holder": "other", "beat": 0}'
        time.sleep(3 * remote.BEAT)
    assert objects.objects["b/lock"] == b'{"holder": "other", "beat": 0}'
    assert watched(place) == remote.LEFT
    place.unlink()
    assert watched(place) == remote.GONE


def test_a_full_store_and_one_that_is_not_there(objects: Server, tmp_path: Path) -> None:
    made = Sweep(sweep(tmp_path, FEW).folder.parent / "sweep.yaml", f"{objects.url}/b/full")
    made.plan()
    solve, done = running.solve_chunk, []

    def filling(*words: Any) -> Any:
        objects.full = len(done) == 3
        done.append(1)
        return solve(*words)

    running.solve_chunk = filling
    try:
        with pytest.raises(LimitError, match="the store is full"):
            made.run()
    finally:
        running.solve_chunk, objects.full = solve, False
    assert made.run().found == 6
    objects.shutdown()
    objects.server_close()
    with pytest.raises(UsageError, match="the store can be reached"):
        made.run()
    with pytest.raises(UsageError, match="fsspec knows"):
        Sweep(tmp_path / "sweep.yaml", "nosuch://b/x").run()


def test_memory_and_a_folder_named_as_an_address(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remote, "SETTLE", 0.0)
    whole = sweep(tmp_path, FEW, store="whole")
    whole.run()
    made = Sweep(tmp_path / "sweep.yaml", "memory://peakmix/sweep")
    made.run()
    xr.testing.assert_identical(cube(made), cube(whole))
    with pytest.raises(UsageError, match="memory of one process"):
        made.run(jobs=2)
    out = collect(made.folder, made.plan(), made.folder / "cube.zarr")
    with xr.open_zarr(str(out), consolidated=False) as plain:
        assert plain.sizes["scenario"] == 9
    fsspec.filesystem("memory").rm("/peakmix", recursive=True)
    local = Sweep(tmp_path / "sweep.yaml", f"file://{tmp_path}/named")
    assert local.folder == tmp_path / "named"
    assert local.run().done == 9


@pytest.mark.parametrize(
    ("given", "meant"),
    [("s3:/bucket/sweep", "s3://bucket/sweep"), ("gs://b/x/", "gs://b/x"), ("file:/a/b", "/a/b"), ("runs/out", "runs/out")],
)
def test_an_address_survives_being_a_path(given: str, meant: str) -> None:
    assert str(files.store(Path(given))) == meant


def killed_and_resumed(server: Server, folder: Path, expected: xr.Dataset, store: str, seed: int) -> int:
    """Kill a run on the object store some time after its plan stands, and finish it; returns the chunks that the kill left."""
    script = f"import tests.unit.object_store\nfrom peakmix.sweep import remote\nremote.BEAT = 0.2\n{SCRIPT}"
    url = f"{server.url}/kills/{store}"
    env = os.environ | {"PYTHONPATH": f"{ROOT / 'model'}{os.pathsep}{ROOT}"}
    process = subprocess.Popen([sys.executable, "-c", script, str(folder / "sweep.yaml"), url], env=env, start_new_session=True)
    while f"kills/{store}/plan.json" not in server.objects and process.poll() is None:
        time.sleep(0.01)
    draw, chunks = random.Random(seed), f"kills/{store}/chunks/"
    wanted, done = draw.randrange(1, 6), 0
    while done < wanted and process.poll() is None:
        done = sum(name.startswith(chunks) for name in list(server.objects))
    time.sleep(draw.uniform(0.0, 0.3))
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    left = sum(name.startswith(chunks) for name in server.objects)
    made = Sweep(folder / "sweep.yaml", url)
    made.run(jobs=1 + seed % 2)
    xr.testing.assert_identical(cube(made), expected)
    return left


def test_a_kill_on_an_object_store(objects: Server, tmp_path: Path) -> None:
    whole = sweep(tmp_path, AXES, store="whole")
    whole.run()
    assert 0 < killed_and_resumed(objects, tmp_path, cube(whole), "k", 3) < 8


@pytest.mark.slow
def test_ten_kills_on_an_object_store(objects: Server, tmp_path: Path) -> None:
    whole = sweep(tmp_path, AXES, store="whole")
    whole.run()
    for seed in range(10):
        killed_and_resumed(objects, tmp_path, cube(whole), f"k{seed}", seed)
