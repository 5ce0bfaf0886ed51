"""The members of a chunk, one warm step after the other; certificate, audit and kept numbers side by side afterwards."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from peakmix.foundation.errors import InfeasibleError, PeakmixError
from peakmix.results.quick_audit import TOLERANCE, quick_audit
from peakmix.solve.bundle import Bundle
from peakmix.solve.certificate import Certificate, certify, solve_tightly
from peakmix.solve.certificates import certify_many
from peakmix.solve.living import LivingModel
from peakmix.solve.program import FloatArray
from peakmix.solve.solution import Solution, Status

if TYPE_CHECKING:
    from peakmix.sweep.engine import Engine

MEASURES = ("row", "bound", "dual", "row_dual", "complementarity", "gap")
SIDE_BY_SIDE = 60_000
"""Numbers of one array that is formed for members side by side; more would leave the processor's cache."""
LEAST, MOST = 4, 64
"""Members that are looked at side by side, at least and at most."""
TOO_FAR = 0.5
"""Share of a jump that a warm run was given up on, from which on jumps start cold: iterations grow with the length of a jump,
and with 15,000 rows the budget of a warm run takes 3.8 s of the processor, a cold start 1.7 s."""

Columns = dict[str, Any]


def width_of(numbers: int, moving: int) -> int:
    """Members side by side for programmes of that many rows and columns, and that many moving terms."""
    return max(LEAST, min(MOST, SIDE_BY_SIDE // max(numbers, 1), 20 * SIDE_BY_SIDE // max(moving, 1)))


class Walk:
    """One chunk on its way: a living model that starts from the structure's first basis."""

    def __init__(self, engine: Engine, audited: frozenset[int]) -> None:
        self.engine, self.audited = engine, audited
        self.living: LivingModel | None = None
        self.solver_seconds = 0.0
        self.before = -1
        "The member that the living model holds; -1 before the first."
        self.too_far: float | None = None
        """Jumps from which on members of this chunk start cold, once a warm run was given up. It follows from iterations, not
        from clocks, and is forgotten with the chunk, so that values depend on neither."""
        self.paths: dict[int, Certificate] = {}
        "Certificates of the members of a part that see windows, by place: a path is not one optimum."

    def arrays(self, members: Sequence[int]) -> dict[str, Any]:
        """Solve the members in this order; returns the arrays of their chunk."""
        width = self.engine.width
        parts = [self._part(members[start : start + width]) for start in range(0, len(members), width)]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def _part(self, members: Sequence[int]) -> dict[str, Any]:
        """Some members: solved one by one, judged together."""
        engine = self.engine
        values = engine.structure.values[[engine.position[m] for m in members]]
        bundle = Bundle(engine.frame, values[:, engine.placed])
        rows, columns = engine.family.base.shape
        x, prices = np.ones((columns + 1, len(members))), np.zeros((rows, len(members)))
        told: list[Columns] = []
        self.paths = {}
        solved: dict[int, Solution] = {}
        for place, member in enumerate(members):
            answer = self._step(bundle, place, member)
            if isinstance(answer, Solution):
                solved[place] = answer
                x[:-1, place], prices[:, place] = answer.x, answer.row_dual
                answer = {}
            told.append(answer)
        places = np.fromiter(solved, np.int32, len(solved))
        if len(places) < len(members):
            bundle, x, prices = bundle.part(places), x[:, places], prices[:, places]
        kept = self._judged(bundle, [members[k] for k in places], list(solved.values()), x, prices, values[places], told, places)
        names = ("status", "reason", *(name for name in failed("", "") if name not in ("status", "reason")))
        arrays: dict[str, Any] = {name: np.array([columns[name] for columns in told]) for name in names}
        for name, length in engine.lengths.items():
            whole = np.full((len(members), length), np.nan)
            whole[places] = kept[name] if len(places) else 0.0
            arrays[f"q_{name}"] = whole
        return arrays

    def _step(self, bundle: Bundle, place: int, member: int) -> Solution | Columns:
        """Solve one member: its optimum, or the columns of one that has none."""
        engine = self.engine
        if engine.first.scenario.spec.rolls:
            return self._path(bundle, place)
        try:
            if self.living is None:
                self.before, self.living = -1, engine.fresh(bundle.program(place), member)
            else:
                if bundle.doubtful[place]:
                    bundle.program(place)
                self.living.move(bundle, place)
                if self.too_far is not None and engine.apart(self.before, member) >= self.too_far:
                    self.living.cool()
            answer = self.living.run()
        except InfeasibleError as error:
            return failed("infeasible", error.rule)
        except PeakmixError as error:
            self.living = None
            return failed("error", error.rule)
        self.solver_seconds += answer.run_time
        before, self.before = self.before, member
        if answer.status is Status.OPTIMAL:
            if answer.restarts and before >= 0:
                jump = TOO_FAR * engine.apart(before, member)
                self.too_far = jump if self.too_far is None else min(self.too_far, jump)
            return answer
        if engine.basis is not None:
            self.before = engine.structure.members[0]
            self.living.set_basis(engine.basis)
        reason = answer.message
        if answer.status is Status.INFEASIBLE:
            reason = engine.explained(bundle.program(place))
        return failed(str(answer.status), reason)

    def _path(self, bundle: Bundle, place: int) -> Solution | Columns:
        """Solve the windows of one member."""
        try:
            path = self.engine.path(bundle.program(place))
        except PeakmixError as error:
            return failed("infeasible" if isinstance(error, InfeasibleError) else "error", error.rule)
        self.solver_seconds += path.solution.run_time
        if path.solution.status is not Status.OPTIMAL:
            return failed(str(path.solution.status), f"window from {path.windows[-1].first}: {path.solution.message}")
        self.paths[place] = path.certificate
        return path.solution

    def _judged(
        self, bundle: Bundle, members: Sequence[int], solutions: list[Solution], x: FloatArray, prices: FloatArray,
        values: FloatArray, told: list[Columns], places: Any,
    ) -> dict[str, FloatArray]:  # fmt: skip
        """Certificates, audits and kept numbers of members that have an optimum; their columns go into ``told``."""
        engine = self.engine
        if not len(members):
            return {}
        objective = np.array([solution.objective for solution in solutions])
        has_basis = np.array([solution.has_basis for solution in solutions])
        certificates = certify_many(bundle, x[:-1], prices, objective, has_basis)
        audit = engine.audits.worst(bundle, x, values, objective)
        for k, place in enumerate(places.tolist()):
            measures = {name: float(certificates.measures[name][k]) for name in MEASURES}
            columns = optimal(solutions[k], measures, float(certificates.dual_objective[k]), float(audit[k]))
            if place in self.paths:
                columns = followed(solutions[k], self.paths[place], float(audit[k]))
            elif engine.stranger or not (certificates.passed[k] and audit[k] <= TOLERANCE):
                columns = self._alone(bundle, k, values[k], solutions, x, prices)
                objective[k] = solutions[k].objective
            if members[k] in self.audited:
                wrong = engine.audited(members[k], solutions[k])
                columns["full_audit"] = int(not wrong)
                columns["reason"] = "; ".join(text for text in (columns["reason"], wrong) if text)
                columns["certified"] = int(columns["certified"] and not wrong)
            told[place].update(columns)
        kept = engine.layout.numbers(x, prices, values, objective)
        kept["gradient"] = bundle.gradients(x[:-1], prices)
        if self.paths:
            kept["gradient"][:] = np.nan  # a path is not one optimum: it has no slope
        return kept

    def _alone(
        self, bundle: Bundle, k: int, values: FloatArray, solutions: list[Solution], x: FloatArray, prices: FloatArray
    ) -> Columns:
        """A member whose certificate or audit failed: solved again with tighter tolerances, and judged by itself."""
        engine, program = self.engine, bundle.program(k)
        solution = solutions[k]
        levers = dict(zip(engine.structure.elements, values.tolist(), strict=True))
        certificate = certify(program, solution)
        quick = quick_audit(engine.first.parameters, None, program, solution, levers, engine.recount)
        for attempt in (self._again, self._anew, self._without_presolve):
            if certificate.passed and quick.passed:
                break
            second = attempt(bundle, k)
            self.solver_seconds += second.run_time
            if second.status is Status.OPTIMAL:
                solution = solutions[k] = replace(second, run_time=solution.run_time + second.run_time)
                x[:-1, k], prices[:, k] = solution.x, solution.row_dual
                certificate = certify(program, solution)
                quick = quick_audit(engine.first.parameters, None, program, solution, levers, engine.recount)
        measures = {name: certificate.measures[name].value for name in MEASURES}
        columns = optimal(solution, measures, certificate.dual_objective, quick.worst.value)
        columns["certified"] = int(certificate.passed and quick.passed)
        columns["reason"] = "; ".join([*certificate.failures(), *quick.failures()])
        return columns

    def _again(self, bundle: Bundle, k: int) -> Solution:
        """A member once more in the living model, a few steps away."""
        if self.living is None:
            return self._anew(bundle, k)
        self.living.move(bundle, k)
        first = self.living.run()
        second = self.living.again()
        return replace(second, run_time=first.run_time + second.run_time)

    def _anew(self, bundle: Bundle, k: int) -> Solution:
        """A member from nothing, with presolve: mostly enough, and tens of times faster than without."""
        return solve_tightly(bundle.program(k), self.engine.options, presolve=True)

    def _without_presolve(self, bundle: Bundle, k: int) -> Solution:
        """A member from nothing, without presolve."""
        return solve_tightly(bundle.program(k), self.engine.options, presolve=False)


def optimal(solution: Solution, measures: dict[str, float], dual_objective: float, audit: float) -> Columns:
    """Columns of a member with an optimum, taken for certified."""
    return {
        "status": "optimal",
        "reason": "",
        "certified": 1,
        "objective": solution.objective,
        "dual_objective": dual_objective,
        "audit": audit,
        "full_audit": -1,
        "iterations": solution.iterations,
        **{f"certificate_{name}": value for name, value in measures.items()},
    }


def followed(solution: Solution, certificate: Certificate, audit: float) -> Columns:
    """Columns of a path through windows."""
    measures = {name: certificate.measures[name].value for name in MEASURES}
    columns = optimal(solution, measures, certificate.dual_objective, audit)
    wrong = certificate.failures() + ([f"quick audit: {audit:.1e}"] if audit > TOLERANCE else [])
    return columns | {"certified": int(not wrong), "reason": "; ".join(wrong)}


def failed(status: str, reason: str) -> Columns:
    """Columns of a member without a solution."""
    numbers = {"objective": np.nan, "dual_objective": np.nan, "audit": np.nan, "full_audit": -1, "iterations": 0}
    certificate = {f"certificate_{name}": np.nan for name in MEASURES}
    return {"status": status, "reason": reason, "certified": 0, **numbers, **certificate}
