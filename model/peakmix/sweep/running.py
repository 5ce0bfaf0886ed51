"""Run a plan: chunk after chunk into the store; what is finished is kept, what is damaged is done again."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from peakmix.foundation.errors import Place, UncertifiedError, display_path
from peakmix.sweep import files
from peakmix.sweep.engine import Engine
from peakmix.sweep.plan import Chunk, Plan
from peakmix.sweep.workers import spread

CHUNKS = "chunks"
FRESH_TOLERANCE = 1e-8
"""Largest relative distance between a member's optimum and that of a fresh build of it."""

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

    @property
    def seconds(self) -> float:
        """Wall time since the start."""
        return perf_counter() - self._since

    @property
    def left(self) -> float:
        """Seconds left at the pace so far; not a number before the first member."""
        new = self.done - self.found
        return self.seconds / new * (self.members - self.done) if new else float("nan")


def chunk_path(folder: Path, chunk: Chunk) -> Path:
    """File of a chunk."""
    return folder / CHUNKS / f"{chunk.id}.npz"


def stored(folder: Path, plan: Plan, chunk: Chunk) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, Any]] | None:
    """A finished chunk; None when it is missing, damaged, or of other members."""
    found = files.read_arrays(chunk_path(folder, chunk))
    if found is None or found[1].get("members") != [plan.members[m].hash for m in chunk.members]:
        return None
    return found


def run(folder: Path, plan: Plan, engine_of: EngineOf, jobs: int, watch: Watch) -> Progress:
    """Solve what is not finished yet.

    Raises
    ------
    UsageError
        When another run holds the store.
    LimitError
        When the disk is full.
    UncertifiedError
        When a structure's compilation and a fresh build disagree.
    """
    with files.locked(folder):
        (folder / CHUNKS).mkdir(parents=True, exist_ok=True)
        for place in (folder, folder / CHUNKS):
            files.remove_partial(place)
        progress = Progress(len(plan.members), done=sum(m.structure < 0 for m in plan.members))
        progress.failed = progress.found = progress.done
        todo: list[Chunk] = []
        for chunk in plan.chunks:
            found = stored(folder, plan, chunk)
            if found is None:
                todo.append(chunk)
            else:
                progress.done += len(chunk.members)
                progress.found += len(chunk.members)
                progress.failed += int((found[0]["certified"] == 0).sum())
        watch(progress)
        stale = [k for k, s in enumerate(plan.structures) if _told(folder / f"layout-{s.key}.json") != plan.hash]
        for structure in dict.fromkeys([*(chunk.structure for chunk in todo), *stale]):
            _structure(folder, plan, structure, [c for c in todo if c.structure == structure], engine_of, jobs, progress, watch)
        return progress


def _structure(
    folder: Path, plan: Plan, place: int, todo: list[Chunk], engine_of: EngineOf, jobs: int, progress: Progress, watch: Watch
) -> None:
    """Compile one structure and walk its chunks."""
    begun = perf_counter()
    engine, key = engine_of(place), plan.structures[place].key
    layout = folder / f"layout-{key}.json"
    if _told(layout) != plan.hash:
        gap = engine.check_last()
        if not gap <= FRESH_TOLERANCE:
            raise UncertifiedError(
                f"the compiled structure {key} and a fresh build of one of its members differ by {gap:.2e}",
                place=Place(display_path(folder)),
                fix="please report it with the sweep file",
            )
        levers = [plan.structures[place].elements[k] for k in engine.placed]
        facts = {"plan": plan.hash, "levers": levers, "placed": engine.placed, "fresh_build_gap": gap}
        files.write_json(layout, engine.layout.describe() | facts)
    progress.compile_seconds += perf_counter() - begun
    if not todo:
        return
    progress.solver_seconds += engine.start(folder / f"basis-{key}.npz", key + plan.members[engine.structure.members[0]].hash)
    chunks = {chunk.id: chunk for chunk in todo}

    def task(name: str) -> dict[str, Any]:
        chunk = chunks[name]
        arrays, facts = engine.walk(chunk, plan.audited)
        facts |= {"members": [plan.members[m].hash for m in chunk.members], "failed": int((arrays["certified"] == 0).sum())}
        files.write_arrays(chunk_path(folder, chunk), arrays, facts)
        return facts

    for name, facts in spread(task, list(chunks), jobs):
        progress.done += len(chunks[name].members)
        if facts is None:
            progress.failed += len(chunks[name].members)
        else:
            progress.failed += facts["failed"]
            progress.solver_seconds += facts["solver_seconds"]
            progress.chunk_seconds += facts["seconds"]
        watch(progress)


def _told(layout: Path) -> str:
    """The plan that a layout belongs to; an empty text when there is no sound layout."""
    try:
        return str(json.loads(layout.read_text(encoding="utf-8")).get("plan", ""))
    except (OSError, ValueError):
        return ""


def status(folder: Path, plan: Plan) -> tuple[Counter[str], list[tuple[str, str, str]]]:
    """Members by status, and (member, status, reason) of those that failed; read from the store alone."""
    counts: Counter[str] = Counter()
    failures = [(m.name, "infeasible", m.reason) for m in plan.members if m.structure < 0]
    counts["infeasible"] += len(failures)
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
