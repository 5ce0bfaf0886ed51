"""Twin of the instrument pace: what grows from period to period, counted year by year.

additions, closures  N[p] <= what the period before leads to when it grows g a year, + seed x years
                     (from N[p-1]/G[p-1] to N[p]/G[p], G the sum over the years of (1+g)^year)
first bounded period from the yearly additions stated for the year before it
activity             A[p] <= A[p-1] (1+g)^(years between first years) + seed
"""

from __future__ import annotations

from peakmix.audit.policies.common import Audit, in_force, in_unit
from peakmix.audit.report import Floats
from peakmix.foundation.units import million
from peakmix.scenario.policies import PacePolicy

INSTRUMENT = "pace"
Pair = tuple[str, str]


def check(audit: Audit, name: str, policy: PacePolicy) -> None:
    """Rows of one pace rule, for the group or for each technology in each region."""
    case = audit.case
    technologies = sorted(case.expand(policy.technologies))
    pairs = [(region, t) for region in case.places.regions(policy.location) for t in technologies]
    cells = [[pair] for pair in pairs] if policy.each else [pairs]
    unit = f"{million(case.commodity_unit[case.product[technologies[0]]])}/yr" if technologies else "1"
    seed = in_unit(policy.seed, unit, case.data)
    start = in_unit(policy.historical, unit, case.data) if policy.historical is not None else 0.0
    for cell in cells:
        moved = case.sum(_quantity(audit, policy.quantity, pair) for pair in cell)
        if _exists(audit, policy.quantity, cell):
            where = name if not policy.each else f"{name} {cell[0][0]} {cell[0][1]}"
            for k in in_force(audit.calendar, policy.from_year, policy.to_year):
                ceiling = _ceiling(audit, policy, moved, k, seed, start)
                audit.bounded(where, INSTRUMENT, policy.quantity, audit.calendar.first[k], moved[k], ceiling, True)


def _exists(audit: Audit, quantity: str, cell: list[Pair]) -> bool:
    """Does anything of the cell take part at all?"""
    taking = {*audit.operation.activity, *audit.capacities.fleets}
    return any(pair in taking for pair in cell)


def _quantity(audit: Audit, quantity: str, pair: Pair) -> Floats:
    """What grows (periods)."""
    if quantity == "activity":
        return audit.operation.activity.get(pair, audit.case.decisions.zero)
    new, closed = audit.case.decisions.of("new_capacity", *pair), audit.capacities.closures(*pair)
    return {"additions": new, "closures": closed, "net_additions": new - closed}[quantity]


def _ceiling(audit: Audit, policy: PacePolicy, moved: Floats, k: int, seed: float, start: float) -> float:
    """Largest quantity of a period."""
    calendar, growth = audit.calendar, 1 + policy.growth
    if policy.quantity == "activity":
        if k == 0:
            return float(start * growth ** calendar.lengths[0] + seed)
        return float(moved[k - 1] * growth ** (calendar.first[k] - calendar.first[k - 1]) + seed)
    years = range(calendar.first[k], calendar.first[k] + calendar.lengths[k])
    if k == 0 or calendar.is_base[k - 1]:
        before = calendar.first[k] - 1
        path = sum(start * growth ** (year - before) for year in years)
    else:
        earlier = range(calendar.first[k - 1], calendar.first[k])
        level = moved[k - 1] / sum(growth ** (year - earlier[0]) for year in earlier)
        path = sum(level * growth ** (year - earlier[0]) for year in years)
    return float(path + seed * calendar.lengths[k])
