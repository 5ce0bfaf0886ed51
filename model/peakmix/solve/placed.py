"""Which levers of a model have a place in it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from peakmix.solve.compile import compile_model
from peakmix.solve.family import AffineFamily

if TYPE_CHECKING:
    from pyomo.core.base import ConcreteModel


def placed_levers(model: ConcreteModel) -> list[int]:
    """Positions of the members of ``model.lever`` that a row or the objective holds, ascending."""
    from pyomo.common.numeric_types import native_types
    from pyomo.core.base import Constraint, Objective
    from pyomo.core.expr.visitor import identify_variables

    parts: list[Any] = [goal.expr for goal in model.component_data_objects(Objective, active=True, descend_into=True)]
    for row in model.component_data_objects(Constraint, active=True, descend_into=True):
        parts.extend(row.to_bounded_expression())
    seen: set[int] = set()
    for part in parts:
        if part is not None and part.__class__ not in native_types:
            seen.update(id(variable) for variable in identify_variables(part, include_fixed=True))
    return [position for position, lever in model.lever.items() if id(lever) in seen]


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
