"""Allowance market: emissions are covered by free allocation, bank, trade, offsets and a price collar.

Rows     policy_allowance_emission(policy, place, period)   e = E, the emissions an account answers for
         policy_allowance_account(policy, place, period)
             e + (B[p] - B[p-1]) / n_p + S + W - O - U <= A + sum_k beta_k Q_k        what is not used may lapse
         policy_allowance_trade(policy, period)             sum over places of S = 0            accounts by place only
         policy_allowance_bank(policy, place, period)       B[p] <= banking limit
         policy_allowance_loan(policy, place, period)       -B[p] <= borrowing limit, in every period but the last
         policy_allowance_offset(policy, place, period)     O <= quota x e
Symbols  E  indicator over the scope, direct CO2 unless another is named           its yearly unit (Mt/yr)
         A, beta Q  free allocation: an amount, and a benchmark times output      Mt/yr
         B  allowances in the account at the end of the period                     Mt, below zero where borrowing is allowed
         S  allowances sold to other places, below zero bought                     Mt/yr
         O  offsets; U  bought from the authority at the ceiling; W  sold to it at the floor        Mt/yr
         objective  D_p (offset price O + ceiling U - floor W); the latter two are transfers
Dual     policy_allowance_account, annual, in CNY per natural unit: the price of an allowance, with accounts by place the same
         everywhere; policy_allowance_bank and policy_allowance_loan over the period: worth of room for one more allowance kept
         or owed; policy_allowance_offset: price less what an offset costs; a bank that is not empty lets the price grow
         with the mean discount factor, price[p] D_p / n_p
Traps    a benchmark pays for output: price x beta a unit, so that the marginal carbon cost of output is price x (e - beta);
         what is banked at the end of the horizon is worth nothing
Source   design section 4; design 3.9
"""

from __future__ import annotations

from typing import Any

import pyomo.environ as pyo

from peakmix.formulation.indicators import express
from peakmix.formulation.model import has_terms, total
from peakmix.formulation.policies.common import (
    check_scope,
    converted,
    indicator_unit,
    natural,
    periods_of,
    rows,
    value_in,
    variables,
)
from peakmix.formulation.registry import Instrument
from peakmix.parameters.container import Parameters
from peakmix.parameters.refuse import refuse

WHOLE = "all"
"""Place of the only account."""


def derive(policy_id: str, policy: Any, parameters: Parameters, context: Any) -> None:
    """Allocation and opening by account, charges of offsets and collar, quota and limits by period."""
    indicator = policy.scoped(policy.indicator)
    check_scope(policy_id, indicator, parameters)
    unit = indicator_unit(indicator, parameters)
    parameters.facts.setdefault("policy_unit", {})[policy_id] = (unit, natural(unit))
    periods = periods_of(policy, parameters)
    if not periods:
        raise refuse(
            f"policies.{policy_id} holds in no period",
            rule="a policy takes effect in the first period that starts at or after its year",
            fix="move from_year or to_year so that a period starts between them",
        )
    regions = parameters.regions_of(policy.location)
    accounts = [WHOLE] if policy.accounts == "one" else list(regions)
    parameters.facts.setdefault("allowance", {})[policy_id] = {"periods": periods, "accounts": accounts}
    _derive_allocation(policy_id, policy, parameters, context, unit)
    total_unit = unit.replace("/yr", "")
    for place, amount in policy.opening.items():
        account = _account(policy_id, "opening", place, policy, parameters, context)
        number = converted(policy_id, "opening", amount, total_unit, context)
        parameters.add("allowance_opening", (policy_id, account), number / parameters.horizon.n(periods[0]))
    for name, limit in (("allowance_bank_limit", policy.banking_limit), ("allowance_loan_limit", policy.borrowing_limit)):
        if limit is not None:
            parameters.put(name, (policy_id,), converted(policy_id, name, limit, total_unit, context))
    _derive_prices(policy_id, policy, parameters, context, f"{context.money}/{natural(unit)}")


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


def _derive_allocation(policy_id: str, policy: Any, parameters: Parameters, context: Any, unit: str) -> None:
    """``allowance_amount[policy, account, period]`` and ``allowance_benchmark[policy, entry, period]``."""
    facts = parameters.facts["allowance"][policy_id]
    for period in facts["periods"]:
        for account in facts["accounts"]:
            parameters.put("allowance_amount", (policy_id, account, period), 0.0)
    for position, entry in enumerate(policy.allocation):
        field = f"allocation.{position}"
        if entry.amount is not None:
            account = _account(policy_id, field, entry.location, policy, parameters, context)
            numbers = {y: converted(policy_id, field, q, unit, context) for y, q in entry.amount.items()}
            for period in facts["periods"]:
                number = value_in(numbers, period, parameters, policy.between)
                parameters.add("allowance_amount", (policy_id, account, period), number)
            continue
        output = policy.scoped(entry.output)
        check_scope(policy_id, output, parameters)
        target = f"{unit}/({indicator_unit(output, parameters)})"
        numbers = {y: converted(policy_id, field, q, target, context) for y, q in entry.benchmark.items()}
        for period in facts["periods"]:
            number = value_in(numbers, period, parameters, policy.between)
            parameters.put("allowance_benchmark", (policy_id, position, period), number)


def _derive_prices(policy_id: str, policy: Any, parameters: Parameters, context: Any, money: str) -> None:
    """``allowance_offset_charge``, ``allowance_ceiling_charge``, ``allowance_floor_charge``: D_p x price; the quota."""
    stated = {"ceiling": policy.ceiling, "floor": policy.floor, "offset": policy.offsets and policy.offsets.price}
    for period in parameters.facts["allowance"][policy_id]["periods"]:
        prices = {}
        for name, series in stated.items():
            if series is not None:
                numbers = {y: converted(policy_id, name, q, money, context) for y, q in series.items()}
                prices[name] = value_in(numbers, period, parameters, policy.between)
                sign = -1.0 if name == "floor" else 1.0
                charge = sign * prices[name] * parameters.horizon.operating_weight(period)
                parameters.put(f"allowance_{name}_charge", (policy_id, period), charge)
        if policy.offsets is not None:
            parameters.put("allowance_quota", (policy_id, period), policy.offsets.quota)
        if prices.get("floor", 0.0) > prices.get("ceiling", float("inf")):
            raise refuse(
                f"policies.{policy_id}: in {period} the floor {prices['floor']:g} lies above the ceiling {prices['ceiling']:g}",
                rule="what is bought at the ceiling may not be sold at a profit at the floor",
                fix="lower the floor or raise the ceiling",
            )


def build(model: Any, parameters: Parameters, policy_id: str, policy: Any) -> None:
    """Add the accounts of one market."""
    facts = parameters.facts["allowance"][policy_id]
    for account in facts["accounts"]:
        before: int | None = None
        for period in facts["periods"]:
            _row(model, parameters, policy_id, policy, account, period, before)
            before = period
    if policy.accounts == "place":
        sold = _free(model, "allowance_sold")
        for period in facts["periods"]:
            parts = [-1 * sold[policy_id, account, period] for account in facts["accounts"]]
            rows(model, "policy_allowance_trade")[policy_id, period] = total(parts) == 0


def _free(model: Any, name: str) -> Any:
    """The indexed variable of that name without bounds, made on first use."""
    if not hasattr(model, name):
        setattr(model, name, pyo.Var(pyo.Any, dense=False))
    return getattr(model, name)


def _row(
    model: Any, parameters: Parameters, policy_id: str, policy: Any, account: str, period: int, before: int | None
) -> None:
    """One account in one period."""
    key, when = (policy_id, account, period), (policy_id, period)
    region = None if account == WHOLE else account
    emission = _free(model, "allowance_emission")
    emission.add(key)
    level = express(model, model.books, policy.scoped(policy.indicator), period, region)
    rows(model, "policy_allowance_emission")[key] = emission[key] - level == 0
    years = parameters.horizon.n(period)
    used = [emission[key], *_held(model, parameters, policy_id, policy, account, period, years)]
    if before is not None and _keeps(policy):
        used.append(-1 / years * model.allowance_held[policy_id, account, before])
    if region is not None:
        sold = _free(model, "allowance_sold")
        sold.add(key)
        used.append(sold[key])
    for name, component, sign in (
        ("offset", "policy_cost", -1), ("ceiling", "policy_transfer", -1), ("floor", "policy_transfer", 1),
    ):  # fmt: skip
        charge = parameters.values.get(f"allowance_{name}_charge", {}).get(when)
        if charge is not None:
            variable = variables(model, f"allowance_{name}")
            variable.add(key)
            used.append(sign * variable[key])
            model.books.cost(component, key, charge, variable[key])
    for position, entry in enumerate(policy.allocation):
        if entry.benchmark is not None:
            made = express(model, model.books, policy.scoped(entry.output), period, region)
            if has_terms(made):
                used.append(-1 * (parameters["allowance_benchmark"][policy_id, position, period] * made))
    given = parameters["allowance_amount"][key]
    opening = parameters.get("allowance_opening", (policy_id, account)) if before is None else 0
    rows(model, "policy_allowance_account")[key] = total(used) <= given + opening
    if policy.offsets is not None:
        cover = model.allowance_offset[key] - parameters["allowance_quota"][when] * emission[key]
        rows(model, "policy_allowance_offset")[key] = cover <= 0


def _keeps(policy: Any) -> bool:
    """May an account hold or owe allowances at the end of a period?"""
    return bool(policy.banking or policy.borrowing)


def _held(
    model: Any, parameters: Parameters, policy_id: str, policy: Any, account: str, period: int, years: int
) -> list[Any]:
    """What goes into the bank a year, with the bounds and limits of the bank."""
    if not _keeps(policy):
        return []
    held = _free(model, "allowance_held")
    key = (policy_id, account, period)
    held.add(key)
    last = period == parameters.facts["allowance"][policy_id]["periods"][-1]
    if last or not policy.borrowing:
        held[key].setlb(0)
    elif policy.borrowing_limit is not None:
        limit = parameters["allowance_loan_limit"][policy_id,]
        rows(model, "policy_allowance_loan")[key] = -1 * held[key] <= limit
    if not policy.banking:
        held[key].setub(0)
    elif policy.banking_limit is not None:
        rows(model, "policy_allowance_bank")[key] = held[key] <= parameters["allowance_bank_limit"][policy_id,]
    return [1 / years * held[key]]


INSTRUMENT = Instrument(
    "market",
    (
        "policy_allowance_emission",
        "policy_allowance_account",
        "policy_allowance_trade",
        "policy_allowance_bank",
        "policy_allowance_loan",
        "policy_allowance_offset",
    ),
    derive,
    build,
    books=("policy_allowance_emission", "policy_allowance_trade"),
)
