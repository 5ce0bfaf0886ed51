"""Checks on stock: trajectories, rights to build, close, convert and renew, and their bounds.

stock                   the solution's stock is the audit's own
entering capacity       new + renewed + converted with a new clock
new capacity            only where it may be built: right, first year, never in the base period
early retirement        only where it may close, never in the base period nor in the period of building
live stock              closures and conversions are bounded by the live stock before them
renewal, conversion     drawn on what they may draw on, from their first year, within their limit
"""

from __future__ import annotations

import numpy as np

from peakmix.audit.capacity import Capacities, Fleet
from peakmix.audit.case import Case
from peakmix.audit.report import Floats


def check_stock(case: Case, capacities: Capacities) -> None:
    """All checks of this module."""
    _trajectories(case, capacities)
    _entering(case, capacities)
    _new(case)
    _rights(case, capacities)
    for (region, technology), fleet in capacities.fleets.items():
        _leaving(case, region, technology, fleet)
    _conversions(case, capacities)
    _renewals(case, capacities)


def _trajectories(case: Case, capacities: Capacities) -> None:
    """Stock of tracked vintages."""
    for (region, technology, label), stock in case.decisions.all("stock").items():
        fleet = capacities.fleets.get((region, technology))
        if fleet is None or label not in fleet.labels:
            case.tally.must_be_zero("stock", (region, technology, label), stock, np.ones(len(stock), dtype=bool))
        else:
            case.tally.equal("stock", (region, technology, label), stock, fleet.live[fleet.labels.index(label)])


def _entering(case: Case, capacities: Capacities) -> None:
    """Capacity that enters, in the periods whose sum is a decision of its own."""
    for (region, technology), entering in case.decisions.all("entering_capacity").items():
        own = capacities.entering.get((region, technology), case.decisions.zero)
        summed = case.decisions.summed[region, technology]
        case.tally.equal("entering capacity", (region, technology), entering, np.where(summed, own, entering))


def _new(case: Case) -> None:
    """Rights to build."""
    first = np.array(case.calendar.first)
    for (region, technology), new in case.decisions.all("new_capacity").items():
        right = case.new_build.get(technology, False) and region in case.places.members
        if right:
            painted = case.rows("technology_parameters").painted((technology, "first_year"))
            years = [painted[m].at(0) for m in case.places.members[region] if m in painted]
            barred = (first < min(years, default=0)) | case.calendar.is_base
        else:
            barred = np.ones(len(new), dtype=bool)
        case.tally.must_be_zero("new capacity", (region, technology), new, barred)


def _rights(case: Case, capacities: Capacities) -> None:
    """Technologies appear where they stand, where a right is stated, or, where none is stated at all, where their sector stands."""
    frame = case.data.tables["technology_rights"]
    stated: dict[str, set[str]] = {str(technology): set() for technology in frame["technology"]}
    for technology, place in zip(frame["technology"], frame["location"], strict=True):
        stated[technology] |= {case.places.region_of[p] for p in case.places.tree.subtree(place) if p in case.places.region_of}
    sectors = {(region, case.sector[technology]) for region, technology in capacities.stock}
    for component in ("activity", "new_capacity"):
        for (region, technology, *_), amount in case.decisions.all(component).items():
            near = not sectors or (region, case.sector.get(technology, "")) in sectors
            right = near and (technology not in stated or region in stated[technology])
            barred = np.full(len(amount), not right and (region, technology) not in capacities.stock)
            case.tally.must_be_zero("right to be there", (region, technology), amount, barred)


def _leaving(case: Case, region: str, technology: str, fleet: Fleet) -> None:
    """Rights and bounds of early closures and of conversions of live capacity."""
    rule = case.retire[technology]
    for row, label in enumerate(fleet.labels):
        leaves = fleet.closed[row] + fleet.converted[row]
        if not leaves.any():
            continue
        where = (region, technology, label)
        young = np.zeros(case.calendar.count, dtype=bool)
        young[: case.calendar.position.get(0 if fleet.existing[row] else int(label), 0) + 1] = True
        barred = young | case.calendar.is_base
        may_close = rule == "all" or (rule == "existing" and fleet.existing[row])
        case.tally.must_be_zero("early retirement", where, fleet.closed[row], barred if may_close else barred | True)
        case.tally.must_be_zero("conversion", where, fleet.converted[row], barred)
        room = fleet.carried[row] + fleet.brought[row]
        case.tally.at_most("live stock", where, leaves, np.maximum(room, 0.0))
    lost = np.where(fleet.survival > 0, 0.0, fleet.brought)
    if lost.any():
        case.tally.row("converted capacity arrives", (region, technology), float(lost.max()))


def _first_year(case: Case, capacities: Capacities, region: str, name: str) -> float:
    """First year of a conversion in a region."""
    painted = case.rows("conversion_parameters").painted((name, "first_year"))
    return min((painted[m].at(0) for m in case.places.members[region] if m in painted), default=0.0)


def _conversions(case: Case, capacities: Capacities) -> None:
    """Conversions and renewals: kind, first year, limit."""
    first = np.array(case.calendar.first)
    moved: dict[tuple[str, str], Floats] = {}
    for component, draws in (("conversion", "live"), ("renewal", "expiring")):
        for (region, name, *_), amount in case.decisions.all(component).items():
            known = name in capacities.conversions and region in case.places.members
            barred = np.ones(len(amount), dtype=bool)
            if known and capacities.conversions[name][2] == draws:
                barred = (first < _first_year(case, capacities, region, name)) | case.calendar.is_base
                moved[region, name] = moved.get((region, name), case.calendar.zeros()) + amount
            case.tally.must_be_zero(component, (region, name), amount, barred)
    for (region, name), amount in moved.items():
        painted = case.rows("conversion_parameters").painted((name, "limit"))
        rows = [painted[m].periods(case.calendar) for m in case.places.members[region] if m in painted]
        if rows:
            case.tally.at_most("conversion limit", (region, name), amount, case.sum(rows) * case.calendar.length)


def _renewals(case: Case, capacities: Capacities) -> None:
    """What is renewed reaches its end of life in the period."""
    sources = {
        (region, capacities.conversions[name][0])
        for region, name in case.decisions.all("renewal")
        if name in capacities.conversions
    }
    for region, technology in sorted(sources):
        renewed, ending = capacities.renewed(region, technology), capacities.ending(region, technology)
        case.tally.at_most("renewal", (region, technology, "ending"), renewed, ending)
