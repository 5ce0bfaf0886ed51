"""Stranded value from the tables: payments that are left of capacity closed early, counted unit by unit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from peakmix.audit.calendar import payments
from peakmix.audit.capacity import Capacities, Fleet
from peakmix.audit.case import Case
from peakmix.audit.report import Floats

Cells = Mapping[tuple[str, str, int], float]
Pair = tuple[str, str]


def check_stranded(case: Case, capacities: Capacities, built: Cells, standing: Cells) -> None:
    """Reported values of capacity that the model built, and of what stood at the start, against the audit's own."""
    first = case.calendar.first
    for name, reported, existing in (("stranded value", built, False), ("stranded value, existing", standing, True)):
        own: dict[tuple[str, str, int], float] = {}
        for pair, fleet in capacities.fleets.items():
            amounts = _stranded(case, capacities, pair, fleet, existing)
            own.update({(*pair, first[k]): float(amounts[k]) for k in np.flatnonzero(amounts).tolist()})
        for key in sorted({*own, *reported}):
            left, right = own.get(key, 0.0), reported.get(key, 0.0)
            unknown = np.isnan(left) and np.isnan(right)
            case.tally.row(name, key, 0.0 if unknown else left - right, 0.0 if unknown else abs(left))


def _stranded(case: Case, capacities: Capacities, pair: Pair, fleet: Fleet, existing: bool) -> Floats:
    """Value left in what closes early in each period (periods)."""
    total = case.calendar.zeros()
    for row, label in enumerate(fleet.labels):
        closed = fleet.closed[row]
        if fleet.existing[row] != existing or not (closed > 1e-9).any():
            continue
        years = [int(part) for part in label.split("-")]
        built = range(years[0], years[-1] + 1)
        life = case.life(*pair, float((years[0] + years[-1]) // 2))
        cost = _book_cost(case, pair, built) if existing else _entry_cost(case, capacities, pair, case.calendar.position[years[0]])
        for k in np.flatnonzero(closed > 1e-9).tolist():
            units = float(closed[k] / fleet.survival[row, k])
            total[k] += units * cost * _left(case, built, life, case.calendar.first[k], existing)
    return total


def _left(case: Case, built: range, life: float, year: int, existing: bool) -> float:
    """Payments left over all payments, a mean over the building years that stood at the start."""
    calendar = case.calendar
    start = calendar.first[0]
    through_base = calendar.base is not None and calendar.start_of_change() > start
    kept = [b for b in built if not existing or through_base or b + life > start]
    shares = [payments(calendar.rate, max(0.0, b + life - year)) / payments(calendar.rate, life) for b in kept]
    return sum(shares) / len(shares)


def _book_cost(case: Case, pair: Pair, built: range) -> float:
    """Capital cost in the year of building; not a number where none is stated."""
    weights = case.weights.of_technology(*pair)
    cost = case.at_year("technology_parameters", ((pair[1], "capital_cost"),), weights, (built[0] + built[-1]) / 2)
    return float("nan") if cost is None else float(cost)


def _entry_cost(case: Case, capacities: Capacities, pair: Pair, k: int) -> float:
    """Money for one unit that entered in a period, not discounted."""
    new = case.decisions.of("new_capacity", *pair)[k]
    money = float(case.technology(*pair, "capital_cost")[k] * new) if new else 0.0
    for component in ("renewal", "conversion"):
        for (region, name, *_), amount in case.decisions.all(component).items():
            target, clock = capacities.conversions[name][1], capacities.conversions[name][3]
            if (region, target) == pair and (component == "renewal" or clock == "reset"):
                value = capacities.conversion_value(region, name, "capital_cost")
                cost = case.or_default("conversion_parameters", "capital_cost", value, name)
                money += float(cost[k] * capacities.ratio(region, name)[k] * amount[k])
    return money / float(capacities.entering[pair][k])
