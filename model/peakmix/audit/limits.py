"""Limits from the tables: on activity, capacity, its growth and adoption, and shares between activities.

A row at a node binds the node's total; a blank place binds each region, once for every place in it where something
stands. Growth is stated a year and holds for the years of a period. Limits do not hold in the base period, shares do.

A share that is stated place by place binds a region of several places by the widest of its places' values, taken over
the places where a technology of the limit stands; that follows from the rows of the places.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from peakmix.audit.capacity import Capacities
from peakmix.audit.case import Case
from peakmix.audit.operation import Operation
from peakmix.audit.report import Floats

GROWTH = ("additions", "net_additions")


def check_limits(case: Case, capacities: Capacities, operation: Operation) -> None:
    """limits.csv."""
    frame = case.data.tables["limits"]
    names = zip(*(frame[c].tolist() for c in ("limit", "quantity", "group")), strict=True)
    senses = dict(zip(names, frame["sense"], strict=True))
    rows = case.rows("limits")
    for key in rows:
        limit, quantity, group = (str(part) for part in key)
        bounds: dict[tuple[str, ...], Floats] = {}
        for place, series in rows.written(key).items():
            value = series.periods(case.calendar) * (case.calendar.length if quantity in GROWTH else 1.0)
            if place is None:
                for region, members in case.places.members.items():
                    standing = sum(m in case.weights.standing for m in members)
                    bounds[region,] = bounds.get((region,), case.calendar.zeros()) + value * max(1, standing)
            elif regions := case.places.holders(place):
                bounds[regions] = bounds.get(regions, case.calendar.zeros()) + value
        for regions, bound in bounds.items():
            total = limited(case, capacities, operation, quantity, group, regions)
            if total is not None:
                where = (limit, quantity, group, "+".join(regions[:3]))
                low, high = (total, bound) if senses[key] == "upper" else (bound, total)
                case.tally.at_most("table limit", where, low, high, ~case.calendar.is_base)


def limited(
    case: Case, capacities: Capacities, operation: Operation, quantity: str, group: str, regions: tuple[str, ...]
) -> Floats | None:
    """The limited quantity over regions (periods); None when nothing of the group takes part."""
    if quantity == "adopted":
        return case.sum(
            array for (r, measure, _), array in case.decisions.all("adopted").items() if measure == group and r in regions
        )
    technologies = case.groups.get(group, ())
    if not technologies:
        return None
    pairs = [(region, technology) for region in regions for technology in technologies]
    if quantity == "activity":
        return case.sum(operation.activity.get(pair, case.decisions.zero) for pair in pairs)
    if quantity == "additions":
        return case.sum(case.decisions.of("new_capacity", *pair) for pair in pairs)
    capacity = case.sum(capacities.total(*pair) for pair in pairs)
    if quantity == "capacity":
        return capacity
    return np.diff(capacity, prepend=sum(capacities.opening(*pair) for pair in pairs))


def check_shares(case: Case, operation: Operation) -> None:
    """share_limits.csv with share_limit_values.csv."""
    frame, table = case.data.tables["share_limits"], case.data.tables["share_limit_values"]
    sides: dict[str, dict[str, dict[str, float]]] = defaultdict(lambda: {"numerator": {}, "denominator": {}})
    for limit, role, technology, value in zip(*(frame[c].tolist() for c in ("limit", "role", "technology", "value")), strict=True):
        if technology in case.sector:
            sides[limit][role][technology] = float(value)
    sense = dict(zip(table["limit"], table["sense"], strict=True))
    pooled = dict(zip(table["limit"], table["pooled"], strict=True))
    for limit, side in sides.items():
        if not side["numerator"] or limit not in sense:
            continue
        bounds = _pooled(case, limit) if pooled[limit] == "yes" else _single(case, limit, side, sense[limit] == "upper")
        for regions, value in bounds.items():
            left, right = (_weighted(case, operation, side[role], regions) for role in ("numerator", "denominator"))
            low, high = (left, value * right) if sense[limit] == "upper" else (value * right, left)
            case.tally.at_most("share limit", (limit, "+".join(regions[:3])), low, high)


def _weighted(case: Case, operation: Operation, coefficients: dict[str, float], regions: tuple[str, ...]) -> Floats:
    """Sum of coefficient x activity over regions."""
    return case.sum(
        coefficient * operation.activity.get((region, technology), case.decisions.zero)
        for technology, coefficient in coefficients.items()
        for region in regions
    )


def _pooled(case: Case, limit: str) -> dict[tuple[str, ...], Floats]:
    """One row over each node that is written; a blank one is the root."""
    found = {}
    for place, series in case.rows("share_limit_values").written((limit,)).items():
        regions = case.places.regions(place or None)
        if regions:
            found[regions] = series.periods(case.calendar)
    return found


def _single(case: Case, limit: str, side: dict[str, dict[str, float]], upper: bool) -> dict[tuple[str, ...], Floats]:
    """One row a region."""
    painted = case.rows("share_limit_values").painted((limit,))
    members = {*side["numerator"], *side["denominator"]}
    found: dict[tuple[str, ...], Floats] = {}
    for region, places in case.places.members.items():
        able = [p for p in places if any(case.weights.stock.get((p, t), 0.0) > 0 for t in members)] or list(places)
        if all(place in painted for place in able):
            values = np.array([painted[place].periods(case.calendar) for place in able])
            found[region,] = values.max(axis=0) if upper else values.min(axis=0)
    return found
