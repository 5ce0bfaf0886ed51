"""Allowance market: emissions are covered by free allocation, bank, trade, offsets, a price collar and a carbon bank.

Rows     policy_allowance_emission(policy, place, period)   e = E, the emissions an account answers for
         policy_allowance_account(policy, place, period)
             e + (B[p] - B[p-1]) / n_p + S + W + C + i L[p-1] - O - U - X - D - (L[p] - L[p-1]) / n_p
                 <= A + sum_k beta_k Q_k + sum_v alpha_v x_v                          what is not used may lapse
         policy_allowance_trade(policy, period)             sum over places of S = 0            accounts by place only
         policy_allowance_bank(policy, place, period)       B[p] - kappa n_p M[p] <= banking limit
         policy_allowance_sales(policy, place, period)
             M - S - W - C - i L[p-1] + O + U + X + D + (L[p] - L[p-1]) / n_p <= sum_v max(0, e_v - alpha_v) x_v
         policy_allowance_loan(policy, place, period)       -B[p] <= borrowing limit, in every period but the last
         policy_allowance_offset(policy, place, period)     O <= quota x e
         policy_allowance_auction(policy, period)           sum over places of X <= amount offered
         policy_carbon_bank(policy, period)
             I[p] - I[p-1] = sum over places of n_p (C - D) - (L[p] - L[p-1]) + n_p i L[p-1]
         policy_carbon_bank_limit(policy, period)           I[p] <= inventory limit
         policy_carbon_bank_lending(policy, place, period)  L[p] <= lending limit, in every period but the last
Symbols  E  indicator over the scope, direct CO2 unless another is named           its yearly unit (Mt/yr)
         A, beta Q  free allocation: an amount, and a benchmark times output, tightening included            Mt/yr
         alpha x  free allocation by intensity band, a number per technology, vintage and measure v, times activity
             alpha = e (1 + a), a = slope (b - e) / b within +-clamp, e the plant's intensity, b the balance  t/t
         B  allowances in the account at the end of the period                     Mt, below zero where borrowing is allowed
         S  allowances sold to other places, below zero bought                     Mt/yr
         M  sales of plants with a surplus, out of the account or to plants inside that lack allowances            Mt/yr
         kappa  multiple of the sales that may be kept on top of the banking limit                                 1
         O  offsets; U  bought from the authority at the ceiling; W  sold to it at the floor        Mt/yr
         X  bought from it at auction, at the market's price, at least at the reserve               Mt/yr
         C  sold to the carbon bank at the bid; D  bought from it at the ask       Mt/yr
         I  inventory of the carbon bank; L  owed to it; i  interest a year, 0 here if paid in money          Mt, Mt, 1/yr
         objective  D_p (offset price O + ceiling U + reserve X - floor W + ask D - bid C + i ask L[p-1]); all but offsets are
             transfers. What an auction brings above its reserve is no term: it only says who pays, and stands with the payers
Dual     policy_allowance_account, annual, in CNY per natural unit: the price of an allowance, with free trade the same
         everywhere, with trade through the carbon bank alone between bid and ask while it has stock and room; where sales count
         for what may be kept, it is the worth of one that is kept, and the price in trade is lower by policy_allowance_sales;
         policy_allowance_bank, policy_allowance_loan and policy_carbon_bank_lending over the period: worth of room for one
         more allowance kept or owed; policy_allowance_offset: price less what an offset costs;
         policy_allowance_auction: the price at auction less its reserve; policy_carbon_bank over the
         period: worth of one more allowance in its inventory; a bank that is not empty lets the price grow with the mean
         discount factor, price[p] D_p / n_p
Traps    a benchmark pays for output: price x beta a unit, so that the marginal carbon cost of output is price x (e - beta);
         a band pays back most of what a plant emits: a tonne saved brings about slope, not 1, of an allowance, and beyond
         the clamp only the clamp; measures on one plant are reckoned one by one, and another fuel at the margin of a plant at
         the balance, so that where most heat comes from it a place can pass the clamp by a little; a limit on net sales of an
         account would forbid a buyer to keep anything, one on gross sales could be met by selling to oneself: M counts sales
         of plants, and with it nobody buys more than its plants lack; what is banked or in the inventory at the end of the
         horizon is worth nothing
Source   design 3.15, section 4; design 3.9; the band: ICAP on the 2024-2025 plan for steel, cement and aluminium, formula as
         coded from the ministry's consultation draft; kappa: ICAP on the power sector's plan for 2023-2024
"""

from __future__ import annotations

from typing import Any

from peakmix.formulation.indicators import express
from peakmix.formulation.model import has_terms, total
from peakmix.formulation.modelling import pyo
from peakmix.formulation.policies.common import rows, variables
from peakmix.formulation.policies.market_bank import account_terms, build_bank
from peakmix.formulation.policies.market_numbers import WHOLE, derive
from peakmix.formulation.policies.market_terms import by_plant
from peakmix.formulation.registry import Instrument
from peakmix.parameters.container import Parameters


def build(model: Any, parameters: Parameters, policy_id: str, policy: Any) -> None:
    """Add the accounts of one market."""
    facts = parameters.facts["allowance"][policy_id]
    for account in facts["accounts"]:
        before: int | None = None
        for period in facts["periods"]:
            _row(model, parameters, policy_id, policy, account, period, before)
            before = period
    if policy.carbon_bank is not None:
        build_bank(model, parameters, policy_id)
    for period in facts["periods"] if policy.auction is not None else ():
        bought = total(model.allowance_auction[policy_id, account, period] for account in facts["accounts"])
        offered = parameters["allowance_auction_volume"][policy_id, period]
        rows(model, "policy_allowance_auction")[policy_id, period] = bought <= offered
    if _trades(policy):
        sold = _free(model, "allowance_sold")
        for period in facts["periods"]:
            parts = [-1 * sold[policy_id, account, period] for account in facts["accounts"]]
            rows(model, "policy_allowance_trade")[policy_id, period] = total(parts) == 0


def _trades(policy: Any) -> bool:
    """May accounts sell to one another?"""
    return bool(policy.accounts == "place" and policy.trade == "free")


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
    out: list[Any] = []
    into: list[Any] = []
    if _trades(policy):
        sold = _free(model, "allowance_sold")
        sold.add(key)
        out.append(sold[key])
    for name, component, sign in (
        ("offset", "policy_cost", -1), ("ceiling", "policy_transfer", -1), ("floor", "policy_transfer", 1),
        ("auction", "policy_transfer", -1),
    ):  # fmt: skip
        charge = parameters.values.get(f"allowance_{name}_charge", {}).get(when)
        if charge is not None:
            variable = variables(model, f"allowance_{name}")
            variable.add(key)
            (out if name == "floor" else into).append(sign * variable[key])
            model.books.cost(component, key, charge, variable[key])
    if policy.carbon_bank is not None:
        to_bank, others = account_terms(model, parameters, policy, key, before)
        out.append(to_bank)
        into += others
    used += [*out, *into]
    regions = (region,) if region is not None else parameters.regions_of(policy.location)
    used += [-1 * term for term in by_plant(model, parameters, policy_id, "allowance_band", regions, period)]
    for position, entry in enumerate(policy.allocation):
        if entry.benchmark is not None:
            made = express(model, model.books, policy.scoped(entry.output), period, region)
            if has_terms(made):
                used.append(-1 * (parameters["allowance_benchmark"][policy_id, position, period] * made))
    given = parameters["allowance_amount"][key]
    opening = parameters.get("allowance_opening", (policy_id, account)) if before is None else 0
    rows(model, "policy_allowance_account")[key] = total(used) <= given + opening
    if policy.banking_sales is not None:
        lacking = by_plant(model, parameters, policy_id, "allowance_lacking", regions, period)
        inside = [_marketed(model, key), *(-1 * term for term in (*out, *into, *lacking))]
        rows(model, "policy_allowance_sales")[key] = total(inside) <= 0
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
        kept = held[key]
        if policy.banking_sales is not None:
            kept = kept - parameters["allowance_sales_room"][policy_id, period] * _marketed(model, key)
        rows(model, "policy_allowance_bank")[key] = kept <= parameters["allowance_bank_limit"][policy_id,]
    return [1 / years * held[key]]


def _marketed(model: Any, key: tuple[str, str, int]) -> Any:
    """Sales of the plants of an account that have a surplus."""
    variable = variables(model, "allowance_marketed")
    if key not in variable:
        variable.add(key)
    return variable[key]


INSTRUMENT = Instrument(
    "market",
    (
        "policy_allowance_emission",
        "policy_allowance_account",
        "policy_allowance_trade",
        "policy_allowance_bank",
        "policy_allowance_sales",
        "policy_allowance_loan",
        "policy_allowance_offset",
        "policy_allowance_auction",
        "policy_carbon_bank",
        "policy_carbon_bank_limit",
        "policy_carbon_bank_lending",
    ),
    derive,
    build,
    books=("policy_allowance_emission", "policy_allowance_trade", "policy_allowance_sales", "policy_carbon_bank"),
)
