"""Accounts of an allowance market recounted; labels, senses and units as in the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from peakmix.parameters.container import Key
from peakmix.results.recount.indicators import indicator
from peakmix.results.recount.scope import Scope
from peakmix.results.recount.terms import Element, Term

WHOLE = "all"
COSTS = (
    ("offset", "offset", "policy_cost"), ("ceiling", "ceiling", "policy_transfer"), ("floor", "floor", "policy_transfer"),
    ("to_bank", "bid", "policy_transfer"), ("from_bank", "ask", "policy_transfer"), ("auction", "auction", "policy_transfer"),
)  # fmt: skip
"""What is paid for in an account, its charge, and the cost component it is booked under."""

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
    periods = facts["periods"]
    what = policy.scoped(policy.indicator)
    for account in facts["accounts"]:
        region = None if account == WHOLE else account
        for period in periods:
            key = (name, account, period)
            emission = scope.term(None, (), "allowance_emission", key)
            yield ("policy_allowance_emission", *key), 0, emission, indicator(scope, what, period, region=region)
            before = None if period == periods[0] else (name, account, scope.parameters.horizon.before(period))
            used = [*emission, *_kept(scope, key, before), *_leaving(scope, key, before)]
            yield ("policy_allowance_account", *key), 1, used, _given(scope, policy, key, before)
            yield from _limits(scope, key, period == periods[-1])
            if policy.banking_sales is not None:
                marketed = scope.term(None, (), "allowance_marketed", key) + _entering(scope, key, before)
                lacking = by_plant(scope, "allowance_lacking", name, regions_of(scope, policy, account), period)
                yield ("policy_allowance_sales", *key), 1, marketed, lacking + _leaving(scope, key, before)
            if policy.offsets is not None:
                quota = product(scope, ("allowance_quota", (name, period)), emission)
                yield ("policy_allowance_offset", *key), 1, scope.term(None, (), "allowance_offset", key), quota
    for period in periods if scope.variables.has("allowance_sold", (name, facts["accounts"][0], periods[0])) else ():
        sold = [t for a in facts["accounts"] for t in scope.term(None, (), "allowance_sold", (name, a, period))]
        yield ("policy_allowance_trade", name, period), 0, [], sold
    for period in periods if policy.auction is not None else ():
        bought = [t for a in facts["accounts"] for t in scope.term(None, (), "allowance_auction", (name, a, period))]
        yield ("policy_allowance_auction", name, period), 1, bought, scope.constant("allowance_auction_volume", (name, period))
    if policy.carbon_bank is not None:
        yield from _carbon_bank(scope, name, facts)


def regions_of(scope: Scope, policy: Any, account: str) -> tuple[str, ...]:
    """Regions that an account answers for."""
    return scope.parameters.regions_of(policy.location) if account == WHOLE else (account,)


def by_plant(scope: Scope, table: str, name: str, regions: tuple[str, ...], period: int) -> list[Term]:
    """Derived numbers per plant times activity, and per measure times what is adopted."""
    terms: list[Term] = []
    for element, variable in ((table, "activity"), (f"{table}_measure", "adopted")):
        for region in regions:
            for key in scope.plant_keys(element)[name, region, period]:
                terms += scope.term(element, key, variable, key[1:])
    return terms


def _limits(scope: Scope, key: Key, last: bool) -> Iterator[Row]:
    """What may be kept, owed to the market and owed to the carbon bank."""
    name, _, period = key
    held, owed = scope.term(None, (), "allowance_held", key), scope.term(None, (), "allowance_held", key, -1.0)
    if held and (name,) in scope.table("allowance_bank_limit"):
        room = scope.constant("allowance_bank_limit", (name,))
        if (name, period) in scope.table("allowance_sales_room"):
            room += scope.term("allowance_sales_room", (name, period), "allowance_marketed", key)
        yield ("policy_allowance_bank", *key), 1, held, room
    if held and (name,) in scope.table("allowance_loan_limit") and not last:
        yield ("policy_allowance_loan", *key), 1, owed, scope.constant("allowance_loan_limit", (name,))
    lent = scope.term(None, (), "allowance_lent", key)
    if lent and (name,) in scope.table("carbon_bank_lending_limit"):
        yield ("policy_carbon_bank_lending", *key), 1, lent, scope.constant("carbon_bank_lending_limit", (name,))


def _change(scope: Scope, stock: str, key: Key, before: Key | None, factor: float = 1.0) -> list[Term]:
    """What is added to a stock of an account a year."""
    per_year = factor / scope.parameters.horizon.n(key[2])
    terms = scope.term(None, (), stock, key, per_year)
    return terms + (scope.term(None, (), stock, before, -per_year) if before is not None else [])


def _kept(scope: Scope, key: Key, before: Key | None) -> list[Term]:
    """What is added to the bank a year."""
    return _change(scope, "allowance_held", key, before)


def _leaving(scope: Scope, key: Key, before: Key | None) -> list[Term]:
    """What leaves an account a year: sold to others, to the authority and to the carbon bank, and interest to the latter."""
    terms = [t for kind in ("sold", "floor", "to_bank") for t in scope.term(None, (), f"allowance_{kind}", key)]
    rate = (key[0], key[2])
    if before is not None and rate in scope.table("carbon_bank_interest"):
        terms += scope.term("carbon_bank_interest", rate, "allowance_lent", before)
    return terms


def _entering(scope: Scope, key: Key, before: Key | None) -> list[Term]:
    """What an account gets beyond its allocation a year: offsets, from the authority, from the carbon bank, on loan."""
    terms = [t for kind in ("offset", "ceiling", "auction", "from_bank") for t in scope.term(None, (), f"allowance_{kind}", key)]
    return terms + _change(scope, "allowance_lent", key, before)


def allocation(scope: Scope, policy: Any, key: Key) -> list[Term]:
    """Free allocation of an account a year: amounts, benchmarks and bands."""
    name, account, period = key
    terms = scope.constant("allowance_amount", key)
    for position, entry in enumerate(policy.allocation):
        if entry.benchmark is not None:
            region = None if account == WHOLE else account
            made = indicator(scope, policy.scoped(entry.output), period, region=region)
            terms += product(scope, ("allowance_benchmark", (name, position, period)), made)
    return terms + by_plant(scope, "allowance_band", name, regions_of(scope, policy, account), period)


def _given(scope: Scope, policy: Any, key: Key, before: Key | None) -> list[Term]:
    """Allocation, opening in the first period, and what else an account gets."""
    opening = scope.constant("allowance_opening", key[:2]) if before is None else []
    return allocation(scope, policy, key) + opening + _entering(scope, key, before)


def _carbon_bank(scope: Scope, name: str, facts: Any) -> Iterator[Row]:
    """Inventory of the carbon bank: what it holds less what it held, against what came in."""
    for position, period in enumerate(facts["periods"]):
        years = float(scope.parameters.horizon.n(period))
        before = facts["periods"][position - 1] if position else None
        inventory = scope.term(None, (), "allowance_inventory", (name, period))
        income = scope.constant("carbon_bank_opening", (name,)) if before is None else []
        income += scope.term(None, (), "allowance_inventory", (name, before))
        for account in facts["accounts"]:
            key, earlier = (name, account, period), None if before is None else (name, account, before)
            income += scope.term(None, (), "allowance_to_bank", key, years)
            income += scope.term(None, (), "allowance_from_bank", key, -years)
            income += _change(scope, "allowance_lent", key, earlier, -years)
            if earlier is not None and (name, period) in scope.table("carbon_bank_interest"):
                income += scope.term("carbon_bank_interest", (name, period), "allowance_lent", earlier, years)
        yield ("policy_carbon_bank", name, period), 0, inventory, income
        if (name,) in scope.table("carbon_bank_limit"):
            yield ("policy_carbon_bank_limit", name, period), 1, inventory, scope.constant("carbon_bank_limit", (name,))


def market_costs(scope: Scope) -> Iterator[tuple[str, str, int, list[Term]]]:
    """(cost component, account, period, terms) of offsets, of the price collar and of the carbon bank."""
    for kind, price, component in COSTS:
        for index in scope.variables.of(f"allowance_{kind}"):
            charge = (f"allowance_{price}_charge", (index[0], index[2]))
            yield component, index[1], index[2], [(1.0, charge, (f"allowance_{kind}", index))]
    for name, period in scope.table("allowance_interest_charge"):
        facts = scope.parameters.facts["allowance"][name]
        for account in facts["accounts"] if period != facts["periods"][0] else ():
            owed = (name, account, scope.parameters.horizon.before(period))
            charge = ("allowance_interest_charge", (name, period))
            yield "policy_transfer", account, period, [(1.0, charge, ("allowance_lent", owed))]
