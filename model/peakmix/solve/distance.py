"""How far two programmes are apart, entry by entry."""

from __future__ import annotations

import numpy as np
from scipy.sparse import csc_matrix

from peakmix.solve.program import FloatArray, LinearProgram, NameTable

SIDES = ("cost", "row_lower", "row_upper", "col_lower", "col_upper")


def program_distance(one: LinearProgram, two: LinearProgram) -> float:
    """Largest distance of two entries in the same place, relative to the larger of the two; infinite for other rows or columns.

    An entry that is there with the value zero is the same as none.
    """
    if one.shape != two.shape or not (_alike(one.rows, two.rows) and _alike(one.cols, two.cols)):
        return float("inf")
    found = [_apart(np.array([one.offset]), np.array([two.offset]))]
    found += [_apart(getattr(one, name), getattr(two, name)) for name in SIDES]
    first, second = (
        csc_matrix((program.data, program.pattern.indices, program.pattern.indptr), shape=one.shape) for program in (one, two)
    )
    difference = abs(first - second)
    largest = abs(first).maximum(abs(second))
    entries = difference.tocoo()
    if entries.nnz:
        sizes = np.asarray(largest[entries.row, entries.col]).ravel()
        found.append(float(np.max(entries.data / np.where(sizes > 0.0, sizes, 1.0))))
    return max(found)


def _alike(one: NameTable, two: NameTable) -> bool:
    """Are two tables of names the same, components without members aside?"""
    parts = [[(name, table.span(name)) for name in table.components] for table in (one, two)]
    first, second = ([(name, span) for name, span in part if span.stop > span.start] for part in parts)
    return first == second and one.members == two.members


def _apart(one: FloatArray, two: FloatArray) -> float:
    """Largest relative distance of two vectors; infinite entries have to be the same."""
    same = one == two
    if same.all():
        return 0.0
    left, right = one[~same], two[~same]
    with np.errstate(invalid="ignore"):
        apart = np.abs(left - right) / np.maximum(np.abs(left), np.abs(right))
    return float("inf") if np.isnan(apart).any() else float(np.max(apart))
