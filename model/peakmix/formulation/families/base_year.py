"""Base year: activity of the base period is held at statistics.

Rows     base_lower(region, group), base_upper(region, group)
             (1 - tolerance) x statistic <= sum_t A[t,base] <= (1 + tolerance) x statistic
Symbols  A  activity of the technologies of the group   Mt/yr
Dual     none is reported: base-period rows carry no price (design 3.4)
Traps    energy and emissions of the base year are computed from this and compared, never constrained
Source   design 3.4
"""

from __future__ import annotations

from typing import Any

from peakmix.formulation.capacity_terms import activity
from peakmix.formulation.model import Books, has_terms, total
from peakmix.formulation.modelling import pyo
from peakmix.formulation.registry import Family
from peakmix.parameters.container import Parameters


def build(model: Any, parameters: Parameters) -> None:
    """Add the two sides of every statistic; a group that nothing can serve makes the row infeasible by itself."""
    books: Books = model.books
    base = parameters.horizon.base

    def output(region: str, group: str) -> Any:
        members = parameters.facts["groups"].get(group, (group,))
        return total(activity(model, books, r, t, base or 0) for r in parameters.regions_of(region) for t in members)

    def lower(m: Any, region: str, group: str) -> Any:
        expression, value = output(region, group), parameters["base_low"][region, group]
        if not has_terms(expression):
            return pyo.Constraint.Skip if isinstance(value, int | float) and value <= 0 else model.nothing >= value
        return expression >= value

    def upper(m: Any, region: str, group: str) -> Any:
        expression = output(region, group)
        return expression <= parameters["base_high"][region, group] if has_terms(expression) else pyo.Constraint.Skip

    model.base_lower = pyo.Constraint(sorted(parameters.values.get("base_low", {})), rule=lower)
    model.base_upper = pyo.Constraint(sorted(parameters.values.get("base_high", {})), rule=upper)


FAMILY = Family("base_year", 50, ("base_lower", "base_upper"), build)
