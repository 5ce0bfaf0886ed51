"""`peakmix sweep`: plan, run, status and collect."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from peakmix.foundation.errors import SweepError, UsageError

PACE = 5.0
"""Seconds between lines of progress where there is no terminal."""


class Bar:
    """Progress on standard error: one line that is written over on a terminal, a line now and then elsewhere."""

    def __init__(self, quiet: bool) -> None:
        self.quiet = quiet
        self.terminal = sys.stderr.isatty()
        self._last = 0.0

    def __call__(self, text: str, last: bool = False) -> None:
        """Show how far it is."""
        now = time.monotonic()
        if self.quiet or (not last and now - self._last < (0.1 if self.terminal else PACE)):
            return
        self._last = now
        if self.terminal:
            sys.stderr.write(f"\r\x1b[K{text}" + ("\n" if last else ""))
        else:
            sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def _opened(path: Path, out: Path | None) -> Any:
    from peakmix.api.sweeping import Sweep

    return Sweep(path, out)


def _planned(sweep: Any, overwrite: bool, bar: Bar, jobs: int) -> Any:
    begun = time.monotonic()

    def watch(done: int, count: int) -> None:
        left = (time.monotonic() - begun) / done * (count - done) if done else 0.0
        bar(f"  plan: {done} of {count} members derived" + (f", about {left:.0f} s left" if left >= 1 else ""))

    return sweep.plan(overwrite, watch, jobs)


def _plan(path: Path, out: Path | None, jobs: int, overwrite: bool, quiet: bool) -> int:
    """Write the plan and say what it holds."""
    sweep = _opened(path, out)
    print(_planned(sweep, overwrite, Bar(quiet), jobs).text())
    print(f"plan written to {sweep.folder}")
    return 0


def _run(
    path: Path, out: Path | None, jobs: int, shard: str | None, scheduler: str | None, overwrite: bool, quiet: bool
) -> int:
    """Solve what is not finished; 6 when members failed."""
    from peakmix.sweep.shards import parse

    if scheduler is not None and (shard is not None or jobs > 1):
        raise UsageError("--scheduler stands alone", fix="leave --shard and --jobs out: the workers are the scheduler's")
    part = None if shard is None else parse(shard)
    sweep, bar = _opened(path, out), Bar(quiet)
    if part is None:
        plan = _planned(sweep, overwrite, bar, jobs)
        if not quiet:
            print(plan.text(), file=sys.stderr)

    def watch(progress: Any) -> None:
        left = f", about {progress.left:.0f} s left" if progress.left == progress.left and progress.done < progress.members else ""
        failed = f", {progress.failed} failed" if progress.failed else ""
        bar(f"  {progress.done} of {progress.members} members{failed}{left}", last=progress.done == progress.members)

    if scheduler is not None:
        from peakmix.api.cluster import run_on_cluster

        done = run_on_cluster(path, out, scheduler, watch)
    else:
        done = sweep.run(jobs, watch, shard=part)
    named = "" if part is None else f"shard {part}: "
    print(f"{named}{done.members} members, {done.failed} failed; {done.found} were finished before")
    print(f"{done.seconds:.1f} s, of which HiGHS {done.solver_seconds:.1f} s (all workers), compiling {done.compile_seconds:.1f} s")
    print(f"sweep {sweep.folder}")
    _idle(sweep.folder)
    return _judged(done.failed, done.members)


def _idle(folder: Any) -> None:
    """Say which axes move nothing."""
    from peakmix.sweep.idle import told
    from peakmix.sweep.plan import read

    for sentence in told(folder, read(folder)):
        print(f"warning: {sentence}", file=sys.stderr)


def _judged(failed: int, members: int) -> int:
    """0, or the error that says members failed."""
    if failed:
        rule = f"{failed} of {members} members have no certified optimum"
        raise SweepError(rule, fix="`peakmix sweep status` lists them with reasons")
    return 0


def _status(path: Path, out: Path | None) -> int:
    """Members by status, from the store."""
    from peakmix.sweep.plan import read
    from peakmix.sweep.running import status

    folder = store_of(path, out)
    plan = read(folder)
    counts, failures = status(folder, plan)
    print(f"sweep {plan.spec.name}: {len(plan.members)} members; " + ", ".join(f"{n} {word}" for word, n in sorted(counts.items())))
    for name, word, reason in failures:
        print(f"  {name}  {word}: {reason}")
    _idle(folder)
    return _judged(len(failures), len(plan.members))


def _collect(
    path: Path, out: Path | None, to: str, member: Sequence[str] | None, store: Path | None, overwrite: bool, quiet: bool
) -> int:
    """Write the cube, or files of members."""
    from peakmix.sweep import files
    from peakmix.sweep.collecting import collect
    from peakmix.sweep.plan import read

    if to not in ("zarr", "netcdf"):
        raise UsageError(f"--to {to} is not known", fix="zarr or netcdf")
    if to == "netcdf":
        return _files(path, out, member or (), store, overwrite, Bar(quiet))
    if member or store:
        raise UsageError("--member and --store belong to --to netcdf", fix="leave them out, or add --to netcdf")
    folder = store_of(path, None)
    plan = read(folder)
    target = files.store(out) if out is not None else folder / f"{plan.spec.name}.zarr"
    print(f"cube {collect(folder, plan, target, overwrite)}")
    return 0


def _cache(path: Path, clear: bool) -> int:
    """Say what is kept, and remove it when asked."""
    from peakmix.solve import cache

    where = cache.folder()
    if where is None:
        print("compiled arrays are not kept (PEAKMIX_CACHE=off)")
        return 0
    sizes = [found.stat().st_size for found in where.glob(f"*{cache.SUFFIX}")]
    print(f"{where}: {len(sizes)} compiled structures, {sum(sizes) / 1e6:.1f} MB")
    if clear:
        print(f"{cache.clear()} files removed")
    return 0


def _files(path: Path, out: Path | None, member: Sequence[str], store: Path | None, overwrite: bool, bar: Bar) -> int:
    """Write members as result files."""
    from peakmix.api.batch_store import stored_batch
    from peakmix.api.member_files import export_members
    from peakmix.sweep import files
    from peakmix.sweep.remote import address

    if path.is_dir() or address(path):
        sweep = stored_batch(files.store(path))
        if sweep is None:
            fix = "name the sweep's file and its folder: peakmix sweep collect SWEEP.yaml --store DIR --to netcdf"
            raise UsageError("result files of members are made from the sweep's file", fix=fix)
    else:
        sweep = _opened(path, store)
    if out is None and not isinstance(sweep.folder, Path):
        raise UsageError("result files are written into a folder", fix="name it with --out")
    target = out if out is not None else Path(str(sweep.folder / "members"))
    done = export_members(sweep, target, member, overwrite, lambda k, n: bar(f"  {k} of {n} members", last=k == n))
    print(f"{len(done.written)} result files in {done.folder}")
    for name, status in done.left_out:
        print(f"  {name}  {status}: no file")
    return 0


ACTIONS: dict[str, Callable[..., int]] = {"plan": _plan, "run": _run, "status": _status, "collect": _collect, "cache": _cache}


def store_of(path: Path, out: Path | None) -> Any:
    """The store that a path means: a folder or address with a plan, or that of a sweep file."""
    from peakmix.sweep.files import store
    from peakmix.sweep.remote import address

    if out is not None or path.is_dir() or address(path):
        return store(out or path)
    if path.suffix not in (".yaml", ".yml"):
        raise UsageError(f"{path} is a sweep file or the folder of a sweep", fix="check the path")
    from peakmix.api.sweeping import default_folder
    from peakmix.sweep.spec import load

    return default_folder(path, load(path)[0].name)
