"""Rows of a table as series over years, and which of them holds in a place.

The most specific row is found by painting: the row for all places first, then the rows of ever deeper places over their
subtrees. What is on top in a place holds there. Rows for one host are painted over those for all hosts.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator
from typing import Any

import numpy as np

from peakmix.audit.calendar import Calendar, step, straight
from peakmix.audit.report import Floats
from peakmix.tables import DataSet

Key = tuple[Hashable, ...]


def blank(cell: Any) -> bool:
    """True for a blank key cell."""
    return cell is None or cell != cell or cell == ""


class Series:
    """Values along years, in canonical units; ``between`` is linear, step or none."""

    def __init__(self, points: list[tuple[int | None, float]], between: str) -> None:
        ordered = sorted((-np.inf if year is None else year, value) for year, value in points)
        self.years: Floats = np.array([year for year, _ in ordered], dtype=np.float64)
        self.values: Floats = np.array([value for _, value in ordered], dtype=np.float64)
        self.between = between
        self._periods: Floats | None = None

    def on(self, years: Floats) -> Floats:
        """Values in years."""
        if len(self.values) == 1:
            return np.full(len(years), self.values[0])
        return straight(self.years, self.values, years) if self.between == "linear" else step(self.years, self.values, years)

    def at(self, year: float) -> float:
        """Value in one year."""
        return float(self.on(np.array([year], dtype=np.float64))[0])

    def periods(self, calendar: Calendar) -> Floats:
        """Value of each period: the mean of its years, a step that of its first year."""
        if self._periods is None:
            if self.between == "linear":
                self._periods = calendar.mean(self.on(calendar.years.astype(np.float64)))
            else:
                self._periods = self.on(np.array(calendar.first, dtype=np.float64))
        return self._periods


class Rows:
    """All series of one table: by the key columns without place and year, then by place (None: all places)."""

    def __init__(self, data: DataSet, table: str, column: str = "value") -> None:
        schema, frame = data.schemas[table], data.tables[table]
        self.schema, self.tree = schema, data.places
        year = schema.year_column
        keys = [name for name in schema.key if name not in (year, "location")]
        parameters = frame[schema.parameter_column].tolist() if schema.parameter_column else [None] * len(frame)
        places = frame["location"].tolist() if "location" in schema.key else [None] * len(frame)
        years = frame[year].tolist() if year else [None] * len(frame)
        found: dict[Key, dict[str | None, list[tuple[int | None, float]]]] = {}
        between: dict[Key, str] = {}
        numbers = frame[column].tolist()
        for *cells, place, when, value, name in zip(
            *(frame[key].tolist() for key in keys), places, years, numbers, parameters, strict=True
        ):
            key = tuple(None if blank(cell) else cell for cell in cells)
            spot = None if blank(place) else str(place)
            found.setdefault(key, {}).setdefault(spot, []).append((None if blank(when) else int(when), float(value)))
            between[key] = schema.between(name)
        self.series: dict[Key, dict[str | None, Series]] = {
            key: {place: Series(points, between[key]) for place, points in by_place.items()} for key, by_place in found.items()
        }
        self._painted: dict[tuple[Key, ...], dict[str, Series]] = {}
        self._parameter = keys.index(schema.parameter_column) if schema.parameter_column else None
        self._defaults = {name: quantity.default for name, quantity in schema.parameters.items()}

    def __iter__(self) -> Iterator[Key]:
        return iter(self.series)

    def written(self, key: Key) -> dict[str | None, Series]:
        """Series by the place they are written at."""
        return self.series.get(key, {})

    def everywhere(self, *keys: Key) -> Series | None:
        """The series of a table without places: that of the last key that has one."""
        for key in reversed(keys):
            if None in self.written(key):
                return self.series[key][None]
        return None

    def painted(self, *keys: Key) -> dict[str, Series]:
        """The series that holds in every place; later keys are more specific and lie on top of earlier ones."""
        if keys not in self._painted:
            canvas: dict[str, Series] = {}
            for key in keys:
                written = self.written(key)
                for place in sorted(written, key=lambda p: -1 if p is None else self.tree.depth(p)):
                    below = self.tree.parents if place is None else self.tree.subtree(place)
                    canvas.update(dict.fromkeys(below, written[place]))
            self._painted[keys] = canvas
        return self._painted[keys]

    def default_of(self, key: Key) -> float | None:
        """What a place without a row counts with: the schema's default; none of a flow or an emission is zero."""
        if self._parameter is None:
            return 0.0 if self.schema.table in ("flows", "emissions", "energy_exclusions") else None
        return self.default(str(key[self._parameter]))

    def default(self, parameter: str) -> float | None:
        """The schema's default of a parameter, None where it has none."""
        return self._defaults.get(parameter)
