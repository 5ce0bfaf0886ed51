"""Goal: an indicator comes first and cost second.

Rows     policy_budget(policy)   sum_p n_p E[p] <= (1 + 1e-6) V   (minimise)   or   >= (1 - 1e-6) V   (maximise)
Symbols  E  indicator over the policy's scope              its yearly unit
         V  best value of the sum that the other policies and the cost ceiling leave, found by a solve of its own: the
            objective of that solve is the indicator, and cost is a row
Dual     policy_budget, dated to each period, in CNY per natural unit: what the last unit of the goal costs, the local exchange
         rate between the two objectives
Traps    without a cost ceiling the last units may cost anything: look at the price. A point of the front between the two extremes
         is a limit with span horizon (epsilon-constraint); its dual is the slope of the front
Source   design section 4 (objective or epsilon-constraint)
"""

from __future__ import annotations

from typing import Any

from peakmix.formulation.indicators import express
from peakmix.formulation.model import filled, total
from peakmix.formulation.policies.common import check_scope, indicator_unit, natural, periods_of, rows
from peakmix.formulation.registry import Instrument
from peakmix.parameters.container import Parameters
from peakmix.parameters.refuse import refuse

ROOM = 1e-6
"""Share of the best value that is given back, so that the plan that reaches it is not the only one left."""


def derive(policy_id: str, policy: Any, parameters: Parameters, context: Any) -> None:
    """``policy_value[policy, 0]``: the best value, less the room."""
    indicator = policy.scoped(policy.indicator)
    check_scope(policy_id, indicator, parameters)
    periods = periods_of(policy, parameters)
    if not periods:
        raise refuse(f"policies.{policy_id} holds in no period", rule="a goal is summed over periods", fix="move from_year")
    unit = indicator_unit(indicator, parameters)
    parameters.facts.setdefault("policy_unit", {})[policy_id] = (unit, natural(unit))
    parameters.facts.setdefault("policy_periods", {})[policy_id] = periods
    best = context.base_values[policy_id]
    room = ROOM * abs(best) * (1 if policy.sense == "minimise" else -1)
    parameters.put("policy_value", (policy_id, 0), best + room)


def build(model: Any, parameters: Parameters, policy_id: str, policy: Any) -> None:
    """Add the row of the goal."""
    indicator = policy.scoped(policy.indicator)
    periods = parameters.facts["policy_periods"][policy_id]
    level = total(parameters.horizon.n(p) * express(model, model.books, indicator, p) for p in periods)
    left, best = filled(model, level), parameters["policy_value"][policy_id, 0]
    rows(model, "policy_budget")[policy_id] = left <= best if policy.sense == "minimise" else left >= best


INSTRUMENT = Instrument("goal", ("policy_budget",), derive, build)
