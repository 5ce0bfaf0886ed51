"""Twin of the instrument market: every account is settled in tonnes, period by period.

settle    before + n (given + offsets + ceiling) - n (emitted + sold + floor) >= kept; the rest lapses
given     amounts of the account, and benchmark x output
kept      within [-borrowing, +banking]; nothing is owed after the last period
offsets   at most quota x emissions          trade   sales of all accounts add up to nothing
money     D x (offset price x offsets)  and, as a transfer,  D x (ceiling x bought - floor x given back)
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from peakmix.audit.policies.common import Audit, by_period, in_force, in_unit
from peakmix.audit.report import Floats
from peakmix.scenario.fields import Quantity
from peakmix.scenario.market import MarketPolicy

INSTRUMENT = "market"
ONLY = "all"


def check(audit: Audit, name: str, policy: MarketPolicy) -> None:
    """All accounts of one market."""
    case, calendar = audit.case, audit.calendar
    periods = in_force(calendar, policy.from_year, policy.to_year)
    places = [ONLY] if policy.accounts == "one" else list(case.places.regions(policy.location))
    outside = np.ones(calendar.count, dtype=bool)
    outside[periods] = False
    for component in ("emission", "held", "sold", "offset", "ceiling", "floor"):
        for key, amounts in case.decisions.all(f"allowance_{component}").items():
            if key[0] == name:
                barred = outside | (key[1] not in places) | (not _allowed(policy, component))
                case.tally.must_be_zero(f"policy market: {component}", key, amounts, barred)
    given = _given(audit, policy, places)
    for place in places:
        _settle(audit, name, policy, place, given[place], periods)
        _book(audit, name, policy, place)
    sold = case.sum(case.decisions.of("allowance_sold", name, place) for place in places)
    size = case.sum(np.abs(case.decisions.of("allowance_sold", name, place)) for place in places)
    for k in periods:
        case.tally.row("policy market: trade", (name, calendar.first[k]), sold[k], size[k])


def _allowed(policy: MarketPolicy, component: str) -> bool:
    """Does the market have this at all?"""
    stated = {
        "held": policy.banking or policy.borrowing, "sold": policy.accounts == "place", "offset": policy.offsets,
        "ceiling": policy.ceiling, "floor": policy.floor,
    }  # fmt: skip
    return bool(stated.get(component, True))


def _series(audit: Audit, series: Mapping[int, Quantity], unit: str, policy: MarketPolicy) -> Floats:
    """Values of the periods in a unit."""
    return by_period({y: in_unit(q, unit, audit.case.data) for y, q in series.items()}, policy.between, audit.calendar)


def _given(audit: Audit, policy: MarketPolicy, places: list[str]) -> dict[str, Floats]:
    """Free allocation by account (periods)."""
    unit = audit.indicators.unit(policy.scoped(policy.indicator))[0]
    found = {place: audit.calendar.zeros() for place in places}
    for entry in policy.allocation:
        if entry.amount is not None:
            place = ONLY if policy.accounts == "one" else _region(audit, str(entry.location))
            found[place] = found[place] + _series(audit, entry.amount, unit, policy)
        elif entry.output is not None and entry.benchmark is not None:
            output = policy.scoped(entry.output)
            rate = _series(audit, entry.benchmark, f"{unit}/({audit.indicators.unit(output)[0]})", policy)
            for place in places:
                made = audit.indicators.level(output, None if place == ONLY else place)
                found[place] = found[place] + rate * made
    return found


def _region(audit: Audit, place: str) -> str:
    """Region that a place lies in."""
    return audit.case.places.region_of.get(place, place)


def _settle(audit: Audit, name: str, policy: MarketPolicy, place: str, given: Floats, periods: list[int]) -> None:
    """One account over time."""
    case, calendar = audit.case, audit.calendar
    read = {c: case.decisions.of(f"allowance_{c}", name, place) for c in ("emission", "held", "sold", "offset", "ceiling", "floor")}
    indicator = policy.scoped(policy.indicator)
    emitted = audit.indicators.level(indicator, None if place == ONLY else place)
    holds = np.zeros(calendar.count, dtype=bool)
    holds[periods] = True
    case.tally.equal("policy market: emissions", (name, place), read["emission"], emitted, holds)
    unit = audit.indicators.unit(indicator)[0].removesuffix("/yr")
    owners = [p for p in policy.opening if place in (ONLY, _region(audit, p))]
    before = sum(in_unit(policy.opening[p], unit, case.data) for p in owners)
    most = _limit(audit, policy.banking_limit, policy.banking, unit)
    least = -_limit(audit, policy.borrowing_limit, policy.borrowing, unit)
    where = name if place == ONLY else f"{name} {place}"
    for k in periods:
        first, years, kept = calendar.first[k], calendar.length[k], float(read["held"][k])
        has = before + years * float(given[k] + read["offset"][k] + read["ceiling"][k] - read["sold"][k] - read["floor"][k])
        audit.bounded(where, INSTRUMENT, "account", first, years * float(emitted[k]) + kept, has, True)
        if np.isfinite(most):
            audit.bounded(where, INSTRUMENT, "bank", first, kept, most, True)
        floor = 0.0 if k == periods[-1] else least
        if np.isfinite(floor):
            audit.bounded(where, INSTRUMENT, "loan", first, kept, floor, False)
        if policy.offsets is not None:
            cover = policy.offsets.quota * float(emitted[k])
            audit.bounded(where, INSTRUMENT, "offsets", first, float(read["offset"][k]), cover, True)
        before = kept


def _limit(audit: Audit, stated: Quantity | None, allowed: bool, unit: str) -> float:
    """Largest amount kept or owed."""
    if not allowed:
        return 0.0
    return np.inf if stated is None else in_unit(stated, unit, audit.case.data)


def _book(audit: Audit, name: str, policy: MarketPolicy, place: str) -> None:
    """Money for offsets, and to and from the authority."""
    natural = audit.indicators.unit(policy.scoped(policy.indicator))[1]
    money = f"{audit.case.data.money_unit}/{natural}"
    for component, series, account, sign in (
        ("offset", policy.offsets.price if policy.offsets else None, "policy_cost", 1.0),
        ("ceiling", policy.ceiling, "policy_transfer", 1.0),
        ("floor", policy.floor, "policy_transfer", -1.0),
    ):
        if series is not None:
            amounts = audit.case.decisions.of(f"allowance_{component}", name, place)
            audit.accounts.book(account, sign * audit.calendar.operating * _series(audit, series, money, policy) * amounts)
