"""A HiGHS model that stays alive while its numbers move: only what changed is sent, and the last basis is kept."""

from __future__ import annotations

from typing import Any

import numpy as np

from peakmix.solve.bundle import Bundle
from peakmix.solve.highs import Engine, added, chosen_method
from peakmix.solve.program import TINY_COEFFICIENT, FloatArray, IntArray, LinearProgram, Pattern
from peakmix.solve.solution import Basis, Solution, SolveOptions, Status

RELOAD_FROM = 100_000
"""From this many changed coefficients on a whole reload costs less than single changes."""

SECOND_TOLERANCE = 1e-9


def _changed(new: FloatArray, old: FloatArray) -> IntArray:
    """Positions that differ; none if both are one array."""
    return np.flatnonzero(new != old).astype(np.int32) if new is not old else np.empty(0, dtype=np.int32)


class LivingModel:
    """One program after the other in one HiGHS instance.

    push(program)   sends the entries that differ from the program before it
    move(bundle, k) the same for a member of a bundle, looking only at the entries that levers touch
    run()           solves from the last basis; any answer but optimal, and any run longer than the iteration budget,
                    is repeated cold, with presolve, before it is believed
    basis           present basis (None before the first run); set_basis starts from another one

    iteration_budget: simplex iterations of a warm run before it is given up; default: as many as rows, at least 1,000; a quarter
    of the rows where a cold start takes the interior point method, which then is done in the same time.
    Not safe to share between threads. Raises LimitError when HiGHS refuses a call.
    """

    def __init__(
        self, program: LinearProgram, options: SolveOptions | None = None, iteration_budget: int | None = None
    ) -> None:
        self.options = options or SolveOptions()
        share = 4 if chosen_method(program, self.options.method) == "interior" else 1
        self.iteration_budget = iteration_budget or max(1000, program.shape[0] // share)
        program.checked()
        self._engine = Engine(self.options)
        self._engine.load(program)
        self._hold(program)
        self._warm = False
        self.sent = 0

    def _hold(self, program: LinearProgram) -> None:
        """Note what the solver holds."""
        self._program: LinearProgram | None = program
        self._offset = program.offset
        self._touched: dict[str, FloatArray] | None = None
        self._origin: tuple[Bundle, int] | None = None

    @property
    def program(self) -> LinearProgram:
        """The program now in the solver."""
        if self._program is None:
            assert self._origin is not None
            bundle, member = self._origin
            self._program = bundle.program(member)
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
        old = self.program
        self._hold(program)
        if program.pattern is not old.pattern:
            return self._reload(program, keep=program.shape == old.shape)
        coefficients = _changed(program.data, old.data)
        if len(coefficients) >= RELOAD_FROM:
            return self._reload(program, keep=True)
        costs = _changed(program.cost, old.cost)
        row_sides = (_changed(program.row_lower, old.row_lower), _changed(program.row_upper, old.row_upper))
        col_sides = (_changed(program.col_lower, old.col_lower), _changed(program.col_upper, old.col_upper))
        rows, cols = (np.union1d(*sides).astype(np.int32) for sides in (row_sides, col_sides))
        self._send_coefficients(program.pattern, coefficients, program.data[coefficients])
        self._send_costs(costs, program.cost[costs])
        self._send_row_bounds(rows, program.row_lower[rows], program.row_upper[rows])
        if len(cols):
            lower, upper = program.col_lower[cols], program.col_upper[cols]
            self._engine.checked(self._engine.highs.changeColsBounds(len(cols), cols, lower, upper), "column bounds")
        self._send_offset(program.offset, old.offset)
        self.sent = len(coefficients) + len(costs) + len(rows) + len(cols)
        return self.sent

    def move(self, bundle: Bundle, member: int) -> int:
        """Make one member of a bundle current, whose numbers are known to be sound; returns the number of entries sent.

        The model must hold a member of the same family. Its ``program`` is formed when it is asked for.
        """
        old, new = self._touched, {name: touched.values[member] for name, touched in bundle.touched.items()}
        if old is None:
            present, frame = self.program, bundle.frame
            old = {name: getattr(present, name)[places] for name, places in frame.places.items()}
        offset = float(bundle.offset[member])
        moved = {name: np.flatnonzero(values != old[name]) for name, values in new.items()}
        if len(moved["data"]) >= RELOAD_FROM:
            return self._reload(bundle.program(member), keep=True)
        places = bundle.frame.places
        self._send_coefficients(bundle.family.base.pattern, places["data"][moved["data"]], new["data"][moved["data"]])
        self._send_costs(places["cost"][moved["cost"]], new["cost"][moved["cost"]])
        sides = [places[name][moved[name]] for name in ("row_lower", "row_upper")]
        rows = np.union1d(*sides).astype(np.int32) if len(sides[0]) or len(sides[1]) else sides[0]
        if len(rows):
            lower, upper = bundle.row_sides(member, rows)
            self._send_row_bounds(rows, lower, upper)
        self._send_offset(offset, self._offset)
        self._touched, self._offset, self._program, self._origin = new, offset, None, (bundle, member)
        self.sent = sum(map(len, moved.values()))
        return self.sent

    def _send_costs(self, places: IntArray, values: FloatArray) -> None:
        """Send some costs."""
        if len(places):
            self._engine.checked(self._engine.highs.changeColsCost(len(places), places, values), "costs")

    def _send_offset(self, offset: float, old: float) -> None:
        """Send the constant of the objective where it differs."""
        if offset != old:
            self._engine.checked(self._engine.highs.changeObjectiveOffset(offset), "the constant of the objective")

    def _send_coefficients(self, pattern: Pattern, places: IntArray, numbers: FloatArray) -> None:
        """Send single entries of A; entries HiGHS would ignore are sent as zero."""
        if not len(places):
            return
        values = np.where(np.abs(numbers) <= TINY_COEFFICIENT, 0.0, numbers)
        rows, cols = pattern.indices[places].tolist(), pattern.columns[places].tolist()
        change = self._engine.highs.changeCoeff
        for row, col, value in zip(rows, cols, values.tolist(), strict=True):
            self._engine.checked(change(row, col, value), "a coefficient")

    def _send_row_bounds(self, rows: IntArray, lower: FloatArray, upper: FloatArray) -> None:
        """Send both bounds of some rows, in one call where HiGHS has one."""
        if not len(rows):
            return
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
        self._hold(program)
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

    def cool(self) -> None:
        """Have the next run start from nothing, with presolve: for a jump that is known to be too far for the basis."""
        self._warm = False

    def again(self) -> Solution:
        """Solve the current program once more from its basis, factored anew, with a tolerance of 1e-9; at most as many iterations.

        After many steps the solver's factors have lost digits: it calls optimal what does not pass the certificate.
        """
        basis = self.basis
        if basis is None:
            return self.run()
        self.set_basis(basis)
        self._engine.use("simplex", warm=True, iteration_limit=self.iteration_budget, tolerance=SECOND_TOLERANCE)
        return self._engine.run(self._program, "simplex warm", False, self.options.time_limit)

    def _cold(self, time_limit: float | None, with_basis: bool) -> Solution:
        """Solve from nothing, with presolve, by the method that suits the size."""
        engine, method = self._engine, chosen_method(self.program, self.options.method)
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
