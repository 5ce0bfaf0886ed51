"""Loan lines recounted; labels, senses and units as in the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from peakmix.parameters.container import Key
from peakmix.results.recount.market import Row
from peakmix.results.recount.scope import Scope
from peakmix.results.recount.terms import Term

DRAW = "loan_draw"


def finance_rows(scope: Scope, name: str, policy: Any) -> Iterator[Row]:
    """Every row of one finance policy: draws against investment, shares, ceilings; own funds used against own funds."""
    draws = [index for index in scope.variables.of(DRAW) if index[0] == name]
    facts = scope.parameters.facts["finance"][name]
    by_asset: dict[Key, list[Term]] = {}
    by_line: dict[str, list[Term]] = {}
    for index in draws:
        taken = scope.term(None, (), DRAW, index)
        by_asset.setdefault(index[2:], []).extend(taken)
        by_line.setdefault(index[1], []).extend(taken)
        if index in scope.table("loan_part"):
            part = scope.term("loan_part", index, "new_capacity", index[2:])
            yield ("policy_finance_share", *index), 1, taken, part
    for asset, taken in by_asset.items():
        paid = scope.term("overnight_cost", asset, "new_capacity", asset)
        yield ("policy_finance_cover", name, *asset), 1, taken, paid
    for line, taken in by_line.items():
        if (name, line) in scope.table("loan_ceiling"):
            yield ("policy_finance_line", name, line), 1, taken, scope.constant("loan_ceiling", (name, line))
    for period in facts["periods"]:
        used = _used(scope, name, draws, facts["assets"], period)
        if used and (name, period) in scope.table("own_funds"):
            yield ("policy_finance_own", name, period), 1, used, scope.constant("own_funds", (name, period))


def _used(scope: Scope, name: str, draws: list[Key], assets: list[Key], period: int) -> list[Term]:
    """Own funds of a year: investment less draws, and debt service."""
    per_year = 1 / scope.parameters.horizon.n(period)
    terms: list[Term] = []
    for asset in assets:
        if asset[2] == period:
            terms += scope.term("overnight_cost", asset, "new_capacity", asset, per_year)
    for index in draws:
        if index[4] == period:
            terms += scope.term(None, (), DRAW, index, -per_year)
        service = (name, index[1], index[4], period)
        if service in scope.table("loan_service"):
            terms += scope.term("loan_service", service, DRAW, index)
    return terms


def finance_costs(scope: Scope) -> Iterator[tuple[str, str, int, list[Term]]]:
    """(cost component, place, period, terms): interest above the discount rate."""
    for index in scope.variables.of(DRAW):
        yield "loan_interest", index[2], index[4], scope.term("loan_charge", index, DRAW, index)
