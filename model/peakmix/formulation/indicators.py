"""Indicators: named linear quantities that policies bound or price.

Ledger indicators (CO2 by scope, energy, pollutants) are sums of the variables ``ledger[ledger, region, sector, period]``,
each defined by one accounting row that is made when a policy first asks for it:

Rows     ledger_account(ledger, region, sector, period)
             E = sum_t,k e[t,k] A[t,k,p] + sum_m de[m] U[m,p]       by activity
             E = sum_m factor[m] volume[m,p]                         scopes of purchase, sector "purchased"
Symbols  E  Mt/yr (CO2, pollutants), PJ/yr (energy, calorific), Mtce/yr (energy, coal equivalent)
Dual     ledger_account, annual: worth of one more unit in that place and sector, the sum of all policies that bear on it
Source   design 3.5, 3.6 and section 4
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from peakmix.formulation import capacity_terms
from peakmix.formulation.account_terms import account_terms, investment_terms, names, selected, technologies_of
from peakmix.formulation.model import Books, total

PURCHASE_LEDGERS = {
    "purchased_power_co2": "purchased_power",
    "purchased_heat_co2": "purchased_heat",
    "hydrogen_power_co2": "hydrogen_power",
}
SCOPE_LEDGER = {
    "direct": "direct_co2",
    "purchased_power": "purchased_power_co2",
    "purchased_heat": "purchased_heat_co2",
    "hydrogen_power": "hydrogen_power_co2",
}
PURCHASED = "purchased"
Term = tuple[float, Any]


def ledgers_of(indicator: Any) -> list[str]:
    """Ledgers that a ledger indicator adds up; empty for the other quantities."""
    if indicator.quantity == "co2":
        return [SCOPE_LEDGER[s] for s in indicator.scopes]
    if indicator.quantity == "energy":
        return [f"energy_{indicator.convention}"]
    if indicator.quantity == "pollutant":
        return [str(indicator.pollutant)]
    if indicator.quantity == "direct_co2" or indicator.quantity in PURCHASE_LEDGERS:
        return [str(indicator.quantity)]
    return []


def express(model: Any, books: Books, indicator: Any, period: int, region: str | None = None) -> Any:
    """The Pyomo expression of an indicator in a period, in its yearly unit; its part in one region where one is given."""
    leaves = indicator.leaves()
    return total(weight * part for weight, leaf in leaves for part in _leaf(model, books, leaf, period, region))


def _leaf(model: Any, books: Books, leaf: Any, period: int, region: str | None) -> Iterable[Any]:
    regions = tuple(r for r in books.parameters.regions_of(leaf.location) if region in (None, r))
    if leaf.account is not None:
        return account_terms(model, books, leaf, regions, period)
    ledgers = ledgers_of(leaf)
    if ledgers and leaf.technologies is None:
        return [
            variable
            for ledger in ledgers
            for place in regions
            for variable in _ledger_variables(model, books, ledger, place, names(leaf.sectors), period)
        ]
    if ledgers:
        return [term for name in ledgers for term in _by_technology(model, books, leaf, name, regions, period)]
    return _quantity(model, books, leaf, regions, period)


def _ledger_variables(model: Any, books: Books, ledger: str, region: str, sectors: set[str] | None, period: int) -> list[Any]:
    if ledger in PURCHASE_LEDGERS:
        return [ledger_variable(model, books, ledger, region, PURCHASED, period)]
    known = dict.fromkeys(books.parameters.facts["sector"].values())
    return [
        ledger_variable(model, books, ledger, region, sector, period)
        for sector in known
        if (sectors is None or sector in sectors) and (ledger, region, sector, period) in books.ledger_entries
    ]


def ledger_variable(model: Any, books: Books, ledger: str, region: str, sector: str, period: int) -> Any:
    """The accounting variable of a ledger cell, made with its row on first use."""
    key = (ledger, region, sector, period)
    if key not in model.ledger:
        model.ledger.add(key)
        model.ledger_account[key] = model.ledger[key] == total(_entries(model, books, key))
    return model.ledger[key]


def _entries(model: Any, books: Books, key: tuple[str, str, str, int]) -> list[Any]:
    ledger, region, sector, period = key
    parameters = books.parameters
    if sector == PURCHASED:
        scope = PURCHASE_LEDGERS[ledger]
        return [
            parameters["market_factor"][region, market, period] * model.market_volume[region, market, period]
            for r, market in parameters.sets["markets"]
            if r == region
            and parameters.facts["market"][market][2] == scope
            and (region, market, period) in parameters.values.get("market_factor", {})
        ]
    terms = []
    for kind, index in books.ledger_entries[key]:
        if kind == "activity" and index in model.activity:
            terms.append(parameters["ledger_factor"][ledger, *index] * model.activity[index])
        elif kind == "adopted" and index in model.adopted:
            terms.append(parameters["measure_ledger"][ledger, *index] * model.adopted[index])
    return terms


def _by_technology(model: Any, books: Books, leaf: Any, ledger: str, regions: tuple[str, ...], period: int) -> list[Any]:
    """A ledger narrowed to technologies: written out, without an accounting variable."""
    chosen = technologies_of(books, leaf.technologies) or set()
    sectors = names(leaf.sectors)
    known = dict.fromkeys(books.parameters.facts["sector"].values())
    terms = []
    for region in regions:
        for sector in known:
            if sectors is not None and sector not in sectors:
                continue
            for kind, index in books.ledger_entries.get((ledger, region, sector, period), []):
                host = index[1] if kind == "activity" else index[2]
                if host not in chosen:
                    continue
                if kind == "activity" and index in model.activity:
                    terms.append(books.parameters["ledger_factor"][ledger, *index] * model.activity[index])
                elif kind == "adopted" and index in model.adopted:
                    terms.append(books.parameters["measure_ledger"][ledger, *index] * model.adopted[index])
    return terms


def _quantity(model: Any, books: Books, leaf: Any, regions: tuple[str, ...], period: int) -> list[Any]:
    """output, capacity, additions, retirements, investment, purchases, sales, use, and output that carries measures."""
    if leaf.quantity in ("purchases", "sales"):
        return _volumes(model, books, leaf, regions, period)
    terms: list[Any] = []
    per_year = 1 / books.parameters.horizon.n(period)
    for technology in selected(books, leaf):
        for region in regions:
            if leaf.quantity == "output":
                terms.append(capacity_terms.activity(model, books, region, technology, period))
            elif leaf.quantity == "capacity":
                terms.append(capacity_terms.capacity(model, books, region, technology, period))
            elif leaf.quantity == "additions":
                if (region, technology, period) in model.new_capacity:
                    terms.append(per_year * model.new_capacity[region, technology, period])
            elif leaf.quantity == "retirements":
                terms.append(per_year * capacity_terms.closures(model, books, region, technology, period))
            elif leaf.quantity == "adopted":
                keys = [(region, m, technology, period) for m in books.measures.get((region, technology), []) if m in leaf.measures]
                terms += [model.adopted[key] for key in keys if key in model.adopted]
            elif leaf.quantity == "investment":
                terms += investment_terms(model, books, region, technology, period)
            else:
                terms += _use(model, books, leaf, region, technology, period)
    return terms


def _volumes(model: Any, books: Books, leaf: Any, regions: tuple[str, ...], period: int) -> list[Any]:
    """What is bought, or sold and disposed of, on the markets of a commodity, or on those named."""
    wanted, chosen, market = names(leaf.commodity) or set(), names(leaf.market), books.parameters.facts["market"]
    return [
        model.market_volume[r, m, period]
        for r, m in books.parameters.sets["markets"]
        if r in regions
        and market[m][0] in wanted
        and (chosen is None or m in chosen)
        and (market[m][1] == "buy") == (leaf.quantity == "purchases")
    ]


def _use(model: Any, books: Books, leaf: Any, region: str, technology: str, period: int) -> list[Any]:
    """Net use of commodities by a technology, measures included."""
    parameters = books.parameters
    terms = []
    for commodity in names(leaf.commodity) or set():
        for cohort in books.cohorts.get((region, technology), []):
            element = parameters["flow"].get((region, technology, cohort, commodity))
            if element is not None and (region, technology, cohort, period) in model.activity:
                terms.append(-1 * (element * model.activity[region, technology, cohort, period]))
        for measure in books.measures.get((region, technology), []):
            element = parameters.values.get("measure_flow", {}).get((region, measure, technology, commodity, period))
            if element is not None and (region, measure, technology, period) in model.adopted:
                terms.append(-1 * (element * model.adopted[region, measure, technology, period]))
    return terms
