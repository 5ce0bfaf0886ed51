"""Members derived and grouped by structure, by several processes and from records where members differ in numbers alone.

Two passes over the members, each cut into blocks for the workers. The first looks at every scenario: its hash, what sorts it beside
its like, its skeleton. The second derives: members with one skeleton follow the record of the first of them where there are
enough of them, the others are derived one by one. The groups do not depend on blocks, processes or records: a group's first
member is its first in the sorted order, and a member followed has the numbers of a derivation of its own.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from peakmix.foundation.errors import InfeasibleError, PeakmixError
from peakmix.scenario.scenario import Scenario
from peakmix.sweep.families import Derives, Family, Follows, Moved, looked_at
from peakmix.sweep.skeleton import Route, skeleton
from peakmix.sweep.structure import Derivation, Group, differences, foresight_of, rules_of, same_structure
from peakmix.sweep.workers import spread

BLOCK = 32
"""Members of a block at most; few enough to share work and to show progress."""
WORTH = 12
"""Derivations that a record has to spare to be made: it takes as long as about seven."""
REFUSALS = 5
"""A record that so many of the last members cannot follow is dropped."""


@dataclass(eq=False)
class Part:
    """Members told relative to one derivation, that of the first of them; ``family`` names the record they followed."""

    members: list[int]
    moved: list[Moved]
    first: Derivation | None = None
    rules: Any = None
    family: str = ""

    def __getstate__(self) -> dict[str, Any]:
        """What a worker sends back: a derivation is too large to travel, and is made again from its member."""
        return self.__dict__ | {"first": None}


@dataclass(eq=False)
class Grouped:
    """Groups of members with one structure, each member's group (-1: none), why it has none, and its content hash."""

    groups: list[Group]
    home: list[int]
    reasons: list[str]
    hashes: list[str]


def grouped(
    count: int, scenario: Callable[[int], Scenario], derive: Derives, hash_of: Callable[[Scenario], str], jobs: int,
    watch: Callable[[int], None],
) -> Grouped:  # fmt: skip
    """Derive all members and group them."""
    hashes, order, families = looked_at(count, scenario, derive, hash_of, jobs)
    size = max(1, min(BLOCK, -(-count // (4 * jobs))))
    made = _Maker(scenario, derive, order, families, beforehand=jobs > 1 and count > size)
    blocks = {str(k): order[k : k + size] for k in range(0, count, size)}

    def task(name: str) -> tuple[list[Part], dict[int, str]]:
        return made.block(blocks[name])

    parts: list[Part] = []
    reasons, done = [""] * count, 0
    for name, answer in spread(task, list(blocks), jobs):
        found, lost = made.block(blocks[name]) if answer is None else answer  # a worker that died: its error shows here
        parts += found
        for member, why in lost.items():
            reasons[member] = why
        done += len(blocks[name])
        watch(done)
    groups = made.merged(parts)
    home = [-1] * count
    for place, group in enumerate(groups):
        for member in group.members:
            home[member] = place
    return Grouped(groups, home, reasons, hashes)


class _Maker:
    """Derives blocks of members; made once, and forked with the records, and the derivations that others are told by, in memory."""

    def __init__(
        self, scenario: Callable[[int], Scenario], derive: Derives, order: Sequence[int], families: dict[str, Family],
        beforehand: bool,
    ) -> None:  # fmt: skip
        self.scenario, self.derive = scenario, derive
        self.rank = {member: k for k, member in enumerate(order)}
        self.family_of: dict[int, str] = {}
        self.followers: dict[str, Follows] = {}
        self.known: dict[str, Part] = {}
        for bones, family in families.items():
            if len(family.states) >= WORTH:
                self._record(bones, family)
        if beforehand and not self.known:
            with contextlib.suppress(PeakmixError):
                self._know("first", derive(scenario(order[0])))

    def _know(self, name: str, derivation: Derivation) -> None:
        """Keep a derivation that members of any block are told by."""
        self.known[name] = Part([], [], derivation, _rules(derivation), name)

    def _record(self, bones: str, family: Family) -> None:
        """Derive a family's first member with a record, and keep the record if it tells others as their own derivations do."""
        members = sorted(family.members, key=self.rank.__getitem__)
        with contextlib.suppress(PeakmixError):
            first = self.derive(self.scenario(members[0]))
            follower = self.derive.follower(first, family.rows, family.routes)
            if self._holds(follower, first, members, family.routes):
                self.family_of |= dict.fromkeys(members, bones)
                self.followers[bones] = follower
                self._know(bones, first)

    def _holds(self, follower: Follows, first: Derivation, members: Sequence[int], routes: Sequence[Route]) -> bool:
        """Hold a record against derivations: of the last member, and of others until each number of the scenario has moved."""
        base, still, refused = skeleton(first.scenario)[1], set(routes), 0
        looked = False
        for one in map(self.scenario, reversed(members)):
            numbers = skeleton(one)[1]
            moves = {route for route in still if numbers[route] != base[route]}
            if looked and not moves:
                continue
            moved = follower.moved([one])[0]
            if moved is None:
                refused += 1
                if refused == REFUSALS:
                    return False
                continue
            own = self.derive(one)
            if not same_structure(own.parameters, first.parameters) or moved != differences(own.parameters, first.parameters):
                return False
            looked, still = True, still - moves
            if not still:
                return True
        return looked

    def block(self, members: Sequence[int]) -> tuple[list[Part], dict[int, str]]:
        """Derive some members, in their order; returns them relative to the derivations they are told by, and the lost ones."""
        parts = [replace(part, members=[], moved=[]) for part in self.known.values()]
        by_name = {part.family: part for part in parts}
        lost: dict[int, str] = {}
        followed = self._followed(members)
        for member in members:
            if member in followed:
                home, moved = by_name[self.family_of[member]], followed[member]
            else:
                try:
                    derivation = self._derived(member)
                except InfeasibleError as error:
                    lost[member] = error.rule
                    continue
                home = _home(parts, derivation)
                assert home.first is not None
                moved = differences(derivation.parameters, home.first.parameters)
            home.members.append(member)
            home.moved.append(moved)
        return [part for part in parts if part.members], lost

    def _derived(self, member: int) -> Derivation:
        """Derive one member; a fault names it."""
        one = self.scenario(member)
        try:
            return self.derive(one)
        except InfeasibleError:
            raise
        except PeakmixError as error:
            for fault in (error, *getattr(error, "errors", ())):
                fault.rule = f"{fault.rule} (member {one.name})"
            raise

    def _followed(self, members: Sequence[int]) -> dict[int, Moved]:
        """Members that a record tells."""
        found: dict[int, Moved] = {}
        for bones, follower in self.followers.items():
            chosen = [member for member in members if self.family_of.get(member) == bones]
            if chosen:
                answers = zip(chosen, follower.moved([self.scenario(member) for member in chosen]), strict=True)
                found |= {member: moved for member, moved in answers if moved is not None}
        return found

    def merged(self, parts: Sequence[Part]) -> list[Group]:
        """Groups of all parts, in the sorted order of their members."""
        groups: list[Group] = []
        rows: list[list[tuple[int, int, Moved]]] = []
        for part in self._references(parts):
            first = part.first
            assert first is not None
            place = next((k for k, group in enumerate(groups) if group.accepts(first, part.rules)), len(groups))
            if place == len(groups):
                groups.append(Group(first, part.rules))
                rows.append([])
            away = differences(first.parameters, groups[place].first.parameters)
            told = zip(part.members, part.moved, strict=True)
            rows[place] += [(self.rank[m], m, _relative(away | moved, groups[place]) if away else moved) for m, moved in told]
        for group, found in zip(groups, rows, strict=True):
            for _, member, moved in sorted(found, key=lambda row: row[0]):
                group.members.append(member)
                group.moved.append(moved)
        return groups

    def _references(self, parts: Sequence[Part]) -> Iterator[Part]:
        """Parts by the rank of their first member, with the derivation they are told by."""
        for part in sorted(parts, key=lambda part: min(self.rank[m] for m in part.members)):
            if part.family:
                yield replace(part, first=self.known[part.family].first)
            else:
                yield part if part.first is not None else replace(part, first=self._derived(part.members[0]))


def _relative(values: Moved, group: Group) -> Moved:
    """Values told relative to another member, relative to the group's first."""
    base = group.first.parameters.values
    return {(name, key): value for (name, key), value in values.items() if value != base[name][key]}


def _rules(derivation: Derivation) -> Any:
    """What has to be the same apart from index sets."""
    foresight = foresight_of(derivation.scenario)
    return rules_of(derivation.parameters) | ({"foresight": foresight} if foresight else {})


def _home(parts: list[Part], derivation: Derivation) -> Part:
    """The part of this structure; a new one, told by this derivation, where there is none."""
    rules = _rules(derivation)
    for part in parts:
        assert part.first is not None
        if Group(part.first, part.rules).accepts(derivation, rules):
            return part
    parts.append(Part([], [], derivation, rules))
    return parts[-1]
