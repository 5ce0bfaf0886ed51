"""Shards of an array job: each chunk has one owner, jobs run side by side into one store, killed ones are given again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import xarray as xr
from tests.unit.test_sweep_engine import factor, sweep
from tests.unit.test_sweep_kill import AXES, ROOT, cube

from peakmix.api.sweeping import Sweep
from peakmix.cli import main as cli
from peakmix.foundation.errors import UsageError
from peakmix.sweep import files
from peakmix.sweep.collecting import collect
from peakmix.sweep.shards import Shard, held, parse

SCRIPT = """
import sys, time
from peakmix.api.sweeping import Sweep
from peakmix.sweep.engine import Engine
from peakmix.sweep.shards import parse
walk = Engine.walk
def slow(self, chunk, audited):
    time.sleep(0.2)
    return walk(self, chunk, audited)
Engine.walk = slow
Sweep(sys.argv[1], sys.argv[2]).run(shard=parse(sys.argv[3]))
"""


def job(folder: Path, shard: str) -> subprocess.Popen[bytes]:
    """One job of the array, as a scheduler would start it."""
    command = [sys.executable, "-c", SCRIPT, str(folder / "sweep.yaml"), str(folder / "store"), shard]
    return subprocess.Popen(command, env=os.environ | {"PYTHONPATH": str(ROOT / "model")})


@pytest.mark.parametrize("count", [1, 2, 3, 7, 8, 20])
def test_every_chunk_has_one_owner(count: int) -> None:
    plan: Any = SimpleNamespace(chunks=tuple(range(8)))
    owned = [chunk for k in range(count) for chunk in Shard(k + 1, count).chunks(plan)]
    assert owned == list(range(8))


@pytest.mark.parametrize("text", ["", "0/2", "3/2", "1", "a/b", "1/2/3", "-1/2"])
def test_a_wrong_shard_is_refused(text: str) -> None:
    with pytest.raises(UsageError, match="not i/n"):
        parse(text)


def test_jobs_side_by_side_one_killed_end_with_the_same_dataset(tmp_path: Path) -> None:
    whole = sweep(tmp_path, AXES, store="whole")
    whole.run()
    made = Sweep(tmp_path / "sweep.yaml", tmp_path / "store")
    plan = made.plan()
    jobs = {shard: job(tmp_path, shard) for shard in ("1/3", "2/3", "3/3")}
    victim = jobs["2/3"]
    own = {chunk.id for chunk in parse("2/3").chunks(plan)}
    end = time.monotonic() + 60
    while time.monotonic() < end and not own & {p.stem for p in (made.folder / "chunks").glob("*.npz")}:
        assert victim.poll() is None
        time.sleep(0.01)
    victim.send_signal(signal.SIGKILL)
    assert [process.wait() for shard, process in jobs.items() if shard != "2/3"] == [0, 0]
    assert victim.wait() == -signal.SIGKILL
    left = {chunk.id for chunk in plan.chunks} - {p.stem for p in (made.folder / "chunks").glob("*.npz")}
    assert left
    assert left < own, "only chunks of the killed job are missing, and not all of them"
    with pytest.raises(UsageError, match="all its members are done"):
        collect(made.folder, plan, tmp_path / "early.zarr")
    done = made.run(shard=parse("2/3"))
    assert done.members == sum(len(chunk.members) for chunk in parse("2/3").chunks(plan))
    assert 0 < done.found < done.done == done.members
    xr.testing.assert_identical(cube(made), cube(whole))


def test_shards_want_a_plan_and_agree_on_their_number(tmp_path: Path) -> None:
    made = sweep(tmp_path, {"tax": factor(0.0, 1.0, 2.0, field="policies.tax.values")})
    with pytest.raises(UsageError, match="plan that stands"):
        made.run(shard=Shard(1, 2))
    made.plan()
    with held(made.folder, Shard(1, 2)):
        with pytest.raises(UsageError, match="shard 1/2 runs already"), held(made.folder, Shard(1, 2)):
            pass
        with pytest.raises(UsageError, match="of one number"):
            made.run(shard=Shard(3, 3))
        with pytest.raises(UsageError, match="another run"):
            made.run()
        assert made.run(shard=Shard(2, 2)).failed == 0
    with files.locked(made.folder), pytest.raises(UsageError, match="another run"):
        made.run(shard=Shard(1, 2))
    assert made.run(shard=Shard(1, 3)).failed == 0, "when none runs, another number may start"


def test_the_command_says_which_part_it_did(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    sweep(tmp_path, {"tax": factor(0.0, 1.0, 2.0, 3.0, field="policies.tax.values")}).plan()

    def call(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["peakmix", "sweep", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0), capsys.readouterr().out

    file, store = str(tmp_path / "sweep.yaml"), str(tmp_path / "store")
    code, out = call("run", file, "--out", store, "--shard", "2/2", "--quiet")
    assert (code, "shard 2/2: 2 members, 0 failed" in out) == (0, True)
    assert "2 optimal, 2 to do" in call("status", store)[1]
    assert call("run", file, "--out", store, "--shard", "3/2")[0] == 2
    assert call("collect", store)[0] == 2
    call("run", file, "--out", store, "--shard", "1/2", "--quiet")
    assert "4 optimal" in call("status", store)[1]
    assert call("collect", store)[0] == 0
