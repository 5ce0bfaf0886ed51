"""Exact optimum of a programme along one parameter: every breakpoint of a piecewise linear, convex function.

    V(s) = min { c'x : A x + d s in rows, x in bounds }        convex in s, linear between breakpoints
    V'(s) = reduced cost of the column of s, fixed at s         a subgradient at breakpoints

The lines through V(a) and V(b) with the slopes found there lie below V everywhere. Where they meet, V is either on both, and
the place is a breakpoint with nothing else between a and b, or above them, and the two halves are searched. Every line found is
a piece of V, so K pieces take about 2 K solves, each warm from a neighbour. Nothing depends on the solver's own ranging, and
degenerate vertices do no harm (Eisner and Severance 1976, for parametric linear programmes).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from peakmix.foundation.errors import InfeasibleError, LimitError
from peakmix.solve.living import LivingModel
from peakmix.solve.program import FloatArray, LinearProgram, Pattern
from peakmix.solve.solution import Solution, SolveOptions, Status

ROUND = 16
"""Intervals whose gap is at least this part of the largest are searched in one round."""
SAME = 1e-9
"""Values of V that differ by less than this share of its range are one."""


@dataclass(frozen=True, eq=False)
class Vertex:
    """V at one place: parameter, value, slope there, and the optimal solution."""

    at: float
    value: float
    slope: float
    solution: Solution


@dataclass(frozen=True, eq=False)
class Piece:
    """A linear piece of V: from ``low`` to ``high`` with one ``slope``.

    ``prices`` is the solution whose duals hold on the whole piece. ``gap`` is 0, or how far V may lie above the line at most
    where the search was stopped.
    """

    low: Vertex
    high: Vertex
    slope: float
    prices: Solution
    gap: float = 0.0


def with_column(program: LinearProgram, rows: Sequence[int], coefficients: Sequence[float], name: str) -> LinearProgram:
    """The programme with one more column at the end: cost 0, bounds [0, 0], entries in the given rows."""
    order = np.argsort(np.asarray(rows))
    indices = np.concatenate([program.pattern.indices, np.asarray(rows, dtype=np.int32)[order]]).astype(np.int32)
    indptr = np.append(program.pattern.indptr, len(indices)).astype(np.int32)
    return replace(
        program,
        cost=np.append(program.cost, 0.0),
        pattern=Pattern(indptr, indices, program.pattern.row_count),
        data=np.concatenate([program.data, np.asarray(coefficients, dtype=np.float64)[order]]),
        col_lower=np.append(program.col_lower, 0.0),
        col_upper=np.append(program.col_upper, 0.0),
        cols=program.cols.extended(name, [()]),
    )


def with_row(program: LinearProgram, coefficients: FloatArray, lower: float, upper: float, name: str) -> LinearProgram:
    """The programme with one more row at the end, coefficients of shape (columns,)."""
    placed = np.flatnonzero(coefficients)
    count, starts = len(program.row_lower), program.pattern.indptr
    indices = np.insert(program.pattern.indices, starts[placed + 1], np.int32(count)).astype(np.int32)
    data = np.insert(program.data, starts[placed + 1], coefficients[placed])
    more = np.zeros(len(program.cost) + 1, dtype=np.int64)
    more[placed + 1] = 1
    indptr = (starts + np.cumsum(more)).astype(np.int32)
    return replace(
        program,
        pattern=Pattern(indptr, indices, count + 1),
        data=data,
        row_lower=np.append(program.row_lower, lower),
        row_upper=np.append(program.row_upper, upper),
        rows=program.rows.extended(name, [()]),
    )


class Parametric:
    """V along the last column of a programme.

    Parameters
    ----------
    program:
        A programme whose last column is the parameter.
    threads, budget:
        For the solver: threads, and iterations of a warm solve before it is repeated cold.
    """

    def __init__(self, program: LinearProgram, threads: int = 1, budget: int | None = None) -> None:
        self.program = program
        self._living = LivingModel(program, SolveOptions(threads=threads), budget)
        self.solves = 0

    def furthest(self, wanted: float) -> float:
        """The largest parameter up to ``wanted`` that has a solution.

        Raises
        ------
        InfeasibleError
            When not even 0 has one.
        """
        cost = np.zeros_like(self.program.cost)
        cost[-1] = -1.0
        upper = self.program.col_upper.copy()
        upper[-1] = wanted
        solution = self._run(replace(self.program, cost=cost, offset=0.0, col_upper=upper))
        if solution is None:
            raise InfeasibleError("the scenario has no solution", fix="`peakmix run` names the conflict")
        return min(wanted, float(solution.x[-1]))

    def vertex(self, at: float) -> Vertex | None:
        """V at one place; None without a solution."""
        lower, upper = self.program.col_lower.copy(), self.program.col_upper.copy()
        lower[-1] = upper[-1] = at
        solution = self._run(replace(self.program, col_lower=lower, col_upper=upper))
        return None if solution is None else Vertex(at, solution.objective, float(solution.col_dual[-1]), solution)

    def _run(self, program: LinearProgram) -> Solution | None:
        self._living.push(program)
        solution = self._living.run()
        self.solves += 1
        if solution.status is Status.INFEASIBLE:
            return None
        if solution.status is not Status.OPTIMAL:
            raise LimitError(f"the solver stopped with {solution.status}: {solution.message}")
        return solution

    def pieces(self, low: Vertex, high: Vertex, most: int = 1000) -> list[Piece]:
        """All pieces between two places, from low to high; after ``most`` solves the rest is left with its gap.

        The search goes to and fro over the intervals whose gap is among the largest, so that one cut short is about as near
        everywhere, and each solve starts from a neighbour.
        """
        scale = SAME * max(abs(high.value - low.value), 1e-12 * max(abs(high.value), abs(low.value), 1.0))
        made: list[Piece] = []
        waiting = [(low, high)]
        stop, onward = self.solves + most, True
        while waiting:
            largest = max(_gap(a, b) for a, b in waiting)
            now = [pair for pair in waiting if _gap(*pair) * ROUND >= largest or largest <= scale]
            waiting = [pair for pair in waiting if pair not in now]
            for a, b in sorted(now, key=lambda pair: pair[0].at, reverse=not onward):
                waiting += self._halved(a, b, scale, stop, made)
            onward = not onward
        return joined(sorted(made, key=lambda piece: piece.low.at), scale)

    def _halved(self, a: Vertex, b: Vertex, scale: float, stop: int, made: list[Piece]) -> list[tuple[Vertex, Vertex]]:
        """Search one interval: its pieces go into ``made`` where they are known, else both parts are given back."""
        under = a.value + a.slope * (b.at - a.at)
        over = b.value - b.slope * (b.at - a.at)
        if b.value - under <= scale or a.value - over <= scale:
            keep = a if b.value - under <= a.value - over else b
            made.append(Piece(a, b, keep.slope, keep.solution))
            return []
        meet = a.at + (a.value - over) / (b.slope - a.slope)
        floor = a.value + a.slope * (meet - a.at)
        found = self.vertex(meet) if self.solves < stop and a.at < meet < b.at else None
        if found is None:
            made.append(Piece(a, b, (b.value - a.value) / (b.at - a.at), a.solution, _gap(a, b)))
        elif found.value - floor <= scale:
            made += [Piece(a, found, a.slope, a.solution), Piece(found, b, b.slope, b.solution)]
        else:
            return [(a, found), (found, b)]
        return []


def _gap(a: Vertex, b: Vertex) -> float:
    """How far V may lie below the line from a to b at most: at the place where the lines of both ends meet."""
    if b.slope <= a.slope:
        return 0.0
    meet = a.at + (a.value - b.value + b.slope * (b.at - a.at)) / (b.slope - a.slope)
    return a.value + (b.value - a.value) * (meet - a.at) / (b.at - a.at) - a.value - a.slope * (meet - a.at)


def joined(pieces: list[Piece], scale: float) -> list[Piece]:
    """Neighbours on one line as one piece."""
    made: list[Piece] = []
    for piece in pieces:
        if made and not made[-1].gap and not piece.gap:
            before = made[-1]
            bend = abs(piece.slope - before.slope) * min(piece.high.at - piece.low.at, before.high.at - before.low.at)
            if bend <= scale:
                made[-1] = replace(before, high=piece.high)
                continue
        made.append(piece)
    return made
