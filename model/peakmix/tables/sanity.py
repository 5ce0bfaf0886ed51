"""Ranges of sanity.csv: outside hard bounds a value is refused, outside soft bounds a notice names it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import pandas as pd

from peakmix.foundation import units
from peakmix.foundation.errors import nearest
from peakmix.tables.dataset import DataSet
from peakmix.tables.rules import Finding, broken, doubtful, rule, where

_ROOM = 1e-9


def selection(text: str) -> dict[str, list[str]]:
    """Columns and their alternatives of a selection; ValueError if malformed.

    >>> selection("commodity=coal|gas;property=price")
    {'commodity': ['coal', 'gas'], 'property': ['price']}
    """
    chosen: dict[str, list[str]] = {}
    for part in text.split(";"):
        column, sign, names = part.partition("=")
        if not sign or not column.strip() or not names.strip():
            raise ValueError(part)
        chosen[column.strip()] = [name.strip() for name in names.split("|")]
    return chosen


def select(frame: pd.DataFrame, chosen: Mapping[str, list[str]]) -> list[int]:
    """Positions of the rows that a selection picks; an empty alternative picks blank cells."""
    picked = np.ones(len(frame), dtype=bool)
    for column, names in chosen.items():
        cells = frame[column].map(lambda cell: "" if cell is None else str(cell))
        picked &= cells.isin(names).to_numpy()
    return [int(row) for row in np.flatnonzero(picked)]


@rule("values keep the ranges of sanity.csv")
def values_keep_sane_ranges(dataset: DataSet) -> Iterator[Finding]:
    """Bounds are converted to the unit of the table; hard ones refuse, soft ones warn."""
    for row in range(len(dataset["sanity"])):
        yield from _check_range(dataset, row)


def _check_range(dataset: DataSet, row: int) -> Iterator[Finding]:
    """Findings of one range."""
    line = dataset["sanity"].iloc[row]
    table = str(line["table"])
    tables = [name for name, schema in dataset.schemas.items() if schema.has_values]
    if table not in tables:
        yield broken(dataset, "sanity", row, "table", "table is one with values", nearest(table, tables))
        return
    try:
        chosen = selection(str(line["where"]))
    except ValueError as error:
        what = f"where is column=value pairs joined by ;, alternatives by |; {str(error)!r} is not"
        yield broken(dataset, "sanity", row, "where", what, "write for example commodity=coal;direction=input")
        return
    columns = dataset.schemas[table].columns
    for column in chosen:
        if column not in columns:
            what = f"{column!r} is a column of {table}"
            yield broken(dataset, "sanity", row, "where", what, nearest(column, columns))
            return
    yield from _compare(dataset, row, table, select(dataset[table], chosen))


def _compare(dataset: DataSet, row: int, table: str, rows: list[int]) -> Iterator[Finding]:
    """Compare the rows of a table with the bounds of one range."""
    line, frame = dataset["sanity"].iloc[row], dataset[table]
    unit = str(line["unit"])
    at = where(dataset, "sanity", row)
    if not rows:
        yield doubtful(dataset, "sanity", row, "where", f"the selection picks no row of {table}", "check its names")
    for position in rows:
        try:
            factor = units.convert_factor(unit, str(frame["unit"].iloc[position]), dataset.prices)
        except units.UnitError as error:
            fix = "write the bounds in the unit of the rows they are for"
            yield broken(dataset, "sanity", row, "unit", f"bounds fit the rows: {error}", fix)
            return
        value = float(frame["value"].iloc[position])
        for name, sign in (("hard_low", 1), ("hard_high", -1), ("soft_low", 1), ("soft_high", -1)):
            bound = float(line[name])
            if np.isnan(bound) or sign * (value - bound * factor) >= -_ROOM * abs(bound * factor):
                continue
            side = "above" if sign > 0 else "below"
            what = f"the value keeps {side} the {name} of {bound:g} {unit} ({at}); it is {value / factor:g} {unit}"
            if name.startswith("hard"):
                yield broken(dataset, table, position, "value", what, "check the number, its unit and the range")
            else:
                yield doubtful(dataset, table, position, "value", what, "check the number and its unit")
            break
