"""A HiGHS model that stays alive while its numbers move: only what changed is sent, and the last basis is kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from peakmix.solve.highs import Engine, added, chosen_method
from peakmix.solve.program import TINY_COEFFICIENT, FloatArray, IntArray, LinearProgram
from peakmix.solve.solution import Basis, Solution, SolveOptions, Status

RELOAD_FROM = 100_000
"""From this many changed coefficients on a whole reload costs less than single changes."""


def _changed(new: FloatArray, old: FloatArray) -> IntArray:
    """Positions that differ; none if both are one array."""
    return np.flatnonzero(new != old).astype(np.int32) if new is not old else np.empty(0, dtype=np.int32)


class LivingModel:
    """One program after the other in one HiGHS instance.

    push(program)   sends the entries that differ from the program before it
    run()           solves from the last basis; any answer but optimal, and any run longer than the iteration budget,
                    is repeated cold, with presolve, before it is believed
    basis           present basis (None before the first run); set_basis starts from another one

    iteration_budget: simplex iterations of a warm run before it is given up; default: as many as rows, at least 1,000.
    Not safe to share between threads. Raises LimitError when HiGHS refuses a call.
    """

    def __init__(
        self, program: LinearProgram, options: SolveOptions | None = None, iteration_budget: int | None = None
    ) -> None:
        self.options = options or SolveOptions()
        self.iteration_budget = iteration_budget or max(1000, program.shape[0])
        program.checked()
        self._engine = Engine(self.options)
        self._engine.load(program)
        self._program = program
        self._warm = False
        self.sent = 0

    @property
    def program(self) -> LinearProgram:
        """The program now in the solver."""
        return self._program

    @property
    def basis(self) -> Basis | None:
        """The present basis, or None."""
        return self._engine.basis() if self._warm else None

    def set_basis(self, basis: Basis) -> None:
        """Start the next run from this basis."""
        self._engine.set_basis(basis)
        self._warm = True

    def push(self, program: LinearProgram) -> int:
        """Make `program` the current one; returns the number of entries sent.

        A program of another shape or pattern is loaded whole (cold if its shape differs).
        """
        program.checked()
        old, self._program = self._program, program
        if program.pattern is not old.pattern:
            return self._reload(program, keep=program.shape == old.shape)
        coefficients = _changed(program.data, old.data)
        if len(coefficients) >= RELOAD_FROM:
            return self._reload(program, keep=True)
        costs = _changed(program.cost, old.cost)
        row_sides = (_changed(program.row_lower, old.row_lower), _changed(program.row_upper, old.row_upper))
        col_sides = (_changed(program.col_lower, old.col_lower), _changed(program.col_upper, old.col_upper))
        rows, cols = (np.union1d(*sides).astype(np.int32) for sides in (row_sides, col_sides))
        self._send_coefficients(program, coefficients)
        engine, highs = self._engine, self._engine.highs
        if len(costs):
            engine.checked(highs.changeColsCost(len(costs), costs, program.cost[costs]), "costs")
        if len(rows):
            self._send_row_bounds(rows, program.row_lower[rows], program.row_upper[rows])
        if len(cols):
            lower, upper = program.col_lower[cols], program.col_upper[cols]
            engine.checked(highs.changeColsBounds(len(cols), cols, lower, upper), "column bounds")
        if program.offset != old.offset:
            engine.checked(highs.changeObjectiveOffset(program.offset), "the constant of the objective")
        self.sent = len(coefficients) + len(costs) + len(rows) + len(cols)
        return self.sent

    def _send_coefficients(self, program: LinearProgram, places: IntArray) -> None:
        """Send single entries of A; entries HiGHS would ignore are sent as zero."""
        values = program.data[places]
        values[np.abs(values) <= TINY_COEFFICIENT] = 0.0
        rows, cols = program.pattern.indices[places].tolist(), program.pattern.columns[places].tolist()
        change = self._engine.highs.changeCoeff
        for row, col, value in zip(rows, cols, values.tolist(), strict=True):
            self._engine.checked(change(row, col, value), "a coefficient")

    def _send_row_bounds(self, rows: IntArray, lower: FloatArray, upper: FloatArray) -> None:
        """Send both bounds of some rows, in one call where HiGHS has one."""
        highs: Any = self._engine.highs
        if hasattr(highs, "changeRowsBounds"):
            self._engine.checked(highs.changeRowsBounds(len(rows), rows, lower, upper), "row bounds")
            return
        for row, low, high in zip(rows.tolist(), lower.tolist(), upper.tolist(), strict=True):
            self._engine.checked(highs.changeRowBounds(row, low, high), "row bounds")

    def _reload(self, program: LinearProgram, keep: bool) -> int:
        """Load the whole program; keep the basis if the shape is the same."""
        basis = self.basis if keep else None
        self._warm = False
        self._engine.load(program)
        if basis is not None:
            self.set_basis(basis)
        self.sent = len(program.data) + sum(program.shape)
        return self.sent

    def run(self, with_basis: bool = False) -> Solution:
        """Solve the current program, warm if there is a basis; with_basis also copies the basis into the answer."""
        options, engine = self.options, self._engine
        if not self._warm:
            return self._cold(options.time_limit, with_basis)
        engine.use("simplex", warm=True, iteration_limit=self.iteration_budget)
        answer = engine.run(self._program, "simplex warm", with_basis, options.time_limit)
        if answer.status is Status.OPTIMAL:
            return answer
        left = None if options.time_limit is None else options.time_limit - answer.run_time
        if left is not None and left <= 0.0:
            return answer
        return added(answer, self._cold(left, with_basis))

    def _cold(self, time_limit: float | None, with_basis: bool) -> Solution:
        """Solve from nothing, with presolve, by the method that suits the size."""
        engine, method = self._engine, chosen_method(self._program, self.options.method)
        engine.checked(engine.highs.clearSolver(), "a restart")
        engine.use(method)
        answer = engine.run(self._program, method, with_basis, time_limit)
        if answer.status is Status.ERROR:
            engine.checked(engine.highs.clearSolver(), "a restart")
            engine.use("simplex", presolve=False)
            left = None if time_limit is None else time_limit - answer.run_time
            answer = added(answer, engine.run(self._program, "simplex, no presolve", with_basis, left))
        self._warm = answer.has_basis
        return answer
