"""Limits from the tables: potentials, diffusion, floors, and shares between activities.

Rows     limit(name, quantity, group, node, sense, period)
             sum over regions of the node and technologies of the group of quantity <= (or >=) value
             quantity: activity A, capacity K, additions N (x years), net_additions K[p] - K[p-1] (x years), adopted U
         share_limit(name, node, period)
             sum_t left[t] A[t,p] <= (or >=) sum_t right[t] A[t,p]
Symbols  A activity, K live capacity, N new capacity, U adopted host activity   Mt/yr
Dual     annual (activity, capacity, adopted) or one-off (additions), in CNY per t of the limited quantity: rent of the limit
Traps    limit rows are not applied in the base period, shares are; a floor on what cannot run is infeasible and says so
Source   design 2; diffusion limits of the national data are judgement and should be swept
"""

from __future__ import annotations

from typing import Any

from peakmix.formulation import capacity_terms
from peakmix.formulation.model import Books, filled, has_terms, total
from peakmix.formulation.modelling import pyo
from peakmix.formulation.registry import Family
from peakmix.parameters.container import Parameters


def build(model: Any, parameters: Parameters) -> None:
    """Add limit rows and share rows."""
    books: Books = model.books

    def limit(m: Any, name: str, quantity: str, group: str, node: str, sense: str, period: int) -> Any:
        expression = limited(m, books, quantity, group, node, period)
        value = parameters["limit_value"][name, quantity, group, node, sense, period]
        if not has_terms(expression) and _holds(expression, value, sense):
            return pyo.Constraint.Skip
        expression = filled(m, expression)
        return expression <= value if sense == "upper" else expression >= value

    def share(m: Any, name: str, node: str, period: int) -> Any:
        sides = []
        for side in ("share_left", "share_right"):
            terms = []
            for technology in members[side, name, node, period]:
                element = parameters[side][name, node, period, technology]
                for region in parameters.regions_of(node):
                    for cohort in books.cohorts.get((region, technology), []):
                        if (region, technology, cohort, period) in m.activity:
                            terms.append(element * m.activity[region, technology, cohort, period])
            sides.append(total(terms))
        left, right = sides
        upper = parameters.facts["share_sense"][name] == "upper"
        if not has_terms(left) and (upper or not has_terms(right)):
            return pyo.Constraint.Skip
        return left - right <= 0 if upper else left - right >= 0

    members: dict[Any, list[str]] = {}
    for side in ("share_left", "share_right"):
        for name, node, period in parameters.sets["share_limits"]:
            members[side, name, node, period] = []
        for name, node, period, technology in parameters.values.get(side, {}):
            members[side, name, node, period].append(technology)
    model.limit = pyo.Constraint(parameters.sets["limits"], rule=limit)
    model.share_limit = pyo.Constraint(parameters.sets["share_limits"], rule=share)


def _holds(number: float, value: Any, sense: str) -> bool:
    """Does a limit on a quantity without variables hold by itself? Levers are left to the solver."""
    if not isinstance(value, (int, float)):
        return False
    return number <= value + 1e-9 if sense == "upper" else number >= value - 1e-9


def limited(model: Any, books: Books, quantity: str, group: str, node: str, period: int) -> Any:
    """The limited quantity over a node, Mt/yr (additions: Mt/yr added in the period)."""
    parameters = books.parameters
    technologies = parameters.facts["groups"].get(group, (group,))
    before = parameters.horizon.before(period)
    parts: list[Any] = []
    for region in parameters.regions_of(node):
        if quantity == "adopted":
            parts += [v for k, v in _adopted(model, books, region, group, period)]
            continue
        for technology in technologies:
            if quantity == "activity":
                parts.append(capacity_terms.activity(model, books, region, technology, period))
            elif quantity == "additions":
                if (region, technology, period) in model.new_capacity:
                    parts.append(model.new_capacity[region, technology, period])
            else:
                parts.append(capacity_terms.capacity(model, books, region, technology, period))
                if quantity == "net_additions":
                    parts.append(-1 * _capacity_before(model, books, region, technology, before))
    return total(parts)


def _capacity_before(model: Any, books: Books, region: str, technology: str, before: int | None) -> Any:
    """Capacity of the period before; what stands at the start for the first period."""
    if before is not None:
        return capacity_terms.capacity(model, books, region, technology, before)
    vintages = books.parameters.vintages.get((region, technology), [])
    return sum(books.parameters.get("stock", (region, technology, v.label)) for v in vintages)


def _adopted(model: Any, books: Books, region: str, measure: str, period: int) -> list[tuple[Any, Any]]:
    return [
        ((region, m, host, period), model.adopted[region, m, host, period])
        for (r, host), names in books.measures.items()
        if r == region
        for m in names
        if m == measure and (region, m, host, period) in model.adopted
    ]


FAMILY = Family("limits", 60, ("limit", "share_limit"), build)
