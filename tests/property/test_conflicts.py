"""67 scenarios without a solution: conflicts are irreducible and shortfalls right, checked by another solver's interface.

Nothing of the diagnosis is used for the check but its answers: programmes are put together here from the arrays and solved by
SciPy. A shortfall granted must do, and 0.001 % less of it must not.
"""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from scipy.optimize import linprog
from scipy.sparse import csc_array, csr_array, hstack, vstack
from tests.property.unsolvable import Family, families

from peakmix.api.conflict import ConflictError, diagnose
from peakmix.formulation.registry import instruments
from peakmix.solve.solution import SolveOptions

LESS = 1 - 1e-5
FAMILIES = {family.name: family for family in families()}
INSTANCES = [(name, strength) for name, family in FAMILIES.items() for strength in family.strengths]
QUICK = [(name, strength) for name, strength in INSTANCES if strength == FAMILIES[name].strengths[0]]
REST = [case for case in INSTANCES if case not in QUICK]


class Told:
    """An infeasible programme, what was told about it, and another solver's verdicts."""

    def __init__(self, family: Family, strength: float) -> None:
        self.ready = family.world(family.policies(strength))
        program = self.program = self.ready.program
        shape = program.shape
        self.matrix = csc_array((program.data, program.pattern.indices, program.pattern.indptr), shape=shape)
        books = {row for instrument in instruments().values() for row in instrument.books}
        self.policy = np.array(
            [i[0] if c.startswith("policy_") and c not in books else "" for c, i in program.rows], dtype=object
        )
        self.component = np.array([c for c, _ in program.rows], dtype=object)
        error = diagnose(self.ready, SolveOptions())
        assert isinstance(error, ConflictError), error
        self.error = error
        self.diagnosis = error.diagnosis

    def feasible(self, kept: set[str], lower: Any = None, upper: Any = None) -> bool:
        """Is there a solution under some policies, with other bounds if given?"""
        free = np.array([name != "" and name not in kept for name in self.policy])
        lower = np.where(free, -np.inf, self.program.row_lower if lower is None else lower)
        upper = np.where(free, np.inf, self.program.row_upper if upper is None else upper)
        return _has_solution(self.matrix, lower, upper, self.program.col_lower, self.program.col_upper)

    def feasible_within(self, kept: set[str], allowed: dict[tuple[str, str], float]) -> bool:
        """The same where rows of (policy, component) may be missed by so much in all."""
        columns, totals = [], []
        row_count = self.program.shape[0]
        for (policy, component), amount in allowed.items():
            rows = np.flatnonzero((self.policy == policy) & (self.component == component))
            ones = np.ones(len(rows))
            place = (rows, np.arange(len(rows)))
            both = [csr_array((sign * ones, place), shape=(row_count, len(rows))) for sign in (1.0, -1.0)]
            columns += both
            totals.append((2 * len(rows), amount))
        matrix = hstack([self.matrix, *columns]).tocsr()
        count = self.program.shape[1]
        extra = []
        for width, _ in totals:
            line = np.zeros(matrix.shape[1])
            line[count : count + width] = 1.0
            extra.append(line)
            count += width
        free = np.array([name != "" and name not in kept for name in self.policy])
        lower = np.concatenate((np.where(free, -np.inf, self.program.row_lower), np.full(len(extra), -np.inf)))
        upper = np.concatenate((np.where(free, np.inf, self.program.row_upper), [amount for _, amount in totals]))

        whole = vstack([matrix, csr_array(np.array(extra))]) if extra else matrix
        slack = matrix.shape[1] - self.program.shape[1]
        col_lower = np.concatenate((self.program.col_lower, np.zeros(slack)))
        col_upper = np.concatenate((self.program.col_upper, np.full(slack, np.inf)))
        return _has_solution(whole, lower, upper, col_lower, col_upper)


def _has_solution(matrix: Any, lower: Any, upper: Any, col_lower: Any, col_upper: Any) -> bool:
    """Feasible or not by SciPy, with tolerance 1e-9; anything else fails the test."""
    matrix = matrix.tocsr()
    equal = np.isfinite(lower) & (lower == upper)
    above, below = np.isfinite(upper) & ~equal, np.isfinite(lower) & ~equal

    answer = linprog(
        np.zeros(matrix.shape[1]),
        A_ub=vstack([matrix[above], -matrix[below]]),
        b_ub=np.concatenate((upper[above], -lower[below])),
        A_eq=matrix[equal],
        b_eq=lower[equal],
        bounds=np.column_stack((col_lower, col_upper)),
        method="highs-ds",
        options={"primal_feasibility_tolerance": 1e-9, "presolve": True},
    )
    assert answer.status in (0, 2), answer.message
    return bool(answer.status == 0)


@cache
def told(name: str, strength: float) -> Told:
    """The instance, explained once."""
    return Told(FAMILIES[name], strength)


def check(case: Told) -> None:
    """Everything that must hold of an answer."""
    everyone = set(case.policy) - {""}
    conflict = set(case.diagnosis.conflict)
    assert conflict <= everyone
    assert case.diagnosis.irreducible
    assert not case.feasible(everyone)
    assert not case.feasible(conflict), "the conflict set has a solution"
    for name in conflict:
        assert case.feasible(conflict - {name}), f"{name} is not needed for the conflict"
    check_split(case, everyone)
    for name in conflict:
        amounts = case.diagnosis.alone[name].amounts
        if amounts is None:
            assert not case.feasible(everyone - {name}), f"{name} alone could restore a solution"
            continue
        granted = {(name, component): amount for component, amount in amounts.items()}
        assert case.feasible_within(everyone, {key: x * (1 + 1e-7) for key, x in granted.items()})
        assert not case.feasible_within(everyone, {key: x * LESS for key, x in granted.items()})


def check_split(case: Told, everyone: set[str]) -> None:
    """The least change, row by row, restores a solution; a little less of all of it does not."""
    program, changes = case.program, case.diagnosis.changes
    assert changes

    def bounds(share: float) -> tuple[Any, Any]:
        lower, upper = program.row_lower.copy(), program.row_upper.copy()
        for change in changes:
            side = lower if change.side == "lower" else upper
            side[change.position] = change.bound + share * (change.needed - change.bound)
        return lower, upper

    lower, upper = bounds(1 + 1e-6)
    # a row that is an equality gives way to one side
    assert case.feasible(everyone, np.minimum(lower, program.row_lower), np.maximum(upper, program.row_upper))
    lower, upper = bounds(LESS)
    assert not case.feasible(everyone, np.minimum(lower, program.row_lower), np.maximum(upper, program.row_upper))


def test_there_are_enough_instances() -> None:
    assert len(INSTANCES) >= 60
    assert len({strength for _, strength in INSTANCES}) >= 10


@pytest.mark.parametrize("name", list(FAMILIES))
def test_every_family_starts_from_a_solvable_scenario(name: str) -> None:
    family = FAMILIES[name]
    ready = family.world(family.policies(family.solvable))
    program = ready.program
    matrix = csc_array((program.data, program.pattern.indices, program.pattern.indptr), shape=program.shape)
    assert _has_solution(matrix, program.row_lower, program.row_upper, program.col_lower, program.col_upper)


@pytest.mark.parametrize(("name", "strength"), QUICK)
def test_conflict_and_shortfall(name: str, strength: float) -> None:
    check(told(name, strength))


@pytest.mark.slow
@pytest.mark.parametrize(("name", "strength"), REST)
def test_conflict_and_shortfall_of_the_rest(name: str, strength: float) -> None:
    check(told(name, strength))


@pytest.mark.parametrize("name", ["tiny: cap, clean held back", "mini: cap", "small: allowances"])
def test_split_is_the_cheapest_at_the_least_total(name: str) -> None:
    """No other split of the same totals over the periods costs less: the costs of both phases by SciPy."""
    case = told(name, FAMILIES[name].strengths[0])
    totals: dict[tuple[str, str], float] = {}
    for change in case.diagnosis.changes:
        key = (change.group, str(case.component[change.position]))
        totals[key] = totals.get(key, 0.0) + abs(change.needed - change.bound)
    x = case.diagnosis.x
    assert x is not None
    assert float(case.program.cost @ x) == pytest.approx(cheapest(case, totals), rel=1e-5)


def cheapest(case: Told, totals: dict[tuple[str, str], float]) -> float:
    """Least cost under all policies, each of whose rows may be missed within the totals."""

    program = case.program
    columns, lines = [], []
    for policy, component in totals:
        rows = np.flatnonzero((case.policy == policy) & (case.component == component))
        sign = np.where(np.isfinite(program.row_lower[rows]), 1.0, -1.0)
        columns.append(csr_array((sign, (rows, np.arange(len(rows)))), shape=(program.shape[0], len(rows))))
        lines.append(len(rows))
    matrix = hstack([case.matrix, *columns]).tocsr()
    ends = program.shape[1] + np.cumsum([0, *lines])
    extra = np.zeros((len(lines), matrix.shape[1]))
    for k in range(len(lines)):
        extra[k, ends[k] : ends[k + 1]] = 1.0
    equal = np.isfinite(program.row_lower) & (program.row_lower == program.row_upper)
    above, below = np.isfinite(program.row_upper) & ~equal, np.isfinite(program.row_lower) & ~equal
    slack = matrix.shape[1] - program.shape[1]
    answer = linprog(
        np.concatenate((program.cost, np.zeros(slack))),
        A_ub=vstack([matrix[above], -matrix[below], csr_array(extra)]),
        b_ub=np.concatenate((program.row_upper[above], -program.row_lower[below], [t * (1 + 1e-7) for t in totals.values()])),
        A_eq=matrix[equal],
        b_eq=program.row_lower[equal],
        bounds=np.column_stack(
            (np.concatenate((program.col_lower, np.zeros(slack))), np.concatenate((program.col_upper, np.full(slack, np.inf))))
        ),
        method="highs-ds",
    )
    assert answer.status == 0, answer.message
    return float(answer.fun)
