"""The order in which members are walked: neighbours together, in chunks that never depend on what ran before."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from peakmix.solve.program import FloatArray

GREEDY_UP_TO = 4000
"""Groups of more members are sorted instead: the nearest-neighbour walk takes time with the square of the members."""

LARGEST_CHUNK = 250
CHUNKS = 8
"""A structure that is not large is cut into at least this many chunks when it has the members, so that workers share it."""

LARGE = 20_000
"""From this many numbers on (recipes, live shares and ledger factors of a structure) a chunk's start, far from the first basis,
costs as much as many steps. Then chunks are as long as ten seconds allow; a start takes seconds there, a step a tenth of one."""

NUMBERS_PER_SECOND = 60_000.0
PRICES_PER_SECOND = 150_000.0
"""Guess of the numbers that a warm step gets through in a second; in large structures more when prices alone differ."""

PRICES = frozenset({"policy_price", "market_charge", "market_price", "capital_charge", "overnight_cost", "book_cost"})
"""Derived elements that stand in the objective alone."""


def nearest_order(values: FloatArray) -> list[int]:
    """Positions of members (members, levers) so that each follows its nearest neighbour; levers scaled to their range."""
    count = len(values)
    if count < 3 or not values.shape[1]:
        return list(range(count))
    spread = np.ptp(values, axis=0)
    scaled = (values - values.min(axis=0)) / np.where(spread > 0, spread, 1.0)
    scaled = np.unique(np.round(scaled, 12), axis=1)
    if count > GREEDY_UP_TO:
        return [int(k) for k in np.lexsort(scaled.T[::-1])]
    left = np.ones(count, dtype=bool)
    here = int(np.argmin(scaled.sum(axis=1)))
    order = [here]
    for _ in range(count - 1):
        left[here] = False
        distance = np.abs(scaled - scaled[here]).sum(axis=1)
        distance[~left] = np.inf
        here = int(np.argmin(distance))
        order.append(here)
    return order


def chunk_size(members: int, numbers: int, elements: Collection[str] = ()) -> int:
    """Members in a chunk: at most 250, about ten seconds of warm steps, and for small structures an eighth of the group.

    ``numbers`` is the size of a structure (see LARGE), ``elements`` names what differs between its members.
    """
    quick = numbers >= LARGE and bool(elements) and PRICES.issuperset(elements)
    speed = PRICES_PER_SECOND if quick else NUMBERS_PER_SECOND
    patience = min(LARGEST_CHUNK, max(1, int(10.0 * speed / max(numbers, 1))))
    if numbers < LARGE:
        return max(1, min(patience, -(-members // CHUNKS)))
    return max(1, -(-members // -(-members // patience)))
