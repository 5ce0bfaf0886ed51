"""The carbon bank of an allowance market: buys at the bid, sells at the ask, lends what it holds; its rows stand in market.py."""

from __future__ import annotations

from typing import Any

from peakmix.formulation.model import total
from peakmix.formulation.policies.common import rows, variables
from peakmix.parameters.container import Parameters


def account_terms(
    model: Any, parameters: Parameters, policy: Any, key: tuple[str, str, int], before: int | None
) -> tuple[Any, list[Any]]:
    """What an account sells to the bank; and what it buys, borrows and pays as interest, as uses of allowances, a year."""
    policy_id, account, period = key
    sold, bought = variables(model, "allowance_to_bank"), variables(model, "allowance_from_bank")
    for name, variable in (("bid", sold), ("ask", bought)):
        variable.add(key)
        model.books.cost("policy_transfer", key, parameters[f"allowance_{name}_charge"][policy_id, period], variable[key])
    used = [-1 * bought[key]]
    if policy.carbon_bank.lending is None:
        return sold[key], used
    years = parameters.horizon.n(period)
    lent = variables(model, "allowance_lent")
    if period != parameters.facts["allowance"][policy_id]["periods"][-1]:
        lent.add(key)
        used.append(-1 / years * lent[key])
        if policy.carbon_bank.lending.limit is not None:
            rows(model, "policy_carbon_bank_lending")[key] = lent[key] <= parameters["carbon_bank_lending_limit"][policy_id,]
    if before is not None:
        owed = lent[policy_id, account, before]
        used.append(1 / years * owed)
        charge = parameters.values.get("allowance_interest_charge", {}).get((policy_id, period))
        if charge is not None:
            model.books.cost("policy_transfer", key, charge, owed)
        else:
            used.append(parameters["carbon_bank_interest"][policy_id, period] * owed)
    return sold[key], used


def build_bank(model: Any, parameters: Parameters, policy_id: str) -> None:
    """Inventory of the bank over the periods: what it buys, sells and lends."""
    facts = parameters.facts["allowance"][policy_id]
    inventory = variables(model, "allowance_inventory")
    lent = variables(model, "allowance_lent")
    before: int | None = None
    for period in facts["periods"]:
        years = parameters.horizon.n(period)
        inventory.add((policy_id, period))
        parts = [inventory[policy_id, period]]
        if before is not None:
            parts.append(-1 * inventory[policy_id, before])
        for account in facts["accounts"]:
            key, earlier = (policy_id, account, period), (policy_id, account, before)
            parts += [-years * model.allowance_to_bank[key], years * model.allowance_from_bank[key]]
            if key in lent:
                parts.append(1 * lent[key])
            if earlier in lent:
                parts.append(-1 * lent[earlier])
                interest = parameters.values.get("carbon_bank_interest", {}).get((policy_id, period))
                if interest is not None:
                    parts.append(-years * (interest * lent[earlier]))
        opening = parameters["carbon_bank_opening"][policy_id,] if before is None else 0
        rows(model, "policy_carbon_bank")[policy_id, period] = total(parts) == opening
        if (policy_id,) in parameters.values.get("carbon_bank_limit", {}):
            limit = parameters["carbon_bank_limit"][policy_id,]
            rows(model, "policy_carbon_bank_limit")[policy_id, period] = inventory[policy_id, period] <= limit
        before = period
