"""Two programmes entry by entry."""

from dataclasses import replace

import numpy as np
import pytest

from peakmix.solve.distance import program_distance
from peakmix.solve.program import LinearProgram, NameTable

INF = np.inf


def small(matrix=((1.0, 2.0), (0.0, 4.0)), cost=(1.0, 1.0)):
    return LinearProgram.from_dense(np.array(cost), np.array(matrix), [(1.0, INF), (-INF, 8.0)], [(0.0, INF), (0.0, 9.0)])


def test_a_programme_is_at_no_distance_from_itself():
    assert program_distance(small(), small()) == 0.0


@pytest.mark.parametrize(
    ("changes", "distance"),
    [
        ({"cost": np.array([1.0, 1.25])}, 0.2),
        ({"row_lower": np.array([0.5, -INF])}, 0.5),
        ({"col_upper": np.array([INF, 10.0])}, 0.1),
        ({"row_upper": np.array([7.0, 8.0])}, INF),
        ({"offset": 3.0}, 1.0),
    ],
)
def test_the_largest_relative_distance_counts(changes, distance):
    assert program_distance(small(), replace(small(), **changes)) == pytest.approx(distance)


def test_coefficients_count_and_a_zero_is_no_entry():
    assert program_distance(small(), small(((1.0, 2.0), (0.0, 5.0)))) == pytest.approx(0.2)
    assert program_distance(small(), small(((1.0, 2.0), (-3.0, 4.0)))) == pytest.approx(1.0)
    full = small(((1.0, 2.0), (5.0, 4.0)))
    data = full.data.copy()
    data[data == 5.0] = 0.0
    assert program_distance(small(), replace(full, data=data)) == 0.0


def test_other_names_are_another_programme():
    one = small()
    two = replace(one, rows=NameTable([("other", one.rows.members)]))
    assert program_distance(one, two) == INF
    empty = [("nothing", ()), *((name, one.cols.indices(name)) for name in one.cols.components)]
    assert program_distance(one, replace(one, cols=NameTable(empty))) == 0.0
