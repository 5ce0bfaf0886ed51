"""Numbers of a solution by the names of the model: dictionaries, positions and dense arrays."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from peakmix.solve.program import FloatArray, LinearProgram, NameTable
from peakmix.solve.solution import Solution

Index = tuple[object, ...]
Positions = npt.NDArray[np.intp]


def values(lp: LinearProgram, solution: Solution, component: str) -> dict[Index, float]:
    """Values of one variable by its index; empty when the model has no such variable."""
    return _by_index(lp.cols, solution.x, component)


def reduced_costs(lp: LinearProgram, solution: Solution, component: str) -> dict[Index, float]:
    """Reduced costs of one variable by its index."""
    return _by_index(lp.cols, solution.col_dual, component)


def levels(lp: LinearProgram, solution: Solution, component: str) -> dict[Index, float]:
    """Levels A x of one row component by its index."""
    return _by_index(lp.rows, solution.row_value, component)


def duals(lp: LinearProgram, solution: Solution, component: str) -> dict[Index, float]:
    """Duals of one row component by its index, d optimum / d right-hand side, discounted, in million money."""
    return _by_index(lp.rows, solution.row_dual, component)


def _by_index(names: NameTable, numbers: FloatArray, component: str) -> dict[Index, float]:
    span = span_of(names, component)
    return dict(zip(names.members[span], numbers[span].tolist(), strict=True))


def span_of(names: NameTable, component: str) -> slice:
    """Positions of a component's members; an empty slice when there is none."""
    return names.span(component) if component in names.components else slice(0, 0)


class Labels:
    """Labels of one dimension with their positions."""

    def __init__(self, labels: Sequence[object]) -> None:
        self.names: tuple[object, ...] = tuple(labels)
        self.position: dict[object, int] = {name: k for k, name in enumerate(self.names)}

    def __len__(self) -> int:
        return len(self.names)


def positions(keys: Sequence[Index], dims: Sequence[Labels | None]) -> tuple[Positions, ...]:
    """Positions of keys along dimensions; None skips that part of the key.

    Raises
    ------
    KeyError
        When a key names a label that the dimension does not have.
    """
    columns = zip(*keys, strict=True) if keys else [()] * len(dims)
    return tuple(
        np.fromiter((labels.position[part] for part in column), np.intp, len(keys))
        for column, labels in zip(columns, dims, strict=True)
        if labels is not None
    )


def dense(
    keys: Sequence[Index], numbers: FloatArray, dims: Sequence[Labels | None], fill: float = 0.0
) -> FloatArray:
    """A dense array over the dimensions, in the order of the key; keys that meet in one cell add up.

    Parameters
    ----------
    keys, numbers:
        Index tuples and their values.
    dims:
        One entry a part of the key; None sums over that part.
    fill:
        Value of cells without a key: 0 for quantities that do not exist there, NaN for prices.
    """
    shape = tuple(len(labels) for labels in dims if labels is not None)
    result = np.zeros(shape)
    where = positions(keys, dims)
    np.add.at(result, where, numbers)
    if fill != 0.0:
        touched = np.zeros(shape, dtype=bool)
        touched[where] = True
        result[~touched] = fill
    return result


def column_map(names: NameTable, component: str) -> Mapping[Index, int]:
    """Index -> position of one component's members."""
    span = span_of(names, component)
    return dict(zip(names.members[span], range(span.start, span.stop), strict=True))
