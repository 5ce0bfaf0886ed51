"""A sweep on a real Dask scheduler with worker processes on the loopback, one of them killed on the way."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import xarray as xr
from tests.unit.test_sweep_engine import factor, sweep
from tests.unit.test_sweep_kill import AXES, ROOT, cube

from peakmix.api import cluster
from peakmix.api.sweeping import Sweep
from peakmix.cli import main as cli
from peakmix.foundation.errors import UsageError
from peakmix.sweep import files

SLOW = """
import os, time
from peakmix.sweep.engine import Engine
def slowed(walk):
    def slow(self, chunk, audited):
        with open(os.path.join(os.environ["PEAKMIX_TEST_MARKS"], chunk.id), "a") as file:
            file.write(f"{os.getpid()}\\n")
        time.sleep(0.5)
        return walk(self, chunk, audited)
    return slow
if Engine.walk.__name__ != "slow":  # a preload is loaded more than once
    Engine.walk = slowed(Engine.walk)
"""
"""Loaded into every worker: notes who works on a chunk, and takes its time."""


class Cluster:
    """A scheduler and its workers, each a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.marks = folder / "marks"
        self.marks.mkdir()
        self.preload = folder / "slow.py"
        self.preload.write_text(SLOW, encoding="utf-8")
        self.env = os.environ | {
            "PYTHONPATH": str(ROOT / "model"), "PEAKMIX_TEST_MARKS": str(self.marks), "OMP_NUM_THREADS": "1",
            "DASK_DISTRIBUTED__SCHEDULER__LOCKS__LEASE_TIMEOUT": "5s",
        }  # fmt: skip
        told = folder / "scheduler.json"
        where = ["--host", "127.0.0.1", "--port", "0", "--no-dashboard", "--no-show", "--scheduler-file", str(told)]
        self.processes = [self._start("dask_scheduler", *where)]
        self.address = str(awaited(lambda: json.loads(told.read_text(encoding="utf-8"))["address"]))

    def _start(self, module: str, *words: str) -> subprocess.Popen[bytes]:
        command = [sys.executable, "-m", f"distributed.cli.{module}", *words]
        return subprocess.Popen(command, env=self.env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def worker(self) -> subprocess.Popen[bytes]:
        """One more worker: a process without a guardian that would start it again."""
        given = ["--nthreads", "1", "--no-nanny", "--no-dashboard", "--host", "127.0.0.1", "--preload", str(self.preload)]
        self.processes.append(self._start("dask_worker", self.address, *given))
        return self.processes[-1]

    def stop(self) -> None:
        for process in reversed(self.processes):
            process.kill()
            process.wait()


def awaited(look: Any, seconds: float = 120.0) -> Any:
    """What a look finds, as soon as it finds something."""
    end = time.monotonic() + seconds
    while True:
        try:
            if found := look():
                return found
        except (OSError, ValueError, KeyError):
            pass
        assert time.monotonic() < end, "nothing came"
        time.sleep(0.02)


@pytest.fixture
def dask(tmp_path: Path) -> Iterator[Cluster]:
    made = Cluster(tmp_path)
    try:
        yield made
    finally:
        made.stop()


@pytest.mark.slow
def test_a_killed_worker_leaves_the_same_dataset(dask: Cluster, tmp_path: Path) -> None:
    whole = sweep(tmp_path, AXES, store="whole")
    whole.run()
    victim, _ = dask.worker(), dask.worker()
    store, killed = tmp_path / "store", list[str]()

    def watch(progress: Any) -> None:
        """After the first chunks, kill the worker while it is inside one."""
        if progress.done and not killed:
            for mark in dask.marks.iterdir():
                written = (store / "chunks" / f"{mark.name}.npz").exists()
                if not written and mark.read_text(encoding="utf-8").split()[-1:] == [str(victim.pid)]:
                    victim.send_signal(signal.SIGKILL)
                    killed.append(mark.name)
                    return

    done = cluster.run_on_cluster(tmp_path / "sweep.yaml", store, dask.address, watch)
    assert killed, "the worker was killed inside a chunk"
    assert victim.wait() == -signal.SIGKILL
    assert (done.done, done.failed) == (50, 0)
    owners = (dask.marks / killed[0]).read_text(encoding="utf-8").split()
    assert len(owners) == 2, "the chunk in flight was given to the other worker"
    assert owners[0] != owners[1]
    assert all(len(mark.read_text(encoding="utf-8").split()) == 1 for mark in dask.marks.iterdir() if mark.name != killed[0])
    made = Sweep(tmp_path / "sweep.yaml", store)
    xr.testing.assert_identical(cube(made), cube(whole))
    again = cluster.run_on_cluster(tmp_path / "sweep.yaml", store, dask.address)
    assert again.found == 50


@pytest.mark.slow
def test_faults_and_the_command(
    dask: Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    dask.worker()
    sweep(tmp_path, {"tax": factor(0.0, 1.0, 2.0, field="policies.tax.values")})
    file, store = str(tmp_path / "sweep.yaml"), str(tmp_path / "store")

    def call(*words: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["peakmix", "sweep", "run", file, "--out", store, *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0), *capsys.readouterr()

    with files.locked(Sweep(file, store).folder):
        assert call("--scheduler", dask.address)[0] == 2, "another run holds the store"
    code, out, _ = call("--scheduler", dask.address)
    assert (code, "3 members, 0 failed" in out) == (0, True)
    assert call("--scheduler", dask.address, "--shard", "1/2")[0] == 2
    monkeypatch.setattr(cluster, "PATIENCE", 0.5)
    code, _, err = call("--scheduler", "tcp://127.0.0.1:1")
    assert (code, "a Dask scheduler answers" in err) == (2, True)


def test_a_worker_that_sees_another_plan_refuses(tmp_path: Path) -> None:
    made = sweep(tmp_path, {"tax": factor(0.0, 1.0, field="policies.tax.values")})
    plan = made.plan()
    with pytest.raises(UsageError, match="sees the plan of the client"):
        cluster.work(str(tmp_path / "sweep.yaml"), str(made.folder), "another", plan.chunks[0].id)


def test_a_worker_does_a_chunk_once(tmp_path: Path) -> None:
    made = sweep(tmp_path, {"tax": factor(0.0, 1.0, field="policies.tax.values")})
    plan = made.plan()
    given = (str(tmp_path / "sweep.yaml"), str(made.folder), plan.hash, plan.chunks[0].id)
    facts = cluster.work(*given)
    assert facts["failed"] == 0
    path = made.folder / "chunks" / f"{plan.chunks[0].id}.npz"
    before = path.stat().st_mtime_ns
    assert cluster.work(*given)["members"] == facts["members"]
    assert path.stat().st_mtime_ns == before


def test_without_the_package_it_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(UsageError, match="package distributed") as found:
        cluster.connect("tcp://127.0.0.1:1")
    assert "peakmix[cluster]" in str(found.value)
