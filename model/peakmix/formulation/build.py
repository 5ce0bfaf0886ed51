"""Build the Pyomo model of one structure: families, then policies, then the objective."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peakmix.formulation.model import Books, new_model, total
from peakmix.formulation.modelling import pyo
from peakmix.formulation.registry import families, instruments
from peakmix.formulation.traps import policy_traps
from peakmix.foundation.collecting import collecting_paused
from peakmix.parameters.accounts import derive_accounts
from peakmix.parameters.container import Key, Parameters


def derive_policies(parameters: Parameters, policies: Mapping[str, Any], context: Any) -> None:
    """Turn the policies' numbers into derived elements; the scenario's order is kept."""
    known = instruments()
    parameters.facts["policies"] = dict(policies)
    derive_accounts(context, parameters, (what for policy in policies.values() for what in policy.measured()))
    for policy_id, policy in policies.items():
        known[policy.instrument].derive(policy_id, policy, parameters, context)
    parameters.reports.setdefault("warnings", []).extend(policy_traps(policies, parameters))


def build(parameters: Parameters, levers: Mapping[tuple[str, Key], float] | None = None) -> Any:
    """The linear programme as a Pyomo model.

    Parameters
    ----------
    parameters:
        Derived elements, policies included (see :func:`derive_policies`).
    levers:
        Derived elements (name, key) -> base value that stay symbolic: each becomes a fixed-value Pyomo variable
        ``model.lever[i]``, in the order of this mapping.

    Returns
    -------
    The model (Pyomo)
        With ``books.cost_terms`` holding every term of the objective in million money, discounted.
    """
    with collecting_paused():
        return _build(parameters, dict(levers or {}))


def _build(parameters: Parameters, levers: dict[tuple[str, Key], float]) -> Any:
    model = new_model()
    model.lever = pyo.Var(range(len(levers)))
    for position, value in enumerate(levers.values()):
        model.lever[position].fix(value)
    symbolic = parameters.with_levers({name: model.lever[i] for i, name in enumerate(levers)})
    model.books = Books(symbolic)
    model.nothing = pyo.Var(bounds=(0, 0))
    model.ledger = pyo.Var(pyo.Any, dense=False)
    model.ledger_account = pyo.Constraint(pyo.Any)
    for family in families():
        family.build(model, symbolic)
    known = instruments()
    for policy_id, policy in parameters.facts.get("policies", {}).items():
        known[policy.instrument].build(model, symbolic, policy_id, policy)
    variable_part = total(e * variable for terms in model.books.cost_terms.values() for _, e, variable in terms)
    model.objective = pyo.Objective(expr=variable_part + total(standing_cost(symbolic).values()))
    return model


def standing_cost(parameters: Parameters) -> dict[Key, Any]:
    """Fixed cost of untracked standing capacity: a constant of the objective, by (region, technology, period)."""
    return parameters.values.get("standing_fixed_cost", {})
