"""A living model: what is sent, agreement with cold solves, recovery from trouble."""

from dataclasses import replace

import numpy as np
import pytest

from peakmix.foundation.errors import InputError
from peakmix.solve import living
from peakmix.solve.highs import SolveOptions, Status, solve
from peakmix.solve.living import LivingModel
from peakmix.solve.program import LinearProgram

INF = np.inf


def program_of(seed=0, rows=20, cols=30):
    rng = np.random.default_rng(seed)
    matrix = rng.random((rows, cols)) * (rng.random((rows, cols)) < 0.5)
    matrix[:, 0] = 1.0
    sides = [(1 + r, INF) if r < 0.7 else (-50.0, 60 + r) for r in rng.random(rows)]
    return LinearProgram.from_dense(0.1 + rng.random(cols), matrix, sides, [(0, 40.0)] * cols)


def moved(program, rng, what):
    array = getattr(program, what).copy()
    touched = rng.random(len(array)) < 0.3
    array[touched & np.isfinite(array)] *= 1.2
    return replace(program, **{what: array})


@pytest.mark.parametrize("what", ["cost", "row_lower", "row_upper", "col_upper", "data"])
def test_pushed_changes_give_the_cold_optimum(what):
    rng = np.random.default_rng(4)
    program = program_of()
    model = LivingModel(program)
    model.run()
    for _ in range(5):
        changed = int((getattr(moved(program, np.random.default_rng(1), what), what) != getattr(program, what)).sum())
        assert changed
        before, program = program, moved(program, rng, what)
        sent = model.push(program)
        assert sent == int((getattr(program, what) != getattr(before, what)).sum())
        answer = model.run()
        assert answer.objective == pytest.approx(solve(program).objective, rel=1e-10)
        assert answer.has_basis


def test_all_at_once_with_a_coefficient_through_zero_and_an_offset():
    program = program_of(2)
    model = LivingModel(program)
    model.run()
    data = program.data.copy()
    data[3:9] = 0.0
    second = replace(program, data=data, cost=program.cost * 1.5, offset=4.0, row_lower=program.row_lower - 0.1)
    model.push(second)
    assert model.run().objective == pytest.approx(solve(second).objective, rel=1e-10)
    model.push(program)
    assert model.run().objective == pytest.approx(solve(program).objective, rel=1e-10)
    assert model.push(program) == 0
    assert model.run().iterations == 0


def test_many_changed_coefficients_reload_the_model_and_keep_the_basis(monkeypatch):
    monkeypatch.setattr(living, "RELOAD_FROM", 10)
    program = program_of()
    model = LivingModel(program)
    cold = model.run()
    second = replace(program, data=program.data * 1.0001)
    model.push(second)
    assert model.basis is not None
    answer = model.run()
    assert answer.objective == pytest.approx(solve(second).objective, rel=1e-10)
    assert answer.iterations <= max(1, cold.iterations // 2)


def test_another_shape_is_loaded_cold():
    model = LivingModel(program_of(0))
    model.run()
    other = program_of(1, rows=15, cols=25)
    model.push(other)
    assert model.basis is None
    assert model.run().objective == pytest.approx(solve(other).objective, rel=1e-10)


def test_a_basis_can_be_handed_on():
    program = program_of()
    first = LivingModel(program)
    basis = first.run(with_basis=True).basis
    second = LivingModel(program)
    second.set_basis(basis)
    answer = second.run()
    assert (answer.iterations, answer.method) == (0, "simplex warm")
    np.testing.assert_array_equal(second.basis.rows, first.basis.rows)


def test_a_run_beyond_the_iteration_budget_is_repeated_cold():
    program = program_of()
    model = LivingModel(program, iteration_budget=1)
    model.run()
    far = replace(program, cost=program.cost[::-1].copy(), row_lower=program.row_lower * 7)
    model.push(far)
    answer = model.run()
    assert answer.restarts == 1
    assert answer.status is Status.OPTIMAL
    assert answer.objective == pytest.approx(solve(far).objective, rel=1e-10)


def test_infeasible_members_are_reported_and_the_model_recovers():
    program = program_of()
    model = LivingModel(program)
    model.run()
    impossible = replace(program, col_upper=np.zeros(len(program.cost)))
    model.push(impossible)
    answer = model.run()
    assert answer.status is Status.INFEASIBLE
    assert answer.restarts >= 1
    assert answer.values is None
    model.push(program)
    assert model.run().objective == pytest.approx(solve(program).objective, rel=1e-10)


def test_bad_numbers_are_refused_before_they_are_sent():
    program = program_of()
    model = LivingModel(program)
    expected = model.run().objective
    cost = program.cost.copy()
    cost[5] = np.nan
    with pytest.raises(InputError, match=r"col\[5\]"):
        model.push(replace(program, cost=cost))
    assert model.run().objective == expected
    model.push(program)
    assert model.run().objective == expected


def test_a_time_limit_of_nothing_is_a_limit():
    model = LivingModel(program_of(), SolveOptions(time_limit=0.0))
    assert model.run().status is Status.LIMIT


def test_again_keeps_the_optimum_and_factors_the_basis_anew(monkeypatch):
    model = LivingModel(program_of())
    first = model.run()
    handed, hand = [], model._engine.set_basis
    monkeypatch.setattr(model._engine, "set_basis", lambda basis: (handed.append(basis), hand(basis)))
    second = model.again()
    assert len(handed) == 1
    assert second.iterations == 0
    assert second.objective == pytest.approx(first.objective, rel=1e-12)
    assert model._engine.highs.getOptionValue("dual_feasibility_tolerance")[1] == 1e-9
    assert model.run().status is Status.OPTIMAL
    assert model._engine.highs.getOptionValue("dual_feasibility_tolerance")[1] == 1e-8


def test_again_without_a_basis_is_a_cold_run():
    assert LivingModel(program_of()).again().method == "simplex"


def test_a_cold_run_is_scaled_and_a_warm_one_is_not():
    """Warm runs have the tighter tolerance; what was asked for tighter still stays."""
    model = LivingModel(program_of(), SolveOptions(tolerance=1e-9))
    default = model._engine.highs.getOptionValue("simplex_scale_strategy")[1]
    assert default != 0
    model.run()
    assert model._engine.highs.getOptionValue("simplex_scale_strategy")[1] == default
    model.run()
    assert model._engine.highs.getOptionValue("simplex_scale_strategy")[1] == 0
    assert model._engine.highs.getOptionValue("primal_feasibility_tolerance")[1] == 1e-9
