"""HiGHS behind a wall: every return status is checked, and values are read only from an optimal answer.

HiGHS goes on after a refused call and then calls an empty or old model optimal, so an unchecked status is a wrong
result. Dual sign, checked in the tests by finite differences: row dual = d optimum / d right-hand side.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import highspy
import numpy as np

from peakmix.foundation.errors import LimitError, UncertifiedError
from peakmix.solve.program import TINY_COEFFICIENT, LinearProgram
from peakmix.solve.solution import Basis, Method, Solution, SolveOptions, Status, Values

__all__ = ["Basis", "Engine", "Solution", "SolveOptions", "Status", "Values", "chosen_method", "solve"]

INTERIOR_FROM_ROWS = 12_000
"""`auto` takes the interior point method from this many rows on; below it the simplex method was faster cold."""
WARM_TOLERANCE = 1e-8
"""Feasibility tolerance of runs that start from a basis, where less was not asked for."""

REFUSED_VERSIONS = frozenset({"1.14.0"})
"""Versions of HiGHS known to return wrong optima."""

_WORD = highspy.HighsModelStatus
_OUTCOME = {
    _WORD.kOptimal: Status.OPTIMAL,
    _WORD.kModelEmpty: Status.OPTIMAL,
    _WORD.kInfeasible: Status.INFEASIBLE,
    _WORD.kUnbounded: Status.UNBOUNDED,
    _WORD.kTimeLimit: Status.LIMIT,
    _WORD.kIterationLimit: Status.LIMIT,
    _WORD.kInterrupt: Status.LIMIT,
    _WORD.kMemoryLimit: Status.LIMIT,
}
_BASIS_STATUS = [highspy.HighsBasisStatus(number) for number in range(5)]


def chosen_method(program: LinearProgram, method: Method) -> Method:
    """The method that `auto` stands for: a matter of size alone."""
    if method != "auto":
        return method
    return "interior" if program.shape[0] >= INTERIOR_FROM_ROWS else "simplex"


class Engine:
    """One HiGHS instance with checked calls. The time limit holds for each `run`, not for the sum of all runs."""

    def __init__(self, options: SolveOptions) -> None:
        self.options = options
        self.highs = highspy.Highs()  # type: ignore[no-untyped-call]
        self.version = self.highs.version()
        self._settings: dict[str, bool | int | float | str] = {}
        if self.version in REFUSED_VERSIONS:
            raise UncertifiedError(
                f"HiGHS {self.version} is known to return wrong optima", fix="install another version of highspy"
            )
        self.set("log_to_console", False)
        self.set("output_flag", options.log is not None)
        if options.log is not None:
            write = options.log
            self.highs.cbLogging.subscribe(lambda event: write(event.message))
        self.set("threads", options.threads)
        self.set("random_seed", 0)
        self._scaling = self.highs.getOptionValue("simplex_scale_strategy")[1]
        self.use("simplex")

    def checked(self, status: Any, call: str) -> None:
        """Raise LimitError unless HiGHS accepted a call without reserve."""
        if status != highspy.HighsStatus.kOk:
            raise LimitError(
                f"HiGHS {self.version} refused {call} ({status.name})", fix="look at the coefficient ranges"
            )

    def set(self, name: str, value: bool | int | float | str) -> None:
        """Set an option, unless it has this value already."""
        if self._settings.get(name) != value:
            self.checked(self.highs.setOptionValue(name, value), f"option {name} = {value}")
            self._settings[name] = value

    def use(
        self,
        method: Method,
        presolve: bool = True,
        warm: bool = False,
        iteration_limit: int | None = None,
        tolerance: float = WARM_TOLERANCE,
    ) -> None:
        """Choose method, presolve and limits of the next run.

        A warm run lets HiGHS pick primal or dual simplex by what changed; a cold one takes the dual. A warm run is unscaled and
        has a tighter tolerance: along paths it then takes fewer iterations, and its prices are sound (docs/sweeps.md).
        """
        tolerance = min(tolerance, self.options.tolerance) if warm else self.options.tolerance
        for side in ("primal", "dual"):
            self.set(f"{side}_feasibility_tolerance", tolerance)
        self.set("simplex_scale_strategy", 0 if warm else self._scaling)
        self.set("solver", "ipx" if method == "interior" else "simplex")
        self.set("run_crossover", "on" if self.options.crossover else "off")
        self.set("simplex_strategy", 0 if warm else 1)
        self.set("presolve", "choose" if presolve and self.options.presolve else "off")
        self.set("simplex_iteration_limit", 2**31 - 1 if iteration_limit is None else iteration_limit)

    def load(self, program: LinearProgram) -> None:
        """Hand over a whole program. Entries HiGHS would ignore, and zeros, are left out here."""
        rows, cols = program.shape
        pattern, data = program.pattern, program.data
        indptr, indices = pattern.indptr, pattern.indices
        kept = np.abs(data) > TINY_COEFFICIENT
        if not kept.all():
            counts = np.bincount(pattern.columns[kept], minlength=cols)
            indptr = np.concatenate(([0], np.cumsum(counts))).astype(np.int32)
            indices, data = indices[kept], data[kept]
        target = highspy.HighsLp()
        target.num_col_, target.num_row_, target.offset_ = cols, rows, program.offset
        target.col_cost_, target.col_lower_, target.col_upper_ = program.cost, program.col_lower, program.col_upper
        target.row_lower_, target.row_upper_ = program.row_lower, program.row_upper
        matrix = target.a_matrix_
        matrix.format_, matrix.num_col_, matrix.num_row_ = highspy.MatrixFormat.kColwise, cols, rows
        matrix.start_, matrix.index_, matrix.value_ = indptr, indices, data
        self.checked(self.highs.passModel(target), "the model")

    def set_basis(self, basis: Basis) -> None:
        """Start the next run from a basis."""
        target = highspy.HighsBasis()
        target.col_status = [_BASIS_STATUS[number] for number in basis.cols.tolist()]
        target.row_status = [_BASIS_STATUS[number] for number in basis.rows.tolist()]
        target.valid = True
        self.checked(self.highs.setBasis(target), "the basis")

    def basis(self) -> Basis | None:
        """The present basis, if there is one."""
        found = self.highs.getBasis()
        if not found.valid:
            return None
        cols, rows = (np.array(list(map(int, part)), np.int8) for part in (found.col_status, found.row_status))
        return Basis(cols, rows)

    def run(
        self, program: LinearProgram | None, method: str, with_basis: bool = True, time_limit: float | None = None
    ) -> Solution:
        """Solve what is loaded, which is `program`; values are read only from an optimal answer.

        program may be left out: then row values and reduced costs cannot be asked of the answer. method is only written
        down; with_basis fetches the basis (about a microsecond for each row and column).
        """
        highs = self.highs
        before = highs.getRunTime()
        self.set("time_limit", np.inf if time_limit is None else before + max(time_limit, 0.0))
        answer = highs.run()
        run_time, word, info = highs.getRunTime() - before, highs.getModelStatus(), highs.getInfo()
        status = _OUTCOME.get(word, Status.ERROR) if answer != highspy.HighsStatus.kError else Status.ERROR
        message = highs.modelStatusToString(word)
        values, objective, basis = None, float("nan"), None
        has_basis = info.basis_validity == highspy.BasisValidity.kBasisValidityValid
        if status is Status.OPTIMAL:
            found = highs.getSolution()
            x, row_dual = (np.fromiter(part, np.float64, len(part)) for part in (found.col_value, found.row_dual))
            values = Values(x, row_dual, program)
            empty = word == _WORD.kModelEmpty
            objective = float(highs.getObjectiveOffset()[1] if empty else info.objective_function_value)
            if not (np.isfinite(objective) and np.isfinite(values.x).all() and np.isfinite(values.row_dual).all()):
                status, message, values, objective = Status.ERROR, "Values are not finite", None, float("nan")
            elif with_basis and has_basis:
                basis = self.basis()
        counts = (info.simplex_iteration_count, info.ipm_iteration_count, info.crossover_iteration_count)
        iterations = sum(max(int(count), 0) for count in counts)
        has_basis = bool(has_basis and values is not None)
        solver = f"HiGHS {self.version}"
        return Solution(status, message, objective, values, has_basis, basis, method, iterations, run_time, solver)


@contextlib.contextmanager
def _interruptible(highs: Any) -> Iterator[None]:
    """Let Ctrl-C stop a run of the main thread: HiGHS stops at its next iteration, then KeyboardInterrupt is raised."""
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    asked = threading.Event()

    def stop(event: Any) -> None:
        if asked.is_set():
            event.interrupt()

    signal.signal(signal.SIGINT, lambda number, frame: asked.set())
    callbacks = (highs.cbSimplexInterrupt, highs.cbIpmInterrupt)
    try:
        for callback in callbacks:
            callback.subscribe(stop)
        yield
    finally:
        for callback in callbacks:
            callback.unsubscribe(stop)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if asked.is_set():
            raise KeyboardInterrupt


def added(first: Solution, second: Solution) -> Solution:
    """The second answer with the effort of both."""
    return replace(
        second,
        iterations=first.iterations + second.iterations,
        run_time=first.run_time + second.run_time,
        restarts=first.restarts + second.restarts + 1,
    )


def solve(program: LinearProgram, options: SolveOptions | None = None, basis: Basis | None = None) -> Solution:
    """Solve one program from scratch, or from a basis.

    Second attempts: `unbounded or infeasible` is resolved with presolve off; an interior point run without a clear
    answer is repeated with the simplex method. Raises InputError for numbers no solver should see, InfeasibleError for
    bounds that cross, LimitError when HiGHS refuses a call; other outcomes are in the status.
    """
    options = options or SolveOptions()
    program.checked()
    engine = Engine(options)
    engine.load(program)
    method: Method = "simplex" if basis is not None else chosen_method(program, options.method)
    if basis is not None:
        engine.set_basis(basis)
    engine.use(method, warm=basis is not None)
    with _interruptible(engine.highs):
        answer = engine.run(program, f"{method} warm" if basis is not None else method, time_limit=options.time_limit)
        if answer.status is Status.ERROR:
            ambiguous = engine.highs.getModelStatus() == _WORD.kUnboundedOrInfeasible
            left = None if options.time_limit is None else options.time_limit - answer.run_time
            engine.checked(engine.highs.clearSolver(), "a restart")
            engine.use("simplex", presolve=not ambiguous)
            answer = added(
                answer, engine.run(program, "simplex, no presolve" if ambiguous else "simplex", time_limit=left)
            )
    return answer
