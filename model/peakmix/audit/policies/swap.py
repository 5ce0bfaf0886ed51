"""Twin of the instrument swap: new capacity is covered by capacity that went, at the ratio in force.

    halt    nothing that needs quota is built, and nothing flows, in a period that starts while swaps are suspended
    cover   new capacity of a case in a place = sum of the flows into it
    pool    opening + sum over q with end(q) <= end(p) + lag of (early + chi natural)
            - sum over q <= p of ratio x flow >= 0
    expiry  with expiry, credits are used up oldest first, each within its years; what is left over bounds the pool from above
    natural what reaches its end of life, neither closed nor converted before and not renewed
    area    capacity of a key area never exceeds what stood in the first period

Exempt technologies appear in no pool: they need no quota and earn none. Retirements count from the rule's first period.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from peakmix.audit.policies.common import Audit, in_force, in_unit
from peakmix.audit.report import Floats
from peakmix.audit.rows import blank
from peakmix.foundation.units import million
from peakmix.scenario.policies import SwapPolicy

INSTRUMENT = "swap"
OTHER = "other"
KEY_AREA = 0.5
"""Share of key areas from which a region counts as one."""


@dataclass(frozen=True)
class _Rule:
    """A policy with its names resolved: periods in force, cases, exemptions, bans."""

    name: str
    policy: SwapPolicy
    periods: list[int]
    group: tuple[str, ...]
    exempt: set[str]
    case_of: dict[str, str]
    banned: set[str]
    found: dict[tuple[str, str, str, int], float | None] = field(default_factory=dict)


def check(audit: Audit, name: str, policy: SwapPolicy) -> None:
    """Cover, pools and key areas of one swap rule."""
    case = audit.case
    group = tuple(sorted(case.expand((policy.group,))))
    case_of = dict.fromkeys(group, OTHER)
    for which, label in policy.cases.items():
        case_of.update({t: label for t in case.expand((which,)) if t in case_of})
    banned = {r for node in policy.inflow_ban or () for r in case.places.regions(node)}
    if policy.key_areas_no_inflow:
        banned |= {r for r in case.places.members if key_share(audit, r, audit.calendar.first[-1]) >= KEY_AREA}
    exempt = case.expand(policy.exempt) if policy.exempt is not None else set()
    periods = in_force(audit.calendar, policy.from_year, policy.to_year)
    rule = _Rule(name, policy, periods, group, exempt, case_of, banned)
    used = _cover(audit, rule)
    _pools(audit, rule, used)
    if policy.key_areas_no_growth:
        _key_areas(audit, rule)


def _cover(audit: Audit, rule: _Rule) -> dict[str, Floats]:
    """New capacity is covered; returns what the flows take from each source."""
    case, calendar = audit.case, audit.calendar
    holds = np.array([k in rule.periods for k in range(calendar.count)])
    used: dict[str, Floats] = defaultdict(calendar.zeros)
    into: dict[tuple[str, str], Floats] = defaultdict(calendar.zeros)
    for (name, source, target, label), flow in case.decisions.all("swap_flow").items():
        if name != rule.name:
            continue
        origin = "same" if source == target else "cross"
        ratios = [ratio(audit, rule, label, target, origin, first) for first in calendar.first]
        barred = ~holds | np.array([r is None for r in ratios]) | _halted(audit, rule)
        if target in rule.banned and origin == "cross":
            barred |= True
        case.tally.must_be_zero("policy swap: flow", (name, source, target, label), flow, barred)
        used[source] = used[source] + flow * np.array([r or 0.0 for r in ratios])
        into[target, label] = into[target, label] + flow
    labels = {rule.case_of[t] for t in rule.group if t not in rule.exempt}
    for region in case.places.members:
        for label in sorted(labels):
            members = [t for t in rule.group if rule.case_of[t] == label and t not in rule.exempt]
            new = case.sum(case.decisions.of("new_capacity", region, t) for t in members)
            ruled = np.array([ratio(audit, rule, label, region, "same", first) is not None for first in calendar.first])
            halted = holds & _halted(audit, rule)
            case.tally.must_be_zero("policy swap: halt", (rule.name, region, label), new, halted)
            ruled = ruled & ~halted
            case.tally.equal("policy swap: cover", (rule.name, region, label), new, into[region, label], holds & ruled)
    return used


def _halted(audit: Audit, rule: _Rule) -> Any:
    """Periods that start between the two dates of the suspension."""
    first, start, stop = np.array(audit.calendar.first), rule.policy.suspended_from, rule.policy.suspended_to
    if start is None:
        return np.zeros(len(first), dtype=bool)
    return (first >= start) & (first <= (stop if stop is not None else first[-1]))


def _pools(audit: Audit, rule: _Rule, used: dict[str, Floats]) -> None:
    """No pool is overdrawn, and each is what the solution says."""
    case, calendar, policy = audit.case, audit.calendar, rule.policy
    unit = f"{million(case.commodity_unit[case.product[rule.group[0]]])}/yr" if rule.group else "1"
    opening: dict[str, float] = defaultdict(float)
    for place, amount in policy.opening.items():
        opening[case.places.region_of.get(place, place)] += in_unit(amount, unit, case.data)
    end = np.array(calendar.first) + np.array(calendar.lengths)
    for region in case.places.members:
        earned = _earned(audit, rule, region)
        stated = case.decisions.of("swap_pool", rule.name, region)
        drawn = used.get(region, calendar.zeros())
        if not (earned.any() or drawn.any() or stated.any() or opening[region]):
            continue
        if policy.expiry_years is not None:
            _lapsing(audit, rule, region, opening[region], earned, drawn, stated)
            continue
        for k in rule.periods:
            counted = sum(earned[q] for q in rule.periods if end[q] <= end[k] + policy.lag_years)
            taken = sum(drawn[q] for q in rule.periods if q <= k)
            left, size = opening[region] + counted - taken, opening[region] + abs(counted) + taken
            first = calendar.first[k]
            case.tally.row("policy swap: pool", (rule.name, region, first), min(left, 0.0), size)
            case.tally.row("policy swap: pool stated", (rule.name, region, first), left - stated[k], size)
            audit.line(rule.name, INSTRUMENT, f"pool of {region}", first, taken, opening[region] + counted, left)


def _lapsing(audit: Audit, rule: _Rule, region: str, opening: float, earned: Floats, drawn: Floats, stated: Floats) -> None:
    """Uses covered by credits in their years, oldest first; the pool holds no more than is then left for the next period."""
    calendar, policy, tally = audit.calendar, rule.policy, audit.case.tally
    end = [first + n for first, n in zip(calendar.first, calendar.lengths, strict=True)]
    years = policy.expiry_years or 0
    lots = [[calendar.first[rule.periods[0]] + years, opening]] if rule.periods else []
    waiting = list(rule.periods)
    for k, following in zip(rule.periods, [*rule.periods[1:], None], strict=True):
        while waiting and end[waiting[0]] <= end[k] + policy.lag_years:
            q = waiting.pop(0)
            lots.append([end[q] - 1 + years, float(earned[q])])
        first = calendar.first[k]
        lots = [lot for lot in lots if lot[0] >= first]
        size, open_use = sum(abs(lot[1]) for lot in lots) + float(drawn[k]), float(drawn[k])
        for lot in lots:
            part = min(max(lot[1], 0.0), open_use)
            lot[1], open_use = lot[1] - part, open_use - part
        last = calendar.first[following] if following is not None else first
        left = sum(lot[1] for lot in lots if lot[0] >= last)
        tally.row("policy swap: expired", (rule.name, region, first), open_use, size)
        tally.row("policy swap: pool stated", (rule.name, region, first), max(float(stated[k]) - left, 0.0), size)
        audit.line(rule.name, INSTRUMENT, f"pool of {region}", first, float(drawn[k]), float(drawn[k]) - open_use + left, left)


def _earned(audit: Audit, rule: _Rule, region: str) -> Floats:
    """Credits earned in each period."""
    total = audit.calendar.zeros()
    for technology in rule.group:
        if technology in rule.exempt or (region, technology) not in audit.capacities.fleets:
            continue
        natural = audit.capacities.ending(region, technology) - audit.capacities.renewed(region, technology)
        total = total + audit.capacities.closures(region, technology) + rule.policy.natural_credit * natural
    return total


def ratio(audit: Audit, rule: _Rule, label: str, target: str, origin: str, first: int) -> float | None:
    """Capacity to retire per unit built; None while no row holds."""
    key = (label, target, origin, first)
    if key not in rule.found:
        rule.found[key] = _between(audit, rule, label, target, origin, first)
    return rule.found[key]


def _between(audit: Audit, rule: _Rule, label: str, target: str, origin: str, first: int) -> float | None:
    """Ratio between the classes by the share of key areas."""
    share = key_share(audit, target, first)
    found = {kind: _row(audit, rule.policy.rule, label, kind, origin, first) for kind in ("key", "other")}
    parts = [(share, found["key"]), (1 - share, found["other"])]
    stated = [(weight, value) for weight, value in parts if value is not None]
    if len(stated) < 2:
        return stated[0][1] if stated else None
    return sum(weight * value for weight, value in stated)


def _row(audit: Audit, name: str, label: str, kind: str, origin: str, first: int) -> float | None:
    """The row in force: of the case itself before ``other``, then the latest, then the most specific."""
    frame: Any = audit.case.data.tables["swap_ratios"]
    best: tuple[tuple[bool, int, int], float] | None = None
    for rule, case, target, source, year, value in zip(
        *(frame[c].tolist() for c in ("rule", "case", "target_class", "origin", "year", "value")), strict=True
    ):
        fits = (blank(target) or target == kind) and (blank(source) or source == origin) and case in (label, OTHER)
        if rule != name or year > first or not fits:
            continue
        rank = (case == label, int(year), 2 * (not blank(target)) + (not blank(source)))
        if best is None or rank > best[0]:
            best = (rank, float(value))
    return None if best is None else best[1]


def key_share(audit: Audit, region: str, first: int) -> float:
    """Share of key areas of a region: the mean of its places that state one."""
    written = audit.case.rows("location_attributes").written(("key_area_share",))
    values = [written[m].at(first) for m in audit.case.places.members[region] if m in written]
    return sum(values) / len(values) if values else 0.0


def _key_areas(audit: Audit, rule: _Rule) -> None:
    """Capacity of key areas does not grow."""
    last = audit.calendar.first[-1]
    for region in audit.case.places.members:
        if key_share(audit, region, last) >= KEY_AREA:
            capacity = audit.case.sum(audit.capacities.total(region, t) for t in rule.group)
            for k in rule.periods:
                first, most = audit.calendar.first[k], float(capacity[0])
                audit.bounded(f"{rule.name} {region}", INSTRUMENT, "key area", first, capacity[k], most, True)
