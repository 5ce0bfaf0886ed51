"""Tracing: how every derived element depends on every number of the tables, to first order.

The cells of the value tables are replaced by traced numbers. Each operation of the derivation on them is written down with
its partial derivatives, in the order in which it happens:

    z = f(x, y)      row (z; x, dz/dx; y, dz/dy)

The record is exact where the derivation is arithmetic: interpolation, weighted means over places, discounting, products. What the
derivation decides by comparing (which row wins, which arc is cheapest, what exists at all) is held as it is. One pass
backwards gives d(sum of weights x elements)/d(cell) for all cells at once; one pass forwards moves all elements along one cell.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from peakmix.tables.dataset import DataSet

UNTRACED = ("money", "calibration", "balance_residuals", "sanity")
"""Tables with values that the derivation does not read, or that are applied before it (price levels)."""

DATES_AND_LIVES = ("lifetime", "first_year")
"""Parameters that are years: they decide survival and index sets."""

Cell = tuple[str, int]
"""Table and position of a row in it."""


@dataclass(eq=False)
class Tape:
    """The record. Node k < len(cells) is a cell; the others are operations with up to two parents (-1: none)."""

    cells: list[Cell] = field(default_factory=list)
    first: list[int] = field(default_factory=list)
    first_slope: list[float] = field(default_factory=list)
    second: list[int] = field(default_factory=list)
    second_slope: list[float] = field(default_factory=list)
    held: list[int] = field(default_factory=list)
    """Nodes at which the record stops: lives and dates, which act by steps."""

    def leaf(self, cell: Cell, value: float) -> Traced:
        """A cell as a traced number; all cells come before the first operation."""
        self.cells.append(cell)
        return self.node(value, -1, 0.0, -1, 0.0)

    def node(self, value: float, one: int, one_slope: float, two: int, two_slope: float) -> Traced:
        """An operation's result."""
        made = Traced(value)
        made.tape, made.place = self, len(self.first)
        self.first.append(one)
        self.first_slope.append(one_slope)
        self.second.append(two)
        self.second_slope.append(two_slope)
        return made

    def backward(self, weights: Mapping[int, float]) -> list[float]:
        """d(sum of weight x node)/d(cell) for every cell, in the order of ``cells``."""
        total = [0.0] * len(self.first)
        for place, weight in weights.items():
            total[place] += weight
        first, first_slope, second, second_slope = self.first, self.first_slope, self.second, self.second_slope
        for place in range(len(total) - 1, len(self.cells) - 1, -1):
            weight = total[place]
            if weight:
                one, two = first[place], second[place]
                if one >= 0:
                    total[one] += weight * first_slope[place]
                if two >= 0:
                    total[two] += weight * second_slope[place]
        return total[: len(self.cells)]

    def forward(self, moves: Mapping[int, float]) -> list[float]:
        """Change of every node, to first order, when cells (by position in ``cells``) change by given amounts."""
        change = [0.0] * len(self.first)
        for place, amount in moves.items():
            change[place] = amount
        first, first_slope, second, second_slope = self.first, self.first_slope, self.second, self.second_slope
        for place in range(len(self.cells), len(change)):
            one, two, moved = first[place], second[place], 0.0
            if one >= 0 and change[one]:
                moved = change[one] * first_slope[place]
            if two >= 0 and change[two]:
                moved += change[two] * second_slope[place]
            if moved:
                change[place] = moved
        return change

    def used(self) -> set[int]:
        """Cells that any operation looked at."""
        count = len(self.cells)
        return {p for parents in (self.first, self.second) for p in parents[count:] if 0 <= p < count}


class Followed(float):
    """A float that is followed through the derivation: see :class:`Traced` and :mod:`peakmix.parameters.recording`."""

    __slots__ = ()


class Traced(Followed):
    """A float that writes down what is done with it; equal, ordered and hashed as the float it is."""

    __slots__ = ("place", "tape")
    tape: Tape
    place: int

    def _join(self, value: float, slope: float, other: Any, other_slope: float) -> Traced:
        """The result of an operation on this number and another one."""
        if type(other) is Traced:
            return self.tape.node(value, self.place, slope, other.place, other_slope)
        return self.tape.node(value, self.place, slope, -1, 0.0)

    def __add__(self, other: Any) -> Any:
        return self._join(float(self) + float(other), 1.0, other, 1.0) if _number(other) else NotImplemented

    __radd__ = __add__

    def __sub__(self, other: Any) -> Any:
        return self._join(float(self) - float(other), 1.0, other, -1.0) if _number(other) else NotImplemented

    def __rsub__(self, other: Any) -> Any:
        return self._join(float(other) - float(self), -1.0, other, 1.0) if _number(other) else NotImplemented

    def __mul__(self, other: Any) -> Any:
        return self._join(float(self) * float(other), float(other), other, float(self)) if _number(other) else NotImplemented

    __rmul__ = __mul__

    def __truediv__(self, other: Any) -> Any:
        if not _number(other):
            return NotImplemented
        below = float(other)
        return self._join(float(self) / below, 1.0 / below, other, -float(self) / below / below)

    def __rtruediv__(self, other: Any) -> Any:
        if not _number(other):
            return NotImplemented
        below = float(self)
        return self._join(float(other) / below, -float(other) / below / below, other, 1.0 / below)

    def __pow__(self, other: Any, modulus: None = None) -> Any:
        base, power = float(self), float(other)
        value = base**power
        by_power = value * math.log(base) if type(other) is Traced and base > 0 else 0.0
        return self._join(value, power * base ** (power - 1) if power else 0.0, other, by_power)

    def __rpow__(self, other: Any, modulus: None = None) -> Any:
        value = float(other) ** float(self)
        return self._join(value, value * math.log(float(other)) if other > 0 else 0.0, other, 0.0)

    def __neg__(self) -> Any:
        return self._join(-float(self), -1.0, None, 0.0)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self if self >= 0 else -self


def _number(value: Any) -> bool:
    """Is this a number that a traced one can be joined with?"""
    return isinstance(value, int | float)


def number(value: Any) -> float:
    """A cell's value as a float, followed when it is."""
    return value if isinstance(value, Followed) else float(value)


def bare(value: float) -> float:
    """The number alone, for reports: what is done with it decides no derived element, and is not followed."""
    return float.__float__(value) if isinstance(value, Followed) else value


def settled(value: float) -> float:
    """A life or a date as a plain number: what hangs on it is not followed, and the record notes where it stopped."""
    if type(value) is Traced:
        value.tape.held.append(value.place)
    return float(value)


def traced(dataset: DataSet) -> tuple[DataSet, Tape]:
    """A copy of the data set whose values are traced, and the record that the derivation will write.

    Years (lives, first years) stay plain numbers; so do tables that the derivation does not read.
    """
    tape, tables = Tape(), dict(dataset.tables)
    for name, frame in dataset.tables.items():
        schema = dataset.schemas[name]
        if name in UNTRACED or not schema.has_values or frame.empty:
            continue
        column = schema.parameter_column
        kinds = frame[column].tolist() if column else [None] * len(frame)
        values = [
            float(value) if kind in DATES_AND_LIVES else tape.leaf((name, row), float(value))
            for row, (kind, value) in enumerate(zip(kinds, frame["value"].tolist(), strict=True))
        ]
        copy = frame.copy()
        copy["value"] = pd.Series(values, index=frame.index, dtype="object")
        tables[name] = copy
    return replace(dataset, tables=tables), tape
