"""Sums of number times value over rows, for many members at once: one sparse product, and a few terms that move."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from peakmix.solve.program import FloatArray

Places = npt.NDArray[np.integer]


class Sums:
    """sum over the terms of a row of number x value[column], with numbers that are the same for all members or not.

    Parameters
    ----------
    row, column, number:
        The terms, shape (terms,); several may meet in one cell.
    moving:
        Places of the terms whose number differs between members; their entry in ``number`` is not used.
    shape:
        Rows and columns.
    """

    def __init__(self, row: Places, column: Places, number: FloatArray, moving: Places, shape: tuple[int, int]) -> None:
        fixed = np.ones(len(row), dtype=bool)
        fixed[moving] = False
        where = (row[fixed], column[fixed])
        self._sums = csr_matrix((number[fixed], where), shape=shape)
        self._sizes = csr_matrix((np.abs(number[fixed]), where), shape=shape)
        self.columns = np.asarray(column[moving], dtype=np.intp)
        chosen = (np.ones(len(moving)), (row[moving], np.arange(len(moving))))
        self._gather = csr_matrix(chosen, shape=(shape[0], len(moving)))

    def __call__(self, values: FloatArray, moved: FloatArray) -> FloatArray:
        """Sums, shape (rows, members); values (columns, members), moved (moving terms, members)."""
        result: Any = self._sums @ values
        if len(self.columns):
            result = result + self._gather @ (moved * values[self.columns])
        return np.asarray(result)

    def both(self, values: FloatArray, moved: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Sums, and sums of the sizes of the terms, each (rows, members)."""
        sums: Any = self._sums @ values
        sizes: Any = self._sizes @ np.abs(values)
        if len(self.columns):
            parts = moved * values[self.columns]
            sums = sums + self._gather @ parts
            sizes = sizes + self._gather @ np.abs(parts)
        return np.asarray(sums), np.asarray(sizes)
