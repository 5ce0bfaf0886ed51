"""A certificate of optimality, computed from the arrays outside the solver (Karush-Kuhn-Tucker conditions).

With d = c - A'y, row values r = A x and bounds l <= x <= u, L <= r <= U, an optimal pair (x, y) meets

    primal           L <= A x <= U,  l <= x <= u
    dual             d_j >= 0 unless x_j can fall, d_j <= 0 unless it can rise; the same for y_i with L_i, U_i
                     (a wrong sign towards an open bound is a dual residual, towards a closed one it costs
                     complementarity)
    complementarity  d_j > 0 only at x_j = l_j, d_j < 0 only at x_j = u_j; y_i > 0 only at r_i = L_i, y_i < 0 at U_i
    strong duality   c'x = sum y+ L + y- U + d+ l + d- u

All measures are relative, in user units:

    row i       scale  R_i = max(1, |bound|, sum_j |a_ij x_j|)
    column j    scale  X_j = max(1, |x_j|, |bound|), cost scale C_j = max(1, |c_j|, sum_i |a_ij y_i|)
    primal      violation / R_i or X_j                          <= 1e-6
    dual        wrong-signed d_j / C_j, wrong-signed y_i / max(1, |y_i|)       <= 1e-6
    compl.      |d_j| distance_j / (C_j X_j),  |y_i| distance_i / (max(1, |y_i|) R_i)                      <= 1e-6
    gap         |primal - dual| / max(1, |primal|, |dual|)      <= 1e-8 with a basis, 1e-6 without

Source: design section 5; S. Boyd and L. Vandenberghe, Convex Optimization (2004), section 5.5.3.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from peakmix.foundation.errors import UncertifiedError
from peakmix.solve.highs import solve
from peakmix.solve.program import FloatArray, LinearProgram, NameTable
from peakmix.solve.solution import Solution, SolveOptions, Status
from peakmix.solve.ties import ZERO, break_ties

PRIMAL_TOLERANCE = 1e-6
DUAL_TOLERANCE = 1e-6
COMPLEMENTARITY_TOLERANCE = 1e-6
GAP_TOLERANCE_WITH_BASIS = 1e-8
GAP_TOLERANCE_WITHOUT_BASIS = 1e-6


@dataclass(frozen=True)
class Measure:
    """One condition: the largest relative violation, its tolerance and the name of where it occurs."""

    value: float
    tolerance: float
    worst: str

    @property
    def passed(self) -> bool:
        """Whether the violation is a number within the tolerance."""
        return bool(self.value <= self.tolerance)


@dataclass(frozen=True)
class Certificate:
    """Outcome of the check of one solution.

    row, bound, dual, row_dual, complementarity, gap   the six measures
    objective, dual_objective                          both recomputed from the arrays, constant included
    has_basis                                          prices are those of a vertex; otherwise call them interior
    status                                             the solver's status; only `optimal` can pass
    """

    status: Status
    has_basis: bool
    objective: float
    dual_objective: float
    row: Measure
    bound: Measure
    dual: Measure
    row_dual: Measure
    complementarity: Measure
    gap: Measure

    @property
    def measures(self) -> dict[str, Measure]:
        """The six measures by name."""
        names = ("row", "bound", "dual", "row_dual", "complementarity", "gap")
        return {name: getattr(self, name) for name in names}

    @property
    def passed(self) -> bool:
        """Whether the solution is optimal and every measure within its tolerance."""
        return self.status is Status.OPTIMAL and all(measure.passed for measure in self.measures.values())

    def failures(self) -> list[str]:
        """One line for each condition that is broken."""
        text = [] if self.status is Status.OPTIMAL else [f"status is {self.status}"]
        for name, measure in self.measures.items():
            if not measure.passed:
                where = f" at {measure.worst}" if measure.worst else ""
                text.append(f"{name.replace('_', ' ')}: {measure.value:.2e} > {measure.tolerance:.0e}{where}")
        return text

    def require(self) -> None:
        """Raise UncertifiedError if the certificate failed."""
        if not self.passed:
            raise UncertifiedError(
                "the solution fails the certificate: " + "; ".join(self.failures()),
                fix="look at the coefficient ranges, or solve with a tighter tolerance",
            )

    def attributes(self) -> dict[str, Any]:
        """Plain values for a result file: numbers, texts and 0/1."""
        plain: dict[str, Any] = {"passed": int(self.passed), "status": str(self.status)}
        plain |= {"has_basis": int(self.has_basis), "objective": self.objective, "dual_objective": self.dual_objective}
        for name, measure in self.measures.items():
            plain |= {f"{name}_{key}": entry for key, entry in asdict(measure).items()}
        return plain


def _measure(parts: list[tuple[FloatArray, NameTable]], tolerance: float) -> Measure:
    """Largest entry over several arrays with its name; NaN counts as largest."""
    worst, name = 0.0, ""
    for values, names in parts:
        if not len(values):
            continue
        place = int(np.argmax(values))
        value = float(values[place])
        if np.isnan(value) or value > worst:
            worst, name = value, names.text(place)
            if np.isnan(value):
                break
    return Measure(worst, tolerance, name)


def _size(*bounds: FloatArray) -> FloatArray:
    """max(1, |finite bounds|), entry by entry."""
    result = np.ones_like(bounds[0])
    for bound in bounds:
        np.maximum(result, np.where(np.isfinite(bound), np.abs(bound), 0.0), out=result)
    return result


def _sides(price: FloatArray, value: FloatArray, lower: FloatArray, upper: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Wrong-signed part of a price (towards an open bound), and |price| times distance from the side it belongs to."""
    slack = np.where(price > 0.0, value - lower, upper - value)
    size, unlimited = np.abs(price), np.isinf(slack)
    slack[unlimited] = 0.0
    return np.where(unlimited, size, 0.0), size * np.abs(slack)


def _bound_value(price: FloatArray, lower: FloatArray, upper: FloatArray) -> float:
    """Part of the dual objective that a set of bounds earns; open bounds earn nothing (see the dual residual)."""
    side = np.where(price > 0.0, lower, upper)
    return float(np.sum(price * np.where(np.isfinite(side), side, 0.0)))


def certify(program: LinearProgram, solution: Solution) -> Certificate:
    """Check a solution of `program`; never raises for a bad one, the certificate says what is wrong."""
    status, has_basis = solution.status, solution.has_basis
    if solution.values is None:
        none = Measure(float("nan"), 0.0, "")
        return Certificate(status, False, float("nan"), float("nan"), none, none, none, none, none, none)
    x, y = solution.values.x, solution.values.row_dual
    (value, flow), (reduced, worth) = program.row_values(x), program.reduced_costs(y)
    row_scale = np.maximum(_size(program.row_lower, program.row_upper), flow)
    col_scale = np.maximum(_size(program.col_lower, program.col_upper), np.abs(x))
    cost_scale = np.maximum(_size(program.cost), worth)
    price_scale = _size(y)
    row_short = np.maximum(program.row_lower - value, value - program.row_upper) / row_scale
    col_short = np.maximum(program.col_lower - x, x - program.col_upper) / col_scale
    col_wrong, col_slack = _sides(reduced, x, program.col_lower, program.col_upper)
    row_wrong, row_slack = _sides(y, value, program.row_lower, program.row_upper)
    primal = float(program.cost @ x)
    dual = _bound_value(y, program.row_lower, program.row_upper)
    dual += _bound_value(reduced, program.col_lower, program.col_upper)
    gap = abs(primal - dual) / max(1.0, abs(primal), abs(dual))
    told = abs(primal + program.offset - solution.objective) / max(1.0, abs(primal))
    rows, cols = program.rows, program.cols
    both = [(col_slack / (cost_scale * col_scale), cols), (row_slack / (price_scale * row_scale), rows)]
    return Certificate(
        status=status,
        has_basis=has_basis,
        objective=primal + program.offset,
        dual_objective=dual + program.offset,
        row=_measure([(row_short, rows)], PRIMAL_TOLERANCE),
        bound=_measure([(col_short, cols)], PRIMAL_TOLERANCE),
        dual=_measure([(col_wrong / cost_scale, cols)], DUAL_TOLERANCE),
        row_dual=_measure([(row_wrong / price_scale, rows)], DUAL_TOLERANCE),
        complementarity=_measure(both, COMPLEMENTARITY_TOLERANCE),
        gap=Measure(max(gap, told), GAP_TOLERANCE_WITH_BASIS if has_basis else GAP_TOLERANCE_WITHOUT_BASIS, ""),
    )


def solve_certified(program: LinearProgram, options: SolveOptions | None = None) -> tuple[Solution, Certificate]:
    """Solve and certify; an optimal answer that fails is sought once more with tolerances of 1e-9, presolve off.

    Ties are broken where the options ask for it. The answer with its certificate is returned even if that fails too: call
    `require` on both before using prices.
    """
    options = options or SolveOptions()
    solution = solve(program, options)
    certificate = certify(program, solution)
    if solution.status is Status.OPTIMAL and not certificate.passed:
        second = solve_tightly(program, options)
        if second.status is Status.OPTIMAL:
            solution, certificate = second, certify(program, second)
    return settled(program, solution, certificate, options)


def settled(
    program: LinearProgram, solution: Solution, certificate: Certificate, options: SolveOptions
) -> tuple[Solution, Certificate]:
    """The answer of least cost that the tie-break chooses, where the options ask for one; certified with the same duals.

    A chosen answer that fails is sought once more on a narrower face; where that fails too the first answer stays and says so.
    """
    if options.ties is None or not certificate.passed:
        return solution, certificate
    chosen = solution
    for zero in (ZERO, 0.01 * ZERO):
        chosen = break_ties(program, solution, options, zero)
        if chosen.ties is not None and chosen.ties.broken:
            again = certify(program, chosen)
            if again.passed:
                return chosen, again
    assert chosen.ties is not None
    reason = chosen.ties.reason or "the chosen answer fails the certificate"
    return replace(solution, ties=replace(chosen.ties, broken=False, unique=None, reason=reason)), certificate


def solve_tightly(program: LinearProgram, options: SolveOptions | None = None, presolve: bool = False) -> Solution:
    """Solve from nothing by simplex with tolerances of 1e-9: for answers that pass the solver and fail a check."""
    return solve(program, replace(options or SolveOptions(), method="simplex", tolerance=1e-9, presolve=presolve))
