"""A linear program as plain arrays with names, and the guards every array passes before it reaches the solver.

    minimise    cost' x + offset
    subject to  row_lower <= A x <= row_upper      (m rows)
                col_lower <=   x <= col_upper      (n columns)

A is stored by columns (compressed sparse columns, `entries` non-zero slots).
"""

from __future__ import annotations

import functools
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from peakmix.foundation.errors import InfeasibleError, InputError, Place

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int32]
Name = tuple[str, tuple[object, ...]]

TINY_COEFFICIENT = 1e-9
"""Matrix entries at or below this size are ignored by HiGHS (its small_matrix_value)."""
HUGE_COEFFICIENT = 1e15
"""Matrix entries at or above this size are refused by HiGHS (its large_matrix_value)."""
HUGE_BOUND = 1e20
"""Finite bounds and costs at or above this size would be taken for infinite by HiGHS."""


def weighted_count(places: npt.NDArray[np.integer], weights: FloatArray, length: int) -> FloatArray:
    """Sum of the weights that fall on each place 0..length-1, shape (length,)."""
    return np.bincount(places, weights=weights, minlength=length).astype(np.float64, copy=False)


class NameTable(Sequence[Name]):
    """Names of rows or columns: one (component, index tuple) each; a component's members stand together.

    Decoding a stored table is put off until a name is asked for, so loading a large family stays fast.
    """

    def __init__(self, blocks: Sequence[tuple[str, Sequence[tuple[object, ...]]]]) -> None:
        self.components: tuple[str, ...] = tuple(component for component, _ in blocks)
        self._starts = np.concatenate(([0], np.cumsum([len(members) for _, members in blocks]))).astype(np.int64)
        self._members: list[tuple[object, ...]] | None = [index for _, members in blocks for index in members]
        self._codes: IntArray | None = None
        self._labels: list[object] = []

    @classmethod
    def decode(cls, header: str, codes: IntArray) -> NameTable:
        """Rebuild a table from `encode`'s answer; codes has shape (length, longest index)."""
        stored = json.loads(header)
        table = cls([])
        table.components = tuple(stored["components"])
        table._starts = np.asarray(stored["starts"], dtype=np.int64)
        table._members, table._codes, table._labels = None, codes, stored["labels"]
        return table

    def encode(self) -> tuple[str, IntArray]:
        """Header (JSON) and codes (length, longest index; -1 = no label there)."""
        members = self.members
        labels: dict[tuple[type, object], int] = {}
        codes = np.full((len(members), max(map(len, members), default=0)), -1, dtype=np.int32)
        for position, index in enumerate(members):
            for place, label in enumerate(index):
                codes[position, place] = labels.setdefault((type(label), label), len(labels))
        plain = [label.item() if isinstance(label, np.generic) else label for _, label in labels]
        header = {"components": self.components, "starts": self._starts.tolist(), "labels": plain}
        return json.dumps(header, ensure_ascii=False), codes

    @property
    def members(self) -> list[tuple[object, ...]]:
        """Index tuples in order, without their component."""
        if self._members is None:
            assert self._codes is not None
            labels = self._labels
            self._members = [tuple(labels[code] for code in row if code >= 0) for row in self._codes.tolist()]
        return self._members

    def span(self, component: str) -> slice:
        """Positions of a component's members; KeyError if there is no such component."""
        try:
            place = self.components.index(component)
        except ValueError:
            raise KeyError(component) from None
        return slice(int(self._starts[place]), int(self._starts[place + 1]))

    def indices(self, component: str) -> list[tuple[object, ...]]:
        """Index tuples of one component, in order."""
        return self.members[self.span(component)]

    def extended(self, component: str, members: Sequence[tuple[object, ...]]) -> NameTable:
        """The same table with one more component at the end."""
        blocks = [(name, self.indices(name)) for name in self.components]
        return NameTable([*blocks, (component, list(members))])

    def text(self, position: int) -> str:
        """Readable name of one member, as `component[a,b]`."""
        component, index = self[position]
        return f"{component}[{','.join(map(str, index))}]" if index else component

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, position):  # type: ignore[no-untyped-def]
        if isinstance(position, slice):
            return [self[i] for i in range(*position.indices(len(self)))]
        wanted = range(len(self))[position]
        place = int(np.searchsorted(self._starts, wanted, side="right")) - 1
        return self.components[place], self.members[wanted]

    def __iter__(self) -> Iterator[Name]:
        members = self.members
        for place, component in enumerate(self.components):
            for position in range(self._starts[place], self._starts[place + 1]):
                yield component, members[position]


@dataclass(frozen=True, eq=False)
class Pattern:
    """Where A may be non-zero: column pointers `indptr` (n + 1) and row numbers `indices` (entries), rows sorted."""

    indptr: IntArray
    indices: IntArray
    row_count: int

    @functools.cached_property
    def columns(self) -> IntArray:
        """Column number of every entry, shape (entries,)."""
        return np.repeat(np.arange(len(self.indptr) - 1, dtype=np.int32), np.diff(self.indptr))


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

    def row_values(self, x: FloatArray, data: FloatArray | None = None) -> FloatArray:
        """A x, shape (m,); with `data` the entries of A are replaced (for absolute values)."""
        entries = self.data if data is None else data
        weights = entries * x[self.pattern.columns]
        return weighted_count(self.pattern.indices, weights, len(self.row_lower))

    def column_values(self, y: FloatArray, data: FloatArray | None = None) -> FloatArray:
        """A' y, shape (n,)."""
        entries = self.data if data is None else data
        weights = entries * y[self.pattern.indices]
        return weighted_count(self.pattern.columns, weights, len(self.cost))


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
    empty = np.bincount(program.pattern.indices[program.data != 0.0], minlength=program.shape[0]) == 0
    lower, upper = np.where(empty, program.row_lower, 0.0), np.where(empty, program.row_upper, 0.0)
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
