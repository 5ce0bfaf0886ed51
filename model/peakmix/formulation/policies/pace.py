"""Pace: how fast additions, closures or activity may grow.

Rows     policy_pace(policy, region, technology, period)
             N_p / G_p - N_{p-1} / G_{p-1} <= seed n_p / G_p        additions, net additions, closures
             A_p - (1+g)^(years between) A_{p-1} <= seed            activity
Symbols  N  additions (closures) of the period              Mt/yr
         A  activity                                        Mt/yr
         G  sum over the years y of p of (1+g)^(y - y_0)    so that splitting a period changes nothing
         before the first period N/G is the stated yearly historical additions x (1+g), or the historical activity
Dual     policy_pace, one-off for additions, annual for activity, in CNY per t/yr: worth of one more tonne allowed
Traps    the row couples all periods: an early slow start lowers every later ceiling
Source   design 3.10; message_ix #932 for limits that change with the length of periods
"""

from __future__ import annotations

from typing import Any

from peakmix.formulation import capacity_terms
from peakmix.formulation.account_terms import technologies_of
from peakmix.formulation.model import has_terms, total
from peakmix.formulation.policies.common import converted, periods_of, rows
from peakmix.formulation.registry import Instrument
from peakmix.parameters.container import Parameters

WHOLE = "all"


def growth_sum(parameters: Parameters, period: int, growth: float) -> float:
    """G_p: sum over the years of the period of (1+g)^(y - y_0), y_0 the first year of the horizon."""
    return float(sum((1 + growth) ** (y - parameters.horizon.first[0]) for y in parameters.horizon.years(period)))


def derive(policy_id: str, policy: Any, parameters: Parameters, context: Any) -> None:
    """``pace_now``, ``pace_before`` and ``pace_seed`` by policy and period."""
    technologies = [t for name in policy.technologies for t in context.expand(name)]
    unit = context.dataset.tables["commodities"].set_index("commodity").loc[context.product[technologies[0]], "unit"]
    target = {"t": "Mt/yr", "GJ": "PJ/yr", "MWh": "TWh/yr"}.get(unit, f"M{unit}/yr")
    seed = converted(policy_id, "seed", policy.seed, target, context)
    start = converted(policy_id, "historical", policy.historical, target, context) if policy.historical else 0.0
    horizon = parameters.horizon
    for period in periods_of(policy, parameters):
        before = horizon.before(period)
        key = (policy_id, period)
        if policy.quantity == "activity":
            years = period - before if before is not None else horizon.n(period)
            parameters.put("pace_now", key, 1.0)
            parameters.put("pace_before", key, (1 + policy.growth) ** years)
            parameters.put("pace_seed", key, seed + (start * (1 + policy.growth) ** years if before is None else 0.0))
            continue
        now = growth_sum(parameters, period, policy.growth)
        first = before is None or before == horizon.base
        parameters.put("pace_now", key, 1 / now)
        if before is not None and not first:
            parameters.put("pace_before", key, 1 / growth_sum(parameters, before, policy.growth))
        anchor = (period - horizon.first[0] - 1) if first else 0
        history = start / (1 + policy.growth) ** anchor if first else 0.0
        parameters.put("pace_seed", key, seed * horizon.n(period) / now + history)


def build(model: Any, parameters: Parameters, policy_id: str, policy: Any) -> None:
    """Add the rows of one pace rule, for the whole group or for each region and technology."""
    books = model.books
    technologies = sorted(technologies_of(books, policy.technologies) or ())
    regions = parameters.regions_of(policy.location)
    cells = (
        [(r, t, ((r, t),)) for r in regions for t in technologies]
        if policy.each
        else [(policy.location or WHOLE, WHOLE, tuple((r, t) for r in regions for t in technologies))]
    )
    for region, technology, members in cells:
        for key in [k for k in parameters.values.get("pace_now", {}) if k[0] == policy_id]:
            period = key[1]
            before = parameters.horizon.before(period)
            now = total(quantity(model, books, policy.quantity, r, t, period) for r, t in members)
            left = parameters["pace_now"][key] * now if has_terms(now) else 0.0
            if before is not None and key in parameters.values.get("pace_before", {}):
                earlier = total(quantity(model, books, policy.quantity, r, t, before) for r, t in members)
                left = left - parameters["pace_before"][key] * earlier if has_terms(earlier) else left
            if has_terms(left):
                rows(model, "policy_pace")[policy_id, region, technology, period] = left <= parameters["pace_seed"][key]


def quantity(model: Any, books: Any, name: str, region: str, technology: str, period: int) -> Any:
    """The paced quantity of one technology in one region."""
    if name == "activity":
        return capacity_terms.activity(model, books, region, technology, period)
    key = (region, technology, period)
    new = [model.new_capacity[key]] if key in model.new_capacity else []
    closed = capacity_terms.closures(model, books, region, technology, period)
    if name == "additions":
        return total(new)
    return closed if name == "closures" else total([*new, -1 * closed])


INSTRUMENT = Instrument("pace", ("policy_pace",), derive, build)
