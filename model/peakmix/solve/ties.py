"""Declared tie-break: one answer out of all answers of least cost, the same from every solver and every start.

    optimal face   d_j > 0 holds x_j at l_j, d_j < 0 at u_j; y_i > 0 holds row i at L_i, y_i < 0 at U_i
                   (d = c - A'y of any one dual solution y: complementary slackness makes this all optimal x, and no other)
    criterion k    minimise w_k' x on the face that is left, k = 1, 2, ...; its own duals cut the next face
    last           w_j = 1 + h(name of j), h in [0, 1) from a hash of the component and the key of the column

The last criterion gives every column a weight of its own, so two answers hardly ever tie in it; the weight hangs on the name alone,
not on the place of the column, so neither solver, thread, machine nor start decides. Cost and prices stay those of the first
solve: x moves along the face of its duals, so primal and dual still certify each other. Each step starts from the basis of the
one before it.

Whether there was anything to break is told as well: on the face the last criterion is also maximised, and where this moves
nothing the answer of least cost is the only one.

Source: H. D. Sherali and A. L. Soyster, Preemptive and nonpreemptive multi-objective programming (1983), Journal of
Optimization Theory and Applications 39; V. Chvatal, Linear Programming (1983), chapter 5 (complementary slackness).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from peakmix.solve.living import LivingModel
from peakmix.solve.program import FloatArray, LinearProgram, NameTable
from peakmix.solve.solution import Basis, Criterion, Solution, SolveOptions, Status, Ties, Values

BASIC = 1
ZERO = 1e-7
"""A reduced cost below this share of its column's cost scale, or a dual below it, is zero; no less than the solver's tolerance."""
MOVED = 1e-6
"""A column has moved when it did by more than this, absolute and relative."""
DRIFT = 1e-9
"""The cost of the chosen answer is that of the first one, relative."""
NAMES = "name"
"""Label of the last criterion."""


def order_weights(names: NameTable) -> FloatArray:
    """1 + h for every column, shape (n,): h in [0, 1) hangs on the column's component and key, not on its place."""
    digest = hashlib.blake2b
    texts = ("\x1f".join((component, *map(str, index))) for component, index in names)
    numbers = [int.from_bytes(digest(text.encode(), digest_size=6).digest(), "big") for text in texts]
    return 1.0 + np.array(numbers, dtype=np.float64) / 2.0**48


def criterion_weights(names: NameTable, criterion: Criterion) -> FloatArray:
    """A stated criterion as weights of the columns, shape (n,); zero for what it does not name."""
    result = np.zeros(len(names))
    for own in criterion.summands:
        if own.component not in names.components:
            continue
        for position, index in enumerate(names.indices(own.component), start=names.span(own.component).start):
            if own.apart is None or index[own.apart[0]] != index[own.apart[1]]:
                result[position] = own.weights.get(str(index[own.part]), 1.0)
    return result


def _face(program: LinearProgram, x: FloatArray, y: FloatArray, zero: float) -> LinearProgram:
    """The programme with columns and rows held where their price says; a price towards an open side holds the present value."""
    reduced, worth = program.reduced_costs(y)
    scale = np.maximum(np.maximum(1.0, np.abs(program.cost)), worth)
    sides = []
    for price, size, value, lower, upper in (
        (reduced, scale, x, program.col_lower, program.col_upper),
        (y, np.maximum(1.0, np.abs(y)), program.row_values(x)[0], program.row_lower, program.row_upper),
    ):
        held = np.abs(price) > zero * size
        at = np.where(price > 0.0, lower, upper)
        at = np.where(np.isfinite(at), at, value)
        sides += [np.where(held, at, lower), np.where(held, at, upper)]
    return replace(program, col_lower=sides[0], col_upper=sides[1], row_lower=sides[2], row_upper=sides[3])


class _Walk:
    """One step after the other in a living model, with the effort so far and the outcome of the last step."""

    def __init__(self, options: SolveOptions, basis: Basis | None) -> None:
        self.options, self.basis = replace(options, method="simplex", log=None), basis
        self.living: LivingModel | None = None
        self.seconds, self.iterations, self.status = 0.0, 0, Status.OPTIMAL

    def least(self, face: LinearProgram, weights: FloatArray) -> Solution | None:
        """The least of some weights on a face, from the last basis; None without an optimum."""
        program = replace(face, cost=weights, offset=0.0)
        if self.living is None:
            self.living = LivingModel(program, self.options)
            if self.basis is not None:
                self.living.set_basis(self.basis)
        else:
            self.living.push(program)
        answer = self.living.run()
        self.seconds, self.iterations = self.seconds + answer.run_time, self.iterations + answer.iterations
        self.status = answer.status
        return answer if answer.status is Status.OPTIMAL else None


def break_ties(program: LinearProgram, first: Solution, options: SolveOptions, zero: float = ZERO) -> Solution:
    """The answer of least cost that the criteria of the options choose, with the duals of the first one.

    Its ``ties`` say what was done. Where a step has no answer, or the cost would change, the first answer is given back and
    ``ties.broken`` is false.
    """
    walk = _Walk(options, first.basis)
    x, y, own = first.x, first.row_dual, program
    names, labels = program.cols, [*(criterion.label for criterion in options.ties or ()), NAMES]
    order = order_weights(names)
    bounded = np.isfinite(program.col_lower) | np.isfinite(program.col_upper)
    rising = np.where(np.isfinite(program.col_lower), order, -order)
    steps = [criterion_weights(names, criterion) for criterion in options.ties or ()] + [rising]
    answer: Solution | None = None
    for weights in steps:
        own = _face(own, x, y, zero)
        if not weights.any():
            y = np.zeros_like(y)
            own = replace(own, cost=weights)
            continue
        answer = walk.least(own, weights)
        if answer is None and weights is rising:
            weights = np.where(bounded, rising, 0.0)
            answer = walk.least(own, weights)
        if answer is None:
            return _kept(first, walk, labels, "a step of the tie-break has no answer")
        x, y, own = answer.x, answer.row_dual, replace(own, cost=weights)
    objective = float(program.cost @ x) + program.offset
    if not abs(objective - first.objective) <= DRIFT * max(1.0, abs(first.objective)):
        return _kept(first, walk, labels, f"the cost would change by {objective - first.objective:.3g}")
    other = walk.least(_face(program, first.x, first.row_dual, zero), -weights)
    moved = _moved(first.x, x)
    free = moved if other is None else _moved(other.x, x)
    surely = other is not None or walk.status is Status.UNBOUNDED or bool(moved.any())
    ties = Ties(
        broken=True,
        unique=not bool(moved.any() or other is None or free.any()) if surely else None,
        criteria=tuple(labels),
        moved=int(moved.sum()),
        free=_counts(names, free),
        seconds=walk.seconds,
        iterations=walk.iterations,
    )
    return replace(first, values=Values(x, first.row_dual, program), objective=objective, ties=ties)


def surely_unique(program: LinearProgram, solution: Solution) -> bool | None:
    """True where every column and row outside the basis has a price: no other answer costs as little. None = not known."""
    basis = solution.basis
    if basis is None or solution.values is None:
        return None
    reduced, worth = program.reduced_costs(solution.row_dual)
    scale = np.maximum(np.maximum(1.0, np.abs(program.cost)), worth)
    open_columns = (basis.cols != BASIC) & (program.col_lower < program.col_upper) & ~(np.abs(reduced) > ZERO * scale)
    size = np.maximum(1.0, np.abs(solution.row_dual))
    open_rows = (basis.rows != BASIC) & (program.row_lower < program.row_upper) & ~(np.abs(solution.row_dual) > ZERO * size)
    return None if bool(open_columns.any() or open_rows.any()) else True


def together(parts: Sequence[Ties | None]) -> Ties | None:
    """What was done in several programmes that make one answer; None where one of them was left as it fell."""
    told = [part for part in parts if part is not None]
    if not told or len(told) < len(parts):
        return None
    free: Counter[str] = Counter()
    for part in told:
        free.update(part.free)
    known = [part.unique for part in told]
    return Ties(
        broken=all(part.broken for part in told),
        unique=False if False in known else None if None in known else True,
        criteria=told[0].criteria,
        moved=sum(part.moved for part in told),
        free=dict(free),
        seconds=sum(part.seconds for part in told),
        iterations=sum(part.iterations for part in told),
        reason=next((part.reason for part in told if part.reason), ""),
    )


def _kept(first: Solution, walk: _Walk, labels: list[str], reason: str) -> Solution:
    """The first answer with the reason why it stays."""
    ties = Ties(False, None, tuple(labels), 0, {}, walk.seconds, walk.iterations, reason)
    return replace(first, ties=ties)


def _moved(a: FloatArray, b: FloatArray) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """Columns whose values differ."""
    return np.asarray(np.abs(a - b) > MOVED * np.maximum(1.0, np.abs(b)))


def _counts(names: NameTable, chosen: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> dict[str, int]:
    """Chosen columns by component."""
    counts = {component: int(chosen[names.span(component)].sum()) for component in names.components}
    return {component: count for component, count in counts.items() if count}
