"""A linear program as plain arrays with names, and the guards every array passes before it reaches the solver.

    minimise    cost' x + offset
    subject to  row_lower <= A x <= row_upper      (m rows)
                col_lower <=   x <= col_upper      (n columns)

A is stored by columns (compressed sparse columns, `entries` non-zero slots).
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from peakmix.foundation.errors import InfeasibleError, InputError, Place
from peakmix.solve.names import IntArray, NameTable, as_tuple

__all__ = ["IntArray", "LinearProgram", "NameTable", "Pattern", "Ranges", "as_tuple", "coefficient_ranges"]

FloatArray = npt.NDArray[np.float64]
PlaceArray = npt.NDArray[np.intp]

TINY_COEFFICIENT = 1e-9
"""Matrix entries at or below this size are ignored by HiGHS (its small_matrix_value)."""
HUGE_COEFFICIENT = 1e15
"""Matrix entries at or above this size are refused by HiGHS (its large_matrix_value)."""
HUGE_BOUND = 1e20
"""Finite bounds and costs at or above this size would be taken for infinite by HiGHS."""


def weighted_count(places: npt.NDArray[np.integer], weights: FloatArray, length: int) -> FloatArray:
    """Sum of the weights that fall on each place 0..length-1, shape (length,)."""
    return np.bincount(places, weights=weights, minlength=length).astype(np.float64, copy=False)


@dataclass(frozen=True, eq=False)
class Pattern:
    """Where A may be non-zero: column pointers `indptr` (n + 1) and row numbers `indices` (entries), rows sorted."""

    indptr: IntArray
    indices: IntArray
    row_count: int

    @functools.cached_property
    def columns(self) -> PlaceArray:
        """Column number of every entry, shape (entries,)."""
        return np.repeat(np.arange(len(self.indptr) - 1, dtype=np.intp), np.diff(self.indptr))

    @functools.cached_property
    def rows(self) -> PlaceArray:
        """Row number of every entry, shape (entries,); `indices` in the integers numpy indexes with fastest."""
        return self.indices.astype(np.intp)

    @functools.cached_property
    def row_entries(self) -> PlaceArray:
        """Number of slots in every row, shape (m,)."""
        return np.bincount(self.rows, minlength=self.row_count)


@dataclass(frozen=True, eq=False)
class LinearProgram:
    """One linear program: arrays in the model's own units, with names. Members of a family share pattern and names."""

    cost: FloatArray
    offset: float
    pattern: Pattern
    data: FloatArray
    row_lower: FloatArray
    row_upper: FloatArray
    col_lower: FloatArray
    col_upper: FloatArray
    rows: NameTable
    cols: NameTable

    @classmethod
    def from_dense(
        cls, cost: npt.ArrayLike, matrix: npt.ArrayLike, rows: Sequence[tuple[float, float]],
        cols: Sequence[tuple[float, float]], offset: float = 0.0,
    ) -> LinearProgram:  # fmt: skip
        """A small program from a dense matrix (m, n) and (lower, upper) pairs; names are row[i] and col[j]."""
        dense = np.asarray(matrix, dtype=np.float64).reshape(len(rows), len(cols))
        col, row = np.nonzero(dense.T)
        indptr = np.searchsorted(col, np.arange(len(cols) + 1)).astype(np.int32)
        row_sides, col_sides = (np.asarray(pairs, dtype=np.float64).reshape(-1, 2).T.copy() for pairs in (rows, cols))
        names = (NameTable([(name, [(i,) for i in range(n)])]) for name, n in (("row", len(rows)), ("col", len(cols))))
        pattern = Pattern(indptr, row.astype(np.int32), len(rows))
        values = dense[row, col]
        return cls(np.asarray(cost, dtype=np.float64), offset, pattern, values, *row_sides, *col_sides, *names)

    @property
    def shape(self) -> tuple[int, int]:
        """(rows, columns)."""
        return len(self.row_lower), len(self.cost)

    def checked(self) -> LinearProgram:
        """The program itself, after `check_numbers` and `check_bounds`; they run once for each program."""
        if "_sound" not in self.__dict__:
            check_numbers(self)
            check_bounds(self)
            self.__dict__["_sound"] = True
        return self

    def row_values(self, x: FloatArray) -> tuple[FloatArray, FloatArray]:
        """A x, and sum_j |a_ij x_j|, what flows through each row; shapes (m,)."""
        terms, rows = self.data * x[self.pattern.columns], self.pattern.rows
        count = len(self.row_lower)
        return weighted_count(rows, terms, count), weighted_count(rows, np.abs(terms), count)

    def reduced_costs(self, y: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Reduced costs c - A' y, and sum_i |a_ij y_i|; shapes (n,)."""
        terms, columns = self.data * y[self.pattern.rows], self.pattern.columns
        count = len(self.cost)
        return self.cost - weighted_count(columns, terms, count), weighted_count(columns, np.abs(terms), count)


def refusal(name: str, what: str, fix: str = "") -> InputError:
    """An input error about one named part of the model."""
    return InputError(what, place=Place(file=name), fix=fix)


_LOOK = "look for the missing or mistyped table value behind this element, or change its unit"


def _refuse(bad: npt.NDArray[np.bool_], values: FloatArray, names: NameTable, what: str) -> None:
    """Raise InputError for the first true entry of `bad`, naming it."""
    if bad.any():
        first = int(np.argmax(bad))
        raise refusal(names.text(first), f"{what}, not {float(values[first])!r} ({int(bad.sum())} such entries)", _LOOK)


def check_numbers(program: LinearProgram) -> None:
    """Refuse numbers a solver would misread: NaN, misplaced infinities, sizes beyond the solver's own limits.

    Raises InputError with the component and index of the first offender.
    """
    huge = ~(np.abs(program.data) < HUGE_COEFFICIENT)
    if huge.any():
        first = int(np.argmax(huge))
        row, col = int(program.pattern.indices[first]), int(program.pattern.columns[first])
        what = f"a coefficient is finite and below {HUGE_COEFFICIENT:g}, not {float(program.data[first])!r}"
        where = f"{program.rows.text(row)}, column {program.cols.text(col)}"
        raise refusal(where, f"{what} ({int(huge.sum())} such entries)", _LOOK)
    rule = f"a cost is finite and below {HUGE_BOUND:g}"
    _refuse(~(np.abs(program.cost) < HUGE_BOUND), program.cost, program.cols, rule)
    if not np.isfinite(program.offset):
        raise refusal("objective", f"the constant of the objective is finite, not {program.offset!r}", _LOOK)
    for values, names, sign, side in (
        (program.row_lower, program.rows, -1.0, "lower"),
        (program.row_upper, program.rows, 1.0, "upper"),
        (program.col_lower, program.cols, -1.0, "lower"),
        (program.col_upper, program.cols, 1.0, "upper"),
    ):
        bad = ~((np.abs(values) < HUGE_BOUND) | (values == sign * np.inf))
        _refuse(bad, values, names, f"a {side} bound is a number below {HUGE_BOUND:g}, or open")


def check_bounds(program: LinearProgram, tolerance: float = 1e-9) -> None:
    """Refuse bounds that cross, and rows without any variable that do not hold (constant rows such as 0 >= 5).

    The tolerance on crossing bounds is relative to max(1, |bound|). Raises InfeasibleError with a name.
    """
    sides = ((program.row_lower, program.row_upper, program.rows), (program.col_lower, program.col_upper, program.cols))
    for lower, upper, names in sides:
        crossed = lower > upper + tolerance * np.maximum(1.0, np.abs(upper))
        if crossed.any():
            first = int(np.argmax(crossed))
            rule = f"asks for at least {lower[first]:g} and at most {upper[first]:g}"
            raise InfeasibleError(rule, place=Place(file=names.text(first)))
    used = program.data != 0.0
    pattern = program.pattern
    filled = pattern.row_entries if used.all() else np.bincount(pattern.rows[used], minlength=pattern.row_count)
    if filled.all():
        return
    lower, upper = (np.where(filled == 0, side, 0.0) for side in (program.row_lower, program.row_upper))
    broken = (lower > tolerance) | (upper < -tolerance)
    if broken.any():
        first = int(np.argmax(broken))
        raise InfeasibleError(
            f"has no variable left and does not hold: {lower[first]:g} <= 0 <= {upper[first]:g}",
            place=Place(file=program.rows.text(first)),
            fix="check which table value made every coefficient of this row zero",
        )


def _span(values: FloatArray) -> tuple[float, float]:
    """Smallest and largest size among the finite non-zero values; (0, 0) if there are none."""
    sizes = np.abs(values[np.isfinite(values) & (values != 0.0)])
    return (float(sizes.min()), float(sizes.max())) if len(sizes) else (0.0, 0.0)


@dataclass(frozen=True)
class Ranges:
    """Smallest and largest sizes of the numbers of a program, and entries so small that the solver ignores them."""

    cost: tuple[float, float]
    matrix: tuple[float, float]
    row_bounds: tuple[float, float]
    col_bounds: tuple[float, float]
    ignored: int
    examples: tuple[str, ...]

    def lines(self) -> list[str]:
        """The report as text, one line a group."""
        parts = {"costs": self.cost, "matrix": self.matrix, "rows": self.row_bounds, "columns": self.col_bounds}
        text = [f"{name:<8} {low:.1e} to {high:.1e}" for name, (low, high) in parts.items()]
        if self.ignored:
            examples = "; ".join(self.examples)
            text.append(f"{self.ignored} entries of at most {TINY_COEFFICIENT:g} are ignored: {examples}")
        return text


def coefficient_ranges(program: LinearProgram) -> Ranges:
    """Report the ranges of a program; entries the solver ignores are counted and the first three named."""
    tiny = np.flatnonzero((program.data != 0.0) & (np.abs(program.data) <= TINY_COEFFICIENT))
    pattern, rows, cols = program.pattern, program.rows, program.cols
    examples = [
        f"{rows.text(int(pattern.indices[k]))} x {cols.text(int(pattern.columns[k]))} = {program.data[k]:g}"
        for k in tiny[:3]
    ]
    return Ranges(
        cost=_span(program.cost),
        matrix=_span(program.data),
        row_bounds=_span(np.concatenate((program.row_lower, program.row_upper))),
        col_bounds=_span(np.concatenate((program.col_lower, program.col_upper))),
        ignored=len(tiny),
        examples=tuple(examples),
    )
