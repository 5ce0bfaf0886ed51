"""Price: a tax or subsidy on an indicator.

Rows     none; objective term  D_p x price[p] x E[p]
         policy_charged(policy, period)   C = E, the charged quantity, so that the tax is one booked term
Symbols  E  indicator over the policy's scope   its yearly unit
         price  CNY per natural unit, above zero a tax, below zero a subsidy
Dual     policy_charged, annual: minus the price itself (a check, not a result)
Traps    the counterparty of a transfer receives a sum, so that nothing it does earns it at the margin;
         a price found as the dual of a cap does not reproduce the cap's emissions: an optimum of a linear programme jumps there
Source   design section 4
"""

from __future__ import annotations

from typing import Any

from peakmix.formulation.indicators import express
from peakmix.formulation.modelling import pyo
from peakmix.formulation.policies.common import (
    check_scope,
    converted,
    indicator_unit,
    natural,
    periods_of,
    rows,
    value_in,
)
from peakmix.formulation.registry import Instrument
from peakmix.parameters.container import Parameters
from peakmix.parameters.refuse import refuse


def derive(policy_id: str, policy: Any, parameters: Parameters, context: Any) -> None:
    """``policy_price[policy, period]`` = D_p x price, in money of the weights per unit of the indicator."""
    indicator = policy.scoped(policy.indicator)
    check_scope(policy_id, indicator, parameters)
    if policy.counterparty is not None and policy.counterparty not in parameters.regions:
        raise refuse(
            f"policies.{policy_id}.counterparty: {policy.counterparty} is no place of its own at this resolution",
            rule="a transfer between places is refused where one of them is not told apart, never dropped",
            fix=f"choose a resolution that keeps it apart, or one of {', '.join(parameters.regions)}",
        )
    unit = indicator_unit(indicator, parameters)
    parameters.facts.setdefault("policy_unit", {})[policy_id] = (unit, natural(unit))
    target = f"{context.money}/{natural(unit)}"
    values = {y: converted(policy_id, "values", q, target, context) for y, q in policy.quantities().items()}
    for period in periods_of(policy, parameters, policy.start_year):
        price = value_in(values, period, parameters, policy.between)
        parameters.put("policy_price", (policy_id, period), price * parameters.horizon.operating_weight(period))


def build(model: Any, parameters: Parameters, policy_id: str, policy: Any) -> None:
    """Add the charged quantity and its term in the objective."""
    books = model.books
    if not hasattr(model, "policy_charge"):
        model.policy_charge = pyo.Var(pyo.Any, dense=False)
    indicator = policy.scoped(policy.indicator)
    component = "policy_transfer" if policy.transfer else "policy_cost"
    for key in [k for k in parameters.values.get("policy_price", {}) if k[0] == policy_id]:
        model.policy_charge.add(key)
        rows(model, "policy_charged")[key] = model.policy_charge[key] - express(model, books, indicator, key[1]) == 0
        books.cost(component, key, parameters["policy_price"][key], model.policy_charge[key])


INSTRUMENT = Instrument("price", ("policy_charged",), derive, build, books=("policy_charged",))
