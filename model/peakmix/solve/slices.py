"""A slice of a programme: some columns decided, some left to later, the rest open.

The programme is compiled once for the whole horizon. A slice of it is a programme in the open columns alone:

    rows     L - D - high <= A_open x <= U - D - low     D = A_decided x_decided,
             low, high = least and largest value of A_later x_later within the bounds of those columns
    costs    cost_open' x + offset + cost_decided' x_decided; what comes later costs nothing here

So what is decided is carried by its coefficients, whatever it is (stock, credits, allowances, debt), and a row that reaches
beyond is kept as far as later columns cannot mend it: a budget holds what is used so far, a comparison with a year that is
not yet seen does not bind. A slice is a relaxation: where it has no solution, no continuation of what is decided exists.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from peakmix.foundation.vocabulary import known, word
from peakmix.solve.names import NameTable
from peakmix.solve.program import FloatArray, LinearProgram, Pattern, weighted_count

Mask = npt.NDArray[np.bool_]
Places = npt.NDArray[np.intp]

UNDATED = -1
"""Period of a column whose index has none; it belongs to the first slice."""


@dataclass(frozen=True, eq=False)
class Slice:
    """A programme in the open columns, and where its columns and rows stand in the whole one."""

    program: LinearProgram
    cols: Places
    rows: Places


def column_periods(cols: NameTable) -> npt.NDArray[np.int64]:
    """First year of the period that each column is dated to, shape (n,); UNDATED where the index has no period."""
    found = np.full(len(cols), UNDATED, dtype=np.int64)
    for name in cols.components:
        dims = word("variable", name).dims if known("variable", name) else ()
        if "period" in dims:
            place = dims.index("period")
            found[cols.span(name)] = [int(str(index[place])) for index in cols.indices(name)]
    return found


def chosen(names: NameTable, mask: Mask) -> NameTable:
    """The names of the entries that are chosen, in their order."""
    blocks = []
    for component in names.components:
        span = names.span(component)
        members = [index for index, kept in zip(names.members[span], mask[span].tolist(), strict=True) if kept]
        blocks.append((component, members))
    return NameTable([block for block in blocks if block[1]])


def later_range(program: LinearProgram, later: Mask) -> tuple[FloatArray, FloatArray]:
    """Least and largest value that later columns can bring to each row within their bounds; shapes (m,)."""
    pattern, count = program.pattern, len(program.row_lower)
    touched = later[pattern.columns] & (program.data != 0.0)
    rows, columns, data = pattern.rows[touched], pattern.columns[touched], program.data[touched]
    one, two = data * program.col_lower[columns], data * program.col_upper[columns]
    return tuple(weighted_count(rows, side, count) for side in (np.minimum(one, two), np.maximum(one, two)))  # type: ignore[return-value]


def slice_of(program: LinearProgram, decided: Mask, x: FloatArray, later: Mask) -> Slice:
    """The slice in the columns that are neither decided (at ``x``, shape (n,)) nor later.

    Rows without open columns are left out: what is decided is checked as a whole when the path is complete.
    """
    pattern = program.pattern
    is_open = ~(decided | later)
    held = np.where(decided, x, 0.0)
    shift, _ = program.row_values(held)
    low, high = later_range(program, later)
    lower, upper = program.row_lower - shift - high, program.row_upper - shift - low
    entries = is_open[pattern.columns] & (program.data != 0.0)
    touched = np.zeros(len(lower), dtype=bool)
    touched[pattern.rows[entries]] = True
    kept = touched & (np.isfinite(lower) | np.isfinite(upper))
    entries &= kept[pattern.rows]
    position = np.cumsum(kept) - 1
    per_column = np.bincount(pattern.columns[entries], minlength=len(decided))[is_open]
    indptr = np.concatenate(([0], np.cumsum(per_column))).astype(np.int32)
    inner = Pattern(indptr, position[pattern.rows[entries]].astype(np.int32), int(kept.sum()))
    part = LinearProgram(
        cost=program.cost[is_open],
        offset=program.offset + float(program.cost @ held),
        pattern=inner,
        data=program.data[entries],
        row_lower=lower[kept],
        row_upper=upper[kept],
        col_lower=program.col_lower[is_open],
        col_upper=program.col_upper[is_open],
        rows=chosen(program.rows, kept),
        cols=chosen(program.cols, is_open),
    )
    return Slice(part, np.flatnonzero(is_open), np.flatnonzero(kept))


def last_touch(program: LinearProgram, dated: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Largest date among the columns of each row, shape (m,); -1 for rows without columns. ``dated`` has shape (n,)."""
    found = np.full(len(program.row_lower), -1, dtype=np.int64)
    entries = program.data != 0.0
    np.maximum.at(found, program.pattern.rows[entries], dated[program.pattern.columns[entries]])
    return found


def members_of(cols: NameTable, components: Sequence[str]) -> Mask:
    """Which columns belong to some components, shape (n,)."""
    mask = np.zeros(len(cols), dtype=bool)
    for name in set(components) & set(cols.components):
        mask[cols.span(name)] = True
    return mask
