"""Rolling foresight: windows of the horizon solved one after the other, each on what the earlier ones decided.

A window is a slice of the programme of the whole horizon (see `slices`): earlier columns stand at what was decided, its own
years and the overlap are open, what comes later is not seen. Of its answer the window's own years are kept. The charges are those
of the whole horizon, so what the windows decided adds up to one solution of the whole programme, which is checked as any other.

A stage is a programme that is believed until a year; the last one is what holds in the end. Decisions pass from stage to
stage by the names of their columns. Columns of ACCOUNTS are results of the others, such as what is left in an account: they are
settled in the last window only. Columns of OWED are debts due in the period after theirs: at the end of what a window sees they are
closed, as they are at the end of the horizon. Without the year in which it is due a debt would be a gift, and a programme that may
borrow here and sell there has no end. A window that has no solution without such a debt is solved again with the year in which it
is due in sight. Where a window has no solution the last window is taken back and solved again with the view and the belief of the
one that failed; where that fails too, one more is taken back.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import numpy as np

from peakmix.foundation.errors import InfeasibleError
from peakmix.scenario.foresight import ACCOUNTS, OWED
from peakmix.solve.certificate import Certificate, Measure, certify, solve_certified
from peakmix.solve.program import FloatArray, LinearProgram
from peakmix.solve.slices import Mask, Slice, column_periods, last_touch, members_of, slice_of
from peakmix.solve.solution import Solution, SolveOptions, Status, Values
from peakmix.solve.ties import together

Sight = Callable[[int], tuple[int, int]]
"""From the place of the first undecided period to the places after the last period decided and the last one seen."""


@dataclass(frozen=True, eq=False)
class Stage:
    """A programme, and the first year in which it is believed no longer; None for the one that holds in the end."""

    label: str
    until: int | None
    program: LinearProgram


@dataclass(frozen=True)
class Window:
    """One window that was solved.

    first, decided, seen   first years of its first period, of the last one it decided and of the last one it saw
    belief                 label of its stage
    status, certified      outcome, and whether its certificate passed
    longer                 it sees farther than asked, because a later window had no solution
    kept                   False when it was taken back, or had no solution
    """

    first: int
    decided: int
    seen: int
    belief: str
    status: Status
    certified: bool
    iterations: int
    seconds: float
    longer: bool
    kept: bool


@dataclass(frozen=True, eq=False)
class Path:
    """Windows in the order they were solved, and the solution of the last stage's programme that they make together.

    ``certificate``: row and bound residuals are those of the whole path, the other measures the worst of the windows.
    Without a solution, ``solution`` is that of the window that failed and ``stage`` the one it belongs to.
    """

    windows: tuple[Window, ...]
    solution: Solution
    certificate: Certificate
    stage: int


@dataclass(frozen=True, eq=False)
class _State:
    """What is decided when a window starts: a stage, the place of its first period, and columns with values and row prices."""

    stage: int
    at: int
    decided: Mask
    x: FloatArray
    dual: FloatArray
    solved: tuple[tuple[Solution, Certificate], ...] = ()


def solve_rolling(
    periods: Sequence[int], stages: Sequence[Stage], sight: Sight, options: SolveOptions
) -> Path:
    """Solve the windows of a horizon one after the other.

    Parameters
    ----------
    periods:
        First years of the periods, ascending.
    stages:
        What is believed, in the order of time.
    sight:
        What a window decides and sees.
    options:
        How each window is solved.
    """
    return _Roll(tuple(periods), tuple(stages), sight, options).run()


class _Roll:
    """The windows of one horizon."""

    def __init__(self, periods: tuple[int, ...], stages: tuple[Stage, ...], sight: Sight, options: SolveOptions) -> None:
        self.periods, self.stages, self.sight, self.options = periods, stages, sight, options
        place = {year: k for k, year in enumerate(periods)}
        self.dated = [np.array([place.get(int(y), 0) for y in column_periods(s.program.cols)], dtype=np.int64) for s in stages]
        self.completed = [last_touch(s.program, dated) for s, dated in zip(stages, self.dated, strict=True)]
        self.settled_last = [members_of(s.program.cols, ACCOUNTS) for s in stages]
        named = {side: [name for name in OWED if OWED[name] == side] for side in ("lower", "upper")}
        self.owed = [{side: members_of(s.program.cols, names) for side, names in named.items()} for s in stages]
        self.windows: list[Window] = []
        self.needed: list[tuple[int, int]] = []

    def run(self) -> Path:
        """All windows, with steps back where they are needed."""
        state, learned = self._start(), 0
        history: list[_State] = []
        failures: list[int] = []
        while state.at < len(self.periods):
            stage = max(learned, self._believed(state.at))
            here, steps = self._moved(state, stage), 0
            following, answer = self._attempt(here)
            while following is None and answer.status is Status.INFEASIBLE and self._owes(here):
                self.needed.append((here.at, self._seen(here.at) + 1))
                following, answer = self._attempt(here)
            if following is None:
                failures.append(state.at)
                self.needed.append((state.at, self._seen(state.at)))
            hopeless = failures.count(state.at) > len(self.periods)
            while following is None and answer.status is Status.INFEASIBLE and history and not hopeless:
                here, steps = self._moved(history.pop(), stage), steps + 1
                self._take_back(here.at)
                if steps >= failures.count(state.at) or not history:
                    following, answer = self._attempt(here)
            if following is None:
                return Path(tuple(self.windows), answer, certify(self.stages[stage].program, answer), stage)
            learned = stage if steps else learned
            history.append(here)
            state = following
        return self._complete(self._moved(state, len(self.stages) - 1))

    def _seen(self, at: int) -> int:
        """What a window sees, as a place: its own sight, and what a later window that failed has to see from here on."""
        return max([self.sight(at)[1], *(see for failed, see in self.needed if at <= failed)])

    def _start(self) -> _State:
        rows, cols = self.stages[0].program.shape
        return _State(0, 0, np.zeros(cols, dtype=bool), np.zeros(cols), np.zeros(rows))

    def _believed(self, at: int) -> int:
        """The stage that is believed when a window starts."""
        year = self.periods[at]
        return next(k for k, stage in enumerate(self.stages) if stage.until is None or year < stage.until)

    def _moved(self, state: _State, stage: int) -> _State:
        """What is decided, in the columns of another stage; columns and rows meet by name."""
        if stage == state.stage:
            return state
        old, new = self.stages[state.stage].program, self.stages[stage].program
        columns = {name: k for k, name in enumerate(old.cols)}
        rows = {name: k for k, name in enumerate(old.rows)}
        from_column = np.array([columns.get(name, -1) for name in new.cols], dtype=np.intp)
        from_row = np.array([rows.get(name, -1) for name in new.rows], dtype=np.intp)
        met = from_column >= 0
        decided = met & state.decided[from_column]
        x = np.where(decided, state.x[from_column], 0.0)
        return replace(state, stage=stage, decided=decided, x=x, dual=np.where(from_row >= 0, state.dual[from_row], 0.0))

    def _attempt(self, state: _State) -> tuple[_State | None, Solution]:
        """Solve one window; the state after it, or None, and the answer."""
        stage, decide, see = self.stages[state.stage], self.sight(state.at)[0], self._seen(state.at)
        if stage.until is not None:
            within = [k for k in range(state.at + 1, decide) if self.periods[k] >= stage.until]
            decide = min([decide, *within])
        part = self._slice(state, see)
        try:
            solution, certificate = solve_certified(part.program.checked(), self.options)
        except InfeasibleError as error:
            solution = Solution(Status.INFEASIBLE, error.rule, float("nan"), None, False, None, "none", 0, 0.0, "")
            certificate = certify(part.program, solution)
        optimal = solution.status is Status.OPTIMAL
        self.windows.append(
            Window(
                first=self.periods[state.at],
                decided=self.periods[decide - 1],
                seen=self.periods[see - 1],
                belief=stage.label,
                status=solution.status,
                certified=certificate.passed,
                iterations=solution.iterations,
                seconds=solution.run_time,
                longer=see > self.sight(state.at)[1],
                kept=optimal,
            )
        )
        return (self._decided(state, part, solution, certificate, decide) if optimal else None), solution

    def _ends(self, state: _State, see: int) -> dict[str, Mask]:
        """Debts that may be made and would be due beyond what is seen, by the bound that closes them."""
        beyond = (self.dated[state.stage] == see - 1) & (see < len(self.periods))
        program = self.stages[state.stage].program
        may = {"lower": program.col_lower < 0, "upper": program.col_upper > 0}
        return {side: mask & beyond & may[side] for side, mask in self.owed[state.stage].items()}

    def _owes(self, state: _State) -> bool:
        """May a window with one more year in sight owe what it may not owe now?"""
        return any(mask.any() for mask in self._ends(state, self._seen(state.at)).values())

    def _slice(self, state: _State, see: int) -> Slice:
        """The programme of a window; the programme itself where nothing is decided and all is seen."""
        program, ends = self.stages[state.stage].program, self._ends(state, see)
        if any(mask.any() for mask in ends.values()):
            lower = np.where(ends["lower"], np.maximum(program.col_lower, 0.0), program.col_lower)
            upper = np.where(ends["upper"], np.minimum(program.col_upper, 0.0), program.col_upper)
            program = replace(program, col_lower=lower, col_upper=upper)
        later = ~state.decided & (self.dated[state.stage] >= see)
        if not later.any() and not state.decided.any():
            rows, cols = program.shape
            return Slice(program, np.arange(cols), np.arange(rows))
        return slice_of(program, state.decided, state.x, later)

    def _decided(self, state: _State, part: Slice, solution: Solution, certificate: Certificate, decide: int) -> _State:
        """The state after a window: its own years at its values, prices of the rows that are complete with them."""
        program = self.stages[state.stage].program
        x, decided, dual = state.x.copy(), state.decided.copy(), state.dual.copy()
        own = self.dated[state.stage][part.cols] < decide
        if decide < len(self.periods):
            own &= ~self.settled_last[state.stage][part.cols]
        places = part.cols[own]
        x[places] = np.clip(solution.x[own], program.col_lower[places], program.col_upper[places])
        decided[places] = True
        touch = self.completed[state.stage][part.rows]
        complete = (touch >= state.at) & (touch < decide)
        dual[part.rows[complete]] = solution.row_dual[complete]
        return _State(state.stage, decide, decided, x, dual, (*state.solved, (solution, certificate)))

    def _take_back(self, at: int) -> None:
        """Mark the windows that decided from a period on as taken back."""
        for k, window in enumerate(self.windows):
            if window.kept and window.first >= self.periods[at]:
                self.windows[k] = replace(window, kept=False)

    def _complete(self, state: _State) -> Path:
        """The path as a solution of the last stage's programme."""
        program = self.stages[-1].program
        solutions, certificates = [s for s, _ in state.solved], [c for _, c in state.solved]
        if len(solutions) == 1 and len(self.stages) == 1:
            return Path(tuple(self.windows), solutions[0], certificates[0], 0)
        solution = Solution(
            status=Status.OPTIMAL,
            message="optimal in each window",
            objective=float(program.cost @ state.x) + program.offset,
            values=Values(state.x, state.dual, program),
            has_basis=all(s.has_basis for s in solutions),
            basis=None,
            method=f"{len(solutions)} windows, {solutions[0].method}",
            iterations=sum(s.iterations for s in solutions),
            run_time=sum(w.seconds for w in self.windows),
            solver=solutions[0].solver,
            restarts=sum(s.restarts for s in solutions),
            ties=together([s.ties for s in solutions]),
        )
        whole = certify(program, solution)
        certificate = replace(
            whole,
            dual_objective=float("nan"),
            dual=_worst([c.dual for c in certificates]),
            row_dual=_worst([c.row_dual for c in certificates]),
            complementarity=_worst([c.complementarity for c in certificates]),
            gap=_worst([c.gap for c in certificates]),
        )
        return Path(tuple(self.windows), solution, certificate, len(self.stages) - 1)


def _worst(measures: Sequence[Measure]) -> Measure:
    """The measure nearest to its tolerance, or farthest beyond it."""
    return max(measures, key=lambda m: m.value / m.tolerance if np.isfinite(m.value) else float("inf"))
