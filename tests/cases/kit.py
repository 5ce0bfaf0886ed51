"""A small kit for hand-solved cases: state a problem in a few lines, solve it, read quantities and prices.

Money is CNY without a year, products are in t; rows are short tuples that become tables of a data set of frames.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.cases.kit_tables import Problem

from peakmix.api.prepare import Prepared, Timings, prepare, read
from peakmix.foundation.errors import InfeasibleError
from peakmix.scenario import from_mapping
from peakmix.solve.certificate import solve_certified
from peakmix.solve.highs import solve as solve_program
from peakmix.solve.solution import Solution, Status

__all__ = ["Problem", "Solved", "finish", "infeasible", "prepared", "read", "solve"]


@dataclass
class Solved:
    """A solved case."""

    prepared: Prepared
    solution: Solution
    certified: bool

    @property
    def objective(self) -> float:
        """Optimum, million CNY discounted."""
        return self.solution.objective

    def __call__(self, component: str, *index: Any) -> float:
        """Value of a variable."""
        cols = self.prepared.program.cols
        members = cols.indices(component)
        return float(self.solution.x[cols.span(component)][members.index(index)])

    def total(self, component: str, **at: Any) -> float:
        """Sum of a component over members whose position k has the given label (p0=..., p1=...)."""
        cols = self.prepared.program.cols
        wanted = {int(k[1:]): v for k, v in at.items()}
        return float(
            sum(
                x
                for i, x in zip(cols.indices(component), self.solution.x[cols.span(component)], strict=True)
                if all(i[k] == v for k, v in wanted.items())
            )
        )

    def dual(self, component: str, *index: Any) -> float:
        """d optimum / d right-hand side of a row, million CNY per million units."""
        rows = self.prepared.program.rows
        members = rows.indices(component)
        return float(self.solution.row_dual[rows.span(component)][members.index(index)])

    def annual_price(self, component: str, *index: Any, period: int) -> float:
        """Dual divided by the operating weight of the period."""
        return self.dual(component, *index) / self.prepared.parameters.horizon.operating_weight(period)

    def one_off_price(self, component: str, *index: Any, period: int) -> float:
        """Dual divided by the investment weight of the period."""
        return self.dual(component, *index) / self.prepared.parameters.horizon.investment_weight(period)

    @property
    def costs(self) -> dict[str, float]:
        """Every cost component of the objective, million CNY discounted, standing fixed cost included."""
        program, books = self.prepared.program, self.prepared.model.books
        position = dict(zip(program.cols, range(program.shape[1]), strict=True))
        found: dict[str, float] = {}
        for component, terms in books.cost_terms.items():
            for _, element, variable in terms:
                index = variable.index()
                name = (variable.parent_component().name, index if isinstance(index, tuple) else (index,))
                found[component] = found.get(component, 0.0) + element * float(self.solution.x[position[name]])
        standing = sum(self.prepared.parameters.values.get("standing_fixed_cost", {}).values())
        return found | ({"fixed": found.get("fixed", 0.0) + standing} if standing else {})


def prepared(problem: Problem, periods: list[list[int]], rate: float = 0.0, data: Any = None, **spec: Any) -> Prepared:
    """Derive, build and compile a case; the horizon's base period is not pinned unless ``base`` says so."""
    base = spec.pop("base", None)
    horizon = {"periods": periods, "discount_rate": rate, "timing": spec.pop("timing", 0)}
    horizon |= {"base_period": base} if base else {}
    horizon |= {"salvage": spec.pop("salvage")} if "salvage" in spec else {}
    horizon |= {"price_origin": spec.pop("origin")} if "origin" in spec else {}
    resolution = "nation" if len(problem.places) == 1 else "province"
    mapping = {"name": "case", "horizon": horizon, "resolution": resolution} | spec
    return prepare(from_mapping(mapping), data or problem.data(), Timings())


def finish(ready: Prepared) -> Solved:
    """Solve a prepared case that has an optimum."""
    solution, certificate = solve_certified(ready.program)
    assert solution.status is Status.OPTIMAL, solution.message
    return Solved(ready, solution, certificate.passed)


def solve(problem: Problem, periods: list[list[int]], rate: float = 0.0, **spec: Any) -> Solved:
    """Solve a case."""
    return finish(prepared(problem, periods, rate, **spec))


def infeasible(problem: Problem, periods: list[list[int]], rate: float = 0.0, **spec: Any) -> bool:
    """Has the case no solution?"""
    try:
        ready = prepared(problem, periods, rate, **spec)
    except InfeasibleError:
        return True
    return solve_program(ready.program).status is Status.INFEASIBLE
