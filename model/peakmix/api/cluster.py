"""A sweep on a Dask cluster: the plan's chunks as tasks, the same files in the same store, on a path that all machines see.

The client holds the store and hands out chunks; a worker opens sweep, tables and plan from the shared path, compiles a structure
once, and writes each chunk as a process of one machine would. A worker that dies takes the chunk in flight with it; the
scheduler gives it to another. What is finished does not depend on who did it.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from importlib import import_module
from pathlib import Path
from typing import Any

from peakmix.api.sweeping import Sweep
from peakmix.foundation.errors import PeakmixError, UsageError
from peakmix.sweep import files
from peakmix.sweep.engine import Engine
from peakmix.sweep.plan import Chunk, Plan
from peakmix.sweep.running import CHUNKS, Progress, Watch, ready, solve_chunk, stored, survey, tidy

KEPT = 2
"""Compiled structures that a worker keeps."""
PATIENCE = 60.0
"""Seconds to wait for the scheduler."""


class Station:
    """A sweep opened in a worker process, with the structures compiled there."""

    def __init__(self, file: str, folder: str) -> None:
        self.sweep = Sweep(Path(file), folder)
        self.plan: Plan = self.sweep.plan()
        self.chunks: dict[str, Chunk] = {chunk.id: chunk for chunk in self.plan.chunks}
        self.engines: OrderedDict[int, Engine] = OrderedDict()
        (self.sweep.folder / CHUNKS).mkdir(parents=True, exist_ok=True)

    def engine(self, place: int) -> Engine:
        """One structure, compiled and with its first basis."""
        if place not in self.engines:
            engine = self.sweep.engine(self.plan, place)
            with files.alone(self.sweep.folder / "lock-prepare"):
                ready(self.sweep.folder, self.plan, place, engine)
            self.engines[place] = engine
            while len(self.engines) > KEPT:
                self.engines.popitem(last=False)
        return self.engines[place]


_stations: dict[tuple[str, str, str], Station] = {}
_one_at_a_time = threading.Lock()
"""A compiled structure belongs to one thread: a worker with several threads does one chunk after the other."""


def work(file: str, folder: str, plan: str, name: str) -> dict[str, Any]:
    """Do one chunk in a worker process; returns the facts of its header.

    Raises
    ------
    UsageError
        When the worker sees another plan than the client: another version, other tables, another path.
    """
    with _one_at_a_time:
        key = (file, folder, plan)
        if key not in _stations:
            _stations.clear()
            station = Station(file, folder)
            if station.plan.hash != plan:
                raise UsageError("a worker sees the plan of the client", fix="use one version and one shared path everywhere")
            _stations[key] = station
        station = _stations[key]
        chunk = station.chunks[name]
        found = stored(station.sweep.folder, station.plan, chunk)
        if found is not None:
            return found[1]
        return solve_chunk(station.sweep.folder, station.plan, station.engine(chunk.structure), chunk)


def connect(address: str) -> Any:
    """A client of the scheduler.

    Raises
    ------
    UsageError
        Without the package, or when nobody answers.
    """
    try:
        distributed = import_module("distributed")
    except ImportError:
        raise UsageError("--scheduler needs the package distributed", fix="pip install 'peakmix[cluster]'") from None
    try:
        return distributed.Client(address, timeout=PATIENCE)
    except (OSError, ValueError) as error:
        rule = f"a Dask scheduler answers at {address} ({error})"
        raise UsageError(rule, fix="check the address, e.g. tcp://host:8786") from None


def run_on_cluster(
    file: Path | str, folder: files.Where | str | None, address: str, watch: Watch = lambda progress: None, overwrite: bool = False
) -> Progress:
    """Solve what is not finished of a sweep on the workers of a Dask scheduler.

    Parameters
    ----------
    file, folder:
        Sweep file and store, on paths that are the same on all machines; the store may be an address.
    address:
        Of the scheduler, e.g. ``tcp://host:8786``.

    Raises
    ------
    UsageError
        When another run holds the store, or no scheduler answers.
    PeakmixError
        What a worker met that is no member's own failure; chunks in flight are dropped, finished ones kept.
    """
    sweep = Sweep(Path(file).resolve(), None if folder is None else files.store(folder).resolve())
    plan = sweep.plan(overwrite)
    client = connect(address)
    try:
        with files.locked(sweep.folder):
            (sweep.folder / CHUNKS).mkdir(parents=True, exist_ok=True)
            tidy(sweep.folder, None)
            progress, todo = survey(sweep.folder, plan, plan.chunks)
            watch(progress)
            _hand_out(client, str(Path(file).resolve()), sweep.folder, plan, todo, progress, watch)
            return progress
    finally:
        client.close()


def _hand_out(
    client: Any, file: str, folder: files.Where, plan: Plan, todo: list[Chunk], progress: Progress, watch: Watch
) -> None:
    """Give chunks to the scheduler and note what comes back."""
    distributed = import_module("distributed")
    chunks = {
        client.submit(work, file, str(folder.resolve()), plan.hash, chunk.id, pure=False, key=f"{chunk.id}-{plan.hash[:8]}"): chunk
        for chunk in todo
    }
    try:
        for future in distributed.as_completed(list(chunks)):
            members = len(chunks[future].members)
            progress.done += members
            error = future.exception()
            if error is None:
                facts = future.result()
                progress.failed += facts["failed"]
                progress.solver_seconds += facts["solver_seconds"]
                progress.chunk_seconds += facts["seconds"]
            elif isinstance(error, distributed.KilledWorker):
                progress.failed += members
            else:
                raise error if isinstance(error, PeakmixError) else UsageError(f"a worker can do its chunk: {error!r}")
            watch(progress)
    finally:
        client.cancel(list(chunks), force=True)
