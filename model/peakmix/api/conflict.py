"""An infeasible run, explained in policy words."""

from __future__ import annotations

from peakmix.api.prepare import Prepared
from peakmix.foundation.errors import InfeasibleError
from peakmix.solve.infeasible import explain
from peakmix.solve.solution import SolveOptions

DEMAND_ROWS = ("balance", "pooled_demand_met")
BOOKS = ("policy_allowance_emission", "policy_allowance_trade", "policy_finance_cover")
"""Rows that a policy keeps its books with: they define and never give way."""


def diagnose(prepared: Prepared, options: SolveOptions) -> InfeasibleError:
    """The conflict set, by policy name, and the least change that restores a solution."""
    known = set(prepared.scenario.spec.active_policies)
    demanded = set(prepared.parameters.values.get("demand", {}))
    policies: list[str | None] = []
    relaxable: list[str | None] = []
    for component, index in prepared.program.rows:
        named = component.startswith("policy_") and component not in BOOKS and index and index[0] in known
        policies.append(str(index[0]) if named else None)
        relaxable.append(_relaxable(component, index, demanded))
    return explain(prepared.program, policies, relaxable, options).error()


def _relaxable(component: str, index: tuple[object, ...], demanded: set[tuple[object, ...]]) -> str | None:
    """Name under which a row may give way when policies alone do not help: demand, statistics, limits."""
    if component == "pooled_demand_met":
        return f"demand of {index[1]} in {index[0]}, {index[2]}"
    if component == "balance" and index in demanded:
        return f"demand of {index[1]} in {index[0]}, {index[2]}"
    if component in ("base_lower", "base_upper"):
        return f"base-year output of {index[1]} in {index[0]}"
    if component == "limit":
        return f"limit {index[0]} in {index[3]}, {index[5]}"
    if component == "market_cap":
        return f"market limit {index[0]} in {index[1]}, {index[2]}"
    return None
