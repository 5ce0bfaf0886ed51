"""HiGHS behind checked calls: closed forms, statuses, limits, duals by finite differences, agreement with linprog."""

import os
import pickle
import signal
import threading
from dataclasses import replace

import numpy as np
import pytest
from scipy.optimize import linprog

from peakmix.foundation.errors import InfeasibleError, InputError, LimitError, UncertifiedError
from peakmix.solve import highs
from peakmix.solve.certificate import certify
from peakmix.solve.highs import Engine, SolveOptions, Status, chosen_method, solve
from peakmix.solve.program import LinearProgram

INF = np.inf
WAYS = [
    SolveOptions(method="simplex"),
    SolveOptions(method="interior"),
    SolveOptions(method="interior", crossover=False),
    SolveOptions(presolve=False),
]


def merit_order():
    """Demand 10 from a cheap plant (2 a unit, at most 6) and a dear one (5 a unit), plus a constant of 7."""
    return LinearProgram.from_dense([2, 5], [[1, 1], [1, 0]], [(10, 10), (-INF, 6)], [(0, INF), (0, INF)], offset=7)


@pytest.mark.parametrize("options", WAYS)
def test_closed_form(options):
    answer = solve(merit_order(), options)
    assert answer.status is Status.OPTIMAL
    assert answer.objective == pytest.approx(2 * 6 + 5 * 4 + 7)
    np.testing.assert_allclose(answer.x, [6, 4], atol=1e-6)
    np.testing.assert_allclose(answer.row_dual, [5, -3], atol=1e-6)
    np.testing.assert_allclose(answer.row_value, [10, 6], atol=1e-6)
    np.testing.assert_allclose(answer.col_dual, [0, 0], atol=1e-6)
    assert answer.has_basis is options.crossover
    assert answer.solver.startswith("HiGHS ")


def random_program(seed, rows=14, cols=20):
    """Feasible and bounded, with rows of all kinds: the bounds are drawn around a known point."""
    rng = np.random.default_rng(seed)
    matrix = rng.normal(size=(rows, cols)) * (rng.random((rows, cols)) < 0.4)
    point = rng.random(cols) * 5
    middle, width = matrix @ point, rng.random(rows)
    kind = rng.integers(0, 4, rows)
    lower = np.where(kind == 0, -INF, np.where(kind == 1, middle, middle - width))
    upper = np.where(kind == 2, INF, np.where(kind == 1, middle, middle + width))
    bounds = [(0.0, 10.0 if j % 2 else 50.0) if j % 5 else (-20.0, 20.0) for j in range(cols)]
    program = LinearProgram.from_dense(
        rng.normal(size=cols), matrix, list(zip(lower, upper, strict=True)), bounds, offset=float(rng.normal())
    )
    return program, matrix


@pytest.mark.parametrize("seed", range(12))
def test_random_programs_agree_with_linprog(seed):
    program, matrix = random_program(seed)
    equal = program.row_lower == program.row_upper
    below, above = ~equal & np.isfinite(program.row_upper), ~equal & np.isfinite(program.row_lower)
    reference = linprog(
        program.cost,
        A_ub=np.vstack((matrix[below], -matrix[above])),
        b_ub=np.concatenate((program.row_upper[below], -program.row_lower[above])),
        A_eq=matrix[equal] if equal.any() else None,
        b_eq=program.row_lower[equal] if equal.any() else None,
        bounds=list(zip(program.col_lower, program.col_upper, strict=True)),
    )
    assert reference.status == 0
    for options in WAYS:
        answer = solve(program, options)
        assert answer.objective == pytest.approx(reference.fun + program.offset, rel=1e-6, abs=1e-6)
        assert certify(program, answer).passed, certify(program, answer).failures()


@pytest.mark.parametrize("seed", range(4))
def test_duals_are_slopes_of_the_optimum(seed):
    """Moving a right-hand side moves the optimum by its dual: for <=, >= and == rows, in the sign of minimisation."""
    program, _ = random_program(seed)
    answer = solve(program)
    step = 1e-6
    for row in range(program.shape[0]):
        sides = []
        if np.isfinite(program.row_lower[row]) and (
            answer.row_dual[row] > 0 or program.row_lower[row] == program.row_upper[row]
        ):
            sides.append("row_lower")
        if np.isfinite(program.row_upper[row]) and (
            answer.row_dual[row] < 0 or program.row_lower[row] == program.row_upper[row]
        ):
            sides.append("row_upper")
        values = []
        for sign in (1, -1):
            moved = {side: getattr(program, side).copy() for side in sides}
            for array in moved.values():
                array[row] += sign * step
            values.append(solve(replace(program, **moved)).objective)
        slope = (values[0] - values[1]) / (2 * step)
        assert answer.row_dual[row] == pytest.approx(slope if sides else 0.0, abs=1e-4), program.rows.text(row)


def test_dual_signs_by_hand():
    at_least = LinearProgram.from_dense([3], [[1]], [(4, INF)], [(0, INF)])
    at_most = LinearProgram.from_dense([-3], [[1]], [(-INF, 4)], [(0, INF)])
    exactly = LinearProgram.from_dense([-3], [[1]], [(4, 4)], [(0, INF)])
    assert [solve(program).row_dual[0] for program in (at_least, at_most, exactly)] == [3, -3, -3]


@pytest.mark.parametrize("options", WAYS)
def test_infeasible_and_unbounded(options):
    infeasible = LinearProgram.from_dense([1, 1], [[1, 1], [1, 1]], [(5, INF), (-INF, 3)], [(0, INF)] * 2)
    unbounded = LinearProgram.from_dense([-1, 0], [[1, -1]], [(-INF, 3)], [(0, INF)] * 2)
    for program, status, error in (
        (infeasible, Status.INFEASIBLE, InfeasibleError),
        (unbounded, Status.UNBOUNDED, InputError),
    ):
        answer = solve(program, options)
        assert answer.status is status
        assert answer.values is None
        assert not answer.has_basis
        with pytest.raises(error):
            _ = answer.x


def heavy_program():
    rng = np.random.default_rng(0)
    matrix = rng.random((150, 300))
    return LinearProgram.from_dense(rng.random(300), matrix, [(1 + r, INF) for r in rng.random(150)], [(0, INF)] * 300)


def test_time_limit_gives_no_values():
    answer = solve(heavy_program(), SolveOptions(time_limit=0.0))
    assert answer.status is Status.LIMIT
    with pytest.raises(LimitError, match="time limit"):
        answer.require()


def test_the_time_limit_holds_for_each_run_not_for_their_sum():
    program = heavy_program()
    engine = Engine(SolveOptions())
    engine.load(program)
    engine.use("simplex")
    first = engine.run(program, "simplex")
    limit = max(first.run_time * 3, 0.05)
    total = 0.0
    while total < 2 * limit:
        engine.highs.clearSolver()
        answer = engine.run(program, "simplex", time_limit=limit)
        assert answer.status is Status.OPTIMAL
        total += answer.run_time


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"data": np.array([1, np.nan, 1.0])}, "row[1], column col[0]"),
        ({"data": np.array([1, 1, 1e15])}, "row[0], column col[1]"),
        ({"cost": np.array([1, np.nan])}, "col[1]"),
        ({"cost": np.array([np.inf, 1])}, "col[0]"),
        ({"row_lower": np.array([np.nan, 0])}, "row[0]"),
        ({"row_lower": np.array([np.inf, 0])}, "row[0]"),
        ({"row_upper": np.array([10, -np.inf])}, "row[1]"),
        ({"row_upper": np.array([10, 1e20])}, "row[1]"),
        ({"col_upper": np.array([np.nan, 1])}, "col[0]"),
        ({"col_lower": np.array([0, np.inf])}, "col[1]"),
        ({"offset": float("nan")}, "objective"),
    ],
)
def test_numbers_a_solver_would_misread_are_refused_by_name(change, words):
    with pytest.raises(InputError) as caught:
        solve(replace(merit_order(), **change))
    assert words in str(caught.value)


def test_bounds_that_cross_are_named():
    with pytest.raises(InfeasibleError, match=r"row\[1\]"):
        solve(replace(merit_order(), row_lower=np.array([10.0, 7.0])))


def test_a_refused_call_is_an_error():
    engine = Engine(SolveOptions())
    with pytest.raises(LimitError, match="refused option"):
        engine.set("no_such_option", 1)


def test_a_version_with_wrong_optima_is_refused(monkeypatch):
    assert "1.14.0" in highs.REFUSED_VERSIONS
    monkeypatch.setattr(highs, "REFUSED_VERSIONS", {Engine(SolveOptions()).version})
    with pytest.raises(UncertifiedError, match="wrong optima"):
        solve(merit_order())


def test_a_basis_survives_pickling_and_saves_all_iterations():
    program, _ = random_program(3)
    answer = solve(program)
    basis = pickle.loads(pickle.dumps(answer)).basis
    again = solve(program, basis=basis)
    assert again.objective == pytest.approx(answer.objective, rel=1e-12)
    assert again.iterations == 0
    np.testing.assert_array_equal(again.basis.cols, answer.basis.cols)


def test_an_answer_travels_without_its_program():
    program, _ = random_program(3)
    answer = solve(program)
    travelled = pickle.loads(pickle.dumps(answer))
    assert travelled.values.program is None
    for name in ("x", "row_dual", "row_value", "col_dual"):
        np.testing.assert_array_equal(getattr(travelled, name), getattr(answer, name))
    assert certify(program, travelled).passed


def test_log_reaches_the_callback_and_nothing_else(capfd):
    lines = []
    solve(merit_order(), SolveOptions(log=lines.append))
    assert any("HiGHS" in line for line in lines)
    solve(merit_order())
    assert capfd.readouterr() == ("", "")


def test_an_interrupt_stops_the_run_and_is_raised_afterwards():
    before = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or before is not signal.default_int_handler:
        pytest.skip("signals reach the main thread only")
    with pytest.raises(KeyboardInterrupt):
        solve(heavy_program(), SolveOptions(log=lambda line: os.kill(os.getpid(), signal.SIGINT)))
    assert signal.getsignal(signal.SIGINT) is before


def test_the_method_depends_on_size_alone():
    small, method = merit_order(), "auto"
    assert chosen_method(small, method) == "simplex"
    many = 20_000
    large = replace(small, row_lower=np.zeros(many), row_upper=np.zeros(many))
    assert chosen_method(large, method) == "interior"
    assert chosen_method(large, "simplex") == "simplex"


def test_empty_columns_rows_and_programs():
    loose = LinearProgram.from_dense([1, -1], np.zeros((1, 2)), [(-1, 1)], [(2, 5), (0, 3)])
    answer = solve(loose)
    assert answer.objective == pytest.approx(2 - 3)
    no_rows = LinearProgram.from_dense([1], np.zeros((0, 1)), [], [(2, 5)])
    assert solve(no_rows).objective == pytest.approx(2)
    nothing = solve(LinearProgram.from_dense([], np.zeros((0, 0)), [], [], offset=3.0))
    assert (nothing.status, nothing.objective, len(nothing.x)) == (Status.OPTIMAL, 3.0, 0)


def test_entries_the_solver_would_drop_are_left_out_without_a_warning():
    program = LinearProgram.from_dense([1, 1], [[1e-12, 1]], [(2, INF)], [(0, INF)] * 2)
    assert solve(program).objective == pytest.approx(2)
