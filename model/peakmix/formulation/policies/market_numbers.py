"""Numbers of an allowance market: allocation and opening by account, charges, quota and limits by period."""

from __future__ import annotations

from typing import Any

from peakmix.formulation.policies.common import check_scope, converted, held_periods, indicator_unit, natural, value_in
from peakmix.formulation.policies.market_band import Plants, derive_bands, derive_sales, mean_product
from peakmix.parameters.container import Parameters
from peakmix.parameters.refuse import refuse
from peakmix.scenario.market import BAND_QUANTITIES

WHOLE = "all"
"""Place of the only account."""
CEILINGS = (("floor", "ceiling"), ("floor", "ask"), ("bid", "ceiling"), ("bid", "ask"), ("floor", "auction"), ("bid", "auction"))
"""Prices of which the first, at which allowances are taken, may not lie above the second, at which they are handed out."""


def derive(policy_id: str, policy: Any, parameters: Parameters, context: Any) -> None:
    """All derived elements of one market; ``facts["allowance"]`` has its periods and accounts."""
    indicator = policy.scoped(policy.indicator)
    check_scope(policy_id, indicator, parameters)
    by_plant = policy.banking_sales is not None or any(entry.band is not None for entry in policy.allocation)
    if by_plant and any(leaf.quantity not in BAND_QUANTITIES for _, leaf in indicator.leaves()):
        raise refuse(
            f"policies.{policy_id}: the indicator counts what a single plant does not have",
            rule="a band and banking_sales give allowances plant by plant",
            fix=f"name an indicator of {' or '.join(BAND_QUANTITIES)}",
        )
    unit = indicator_unit(indicator, parameters)
    parameters.facts.setdefault("policy_unit", {})[policy_id] = (unit, natural(unit))
    periods = held_periods(policy_id, policy, parameters)
    regions = parameters.regions_of(policy.location)
    accounts = [WHOLE] if policy.accounts == "one" else list(regions)
    parameters.facts.setdefault("allowance", {})[policy_id] = {"periods": periods, "accounts": accounts}
    plants = Plants(policy_id, policy, parameters, context, unit)
    _derive_allocation(plants, periods, accounts)
    if plants.role:
        derive_bands(plants, periods)
    if policy.banking_sales is not None:
        derive_sales(plants, periods)
        for period in periods:
            parameters.put("allowance_sales_room", (policy_id, period), policy.banking_sales * parameters.horizon.n(period))
    total_unit = unit.replace("/yr", "")
    for place, amount in policy.opening.items():
        account = _account(policy_id, "opening", place, policy, parameters, context)
        number = converted(policy_id, "opening", amount, total_unit, context)
        parameters.add("allowance_opening", (policy_id, account), number / parameters.horizon.n(periods[0]))
    for name, limit in (("allowance_bank_limit", policy.banking_limit), ("allowance_loan_limit", policy.borrowing_limit)):
        if limit is not None:
            parameters.put(name, (policy_id,), converted(policy_id, name, limit, total_unit, context))
    _derive_bank(policy_id, policy, parameters, context, total_unit)
    _derive_prices(policy_id, policy, parameters, context, f"{context.money}/{natural(unit)}")
    if policy.auction is not None:
        numbers = {y: converted(policy_id, "auction.amount", q, unit, context) for y, q in policy.auction.amount.items()}
        for period in periods:
            amount = value_in(numbers, period, parameters, policy.between)
            parameters.put("allowance_auction_volume", (policy_id, period), amount)


def _account(policy_id: str, field: str, place: str, policy: Any, parameters: Parameters, context: Any) -> str:
    """Account that a place belongs to."""
    if policy.accounts == "one":
        return WHOLE
    region = next((r for r, members in context.regions.items() if place in (r, *members)), None)
    if region not in parameters.facts["allowance"][policy_id]["accounts"]:
        raise refuse(
            f"policies.{policy_id}.{field}: {place} has no account",
            rule="with accounts by place allowances belong to a region of the scope at the chosen resolution",
            fix="name a region inside the policy's location, or keep accounts: one",
        )
    return str(region)


def _derive_allocation(plants: Plants, periods: list[int], accounts: list[str]) -> None:
    """``allowance_amount[policy, account, period]`` and ``allowance_benchmark[policy, entry, period]``, tightening included."""
    policy_id, policy, parameters, context = plants.policy_id, plants.policy, plants.parameters, plants.context
    for period in periods:
        for account in accounts:
            parameters.put("allowance_amount", (policy_id, account, period), 0.0)
    for position, entry in enumerate(policy.allocation):
        field, factors = f"allocation.{position}", plants.tightening(position)
        if entry.amount is not None:
            account = _account(policy_id, field, entry.location, policy, parameters, context)
            numbers = plants.numbers(field, entry.amount, plants.unit)
            for period in periods:
                number = mean_product(parameters, period, policy.between, numbers, *factors)
                parameters.add("allowance_amount", (policy_id, account, period), number)
        elif entry.output is not None:
            output = policy.scoped(entry.output)
            check_scope(policy_id, output, parameters)
            numbers = plants.numbers(field, entry.benchmark, f"{plants.unit}/({indicator_unit(output, parameters)})")
            for period in periods:
                number = mean_product(parameters, period, policy.between, numbers, *factors)
                parameters.put("allowance_benchmark", (policy_id, position, period), number)


def _derive_bank(policy_id: str, policy: Any, parameters: Parameters, context: Any, unit: str) -> None:
    """Opening and limits of the carbon bank, in millions."""
    bank = policy.carbon_bank
    if bank is None:
        return
    parameters.put("carbon_bank_opening", (policy_id,), converted(policy_id, "carbon_bank.opening", bank.opening, unit, context))
    limits = {"carbon_bank_limit": bank.limit, "carbon_bank_lending_limit": bank.lending and bank.lending.limit}
    for name, limit in limits.items():
        if limit is not None:
            parameters.put(name, (policy_id,), converted(policy_id, name, limit, unit, context))


def _derive_interest(policy_id: str, policy: Any, parameters: Parameters, context: Any, period: int, ask: float) -> None:
    """Interest a year on a loan of the carbon bank: ``carbon_bank_interest`` in allowances, or a charge on the ask price."""
    lending, field = policy.carbon_bank.lending, "carbon_bank.lending.interest"
    numbers = {y: converted(policy_id, field, q, "1/yr", context) for y, q in lending.interest.items()}
    interest = value_in(numbers, period, parameters, policy.between)
    if interest < 0:
        raise refuse(
            f"policies.{policy_id}.{field}: {interest:g} in {period}",
            rule="interest is not below zero: allowances do not come out of nothing",
            fix="state a rate of 0 or more",
        )
    if lending.paid_in == "allowances":
        parameters.put("carbon_bank_interest", (policy_id, period), interest)
    else:
        charge = interest * ask * parameters.horizon.operating_weight(period)
        parameters.put("allowance_interest_charge", (policy_id, period), charge)


def _derive_prices(policy_id: str, policy: Any, parameters: Parameters, context: Any, money: str) -> None:
    """``allowance_<name>_charge``, D_p x price, of offsets, ceiling, reserve, floor, bid, ask, interest; the quota of offsets."""
    bank = policy.carbon_bank
    stated = {"ceiling": policy.ceiling, "floor": policy.floor, "offset": policy.offsets and policy.offsets.price}
    stated |= {"bid": bank and bank.bid, "ask": bank and bank.ask, "auction": policy.auction and policy.auction.reserve}
    series = {
        name: {y: converted(policy_id, name, q, money, context) for y, q in values.items()}
        for name, values in stated.items()
        if values is not None
    }
    for period in parameters.facts["allowance"][policy_id]["periods"]:
        prices = {name: value_in(numbers, period, parameters, policy.between) for name, numbers in series.items()}
        weight = parameters.horizon.operating_weight(period)
        for name, price in prices.items():
            sign = -1.0 if name in ("floor", "bid") else 1.0
            parameters.put(f"allowance_{name}_charge", (policy_id, period), sign * price * weight)
        if bank is not None and bank.lending is not None:
            _derive_interest(policy_id, policy, parameters, context, period, prices["ask"])
        if policy.offsets is not None:
            parameters.put("allowance_quota", (policy_id, period), policy.offsets.quota)
        _check_prices(policy_id, period, prices)


def _check_prices(policy_id: str, period: int, prices: dict[str, float]) -> None:
    """Refuse prices at which buying here and selling there earns money without end."""
    for low, high in CEILINGS:
        if prices.get(low, 0.0) > prices.get(high, float("inf")):
            raise refuse(
                f"policies.{policy_id}: in {period} the {low} {prices[low]:g} lies above the {high} {prices[high]:g}",
                rule=f"what is bought at the {high} may not be sold at a profit at the {low}",
                fix=f"lower the {low} or raise the {high}",
            )
