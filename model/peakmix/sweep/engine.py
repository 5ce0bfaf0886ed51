"""One structure at work: compiled once, its members walked from the first basis, each certified and audited."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np

from peakmix.audit.full import audit as audit_fully
from peakmix.formulation.build import build
from peakmix.foundation.errors import InfeasibleError, InputError, PeakmixError
from peakmix.results.quick_audit import quick_audit
from peakmix.results.recount.recount import Recount
from peakmix.solve.certificate import certify, solve_certified
from peakmix.solve.family import AffineFamily
from peakmix.solve.highs import solve
from peakmix.solve.living import LivingModel
from peakmix.solve.placed import compile_placed
from peakmix.solve.program import FloatArray, LinearProgram
from peakmix.solve.solution import Basis, Solution, SolveOptions, Status
from peakmix.sweep import files
from peakmix.sweep.layout import Layout
from peakmix.sweep.plan import Chunk, Structure
from peakmix.sweep.structure import Derivation

HELPERS = ("lever", "nothing", "mark")
MEASURES = ("row", "bound", "dual", "row_dual", "complementarity", "gap")
Explain = Callable[[Derivation, LinearProgram], str]
Rederive = Callable[[int], Derivation]


@dataclass(frozen=True, eq=False)
class Outcome:
    """One member after its solve: columns of a chunk by name, and the vectors that are kept when it is optimal."""

    columns: dict[str, Any]
    vectors: dict[str, FloatArray]
    solver_seconds: float = 0.0


class Engine:
    """A compiled structure.

    ``explain`` words the conflict of an infeasible member; ``rederive`` derives a member again for its full audit.
    """

    def __init__(self, first: Derivation, structure: Structure, explain: Explain, rederive: Rederive) -> None:
        self.first, self.structure = first, structure
        self._explain, self._rederive = explain, rederive
        base = first.parameters.values
        levers = {(name, key): float(base[name][key]) for name, key in structure.elements}
        self.family: AffineFamily
        self.family, self.placed = compile_placed(build(first.parameters, levers))
        self.recount = Recount(first.parameters, self.family.cols)
        self.layout = Layout(first, self.family.base, self.recount, structure.elements)
        self.position = {member: k for k, member in enumerate(structure.members)}
        spec = first.scenario.spec.solver
        method = {"auto": "auto", "simplex": "simplex", "ipm": "interior"}[spec.method]
        self.options = SolveOptions(method=method, time_limit=spec.time_limit)  # type: ignore[arg-type]
        self.basis: Basis | None = None

    def program(self, member: int) -> LinearProgram:
        """The programme of a member."""
        return self.family.at(self.structure.values[self.position[member]][self.placed])

    def start(self, path: Path, plan: str) -> float:
        """The first basis: from its file, or solved from the first member and written; returns HiGHS's seconds."""
        stored = files.read_arrays(path)
        if stored is not None and stored[1].get("plan") == plan:
            arrays = stored[0]
            self.basis = Basis(arrays["cols"], arrays["rows"]) if len(arrays["cols"]) else None
            return 0.0
        seconds, empty = 0.0, np.empty(0, dtype=np.int8)
        try:
            living = LivingModel(self.program(self.structure.members[0]), self.options)
            solution = living.run(with_basis=True)
            seconds, self.basis = solution.run_time, solution.basis if solution.status is Status.OPTIMAL else None
        except (InfeasibleError, InputError):
            self.basis = None
        kept = {"cols": self.basis.cols, "rows": self.basis.rows} if self.basis else {"cols": empty, "rows": empty}
        files.write_arrays(path, kept, {"plan": plan, "solver_seconds": seconds})
        return seconds

    def walk(self, chunk: Chunk, audited: frozenset[int]) -> tuple[dict[str, Any], dict[str, Any]]:
        """Solve the members of a chunk; returns its arrays and the facts of its header."""
        begun, living = perf_counter(), None
        outcomes: list[Outcome] = []
        for member in chunk.members:
            values = self.structure.values[self.position[member]]
            try:
                program = self.program(member)
                if living is None:
                    living = self._living(program)
                else:
                    living.push(program)
                outcome = self._solved(living, member, program, values, member in audited)
            except InfeasibleError as error:
                outcome = Outcome(failed("infeasible", error.rule), {})
            except PeakmixError as error:
                outcome, living = Outcome(failed("error", error.rule), {}), None
            outcomes.append(outcome)
        seconds = sum(outcome.solver_seconds for outcome in outcomes)
        return self._arrays(outcomes), {"solver_seconds": seconds, "seconds": perf_counter() - begun}

    def _living(self, program: LinearProgram) -> LivingModel:
        """A fresh model that starts from the first basis."""
        living = LivingModel(program, self.options)
        if self.basis is not None:
            living.set_basis(self.basis)
        return living

    def _solved(self, living: LivingModel, member: int, program: LinearProgram, values: FloatArray, full: bool) -> Outcome:
        """Solve, certify and audit one member."""
        solution = living.run()
        if solution.status is not Status.OPTIMAL:
            if self.basis is not None:
                living.set_basis(self.basis)
            reason = solution.message
            if solution.status is Status.INFEASIBLE:
                reason = self._explain(self.first, program)
            return Outcome(failed(str(solution.status), reason), {}, solution.run_time)
        certificate = certify(program, solution)
        if not certificate.passed:
            before = solution.run_time
            solution, certificate = solve_certified(program, self.options)
            solution = replace(solution, run_time=solution.run_time + before)
            if solution.status is not Status.OPTIMAL:
                return Outcome(failed(str(solution.status), solution.message), {}, solution.run_time)
        levers = dict(zip(self.structure.elements, values.tolist(), strict=True))
        quick = quick_audit(self.first.parameters, None, program, solution, levers, self.recount)
        told = self._audited(member, solution) if full else ""
        passed = certificate.passed and quick.passed and not told
        columns = {
            "status": "optimal",
            "reason": "; ".join([*certificate.failures(), *quick.failures(), *([told] if told else [])]),
            "certified": int(passed),
            "objective": solution.objective,
            "dual_objective": certificate.dual_objective,
            "audit": quick.worst.value,
            "full_audit": -1 if not full else int(not told),
            "iterations": solution.iterations,
            **{f"certificate_{name}": certificate.measures[name].value for name in MEASURES},
        }
        vectors = self.layout.numbers(solution, values)
        vectors["gradient"] = self.family.gradient(solution.x, solution.row_dual)
        return Outcome(columns, vectors, solution.run_time)

    def _audited(self, member: int, solution: Solution) -> str:
        """The full audit of one member from its tables; an empty text when it passed."""
        derivation, cols = self._rederive(member), self.family.cols
        values = {
            name: dict(zip(cols.indices(name), solution.x[cols.span(name)].tolist(), strict=True))
            for name in cols.components
            if name not in HELPERS
        }
        report = audit_fully(derivation.data, derivation.scenario, values, solution.objective, derivation.base_values)
        if report.passed:
            return ""
        return "full audit: " + ", ".join(check.name for check in report.checks if not check.passed)

    def _arrays(self, outcomes: Sequence[Outcome]) -> dict[str, Any]:
        """Outcomes as arrays of a chunk; what a failed member lacks is not a number."""
        arrays: dict[str, Any] = {name: np.array([o.columns[name] for o in outcomes]) for name in outcomes[0].columns}
        lengths = {name: len(keys) for name, (_, keys) in self.layout.keys.items()}
        lengths |= {"system_cost": 1, "gradient": len(self.placed)}
        for name, length in lengths.items():
            empty = np.full(length, np.nan)
            arrays[f"q_{name}"] = np.array([o.vectors.get(name, empty) for o in outcomes]).reshape(len(outcomes), length)
        return arrays

    def check_last(self) -> float:
        """Relative distance between the optimum of the member farthest from the first, and that of a fresh build of it.

        Guards what grouping and compilation rest on: that members of one structure differ in their levers only.
        """
        values = self.structure.values
        spread = np.ptp(values, axis=0)
        far = int(np.argmax(np.abs((values - values[0]) / np.where(spread > 0, spread, 1.0)).sum(axis=1)))
        member = self.structure.members[far]
        fresh = self._rederive(member)
        from peakmix.solve.compile import compile_model

        one, two = solve(self.program(member), self.options), solve(compile_model(build(fresh.parameters)).at(), self.options)
        if one.status is not two.status:
            return float("inf")
        if one.status is not Status.OPTIMAL:
            return 0.0
        return abs(one.objective - two.objective) / max(1.0, abs(two.objective))


def failed(status: str, reason: str) -> dict[str, Any]:
    """Columns of a member without a solution."""
    numbers = {"objective": np.nan, "dual_objective": np.nan, "audit": np.nan, "full_audit": -1, "iterations": 0}
    certificate = {f"certificate_{name}": np.nan for name in MEASURES}
    return {"status": status, "reason": reason, "certified": 0, **numbers, **certificate}


