"""Limit: an indicator stays below or above a value.

Rows     policy_limit(policy, period)          E[p] - O[p] <= V[p]   (upper)   or   E[p] + O[p] >= V[p]   (lower)
         policy_limit, intensity               E[p] - O[p] - v[p] Q[p] <= 0    Q the denominator indicator
         indicator_part_level(policy, period)  Q = its expression, where that has derived elements of its own
         policy_budget(policy)                 sum_p n_p E[p] - O <= V         span horizon
Symbols  E  indicator over the policy's scope            its yearly unit (Mt/yr, PJ/yr, Mtce/yr)
         V  value: absolute, or share x number computed for the base period (with Q: v = share x their ratio then)
         O  excess, priced: objective term D_p x slack price x O (budget: D of the last period / its length)
Dual     policy_limit, annual, in CNY per natural unit: what one unit more would save; a cap on CO2: marginal abatement cost.
         policy_budget: lambda n_p / D_p is the price in every period p
Traps    a cap above the reference's own path has price 0; below the least reachable path nothing solves: see `peakmix window`
Source   design sections 3.9 and 4
"""

from __future__ import annotations

from typing import Any

from peakmix.formulation.indicators import express, ledgers_of
from peakmix.formulation.model import filled, has_terms, total
from peakmix.formulation.modelling import pyo
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
    if policy.denominator is not None:
        below = policy.scoped(policy.denominator)
        check_scope(policy_id, below, parameters)
        target = f"{unit}/({indicator_unit(below, parameters)})" if policy.kind == "intensity" else target
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
    if policy.span == "horizon":
        _budget(model, parameters, policy_id, policy)
    else:
        bounded(model, parameters, policy_id, policy, "policy_limit")


def bounded(model: Any, parameters: Parameters, policy_id: str, policy: Any, name: str) -> None:
    """The rows of a limit or a target in each period, under the given component name."""
    indicator = policy.scoped(policy.indicator)
    for key in [k for k in parameters["policy_value"] if k[0] == policy_id]:
        value = parameters["policy_value"][key]
        left = total([express(model, model.books, indicator, key[1]), *excess(model, parameters, key, policy)])
        if policy.denominator is not None:
            left = left - value * part(model, policy_id, policy.scoped(policy.denominator), key[1])
            value = 0
        if has_terms(left) or policy.sense == "lower":
            left = filled(model, left)
            rows(model, name)[key] = left <= value if policy.sense == "upper" else left >= value


def excess(model: Any, parameters: Parameters, key: tuple[str, int], policy: Any) -> list[Any]:
    """The priced excess of a row, with its sign, booked; nothing for a hard one."""
    slack = parameters.values.get("policy_slack", {})
    if key not in slack:
        return []
    variable = variables(model, "policy_excess")[key]
    model.books.cost("policy_slack", key, slack[key], variable)
    return [-1 * variable if policy.sense == "upper" else 1 * variable]


def _budget(model: Any, parameters: Parameters, policy_id: str, policy: Any) -> None:
    """One row over the horizon."""
    indicator = policy.scoped(policy.indicator)
    periods = parameters.facts["policy_periods"][policy_id]
    terms = [parameters.horizon.n(p) * express(model, model.books, indicator, p) for p in periods]
    left = total([*terms, *excess(model, parameters, (policy_id, 0), policy)])
    right = parameters["policy_value"][policy_id, 0]
    if has_terms(left) or policy.sense == "lower":
        left = filled(model, left)
        rows(model, "policy_budget")[policy_id] = left <= right if policy.sense == "upper" else left >= right


PLAIN = ("output", "additions", "retirements", "purchases", "sales", "adopted")
"""Quantities that are sums of variables, as are those of a ledger: a derived value may multiply them."""


def part(model: Any, policy_id: str, indicator: Any, period: int) -> Any:
    """A denominator that a derived value may multiply: written out, or as a variable where it has derived elements itself."""
    expression = express(model, model.books, indicator, period)
    plain = all(
        leaf.account is None and (leaf.quantity in PLAIN or (ledgers_of(leaf) and leaf.technologies is None))
        for _, leaf in indicator.leaves()
    )
    if plain or not has_terms(expression):
        return expression
    if not hasattr(model, "indicator_part"):
        model.indicator_part = pyo.Var(pyo.Any, dense=False)
    model.indicator_part.add((policy_id, period))
    rows(model, "indicator_part_level")[policy_id, period] = model.indicator_part[policy_id, period] - expression == 0
    return model.indicator_part[policy_id, period]


INSTRUMENT = Instrument("limit", ("policy_limit", "policy_budget"), derive, build)
