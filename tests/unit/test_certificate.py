"""The certificate passes right answers and names the place of wrong ones."""

from dataclasses import replace

import numpy as np
import pytest

from peakmix.foundation.errors import UncertifiedError
from peakmix.solve.certificate import certify, solve_certified
from peakmix.solve.highs import SolveOptions, Status, solve
from peakmix.solve.program import LinearProgram

INF = np.inf


def program_of():
    """Demand 10 from a cheap plant (2, at most 6) and a dear one (5), a slack row, a bounded column."""
    return LinearProgram.from_dense(
        [2, 5, 1],
        [[1, 1, 0], [1, 0, 0], [1, 1, 1]],
        [(10, 10), (-INF, 6), (0, 100)],
        [(0, INF), (0, INF), (2, 8)],
        offset=7,
    )


def with_values(answer, **changes):
    return replace(answer, values=replace(answer.values, **changes))


def test_a_right_answer_passes():
    program = program_of()
    certificate = certify(program, solve(program))
    assert certificate.passed
    assert certificate.failures() == []
    assert certificate.objective == pytest.approx(41)
    assert certificate.dual_objective == pytest.approx(41)
    assert certificate.gap.tolerance == 1e-8
    assert certificate.attributes()["passed"] == 1
    certificate.require()


def broken(measure, where, **changes):
    program = program_of()
    certificate = certify(program, with_values(solve(program), **changes))
    assert not certificate.passed
    found = certificate.measures[measure]
    assert not found.passed
    assert found.worst == where
    with pytest.raises(UncertifiedError, match=measure.replace("_", " ")):
        certificate.require()


def test_each_condition_is_seen():
    broken("row", "row[0]", x=np.array([6.0, 3.9, 2.0]))
    broken("row", "row[1]", x=np.array([6.1, 3.9, 2.0]))
    broken("bound", "col[2]", x=np.array([6.0, 4.0, 1.9]))
    broken("complementarity", "col[2]", x=np.array([6.0, 4.0, 3.0]))
    broken("dual", "col[0]", row_dual=np.array([5.0, -1.0, 0.0]))
    broken("row_dual", "row[1]", row_dual=np.array([5.0, 3.0, 0.0]))
    broken("complementarity", "row[2]", row_dual=np.array([5.0, -3.0, 0.5]))


def test_values_that_are_no_numbers_fail():
    program = program_of()
    certificate = certify(program, with_values(solve(program), x=np.array([6.0, np.nan, 2.0])))
    assert not certificate.passed
    assert np.isnan(certificate.row.value)
    assert np.isnan(certificate.gap.value)


def test_a_wrong_objective_fails():
    program = program_of()
    assert not certify(program, replace(solve(program), objective=41.001)).passed


def test_an_answer_of_another_program_fails():
    program = program_of()
    other = replace(program, row_upper=np.array([10.0, 5.0, 100.0]))
    assert not certify(other, solve(program)).passed


def test_residuals_are_relative_to_what_flows_through_the_row():
    """A miss of 1e-3 counts in a row of 10, not in a row through which 1e6 flows."""
    for size, passes in ((10.0, False), (1e6, True)):
        program = LinearProgram.from_dense([1, 1], [[1, -1]], [(0, 0)], [(size, INF), (0, INF)])
        answer = solve(program)
        x = answer.x + np.array([0.0, 1e-3])
        assert certify(program, with_values(answer, x=x)).row.passed is passes


def test_open_bounds_earn_no_price():
    """A free variable needs a reduced cost of zero; a price on an open side is a dual residual."""
    program = LinearProgram.from_dense([1], [[1]], [(3, INF)], [(-INF, INF)])
    answer = solve(program)
    assert certify(program, answer).passed
    assert not certify(program, with_values(answer, row_dual=np.array([0.5]))).dual.passed
    assert not certify(program, with_values(answer, row_dual=np.array([-1.0]))).row_dual.passed


def test_without_a_basis_the_gap_may_be_wider():
    program = program_of()
    certificate = certify(program, solve(program, SolveOptions(method="interior", crossover=False)))
    assert not certificate.has_basis
    assert certificate.gap.tolerance == 1e-6
    assert certificate.passed, certificate.failures()


def test_no_values_no_certificate():
    program = replace(program_of(), row_upper=np.array([10.0, 6.0, 11.0]))
    answer, certificate = solve_certified(program)
    assert answer.status is Status.INFEASIBLE
    assert not certificate.passed
    assert certificate.failures()[0] == "status is infeasible"


def test_solve_certified_returns_both():
    answer, certificate = solve_certified(program_of())
    assert certificate.passed
    assert answer.objective == pytest.approx(41)
