"""Indicators recounted: linear quantities over places, sectors and technologies, written out down to activity."""

from __future__ import annotations

from typing import Any

from peakmix.results.recount.capacity import capacity, closures, times, vintage
from peakmix.results.recount.ledgers import SCOPES
from peakmix.results.recount.scope import Scope
from peakmix.results.recount.terms import Term

PURCHASE = {ledger: scope for scope, ledger in SCOPES.items()}


def indicator(scope: Scope, what: Any, period: int, factor: float = 1.0, region: str | None = None) -> list[Term]:
    """Terms of an indicator in a period, in its yearly unit, times a factor; in one region where one is given."""
    terms: list[Term] = []
    for weight, leaf in what.leaves():
        found = _leaf(scope, leaf, period, region)
        terms += [(weight * factor * f, element, variable) for f, element, variable in found]
    return terms


def ledgers(leaf: Any) -> list[str]:
    """Ledgers that a leaf adds up; empty for other quantities."""
    if leaf.quantity == "co2":
        return ["direct_co2" if name == "direct" else SCOPES[name] for name in leaf.scopes]
    if leaf.quantity == "energy":
        return [f"energy_{leaf.convention}"]
    if leaf.quantity == "pollutant":
        return [str(leaf.pollutant)]
    return [str(leaf.quantity)] if leaf.quantity == "direct_co2" or leaf.quantity in PURCHASE else []


def _leaf(scope: Scope, leaf: Any, period: int, only: str | None) -> list[Term]:
    regions = tuple(r for r in scope.parameters.regions_of(leaf.location) if only in (None, r))
    if leaf.account is not None:
        return _account(scope, leaf, regions, period)
    terms: list[Term] = []
    for ledger in ledgers(leaf):
        if ledger in PURCHASE:
            terms += _purchased(scope, PURCHASE[ledger], regions, period)
        else:
            terms += _ledger(scope, ledger, leaf, regions, period)
    if ledgers(leaf):
        return terms
    if leaf.quantity in ("purchases", "sales"):
        return _volume(scope, leaf, regions, period)
    for technology in _chosen(scope, leaf):
        for region in regions:
            key = (region, technology, period)
            if leaf.quantity == "output":
                terms += scope.activity(*key)
            elif leaf.quantity == "capacity":
                terms += capacity(scope, *key)
            elif leaf.quantity == "additions":
                terms += scope.term(None, (), "new_capacity", key, 1 / scope.parameters.horizon.n(period))
            elif leaf.quantity == "retirements":
                terms += [(f / scope.parameters.horizon.n(period), e, v) for f, e, v in closures(scope, *key)]
            elif leaf.quantity == "adopted":
                for measure in leaf.measures:
                    terms += scope.term(None, (), "adopted", (region, measure, technology, period))
            elif leaf.quantity == "investment":
                terms += _invested(scope, key)
            else:
                terms += _use(scope, set(leaf.commodity), region, technology, period)
    return terms


def _purchased(scope: Scope, wanted: str, regions: tuple[str, ...], period: int) -> list[Term]:
    terms: list[Term] = []
    for key in scope.table("market_factor"):
        region, market, when = key
        if when == period and region in regions and scope.parameters.facts["market"][market][2] == wanted:
            terms += scope.term("market_factor", key, "market_volume", key)
    return terms


def _ledger(scope: Scope, ledger: str, leaf: Any, regions: tuple[str, ...], period: int) -> list[Term]:
    sector = scope.parameters.facts["sector"]
    chosen = None if leaf.technologies is None else _expanded(scope, leaf.technologies)
    terms: list[Term] = []
    for region in regions:
        for table, variable in (("ledger_factor", "activity"), ("measure_ledger", "adopted")):
            for key in scope.ledger_keys(table)[ledger, region, period]:
                technology = key[2] if table == "ledger_factor" else key[3]
                if leaf.sectors is not None and sector[technology] not in leaf.sectors:
                    continue
                if chosen is None or technology in chosen:
                    terms += scope.term(table, key, variable, key[1:])
    return terms


def _expanded(scope: Scope, names: Any) -> set[str]:
    return {technology for name in names for technology in scope.technologies(name)}


def _chosen(scope: Scope, leaf: Any) -> list[str]:
    """Technologies that pass the filters by group, sector and (output only) product."""
    facts = scope.parameters.facts
    chosen = None if leaf.technologies is None else _expanded(scope, leaf.technologies)
    return [
        technology
        for technology, sector in facts["sector"].items()
        if (chosen is None or technology in chosen)
        and (leaf.sectors is None or sector in leaf.sectors)
        and (leaf.quantity != "output" or leaf.commodity is None or facts["product"][technology] in leaf.commodity)
    ]


def _account(scope: Scope, leaf: Any, regions: tuple[str, ...], period: int) -> list[Term]:
    """Precomputed rates times activity or capacity, and changes times adopted activity."""
    account, terms = leaf.account, list[Term]()
    held = leaf.quantity == "capacity"
    for technology in _chosen(scope, leaf):
        for region in regions:
            pair = (region, technology)
            for label in scope.labels[region, technology, period] if held else ():
                key = (account, *pair, label, period)
                if key in scope.table("account_live"):
                    terms += times(("account_live", key), vintage(scope, *pair, label, period))
            terms += scope.constant("account_standing", (account, *pair, period)) if held else []
            for cohort in [] if held else scope.cohorts.get(pair, []):
                key = (account, *pair, cohort, period)
                if key in scope.table("account_rate"):
                    terms += scope.term("account_rate", key, "activity", key[1:])
            table = "account_fitted" if held else "account_change"
            for measure in scope.measures.get(pair, []):
                key = (account, region, measure, technology, period)
                if key in scope.table(table):
                    terms += scope.term(table, key, "adopted", key[1:])
    return terms


def _invested(scope: Scope, key: tuple[str, str, int]) -> list[Term]:
    """Overnight cost of new capacity, of what is converted or renewed to it, and of measures fitted to it, a year."""
    region, technology, period = key
    share = 1 / scope.parameters.horizon.n(period)
    terms = scope.term("overnight_cost", key, "new_capacity", key, share)
    for component, index in scope.arriving[key]:
        terms.append((share, ("conversion_cost", (index[0], index[1], period)), (component, index)))
    for measure in scope.measures.get((region, technology), []):
        fitted = (region, measure, technology, period)
        terms += scope.term("measure_cost", fitted, "new_measure", fitted, share)
    return terms


def _volume(scope: Scope, leaf: Any, regions: tuple[str, ...], period: int) -> list[Term]:
    terms: list[Term] = []
    for region, market in scope.parameters.sets["markets"]:
        commodity, direction, _ = scope.parameters.facts["market"][market]
        if region not in regions or commodity not in leaf.commodity or (leaf.market is not None and market not in leaf.market):
            continue
        if (direction == "buy") == (leaf.quantity == "purchases"):
            terms += scope.term(None, (), "market_volume", (region, market, period))
    return terms


def _use(scope: Scope, commodities: set[str], region: str, technology: str, period: int) -> list[Term]:
    terms: list[Term] = []
    for commodity in sorted(commodities):
        for cohort in scope.cohorts.get((region, technology), []):
            key = (region, technology, cohort, commodity)
            if key in scope.table("flow"):
                terms += scope.term("flow", key, "activity", (region, technology, cohort, period), -1.0)
        for measure in scope.measures.get((region, technology), []):
            change = (region, measure, technology, commodity, period)
            if change in scope.table("measure_flow"):
                terms += scope.term("measure_flow", change, "adopted", (region, measure, technology, period), -1.0)
    return terms
