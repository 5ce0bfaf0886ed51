"""The plan of a sweep: its members, their content hashes, structures and chunks; on disk before the first solve."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from peakmix import __version__
from peakmix.foundation.errors import InputError, Place, UsageError
from peakmix.scenario.scenario import Scenario, load, with_changes
from peakmix.solve.program import FloatArray
from peakmix.sweep import files
from peakmix.sweep.design import Row, changes_of, design_rows, label
from peakmix.sweep.families import Derives
from peakmix.sweep.grouping import grouped
from peakmix.sweep.order import chunk_size, nearest_order
from peakmix.sweep.spec import SweepSpec
from peakmix.sweep.spec import load as load_spec
from peakmix.sweep.structure import Element, Group

FORMAT = 1
PLAN = "plan.json"


@dataclass(frozen=True)
class Member:
    """One member: its name, axis values, content hash, structure (-1: none), and where it has none the reason and its status."""

    name: str
    design: dict[str, float | str]
    hash: str
    structure: int = -1
    reason: str = ""
    status: str = "infeasible"


@dataclass(frozen=True)
class Chunk:
    """Members walked one after the other from the structure's first basis; ``id`` is the hash of all that decides them."""

    id: str
    structure: int
    members: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Structure:
    """Members of one structure in walking order; ``values`` (members, elements) of the elements that differ."""

    key: str
    members: tuple[int, ...]
    elements: tuple[Element, ...]
    values: FloatArray


@dataclass(frozen=True, eq=False)
class Plan:
    """Everything that is decided before the first solve."""

    spec: SweepSpec
    hash: str
    members: tuple[Member, ...]
    structures: tuple[Structure, ...]
    chunks: tuple[Chunk, ...]
    audited: frozenset[int]
    resolved: dict[str, Any] = field(default_factory=dict)

    def text(self) -> str:
        """Readable summary."""
        lost = sum(member.structure < 0 for member in self.members)
        lines = [
            f"sweep {self.spec.name}: {len(self.members)} members, {len(self.structures)} structures (one compilation each), "
            f"{len(self.chunks)} chunks, {len(self.audited)} members audited in full"
        ]
        for structure in self.structures:
            names = sorted({name for name, _ in structure.elements})
            shown = f"{len(structure.elements)} derived elements differ" + (f": {', '.join(names)}" if names else "")
            lines.append(f"  {structure.key}  {len(structure.members)} members, {shown}")
        if lost:
            lines.append(f"  {lost} members have no solution in their base period, or no sound input")
        return "\n".join(lines)


@dataclass(eq=False)
class Source:
    """A sweep file read: its base scenario and design, from which every member's scenario is made."""

    spec: SweepSpec
    base: Scenario
    rows: list[Row]
    lost: tuple[Member, ...] = ()
    """Members that could not be planned, kept with their reasons; only a batch has them."""

    def scenario(self, member: int) -> Scenario:
        """The scenario of one member.

        Raises
        ------
        InputError
            With the member's axis values.
        """
        row = self.rows[member]
        try:
            return with_changes(self.base, changes_of(self.spec, self.base, row) | {"name": self.name(member)})
        except InputError as error:
            shown = ", ".join(f"{name} = {label(value)}" for name, value in row.items())
            raise InputError(f"{error.rule} (member {self.name(member)}: {shown})", place=error.place, fix=error.fix) from None

    def name(self, member: int) -> str:
        """Name of a member: the sweep's and a number from 1."""
        return f"{self.spec.name}-{member + 1:0{max(4, len(str(len(self.rows))))}d}"

    def hash(self, data_hash: str) -> str:
        """Hash of everything that decides the plan."""
        rows = [{name: label(value) for name, value in row.items()} for row in self.rows]
        spec = self.spec.model_dump(mode="json", exclude={"title", "description"})
        text = json.dumps([FORMAT, __version__, self.base.hash, data_hash, spec, rows], sort_keys=True)
        return hashlib.sha256(text.encode()).hexdigest()


def read_source(path: Path) -> Source:
    """Read a sweep file with its base scenario and design.

    Raises
    ------
    InputErrors
    """
    spec, tree = load_spec(path)
    base = path.parent / spec.base
    if not base.is_file():
        raise InputError("the base of a sweep is a scenario file", place=tree.place(("base",), spec.base), fix="check the path")
    return Source(spec, load(base, changes=spec.settings), design_rows(spec, path.parent))


def make(source: Source, derive: Derives, data_hash: str, watch: Callable[[int], None], jobs: int = 1) -> Plan:
    """Derive every member and group them, by ``jobs`` processes; the plan is the same whatever their number."""
    count = len(source.rows)

    def hash_of(scenario: Scenario) -> str:
        return hashlib.sha256(f"{FORMAT} {__version__} {scenario.hash} {data_hash}".encode()).hexdigest()

    made = grouped(count, source.scenario, derive, hash_of, jobs, watch)
    groups, hashes = made.groups, made.hashes
    structures = tuple(_ordered(group) for group in groups)
    designs = [{name: label(value) for name, value in row.items()} for row in source.rows]
    members = tuple(Member(source.name(k), designs[k], hashes[k], made.home[k], made.reasons[k]) for k in range(count))
    sizes = [sum(len(g.first.parameters.values.get(name, ())) for name in ("flow", "live", "ledger_factor")) for g in groups]
    audited = _audited(source.spec, count)
    chunks = tuple(chunk for k, s in enumerate(structures) for chunk in _chunks(k, s, hashes, sizes[k], audited))
    return Plan(source.spec, source.hash(data_hash), members + source.lost, structures, chunks, audited, source.base.resolved)


def _ordered(group: Group) -> Structure:
    """The group in walking order; the first member stands for the structure."""
    elements, values = group.levers()
    order = nearest_order(values)
    return Structure(group.key(), tuple(group.members[k] for k in order), tuple(elements), values[order])


def _chunks(place: int, structure: Structure, hashes: Sequence[str], rows: int, audited: frozenset[int]) -> list[Chunk]:
    """The structure's members in chunks."""
    size = chunk_size(len(structure.members), rows, {name for name, _ in structure.elements})
    found = []
    for start in range(0, len(structure.members), size):
        members = structure.members[start : start + size]
        decisive = [structure.key, hashes[structure.members[0]], *((hashes[m], m in audited) for m in members)]
        named = hashlib.sha256(repr((decisive, structure.elements)).encode()).hexdigest()[:20]
        found.append(Chunk(named, place, members))
    return found


def _audited(spec: SweepSpec, count: int) -> frozenset[int]:
    """Members that are audited in full: a seeded share, at least one unless the share is zero."""
    number = min(count, max(1, round(spec.audit_share * count))) if spec.audit_share > 0 else 0
    return frozenset(int(k) for k in np.random.default_rng(spec.seed).choice(count, number, replace=False))


def write(plan: Plan, folder: files.Where) -> None:
    """Write the plan; its values first, the plan itself last."""
    folder.mkdir(parents=True, exist_ok=True)
    for structure in plan.structures:
        files.write_arrays(folder / f"values-{structure.key}.npz", {"values": structure.values}, {"plan": plan.hash})
    told = {
        "format": FORMAT,
        "hash": plan.hash,
        "spec": plan.spec.model_dump(mode="json", by_alias=True, exclude_none=True),
        "resolved": plan.resolved,
        "members": [[m.name, m.design, m.hash, m.structure, m.reason, m.status] for m in plan.members],
        "structures": [{"key": s.key, "members": s.members, "elements": s.elements} for s in plan.structures],
        "chunks": [[c.id, c.structure, c.members] for c in plan.chunks],
        "audited": sorted(plan.audited),
    }
    files.write_json(folder / PLAN, told)


def read(folder: files.Where) -> Plan:
    """Read the plan of a store.

    Raises
    ------
    UsageError
        When there is none, or it was damaged.
    """
    place = Place(files.shown(folder))
    try:
        told = json.loads((folder / PLAN).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise UsageError("the folder holds the plan of a sweep", place=place, fix="run `peakmix sweep plan` first") from None
    if told.get("format") != FORMAT:
        raise UsageError("the plan has the format of this version", place=place, fix="plan anew with --overwrite")
    structures = []
    for entry in told["structures"]:
        stored = files.read_arrays(folder / f"values-{entry['key']}.npz")
        if stored is None or stored[1].get("plan") != told["hash"]:
            raise UsageError("the plan is whole and as it was written", place=place, fix="plan anew with --overwrite")
        elements = tuple((str(name), tuple(key)) for name, key in entry["elements"])
        structures.append(Structure(entry["key"], tuple(entry["members"]), elements, stored[0]["values"]))
    return Plan(
        SweepSpec.model_validate(told["spec"]),
        told["hash"],
        tuple(Member(*entry) for entry in told["members"]),
        tuple(structures),
        tuple(Chunk(c, k, tuple(members)) for c, k, members in told["chunks"]),
        frozenset(told["audited"]),
        told["resolved"],
    )
