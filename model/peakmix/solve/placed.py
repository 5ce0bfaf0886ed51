"""Which levers of a model have a place in it."""

from __future__ import annotations

from typing import Any

from pyomo.common.numeric_types import native_types
from pyomo.core.base import ConcreteModel, Constraint, Objective
from pyomo.core.expr.visitor import identify_variables

from peakmix.solve.compile import compile_model
from peakmix.solve.family import AffineFamily


def placed_levers(model: ConcreteModel) -> list[int]:
    """Positions of the members of ``model.lever`` that a row or the objective holds, ascending."""
    seen: set[int] = set()
    for row in model.component_data_objects(Constraint, active=True, descend_into=True):
        for part in row.to_bounded_expression():
            _collect(part, seen)
    for goal in model.component_data_objects(Objective, active=True, descend_into=True):
        _collect(goal.expr, seen)
    return [position for position, lever in model.lever.items() if id(lever) in seen]


def _collect(expression: Any, seen: set[int]) -> None:
    """Add the identities of all variables of an expression."""
    if expression is None or expression.__class__ in native_types:
        return
    seen.update(id(variable) for variable in identify_variables(expression, include_fixed=True))


def compile_placed(model: ConcreteModel) -> tuple[AffineFamily, list[int]]:
    """Compile a model with those of its levers that have a place; the others are taken out of ``model.lever``.

    Returns
    -------
    The family, and the positions of its levers among those the model was built with.
    """
    kept = placed_levers(model)
    for position in sorted(set(model.lever) - set(kept)):
        del model.lever[position]
    return compile_model(model), kept
