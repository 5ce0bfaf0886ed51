"""Worker processes: forked with the compiled structure in memory, whole chunks each, gone when the parent is gone."""

from __future__ import annotations

import contextlib
import ctypes
import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import connection
from typing import Any

from peakmix.foundation.errors import PeakmixError

Task = Callable[[str], Any]
ATTEMPTS = 2
"""A chunk is given up when its worker died this often."""

DEATH_SIGNAL = 1
"""PR_SET_PDEATHSIG of Linux's prctl."""


@dataclass
class Worker:
    """A process, the pipe to it, the chunk it works on, and the group of its last chunk."""

    process: Any
    pipe: Any
    chunk: str = ""
    group: object = None


def available() -> bool:
    """Can this system fork workers?"""
    return "fork" in multiprocessing.get_all_start_methods()


def spread(
    task: Task, chunks: Sequence[str], jobs: int, group: Callable[[str], object] = lambda chunk: None
) -> Iterator[tuple[str, Any]]:
    """Run a task on every chunk; yields (chunk, answer) as they finish, the answer None when the worker died each time.

    With one job the task runs in this process. A worker stays with the ``group`` of its last chunk while there are chunks of
    it; then it takes up a group that nobody works on, then helps with any.

    Raises
    ------
    PeakmixError
        What a task raised; the other workers are stopped.
    """
    if jobs <= 1 or len(chunks) <= 1 or not available():
        for chunk in chunks:
            yield chunk, task(chunk)
        return
    waiting, tried = list(reversed(chunks)), dict.fromkeys(chunks, 0)
    lifeline = os.pipe()
    workers: list[Worker] = []
    try:
        for _ in range(min(jobs, len(chunks))):
            workers.append(_hired(task, lifeline))
        for worker in workers:
            _give(worker, waiting, tried, group, workers)
        while any(worker.chunk for worker in workers):
            for worker in _ready(workers):
                chunk, worker.chunk = worker.chunk, ""
                answer = _answer(worker)
                if isinstance(answer, PeakmixError):
                    raise answer
                if answer is None:
                    workers[workers.index(worker)] = worker = _hired(task, lifeline)
                    if tried[chunk] < ATTEMPTS:
                        waiting.append(chunk)
                        chunk = ""
                _give(worker, waiting, tried, group, workers)
                if chunk:
                    yield chunk, answer
    finally:
        for worker in workers:
            worker.process.kill()
        for worker in workers:
            worker.process.join()
            worker.pipe.close()
        for end in lifeline:
            os.close(end)


def _hired(task: Task, lifeline: tuple[int, int]) -> Worker:
    """A new worker process."""
    context: Any = multiprocessing.get_context("fork")
    ours, theirs = context.Pipe()
    process = context.Process(target=_work, args=(task, theirs, ours, lifeline, os.getpid()), daemon=True)
    process.start()
    theirs.close()
    return Worker(process, ours)


def _give(
    worker: Worker, waiting: list[str], tried: dict[str, int], group: Callable[[str], object], workers: Sequence[Worker]
) -> None:
    """Hand the next chunk to a worker; the list is taken from its end."""
    if not waiting:
        return
    taken = {other.group for other in workers if other is not worker}
    own = [k for k, chunk in enumerate(waiting) if group(chunk) == worker.group]
    free = [k for k, chunk in enumerate(waiting) if group(chunk) not in taken]
    worker.chunk = waiting.pop((own or free or [len(waiting) - 1])[-1])
    worker.group = group(worker.chunk)
    tried[worker.chunk] += 1
    with contextlib.suppress(OSError):
        worker.pipe.send(worker.chunk)


def _ready(workers: Sequence[Worker]) -> list[Worker]:
    """Workers that have answered or died."""
    busy = [worker for worker in workers if worker.chunk]
    told = connection.wait([end for worker in busy for end in (worker.pipe, worker.process.sentinel)])
    return [worker for worker in busy if worker.pipe in told or worker.process.sentinel in told]


def _answer(worker: Worker) -> Any:
    """What a worker answered; None when it died without an answer."""
    try:
        return worker.pipe.recv() if worker.pipe.poll() else None
    except (EOFError, OSError):
        return None


def _work(task: Task, pipe: Any, other: Any, lifeline: tuple[int, int], parent: int) -> None:
    """Body of a worker: chunks until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    other.close()
    _die_with(parent, lifeline)
    while True:
        try:
            chunk = pipe.recv()
        except (EOFError, OSError):
            return
        try:
            answer = task(chunk)
        except PeakmixError as error:
            answer = error
        with contextlib.suppress(OSError):
            pipe.send(answer)


def _die_with(parent: int, lifeline: tuple[int, int]) -> None:
    """Let the system end this process with its parent; elsewhere a thread watches a pipe that only the parent holds open."""
    if sys.platform == "linux":
        with contextlib.suppress(OSError, AttributeError):
            ctypes.CDLL(None, use_errno=True).prctl(DEATH_SIGNAL, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(1)
    os.close(lifeline[1])

    def watch() -> None:
        os.read(lifeline[0], 1)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
