"""Numbers drawn between their own low and high: a Latin hypercube in which every number of a selection is an axis."""

from __future__ import annotations

import functools
import zlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from peakmix.scenario.spec import Draw

FloatArray = npt.NDArray[np.float64]
NO_PART = ("value", "unit", "low", "high", "source", "grade", "note", "unit_given", "value_given", "_file", "_line")
"""Columns that do not tell one number of a table from another."""


def drawable(rows: pd.DataFrame) -> pd.Series[bool]:
    """Which rows have a low below their high."""
    if not {"low", "high"} <= set(rows.columns):
        return pd.Series(False, index=rows.index)
    return (rows["low"].astype(float) < rows["high"].astype(float)).fillna(False)


def number_names(rows: pd.DataFrame, table: str) -> list[str]:
    """Name of every number: its table and key, e.g. ``technology_parameters bf_bof capital_cost - 2025``."""
    keys = [c for c in rows.columns if c not in NO_PART]
    cells = zip(*(rows[c].tolist() for c in keys), strict=True)
    return [" ".join([table, *("-" if cell is None or cell != cell else str(cell) for cell in row)]) for row in cells]


def drawn(rows: pd.DataFrame, table: str, draw: Draw) -> pd.Series[float]:
    """Values of one sample: low + u (high - low), with u from a Latin hypercube; rows that cannot be drawn keep theirs.

    Each number has its own order of the strata, from the seed and its own name, so that its draw does not depend on which
    other numbers are selected.
    """
    values = rows["value"].astype(float)
    able = drawable(rows)
    chosen = rows[able]
    places = places_of(number_names(chosen, table), draw)
    low, high = chosen["low"].to_numpy(dtype=float), chosen["high"].to_numpy(dtype=float)
    values.loc[chosen.index] = low + places * (high - low)
    return values


def places_of(names: Sequence[str], draw: Draw) -> FloatArray:
    """Places between 0 and 1 of some numbers in one sample."""
    return np.array([_places(name, draw.seed, draw.of)[draw.sample] for name in names], dtype=float)


@functools.lru_cache(maxsize=20_000)
def _places(name: str, seed: int, count: int) -> FloatArray:
    """Place between 0 and 1 of one number in every sample: one in each of ``count`` equal strata."""
    random = np.random.default_rng([seed, zlib.crc32(name.encode())])
    strata = random.permutation(count)
    return np.asarray((strata + random.random(count)) / count)
