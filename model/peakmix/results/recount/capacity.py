"""Capacity recounted: live stock from survival shares, what enters, ends and closes.

    K[v,p] = S[v,p] (K0[v] + N[v] - sum over q <= p of (closures + conversions out - in)[v,q] / S[v,q])
"""

from __future__ import annotations

from peakmix.parameters.container import Key
from peakmix.results.recount.scope import Scope
from peakmix.results.recount.terms import Block, Term

STANDING = {"live": "standing", "service": "standing_service", "floor": "standing_floor"}


def entering(scope: Scope, region: str, technology: str, period: int) -> list[Term]:
    """Capacity that enters in a period, as plain variables: their sum where there is one, else the parts."""
    key = (region, technology, period)
    if scope.variables.has("entering_capacity", key):
        return [(1.0, None, ("entering_capacity", key))]
    return sources(scope, *key)


def sources(scope: Scope, region: str, technology: str, period: int) -> list[Term]:
    """What entering capacity is made of: built, renewed, or converted with its clock reset."""
    key = (region, technology, period)
    terms = scope.term(None, (), "new_capacity", key)
    for component, index in scope.arriving[key]:
        kept = component == "conversion" and scope.parameters.facts["conversion"][index[1]][3] == "kept"
        if not kept:
            terms += ratio(scope, (component, index), 1.0)
    return terms


def ratio(scope: Scope, move: tuple[str, Key], factor: float) -> list[Term]:
    """Target capacity of a conversion or renewal: its variable times the ratio, 1 where none is stated."""
    _, index = move
    key = (index[0], index[1], index[-1])
    return [(factor, ("conversion_ratio", key) if key in scope.table("conversion_ratio") else None, move)]


def vintage(scope: Scope, region: str, technology: str, label: str, period: int) -> list[Term]:
    """The variables behind a vintage: its stock where it is tracked, else what entered when it was built."""
    index = (region, technology, label, period)
    if scope.variables.has("stock", index):
        return [(1.0, None, ("stock", index))]
    return entering(scope, region, technology, int(label)) if label.isdigit() else []


def capacity(scope: Scope, region: str, technology: str, period: int, name: str = "live") -> list[Term]:
    """Capacity (live), largest (service) or least output (floor): sum over vintages and standing stock."""
    terms: list[Term] = []
    for label in scope.labels[region, technology, period]:
        key = (region, technology, label, period)
        if key in scope.table(name):
            terms += times((name, key), vintage(scope, region, technology, label, period))
    return terms + scope.constant(STANDING[name], (region, technology, period))


def times(element: tuple[str, Key], terms: list[Term], factor: float = 1.0) -> list[Term]:
    """Plain terms times one element."""
    return [(factor * number, element, variable) for number, _, variable in terms]


def end_of_life(scope: Scope, region: str, technology: str, period: int) -> list[Term]:
    """Capacity that reaches its end of life in a period."""
    before = scope.parameters.horizon.before(period)
    terms: list[Term] = []
    for label in scope.expiring[region, technology, period] if before is not None else ():
        held = vintage(scope, region, technology, label, before or 0)
        terms += times(("expiring", (region, technology, label, period)), held)
    return terms + scope.constant("standing_expiring", (region, technology, period))


def closures(scope: Scope, region: str, technology: str, period: int) -> list[Term]:
    """Early closures in a period, all vintages."""
    terms: list[Term] = []
    for label in scope.labels[region, technology, period]:
        terms += scope.term(None, (), "early_retirement", (region, technology, label, period))
    return terms


def stock_rows(scope: Scope) -> Block:
    """Stock of every tracked vintage against the closed form above, and what enters against its parts."""
    builder = scope.builder("stock_balance")
    for index in scope.variables.of("stock"):
        builder.add(index, [(1.0, None, ("stock", index))])
        builder.add(index, _closed_form(scope, *index), -1.0)
    for index in scope.variables.of("entering_capacity"):
        builder.add(("entering", *index), [(1.0, None, ("entering_capacity", index))])
        builder.add(("entering", *index), sources(scope, *index), -1.0)
    return builder.block()


def _closed_form(scope: Scope, region: str, technology: str, label: str, period: int) -> list[Term]:
    alive = scope.alive[region, technology, label]
    served = [p for p in sorted(alive) if p <= period]
    first = (region, technology, label, served[0])
    left = alive[period] / alive[served[0]]
    if first in scope.table("opening_stock"):
        terms = scope.constant("opening_stock", first, left)
    else:
        terms = times(("entry", first), entering(scope, region, technology, served[0]), left)
    for q in served[1:]:
        share = alive[period] / alive[q]
        terms += scope.term(None, (), "early_retirement", (region, technology, label, q), -share)
        terms += [
            (-share, None, (component, index))
            for component, index in scope.leaving[region, technology, q]
            if component == "conversion" and index[2] == label
        ]
        for move in scope.arriving[region, technology, q]:
            component, index = move
            kept = component == "conversion" and scope.parameters.facts["conversion"][index[1]][3] == "kept"
            if kept and index[2] == label:
                terms += ratio(scope, move, share)
    return terms


def service_rows(scope: Scope) -> Block:
    """Output within capacity and above the least output."""
    builder = scope.builder("capacity_limit")
    held = scope.parameters.facts["capacity"]
    base = scope.parameters.horizon.base
    for (region, technology), cohorts in scope.cohorts.items():
        if not held[technology]:
            continue
        for period in scope.parameters.horizon:
            key = (region, technology, period)
            if cohorts == ["all"]:
                builder.add(key, scope.activity(*key), sense=1)
                builder.add(key, capacity(scope, *key, "service"), -1.0)
            floor = capacity(scope, *key, "floor")
            if floor and period != base:
                builder.add(("minimum_run", *key), scope.activity(*key), sense=-1)
                builder.add(("minimum_run", *key), floor, -1.0)
    for index in scope.variables.of("activity"):
        if held[index[1]] and index[2] != "all":
            builder.add(index, [(1.0, None, ("activity", index))], sense=1)
            builder.add(index, [(-1.0, ("service", index), ("stock", index))])
    return builder.block()


def renewal_rows(scope: Scope) -> Block:
    """Renewals within what reaches its end of life, conversions within their limits."""
    builder = scope.builder("renewal_limit")
    for (region, technology, period), moves in scope.leaving.items():
        pooled = [(1.0, None, move) for move in moves if move[0] == "renewal"]
        if pooled:
            builder.add((region, technology, period), pooled, sense=1)
            builder.add((region, technology, period), end_of_life(scope, region, technology, period), -1.0)
        for move in moves:
            limit = (region, move[1][1], period)
            if limit in scope.table("conversion_limit"):
                builder.add(("conversion_cap", *limit), [(1.0, None, move)], sense=1)
    for limit in scope.table("conversion_limit"):
        if ("conversion_cap", *limit) in builder:
            builder.add(("conversion_cap", *limit), scope.constant("conversion_limit", limit), -1.0)
    return builder.block()


def quantities(scope: Scope) -> dict[str, Block]:
    """Capacity, closures and ends of life by (region, technology, period)."""
    made = {name: scope.builder(name) for name in ("capacity", "retired_early", "end_of_life")}
    for region, technology in scope.parameters.sets["active"]:
        if not scope.parameters.facts["capacity"][technology]:
            continue
        for period in scope.parameters.horizon:
            key = (region, technology, period)
            made["capacity"].add(key, capacity(scope, *key))
            made["retired_early"].add(key, closures(scope, *key))
            made["end_of_life"].add(key, end_of_life(scope, *key))
    return {name: builder.block() for name, builder in made.items()}
