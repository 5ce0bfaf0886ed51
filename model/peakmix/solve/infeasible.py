"""Why a program has no solution, in the names of policies.

Elastic program: every row i of a tier may be missed by s_i, t_i >= 0 in units of its natural size Z_i,

    minimise    sum_i (s_i + t_i)
    subject to  L_i - Z_i s_i <= (A x)_i <= U_i + Z_i t_i     rows of the tier
                L_k           <= (A x)_k <= U_k               all other rows

Its optimum is the least total relative change that restores feasibility, its dual a proof: only rows with a dual take
part in the conflict. The tiers, tried in turn: policies; what else may be relaxed (demand), policies dropped; at last
all rows, for a diagnosis only, since physics is never relaxed. A deletion filter over the groups of the tier gives an
irreducible conflict: leave one group out and the rest can be met.

Sources: J. W. Chinneck, Feasibility and Infeasibility in Optimization (2008), chapters 5 and 6; design section 4.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from peakmix.foundation.errors import InfeasibleError
from peakmix.solve.highs import solve
from peakmix.solve.living import LivingModel
from peakmix.solve.program import FloatArray, IntArray, LinearProgram, NameTable, Pattern
from peakmix.solve.solution import Solution, SolveOptions, Status

Kind = Literal["policies", "relaxable", "physics", "feasible", "undecided"]
BoolArray = npt.NDArray[np.bool_]

ZERO = 1e-9
"""Total relative changes up to this size count as none."""
SHARE = 1e-7
"""A row takes part in the proof if its scaled dual, between 0 and 1, exceeds this."""


@dataclass(frozen=True)
class Change:
    """One bound that gives way: row, side, the bound as stated and as needed, and the change over its natural size."""

    group: str
    row: str
    side: Literal["lower", "upper"]
    bound: float
    needed: float
    relative: float

    def text(self) -> str:
        """The change in one line."""
        words = "at least" if self.side == "lower" else "at most"
        return f"{self.group}: {self.row} {words} {self.needed:.6g} instead of {self.bound:.6g} ({self.relative:.2%})"


@dataclass(frozen=True)
class Diagnosis:
    """Why there is no solution.

    kind         policies: relaxing policies helps; relaxable: it does not, demand or the like must give way even
                 without any policy; physics: nothing that may be relaxed helps; feasible: the relaxation needs no
                 change, so the solver's verdict is not confirmed; undecided: a limit was hit
    conflict     names that cannot hold together (for physics: names of rows of the proof)
    irreducible  whether every member of the conflict is needed for it
    changes      the least change found, largest first
    total        sum of the relative changes
    """

    kind: Kind
    conflict: tuple[str, ...]
    irreducible: bool
    changes: tuple[Change, ...]
    total: float

    def text(self) -> list[str]:
        """The diagnosis in plain language, one statement a line."""
        names = ", ".join(self.conflict)
        if self.kind == "undecided":
            return ["The reason was not found within the limits."]
        if self.kind == "feasible":
            return ["The relaxed model needs no change: the conflict is below the tolerances of the solver."]
        if self.kind == "policies":
            first = f"{names} alone cannot be met." if len(self.conflict) == 1 else f"Cannot hold together: {names}."
            least = "Least change of policies that restores a solution (share of the natural size):"
        elif self.kind == "relaxable":
            first = f"Cannot be met even without any policy: {names}."
            least = "Least change that restores a solution without policies (share of the natural size):"
        else:
            first = f"Balances and limits contradict each other, whatever policies and demand are: {names}."
            least = "Rows that fall short (a diagnosis, not a proposal):"
        lines = [first, least, *(f"  {change.text()}" for change in self.changes)]
        return lines if self.irreducible or self.kind == "physics" else [*lines, "The list may hold more than needed."]

    def error(self) -> InfeasibleError:
        """The diagnosis as an error for the command line."""
        head, *rest = self.text()
        return InfeasibleError(head, fix="\n       ".join(rest))


class _Elastic:
    """The elastic program of some rows, kept alive so that groups can be left out one after the other.

    Column n + k belongs to slack k: row `rows[k]`, side `sign[k]` (+1 lifts a lower, -1 eases an upper bound).
    """

    def __init__(self, program: LinearProgram, rows: BoolArray, sizes: FloatArray, options: SolveOptions) -> None:
        lower = np.flatnonzero(rows & np.isfinite(program.row_lower)).astype(np.int32)
        upper = np.flatnonzero(rows & np.isfinite(program.row_upper)).astype(np.int32)
        self.rows: IntArray = np.concatenate((lower, upper))
        self.sign = np.concatenate((np.ones(len(lower)), -np.ones(len(upper))))
        self.sizes, count = sizes, len(program.cost)
        pattern, added = program.pattern, np.arange(1, len(self.rows) + 1, dtype=np.int32)
        self.program = replace(
            program,
            cost=np.concatenate((np.zeros(count), np.ones(len(self.rows)))),
            offset=0.0,
            pattern=Pattern(
                np.concatenate((pattern.indptr, pattern.indptr[-1] + added)),
                np.concatenate((pattern.indices, self.rows)),
                pattern.row_count,
            ),
            data=np.concatenate((program.data, self.sign * sizes[self.rows])),
            col_lower=np.concatenate((program.col_lower, np.zeros(len(self.rows)))),
            col_upper=np.concatenate((program.col_upper, np.full(len(self.rows), np.inf))),
            cols=program.cols.extended("relaxation", list(zip(self.rows.tolist(), self.sign.tolist(), strict=True))),
        )
        self.count = count
        self.model = LivingModel(self.program, options)

    def solve(self, priced: BoolArray) -> Solution:
        """Least total change of the rows `priced` (m,); other rows of the tier may be missed for nothing."""
        cost = self.program.cost.copy()
        cost[self.count :] = priced[self.rows]
        self.model.push(replace(self.program, cost=cost))
        return self.model.run()

    def missed(self, solution: Solution) -> FloatArray:
        """Relative change of every slack, shape (slacks,)."""
        return solution.x[self.count :]

    def proof(self, solution: Solution) -> BoolArray:
        """Rows whose dual takes part in the proof, shape (m,)."""
        return np.abs(solution.row_dual) * self.sizes > SHARE


def natural_sizes(program: LinearProgram, rows: BoolArray, options: SolveOptions) -> FloatArray:
    """Size by which a change of each row is measured, shape (m,): |bound|, or what flows through a row bounded by 0.

    The flow is sum_j |a_ij x_j| at the optimum without the rows; the largest coefficient where nothing flows.
    """
    size = np.maximum(
        np.where(np.isfinite(program.row_lower), np.abs(program.row_lower), 0.0),
        np.where(np.isfinite(program.row_upper), np.abs(program.row_upper), 0.0),
    )
    freed = replace(
        program,
        row_lower=np.where(rows, -np.inf, program.row_lower),
        row_upper=np.where(rows, np.inf, program.row_upper),
    )
    reference = solve(freed, options)
    if reference.status is Status.OPTIMAL:
        size = np.where(size > 0.0, size, program.row_values(reference.x)[1])
    largest = np.zeros(len(size))
    np.maximum.at(largest, program.pattern.indices, np.abs(program.data))
    return np.where(size > 0.0, size, np.where(largest > 0.0, largest, 1.0))


def _changes(elastic: _Elastic, solution: Solution, group: Callable[[int], str]) -> tuple[Change, ...]:
    """Bounds that give way in a solution, largest relative change first."""
    program, found = elastic.program, []
    missed = elastic.missed(solution)
    for slack in np.argsort(-missed):
        if missed[slack] <= ZERO:
            break
        row, side = int(elastic.rows[slack]), elastic.sign[slack]
        bound = float(program.row_lower[row] if side > 0 else program.row_upper[row])
        needed = bound - side * float(missed[slack]) * float(elastic.sizes[row])
        name = program.rows.text(row)
        found.append(Change(group(row), name, "lower" if side > 0 else "upper", bound, needed, float(missed[slack])))
    return tuple(found)


def _filtered(
    elastic: _Elastic, rows_of: dict[str, list[int]], first: Solution, budget: int
) -> tuple[tuple[str, ...], bool]:
    """Deletion filter: groups that cannot hold together, and whether each of them was tested to be needed."""
    proof = elastic.proof(first)
    kept = [name for name, rows in rows_of.items() if proof[rows].any()]
    needed: list[str] = []
    while kept:
        name, rest = kept[0], kept[1:]
        if budget <= 0:
            return (*needed, *kept), False
        priced = np.zeros(len(proof), dtype=bool)
        for other in (*needed, *rest):
            priced[rows_of[other]] = True
        answer = elastic.solve(priced)
        budget -= 1
        if answer.status is not Status.OPTIMAL:
            return (*needed, *kept), False
        if answer.objective > ZERO:
            proof = elastic.proof(answer)
            kept = [other for other in rest if proof[rows_of[other]].any()]
        else:
            needed.append(name)
            kept = rest
    return tuple(needed), True


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
    budget     most solves of the deletion filter; the time limit of `options` holds for each solve
    """
    options = options or SolveOptions()
    named = [list(policies), list(relaxable) if relaxable is not None else [None] * len(policies)]
    if any(len(names) != program.shape[0] for names in named):
        raise ValueError("one name (or None) a row is needed")
    masks = [np.array([name is not None for name in names], dtype=bool) for names in named]
    kinds: list[Kind] = ["policies", "relaxable"]
    sizes = natural_sizes(program, masks[0], options)
    dropped = np.zeros(program.shape[0], dtype=bool)
    for kind, names, mask in zip(kinds, named, masks, strict=True):
        tier = mask & ~dropped
        if tier.any():
            elastic = _Elastic(program, tier | dropped, sizes, options)
            first = elastic.solve(tier)
            if first.status not in (Status.OPTIMAL, Status.INFEASIBLE):
                return Diagnosis("undecided", (), False, (), float("nan"))
            if first.status is Status.OPTIMAL:
                if first.objective <= ZERO:
                    return Diagnosis("feasible", (), True, (), first.objective)
                rows_of = _members(names, tier)
                changes = _changes(elastic, first, lambda row, names=names: str(names[row]))  # type: ignore[misc]
                changes = tuple(change for change in changes if change.group != "None")
                conflict, irreducible = _filtered(elastic, rows_of, first, budget)
                return Diagnosis(kind, conflict, irreducible, changes, first.objective)
        dropped |= mask
    return _physics(program, sizes, options)


def _members(names: Sequence[str | None], tier: BoolArray) -> dict[str, list[int]]:
    """Rows of every name in a tier, in order of appearance."""
    found: dict[str, list[int]] = {}
    for row in np.flatnonzero(tier).tolist():
        found.setdefault(str(names[row]), []).append(row)
    return found


def _physics(program: LinearProgram, sizes: FloatArray, options: SolveOptions) -> Diagnosis:
    """All rows elastic: which rows contradict each other although nothing of them may be relaxed."""
    every = np.ones(program.shape[0], dtype=bool)
    elastic = _Elastic(program, every, sizes, options)
    answer = elastic.solve(every)
    if answer.status is not Status.OPTIMAL:
        return Diagnosis("undecided", (), False, (), float("nan"))
    if answer.objective <= ZERO:
        return Diagnosis("feasible", (), True, (), answer.objective)
    rows: NameTable = program.rows
    conflict = tuple(rows.text(int(row)) for row in np.flatnonzero(elastic.proof(answer))[:20])
    return Diagnosis("physics", conflict, False, _changes(elastic, answer, lambda row: rows[row][0]), answer.objective)
