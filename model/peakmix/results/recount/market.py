"""Accounts of an allowance market recounted; labels, senses and units as in the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from peakmix.parameters.container import Key
from peakmix.results.recount.indicators import indicator
from peakmix.results.recount.scope import Scope
from peakmix.results.recount.terms import Element, Term

WHOLE = "all"
COSTS = (("offset", "policy_cost"), ("ceiling", "policy_transfer"), ("floor", "policy_transfer"))
"""What is paid for in an account, and the cost component it is booked under."""

Row = tuple[Key, int, list[Term], list[Term]]
"""Label, sense, level, bound."""


def product(scope: Scope, element: Element, terms: list[Term]) -> list[Term]:
    """Terms times an element; the elements they already have are taken as numbers."""
    return [
        (factor if own is None else factor * float(scope.table(own[0])[own[1]]), element, variable)
        for factor, own, variable in terms
    ]


def market_rows(scope: Scope, name: str, policy: Any) -> Iterator[Row]:
    """Every row of one market; the level of an account is what it answers for and keeps, the bound what it is given."""
    facts = scope.parameters.facts["allowance"][name]
    periods, limits = facts["periods"], scope.table("allowance_bank_limit")
    what = policy.scoped(policy.indicator)
    for account in facts["accounts"]:
        region = None if account == WHOLE else account
        for period in periods:
            key = (name, account, period)
            emission = scope.term(None, (), "allowance_emission", key)
            yield ("policy_allowance_emission", *key), 0, emission, indicator(scope, what, period, region=region)
            before = None if period == periods[0] else (name, account, scope.parameters.horizon.before(period))
            yield ("policy_allowance_account", *key), 1, _used(scope, key, emission, before), _given(scope, policy, key, before)
            held = scope.term(None, (), "allowance_held", key)
            if held and (name,) in limits:
                yield ("policy_allowance_bank", *key), 1, held, scope.constant("allowance_bank_limit", (name,))
            if held and (name,) in scope.table("allowance_loan_limit") and period != periods[-1]:
                owed = scope.term(None, (), "allowance_held", key, -1.0)
                yield ("policy_allowance_loan", *key), 1, owed, scope.constant("allowance_loan_limit", (name,))
            if policy.offsets is not None:
                quota = product(scope, ("allowance_quota", (name, period)), emission)
                yield ("policy_allowance_offset", *key), 1, scope.term(None, (), "allowance_offset", key), quota
    for period in periods if policy.accounts == "place" else ():
        sold = [t for a in facts["accounts"] for t in scope.term(None, (), "allowance_sold", (name, a, period))]
        yield ("policy_allowance_trade", name, period), 0, [], sold


def _used(scope: Scope, key: Key, emission: list[Term], before: Key | None) -> list[Term]:
    """Emissions, what is sold or given back, and what is added to the bank, a year."""
    per_year = 1 / scope.parameters.horizon.n(key[2])
    terms = [*emission, *scope.term(None, (), "allowance_held", key, per_year)]
    if before is not None:
        terms += scope.term(None, (), "allowance_held", before, -per_year)
    return terms + scope.term(None, (), "allowance_sold", key) + scope.term(None, (), "allowance_floor", key)


def _given(scope: Scope, policy: Any, key: Key, before: Key | None) -> list[Term]:
    """Allocation, opening in the first period, offsets, and what is bought at the ceiling."""
    name, account, period = key
    terms = scope.constant("allowance_amount", key)
    if before is None:
        terms += scope.constant("allowance_opening", (name, account))
    for position, entry in enumerate(policy.allocation):
        if entry.benchmark is not None:
            region = None if account == WHOLE else account
            made = indicator(scope, policy.scoped(entry.output), period, region=region)
            terms += product(scope, ("allowance_benchmark", (name, position, period)), made)
    return terms + scope.term(None, (), "allowance_offset", key) + scope.term(None, (), "allowance_ceiling", key)


def market_costs(scope: Scope) -> Iterator[tuple[str, str, int, list[Term]]]:
    """(cost component, account, period, terms) of offsets and of the price collar."""
    for kind, component in COSTS:
        for index in scope.variables.of(f"allowance_{kind}"):
            charge = (f"allowance_{kind}_charge", (index[0], index[2]))
            yield component, index[1], index[2], [(1.0, charge, (f"allowance_{kind}", index))]
