"""Twin of the instrument market: every account is settled in tonnes, period by period.

settle    before + n (given + offsets + ceiling + auction + from bank) - n (emitted + sold + floor + to bank)
              + newly lent - interest in allowances >= kept; the rest lapses
given     amounts of the account, benchmark x output, and what plants are given by bands; tightening included
kept      within [-borrowing, +banking + n x multiple x marketed]; nothing is owed after the last period
marketed  <= sold + floor + to bank + what plants lack and neither offsets, ceiling nor the carbon bank cover
offsets   at most quota x emissions          trade   sales of all accounts add up to nothing
auction   what all accounts buy there is at most what is offered
bank      inventory[p] = inventory[p-1] + n (to bank - from bank) - newly lent + interest in allowances, within its limit
money     D x (offset price x offsets)  and, as a transfer,  D x (ceiling x bought + reserve x auctioned - floor x given back
              + ask x from bank - bid x to bank + interest x ask x owed)
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from peakmix.audit.policies.common import Audit, by_period, in_force, in_unit
from peakmix.audit.policies.market_plants import Plants
from peakmix.audit.report import Flags, Floats
from peakmix.scenario.fields import Quantity
from peakmix.scenario.market import MarketPolicy

INSTRUMENT = "market"
ONLY = "all"
FLOWS = ("emission", "held", "sold", "offset", "ceiling", "auction", "floor", "marketed", "to_bank", "from_bank", "lent")


def check(audit: Audit, name: str, policy: MarketPolicy) -> None:
    """All accounts of one market."""
    case, calendar = audit.case, audit.calendar
    periods = in_force(calendar, policy.from_year, policy.to_year)
    places = [ONLY] if policy.accounts == "one" else list(case.places.regions(policy.location))
    outside = np.ones(calendar.count, dtype=bool)
    outside[periods] = False
    for component in FLOWS:
        for key, amounts in case.decisions.all(f"allowance_{component}").items():
            if key[0] == name:
                barred = outside | (key[1] not in places) | (not _allowed(policy, component))
                case.tally.must_be_zero(f"policy market: {component}", key, amounts, barred)
    plants = Plants(audit, policy)
    given = _given(audit, policy, places, plants)
    for place in places:
        _settle(audit, name, policy, place, given[place], periods)
        _sales(audit, name, policy, place, plants, periods)
        _book(audit, name, policy, place)
    _carbon_bank(audit, name, policy, places, periods, outside)
    if policy.auction is not None:
        bought = case.sum(case.decisions.of("allowance_auction", name, place) for place in places)
        offered = _series(audit, policy.auction.amount, audit.indicators.unit(policy.scoped(policy.indicator))[0], policy)
        for k in periods:
            audit.bounded(name, INSTRUMENT, "auction", calendar.first[k], float(bought[k]), float(offered[k]), True)
    sold = case.sum(case.decisions.of("allowance_sold", name, place) for place in places)
    size = case.sum(np.abs(case.decisions.of("allowance_sold", name, place)) for place in places)
    for k in periods:
        case.tally.row("policy market: trade", (name, calendar.first[k]), sold[k], size[k])


def _allowed(policy: MarketPolicy, component: str) -> bool:
    """Does the market have this at all?"""
    stated = {
        "held": policy.banking or policy.borrowing, "sold": policy.accounts == "place" and policy.trade == "free",
        "offset": policy.offsets, "ceiling": policy.ceiling, "floor": policy.floor, "auction": policy.auction,
        "marketed": policy.banking_sales is not None, "to_bank": policy.carbon_bank, "from_bank": policy.carbon_bank,
        "lent": policy.carbon_bank is not None and policy.carbon_bank.lending,
    }  # fmt: skip
    return bool(stated.get(component, True))


def _series(audit: Audit, series: Mapping[int, Quantity], unit: str, policy: MarketPolicy) -> Floats:
    """Values of the periods in a unit."""
    return by_period({y: in_unit(q, unit, audit.case.data) for y, q in series.items()}, policy.between, audit.calendar)


def _given(audit: Audit, policy: MarketPolicy, places: list[str], plants: Plants) -> dict[str, Floats]:
    """Free allocation by account (periods)."""
    found = {place: audit.calendar.zeros() for place in places}
    for entry in policy.allocation:
        if entry.amount is not None:
            place = ONLY if policy.accounts == "one" else _region(audit, str(entry.location))
            found[place] = found[place] + plants.mean(plants.numbers(entry.amount, plants.unit), *plants.factors(entry))
        elif entry.output is not None and entry.benchmark is not None:
            output = policy.scoped(entry.output)
            unit = f"{plants.unit}/({audit.indicators.unit(output)[0]})"
            rate = plants.mean(plants.numbers(entry.benchmark, unit), *plants.factors(entry))
            for place in places:
                made = audit.indicators.level(output, None if place == ONLY else place)
                found[place] = found[place] + rate * made
    if plants.entries:
        for place in places:
            found[place] = found[place] + plants.banded(None if place == ONLY else place)
    return found


def _region(audit: Audit, place: str) -> str:
    """Region that a place lies in."""
    return audit.case.places.region_of.get(place, place)


def _settle(audit: Audit, name: str, policy: MarketPolicy, place: str, given: Floats, periods: list[int]) -> None:
    """One account over time."""
    case, calendar = audit.case, audit.calendar
    read = {c: case.decisions.of(f"allowance_{c}", name, place) for c in FLOWS}
    indicator = policy.scoped(policy.indicator)
    emitted = audit.indicators.level(indicator, None if place == ONLY else place)
    holds = np.zeros(calendar.count, dtype=bool)
    holds[periods] = True
    case.tally.equal("policy market: emissions", (name, place), read["emission"], emitted, holds)
    unit = audit.indicators.unit(indicator)[0].removesuffix("/yr")
    owners = [p for p in policy.opening if place in (ONLY, _region(audit, p))]
    before = sum(in_unit(policy.opening[p], unit, case.data) for p in owners)
    most = _limit(audit, policy.banking_limit, policy.banking, unit) + _room_of_sales(audit, policy, read["marketed"])
    interest, owed = _interest(audit, policy, in_allowances=True), 0.0
    least = -_limit(audit, policy.borrowing_limit, policy.borrowing, unit)
    where = name if place == ONLY else f"{name} {place}"
    for k in periods:
        first, years, kept = calendar.first[k], calendar.length[k], float(read["held"][k])
        has = before + years * float(given[k] + read["offset"][k] + read["ceiling"][k] + read["auction"][k] + read["from_bank"][k])
        has -= years * float(read["sold"][k] + read["floor"][k] + read["to_bank"][k] + interest[k] * owed)
        has += float(read["lent"][k]) - owed
        audit.bounded(where, INSTRUMENT, "account", first, years * float(emitted[k]) + kept, has, True)
        if np.isfinite(most[k]):
            audit.bounded(where, INSTRUMENT, "bank", first, kept, float(most[k]), True)
        floor = 0.0 if k == periods[-1] else least
        if np.isfinite(floor):
            audit.bounded(where, INSTRUMENT, "loan", first, kept, floor, False)
        if policy.offsets is not None:
            cover = policy.offsets.quota * float(emitted[k])
            audit.bounded(where, INSTRUMENT, "offsets", first, float(read["offset"][k]), cover, True)
        before, owed = kept, float(read["lent"][k])


def _sales(audit: Audit, name: str, policy: MarketPolicy, place: str, plants: Plants, periods: list[int]) -> None:
    """Sales that count for what may be kept are sales of plants with a surplus to somebody who lacks allowances."""
    if policy.banking_sales is None:
        return
    read = {c: audit.case.decisions.of(f"allowance_{c}", name, place) for c in FLOWS}
    interest, owed = _interest(audit, policy, in_allowances=True), 0.0
    lacking = plants.lacking(None if place == ONLY else place)
    for k in periods:
        lent = (float(read["lent"][k]) - owed) / audit.calendar.length[k] - interest[k] * owed
        covered = float(read["offset"][k] + read["ceiling"][k] + read["auction"][k] + read["from_bank"][k]) + lent
        out = float(read["sold"][k] + read["floor"][k] + read["to_bank"][k])
        where = name if place == ONLY else f"{name} {place}"
        room = float(lacking[k]) + out - covered
        audit.bounded(where, INSTRUMENT, "sales", audit.calendar.first[k], float(read["marketed"][k]), room, True)
        owed = float(read["lent"][k])


def _room_of_sales(audit: Audit, policy: MarketPolicy, marketed: Floats) -> Floats:
    """What sales add to the banking limit (periods)."""
    years = np.array(audit.calendar.length, dtype=np.float64)
    return (policy.banking_sales or 0.0) * years * marketed


def _interest(audit: Audit, policy: MarketPolicy, in_allowances: bool) -> Floats:
    """Interest a year on loans of the carbon bank, where it is paid that way."""
    lending = policy.carbon_bank.lending if policy.carbon_bank is not None else None
    if lending is None or (lending.paid_in == "allowances") != in_allowances:
        return audit.calendar.zeros()
    return _series(audit, lending.interest, "1/yr", policy)


def _carbon_bank(
    audit: Audit, name: str, policy: MarketPolicy, places: list[str], periods: list[int], outside: Flags
) -> None:
    """The inventory follows from what the bank bought, sold and lent; it is never below zero nor above its limit."""
    case, calendar, bank = audit.case, audit.calendar, policy.carbon_bank
    stated = case.decisions.of("allowance_inventory", name)
    case.tally.must_be_zero("policy market: inventory", (name,), stated, outside | (bank is None))
    if bank is None:
        return
    unit = audit.indicators.unit(policy.scoped(policy.indicator))[0].removesuffix("/yr")
    flows = {c: case.sum(case.decisions.of(f"allowance_{c}", name, p) for p in places) for c in ("to_bank", "from_bank", "lent")}
    interest, owed = _interest(audit, policy, in_allowances=True), 0.0
    holds = in_unit(bank.opening, unit, case.data)
    most = np.inf if bank.limit is None else in_unit(bank.limit, unit, case.data)
    for k in periods:
        traded = float(flows["to_bank"][k] - flows["from_bank"][k] + interest[k] * owed)
        holds += calendar.length[k] * traded - (float(flows["lent"][k]) - owed)
        owed = float(flows["lent"][k])
        case.tally.row("policy market: inventory", (name, calendar.first[k]), holds - float(stated[k]), abs(holds) + abs(traded))
        if np.isfinite(most):
            audit.bounded(name, INSTRUMENT, "inventory", calendar.first[k], holds, most, True)
    case.tally.row("policy market: debt", (name,), owed)
    if bank.lending is not None and bank.lending.limit is not None:
        limit = in_unit(bank.lending.limit, unit, case.data)
        for place in places:
            for k in periods[:-1]:
                lent = float(case.decisions.of("allowance_lent", name, place)[k])
                where = name if place == ONLY else f"{name} {place}"
                audit.bounded(where, INSTRUMENT, "lending", calendar.first[k], lent, limit, True)


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
        ("auction", policy.auction.reserve if policy.auction else None, "policy_transfer", 1.0),
        ("from_bank", policy.carbon_bank.ask if policy.carbon_bank else None, "policy_transfer", 1.0),
        ("to_bank", policy.carbon_bank.bid if policy.carbon_bank else None, "policy_transfer", -1.0),
    ):
        if series is not None:
            amounts = audit.case.decisions.of(f"allowance_{component}", name, place)
            audit.accounts.book(account, sign * audit.calendar.operating * _series(audit, series, money, policy) * amounts)
    if policy.carbon_bank is not None:
        owed = np.roll(audit.case.decisions.of("allowance_lent", name, place), 1)
        owed[0] = 0.0
        rate: Floats = _interest(audit, policy, in_allowances=False) * _series(audit, policy.carbon_bank.ask, money, policy)
        audit.accounts.book("policy_transfer", audit.calendar.operating * rate * owed)
