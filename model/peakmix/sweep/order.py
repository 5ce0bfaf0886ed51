"""The order in which members are walked: neighbours together, in chunks that never depend on what ran before."""

from __future__ import annotations

import numpy as np

from peakmix.solve.program import FloatArray

GREEDY_UP_TO = 4000
"""Groups of more members are sorted instead: the nearest-neighbour walk takes time with the square of the members."""

LARGEST_CHUNK = 250
CHUNKS = 8
"""A structure is cut into at least this many chunks when it has the members, so that workers share it."""

ROWS_PER_SECOND = 60_000.0
"""Guess of the rows that a warm step gets through in a second, for chunks of about ten seconds."""


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


def chunk_size(members: int, rows: int) -> int:
    """Members in a chunk: at most 250, about ten seconds of warm steps, and no more than an eighth of the group."""
    patience = max(1, int(10.0 * ROWS_PER_SECOND / max(rows, 1)))
    return max(1, min(LARGEST_CHUNK, patience, -(-members // CHUNKS)))
