"""Why a program has no solution, in the names of policies.

Phase 1, least change: every row i of a tier may be missed by s_i >= 0 in units of a size Z_g, one a kind of row of a policy,

    minimise    sum_i s_i
    subject to  L_i - Z_g s_i <= (A x)_i <= U_i + Z_g s_i     rows of the tier
                L_k           <= (A x)_k <= U_k               all other rows

so that the least total change of every policy in its own unit is T_g = sum Z_g s_i, however it falls on periods. Phase 2 splits
it at least cost: minimise c'x subject to sum Z_g s_i <= T_g, every policy without a change held. All answers of phase 2 are
optima of phase 1, so whatever has a price there is held at its bound: without that the programme has no interior.

The dual of phase 1 is a proof: only rows with a dual take part in the conflict. Policies with a change come first, and
QuickXplain drops what is not needed, so that the conflict is irreducible: leave one policy out and the rest can be met. For
every policy of the conflict phase 1 is repeated with all other policies held: by how much it has to give way alone.

The tiers, tried in turn: policies; what else may be relaxed (demand), policies dropped; at last all rows, for a diagnosis
only, since physics is never relaxed.

Sources: J. W. Chinneck, Feasibility and Infeasibility in Optimization (2008), chapters 5 and 6; U. Junker, QuickXplain (2004);
design section 4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from peakmix.foundation.errors import InfeasibleError
from peakmix.solve.diagnosis import Alone, Change, Diagnosis, Kind
from peakmix.solve.highs import chosen_method, solve
from peakmix.solve.program import FloatArray, LinearProgram
from peakmix.solve.relaxation import (
    BoolArray,
    Relaxed,
    Tier,
    bound_sizes,
    coefficient_sizes,
    flow_sizes,
    on_face,
    relax,
    tier_of,
    without,
)
from peakmix.solve.solution import Solution, SolveOptions, Status

__all__ = ["Change", "Diagnosis", "explain"]

ZERO = 1e-9
"""Total relative changes up to this size count as none."""
ZERO_INTERIOR = 1e-7
"""The same where the answer is not a basic one."""
SHARE = 1e-8
"""A row takes part in the proof if its scaled dual, between 0 and 1, exceeds this."""
TIGHT = 1e-9
"""Tolerance of the solves: a shortfall is told to six figures."""
ROOM = 1e-7
"""Share by which phase 2 may exceed the totals of phase 1, so that the solver finds its way."""


class _UndecidedError(Exception):
    """A limit was hit."""


@dataclass
class _Solver:
    """Solves what a diagnosis asks for, within a number of solves.

    Large programs go through the interior point method without crossover: totals need no vertex.
    """

    options: SolveOptions
    budget: int
    spent: int = 0
    seconds: dict[str, float] = field(default_factory=dict)

    def __call__(self, program: LinearProgram, what: str) -> Solution | None:
        """The optimum, or None where there is none; raises _UndecidedError at a limit."""
        if self.spent >= self.budget:
            raise _UndecidedError
        self.spent += 1
        interior = chosen_method(program, self.options.method) == "interior"
        try:
            tight = min(self.options.tolerance, TIGHT)
            answer = solve(program, replace(self.options, crossover=not interior, tolerance=tight))
        except InfeasibleError:
            return None
        self.seconds[what] = self.seconds.get(what, 0.0) + answer.run_time
        if answer.status is Status.INFEASIBLE:
            return None
        if answer.status is not Status.OPTIMAL:
            raise _UndecidedError
        return answer


def explain(
    program: LinearProgram,
    policies: Sequence[str | None],
    relaxable: Sequence[str | None] | None = None,
    options: SolveOptions | None = None,
    budget: int = 100,
) -> Diagnosis:
    """Explain an infeasible program; see `Diagnosis`.

    policies   name of the policy each row belongs to, None for physics (m)
    relaxable  name under which a row may be relaxed when policies alone do not help, None = never (m)
    budget     most solves; the time limit of `options` holds for each of them
    """
    named = [list(policies), list(relaxable) if relaxable is not None else [None] * len(policies)]
    if any(len(names) != program.shape[0] for names in named):
        raise ValueError("one name (or None) a row is needed")
    solver = _Solver(options or SolveOptions(), budget)
    try:
        first = tier_of(program, named[0])
        found = _explained(first, solver, "policies") if first.names else None
        if found is None:
            freed = without(program, first.mask)
            second = tier_of(freed, [None if first.mask[k] else name for k, name in enumerate(named[1])])
            found = _explained(second, solver, "relaxable") if second.names else None
        found = found or _physics(program, solver)
    except _UndecidedError:
        found = Diagnosis("undecided", (), False, (), float("nan"))
    return replace(found, solves=solver.spent, seconds=dict(solver.seconds))


def _explained(tier: Tier, solver: _Solver, kind: Kind) -> Diagnosis | None:
    """The diagnosis of a tier; None where its rows cannot restore a solution."""
    least = _least(tier, tier.mask, solver)
    if least is None:
        return None
    relaxed, answer = least
    if answer.objective <= (ZERO if answer.has_basis else ZERO_INTERIOR):
        return Diagnosis("feasible", (), True, (), answer.objective)
    totals = _totals(tier, relaxed, answer)
    changed = [g for g in range(len(tier.names)) if any(totals[k] > 0 for k, (own, _) in enumerate(tier.kinds) if own == g)]
    conflict, irreducible = _conflict(tier, relaxed, answer, changed, solver)
    alone: dict[str, Alone] = {}
    x = answer.x
    if kind == "policies":
        if len(changed) == 1:
            alone[tier.names[changed[0]]] = _alone(tier, totals, changed[0], answer.objective)
        _each_alone(tier, [g for g in conflict if tier.names[g] not in alone], relaxed.sizes, solver, alone)
        relaxed, x = _split(tier, relaxed, totals, answer, solver)
    changes = _changes(tier, relaxed, x)
    names = tuple(tier.names[g] for g in conflict)
    ordered = {name: alone[name] for name in names if name in alone}
    return Diagnosis(kind, names, irreducible, changes, answer.objective, ordered, x[: relaxed.count])


def _least(tier: Tier, rows: BoolArray, solver: _Solver, sizes: FloatArray | None = None) -> tuple[Relaxed, Solution] | None:
    """Phase 1 over some rows; without sizes they are formed: largest bound, or what flows where all bounds are zero."""
    if sizes is not None:
        relaxed = relax(tier.program, rows, sizes)
        answer = solver(relaxed.program, "alone")
        return (relaxed, answer) if answer is not None else None
    stated = bound_sizes(tier.program, tier.kind)
    zero = rows & (stated <= 0)
    relaxed = relax(tier.program, rows, np.where(stated > 0, stated, coefficient_sizes(tier.program, tier.kind)))
    answer = solver(relaxed.program, "least")
    if answer is None:
        return None
    flows = flow_sizes(tier.program, answer.x[: relaxed.count], tier.kind) if zero.any() else stated
    # a size that leaves every dual below 1 leaves the optimum as it is
    if (np.abs(answer.row_dual[zero]) * flows[zero] > 1 + SHARE).any():
        relaxed = relax(tier.program, rows, np.where(stated > 0, stated, flows))
        answer = solver(relaxed.program, "least") or answer
    return relaxed, answer


def _totals(tier: Tier, relaxed: Relaxed, answer: Solution) -> FloatArray:
    """Total change of every kind in the unit of its rows, (kinds,); noise is zero."""
    missed = relaxed.missed(answer.x)
    missed[missed <= _noise(answer) * relaxed.sizes[relaxed.rows]] = 0.0
    return np.bincount(tier.kind[relaxed.rows], weights=missed, minlength=len(tier.kinds)).astype(np.float64)


def _noise(answer: Solution) -> float:
    return ZERO if answer.has_basis else ZERO_INTERIOR


def _conflict(
    tier: Tier, relaxed: Relaxed, answer: Solution, changed: list[int], solver: _Solver
) -> tuple[list[int], bool]:
    """An irreducible set of groups out of the proof, those with a change first; and whether it was proved so.

    A group whose change alone restores a solution is needed by every conflict.
    """
    proof = np.abs(answer.row_dual) * relaxed.sizes > SHARE
    members = list(dict.fromkeys([*changed, *tier.group[proof & tier.mask].tolist()]))
    sure = changed if len(changed) == 1 else []
    rest = [g for g in members if g not in sure]


    def infeasible(kept: list[int]) -> bool:
        # relaxed and not as it is: an answer always exists, which the interior point method finds as fast as any
        rows = tier.of(kept)
        least = solver(relax(without(tier.program, tier.mask & ~rows), rows, relaxed.sizes).program, "filter")
        return least is None or least.objective > _noise(least)

    if sure and not rest:
        return sure, True
    try:
        return sorted([*sure, *_quick(sure, bool(sure), rest, infeasible)]), True
    except _UndecidedError:
        return sorted(members), False


def _quick(base: list[int], added: bool, rest: list[int], infeasible: Callable[[list[int]], bool]) -> list[int]:
    """QuickXplain: a smallest part of `rest` that conflicts with `base`, the earlier members preferred."""
    if added and infeasible(base):
        return []
    if len(rest) <= 1:
        return rest
    # a conflict is mostly small and its members stand first: cut off a short head, not a half
    cut = 1 if not base else max(1, len(rest) // 2)
    head, tail = rest[:cut], rest[cut:]
    second = _quick([*base, *head], True, tail, infeasible)
    first = _quick([*base, *second], bool(second), head, infeasible)
    return [*first, *second]


def _each_alone(tier: Tier, groups: list[int], sizes: FloatArray, solver: _Solver, found: dict[str, Alone]) -> None:
    """Phase 1 for every group by itself, the other policies held; until a limit is hit."""
    for g in groups:
        try:
            least = _least(tier, tier.of([g]), solver, sizes)
        except _UndecidedError:
            return
        name = tier.names[g]
        found[name] = Alone(None, float("nan")) if least is None else _alone(tier, _totals(tier, *least), g, least[1].objective)


def _alone(tier: Tier, totals: FloatArray, group: int, relative: float) -> Alone:
    """Amounts of one group by component."""
    amounts = {component: float(totals[k]) for k, (own, component) in enumerate(tier.kinds) if own == group and totals[k] > 0}
    return Alone(amounts, relative)


def _split(tier: Tier, relaxed: Relaxed, totals: FloatArray, least: Solution, solver: _Solver) -> tuple[Relaxed, FloatArray]:
    """Phase 2: the totals split at least cost; phase 1 stands where nothing is to be split or no answer comes.

    Without an answer on the face of phase 1, whose bounds rest on prices of an interior solution, the whole programme is asked.
    """
    kinds = np.flatnonzero(totals > 0)
    rows = np.isin(tier.kind, kinds)
    if np.bincount(tier.kind[rows], minlength=len(totals)).max(initial=0) <= 1:
        return relaxed, least.x
    number = np.zeros(len(totals), dtype=np.int32)
    number[kinds] = np.arange(len(kinds))
    cheapest = relax(tier.program, rows, relaxed.sizes, (number[tier.kind], totals[kinds] * (1 + ROOM)))
    for program in (on_face(cheapest.program, relaxed, least, tier.mask), cheapest.program):
        try:
            answer = solver(program, "split")
        except _UndecidedError:
            continue
        if answer is not None:
            return cheapest, answer.x
    return relaxed, least.x


def _changes(tier: Tier, relaxed: Relaxed, x: FloatArray) -> tuple[Change, ...]:
    """Bounds that give way, in the order of the rows."""
    program, found = tier.program, []
    missed = relaxed.missed(x)
    for slack in np.flatnonzero(missed > ZERO_INTERIOR * relaxed.sizes[relaxed.rows]).tolist():
        row, sign = int(relaxed.rows[slack]), float(relaxed.sign[slack])
        bound = float(program.row_lower[row] if sign > 0 else program.row_upper[row])
        size = abs(bound) or float(relaxed.sizes[row])
        found.append(
            Change(
                group=tier.names[tier.group[row]],
                row=program.rows.text(row),
                side="lower" if sign > 0 else "upper",
                bound=bound,
                needed=bound - sign * float(missed[slack]),
                relative=float(missed[slack]) / size,
                position=row,
            )
        )
    return tuple(sorted(found, key=lambda change: change.position))


def _physics(program: LinearProgram, solver: _Solver) -> Diagnosis:
    """All rows elastic: which rows contradict each other although nothing of them may be relaxed."""
    tier = tier_of(program, [program.rows.text(row) for row in range(program.shape[0])])
    least = _least(tier, tier.mask, solver)
    if least is None:
        raise _UndecidedError
    relaxed, answer = least
    if answer.objective <= _noise(answer):
        return Diagnosis("feasible", (), True, (), answer.objective)
    proof = np.flatnonzero(np.abs(answer.row_dual) * relaxed.sizes > SHARE)
    conflict = tuple(program.rows.text(int(row)) for row in proof[:20])
    return Diagnosis("physics", conflict, False, _changes(tier, relaxed, answer.x)[:20], answer.objective)
