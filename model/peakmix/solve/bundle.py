"""Many members of a family at once: only the numbers that levers touch are formed, member by member side by side."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from peakmix.solve.family import AffineFamily, cancelled
from peakmix.solve.program import HUGE_BOUND, HUGE_COEFFICIENT, FloatArray, IntArray, LinearProgram
from peakmix.solve.sums import Sums

MOVED = ("cost", "data", "row_lower", "row_upper")
BOUND_TOLERANCE = 1e-9


@dataclass(frozen=True, eq=False)
class Touched:
    """The entries of one array that levers touch: their positions (entries,), and their values (members, entries)."""

    places: IntArray
    values: FloatArray


class Frame:
    """What all members of a family share when they are looked at side by side; made once."""

    def __init__(self, family: AffineFamily) -> None:
        self.family = family
        base, pattern = family.base, family.base.pattern
        self.places = {name: family.slopes[name].touched for name in MOVED}
        moving = self.places["data"]
        rows, columns = base.shape
        self.by_row = Sums(pattern.rows, pattern.columns, base.data, moving, (rows, columns))
        self.by_column = Sums(pattern.columns, pattern.rows, base.data, moving, (columns, rows))


class Bundle:
    """Some members of a family.

    Parameters
    ----------
    frame:
        The family.
    levers:
        Their lever values (members, levers).
    """

    def __init__(self, frame: Frame, levers: FloatArray) -> None:
        self.frame, self.levers = frame, levers
        self.family = frame.family
        base = self.family.base
        self.touched: dict[str, Touched] = {}
        for name, places in frame.places.items():
            before = getattr(base, name)[places]
            values = before + self.family.slopes[name].moved(levers)
            values[cancelled(values, before)] = 0.0
            self.touched[name] = Touched(places, values)
        self.offset = base.offset + levers @ self.family.offset_slopes

    def __len__(self) -> int:
        return len(self.levers)

    def program(self, member: int) -> LinearProgram:
        """One member by itself; raises as ``AffineFamily.at`` does."""
        return self.family.at(self.levers[member])

    @cached_property
    def doubtful(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Members (members,) whose numbers may be refused: to be looked at one by one. Sound ones are surely sound."""
        touched, base = self.touched, self.family.base
        bad = ~np.isfinite(self.offset) | ~np.isfinite(self.levers).all(axis=1)
        data, cost = touched["data"].values, touched["cost"].values
        bad |= ~(np.abs(data) < HUGE_COEFFICIENT).all(axis=1) | (data == 0.0).any(axis=1)
        bad |= ~(np.abs(cost) < HUGE_BOUND).all(axis=1)
        for name, sign in (("row_lower", -1.0), ("row_upper", 1.0)):
            values = touched[name].values
            bad |= ~((np.abs(values) < HUGE_BOUND) | (values == sign * np.inf)).all(axis=1)
        lower, upper = self.bounds()
        rows = np.union1d(touched["row_lower"].places, touched["row_upper"].places)
        low, high = (np.broadcast_to(side, (len(base.row_lower), len(self)))[rows] for side in (lower, upper))
        return np.asarray(bad | (low > high + BOUND_TOLERANCE * np.maximum(1.0, np.abs(high))).any(axis=0))

    def bounds(self) -> tuple[FloatArray, FloatArray]:
        """Lower and upper bounds of the rows, (rows, members), or (rows, 1) where no lever touches them."""
        return self._full("row_lower"), self._full("row_upper")

    def row_sides(self, member: int, rows: IntArray) -> tuple[FloatArray, FloatArray]:
        """Lower and upper bounds of some rows of one member."""
        found = []
        for name in ("row_lower", "row_upper"):
            values, touched = getattr(self.family.base, name)[rows], self.touched[name]
            if len(touched.places):
                place = np.minimum(np.searchsorted(touched.places, rows), len(touched.places) - 1)
                own = touched.places[place] == rows
                values[own] = touched.values[member, place[own]]
            found.append(values)
        return found[0], found[1]

    def costs(self) -> FloatArray:
        """Costs (columns, members), or (columns, 1)."""
        return self._full("cost")

    def _full(self, name: str) -> FloatArray:
        base, touched = getattr(self.family.base, name), self.touched[name]
        if not len(touched.places):
            return np.asarray(base[:, None])
        whole = np.repeat(base[:, None], len(self), axis=1)
        whole[touched.places] = touched.values.T
        return whole

    def part(self, members: IntArray) -> Bundle:
        """Some of the members."""
        return self if len(members) == len(self) else Bundle(self.frame, self.levers[members])

    def gradients(self, x: FloatArray, row_dual: FloatArray) -> FloatArray:
        """Slope of the optimum in every lever, (members, levers); x (columns, members), row_dual (rows, members)."""
        family, pattern = self.family, self.family.base.pattern
        result = family.slopes["cost"].collected_many(x, len(family.levers))
        result += family.slopes["row_lower"].collected_many(np.maximum(row_dual, 0.0), len(family.levers))
        result += family.slopes["row_upper"].collected_many(np.minimum(row_dual, 0.0), len(family.levers))
        places = self.frame.places["data"]
        if len(places):
            products = row_dual[pattern.rows[places]] * x[pattern.columns[places]]
            result -= family.slopes["data"].collected_many(products, len(family.levers), places)
        return np.asarray((result + family.offset_slopes[:, None]).T)
