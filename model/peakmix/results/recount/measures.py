"""Measures recounted: adoption between what is sunk, what was fitted and what is applicable."""

from __future__ import annotations

from peakmix.results.recount.capacity import times
from peakmix.results.recount.scope import Scope
from peakmix.results.recount.terms import Block, Builder, Term


def measure_rows(scope: Scope) -> Block:
    """Adoption within what was fitted, what is applicable and what the host makes; the penetration of today."""
    builder = scope.builder("measures")
    horizon = scope.parameters.horizon
    base = horizon.base
    fitted: dict[tuple[object, ...], list[Term]] = {}
    for key in scope.table("measure_alive"):
        *cell, built, period = key
        fitted.setdefault((*cell, period), []).extend(
            scope.term("measure_alive", key, "new_measure", (*cell, built))
        )
    for region, measure, host in scope.parameters.sets["measures"]:
        key = (region, measure, host)
        for period in horizon:
            index = (*key, period)
            adopted = scope.term(None, (), "adopted", index)
            if period == base:
                builder.add(("measure_base", *key), adopted)
                sunk = times(("penetration", key), scope.activity(region, host, period))
                builder.add(("measure_base", *key), sunk, -1.0)
                continue
            builder.add(("measure_stock", *index), adopted, sense=1)
            builder.add(("measure_stock", *index), fitted.get(index, []), -1.0)
            if index in scope.table("sunk_share") and base is not None:
                left = scope.term("sunk_share", index, "adopted", (*key, base))
                builder.add(("measure_stock", *index), left, -1.0)
            builder.add(("measure_reach", *index), adopted, sense=1)
            reach = times(("applicability", index), scope.activity(region, host, period))
            builder.add(("measure_reach", *index), reach, -1.0)
    for index in scope.table("adoption_rate"):
        builder.add(("measure_pace", *index), scope.term(None, (), "new_measure", index), sense=1)
        builder.add(("measure_pace", *index), scope.constant("adoption_rate", index, -1.0))
    _groups(scope, builder)
    return builder.block()


def _groups(scope: Scope, builder: Builder) -> None:
    base = scope.parameters.horizon.base
    for (region, host, name), measures in scope.parameters.facts["exclusion"].items():
        for period in scope.parameters.horizon if len(measures) > 1 else ():
            if period == base:
                continue
            label = ("measure_group", region, host, name, period)
            for measure in measures:
                builder.add(label, scope.term(None, (), "adopted", (region, measure, host, period)), sense=1)
            builder.add(label, scope.activity(region, host, period), -1.0)
