"""The report of a full audit: checks with their worst residual, recomputed costs, and the policy sheet.

Residual    |left - right| of an equality, or what exceeds the bound of an inequality, divided by the size of the row
Size        sum of the absolute values of its terms, at least a tenth of a model unit (Mt, PJ, TWh, million money)
Passed      residual <= tolerance; a number that is not finite never passes
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

TOLERANCE = 1e-6
"""Largest relative residual of a check that passes."""
SMALLEST = 0.1
"""Smallest size a residual is divided by, in model units: tolerance x size is then the tolerance of the solver."""
HOPELESS = 1e30
"""Residual that stands for a number that is not finite."""


@dataclass(frozen=True)
class Check:
    """One kind of row: how many were looked at, and the worst of them.

    worst   relative residual, 0 or more      where   index of the worst row, comma-separated
    """

    name: str
    rows: int
    worst: float
    where: str
    tolerance: float
    passed: bool

    def __str__(self) -> str:
        mark = "ok    " if self.passed else "FAILED"
        return f"{mark} {self.name}: {self.rows} rows, worst {self.worst:.2e}" + (f" at {self.where}" * (self.worst > 0))


@dataclass(frozen=True)
class AuditReport:
    """What a full audit found.

    components  cost by component, recomputed, in millions of money, discounted; their sum against ``objective``
    policies    one entry a policy and period: policy, instrument, rule, period, level, bound, slack, unit
    """

    scenario: str
    objective: float
    components: dict[str, float]
    checks: tuple[Check, ...]
    policies: tuple[dict[str, Any], ...] = ()

    @property
    def passed(self) -> bool:
        """True when every check passed."""
        return all(check.passed for check in self.checks)

    @property
    def failed(self) -> tuple[Check, ...]:
        """Checks that did not pass, worst first."""
        return tuple(sorted((c for c in self.checks if not c.passed), key=lambda c: -c.worst))

    @property
    def worst(self) -> float:
        """The largest relative residual of all checks."""
        return max((check.worst for check in self.checks), default=0.0)

    @property
    def total(self) -> float:
        """Sum of the recomputed cost components."""
        return float(sum(self.components.values()))

    def check(self, name: str) -> Check:
        """The check of that name; KeyError if it was not made."""
        for check in self.checks:
            if check.name == name:
                return check
        raise KeyError(name)

    def to_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        return {
            "scenario": self.scenario,
            "passed": self.passed,
            "worst": self.worst,
            "objective": self.objective,
            "total": self.total,
            "components": dict(self.components),
            "checks": [asdict(check) for check in self.checks],
            "policies": [dict(entry) for entry in self.policies],
        }

    def __str__(self) -> str:
        failed = self.failed
        head = f"audit of {self.scenario}: {len(self.checks)} checks, {len(failed)} failed, worst {self.worst:.2e}"
        return "\n".join([head, *(str(check) for check in failed)])


@dataclass
class _Running:
    """A check while rows still arrive."""

    rows: int = 0
    worst: float = 0.0
    where: tuple[Any, ...] = ()


@dataclass
class Tally:
    """Collects residuals of rows by check.

    ``periods`` are the first years of the periods; arrays of that length carry one row a period.
    """

    periods: Sequence[int]
    running: dict[str, _Running] = field(default_factory=dict)
    sheet: list[dict[str, Any]] = field(default_factory=list)

    def row(self, name: str, where: tuple[Any, ...], residual: float, size: float = 0.0) -> None:
        """One row: what it is off by, and the size it is compared with."""
        relative = abs(residual) / max(SMALLEST, abs(size))
        if not np.isfinite(relative):
            relative = HOPELESS
        check = self.running.setdefault(name, _Running())
        check.rows += 1
        if relative > check.worst:
            check.worst, check.where = float(relative), where

    def rows(self, name: str, where: tuple[Any, ...], residual: Floats, size: Floats, chosen: Flags | None = None) -> None:
        """One row a period; ``chosen`` (periods) is true where the row exists."""
        relative = np.abs(residual) / np.maximum(SMALLEST, np.abs(size))
        relative = np.where(np.isfinite(relative), relative, HOPELESS)
        count = len(relative)
        if chosen is not None:
            relative, count = np.where(chosen, relative, 0.0), int(np.count_nonzero(chosen))
        check = self.running.setdefault(name, _Running())
        check.rows += count
        worst = int(relative.argmax())
        if relative[worst] > check.worst:
            check.worst, check.where = float(relative[worst]), (*where, self.periods[worst])

    def equal(self, name: str, where: tuple[Any, ...], left: Floats, right: Floats, chosen: Flags | None = None) -> None:
        """left = right in every period."""
        self.rows(name, where, left - right, np.maximum(np.abs(left), np.abs(right)), chosen)

    def at_most(self, name: str, where: tuple[Any, ...], left: Floats, right: Floats, chosen: Flags | None = None) -> None:
        """left <= right in every period."""
        self.rows(name, where, np.maximum(left - right, 0.0), np.maximum(np.abs(left), np.abs(right)), chosen)

    def must_be_zero(self, name: str, where: tuple[Any, ...], values: Floats, chosen: Flags) -> None:
        """Nothing stands where nothing may stand (``chosen`` true)."""
        self.rows(name, where, values, np.zeros_like(values), chosen)

    def note(self, **entry: Any) -> None:
        """One line of the policy sheet."""
        self.sheet.append(entry)

    def checks(self, tolerance: float = TOLERANCE) -> tuple[Check, ...]:
        """All checks in the order they were first made."""
        return tuple(
            Check(name, c.rows, c.worst, ",".join(map(str, c.where)), tolerance, c.worst <= tolerance)
            for name, c in self.running.items()
        )
