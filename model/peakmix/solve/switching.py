"""Rules switched on and off in one programme, by the limits of their rows, and solved one after the other on one living model.

    on    the row has the limits it was compiled with
    off   its limits are open, so it says nothing

The programme is compiled once with the rows of all alternatives; an alternative is a set of rows that are on. Each solve starts
from a basis that is at hand; a warm solve that is troubled, or that finds no solution, is repeated cold before it is believed
(`living`), and an answer that fails its certificate or the caller's own check is sought twice more with tight tolerances.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace

import numpy as np

from peakmix.foundation.errors import InfeasibleError
from peakmix.solve.certificate import Certificate, certify, solve_tightly
from peakmix.solve.living import LivingModel
from peakmix.solve.names import NameTable
from peakmix.solve.program import LinearProgram
from peakmix.solve.solution import Basis, Solution, SolveOptions, Status

Label = tuple[str, tuple[object, ...]]
"""A row: its component, and its index."""
BUDGET = 10
"""A warm solve may take one iteration for this many rows; one that needs more is solved cold, which is faster for large ones."""


@dataclass(frozen=True, eq=False)
class Answer:
    """One alternative: its programme, the solution and its certificate."""

    program: LinearProgram
    solution: Solution
    certificate: Certificate


class Switchboard:
    """A programme whose rows of some components are switched.

    Parameters
    ----------
    program:
        The programme with all rows on.
    components:
        Components whose rows are switched.
    options:
        How each alternative is solved.
    """

    def __init__(self, program: LinearProgram, components: Sequence[str], options: SolveOptions) -> None:
        self.whole, self.options = program, options
        self.places = _places(program.rows, components)
        self._budget = max(1000, program.shape[0] // BUDGET)
        self._living: LivingModel | None = None

    def at(self, on: Collection[Label]) -> LinearProgram:
        """The programme with these rows on and all other switched rows off; labels without a row are passed over."""
        off = np.array([place for label, place in self.places.items() if label not in on], dtype=np.intp)
        lower, upper = self.whole.row_lower.copy(), self.whole.row_upper.copy()
        lower[off], upper[off] = -np.inf, np.inf
        return replace(self.whole, row_lower=lower, row_upper=upper)

    def solve(
        self, on: Collection[Label], start: Basis | None = None, sound: Callable[[Answer], bool] = lambda _: True
    ) -> Answer:
        """Solve one alternative.

        Parameters
        ----------
        on:
            Rows that hold.
        start:
            Basis to start from; without one the solve goes on from the last answer, or cold where that had no solution.
        sound:
            A check of an optimal answer beside its certificate.
        """
        program = self.at(on)
        try:
            answer = self._answer(program, self._run(program, start))
        except InfeasibleError as error:
            # a row or column whose limits cross: no solver is asked
            nothing = Solution(Status.INFEASIBLE, error.rule, float("nan"), None, False, None, "none", 0, 0.0, "")
            return self._answer(program, nothing)
        for presolve in (True, False):
            if answer.solution.status is not Status.OPTIMAL or (answer.certificate.passed and sound(answer)):
                break
            second = self._answer(program, solve_tightly(program, self.options, presolve))
            answer = second if second.solution.status is Status.OPTIMAL else answer
        return answer

    def _run(self, program: LinearProgram, start: Basis | None) -> Solution:
        if self._living is None:
            self._living = LivingModel(program, self.options, self._budget)
        else:
            self._living.push(program)
        if start is not None:
            self._living.set_basis(start)
        return self._living.run(with_basis=True)

    @staticmethod
    def _answer(program: LinearProgram, solution: Solution) -> Answer:
        return Answer(program, solution, certify(program, solution))


def _places(rows: NameTable, components: Sequence[str]) -> dict[Label, int]:
    """Place of every row of some components."""
    found: dict[Label, int] = {}
    for component in set(components) & set(rows.components):
        start = rows.span(component).start
        found |= {(component, index): start + k for k, index in enumerate(rows.indices(component))}
    return found
