"""Balances, pooled demand, market limits and stockpiles recounted."""

from __future__ import annotations

from collections import defaultdict

from peakmix.parameters.container import Key
from peakmix.results.recount.scope import Scope
from peakmix.results.recount.terms import Block

INTO = {"buy": 1.0, "sell": -1.0, "dispose": -1.0}


def balance_rows(scope: Scope) -> Block:
    """What comes in less what goes out of every (region, commodity, period): zero."""
    builder = scope.builder("balance")
    parameters = scope.parameters
    horizon = parameters.horizon
    for (region, technology, cohort, commodity), _ in scope.table("flow").items():
        for period in horizon:
            index = (region, technology, cohort, period)
            terms = scope.term("flow", (region, technology, cohort, commodity), "activity", index)
            if terms:
                builder.add((region, commodity, period), terms)
    for key in scope.table("measure_flow"):
        region, measure, host, commodity, period = key
        builder.add(
            (region, commodity, period), scope.term("measure_flow", key, "adopted", (region, measure, host, period))
        )
    for index in scope.variables.of("market_volume"):
        commodity, direction, _ = parameters.facts["market"][index[1]]
        builder.add((index[0], commodity, index[2]), [(INTO[direction], None, ("market_volume", index))])
    for index in scope.variables.of("trade"):
        commodity, start, end, period = index
        builder.add((start, commodity, period), [(-1.0, None, ("trade", index))])
        builder.add((end, commodity, period), [(1.0, ("arrival", (commodity, start, end)), ("trade", index))])
    for index in scope.variables.of("delivery"):
        builder.add((index[2], index[1], index[3]), [(-1.0, None, ("delivery", index))])
    for key in scope.table("demand"):
        builder.add(key, scope.constant("demand", key, -1.0))
    for key in scope.variables.of("stockpile"):
        region, commodity, period = key
        before = horizon.before(period)
        builder.add(key, scope.term("stockpile_year", key, "stockpile", key, -1.0))
        if before is None:
            builder.add(key, scope.constant("stockpile_opening_flow", key))
        else:
            builder.add(key, scope.term("stockpile_year", key, "stockpile", (region, commodity, before)))
    return builder.block()


def exchange_rows(scope: Scope) -> Block:
    """Pooled demand, limits of markets and of stockpiles."""
    builder = scope.builder("exchange")
    arrived: dict[Key, list[Key]] = defaultdict(list)
    for index in scope.variables.of("delivery"):
        arrived[index[0], index[1], index[3]].append(index)
    for key in scope.table("pooled_demand"):
        label = ("pooled_demand_met", *key)
        builder.add(label, [(1.0, None, ("delivery", index)) for index in arrived[key]])
        builder.add(label, scope.constant("pooled_demand", key, -1.0))
    for key in scope.table("market_limit"):
        market, node, period = key
        label = ("market_cap", *key)
        for region in scope.parameters.regions_of(node):
            builder.add(label, scope.term(None, (), "market_volume", (region, market, period)), sense=1)
        builder.add(label, scope.constant("market_limit", key, -1.0), sense=1)
    for key in scope.variables.of("stockpile"):
        builder.add(("stockpile_cap", *key), [(1.0, None, ("stockpile", key))], sense=1)
        builder.add(("stockpile_cap", *key), scope.constant("stockpile_capacity", key, -1.0))
    return builder.block()
