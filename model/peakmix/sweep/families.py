"""The first look at the members of a sweep: hashes, the order in which they are derived, families that differ in numbers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
import numpy.typing as npt

from peakmix.scenario.scenario import Scenario
from peakmix.sweep.skeleton import Route, skeleton
from peakmix.sweep.structure import Derivation, Element
from peakmix.sweep.workers import spread

Masks = dict[str, npt.NDArray[np.bool_]]
Moved = dict[Element, float]


class Follows(Protocol):
    """A record that members are derived from: see :class:`peakmix.api.following.Follower`."""

    def moved(self, scenarios: Sequence[Scenario]) -> list[Moved | None]:
        """Elements that differ from the first's; None for a member that needs a derivation of its own."""


class Derives(Protocol):
    """What derives members: see :class:`peakmix.api.deriving.Deriver`."""

    def __call__(self, scenario: Scenario) -> Derivation:
        """Derive one member."""

    def state(self, scenario: Scenario) -> str:
        """What decides the derivation apart from policies."""

    def changed(self, scenario: Scenario) -> Masks:
        """Rows of tables that a scenario changes."""

    def follower(self, first: Derivation, rows: Masks, routes: Sequence[Route]) -> Follows:
        """A record of the first member's derivation."""


@dataclass(eq=False)
class Family:
    """Members with one skeleton: their places, states, the rows that any of them changes, the span of every number."""

    members: list[int] = field(default_factory=list)
    states: set[bytes] = field(default_factory=set)
    rows: Masks = field(default_factory=dict)
    least: dict[Route, float] = field(default_factory=dict)
    most: dict[Route, float] = field(default_factory=dict)

    def take(self, other: Family) -> None:
        """Take in members that were looked at elsewhere."""
        self.members += other.members
        self.states |= other.states
        for table, mask in other.rows.items():
            self.rows[table] = self.rows[table] | mask if table in self.rows else mask
        for route, value in other.least.items():
            self.least[route] = min(value, self.least.get(route, value))
            self.most[route] = max(other.most[route], self.most.get(route, value))

    @property
    def routes(self) -> list[Route]:
        """Numbers of the scenario that differ."""
        return [route for route, value in self.least.items() if value != self.most[route]]


def looked_at(
    count: int, scenario: Callable[[int], Scenario], derive: Derives, hash_of: Callable[[Scenario], str], jobs: int
) -> tuple[list[str], list[int], dict[str, Family]]:
    """First pass: hashes, the order in which members that share most of their derivation stand together, and families."""
    size = max(1, min(1000, -(-count // max(1, 4 * jobs))))
    blocks = {str(k): range(k, min(k + size, count)) for k in range(0, count, size)}

    def task(name: str) -> tuple[list[tuple[str, bytes]], dict[str, Family]]:
        told, found = [], dict[str, Family]()
        for member in blocks[name]:
            one = scenario(member)
            state = hashlib.sha256(derive.state(one).encode()).digest()[:16]
            bones, numbers = skeleton(one)
            told.append((hash_of(one), state))
            own = Family([member], {state}, derive.changed(one), numbers, dict(numbers))
            found.setdefault(bones, Family()).take(own)
        return told, found

    told: dict[str, list[tuple[str, bytes]]] = {}
    families: dict[str, Family] = {}
    for name, answer in spread(task, list(blocks), jobs if count > 200 else 1):
        told[name], found = task(name) if answer is None else answer
        for bones, family in found.items():
            families.setdefault(bones, Family()).take(family)
    flat = [pair for name in blocks for pair in told[name]]
    met: dict[bytes, int] = {}
    order = sorted(range(count), key=lambda k: (met.setdefault(flat[k][1], k), k))
    return [pair[0] for pair in flat], order, families
