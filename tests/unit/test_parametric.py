"""Programmes along a parameter: breakpoints of a merit order known by hand, an added row, a search cut short."""

from __future__ import annotations

import numpy as np
import pytest

from peakmix.foundation.errors import InfeasibleError
from peakmix.solve.highs import solve
from peakmix.solve.parametric import Parametric, with_column, with_row
from peakmix.solve.program import LinearProgram
from peakmix.solve.solution import SolveOptions

INF = float("inf")


def merit_order() -> LinearProgram:
    """min x + 3 y + 7 z, x + y + z >= s, x <= 2, y <= 3, z <= 5: slopes 1, 3, 7 with kinks at s = 2 and 5, none beyond 10."""
    program = LinearProgram.from_dense([1, 3, 7], [[1, 1, 1]], [(0, INF)], [(0, 2), (0, 3), (0, 5)])
    return with_column(program, [0], [-1.0], "s")


def test_breakpoints_of_a_merit_order() -> None:
    search = Parametric(merit_order())
    furthest = search.furthest(100.0)
    assert furthest == pytest.approx(10)
    low, high = search.vertex(0.0), search.vertex(furthest)
    assert low is not None
    assert high is not None
    pieces = search.pieces(low, high)
    assert [piece.slope for piece in pieces] == pytest.approx([1, 3, 7])
    assert [piece.high.at for piece in pieces] == pytest.approx([2, 5, 10])
    assert [piece.high.value for piece in pieces] == pytest.approx([2, 11, 46])
    assert all(piece.gap == 0 for piece in pieces)
    assert search.vertex(10.1) is None


def test_a_programme_without_solution_has_no_furthest() -> None:
    program = LinearProgram.from_dense([1], [[1]], [(3, INF)], [(0, 2)])
    with pytest.raises(InfeasibleError):
        Parametric(with_column(program, [0], [-1.0], "s")).furthest(1.0)


def test_a_row_more_binds_as_it_is_written() -> None:
    """min x + 3 y, x + y >= 4, x <= 3 costs 3 + 3; with 2 x + y <= 5 added x = 1, y = 3 and the cost is 10."""
    program = LinearProgram.from_dense([1, 3], [[1, 1]], [(4, INF)], [(0, 3), (0, INF)])
    assert solve(program, SolveOptions()).objective == pytest.approx(6)
    tight = solve(with_row(program, np.array([2.0, 1.0]), -INF, 5.0, "more"), SolveOptions())
    assert tight.objective == pytest.approx(10)
    assert tight.x == pytest.approx([1, 3])


def test_a_search_cut_short_is_as_near_everywhere() -> None:
    """V(s) of a merit order of 200 equal steps with slopes 1, 2, ..., 200: about s^2 / 2, so gaps are alike when intervals are.

    With a tenth of the solves no interval that is left is much wider than the others, and the whole search finds all 200.
    """
    costs = np.arange(1.0, 201.0)
    program = LinearProgram.from_dense(costs, np.ones((1, 200)), [(0, INF)], [(0, 1)] * 200)
    search = Parametric(with_column(program, [0], [-1.0], "s"))
    low, high = search.vertex(0.0), search.vertex(200.0)
    assert low is not None
    assert high is not None
    short = [piece for piece in search.pieces(low, high, 40) if piece.gap > 0]
    widths = [piece.high.at - piece.low.at for piece in short]
    assert len(widths) > 20
    assert max(widths) <= 4 * min(widths)
    whole = search.pieces(low, high, 1000)
    assert [piece.slope for piece in whole] == pytest.approx(costs)
