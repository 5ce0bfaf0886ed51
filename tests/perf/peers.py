"""The same linear programme by other tools, member after member: plain Pyomo, Pyomo's persistent interface, linopy.

Each function returns the processor seconds that one member takes (less disturbed by other work on the machine than the clock)
and the optima it found, so that the answers can be compared. What is common to all, deriving the numbers of a member, is left
out everywhere.
"""

from __future__ import annotations

from collections.abc import Sequence
from time import process_time
from typing import Any

import numpy as np
import pandas as pd

from peakmix.formulation.build import build
from peakmix.parameters.container import Parameters
from peakmix.solve.program import LinearProgram
from peakmix.sweep.engine import Engine

Measured = tuple[float, list[float]]


def pyomo_rebuild(parameters: Sequence[Parameters]) -> Measured:
    """A fresh model for every member, solved through Pyomo's interface to HiGHS."""
    from pyomo.contrib.appsi.solvers import Highs

    start, found = process_time(), []
    for each in parameters:
        model, solver = build(each), Highs()
        answer = solver.solve(model)
        found.append(float(answer.best_feasible_objective))
    return (process_time() - start) / len(parameters), found


def pyomo_persistent(engine: Engine, members: Sequence[int]) -> Measured:
    """One model whose levers are fixed variables; Pyomo's persistent interface sends what depends on them."""
    from pyomo.contrib.appsi.solvers import Highs

    structure, base = engine.structure, engine.first.parameters.values
    model = build(engine.first.parameters, {(name, key): float(base[name][key]) for name, key in structure.elements})
    solver = Highs()
    update = solver.update_config
    for name in (
        "check_for_new_or_removed_constraints", "check_for_new_or_removed_vars", "check_for_new_or_removed_params",
        "check_for_new_objective", "update_constraints", "update_vars", "update_named_expressions", "update_objective",
    ):  # fmt: skip
        setattr(update, name, False)
    update.treat_fixed_vars_as_params = True
    update.update_vars, update.update_objective = True, True
    solver.solve(model)
    start, found = process_time(), []
    for member in members:
        for place, value in enumerate(structure.values[engine.position[member]].tolist()):
            model.lever[place].fix(value)
        found.append(float(solver.solve(model).best_feasible_objective))
    return (process_time() - start) / len(members), found


def linopy_rebuild(programs: Sequence[LinearProgram]) -> Measured:
    """A fresh linopy model for every member, from ready arrays: one block of variables, one of constraints a family."""
    import linopy

    start, found = process_time(), []
    for program in programs:
        model = linopy.Model()
        columns = pd.RangeIndex(len(program.cost), name="column")
        x = model.add_variables(lower=program.col_lower, upper=program.col_upper, coords=[columns], name="x")
        order = np.argsort(program.pattern.rows, kind="stable")
        rows, cols, data = program.pattern.rows[order], program.pattern.columns[order], program.data[order]
        begins = np.searchsorted(rows, np.arange(len(program.row_lower) + 1))
        for name in program.rows.components:
            span = program.rows.span(name)
            if span.stop > span.start:
                _block(model, x, name, span, begins, (cols, data), program)
        model.add_objective((x * program.cost).sum())
        model.solve(solver_name="highs", io_api="direct", output_flag=False)
        found.append(float(model.objective.value) + program.offset)
    return (process_time() - start) / len(programs), found


def _block(model: Any, x: Any, name: str, span: slice, begins: Any, entries: Any, program: LinearProgram) -> None:
    """The constraints of one family, split by sense."""
    from linopy import LinearExpression
    from xarray import DataArray, Dataset

    cols, data = entries
    lower, upper = program.row_lower[span], program.row_upper[span]
    apart = lower != upper
    senses = (("=", ~apart, lower), ("<=", apart & np.isfinite(upper), upper), (">=", apart & np.isfinite(lower), lower))
    for sense, chosen, side in senses:
        rows = np.flatnonzero(chosen)
        if not len(rows):
            continue
        first, last = begins[rows + span.start], begins[rows + span.start + 1]
        width = max(1, int((last - first).max()))
        places = first[:, None] + np.arange(width)[None, :]
        inside = places < last[:, None]
        places = np.where(inside, places, 0)
        index = pd.RangeIndex(len(rows), name=f"{name}{len(rows)}")
        dims = (str(index.name), "_term")
        terms = {
            "coeffs": DataArray(np.where(inside, data[places], np.nan), dims=dims, coords={str(index.name): index}),
            "vars": DataArray(np.where(inside, cols[places], -1), dims=dims, coords={str(index.name): index}),
        }
        left = LinearExpression(Dataset(terms), model)
        right = DataArray(side[rows], dims=[str(index.name)], coords={str(index.name): index})
        model.add_constraints(left, sense, right, name=f"{name}{sense}")
