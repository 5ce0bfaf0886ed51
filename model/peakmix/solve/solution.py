"""What a solve is asked for and what it answers; plain data that survives pickling."""

from __future__ import annotations

import enum
import functools
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import numpy.typing as npt

from peakmix.foundation.errors import InfeasibleError, InputError, LimitError, PeakmixError
from peakmix.solve.program import FloatArray, LinearProgram

Method = Literal["auto", "simplex", "interior"]


class Status(enum.StrEnum):
    """Closed list of outcomes; whatever the solver says beyond them is an error."""

    OPTIMAL = "optimal"
    INFEASIBLE = "infeasible"
    UNBOUNDED = "unbounded"
    LIMIT = "limit"
    ERROR = "error"


def write_to_stderr(message: str) -> None:
    """Log target: the solver's own lines on standard error."""
    sys.stderr.write(message if message.endswith("\n") else message + "\n")


@dataclass(frozen=True)
class Summand:
    """The columns of one component with their weights: looked up by one part of the key, 1 for labels that are not listed.

    Where ``apart`` names two parts of the key, columns in which these are the same weigh nothing.
    """

    component: str
    part: int
    weights: Mapping[str, float]
    apart: tuple[int, int] | None = None


@dataclass(frozen=True)
class Criterion:
    """A criterion of the tie-break: a weighted sum that is least among all answers of least cost; what it is called in results."""

    label: str
    summands: tuple[Summand, ...]


@dataclass(frozen=True)
class Ties:
    """What the tie-break did.

    broken      whether the answer is the one that the criteria choose
    unique      whether there is no other answer of least cost; None = not known
    criteria    labels in order
    moved       columns that differ from the first answer
    free        columns that answers of least cost differ in, by component, as far as the last criterion tells them apart
    seconds     HiGHS's own seconds, and iterations
    reason      why the tie was not broken, where it was not
    """

    broken: bool
    unique: bool | None
    criteria: tuple[str, ...]
    moved: int
    free: Mapping[str, int]
    seconds: float
    iterations: int
    reason: str = ""


@dataclass(frozen=True)
class SolveOptions:
    """How to solve.

    method      auto chooses by size; simplex; interior (interior point, with crossover unless `crossover` is off)
    crossover   go on from the interior solution to a basic one; without it prices are marked interior
    threads     HiGHS threads; the methods used here gain little from more than one
    time_limit  seconds for one solve, restarts included; None = none
    tolerance   primal and dual feasibility tolerance of HiGHS, absolute, in model units
    presolve    off only to get a second opinion
    log         receives HiGHS's own progress lines; None = silent
    ties        criteria of the tie-break in order, before the order of names that ends it; None = ties stay as they fall
    """

    method: Method = "auto"
    crossover: bool = True
    threads: int = 1
    time_limit: float | None = None
    tolerance: float = 1e-7
    presolve: bool = True
    log: Callable[[str], None] | None = None
    ties: tuple[Criterion, ...] | None = None


@dataclass(frozen=True, eq=False)
class Basis:
    """A simplex basis as HiGHS status numbers: 0 lower, 1 basic, 2 upper, 3 zero (free), 4 nonbasic.

    cols shape (n,), rows shape (m,), both int8.
    """

    cols: npt.NDArray[np.int8]
    rows: npt.NDArray[np.int8]


@dataclass(frozen=True, eq=False)
class Values:
    """Numbers of an optimal solution in model units. Only the first two come from the solver.

    x          primal values (n,)
    row_dual   d optimum / d right-hand side (m,): >= 0 on a binding lower side, <= 0 on a binding upper side
    program    the program they belong to; not pickled
    """

    x: FloatArray
    row_dual: FloatArray
    program: LinearProgram | None = field(repr=False)

    @functools.cached_property
    def row_value(self) -> FloatArray:
        """A x (m,), computed from the program's own arrays."""
        return self._own().row_values(self.x)[0]

    @functools.cached_property
    def col_dual(self) -> FloatArray:
        """Reduced costs c - A' y (n,), computed from the program's own arrays; sign rule as for rows."""
        return self._own().reduced_costs(self.row_dual)[0]

    def _own(self) -> LinearProgram:
        if self.program is None:
            raise ValueError("these values have lost their program")
        return self.program

    def __getstate__(self) -> dict[str, object]:
        """Arrays only, so that an answer travels light between processes."""
        return {"x": self.x, "row_dual": self.row_dual, "row_value": self.row_value, "col_dual": self.col_dual}

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state, program=None)


@dataclass(frozen=True, eq=False)
class Solution:
    """One answer of the solver. `values` exists if and only if the status is optimal.

    status, message   outcome, and HiGHS's own word for it
    objective         optimum with its constant; NaN unless optimal
    has_basis         whether the solution is basic, so that its duals are prices of a vertex
    basis             that basis, where it was asked for
    method            what produced the answer: simplex, interior, with `warm` or `no presolve` where it applies
    iterations        simplex + interior point + crossover iterations, restarts included
    run_time          HiGHS's own seconds, restarts included
    restarts          how often the first attempt was given up
    solver            name and version
    ties              what the tie-break did; None where none was asked for. Duals and basis are those of the first answer
    """

    status: Status
    message: str
    objective: float
    values: Values | None
    has_basis: bool
    basis: Basis | None
    method: str
    iterations: int
    run_time: float
    solver: str
    restarts: int = 0
    ties: Ties | None = None

    @property
    def x(self) -> FloatArray:
        """Primal values (n,); raises unless optimal."""
        return self.require().x

    @property
    def row_value(self) -> FloatArray:
        """A x (m,); raises unless optimal."""
        return self.require().row_value

    @property
    def row_dual(self) -> FloatArray:
        """Row duals (m,); raises unless optimal."""
        return self.require().row_dual

    @property
    def col_dual(self) -> FloatArray:
        """Reduced costs (n,); raises unless optimal."""
        return self.require().col_dual

    def require(self) -> Values:
        """The values, or the error that says why there are none."""
        if self.status is Status.OPTIMAL and self.values is not None:
            return self.values
        raise self.failure()

    def failure(self) -> PeakmixError:
        """The error that belongs to a status other than optimal."""
        if self.status is Status.INFEASIBLE:
            return InfeasibleError("no solution meets all constraints", fix="ask for the conflicting policies")
        if self.status is Status.UNBOUNDED:
            return InputError(
                "the cost falls without limit: something earns money and nothing bounds it",
                fix="look for a negative price or a subsidy without a quantity limit",
            )
        if self.status is Status.LIMIT:
            return LimitError(
                f"no solution within the limits ({self.message.lower()} after {self.run_time:.1f} s)",
                fix="raise the time limit, or solve a smaller case",
            )
        return LimitError(f"the solver gave up: {self.message.lower()}", fix="look at the coefficient ranges")
