"""Certificates of many members side by side: the measures of ``certificate.py`` as matrix operations, without their places.

All arrays are (rows or columns, members). A member that fails is looked at again by ``certify``, which names where.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from peakmix.solve.bundle import Bundle
from peakmix.solve.certificate import (
    COMPLEMENTARITY_TOLERANCE,
    DUAL_TOLERANCE,
    GAP_TOLERANCE_WITH_BASIS,
    GAP_TOLERANCE_WITHOUT_BASIS,
    PRIMAL_TOLERANCE,
)
from peakmix.solve.program import FloatArray

BoolArray = npt.NDArray[np.bool_]
TOLERANCES = {
    "row": PRIMAL_TOLERANCE,
    "bound": PRIMAL_TOLERANCE,
    "dual": DUAL_TOLERANCE,
    "row_dual": DUAL_TOLERANCE,
    "complementarity": COMPLEMENTARITY_TOLERANCE,
}


@dataclass(frozen=True, eq=False)
class Certificates:
    """The six measures by name, both objectives and the verdict of every member, each of shape (members,)."""

    measures: Mapping[str, FloatArray]
    objective: FloatArray
    dual_objective: FloatArray
    passed: BoolArray


def certify_many(
    bundle: Bundle, x: FloatArray, row_dual: FloatArray, objective: FloatArray, has_basis: BoolArray
) -> Certificates:
    """Check optimal answers of all members of a bundle.

    Parameters
    ----------
    x, row_dual:
        Their solutions, (columns, members) and (rows, members).
    objective, has_basis:
        What the solver told, (members,).
    """
    frame, base = bundle.frame, bundle.family.base
    moved = bundle.touched["data"].values.T
    cost, (lower, upper) = bundle.costs(), bundle.bounds()
    value, flow = frame.by_row.both(x, moved)
    worth_sum, worth = frame.by_column.both(row_dual, moved)
    rows = _Side(row_dual, np.maximum(1.0, np.abs(row_dual)), value, lower, upper, np.maximum(flow, _size(lower, upper), out=flow))
    col_lower, col_upper = base.col_lower[:, None], base.col_upper[:, None]
    cost_scale = np.maximum(worth, np.maximum(1.0, np.abs(cost)), out=worth)
    col_scale = np.maximum(np.abs(x), _size(col_lower, col_upper))
    cols = _Side(cost - worth_sum, cost_scale, x, col_lower, col_upper, col_scale)
    primal = np.einsum("ij,ij->j", np.broadcast_to(cost, x.shape), x)
    dual = rows.earned + cols.earned
    gap = np.abs(primal - dual) / np.maximum(1.0, np.maximum(np.abs(primal), np.abs(dual)))
    told = np.abs(primal + bundle.offset - objective) / np.maximum(1.0, np.abs(primal))
    measures = {
        "row": rows.short,
        "bound": cols.short,
        "dual": cols.wrong,
        "row_dual": rows.wrong,
        "complementarity": np.maximum(rows.slack, cols.slack),
        "gap": np.maximum(gap, told),
    }
    passed = measures["gap"] <= np.where(has_basis, GAP_TOLERANCE_WITH_BASIS, GAP_TOLERANCE_WITHOUT_BASIS)
    for name, tolerance in TOLERANCES.items():
        passed &= measures[name] <= tolerance
    return Certificates(measures, primal + bundle.offset, dual + bundle.offset, passed)


class _Side:
    """Values between bounds with their prices: how far they leave them, and what the prices say wrongly; (members,) each.

    short   violation of a bound / scale        wrong   price towards an open bound / price scale
    slack   |price| x distance / both scales    earned  part of the dual objective
    """

    def __init__(
        self, price: FloatArray, price_scale: FloatArray, value: FloatArray, lower: FloatArray, upper: FloatArray, scale: FloatArray
    ) -> None:
        above, below = value - lower, upper - value
        side = price > 0.0
        distance = np.where(side, above, below)
        open_side = distance == np.inf
        np.copyto(distance, 0.0, where=open_side)
        short = np.minimum(above, below, out=above)
        short /= -scale
        self.short = _worst(short)
        size = np.abs(price, out=below)
        size /= price_scale
        self.wrong = _worst(np.multiply(size, open_side, out=above))
        np.abs(distance, out=distance)
        distance *= size
        distance /= scale
        self.slack = _worst(distance)
        bound = np.where(side, lower, upper)
        np.copyto(bound, 0.0, where=open_side)
        self.earned = np.einsum("ij,ij->j", price, bound)


def _worst(violation: FloatArray) -> FloatArray:
    """Largest entry of every member, at least zero; not a number if one is."""
    return np.asarray(np.max(violation, axis=0, initial=0.0))


def _size(lower: FloatArray, upper: FloatArray) -> FloatArray:
    """max(1, |finite bounds|)."""
    low, high = (np.where(np.isfinite(side), np.abs(side), 1.0) for side in (lower, upper))
    return np.maximum(1.0, np.maximum(low, high))
