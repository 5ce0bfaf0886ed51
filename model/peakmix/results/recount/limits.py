"""Limits and share limits of the tables, and the pinned base year, recounted."""

from __future__ import annotations

from peakmix.results.recount.capacity import capacity
from peakmix.results.recount.scope import Scope
from peakmix.results.recount.terms import Block, Term

SENSE = {"upper": 1, "lower": -1}


def limit_rows(scope: Scope) -> Block:
    """Limits on activity, capacity, additions and adoption at nodes."""
    builder = scope.builder("limit")
    for key in scope.parameters.sets.get("limits", []):
        _, quantity, group, node, sense, period = key
        builder.add(key, limited(scope, quantity, group, node, period), sense=SENSE[sense])
        builder.add(key, scope.constant("limit_value", key, -1.0))
    return builder.block()


def limited(scope: Scope, quantity: str, group: str, node: str, period: int) -> list[Term]:
    """The limited quantity over a node, M{product}/yr (additions: added over the period)."""
    before = scope.parameters.horizon.before(period)
    terms: list[Term] = []
    for region in scope.parameters.regions_of(node):
        if quantity == "adopted":
            for (where, host), measures in scope.measures.items():
                if where == region and group in measures:
                    terms += scope.term(None, (), "adopted", (region, group, host, period))
            continue
        for technology in scope.technologies(group):
            key = (region, technology, period)
            if quantity == "activity":
                terms += scope.activity(*key)
            elif quantity == "additions":
                terms += scope.term(None, (), "new_capacity", key)
            elif quantity == "capacity":
                terms += capacity(scope, *key)
            elif before is not None:
                earlier = capacity(scope, region, technology, before)
                terms += capacity(scope, *key)
                terms += [(-factor, element, variable) for factor, element, variable in earlier]
    return terms


def share_rows(scope: Scope) -> Block:
    """Share limits: numerator less value times denominator."""
    builder = scope.builder("share_limit")
    sense = scope.parameters.facts.get("share_sense", {})
    for side, sign in (("share_left", 1.0), ("share_right", -1.0)):
        for key in scope.table(side):
            limit, node, period, technology = key
            for region in scope.parameters.regions_of(node):
                for _, _, variable in scope.activity(region, technology, period):
                    builder.add((limit, node, period), [(sign, (side, key), variable)], sense=SENSE[sense[limit]])
    return builder.block()


def base_rows(scope: Scope) -> Block:
    """Output of the base period within the tolerance of its statistics."""
    builder = scope.builder("base_year")
    base = scope.parameters.horizon.base
    for name, table, sense in (("base_lower", "base_low", -1), ("base_upper", "base_high", 1)):
        for key in scope.table(table) if base is not None else ():
            region, group = key
            made = [term for t in scope.technologies(group) for term in scope.activity(region, t, base or 0)]
            if made:
                builder.add((name, *key), made, sense=sense)
                builder.add((name, *key), scope.constant(table, key, -1.0))
    return builder.block()
