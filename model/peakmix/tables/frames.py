"""Tables given as pandas frames, turned into the same raw rows as CSV files."""

from __future__ import annotations

import math
import numbers
from collections.abc import Mapping
from typing import Any

import pandas as pd

from peakmix.foundation.errors import Findings, Place, nearest
from peakmix.tables.read import Row
from peakmix.tables.schema import VALUE_COLUMNS, Schema

OWN_COLUMNS = ("unit_given", "value_given", "_file", "_line")
"""Columns a loaded table has on top of its schema; they are ignored when such a table is given back."""

SOURCE = "frame"
"""Source of value rows whose frame has no source column."""


def cell_text(cell: Any) -> str:
    """Cell as it would stand in a CSV file; None, NaN and NaT are blank, whole floats become whole numbers.

    >>> cell_text(2025.0), cell_text(0.1), cell_text(None)
    ('2025', '0.1', '')
    """
    if cell is None or cell is pd.NA or cell is pd.NaT:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, numbers.Integral):
        return str(int(cell))
    if isinstance(cell, numbers.Real):
        number = float(cell)
        if math.isnan(number):
            return ""
        return str(int(number)) if number.is_integer() and abs(number) < 1e15 else repr(number)
    return str(cell).strip()


def rows_of_frame(frame: pd.DataFrame, schema: Schema, findings: Findings) -> list[Row]:
    """Raw rows of a frame, places ``frame:<table>`` and row number from 1.

    Columns that may be blank may be left out. A frame with values may leave out low and high (then the value itself),
    source (then ``frame``), grade (then C) and note; a CSV file may not.
    """
    file = f"frame:{schema.table}"
    names = [str(name) for name in frame.columns if str(name) not in OWN_COLUMNS]
    allowed = set(schema.header)
    for position, name in enumerate(names):
        if name in names[:position]:
            findings.error("a column stands once", place=Place(file, 0, name), fix="rename one of the two")
            return []
        if name not in allowed:
            rule = f"column names are those of the schema of {schema.table}"
            findings.error(rule, place=Place(file, 0, name, name), fix=nearest(name, allowed))
    optional = {name for name, column in schema.columns.items() if column.blank}
    if schema.has_values:
        optional.update(set(VALUE_COLUMNS) - {"value", "unit"})
    for name in schema.header:
        if name not in names and name not in optional:
            findings.error(f"the table {schema.table} has a column {name!r}", place=Place(file, 0, name), fix="add it")
    texts = {name: [cell_text(cell) for cell in frame[name].tolist()] for name in names if name in allowed}
    rows = []
    for number in range(len(frame)):
        cells = dict.fromkeys(schema.header, "")
        cells.update({name: column[number] for name, column in texts.items()})
        if schema.has_values:
            _fill(cells, texts)
        rows.append(Row(schema.table, file, file, number + 1, cells))
    return rows


def _fill(cells: dict[str, str], given: Mapping[str, list[str]]) -> None:
    """Stand-ins for value columns that a frame leaves out as a whole."""
    for name, text in (("low", cells["value"]), ("high", cells["value"]), ("source", SOURCE), ("grade", "C")):
        if name not in given:
            cells[name] = text
