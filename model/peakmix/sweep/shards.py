"""Shards: the plan cut into parts that are run as jobs of an array, side by side, into one store.

A shard owns a block of chunks that follows from its number alone, so no two shards ever own a chunk, and chunks of one
structure stay together. Shards of one store agree on how many there are; a run of the whole plan and a shard refuse each other.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from peakmix.foundation.errors import Place, UsageError
from peakmix.sweep import files
from peakmix.sweep.plan import Chunk, Plan
from peakmix.sweep.remote import LIVES, Remote, facts_of, leased, watched

GUARD = "lock-shards"
COUNT = "shards"


@dataclass(frozen=True)
class Shard:
    """Part ``number`` (from 1) of ``count``."""

    number: int
    count: int

    def __str__(self) -> str:
        return f"{self.number}/{self.count}"

    def chunks(self, plan: Plan) -> tuple[Chunk, ...]:
        """The chunks that this shard owns; those of all shards are the plan's, each once."""
        total = len(plan.chunks)
        return plan.chunks[total * (self.number - 1) // self.count : total * self.number // self.count]


def parse(text: str) -> Shard:
    """A shard written i/n, i from 1.

    Raises
    ------
    UsageError
    """
    found = re.fullmatch(r"(\d+)/(\d+)", text.strip())
    number, count = (int(part) for part in found.groups()) if found else (0, 0)
    if not 1 <= number <= count:
        raise UsageError(f"--shard {text!r} is not i/n with i from 1 to n", fix="for example --shard 2/8")
    return Shard(number, count)


@contextlib.contextmanager
def held(folder: files.Where, shard: Shard) -> Iterator[None]:
    """Hold a shard of the store; the system lets go of it when the process ends, however it ends.

    Raises
    ------
    UsageError
        When a run of the whole plan, or of shards of another number, works on the store, or this shard runs already.
    """
    where = Place(files.shown(folder))
    if isinstance(folder, Remote):
        with _leased(folder, shard, where):
            yield
        return
    with contextlib.ExitStack() as stack:
        with files.alone(folder / GUARD):
            lock, others = folder / "lock", folder / COUNT
            if files.free(lock):
                files.write_bytes(others, str(shard.count).encode())
            elif _stated(others) != shard.count:
                raise UsageError(
                    "all shards that run on a sweep are of one number, and no run of the whole plan works beside them",
                    place=where,
                    fix=f"wait for the other jobs, or give --shard i/{_stated(others) or 'n'} as they do",
                )
            busy = UsageError("another run works on this sweep", place=where, fix="wait for it, or see `peakmix sweep status`")
            stack.enter_context(files.taken(lock, busy, shared=True))
        busy = UsageError(f"shard {shard} runs already", place=where, fix="give every job of the array its own number")
        stack.enter_context(files.taken(folder / f"lock-shard-{shard.number}", busy))
        yield


@contextlib.contextmanager
def _leased(folder: Remote, shard: Shard, where: Place) -> Iterator[None]:
    """Hold a shard at an address: each running shard has a lease that says how many there are."""
    busy = UsageError(f"shard {shard} runs already", place=where, fix="give every job of the array its own number")
    with leased(folder / f"lock-shard-{shard.number}", busy, facts={COUNT: shard.count}):
        others = {name: facts_of(folder / name) for name in ("lock", *shard_leases(folder))}
        for name, facts in others.items():
            if facts and facts.get(COUNT) != shard.count and watched(folder / name) == LIVES:
                rule = "all shards that run on a sweep are of one number, and no run of the whole plan works beside them"
                fix = f"wait for the other jobs, or give --shard i/{facts.get(COUNT, 'n')} as they do"
                raise UsageError(rule, place=where, fix=fix)
        yield


def shard_leases(folder: Remote) -> list[str]:
    """Names of the leases of shards at an address."""
    return [name for name in folder.names() if name.startswith("lock-shard-")]


def _stated(path: files.Where) -> int:
    """Number of shards that the running ones are cut into; 0 when it is not known."""
    try:
        return int(path.read_text(encoding="ascii"))
    except (OSError, ValueError):
        return 0
