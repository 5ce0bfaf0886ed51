"""Twin of the instrument limit: an indicator below or above a value.

period    E[p] - O[p] <= V[p]             lower: E[p] + O[p] >= V[p]
share     V = share x number computed for the base period; with a denominator v = share x their ratio then
intensity E[p] - O[p] <= v[p] Q[p]
horizon   sum of n[p] E[p] - O <= V       the excess O costs D / n of the last period
"""

from __future__ import annotations

import numpy as np

from peakmix.audit.policies.common import Audit, by_period, in_force, in_unit
from peakmix.audit.report import Floats
from peakmix.scenario.limits import Bounded

INSTRUMENT = "limit"


def check(audit: Audit, name: str, policy: Bounded) -> None:
    """Rows, excess and its cost of one limit."""
    indicator = policy.scoped(policy.indicator)
    level = audit.indicators.level(indicator)
    periods = in_force(audit.calendar, policy.start_year, policy.to_year)
    bound = bounds(audit, name, policy)
    if policy.span == "horizon":
        _budget(audit, name, policy, level, bound, periods)
        return
    check_periods(audit, name, policy, INSTRUMENT, level, bound, periods)


def check_periods(
    audit: Audit, name: str, policy: Bounded, instrument: str, level: Floats, bound: Floats, periods: list[int]
) -> None:
    """Each period in force: level, excess and the bound; the price of the excess."""
    excess, rule = audit.case.decisions.of("policy_excess", name), f"policy {instrument}: excess"
    audit.case.tally.row(rule, (name,), audit.case.decisions.whole.get((name,), 0.0))
    allowed = policy.slack_price is not None
    barred = np.array([k not in periods or not allowed for k in range(audit.calendar.count)])
    audit.case.tally.must_be_zero(rule, (name,), excess, barred)
    sign = -1.0 if policy.sense == "upper" else 1.0
    for k in periods:
        reached = level[k] + sign * (excess[k] if allowed else 0.0)
        audit.bounded(name, instrument, "value", audit.calendar.first[k], reached, bound[k], policy.sense == "upper")
    if allowed:
        audit.accounts.book("policy_slack", audit.calendar.operating * _price(audit, policy) * np.where(barred, 0, excess))


def bounds(audit: Audit, name: str, policy: Bounded) -> Floats:
    """Value of each period in the unit of the indicator (horizon: of its total)."""
    unit = audit.indicators.unit(policy.scoped(policy.indicator))[0]
    target = unit if policy.kind == "absolute" else "1"
    if policy.span == "horizon":
        target = target.removesuffix("/yr")
    if policy.kind == "intensity" and policy.denominator is not None:
        target = f"{unit}/({audit.indicators.unit(policy.scoped(policy.denominator))[0]})"
    values = {year: in_unit(q, target, audit.case.data) for year, q in policy.values.items()}
    stated = by_period(values, policy.between, audit.calendar)
    scaled = stated * (audit.base_value(name) if policy.kind == "relative_to_base" else 1.0)
    return scaled if policy.denominator is None else scaled * audit.indicators.level(policy.scoped(policy.denominator))


def _price(audit: Audit, policy: Bounded) -> float:
    """Price of the excess per natural unit."""
    if policy.slack_price is None:
        return 0.0
    natural = audit.indicators.unit(policy.scoped(policy.indicator))[1]
    return in_unit(policy.slack_price, f"{audit.case.data.money_unit}/{natural}", audit.case.data)


def _budget(audit: Audit, name: str, policy: Bounded, level: Floats, bound: Floats, periods: list[int]) -> None:
    """A limit over the horizon."""
    calendar = audit.calendar
    years = calendar.length[periods]
    excess = audit.case.decisions.whole.get((name,), 0.0)
    if policy.slack_price is None:
        audit.case.tally.row("policy limit: excess", (name,), excess)
        excess = 0.0
    else:
        last = periods[-1]
        weight = float(calendar.operating[last] / calendar.length[last])
        audit.accounts.book("policy_slack", weight * _price(audit, policy) * excess)
    ones = np.ones(calendar.count, dtype=bool)
    audit.case.tally.must_be_zero("policy limit: excess", (name,), audit.case.decisions.of("policy_excess", name), ones)
    total = float(years @ level[periods]) + (-excess if policy.sense == "upper" else excess)
    audit.bounded(name, INSTRUMENT, "budget", 0, total, float(bound[periods[0]]), policy.sense == "upper")
