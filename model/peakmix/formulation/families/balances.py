"""Balances: every commodity, in every region and period, is an equality.

Rows     balance(region, commodity, period)
             sum_t,k f[t,k,c] A[t,k,p] + sum_m df[m,c] U[m,p] + bought - sold - disposed
             + sum_a (1 - loss) T[a->r,p] - sum_b T[r->b,p] - delivered - (Z[p] - Z[p-1]) / n[p] = demand
         pooled_demand_met(node, commodity, period)   sum_r delivered[r,p] = demand of the node
         market_cap(market, node, period)             sum_r volume[r,p] <= limit
         stockpile_cap(region, commodity, period)     Z[p] <= capacity
Symbols  f, df  net flow of technology and of measure  unit/unit
         A, U   activity, adopted host activity        Mt/yr
         T      trade                                  Mt/yr   (commodity, from, to, period)
         Z      stockpile at the end of the period     Mt      (region, commodity, period)
Dual     balance, annual, in CNY per natural unit: price of the commodity in that place; positive = scarce, a residue's may be
         negative. market_cap, annual: rent of a unit of the limited supply.
Traps    surplus leaves only by sell, dispose or stockpile; an outlet with a limit turns a by-product into a bottleneck
Source   design 3.4
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from peakmix.formulation.model import Books, filled, has_terms, total
from peakmix.formulation.modelling import pyo
from peakmix.formulation.registry import Family
from peakmix.parameters.container import Key, Parameters

COMPONENT = {"buy": "purchases", "sell": "sales", "dispose": "disposal"}


def build(model: Any, parameters: Parameters) -> None:
    """Add exchange variables and the balances."""
    books: Books = model.books
    periods = tuple(parameters.horizon)
    model.market_volume = pyo.Var([(r, m, p) for r, m in parameters.sets["markets"] for p in periods], bounds=(0, None))
    model.trade = pyo.Var([(*a, p) for a in parameters.sets["arcs"] for p in periods], bounds=(0, None))
    balances = set(parameters.sets["balances"])
    pooled = sorted(parameters.values.get("pooled_demand", {}))
    model.delivery = pyo.Var(
        [(n, c, r, p) for n, c, p in pooled for r in parameters.regions_of(n) if (r, c) in balances], bounds=(0, None)
    )
    stores = [k for k in parameters.values.get("stockpile_capacity", {}) if k[:2] in balances]
    model.stockpile = pyo.Var(stores, bounds=(0, None))
    terms = _terms(model, parameters)

    def balance(m: Any, region: str, commodity: str, period: int) -> Any:
        expression = total(terms[region, commodity, period])
        demand = parameters.get("demand", (region, commodity, period))
        if not has_terms(expression):
            return m.nothing == demand if demand else pyo.Constraint.Skip
        return expression == demand

    model.balance = pyo.Constraint([(r, c, p) for r, c in parameters.sets["balances"] for p in periods], rule=balance)
    _pooled_rows(model, parameters, pooled)
    model.stockpile_cap = pyo.Constraint(stores, rule=lambda m, *k: m.stockpile[k] <= parameters["stockpile_capacity"][k])
    _costs(model, parameters, books)


def _terms(model: Any, parameters: Parameters) -> dict[Key, list[Any]]:
    """Signed terms of every balance."""
    terms: dict[Key, list[Any]] = defaultdict(list)
    by_flow = parameters["flow"]
    for (region, technology, cohort, commodity), element in by_flow.items():
        for period in parameters.horizon:
            key = (region, technology, cohort, period)
            if key in model.activity:
                terms[region, commodity, period].append(element * model.activity[key])
    for (region, measure, host, commodity, period), element in parameters.values.get("measure_flow", {}).items():
        if (region, measure, host, period) in model.adopted:
            terms[region, commodity, period].append(element * model.adopted[region, measure, host, period])
    for (region, market, period), variable in model.market_volume.items():
        commodity, direction, _ = parameters.facts["market"][market]
        terms[region, commodity, period].append(variable if direction == "buy" else -variable)
    for (commodity, a, b, period), variable in model.trade.items():
        terms[a, commodity, period].append(-variable)
        terms[b, commodity, period].append(parameters["arrival"][commodity, a, b] * variable)
    for (_, commodity, region, period), variable in model.delivery.items():
        terms[region, commodity, period].append(-variable)
    for key, variable in model.stockpile.items():
        _stockpile_terms(model, parameters, terms, key, variable)
    return terms


def _stockpile_terms(model: Any, parameters: Parameters, terms: dict[Key, list[Any]], key: Key, variable: Any) -> None:
    region, commodity, period = key
    per_year = parameters["stockpile_year"][key]
    terms[key].append(-per_year * variable)
    before = parameters.horizon.before(period)
    if before is not None:
        terms[key].append(per_year * model.stockpile[region, commodity, before])
    else:
        terms[key].append(parameters["stockpile_opening_flow"][key])


def _pooled_rows(model: Any, parameters: Parameters, pooled: list[Key]) -> None:
    def met(m: Any, node: str, commodity: str, period: int) -> Any:
        got = [
            m.delivery[node, commodity, r, period]
            for r in parameters.regions_of(node)
            if (node, commodity, r, period) in m.delivery
        ]
        return filled(m, total(got)) == parameters["pooled_demand"][node, commodity, period]

    model.pooled_demand_met = pyo.Constraint(pooled, rule=met)

    def cap(m: Any, market: str, node: str, period: int) -> Any:
        bought = [m.market_volume[r, market, period] for r in parameters.regions_of(node) if (r, market, period) in m.market_volume]
        if not bought:
            return pyo.Constraint.Skip
        return total(bought) <= parameters["market_limit"][market, node, period]

    model.market_cap = pyo.Constraint(sorted(parameters.values.get("market_limit", {})), rule=cap)


def _costs(model: Any, parameters: Parameters, books: Books) -> None:
    for (region, market, period), variable in model.market_volume.items():
        component = COMPONENT[parameters.facts["market"][market][1]]
        element = parameters["market_charge"][region, market, period]
        books.cost(component, (region, market, period), element, variable)
    for key, variable in model.trade.items():
        books.cost("freight", key, parameters["trade_charge"][key], variable)
    for key, variable in model.stockpile.items():
        books.cost("holding", key, parameters["holding_charge"][key], variable)


FAMILY = Family("balances", 40, ("balance", "pooled_demand_met", "market_cap", "stockpile_cap"), build)
