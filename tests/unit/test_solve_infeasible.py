"""Why there is no solution: least change, irreducible conflicts, tiers, and words a policy maker reads."""

from dataclasses import replace

import numpy as np
import pytest

from peakmix.foundation.errors import InfeasibleError
from peakmix.solve import infeasible
from peakmix.solve.highs import SolveOptions, Status, solve
from peakmix.solve.infeasible import explain
from peakmix.solve.program import LinearProgram
from peakmix.solve.relaxation import on_face, relax

INF = np.inf


def industry(cap=12.0, clean_limit=4.0, clean_share=0.0, demand=10.0, stock=9.0):
    """Demand from a dirty plant (2 t CO2 a unit, at most `stock`) and a clean one (0.5, at most 20).

    Rows: demand, dirty stock, clean stock, emission cap, limit on clean output, share of clean output >= clean_share.
    """
    return LinearProgram.from_dense(
        [1, 3],
        [[1, 1], [1, 0], [0, 1], [2, 0.5], [0, 1], [-clean_share, 1 - clean_share]],
        [(demand, demand), (-INF, stock), (-INF, 20), (-INF, cap), (-INF, clean_limit), (0, INF)],
        [(0, INF)] * 2,
    )


POLICIES = [None, None, None, "emission cap", "limit on clean output", "clean share"]
DEMAND = ["demand", *[None] * 5]


def applied(program, diagnosis):
    """The program with the proposed changes."""
    lower, upper = program.row_lower.copy(), program.row_upper.copy()
    for change in diagnosis.changes:
        row = [program.rows.text(i) for i in range(program.shape[0])].index(change.row)
        (lower if change.side == "lower" else upper)[row] = change.needed
    return replace(program, row_lower=lower, row_upper=upper)


def test_two_policies_that_cannot_hold_together():
    """With clean output at most 4, emissions are at least 2 x 6 + 0.5 x 4 = 14: cap 12 and the limit conflict.

    Least relative change: the cap by 2/12 = 16.7 %, or the limit by 4/3 / 4 = 33 %.
    """
    program = industry()
    assert solve(program).status is Status.INFEASIBLE
    diagnosis = explain(program, POLICIES, DEMAND)
    assert diagnosis.kind == "policies"
    assert diagnosis.conflict == ("emission cap", "limit on clean output")
    assert diagnosis.irreducible
    assert diagnosis.total == pytest.approx(1 / 6)
    (change,) = diagnosis.changes
    assert (change.group, change.row, change.side, change.bound) == ("emission cap", "row[3]", "upper", 12.0)
    assert change.needed == pytest.approx(14)
    assert solve(applied(program, diagnosis)).status is Status.OPTIMAL
    text = "\n".join(diagnosis.text())
    assert "Cannot hold together: emission cap, limit on clean output." in text
    assert "emission cap: row[3] at most 14 instead of 12 (16.67%)" in text


def test_one_policy_alone():
    diagnosis = explain(industry(cap=4.0, clean_limit=20.0), POLICIES, DEMAND)
    assert diagnosis.conflict == ("emission cap",)
    assert diagnosis.changes[0].needed == pytest.approx(5)
    assert "emission cap alone cannot be met." in diagnosis.text()


def test_every_member_of_the_conflict_is_needed_and_together_they_suffice():
    program = industry(cap=30.0, clean_limit=4.0, clean_share=0.6)
    diagnosis = explain(program, POLICIES, DEMAND)
    assert diagnosis.conflict == ("limit on clean output", "clean share")
    for left_out in (None, *diagnosis.conflict):
        rows = np.array(
            [name is not None and (name not in diagnosis.conflict or name == left_out) for name in POLICIES]
        )
        freed = replace(
            program,
            row_lower=np.where(rows, -INF, program.row_lower),
            row_upper=np.where(rows, INF, program.row_upper),
        )
        assert solve(freed).status is (Status.INFEASIBLE if left_out is None else Status.OPTIMAL)


def test_a_row_bounded_by_zero_is_measured_by_what_flows_through_it():
    """Clean share: 0.4 x clean - 0.6 x dirty >= 0 with clean at most 4; the reference flow is the measure, not 0."""
    diagnosis = explain(industry(cap=30.0, clean_limit=4.0, clean_share=0.6), [*POLICIES[:4], None, "clean share"])
    assert diagnosis.conflict == ("clean share",)
    (change,) = diagnosis.changes
    assert change.side == "lower"
    assert change.needed == pytest.approx(0.4 * 4 - 0.6 * 6)
    assert 0 < change.relative < 1


def test_demand_gives_way_only_when_policies_do_not_help():
    program = industry(cap=30.0, clean_limit=100.0, demand=32.0)
    diagnosis = explain(program, POLICIES, DEMAND)
    assert diagnosis.kind == "relaxable"
    assert diagnosis.conflict == ("demand",)
    (change,) = diagnosis.changes
    assert (change.side, change.bound) == ("lower", 32.0)
    assert change.needed == pytest.approx(29)
    assert "even without any policy" in diagnosis.text()[0]


def test_physics_is_named_but_not_proposed():
    program = industry(cap=30.0, clean_limit=100.0, demand=32.0)
    diagnosis = explain(program, POLICIES)
    assert diagnosis.kind == "physics"
    assert set(diagnosis.conflict) == {"row[0]", "row[1]", "row[2]"}
    assert "diagnosis, not a proposal" in "\n".join(diagnosis.text())


def test_a_feasible_program_is_not_confirmed():
    diagnosis = explain(industry(cap=30.0), POLICIES, DEMAND)
    assert (diagnosis.kind, diagnosis.conflict, diagnosis.changes) == ("feasible", (), ())


def test_limits_are_said():
    assert explain(industry(), POLICIES, DEMAND, SolveOptions(time_limit=0.0)).kind == "undecided"
    short = explain(industry(), POLICIES, DEMAND, budget=1)
    assert not short.irreducible
    assert set(short.conflict) == {"emission cap", "limit on clean output"}
    assert "more than needed" in short.text()[-1]


def test_the_error_speaks_for_the_command_line():
    error = explain(industry(), POLICIES, DEMAND).error()
    assert isinstance(error, InfeasibleError)
    assert error.exit_code == 4
    assert "Cannot hold together" in str(error)
    assert "at most 14" in str(error)


def test_names_must_match_the_rows():
    with pytest.raises(ValueError, match="one name"):
        explain(industry(), POLICIES[:-1])


@pytest.mark.parametrize("seed", range(6))
def test_random_conflicts_are_irreducible(seed):
    """Many interval policies on random sums: the conflict found is infeasible, and feasible without any one member."""
    rng = np.random.default_rng(seed)
    rows, cols = 12, 6
    matrix = rng.normal(size=(rows, cols))
    point = rng.normal(size=cols)
    value = matrix @ point
    sides = [(v - 0.1, v + 0.1) for v in value[:-3]] + [(v + 1.0, INF) for v in value[-3:]]
    program = LinearProgram.from_dense(np.zeros(cols), matrix, sides, [(-5, 5)] * cols)
    names = [f"policy {i % 6}" for i in range(rows)]
    assert solve(program).status is Status.INFEASIBLE
    diagnosis = explain(program, names)
    assert diagnosis.kind == "policies"
    assert diagnosis.irreducible
    assert solve(applied(program, diagnosis)).status is Status.OPTIMAL

    def status(kept):
        free = np.array([name not in kept for name in names])
        lower, upper = np.where(free, -INF, program.row_lower), np.where(free, INF, program.row_upper)
        return solve(replace(program, row_lower=lower, row_upper=upper)).status

    assert status(diagnosis.conflict) is Status.INFEASIBLE
    for name in diagnosis.conflict:
        assert status([other for other in diagnosis.conflict if other != name]) is Status.OPTIMAL


def two_years():
    """10 a year from dirty plants at 1, capped at 2 a year, or clean ones at 3 and 5, of which 10 in all are to be had.

    Rows: demand of both years, what is clean in all, the cap of both years. Columns: dirty and clean of each year.
    """
    return LinearProgram.from_dense(
        [1, 3, 1, 5],
        [[1, 1, 0, 0], [0, 0, 1, 1], [0, 1, 0, 1], [1, 0, 0, 0], [0, 0, 1, 0]],
        [(10, 10), (10, 10), (-INF, 10), (-INF, 2), (-INF, 2)],
        [(0, INF)] * 4,
    )


CAPS = [None, None, None, "cap", "cap"]


def test_the_split_stays_where_every_least_change_lies():
    """20 less 10 clean less 4 allowed: 6 too much, in whichever year. Clean is cheaper in the first: 8 there, 2 later.

    So the second cap gives way by 6. Whatever the split, all that is clean is used: its row has a price and is held at 10, while
    the split between years has none and stays open.
    """
    program = two_years()
    diagnosis = explain(program, CAPS)
    (change,) = diagnosis.changes
    assert (change.row, change.bound) == ("row[4]", 2.0)
    assert change.needed == pytest.approx(8)
    rows = np.array([name is not None for name in CAPS])
    relaxed = relax(program, rows, np.full(5, 2.0))
    face = on_face(relaxed.program, relaxed, solve(relaxed.program), rows)
    assert (face.row_lower[2], face.row_upper[2]) == (10.0, 10.0)
    assert (face.col_upper == INF).all()
    assert (face.row_lower[3:] == -INF).all()


def test_without_an_answer_on_the_face_the_whole_programme_is_asked(monkeypatch):
    """A face that is empty, as prices of an interior answer could make it: the same split, by one solve more."""
    plain = explain(two_years(), CAPS)
    empty = {"col_upper": np.full(6, -1.0)}
    monkeypatch.setattr(infeasible, "on_face", lambda program, *_: replace(program, **empty))
    again = explain(two_years(), CAPS)
    assert again.changes == plain.changes
    assert again.solves == plain.solves + 1
