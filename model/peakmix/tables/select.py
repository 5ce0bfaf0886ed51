"""The one resolver of values: which row holds at a point, and what it is worth in a year or a period.

    blank key cell    holds for all; the most specific row wins (keys.py makes sure there is exactly one)
    location          a row holds in its whole subtree where the schema lets the location be blank, else there only
    between linear    straight line between years, flat outside
    between step      latest row at or before the year; before the first row its value, or nothing (``before="none"``)
    between none      only the years that are written
    period            mean of the yearly values; a step takes the value of the first year of the period

    resolver = Resolver(dataset)
    resolver.value("technology_parameters", year=2030, location="Baise", technology="bayer", parameter="lifetime")
    series = resolver.find("flows", location="Baise", technology="bayer", commodity="lime", direction="input")
    series.at([2025, 2040])

Rows of the tables in ``ADDITIVE`` and limits of markets bind a node's total and override nothing: use ``series``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from typing import Any, Literal

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from peakmix.foundation.errors import InputError, Place
from peakmix.tables.dataset import DataSet
from peakmix.tables.keys import ADDITIVE
from peakmix.tables.schema import Schema

Floats = NDArray[np.float64]
Before = Literal["flat", "none"]
Key = tuple[Any, ...]


@dataclass(frozen=True, eq=False)
class Series:
    """Values of one point over years, in canonical units.

    years   (n) sorted, or None when one row holds for all years
    values  (n) or (1)
    rows    (n) positions in the table's frame
    """

    years: NDArray[np.int64] | None
    values: Floats
    between: str
    rows: tuple[int, ...]

    def at(self, years: ArrayLike, before: Before = "flat") -> Floats:
        """Values in ``years``, same shape; NaN where no row holds."""
        wanted = np.asarray(years, dtype=np.float64)
        if self.years is None:
            return np.full(wanted.shape, self.values[0])
        if self.between == "linear":
            return np.asarray(np.interp(wanted, self.years, self.values), dtype=np.float64)
        position = np.searchsorted(self.years, wanted, side="right") - 1
        found = self.values[np.maximum(position, 0)]
        if self.between == "step":
            return np.where((position < 0) & (before == "none"), np.nan, found)
        exact = self.years[np.maximum(position, 0)] == wanted
        return np.where(exact, found, np.nan)

    def mean(self, first_year: int, length: int, before: Before = "flat") -> float:
        """Value of the period of ``length`` years from ``first_year``: mean of the years (step: the first)."""
        if self.between == "linear" and self.years is not None:
            return float(self.at(np.arange(first_year, first_year + length)).mean())
        return float(self.at(first_year, before))


@dataclass(frozen=True)
class _Index:
    """Series of one table by exact key and pattern."""

    schema: Schema
    series: dict[Key, dict[Key, Series]]


def _index(frame: pd.DataFrame, schema: Schema, column: str) -> _Index:
    """Group the rows of a table into series."""
    if column not in frame:
        raise ValueError(f"table {schema.table} has no column {column!r}")
    exact, pattern, year = schema.exact_columns, schema.pattern_columns, schema.year_column
    columns = {name: frame[name].tolist() for name in schema.key}
    parameters = frame[schema.parameter_column].tolist() if schema.parameter_column else [None] * len(frame)
    positions: dict[tuple[Key, Key], list[int]] = {}
    for row in range(len(frame)):
        key = tuple(columns[name][row] for name in exact), tuple(columns[name][row] for name in pattern)
        positions.setdefault(key, []).append(row)
    numbers = frame[column].to_numpy(dtype=np.float64)
    series: dict[Key, dict[Key, Series]] = {}
    for (fixed, free), rows in positions.items():
        years = None
        if year and columns[year][rows[0]] is not None:
            rows = sorted(rows, key=lambda row: int(columns[year][row]))
            years = np.array([columns[year][row] for row in rows], dtype=np.int64)
        between = schema.between(parameters[rows[0]])
        series.setdefault(fixed, {})[free] = Series(years, numbers[rows], between, tuple(rows))
    return _Index(schema, series)


class Resolver:
    """Finds values in a data set. ``column`` may be value, low or high."""

    def __init__(self, dataset: DataSet, column: str = "value") -> None:
        self.dataset = dataset
        self.column = column
        self._indexes: dict[str, _Index] = {}
        self._paths: dict[str | None, tuple[str | None, ...]] = {None: (None,)}

    def _of(self, table: str) -> _Index:
        if table not in self._indexes:
            self._indexes[table] = _index(self.dataset[table], self.dataset.schemas[table], self.column)
        return self._indexes[table]

    def _path(self, location: str | None) -> tuple[str | None, ...]:
        """The place, its parents, then None for a blank cell."""
        if location not in self._paths:
            self._paths[location] = (*self.dataset.places.path(location or ""), None)
        return self._paths[location]

    def find(self, table: str, *, location: str | None = None, **keys: str | None) -> Series | None:
        """The series that holds at a point; None when no row does.

        ``keys`` are the key columns but year and location; those whose blank means all may be left out
        (then only blank rows hold).
        """
        index = self._of(table)
        schema = index.schema
        if table in ADDITIVE:
            raise ValueError(f"rows of {table} add up; use series({table!r})")
        given: dict[str, str | None] = {**keys, "location": location} if "location" in schema.key else dict(keys)
        wrong = set(given) - set(schema.exact_columns) - set(schema.pattern_columns)
        absent = set(schema.exact_columns) - set(given)
        if wrong or absent:
            raise TypeError(f"{table}: unknown keys {sorted(wrong)}, missing keys {sorted(absent)}")
        patterns = index.series.get(tuple(given[name] for name in schema.exact_columns))
        if patterns is None:
            return None
        options = []
        for name in schema.pattern_columns:
            value = given.get(name)
            tree = schema.columns[name].of == "location"
            options.append(self._path(value) if tree else (value, None) if value is not None else (None,))
        for pattern in product(*options):
            if pattern in patterns:
                return patterns[pattern]
        return None

    def value(
        self,
        table: str,
        *,
        year: int | None = None,
        location: str | None = None,
        missing: float | None = None,
        **keys: str | None,
    ) -> float:
        """Value at a point and year, in the canonical unit.

        Without a row: ``missing`` if given, else the default of the schema, else InputError. ``year`` None: the row
        that holds for all years, or the first of a series.
        """
        series = self.find(table, location=location, **keys)
        if series is not None:
            found = float(series.values[0]) if year is None else float(series.at(year))
            if not np.isnan(found):
                return found
        return self._absent(table, missing, {**keys, "location": location, "year": year})

    def mean(
        self,
        table: str,
        *,
        first_year: int,
        length: int,
        location: str | None = None,
        missing: float | None = None,
        **keys: str | None,
    ) -> float:
        """Value of a period: the mean of its yearly values. Without a row as ``value``."""
        series = self.find(table, location=location, **keys)
        if series is not None:
            found = series.mean(first_year, length)
            if not np.isnan(found):
                return found
        return self._absent(table, missing, {**keys, "location": location, "first_year": first_year})

    def _absent(self, table: str, missing: float | None, point: Mapping[str, Any]) -> float:
        """Stand-in for a point without a row: ``missing``, the schema's default, or an error."""
        if missing is not None:
            return missing
        schema = self.dataset.schemas[table]
        quantity = schema.quantity(point.get(schema.parameter_column) if schema.parameter_column else None)
        if quantity is not None and quantity.default is not None:
            return quantity.default
        shown = ", ".join(f"{name} = {part}" for name, part in point.items() if part is not None)
        raise InputError(
            "missing is an error, never zero",
            place=Place(f"{table}.csv", 0, self.column, shown),
            fix="add a row that holds there",
        )

    def values(self, table: str, points: pd.DataFrame, years: Sequence[int], missing: float | None = None) -> Floats:
        """Values of many points: (len(points), len(years)); the columns of ``points`` are key columns and location."""
        result = np.empty((len(points), len(years)))
        for row, point in enumerate(points.to_dict("records")):
            keys: dict[str, str | None] = {
                str(name): None if pd.isna(cell) else str(cell) for name, cell in point.items()
            }
            series = self.find(table, **keys)
            found = series.at(years) if series is not None else np.full(len(years), np.nan)
            if np.isnan(found).any():
                found = np.where(np.isnan(found), self._absent(table, missing, keys), found)
            result[row] = found
        return result

    def series(self, table: str, **keys: str | None) -> Iterator[tuple[dict[str, Any], Series]]:
        """All series of a table as (key columns without the year, series); ``keys`` select (None: blank cells)."""
        index = self._of(table)
        names = (*index.schema.exact_columns, *index.schema.pattern_columns)
        unknown = set(keys) - set(names)
        if unknown:
            raise TypeError(f"{table}: unknown keys {sorted(unknown)}")
        for fixed, patterns in index.series.items():
            for free, series in patterns.items():
                point = dict(zip(names, (*fixed, *free), strict=True))
                if all(point[name] == value for name, value in keys.items()):
                    yield point, series


def most_specific(frame: pd.DataFrame, path: Sequence[str], column: str = "location") -> pd.DataFrame:
    """Rows of ``frame`` whose ``column`` is the first of ``path`` (a place, its parent, ...) there is, else blank."""
    for name in path:
        found = frame[frame[column] == name]
        if len(found):
            return found
    return frame[frame[column].isna()]
