"""All derived elements at once as levers: a model compiled once gives the very programmes that fresh builds give.

Elements of the names in ``STRUCTURAL`` decide which rows exist, or are kept for reports; no coefficient holds them, so they cannot
be levers. Of the other names a single element may also be without a place in a model: a ledger that no policy asks for, the
charge of a vintage that cannot be built. Those are left out here as a sweep has to leave them out.
"""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import numpy as np
import pyomo.environ as pyo
import pytest
from pyomo.core.expr.visitor import identify_variables
from tests.cases.kit import Prepared
from tests.math.rows_as_text import Content, content, difference
from tests.math.tiny import MODELS

from peakmix.formulation.build import build
from peakmix.solve.compile import compile_model
from peakmix.solve.highs import solve
from peakmix.solve.solution import Status

STRUCTURAL = {
    "alive": "survival; live, service, carry, expiring and the charges are formed from it",
    "book_cost": "capital cost of what stands, for stranded value",
    "investment_weight": "for prices and reports",
    "legacy_debt": "legacy_service is the sum over debts; for the loan book",
    "lifetime": "survival and annuities are formed from it",
    "loan_left": "debt left at the end of a period; loan_link and the loan book are formed from it",
    "loan_lent": "loan_charge is the interest above it; for the payer's account",
    "loan_repaid": "principal in debt service, for the loan book",
    "market_price": "undiscounted, for reports",
    "operating_weight": "for prices and reports",
    "stock": "opening_stock and the standing elements are formed from it",
    "stockpile_opening": "stockpile_opening_flow is formed from it",
}
"""Names of derived elements that never multiply a variable nor stand on a right-hand side, with the reason."""

AS_BOUND = ("measure_pace",)
"""Rows of one variable that are bounds of it when their number is no lever."""

Levers = dict[tuple[str, Any], float]


@cache
def ready(name: str) -> Prepared:
    return MODELS[name]()


@cache
def symbolic(name: str) -> tuple[Levers, Any]:
    """Elements that have a place in the model, and the family compiled with all of them symbolic."""
    parameters = ready(name).parameters
    asked = {(n, k): v for n, k, v in parameters.elements() if n not in STRUCTURAL}
    model = build(parameters, asked)
    used = {id(v) for e in expressions(model) for v in identify_variables(e, include_fixed=True)}
    placed = {key: value for i, (key, value) in enumerate(asked.items()) if id(model.lever[i]) in used}
    return placed, compile_model(build(parameters, placed))


def expressions(model: Any) -> list[Any]:
    """Bodies and sides of all rows, and the objective."""
    rows = model.component_data_objects(pyo.Constraint, active=True)
    parts = [e for row in rows for e in (row.body, row.lower, row.upper)]
    return [e for e in (*parts, model.objective.expr) if hasattr(e, "is_expression_type")]


def with_bounds(found: Content) -> Content:
    """The content with rows of ``AS_BOUND`` turned into bounds of their variable."""
    result = dict(found)
    for name, (cells, _, upper) in found.items():
        if name[0] in AS_BOUND:
            (column,) = cells
            result["bounds", column] = ({}, 0.0, upper / cells[column])  # type: ignore[index]
            del result[name]
    return result


@pytest.mark.parametrize("name", sorted(MODELS))
def test_at_base_values(name: str) -> None:
    """At the base values every coefficient, bound and cost is that of the plain build."""
    plain = content(ready(name).program)
    assert difference(plain, with_bounds(content(symbolic(name)[1].at())), tolerance=1e-12) == ""


@pytest.mark.parametrize("name", sorted(MODELS))
def test_at_other_values(name: str) -> None:
    """At values moved by up to 5 % the family's member is that of a build from moved elements."""
    placed, family = symbolic(name)
    draw = random.Random(name)
    moved = {key: value * draw.uniform(0.95, 1.05) for key, value in placed.items()}
    fresh = compile_model(build(ready(name).parameters.with_levers(moved))).at()
    member = family.at(np.array(list(moved.values())))
    assert difference(content(fresh), with_bounds(content(member)), tolerance=1e-10) == ""


def test_every_name_is_accounted_for() -> None:
    """A name either moves a coefficient in at least one of the models or stands in the list of structural names."""
    known = {n for name in MODELS for n in ready(name).parameters.values}
    moving = {n for name in MODELS for n, _ in symbolic(name)[0]}
    assert known - moving == set(STRUCTURAL)


@pytest.mark.parametrize("name", sorted(MODELS))
def test_slopes_of_the_optimum(name: str) -> None:
    """The slope of the optimum along a random direction lies between its one-sided differences."""
    placed, family = symbolic(name)
    start = np.array(list(placed.values()))
    direction = start * np.random.default_rng(7).uniform(-1, 1, len(start))
    direction[[k for k, (n, _) in enumerate(placed) if n not in SMOOTH]] = 0.0
    optima = []
    for step in (-1e-4, 0.0, 1e-4):
        program = family.at(start + step * direction)
        optima.append(solve(program))
    assert [o.status for o in optima] == [Status.OPTIMAL] * 3
    below, here, above = (o.objective for o in optima)
    slope = float(family.gradient(optima[1].x, optima[1].row_dual) @ direction)
    ends = sorted([(here - below) / 1e-4, (above - here) / 1e-4])
    slack = 1e-4 * max(1.0, abs(slope)) + 1e-3 * (ends[1] - ends[0])
    assert ends[0] - slack <= slope <= ends[1] + slack


SMOOTH = {"variable_charge", "market_charge", "capital_charge", "fixed_charge", "policy_price", "trade_charge", "service"}
"""Names that are moved for the slope: pinned sides and recipes would make the moved problem infeasible."""
