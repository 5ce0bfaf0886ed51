"""Costs recounted by component, place and period: million money, discounted.

    investment d_p sigma c N, hurdle mark-up, fixed D_p f K, running D_p v A, purchases D_p price volume, ...
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peakmix.parameters.container import Key
from peakmix.results.recount.capacity import times, vintage
from peakmix.results.recount.finance import finance_costs
from peakmix.results.recount.general import Compiled
from peakmix.results.recount.market import WHOLE, market_costs
from peakmix.results.recount.scope import Scope
from peakmix.results.recount.terms import Block, Builder

UNPLACED = "unplaced"
MARKET_COST = {"buy": "purchases", "sell": "sales", "dispose": "disposal"}
BY_VARIABLE = (
    ("investment", "capital_charge", "new_capacity"),
    ("hurdle_mark_up", "hurdle_charge", "new_capacity"),
    ("measure_investment", "measure_charge", "new_measure"),
    ("measure_fixed", "measure_fixed", "adopted"),
    ("measure_variable", "measure_variable", "adopted"),
    ("holding", "holding_charge", "stockpile"),
)
"""Cost component, its charge and the variable; all three share the index, which starts with the region."""


def cost_block(scope: Scope, compiled: Compiled, read: Mapping[str, Any]) -> Block:
    """(cost component, place, period): every term of the objective; of the policies in ``read`` as it is compiled."""
    builder = scope.builder("cost")
    for component, element, variable in BY_VARIABLE:
        for key in scope.table(element):
            builder.add((component, key[0], key[-1]), scope.term(element, key, variable, key))
    _capacity_costs(scope, builder)
    for key in scope.variables.of("market_volume"):
        component = MARKET_COST[scope.parameters.facts["market"][key[1]][1]]
        builder.add((component, key[0], key[2]), scope.term("market_charge", key, "market_volume", key))
    for key in scope.variables.of("trade"):
        builder.add(("freight", key[2], key[3]), scope.term("trade_charge", key, "trade", key))
    for name in ("conversion", "renewal"):
        for index in scope.variables.of(name):
            charge = ("conversion_charge", (index[0], index[1], index[-1]))
            builder.add(("conversion", index[0], index[-1]), [(1.0, charge, (name, index))])
    _policy_costs(scope, builder)
    for name, policy in read.items():
        for component, period, terms in compiled.costs(name, policy):
            builder.add((component, UNPLACED, period), terms)
    return builder.block()


def _capacity_costs(scope: Scope, builder: Builder) -> None:
    """Fixed cost of live capacity, closures, running cost."""
    for key in scope.table("fixed_charge"):
        region, _, _, period = key
        builder.add(("fixed", region, period), times(("fixed_charge", key), vintage(scope, *key)))
    for index in scope.variables.of("early_retirement"):
        cell: Key = (index[0], index[1], index[3])
        if cell in scope.table("closure_charge"):
            builder.add(("closure", index[0], index[3]), scope.term("closure_charge", cell, "early_retirement", index))
    for index in scope.variables.of("activity"):
        cell = (index[0], index[1], index[3])
        if cell in scope.table("variable_charge"):
            builder.add(("variable", index[0], index[3]), scope.term("variable_charge", cell, "activity", index))


def _policy_costs(scope: Scope, builder: Builder) -> None:
    """Prices and the penalty of priced slacks; one over the whole horizon is dated to the last period it holds in."""
    last = {name: periods[-1] for name, periods in scope.parameters.facts.get("policy_periods", {}).items()}
    policies = scope.parameters.facts.get("policies", {})
    for key in scope.table("policy_slack"):
        period = key[1] or last[key[0]]
        builder.add(("policy_slack", UNPLACED, period), scope.term("policy_slack", key, "policy_excess", key))
    for key in scope.table("policy_price"):
        component = "policy_transfer" if policies[key[0]].transfer else "policy_cost"
        builder.add((component, UNPLACED, key[1]), scope.term("policy_price", key, "policy_charge", key))
    for component, place, period, terms in finance_costs(scope):
        builder.add((component, place, period), terms)
    for component, account, period, terms in market_costs(scope):
        builder.add((component, UNPLACED if account == WHOLE else account, period), terms)


def investment_blocks(scope: Scope) -> dict[str, Block]:
    """Investment of a period, not discounted and whole: in capacity and in measures, by the index of its variable."""
    made = {name: scope.builder(name) for name in ("overnight_investment", "measure_overnight_investment")}
    facts = scope.parameters.facts["conversion"]
    for key in scope.table("overnight_cost"):
        made["overnight_investment"].add(key, scope.term("overnight_cost", key, "new_capacity", key))
    for name in ("conversion", "renewal"):
        for index in scope.variables.of(name):
            cost = ("conversion_cost", (index[0], index[1], index[-1]))
            target = (index[0], facts[index[1]][1], index[-1])
            made["overnight_investment"].add(target, [(1.0, cost, (name, index))])
    for key in scope.table("measure_cost"):
        made["measure_overnight_investment"].add(key, scope.term("measure_cost", key, "new_measure", key))
    return {name: builder.block() for name, builder in made.items()}
