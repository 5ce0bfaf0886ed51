"""Finding the value that holds for a key in a place: the most specific row wins.

A blank cell means "all". Among the rows of a key the one at the nearest ancestor of the place wins, then the nearest
more general one, and blank last. All rows at the winning place form the time series.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Sequence
from typing import Any

import pandas as pd

from peakmix.parameters.time import Series
from peakmix.parameters.tracing import number

Key = tuple[Hashable, ...]


def blank(value: Any) -> bool:
    """True for an empty key cell."""
    return value is None or value != value or value == ""


def records(frame: pd.DataFrame) -> Iterator[Any]:
    """Rows of a table as named tuples."""
    yield from frame.itertuples()


class Places:
    """The location tree as chains of ancestors."""

    def __init__(self, locations: pd.DataFrame) -> None:
        self.parent: dict[str, str | None] = {row.location: None if blank(row.parent) else row.parent for row in records(locations)}
        self.level: dict[str, str] = dict(zip(locations["location"], locations["level"], strict=True))
        self._chains = {place: tuple(self._climb(place)) for place in self.parent}

    def _climb(self, place: str) -> Iterable[str]:
        node: str | None = place
        while node is not None:
            yield node
            node = self.parent[node]

    def chain(self, place: str) -> tuple[str, ...]:
        """The place, its parent, and so on up to the root."""
        return self._chains[place]

    def under(self, node: str) -> list[str]:
        """All places in the subtree of a node, the node itself included."""
        return [place for place, chain in self._chains.items() if node in chain]

    @property
    def root(self) -> str:
        """The one place without a parent."""
        return next(place for place, parent in self.parent.items() if parent is None)


class Lookup:
    """Rows of one table indexed by key columns, an optional place column and an optional year column.

    Parameters
    ----------
    frame:
        A table with a ``value`` column in canonical units.
    keys:
        Key columns without place and year. A blank key cell means all; more filled cells are more specific.
    place, year:
        Names of the place and year columns, or None when the table has none.
    """

    def __init__(self, frame: pd.DataFrame, keys: Sequence[str], place: str | None = "location", year: str | None = "year") -> None:
        self._rows: dict[Key, dict[str | None, list[tuple[int | None, float]]]] = {}
        columns = [frame[k].tolist() for k in keys]
        where = frame[place].tolist() if place else [None] * len(frame)
        when = frame[year].tolist() if year else [None] * len(frame)
        for *key, at, on, value in zip(*columns, where, when, frame["value"].tolist(), strict=True):
            cell = tuple(None if blank(k) else k for k in key)
            spot = None if blank(at) else at
            stamp = None if blank(on) else int(on)
            self._rows.setdefault(cell, {}).setdefault(spot, []).append((stamp, number(value)))

    def __iter__(self) -> Any:
        return iter(self._rows)

    def keys(self) -> list[Key]:
        """All keys with a row, in table order."""
        return list(self._rows)

    def places(self, *key: Hashable) -> list[str | None]:
        """Places with a row of exactly this key; None stands for blank."""
        return list(self._rows.get(key, {}))

    def series(self, *key: Hashable, chain: Sequence[str] = ()) -> Series | None:
        """The time series that holds for a key in a place given by its chain of ancestors, or None."""
        found = self._rows.get(key)
        if found is None:
            return None
        for place in (*chain, None):
            if place in found:
                return found[place]
        return None

    def exact(self, place: str | None, *key: Hashable) -> Series | None:
        """The series written at exactly this place, or None."""
        return self._rows.get(key, {}).get(place)

    def first(self, *candidates: Key, chain: Sequence[str] = ()) -> Series | None:
        """The series of the first candidate key that has one: give the more specific key first."""
        for key in candidates:
            series = self.series(*key, chain=chain)
            if series is not None:
                return series
        return None
