"""What the guards share: thresholds, and names of periods, places and things in both languages."""

from __future__ import annotations

import xarray as xr

from peakmix.foundation.telling import Said, named

TWICE = 2.0
HALF = 0.5
TENTH = 0.1
THIRD = 1 / 3
FELT = 1e-6
NAMED = 3
"""Rows, measures or places named in one sentence."""


def dated(period: int) -> Said:
    """Name of a period in a sentence."""
    return Said(str(period)) if period else Said("the horizon", "整个规划期")


def called(dataset: xr.Dataset, dim: str, label: object) -> Said:
    """A label of a dimension, with its Chinese name where the result has one."""
    beside = f"{dim}_name_zh"
    if beside not in dataset:
        return Said(str(label))
    names = zip(dataset[dim].values.astype(str), dataset[beside].values.astype(str), strict=True)
    return named(dict(names), label)
