"""Quick audit: the solution recounted from the derived parameters, every member, in vector operations.

Every row, the objective by component, the accounting of ledgers and each policy's level are formed again from the
parameters and the values of the variables; the compiled matrix is not used, but for policies of an instrument without a
recount of its own, which the outcome names as ``read``. Violations are relative:

    equality, inequality   violation / max(floor, sum of the absolute terms of the row)
    objective              |recounted - reported| / max(1, |reported|)

The floor of balances is 0.001 (a thousand natural units a year), so that a demand of a few units is not lost in the
solver's absolute tolerance; that of inequalities is 1, as in the certificate. Tolerance 1e-6. Source: design section 5.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from peakmix.parameters.container import Parameters
from peakmix.results.extract import column_map
from peakmix.results.recount.general import Compiled
from peakmix.results.recount.recount import Recount
from peakmix.results.recount.terms import Element
from peakmix.solve.program import FloatArray, IntArray, LinearProgram
from peakmix.solve.solution import Solution

TOLERANCE = 1e-6
EQUALITY_FLOOR = 1e-3
INEQUALITY_FLOOR = 1.0


@dataclass(frozen=True)
class Finding:
    """One check: the largest relative violation and where it occurs."""

    name: str
    value: float
    worst: str
    rows: int

    @property
    def passed(self) -> bool:
        """Is the violation a number within the tolerance?"""
        return bool(self.value <= TOLERANCE)


@dataclass(frozen=True)
class QuickAudit:
    """Outcome of one audit.

    ``objective`` is the recounted objective in million money, ``components`` the same by cost component; ``recount``
    holds the blocks that were used, for those who need more of them.
    """

    findings: tuple[Finding, ...]
    objective: float
    components: Mapping[str, float]
    recount: Recount | None = field(default=None, repr=False, compare=False)

    @property
    def passed(self) -> bool:
        """Did every check pass?"""
        return all(finding.passed for finding in self.findings)

    @property
    def worst(self) -> Finding:
        """The check with the largest violation."""
        return max(self.findings, key=lambda finding: finding.value if finding.value == finding.value else np.inf)

    def failures(self) -> list[str]:
        """One line for each check that failed."""
        return [f"{f.name}: {f.value:.2e} > {TOLERANCE:.0e} at {f.worst}" for f in self.findings if not f.passed]

    def attributes(self) -> dict[str, Any]:
        """Plain values for a result file."""
        checks = {f.name: {"value": f.value, "worst": f.worst, "rows": f.rows} for f in self.findings}
        return {
            "kind": "quick",
            "passed": self.passed,
            "tolerance": TOLERANCE,
            "objective": self.objective,
            "components": dict(self.components),
            "checks": checks,
            "read": sorted(self.recount.read) if self.recount is not None else [],
        }


def quick_audit(
    parameters: Parameters,
    books: Any,
    lp: LinearProgram,
    solution: Solution,
    levers: Mapping[Element, float] | None = None,
    recount: Recount | None = None,
) -> QuickAudit:
    """Audit one solution.

    Parameters
    ----------
    parameters:
        Derived parameters of the structure, policies included.
    books:
        The cost terms that the model minimises, compared by component; None skips that comparison.
    lp, solution:
        The member and its solution.
    levers:
        Derived elements that this member changes, (name, key) -> value.
    recount:
        Blocks of the structure, when they are at hand: a sweep makes them once.

    The programme's numbers are used where a policy's instrument has no recount; elsewhere names, and bounds of variables.
    """
    recount = recount or Recount(parameters, Compiled(lp))
    point = recount.point(solution.x, levers)
    checks = recount.checks
    value, size = checks.evaluate(point.x, point.elements)
    violation = _violation(value, size, checks.sense)
    findings = [_bounds(lp, solution.x)]
    findings += [
        _finding(name, violation[rows], checks.labels[name]) for name, rows in checks.slices.items() if name != "cost"
    ]
    stranger = recount.unknown_policy_row(lp.rows)
    if stranger:
        findings.append(Finding("policy rows", np.inf, f"{stranger} is unknown to the audit", 1))
    costs = value[checks.slices["cost"]]
    components = {str(name): float(amount) for (name,), amount in zip(checks.labels["cost"], costs, strict=True)}
    total = float(costs.sum())
    short = abs(total + lp.offset - solution.objective) / max(1.0, abs(solution.objective))
    findings.append(Finding("objective", short, "", len(costs)))
    if books is not None:
        findings.append(_components(components, book_costs(books, solution, lp)))
    return QuickAudit(tuple(findings), total, components, recount)


def book_costs(books: Any, solution: Solution, lp: LinearProgram) -> dict[str, float]:
    """Cost by component from the model's own terms, million money."""
    position: dict[str, Mapping[Any, int]] = {name: column_map(lp.cols, name) for name in lp.cols.components}
    found: dict[str, float] = {}
    for component, terms in books.cost_terms.items():
        total = 0.0
        for _, element, variable in terms:
            index = variable.index()
            key = index if isinstance(index, tuple) else (index,)
            column = position[variable.parent_component().name][key]
            total += float(getattr(element, "value", element)) * float(solution.x[column])
        found[component] = total
    return found


def _components(own: Mapping[str, float], booked: Mapping[str, float]) -> Finding:
    """Cost components recounted against those that are minimised."""
    names = sorted({*own, *booked})
    gap = np.array([abs(own.get(n, 0.0) - booked.get(n, 0.0)) for n in names])
    size = np.array([max(1.0, abs(own.get(n, 0.0)), abs(booked.get(n, 0.0))) for n in names])
    return _finding("cost components", gap / size, names)


def _finding(name: str, violation: FloatArray, labels: Sequence[Any]) -> Finding:
    """The largest entry with its label; not-a-number counts as largest."""
    if not len(violation):
        return Finding(name, 0.0, "", 0)
    place = int(np.argmax(violation))
    label = labels[place]
    where = ",".join(map(str, label)) if isinstance(label, tuple) else str(label)
    return Finding(name, float(violation[place]), where, len(violation))


def _bounds(lp: LinearProgram, x: FloatArray) -> Finding:
    """Variables within their bounds."""
    if not len(x):
        return Finding("bounds", 0.0, "", 0)
    violation = np.maximum(np.maximum(lp.col_lower - x, x - lp.col_upper), 0.0) / np.maximum(1.0, np.abs(x))
    place = int(np.argmax(violation))
    worst = float(violation[place])
    return Finding("bounds", worst, lp.cols.text(place) if worst != 0 else "", len(x))


def _violation(value: FloatArray, size: FloatArray, sense: IntArray) -> FloatArray:
    """Relative violation of rows value = 0, <= 0 or >= 0."""
    wrong = np.where(sense == 0, np.abs(value), np.maximum(value * sense, 0.0))
    return np.asarray(wrong / np.maximum(np.where(sense == 0, EQUALITY_FLOOR, INEQUALITY_FLOOR), size))
