"""The table of inputs that a result carries: every value row the run could read, with unit, band, source and grade."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from peakmix.parameters.container import Parameters
from peakmix.results.axes import text_array
from peakmix.tables.dataset import DataSet

TEXT = ("table", "key", "unit", "source", "grade", "note")
NUMBERS = ("value", "low", "high")


def input_rows(
    data: DataSet, parameters: Parameters, variant: str, slopes: Mapping[tuple[str, int], float] | None = None
) -> dict[str, Any]:
    """Columns of the inputs, each of shape (rows,): texts as text arrays, numbers as floats; ``slope`` where slopes are given.

    Rows of technologies, measures, markets and demand variants that are not in the run are left out.
    """
    columns: dict[str, list[Any]] = {name: [] for name in (*TEXT, *NUMBERS, "slope")}
    known = _known(parameters, variant)
    for table, frame in data.tables.items():
        schema = data.schemas[table]
        if not schema.has_values or table in ("sanity", "calibration", "balance_residuals") or not len(frame):
            continue
        mask = _mask(frame, known)
        kept = frame[mask]
        keys = [name for name in schema.columns if name in kept.columns and name != "tolerance"]
        columns["table"] += [table] * len(kept)
        columns["key"] += _keys(kept, keys)
        for name in ("unit", "source", "grade", "note"):
            columns[name] += ["" if pd.isna(cell) else str(cell) for cell in kept[name]]
        for name in NUMBERS:
            columns[name] += kept[name].tolist()
        if slopes is not None:
            columns["slope"] += [slopes.get((table, row), 0.0) for row in np.flatnonzero(mask).tolist()]
    texts = {name: text_array(columns[name]) for name in TEXT}
    told = [*NUMBERS, "slope"] if slopes is not None else NUMBERS
    return texts | {name: np.array(columns[name], dtype=np.float64) for name in told}


def _known(parameters: Parameters, variant: str) -> Mapping[str, set[str]]:
    """Names in the run, by column."""
    facts = parameters.facts
    technologies = set(facts["product"])
    return {
        "technology": technologies,
        "host": technologies,
        "measure": {measure for _, measure, _ in parameters.sets["measures"]},
        "market": {market for _, market in parameters.sets["markets"]},
        "conversion": {name for _, name, _ in parameters.sets["conversions"]},
        "variant": {variant},
    }


def _mask(frame: pd.DataFrame, known: Mapping[str, set[str]]) -> Any:
    """Rows whose names are all in the run; blank cells mean all."""
    mask = np.ones(len(frame), dtype=bool)
    for column, names in known.items():
        if column in frame.columns:
            mask &= np.array([pd.isna(cell) or cell in names for cell in frame[column]], dtype=bool)
    return mask


def _keys(frame: pd.DataFrame, keys: Sequence[str]) -> list[str]:
    """Key cells as text, column=cell, blank ones left out."""
    cells = [frame[name].tolist() for name in keys]
    return [
        "; ".join(f"{name}={cell}" for name, cell in zip(keys, row, strict=True) if not pd.isna(cell))
        for row in zip(*cells, strict=True)
    ]


def source_rows(data: DataSet, used: Sequence[str]) -> dict[str, Any]:
    """Key and citation of every source that the inputs name, as text arrays."""
    frame = data.tables["sources"]
    citation = dict(zip(frame["source"], frame["citation"], strict=True))
    names = sorted(set(used))
    return {
        "source_key": text_array(names),
        "source_citation": text_array(citation.get(name, "") for name in names),
    }
