"""Sharing what a group gains: Shapley value of a game given by the worth of every coalition.

The Shapley value of a member is the mean, over all orders in which the members may join, of what it adds when it comes. It adds
up to the worth of all together, treats like members alike, and gives nothing to one that never adds anything (Shapley 1953).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations
from math import factorial

from peakmix.foundation.errors import UsageError


def coalitions(members: Iterable[str]) -> list[frozenset[str]]:
    """Every coalition but the empty one, small ones first."""
    listed = list(members)
    return [frozenset(some) for size in range(1, len(listed) + 1) for some in combinations(listed, size)]


def shapley(worth: Mapping[frozenset[str], float]) -> dict[str, float]:
    """Shapley value of every member; ``worth`` has every coalition but the empty one, whose worth is 0, in one unit.

    UsageError names a coalition that is missing.
    """
    members = sorted({member for coalition in worth for member in coalition})
    for coalition in coalitions(members):
        if coalition not in worth:
            raise UsageError(f"the worth of {', '.join(sorted(coalition))} is missing", fix="state every coalition of the members")
    count = len(members)
    value = dict.fromkeys(members, 0.0)
    for coalition in coalitions(members):
        weight = factorial(len(coalition) - 1) * factorial(count - len(coalition)) / factorial(count)
        for member in coalition:
            value[member] += weight * (worth[coalition] - worth.get(coalition - {member}, 0.0))
    return value


def blocking(worth: Mapping[frozenset[str], float], shares: Mapping[str, float], tolerance: float) -> list[frozenset[str]]:
    """Coalitions that could do better alone: their worth exceeds the sum of their members' shares by more than the tolerance."""
    return [s for s in worth if worth[s] > sum(shares[member] for member in s) + tolerance]
