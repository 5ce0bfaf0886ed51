"""Peak year: the indicator does not rise after its peak.

Rows     policy_no_growth(policy, period)   E[p+1] - E[p] <= 0            for periods p >= P(Y), dated p+1
         policy_below_peak(policy, period)  E[p] - E[P(Y)] <= 0           rule B: for every earlier p, base period included
         policy_height(policy, period)      E[P(Y)] <= H                  if a height is given
         policy_plateau(policy, period)     E[p] <= (1 + tolerance) E[P]  in the plateau's periods, instead of no_growth
Symbols  E  indicator over the policy's scope   Mt/yr (its yearly unit)   (policy, period)
         H  height: absolute, or share x number computed for the base period
         P(Y)  the period that contains Y; with before: the last period that ends before Y
Dual     policy_no_growth, annual, dated p+1, in CNY per natural unit of that year: what one unit more of allowed growth would save
Traps    without a height, cap or budget the optimum inflates E[P(Y)]: a warning says so
Source   design 3.8; State Council action plan for the peak before 2030
"""

from __future__ import annotations

from typing import Any

from peakmix.formulation.indicators import express
from peakmix.formulation.model import has_terms
from peakmix.formulation.policies.common import check_scope, converted, indicator_unit, natural, rows
from peakmix.formulation.registry import Instrument
from peakmix.foundation.telling import say
from peakmix.parameters.container import Parameters
from peakmix.parameters.refuse import refuse
from peakmix.parameters.time import Horizon


def peak_period(horizon: Horizon, year: int, before: bool) -> int | None:
    """P(Y): the period that contains the year, or the last one that ends before it."""
    if before:
        ended = [p for p in horizon if p + horizon.n(p) <= year]
        return ended[-1] if ended else None
    return horizon.containing(year)


def derive(policy_id: str, policy: Any, parameters: Parameters, context: Any) -> None:
    """``policy_height[policy, period]``, and the peak period as a structural fact."""
    indicator = policy.scoped(policy.indicator)
    check_scope(policy_id, indicator, parameters)
    period = peak_period(parameters.horizon, policy.year, policy.before)
    if period is None:
        raise refuse(
            f"policies.{policy_id}.year: no period for {policy.year}", rule="the peak year lies in a period of the horizon",
            fix="choose a year inside the horizon, or drop `before`",
        )  # fmt: skip
    parameters.facts.setdefault("peak_period", {})[policy_id] = period
    unit = indicator_unit(indicator, parameters)
    parameters.facts.setdefault("policy_unit", {})[policy_id] = (unit, natural(unit))
    if policy.height is None:
        limited = any(getattr(p, "instrument", "") == "limit" for p in context.spec.active_policies.values())
        if not limited:
            parameters.reports.setdefault("warnings", []).append(
                say(
                    "policies.{name}: a peak rule without a height, cap or budget rewards inflating the peak year {year}",
                    "policies.{name}：没有峰值高度、上限或预算的达峰规则会鼓励抬高峰值年 {year} 的排放",
                    name=policy_id,
                    year=policy.year,
                )
            )
        return
    share = getattr(policy.height, "relative_to_base", None)
    height = (
        share * context.base_values[policy_id]
        if share is not None
        else converted(policy_id, "height", policy.height, unit, context)
    )
    parameters.put("policy_height", (policy_id, period), height)


def build(model: Any, parameters: Parameters, policy_id: str, policy: Any) -> None:
    """Add the rows of one peak rule."""
    books, horizon = model.books, parameters.horizon
    indicator = policy.scoped(policy.indicator)
    peak = parameters.facts["peak_period"][policy_id]
    level = {p: express(model, books, indicator, p) for p in horizon}
    if not any(has_terms(e) for e in level.values()):
        return
    for period in horizon:
        before = horizon.before(period)
        if before is None or period <= peak:
            continue
        if policy.plateau is not None and period <= policy.plateau.until:
            ceiling = (1 + policy.plateau.tolerance) * level[peak]
            rows(model, "policy_plateau")[policy_id, period] = level[period] - ceiling <= 0
        else:
            rows(model, "policy_no_growth")[policy_id, period] = level[period] - level[before] <= 0
    if policy.rule == "B":
        for period in horizon:
            if period < peak:
                rows(model, "policy_below_peak")[policy_id, period] = level[period] - level[peak] <= 0
    height = parameters.values.get("policy_height", {}).get((policy_id, peak))
    if height is not None:
        rows(model, "policy_height")[policy_id, peak] = level[peak] <= height


INSTRUMENT = Instrument("peak", ("policy_no_growth", "policy_below_peak", "policy_height", "policy_plateau"), derive, build)
