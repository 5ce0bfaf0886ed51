"""Run a plan: chunk after chunk into the store; what is finished is kept, what is damaged is done again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

import numpy as np

from peakmix.foundation.errors import Place, UncertifiedError, UsageError
from peakmix.sweep import files, shards
from peakmix.sweep.engine import FRESH_TOLERANCE, Engine
from peakmix.sweep.plan import Chunk, Plan
from peakmix.sweep.remote import Remote
from peakmix.sweep.workers import spread

CHUNKS = "chunks"
EngineOf = Callable[[int], Engine]
Watch = Callable[["Progress"], None]


@dataclass
class Progress:
    """How far a run is: members done of all, those without a certified optimum, HiGHS's own seconds and the wall time."""

    members: int
    done: int = 0
    failed: int = 0
    solver_seconds: float = 0.0
    compile_seconds: float = 0.0
    chunk_seconds: float = 0.0
    found: int = 0
    _since: float = field(default_factory=perf_counter)

    def add(self, facts: Mapping[str, Any]) -> None:
        """Count the seconds of a step."""
        self.solver_seconds += facts.get("solver_seconds", 0.0)
        self.compile_seconds += facts.get("compile_seconds", 0.0)
        self.chunk_seconds += facts.get("seconds", 0.0)

    def finished(self, members: int, facts: Mapping[str, Any] | None) -> None:
        """Count the members of a chunk; without facts its worker died each time."""
        self.done += members
        self.failed += members if facts is None else facts["failed"]
        self.add(facts or {})

    @property
    def seconds(self) -> float:
        """Wall time since the start."""
        return perf_counter() - self._since

    @property
    def left(self) -> float:
        """Seconds left at the pace so far; not a number before the first member."""
        new = self.done - self.found
        return self.seconds / new * (self.members - self.done) if new else float("nan")


def chunk_path(folder: files.Where, chunk: Chunk) -> files.Where:
    """File of a chunk."""
    return folder / CHUNKS / f"{chunk.id}.npz"


def stored(folder: files.Where, plan: Plan, chunk: Chunk) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, Any]] | None:
    """A finished chunk; None when it is missing, damaged, or of other members."""
    found = files.read_arrays(chunk_path(folder, chunk))
    if found is None or found[1].get("members") != [plan.members[m].hash for m in chunk.members]:
        return None
    return found


def run(
    folder: files.Where, plan: Plan, engine_of: EngineOf, jobs: int, watch: Watch, shard: shards.Shard | None = None
) -> Progress:
    """Solve what is not finished yet; of one shard, when it is named.

    Raises
    ------
    UsageError
        When another run holds the store.
    LimitError
        When the disk is full.
    UncertifiedError
        When a structure's compilation and a fresh build disagree.
    """
    if jobs > 1 and isinstance(folder, Remote) and not folder.shared:
        rule = "workers see the store; this one lies in the memory of one process"
        raise UsageError(rule, place=Place(files.shown(folder)), fix="leave --jobs out")
    with files.locked(folder) if shard is None else shards.held(folder, shard):
        (folder / CHUNKS).mkdir(parents=True, exist_ok=True)
        own = plan.chunks if shard is None else shard.chunks(plan)
        tidy(folder, None if shard is None else own)
        progress, todo = survey(folder, plan, own)
        watch(progress)
        stale = [k for k, s in enumerate(plan.structures) if _told(folder / f"layout-{s.key}.json") != plan.hash]
        if shard is not None:
            stale = [k for k in stale if any(chunk.structure == k for chunk in own)]
        wanted = list(dict.fromkeys([*(chunk.structure for chunk in todo), *stale]))
        if jobs > 1 and len(wanted) > 1:
            idle = [k for k in stale if all(chunk.structure != k for chunk in todo)]
            _side_by_side(folder, plan, todo, idle, engine_of, jobs, progress, watch)
            return progress
        for structure in wanted:
            _structure(folder, plan, structure, [c for c in todo if c.structure == structure], engine_of, jobs, progress, watch)
        return progress


def tidy(folder: files.Where, own: Sequence[Chunk] | None) -> None:
    """Remove what a killed run left unfinished; of a shard, only files of its own chunks."""
    if own is None:
        for place in (folder, folder / CHUNKS):
            files.remove_partial(place)
    for chunk in own or ():
        files.remove_partial(folder / CHUNKS, chunk.id)


def survey(folder: files.Where, plan: Plan, own: Sequence[Chunk]) -> tuple[Progress, list[Chunk]]:
    """What is finished of some chunks, and the chunks that are to do; members without a structure count with the whole plan."""
    lost = sum(m.structure < 0 for m in plan.members) if len(own) == len(plan.chunks) else 0
    progress = Progress(lost + sum(len(chunk.members) for chunk in own), done=lost, failed=lost, found=lost)
    todo: list[Chunk] = []
    for chunk in own:
        found = stored(folder, plan, chunk)
        if found is None:
            todo.append(chunk)
        else:
            progress.done += len(chunk.members)
            progress.found += len(chunk.members)
            progress.failed += int((found[0]["certified"] == 0).sum())
    return progress, todo


def _structure(
    folder: files.Where, plan: Plan, place: int, todo: list[Chunk], engine_of: EngineOf, jobs: int, progress: Progress, watch: Watch
) -> None:
    """Compile one structure and walk its chunks."""
    engine, told = _prepared(folder, plan, place, engine_of, bool(todo))
    progress.add(told)
    chunks = {chunk.id: chunk for chunk in todo}

    def task(name: str) -> dict[str, Any]:
        return solve_chunk(folder, plan, engine, chunks[name])

    for name, facts in spread(task, list(chunks), jobs):
        progress.finished(len(chunks[name].members), facts)
        watch(progress)


def _side_by_side(
    folder: files.Where, plan: Plan, todo: list[Chunk], idle: list[int], engine_of: EngineOf, jobs: int, progress: Progress,
    watch: Watch,
) -> None:  # fmt: skip
    """Many structures: each worker compiles the structure of its chunks, and stays with it as long as there are any.

    ``idle`` are structures without chunks to do, of which only the layout is missing.
    """
    places = {chunk.id: chunk.structure for chunk in todo} | {f"layout {k}": k for k in idle}
    chunks = {chunk.id: chunk for chunk in todo}
    held: dict[int, Engine] = {}

    def task(name: str) -> dict[str, Any]:
        place, told = places[name], {"solver_seconds": 0.0, "compile_seconds": 0.0}
        if place not in held:
            held.clear()
            held[place], told = _prepared(folder, plan, place, engine_of, name in chunks)
        facts = solve_chunk(folder, plan, held[place], chunks[name]) if name in chunks else {"seconds": 0.0, "failed": 0}
        facts["solver_seconds"] = facts.get("solver_seconds", 0.0) + told["solver_seconds"]
        return facts | {"compile_seconds": told["compile_seconds"]}

    for name, facts in spread(task, list(places), jobs, places.__getitem__):
        progress.finished(len(chunks[name].members) if name in chunks else 0, facts)
        watch(progress)


def _prepared(folder: files.Where, plan: Plan, place: int, engine_of: EngineOf, walks: bool) -> tuple[Engine, dict[str, float]]:
    """A structure compiled, its layout and first basis in the store; HiGHS's seconds and the others."""
    begun = perf_counter()
    engine = engine_of(place)
    with files.alone(folder / f"lock-prepare-{plan.structures[place].key}"):
        seconds = ready(folder, plan, place, engine, walks)
    return engine, {"solver_seconds": seconds, "compile_seconds": perf_counter() - begun - seconds}


def ready(folder: files.Where, plan: Plan, place: int, engine: Engine, walks: bool = True) -> float:
    """See that the layout of a structure, and its first basis when chunks are to walk, are in the store; HiGHS's seconds.

    The basis in the store is the one that every chunk starts from, whoever wrote it; callers hold the lock on preparing.
    """
    key = plan.structures[place].key
    layout = folder / f"layout-{key}.json"
    if _told(layout) != plan.hash:
        gap = engine.check_last()
        if not gap <= FRESH_TOLERANCE:
            raise UncertifiedError(
                f"the compiled structure {key} and a fresh build of one of its members differ by {gap:.2e}",
                place=Place(files.shown(folder)),
                fix="please report it with the sweep file",
            )
        levers = [plan.structures[place].elements[k] for k in engine.placed]
        facts = {"plan": plan.hash, "levers": levers, "placed": engine.placed, "fresh_build_gap": gap}
        files.write_json(layout, engine.layout.describe() | facts)
    if not walks:
        return 0.0
    return engine.start(folder / f"basis-{key}.npz", key + plan.members[engine.structure.members[0]].hash)


def solve_chunk(folder: files.Where, plan: Plan, engine: Engine, chunk: Chunk) -> dict[str, Any]:
    """Walk one chunk and write it; returns the facts of its header."""
    arrays, facts = engine.walk(chunk, plan.audited)
    facts |= {"members": [plan.members[m].hash for m in chunk.members], "failed": int((arrays["certified"] == 0).sum())}
    files.write_arrays(chunk_path(folder, chunk), arrays, facts)
    return facts


def _told(layout: files.Where) -> str:
    """The plan that a layout belongs to; an empty text when there is no sound layout."""
    try:
        return str(json.loads(layout.read_text(encoding="utf-8")).get("plan", ""))
    except (OSError, ValueError):
        return ""


def status(folder: files.Where, plan: Plan) -> tuple[Counter[str], list[tuple[str, str, str]]]:
    """Members by status, and (member, status, reason) of those that failed; read from the store alone."""
    counts: Counter[str] = Counter()
    failures = [(m.name, m.status, m.reason) for m in plan.members if m.structure < 0]
    counts.update(word for _, word, _ in failures)
    for chunk in plan.chunks:
        found = stored(folder, plan, chunk)
        if found is None:
            counts["to do"] += len(chunk.members)
            continue
        columns = (found[0][name].tolist() for name in ("status", "certified", "reason"))
        for member, word, certified, reason in zip(chunk.members, *columns, strict=True):
            shown = word if certified or word != "optimal" else "not certified"
            counts[shown] += 1
            if shown != "optimal":
                failures.append((plan.members[member].name, shown, reason))
    return +counts, sorted(failures)
