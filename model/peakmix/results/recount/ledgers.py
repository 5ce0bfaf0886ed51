"""Ledgers and net use recounted: every ledger in every place and sector, whether or not a policy asks for it."""

from __future__ import annotations

from peakmix.results.recount.scope import Scope
from peakmix.results.recount.terms import Block

PURCHASED = "purchased"
SCOPES = {
    "purchased_power": "purchased_power_co2",
    "purchased_heat": "purchased_heat_co2",
    "hydrogen_power": "hydrogen_power_co2",
    "upstream": "upstream_co2",
}


def ledger_block(scope: Scope) -> Block:
    """(ledger, region, sector, period): direct ledgers by sector, purchased ones under the sector ``purchased``."""
    builder = scope.builder("ledger")
    sector = scope.parameters.facts["sector"]
    for key in scope.table("ledger_factor"):
        ledger, region, technology, cohort, period = key
        terms = scope.term("ledger_factor", key, "activity", (region, technology, cohort, period))
        builder.add((ledger, region, sector[technology], period), terms)
    for key in scope.table("measure_ledger"):
        ledger, region, measure, host, period = key
        terms = scope.term("measure_ledger", key, "adopted", (region, measure, host, period))
        builder.add((ledger, region, sector[host], period), terms)
    for key in scope.table("market_factor"):
        region, market, period = key
        ledger = SCOPES.get(scope.parameters.facts["market"][market][2])
        if ledger is not None:
            builder.add((ledger, region, PURCHASED, period), scope.term("market_factor", key, "market_volume", key))
    return builder.block()


def market_emission_block(scope: Scope) -> Block:
    """(region, market, period): CO2 booked at a market."""
    builder = scope.builder("market_emission")
    for key in scope.table("market_factor"):
        builder.add(key, scope.term("market_factor", key, "market_volume", key))
    return builder.block()


def net_use_block(scope: Scope) -> Block:
    """(region, sector, commodity, period): inputs less outputs of a sector's technologies, measures included."""
    builder = scope.builder("net_use")
    sector = scope.parameters.facts["sector"]
    for key in scope.table("flow"):
        region, technology, cohort, commodity = key
        for period in scope.parameters.horizon:
            terms = scope.term("flow", key, "activity", (region, technology, cohort, period), -1.0)
            if terms:
                builder.add((region, sector[technology], commodity, period), terms)
    for key in scope.table("measure_flow"):
        region, measure, host, commodity, period = key
        terms = scope.term("measure_flow", key, "adopted", (region, measure, host, period), -1.0)
        builder.add((region, sector[host], commodity, period), terms)
    return builder.block()
