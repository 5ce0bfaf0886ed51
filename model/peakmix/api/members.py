"""Whole results of many scenarios from one compilation: what a batch writes, and what a sweep's members are exported as."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from peakmix.api.conflict import diagnose
from peakmix.api.prepare import Prepared, Timings
from peakmix.api.running import METHODS, RunResult, finished
from peakmix.formulation.build import build
from peakmix.foundation.errors import LimitError, UncertifiedError
from peakmix.solve.certificate import certify, settled, solve_certified
from peakmix.solve.criteria import asked
from peakmix.solve.living import LivingModel
from peakmix.solve.placed import compile_placed
from peakmix.solve.program import LinearProgram
from peakmix.solve.solution import SolveOptions, Status
from peakmix.sweep.structure import Derivation, Element


class Compiled:
    """One structure, compiled with the elements that differ between its members kept symbolic.

    ``result`` solves a member in a living model that keeps its last basis, audits it twice and assembles its dataset, as a
    run of that scenario alone would.
    """

    def __init__(self, first: Derivation, elements: Sequence[Element]) -> None:
        base = first.parameters.values
        levers = {(name, key): float(base[name][key]) for name, key in elements}
        self.family, placed = compile_placed(build(first.parameters, levers))
        self.elements = [elements[k] for k in placed]
        self._living: LivingModel | None = None

    def result(self, member: Derivation) -> RunResult:
        """Solve one member.

        Raises
        ------
        InfeasibleError
            With the policies in conflict.
        LimitError, UncertifiedError
        """
        values = member.parameters.values
        levers = np.array([float(values[name][key]) for name, key in self.elements])
        program, timings, spec = self.family.at(levers), Timings(), member.scenario.spec.solver
        timings.phase("solve")
        options = SolveOptions(method=METHODS[spec.method], threads=spec.threads, time_limit=spec.time_limit)  # type: ignore[arg-type]
        solution = self._run(program, options, with_basis=spec.tie_break)
        options = replace(options, ties=asked(member.scenario.spec, member.parameters))
        if solution.status is Status.INFEASIBLE:
            self._living = None
            prepared = Prepared(
                member.scenario, member.data, member.parameters, None, None, self.family, program, dict(member.base_values), timings
            )
            raise diagnose(prepared, options)
        if solution.status is Status.LIMIT:
            raise LimitError("no solution within the time limit", fix="raise solver.time_limit")
        if solution.status is not Status.OPTIMAL:
            raise UncertifiedError(f"the solver stopped with {solution.status}: {solution.message}")
        certificate = certify(program, solution)
        if not certificate.passed:
            before = solution.run_time
            solution, certificate = solve_certified(program, options)
            solution = replace(solution, run_time=solution.run_time + before)
        else:
            solution, certificate = settled(program, solution, certificate, options)
        return finished(
            member.parameters, None, program, member.scenario, member.data, member.base_values, solution, certificate, timings
        )

    def _run(self, program: LinearProgram, options: SolveOptions, with_basis: bool) -> Any:
        """Solve in the living model; a new one where there is none or other options are asked for."""
        if self._living is None or self._living.options != options:
            self._living = LivingModel(program, options)
        else:
            self._living.push(program)
        return self._living.run(with_basis)
