"""One structure at work: compiled once, its members walked from the first basis, each certified and audited."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from time import perf_counter
from typing import Any

import numpy as np

from peakmix.audit.full import audit as audit_fully
from peakmix.foundation.collecting import collecting_paused
from peakmix.foundation.errors import InfeasibleError, InputError
from peakmix.parameters.contents import content_hash
from peakmix.results.agreement import agreed
from peakmix.results.recount.general import Compiled
from peakmix.results.recount.many import QuickAudits
from peakmix.results.recount.recount import Recount
from peakmix.solve import cache
from peakmix.solve.bundle import Frame
from peakmix.solve.criteria import asked
from peakmix.solve.distance import program_distance
from peakmix.solve.family import AffineFamily
from peakmix.solve.highs import chosen_method, solve
from peakmix.solve.living import LivingModel
from peakmix.solve.placed import compile_placed
from peakmix.solve.program import LinearProgram
from peakmix.solve.rolling import Path as RollingPath
from peakmix.solve.rolling import Stage, solve_rolling
from peakmix.solve.solution import Basis, Solution, SolveOptions, Status
from peakmix.sweep import files
from peakmix.sweep.layout import Layout
from peakmix.sweep.plan import Chunk, Structure
from peakmix.sweep.structure import Derivation, Element, rules_of
from peakmix.sweep.walking import Walk, width_of

FRESH_TOLERANCE = 1e-8
"""Largest relative distance between a member's optimum and that of a fresh build of it."""

SAME_PROGRAMME = 1e-12
"""Up to this largest relative distance of two entries two programmes are one, and need not be solved to be compared."""

FAR = 0.15
"""Share of the levers' range from which on the first basis of a large programme is no help: with 15,000 rows a start a tenth of a
carbon price path away took HiGHS 1.7 s from the first basis, four tenths 5.5 s, and a cold one 2.8 s wherever."""

HELPERS = ("lever", "nothing", "mark", "indicator_part", "policy_gap")
Explain = Callable[[Derivation, LinearProgram], str]
Rederive = Callable[[int], Derivation]


class Engine:
    """A compiled structure.

    ``explain`` words the conflict of an infeasible member; ``rederive`` derives a member again for its full audit.
    """

    def __init__(self, first: Derivation, structure: Structure, explain: Explain, rederive: Rederive) -> None:
        self.first, self.structure = first, structure
        self._explain, self._rederive = explain, rederive
        base = first.parameters.values
        levers = {(name, key): float(base[name][key]) for name, key in structure.elements}
        self.content = content_hash(first.parameters, rules_of(first.parameters), structure.elements)
        kept = cache.load(self.content)
        self.from_cache = kept is not None
        self.family: AffineFamily = self._compiled(levers) if kept is None else kept
        self.placed = [int(str(index[0])) for index in self.family.levers.indices("lever")] if len(self.family.levers) else []
        if kept is not None:
            own = np.array(list(levers.values()))[self.placed]
            self.family = replace(kept, lever_base=own)
        moved = [structure.elements[place] for place in self.placed]
        self.recount = Recount(first.parameters, Compiled(self.family.base, self.family.slopes, moved))
        self.frame = Frame(self.family)
        rows, columns = self.family.base.shape
        self.layout = Layout(first, self.family.base, self.recount, structure.elements)
        self.audits = QuickAudits(self.recount, structure.elements, columns)
        self.stranger = self.recount.unknown_policy_row(self.family.base.rows)
        self.lengths = {name: len(keys) for name, (_, keys) in self.layout.keys.items()}
        self.lengths |= {"system_cost": 1, "gradient": len(self.placed)}
        terms = sum(len(slopes.target) for slopes in self.family.slopes.values())
        self.width = width_of(rows + columns, terms + self.audits.moving)
        self.position = {member: k for k, member in enumerate(structure.members)}
        spec = first.scenario.spec.solver
        method = {"auto": "auto", "simplex": "simplex", "ipm": "interior"}[spec.method]
        self.options = SolveOptions(method=method, time_limit=spec.time_limit)  # type: ignore[arg-type]
        self.basis: Basis | None = None

    def _compiled(self, levers: dict[Element, float]) -> AffineFamily:
        """The structure compiled, with the elements that differ between its members symbolic."""
        from peakmix.formulation.build import build

        return compile_placed(build(self.first.parameters, levers))[0]

    def program(self, member: int) -> LinearProgram:
        """The programme of a member."""
        return self.family.at(self.structure.values[self.position[member]][self.placed])

    def start(self, path: files.Where, plan: str) -> float:
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
        begun, walk = perf_counter(), Walk(self, audited)
        with collecting_paused():
            arrays = walk.arrays(chunk.members)
        return arrays, {"solver_seconds": walk.solver_seconds, "seconds": perf_counter() - begun}

    def fresh(self, program: LinearProgram, member: int) -> LivingModel:
        """A living model for a member, started from the first basis; cold where that basis is worth nothing."""
        living = LivingModel(program, self.options)
        if self.basis is not None and not self._far(member):
            living.set_basis(self.basis)
        return living

    def apart(self, one: int, two: int) -> float:
        """Mean distance of two members over the levers that move, as a share of their range."""
        values = self.structure.values
        spread = np.ptp(values, axis=0)
        moved = np.abs(values[self.position[one]] - values[self.position[two]])[spread > 0] / spread[spread > 0]
        return float(moved.mean()) if len(moved) else 0.0

    def _far(self, member: int) -> bool:
        """Is a large programme so far from the first member that a cold start by the interior point method is faster?"""
        if chosen_method(self.family.base, self.options.method) != "interior":
            return False
        return self.apart(member, self.structure.members[0]) > FAR

    def explained(self, program: LinearProgram) -> str:
        """Why a member has no solution."""
        return self._explain(self.first, program)

    def path(self, program: LinearProgram) -> RollingPath:
        """The path of a member whose scenario sees windows."""
        foresight = self.first.scenario.spec.foresight
        assert foresight is not None
        periods = list(self.first.parameters.horizon)
        options = replace(self.options, ties=asked(self.first.scenario.spec, self.first.parameters))  # they shape what follows
        return solve_rolling(periods, [Stage("truth", None, program)], foresight.sight(periods), options)

    def audited(self, member: int, solution: Solution) -> str:
        """The full audit of one member from its tables; an empty text when it passed."""
        derivation, cols = self._rederive(member), self.family.cols
        values = {
            name: dict(zip(cols.indices(name), solution.x[cols.span(name)].tolist(), strict=True))
            for name in cols.components
            if name not in HELPERS
        }
        report = audit_fully(derivation.data, derivation.scenario, values, solution.objective, derivation.base_values)
        own = dict(zip(self.structure.elements, self.structure.values[self.position[member]].tolist(), strict=True))
        report = agreed(report, self.recount, self.recount.point(solution.x, own))
        if report.passed:
            return ""
        return "full audit: " + ", ".join(check.name for check in report.checks if not check.passed)

    def check_last(self) -> float:
        """Relative distance between the member farthest from the first and a fresh build of it: of entries, or of optima.

        Guards what grouping and compilation rest on: that members of one structure differ in their levers only. Arrays are kept
        for other runs after they have passed; arrays that were kept have.
        """
        if self.from_cache:
            return 0.0
        gap = self._fresh_build_gap()
        if gap <= FRESH_TOLERANCE:
            cache.save(self.content, self.family)
        return gap

    def _fresh_build_gap(self) -> float:
        """What ``check_last`` tells of arrays that were compiled just now."""
        values = self.structure.values
        spread = np.ptp(values, axis=0)
        far = int(np.argmax(np.abs((values - values[0]) / np.where(spread > 0, spread, 1.0)).sum(axis=1)))
        member = self.structure.members[far]
        fresh = self._rederive(member)
        from peakmix.formulation.build import build
        from peakmix.solve.compile import compile_model

        own, other = self.program(member), compile_model(build(fresh.parameters)).at()
        apart = program_distance(own, other)
        if apart <= SAME_PROGRAMME:
            return apart
        one, two = solve(own, self.options), solve(other, self.options)
        if one.status is not two.status:
            return float("inf")
        if one.status is not Status.OPTIMAL:
            return 0.0
        return abs(one.objective - two.objective) / max(1.0, abs(two.objective))

