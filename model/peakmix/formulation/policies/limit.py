"""Limit: an indicator stays below or above a value.

Rows     policy_limit(policy, period)          E[p] - O[p] <= V[p]   (upper)   or   E[p] + O[p] >= V[p]   (lower)
         policy_limit, intensity               E[p] - O[p] - v[p] Q[p] <= 0    Q the denominator indicator
         policy_budget(policy)                 sum_p n_p E[p] - O <= V         span horizon
Symbols  E  indicator over the policy's scope            its yearly unit (Mt/yr, PJ/yr, Mtce/yr)
         V  value: absolute, or share x number computed for the base period
         O  excess, priced: objective term D_p x slack price x O (budget: D of the last period / its length)
Dual     policy_limit, annual, in CNY per natural unit: what one unit more would save; a cap on CO2: marginal abatement cost.
         policy_budget: lambda n_p / D_p is the price in every period p
Traps    a cap above the reference's own path has price 0; below the least reachable path nothing solves: see `peakmix window`
Source   design sections 3.9 and 4
"""

from __future__ import annotations

from typing import Any

from peakmix.formulation.indicators import express
from peakmix.formulation.model import filled, has_terms, total
from peakmix.formulation.policies.common import (
    check_scope,
    converted,
    indicator_unit,
    natural,
    periods_of,
    rows,
    value_in,
    variables,
)
from peakmix.formulation.registry import Instrument
from peakmix.parameters.container import Parameters
from peakmix.parameters.refuse import refuse


def derive(policy_id: str, policy: Any, parameters: Parameters, context: Any) -> None:
    """``policy_value[policy, period]`` (or period 0 for the horizon) and ``policy_slack[policy, period]``."""
    indicator = policy.scoped(policy.indicator)
    check_scope(policy_id, indicator, parameters)
    unit = indicator_unit(indicator, parameters)
    target = unit if policy.kind == "absolute" else "1"
    if policy.span == "horizon":
        target = target.replace("/yr", "")
    if policy.kind == "intensity":
        target = f"{unit}/({indicator_unit(policy.scoped(policy.denominator), parameters)})"
    values = {y: converted(policy_id, "values", q, target, context) for y, q in policy.values.items()}
    scale = context.base_values[policy_id] if policy.kind == "relative_to_base" else 1.0
    periods = periods_of(policy, parameters, policy.start_year)
    if not periods:
        raise refuse(
            f"policies.{policy_id} holds in no period",
            rule="a policy takes effect in the first period that starts at or after its year",
            fix="move from_year or the first year of values to the start of a period",
        )  # fmt: skip
    horizon = parameters.horizon
    parameters.facts.setdefault("policy_unit", {})[policy_id] = (unit, natural(unit))
    price = (
        converted(policy_id, "slack_price", policy.slack_price, f"{context.money}/{natural(unit)}", context)
        if policy.slack_price
        else None
    )
    if policy.span == "horizon":
        parameters.put("policy_value", (policy_id, 0), value_in(values, periods[0], parameters, policy.between) * scale)
        parameters.facts.setdefault("policy_periods", {})[policy_id] = periods
        if price is not None:
            last = periods[-1]
            parameters.put("policy_slack", (policy_id, 0), price * horizon.operating_weight(last) / horizon.n(last))
        return
    for period in periods:
        parameters.put("policy_value", (policy_id, period), value_in(values, period, parameters, policy.between) * scale)
        if price is not None:
            parameters.put("policy_slack", (policy_id, period), price * horizon.operating_weight(period))


def build(model: Any, parameters: Parameters, policy_id: str, policy: Any) -> None:
    """Add the rows of one limit."""
    books = model.books
    indicator = policy.scoped(policy.indicator)
    slack = parameters.values.get("policy_slack", {})
    sign = -1 if policy.sense == "upper" else 1

    def excess(period: int) -> list[Any]:
        if (policy_id, period) not in slack:
            return []
        variable = variables(model, "policy_excess")[policy_id, period]
        books.cost("policy_slack", (policy_id, period), slack[policy_id, period], variable)
        return [sign * variable]

    if policy.span == "horizon":
        periods = parameters.facts["policy_periods"][policy_id]
        terms = [parameters.horizon.n(p) * express(model, books, indicator, p) for p in periods]
        left, right = total([*terms, *excess(0)]), parameters["policy_value"][policy_id, 0]
        if has_terms(left) or policy.sense == "lower":
            left = filled(model, left)
            rows(model, "policy_budget")[policy_id] = left <= right if policy.sense == "upper" else left >= right
        return
    for key in [k for k in parameters["policy_value"] if k[0] == policy_id]:
        period, value = key[1], parameters["policy_value"][key]
        left = total([express(model, books, indicator, period), *excess(period)])
        if policy.kind == "intensity":
            left = left - _times(value, express(model, books, policy.scoped(policy.denominator), period))
            value = 0
        if has_terms(left) or policy.sense == "lower":
            left = filled(model, left)
            rows(model, "policy_limit")[key] = left <= value if policy.sense == "upper" else left >= value


def _times(element: Any, expression: Any) -> Any:
    """A derived element times an indicator; ledger indicators are plain sums of variables, so no two elements meet."""
    return element * expression


INSTRUMENT = Instrument("limit", ("policy_limit", "policy_budget"), derive, build)
