"""Indicators that are sums of precomputed rates: accounts (value added, surcharges, graded output, ...) and investment."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from peakmix.formulation import capacity_terms
from peakmix.formulation.model import Books


def names(selection: Any) -> set[str] | None:
    """A selection as a set; None stands for all."""
    if selection is None:
        return None
    return {selection} if isinstance(selection, str) else set(selection)


def technologies_of(books: Books, selection: Any) -> set[str] | None:
    """Technologies of a selection of names and groups; None stands for all."""
    chosen = names(selection)
    if chosen is None:
        return None
    groups = books.parameters.facts["groups"]
    return {t for name in chosen for t in groups.get(name, (name,))}


def selected(books: Books, leaf: Any) -> list[str]:
    """Technologies that pass the leaf's filters by group, sector and product."""
    parameters = books.parameters
    chosen, sectors, products = technologies_of(books, leaf.technologies), names(leaf.sectors), names(leaf.commodity)
    return [
        t
        for t, sector in parameters.facts["sector"].items()
        if (chosen is None or t in chosen)
        and (sectors is None or sector in sectors)
        and (products is None or leaf.quantity not in ("output",) or parameters.facts["product"][t] in products)
    ]


def account_terms(model: Any, books: Books, leaf: Any, regions: tuple[str, ...], period: int) -> list[Any]:
    """Rate x activity and change x adopted activity; of capacity, rate x live capacity and what measures lift."""
    parameters, account, terms = books.parameters, leaf.account, []
    rates = parameters.values.get("account_rate", {})
    changes = parameters.values.get("account_fitted" if leaf.quantity == "capacity" else "account_change", {})
    for technology in selected(books, leaf):
        for region in regions:
            if leaf.quantity == "capacity":
                terms += _capacity(model, books, account, region, technology, period)
            else:
                for cohort in books.cohorts.get((region, technology), []):
                    key = (region, technology, cohort, period)
                    if key in model.activity and (account, *key) in rates:
                        terms.append(rates[account, *key] * model.activity[key])
            for measure in books.measures.get((region, technology), []):
                key = (region, measure, technology, period)
                if key in model.adopted and (account, *key) in changes:
                    terms.append(changes[account, *key] * model.adopted[key])
    return terms


def _capacity(model: Any, books: Books, account: str, region: str, technology: str, period: int) -> list[Any]:
    """Live capacity of every vintage at its rate, untracked standing stock included."""
    live, terms = books.parameters.values.get("account_live", {}), []
    for label in books.vintages[region, technology, period]:
        element = live.get((account, region, technology, label, period))
        variable = capacity_terms.vintage(model, books, region, technology, label, period)
        if element is not None and variable is not None:
            terms.append(element * variable)
    return [*terms, books.parameters.get("account_standing", (account, region, technology, period))]


def investment_terms(model: Any, books: Books, region: str, technology: str, period: int) -> list[Any]:
    """Overnight cost of what is built of a technology, converted to it or fitted to it, per year of the period."""
    parameters = books.parameters
    per_year, key = 1 / parameters.horizon.n(period), (region, technology, period)
    terms: list[Any] = []
    if key in model.new_capacity:
        terms.append(per_year * parameters["overnight_cost"][key] * model.new_capacity[key])
    for variable, move in moves(model, books, region, technology, period):
        terms.append(per_year * parameters["conversion_cost"][region, move, period] * variable)
    for measure in books.measures.get((region, technology), []):
        fitted = (region, measure, technology, period)
        if fitted in model.new_measure:
            terms.append(per_year * parameters["measure_cost"][fitted] * model.new_measure[fitted])
    return terms


def moves(model: Any, books: Books, region: str, technology: str, period: int) -> list[tuple[Any, str]]:
    """(variable, conversion) of all conversions and renewals to a technology in a period."""
    if books.moves is None:
        facts, books.moves = books.parameters.facts["conversion"], defaultdict(list)
        for component in (model.renewal, model.conversion):
            for key, variable in component.items():
                books.moves[key[0], facts[key[1]][1], key[-1]].append((variable, key[1]))
    return books.moves.get((region, technology, period), [])
