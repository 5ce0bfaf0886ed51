"""Killed at random moments, a sweep goes on and ends with the same dataset; nothing is left running."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.unit.test_sweep_engine import BASE, factor, sweep

from peakmix.api.sweeping import Sweep
from peakmix.foundation.errors import LimitError, UsageError
from peakmix.sweep import files, running, workers
from peakmix.sweep.cube import assemble
from peakmix.sweep.running import chunk_path

ROOT = Path(__file__).resolve().parents[2]
MANY = {"field": "policies.tax.values", "action": "multiply", "range": {"from": 0.0, "to": 4.0, "count": 50}}
AXES: dict[str, Any] = {"tax": MANY}
SCRIPT = """
import sys, time
from peakmix.api.sweeping import Sweep
from peakmix.sweep.engine import Engine
walk = Engine.walk
def slow(self, chunk, audited):
    time.sleep(0.1)
    return walk(self, chunk, audited)
Engine.walk = slow
Sweep(sys.argv[1], sys.argv[2]).run(jobs=2)
print("done", flush=True)
"""


def cube(made: Sweep) -> xr.Dataset:
    return assemble(made.folder, made.plan())


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, xr.Dataset]:
    """A sweep that ran through, its folder, and its dataset."""
    folder = tmp_path_factory.mktemp("kill")
    made = sweep(folder, AXES, store="whole")
    made.run()
    return folder, cube(made)


def started(folder: Path, store: str) -> subprocess.Popen[str]:
    """A run in a process group of its own."""
    command = [sys.executable, "-c", SCRIPT, str(folder / "sweep.yaml"), str(folder / store)]
    env = os.environ | {"PYTHONPATH": str(ROOT / "model")}
    return subprocess.Popen(command, env=env, start_new_session=True, stdout=subprocess.PIPE, text=True)


def killed_and_resumed(folder: Path, expected: xr.Dataset, store: str, seed: int) -> int:
    """Kill a run once, some time after its plan stands, and finish it; returns the chunks that the kill left."""
    process, draw = started(folder, store), random.Random(seed)
    plan = folder / store / "plan.json"
    while not plan.exists() and process.poll() is None:
        time.sleep(0.01)
    time.sleep(draw.uniform(0.0, 1.6))
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    left = len(list((folder / store / "chunks").glob("*.npz"))) if (folder / store / "chunks").exists() else 0
    made = Sweep(folder / "sweep.yaml", folder / store)
    made.run(jobs=1 + seed % 2)
    xr.testing.assert_identical(cube(made), expected)
    return left


def test_killed_runs_end_with_the_same_dataset(whole: tuple[Path, xr.Dataset]) -> None:
    left = [killed_and_resumed(*whole, f"few-{seed}", seed) for seed in range(5)]
    assert max(left) > 0, "no kill came after a finished chunk"


@pytest.mark.slow
@pytest.mark.parametrize(("members", "kills"), [(50, 40), (200, 30), (500, 30)])
def test_a_hundred_kills(members: int, kills: int, tmp_path: Path) -> None:
    made = sweep(tmp_path, {"tax": MANY | {"range": {"from": 0.0, "to": 4.0, "count": members}}}, store="whole")
    made.run()
    expected = cube(made)
    left = [killed_and_resumed(tmp_path, expected, f"many-{seed}", seed) for seed in range(kills)]
    assert len(set(left)) > 2, "kills came at different moments"


def test_workers_die_with_their_parent(whole: tuple[Path, xr.Dataset]) -> None:
    process = started(whole[0], "orphans")
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children")
    if not children.parent.parent.exists():
        process.kill()
        pytest.skip("needs /proc")
    found: list[int] = []
    while len(found) < 2 and process.poll() is None:
        found = [int(child) for child in children.read_text().split()]
        time.sleep(0.01)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    end = time.monotonic() + 5
    while time.monotonic() < end and any(alive(child) for child in found):
        time.sleep(0.02)
    assert found
    assert not any(alive(child) for child in found)


def alive(pid: int) -> bool:
    """Does the process run (a dead one that nobody has waited for does not)?"""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except OSError:
        return False


def test_a_dead_worker_is_replaced(tmp_path: Path) -> None:
    def task(chunk: str) -> str:
        mark = tmp_path / chunk
        if chunk == "always" or (chunk == "once" and not mark.exists()):
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
        return chunk.upper()

    found = dict(workers.spread(task, ["a", "once", "b", "always", "c"], 2))
    assert found == {"a": "A", "once": "ONCE", "b": "B", "always": None, "c": "C"}


def test_damaged_chunks_are_done_again(tmp_path: Path) -> None:
    made = sweep(tmp_path, {"tax": factor(*np.linspace(0.0, 2.0, 16).tolist(), field="policies.tax.values")})
    made.run()
    expected, plan = cube(made), made.plan()
    first, second, third = (chunk_path(made.folder, chunk) for chunk in plan.chunks[:3])
    content = bytearray(first.read_bytes())
    content[len(content) // 2] ^= 255
    first.write_bytes(content)
    second.write_bytes(second.read_bytes()[:100])
    third.unlink()
    (made.folder / "chunks" / ".x.npz.0000.partial").write_bytes(b"left over")
    done = made.run()
    assert done.found == 16 - 3 * 2
    xr.testing.assert_identical(cube(made), expected)
    assert not list((made.folder / "chunks").glob(".*"))


def test_two_runs_refuse_each_other(tmp_path: Path) -> None:
    made = sweep(tmp_path, {"tax": factor(1.0, 2.0, field="policies.tax.values")})
    made.plan()
    with files.locked(made.folder), pytest.raises(UsageError, match="another run"):
        made.run()


def test_another_plan_is_refused(tmp_path: Path) -> None:
    sweep(tmp_path, {"tax": factor(1.0, 2.0, field="policies.tax.values")}).plan()
    other = sweep(tmp_path, {"tax": factor(1.0, 3.0, field="policies.tax.values")})
    with pytest.raises(UsageError, match="no other"):
        other.plan()
    assert len(other.plan(overwrite=True).members) == 2


def test_a_replaced_plan_keeps_nothing_that_does_not_fit(tmp_path: Path) -> None:
    """Same structure, other levers: labels and slopes are those of the new plan."""
    sweep(tmp_path, {"tax": factor(1.0, 2.0, field="policies.tax.values")}).run()
    axes = {"rate": {"field": "horizon.discount_rate", "list": [0.04, 0.06]}}
    other, expected = sweep(tmp_path, axes), sweep(tmp_path, axes, store="fresh")
    other.run(overwrite=True)
    expected.run()
    xr.testing.assert_identical(cube(other), cube(expected))
    again = sweep(tmp_path, axes, audit_share=0.5)
    assert again.run(overwrite=True).found == 2
    assert cube(again)["lever_value"].equals(cube(expected)["lever_value"])


def test_a_full_disk_says_so_and_keeps_what_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = sweep(tmp_path, {"tax": factor(*np.linspace(0.0, 2.0, 16).tolist(), field="policies.tax.values")})
    made.plan()
    count, write = 0, files.write_arrays

    def full(path: Path, *rest: Any) -> None:
        nonlocal count
        count += path.parent.name == "chunks"
        if count == 4:
            raise files._trouble(OSError(28, "No space left on device"), path, 10**6)
        write(path, *rest)

    monkeypatch.setattr(running.files, "write_arrays", full)
    with pytest.raises(LimitError, match="full"):
        made.run()
    monkeypatch.undo()
    assert made.run().found == 6
    assert BASE["data"]
