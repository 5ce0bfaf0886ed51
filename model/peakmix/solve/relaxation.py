"""Programs some of whose rows may be missed, or do not count at all.

Every row i of a chosen set may be missed by s_i, t_i >= 0 in units of a size Z_i:

    L_i - Z_i s_i <= (A x)_i <= U_i + Z_i t_i

and the sum of what is missed by a group of rows may be bounded: sum over the group of Z_i (s_i + t_i) <= T.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from peakmix.solve.names import NameTable
from peakmix.solve.program import FloatArray, IntArray, LinearProgram, Pattern
from peakmix.solve.solution import Solution

BoolArray = npt.NDArray[np.bool_]
PRICED = 1e-6
"""From this relative size on a price in a relaxation is one, and not what an interior answer leaves."""
TOTAL = "total_missed"


def without(program: LinearProgram, rows: BoolArray) -> LinearProgram:
    """The program without the bounds of some rows (m,)."""
    lower, upper = np.where(rows, -np.inf, program.row_lower), np.where(rows, np.inf, program.row_upper)
    return replace(program, row_lower=lower, row_upper=upper)


@dataclass(frozen=True, eq=False)
class Relaxed:
    """A program whose rows may be missed. Column `count` + k belongs to slack k.

    rows     row that slack k belongs to (slacks,)
    sign     +1 where it lifts a lower side, -1 where it eases an upper one (slacks,)
    sizes    Z of every row (m,)
    """

    program: LinearProgram
    count: int
    rows: IntArray
    sign: FloatArray
    sizes: FloatArray

    def missed(self, x: FloatArray) -> FloatArray:
        """What every slack makes up for, in the unit of its row (slacks,); from the values of all columns."""
        return np.maximum(x[self.count :], 0.0) * self.sizes[self.rows]


def relax(
    program: LinearProgram, rows: BoolArray, sizes: FloatArray, totals: tuple[IntArray, FloatArray] | None = None
) -> Relaxed:
    """Let rows (m,) be missed; the objective is the sum of all slacks, or with `totals` the cost as it is.

    totals   number of the group of each row (m,), and the bound T of every group in the unit of its rows (groups,)
    """
    lower = np.flatnonzero(rows & np.isfinite(program.row_lower))
    upper = np.flatnonzero(rows & np.isfinite(program.row_upper))
    slack_rows = np.concatenate((lower, upper)).astype(np.int32)
    sign = np.concatenate((np.ones(len(lower)), -np.ones(len(upper))))
    size, number = sizes[slack_rows], len(slack_rows)
    pattern, row_names = program.pattern, program.rows
    entries, values, height = slack_rows, sign * size, 1
    low, high = program.row_lower, program.row_upper
    row_count = pattern.row_count
    if totals is not None:
        group, bound = totals
        entries = np.column_stack((slack_rows, row_count + group[slack_rows])).astype(np.int32).ravel()
        values, height = np.column_stack((sign * size, size)).ravel(), 2
        low, high = np.concatenate((low, np.full(len(bound), -np.inf))), np.concatenate((high, bound))
        row_names = row_names.extended(TOTAL, [(k,) for k in range(len(bound))])
        row_count += len(bound)
    pointers = pattern.indptr[-1] + height * np.arange(1, number + 1)
    made = LinearProgram(
        cost=np.concatenate((np.zeros(len(program.cost)), np.ones(number)))
        if totals is None
        else np.concatenate((program.cost, np.zeros(number))),
        offset=0.0 if totals is None else program.offset,
        pattern=Pattern(
            np.concatenate((pattern.indptr, pointers)).astype(np.int32), np.concatenate((pattern.indices, entries)), row_count
        ),
        data=np.concatenate((program.data, values)),
        row_lower=low,
        row_upper=high,
        col_lower=np.concatenate((program.col_lower, np.zeros(number))),
        col_upper=np.concatenate((program.col_upper, np.full(number, np.inf))),
        rows=row_names,
        cols=_extended(program.cols, slack_rows, sign),
    )
    return Relaxed(made, len(program.cost), slack_rows, sign, sizes)


def on_face(wanted: LinearProgram, relaxed: Relaxed, answer: Solution, kept: BoolArray) -> LinearProgram:
    """A programme held to where every least relaxation lies: columns and rows that have a price there stay at their bounds.

    Whatever has a price in one optimum is at its bound in all of them (complementary slackness), so nothing that is wanted of
    an optimum is lost, and the programme is smaller and has an interior again.

    Parameters
    ----------
    wanted:
        The programme to be held: columns and rows of ``relaxed`` come first, whatever follows is left alone.
    relaxed, answer:
        The relaxation, and its optimum.
    kept:
        Rows that are left alone (m,).
    """
    count, rows = relaxed.count, len(kept)
    values, program = answer.require(), relaxed.program
    worth = np.maximum(1.0, np.abs(program.cost) + program.reduced_costs(values.row_dual)[1])
    price = (values.col_dual / worth)[:count]
    col_lower, col_upper = _held(wanted.col_lower, wanted.col_upper, price)
    row_lower, row_upper = _held(wanted.row_lower, wanted.row_upper, np.where(kept, 0.0, values.row_dual[:rows]))
    return replace(wanted, col_lower=col_lower, col_upper=col_upper, row_lower=row_lower, row_upper=row_upper)


def _held(lower: FloatArray, upper: FloatArray, price: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Bounds that meet where the price says so: above zero at the lower one, below zero at the upper one."""
    count = len(price)
    low, high = lower.copy(), upper.copy()
    at_low, at_high = (price > PRICED) & np.isfinite(low[:count]), (price < -PRICED) & np.isfinite(high[:count])
    high[:count] = np.where(at_low, low[:count], high[:count])
    low[:count] = np.where(at_high, upper[:count], low[:count])
    return low, high


def _extended(names: NameTable, rows: IntArray, sign: FloatArray) -> NameTable:
    """Names of the columns with one more a slack."""
    return names.extended("relaxation", list(zip(rows.tolist(), sign.tolist(), strict=True)))


def bound_sizes(program: LinearProgram, group: IntArray) -> FloatArray:
    """Largest |bound| of the rows of every row's group, shape (m,); 0 where all bounds of a group are 0 or open.

    group   number of the group of each row (m,), below zero for rows of none
    """
    return _largest(np.maximum(_finite(program.row_lower), _finite(program.row_upper)), group)


def flow_sizes(program: LinearProgram, x: FloatArray, group: IntArray) -> FloatArray:
    """Largest flow sum_j |a_ij x_j| through the rows of every row's group, shape (m,); largest coefficient where none."""
    flow = _largest(program.row_values(x)[1], group)
    return np.where(flow > 0.0, flow, coefficient_sizes(program, group))


def coefficient_sizes(program: LinearProgram, group: IntArray) -> FloatArray:
    """Largest |coefficient| of the rows of every row's group, 1 where there is none, shape (m,)."""
    size = np.zeros(program.shape[0])
    np.maximum.at(size, program.pattern.indices, np.abs(program.data))
    size = _largest(size, group)
    return np.where(size > 0.0, size, 1.0)


def _largest(size: FloatArray, group: IntArray) -> FloatArray:
    """The largest size of every row's group, (m,): rows of one unit are measured by one size; rows of no group keep theirs."""
    largest = np.zeros(int(group.max(initial=-1)) + 1)
    inside = group >= 0
    np.maximum.at(largest, group[inside], size[inside])
    return np.where(inside, largest[group] if len(largest) else 0.0, size)


def _finite(sides: FloatArray) -> FloatArray:
    return np.where(np.isfinite(sides), np.abs(sides), 0.0)


@dataclass(frozen=True, eq=False)
class Tier:
    """Rows of one tier: the group (policy) of each row, and its kind: one group and component, in one unit."""

    program: LinearProgram
    names: list[str]
    group: IntArray
    kind: IntArray
    kinds: list[tuple[int, str]]

    @property
    def mask(self) -> BoolArray:
        """Rows of the tier (m,)."""
        mask: BoolArray = self.group >= 0
        return mask

    def of(self, groups: Sequence[int]) -> BoolArray:
        """Rows of some groups (m,)."""
        return np.isin(self.group, np.array(groups, dtype=np.int64)) & self.mask


def tier_of(program: LinearProgram, names: Sequence[str | None]) -> Tier:
    """Number the groups and kinds of the named rows, in order of appearance."""
    groups: dict[str, int] = {}
    kinds: dict[tuple[int, str], int] = {}
    group, kind = (np.full(len(names), -1, dtype=np.int64) for _ in range(2))
    for row in [k for k, name in enumerate(names) if name is not None]:
        group[row] = groups.setdefault(str(names[row]), len(groups))
        kind[row] = kinds.setdefault((int(group[row]), program.rows[row][0]), len(kinds))
    return Tier(program, list(groups), group.astype(np.int32), kind.astype(np.int32), list(kinds))
