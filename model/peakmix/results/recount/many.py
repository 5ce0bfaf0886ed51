"""Recount and quick audit of many members side by side.

The checks are those of ``quick_audit``; here only the largest violation of each member is formed. A member that fails is
looked at again by itself, which names check and row.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from peakmix.results.quick_audit import EQUALITY_FLOOR, INEQUALITY_FLOOR
from peakmix.results.recount.recount import Recount
from peakmix.results.recount.stack import Stack
from peakmix.results.recount.terms import Element
from peakmix.solve.bundle import Bundle
from peakmix.solve.program import FloatArray, IntArray
from peakmix.solve.sums import Sums


class ManyRows:
    """The rows of a stack as matrices, for members that differ in some elements.

    Parameters
    ----------
    recount, own:
        Blocks of the structure, and those of its rows that are wanted.
    elements:
        Derived elements that differ between members.
    columns:
        Columns of the programme.
    """

    def __init__(self, recount: Recount, own: Stack, elements: Sequence[Element], columns: int) -> None:
        known = recount.scope.elements
        base = known.vector()
        lever = np.full(len(base), -1, dtype=np.intp)
        for place, element in enumerate(elements):
            position = known.place(element)
            if position is not None:
                lever[position] = place
        used = np.where(own.element < 0, len(base) - 1, own.element)
        column = np.where(own.column < 0, columns, own.column)
        moving = np.flatnonzero(lever[used] >= 0)
        self._lever, self._factor = lever[used[moving]], own.factor[moving][:, None]
        self._sums = Sums(own.row, column, own.factor * base[used], moving, (len(own.sense), columns + 1))

    def values(self, x: FloatArray, elements: FloatArray) -> FloatArray:
        """Every row of every member, (rows, members).

        x (columns + 1, members) ends with ones; elements (members, elements) are the values of those that differ.
        """
        return self._sums(x, self._factor * elements.T[self._lever])

    def both(self, x: FloatArray, elements: FloatArray) -> tuple[FloatArray, FloatArray]:
        """The same, and the sums of the absolute terms."""
        return self._sums.both(x, self._factor * elements.T[self._lever])


class QuickAudits:
    """The quick audit of a structure's members, side by side."""

    def __init__(self, recount: Recount, elements: Sequence[Element], columns: int) -> None:
        checks = recount.checks
        self._rows = ManyRows(recount, checks, elements, columns)
        self.moving = len(self._rows._factor)
        self._cost = checks.slices["cost"]
        self._sense: IntArray = checks.sense
        kept = np.ones(len(checks.sense), dtype=bool)
        kept[self._cost] = False
        self._equal = np.flatnonzero(kept & (checks.sense == 0))
        self._unequal = np.flatnonzero(kept & (checks.sense != 0))
        self._sign = checks.sense[self._unequal].astype(np.float64)[:, None]

    def worst(self, bundle: Bundle, x: FloatArray, elements: FloatArray, objective: FloatArray) -> FloatArray:
        """Largest violation of every member, (members,); x as in ``ManyRows.values``, objective (members,) the solver's."""
        value, size = self._rows.both(x, elements)
        equal, unequal = self._equal, self._unequal
        found = [
            np.abs(value[equal]) / np.maximum(size[equal], EQUALITY_FLOOR),
            self._sign * value[unequal] / np.maximum(size[unequal], INEQUALITY_FLOOR),
        ]
        base, inside = bundle.family.base, x[:-1]
        outside = np.maximum(base.col_lower[:, None] - inside, inside - base.col_upper[:, None])
        found.append(outside / np.maximum(1.0, np.abs(inside)))
        total = value[self._cost].sum(axis=0) + bundle.offset
        worst = np.abs(total - objective) / np.maximum(1.0, np.abs(objective))
        for part in found:
            worst = np.maximum(worst, np.max(part, axis=0, initial=0.0))
        return np.asarray(worst)
