"""What may give way for a diagnosis when policies alone do not help, by name: demand, base-year statistics, limits of the tables.

Physics is never relaxed: balances without demand, stock, capacity, measures.
"""

from __future__ import annotations

from peakmix.parameters.container import Key, Parameters
from peakmix.solve.program import LinearProgram


def relaxable_rows(program: LinearProgram, parameters: Parameters) -> list[str | None]:
    """The name under which each row (m,) may be missed, None for physics and policies."""
    demanded = set(parameters.values.get("demand", {}))
    return [_name(component, index, demanded) for component, index in program.rows]


def _name(component: str, index: tuple[object, ...], demanded: set[Key]) -> str | None:
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
