"""Target: what a plan aims at; missing it costs a stated price, unless the target is hard or only reported.

Rows     policy_target(policy, period)      E[p] + O[p] >= V[p]   (lower)   or   E[p] - O[p] <= V[p]   (upper)
         policy_target, intensity           E[p] + O[p] - v[p] Q[p] >= 0       Q the denominator indicator
         policy_voluntary(policy, period)   E[p] - G[p] - v[p] Q[p] = V[p]     voluntary: G free and without cost
Symbols  E  indicator over the policy's scope                its yearly unit
         O  what the target misses by, priced: objective term D_p x slack price x O; absent where the target is hard
         G  distance of the level from a voluntary target, either sign
Dual     policy_target, annual, in CNY per natural unit: what one unit less asked for would save; never above the slack price
Traps    a slack price below the cost of the measure buys the miss: the summary's headline says in which period and by how much.
         A voluntary target has price 0 by construction
Source   design 3.15; the slack price is data with a source
"""

from __future__ import annotations

from typing import Any

from peakmix.formulation.indicators import express
from peakmix.formulation.modelling import pyo
from peakmix.formulation.policies import limit
from peakmix.formulation.policies.common import rows
from peakmix.formulation.registry import Instrument
from peakmix.parameters.container import Parameters


def derive(policy_id: str, policy: Any, parameters: Parameters, context: Any) -> None:
    """As a limit: ``policy_value[policy, period]`` and ``policy_slack[policy, period]``."""
    limit.derive(policy_id, policy, parameters, context)


def build(model: Any, parameters: Parameters, policy_id: str, policy: Any) -> None:
    """Add the rows of one target."""
    if not policy.reported:
        limit.bounded(model, parameters, policy_id, policy, "policy_target")
        return
    if not hasattr(model, "policy_gap"):
        model.policy_gap = pyo.Var(pyo.Any, dense=False)
    for key in [k for k in parameters["policy_value"] if k[0] == policy_id]:
        value = parameters["policy_value"][key]
        model.policy_gap.add(key)
        left = express(model, model.books, policy.scoped(policy.indicator), key[1]) - model.policy_gap[key]
        if policy.denominator is not None:
            left = left - value * limit.part(model, policy_id, policy.scoped(policy.denominator), key[1])
            value = 0
        rows(model, "policy_voluntary")[key] = left == value


INSTRUMENT = Instrument("target", ("policy_target", "policy_voluntary"), derive, build)
