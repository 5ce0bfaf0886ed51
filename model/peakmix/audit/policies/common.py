"""What the twins share: the frame of an audit, dates, values by period, and lines of the policy sheet."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from peakmix.audit.calendar import Calendar, step, straight
from peakmix.audit.capacity import Capacities
from peakmix.audit.case import Case
from peakmix.audit.costs import Accounts
from peakmix.audit.indicators import Indicators
from peakmix.audit.operation import Operation
from peakmix.audit.report import Floats
from peakmix.foundation.units import convert_factor
from peakmix.scenario.fields import ALWAYS, Quantity
from peakmix.tables import DataSet


def twins() -> dict[str, Any]:
    """Every module of `audit/policies` that names the INSTRUMENT it is the twin of, by that name."""
    package = importlib.import_module("peakmix.audit.policies")
    found = [importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    return {module.INSTRUMENT: module for module in found if hasattr(module, "INSTRUMENT")}


@dataclass(frozen=True)
class Audit:
    """Everything a policy may speak of."""

    case: Case
    capacities: Capacities
    operation: Operation
    indicators: Indicators
    accounts: Accounts

    @property
    def calendar(self) -> Calendar:
        """Periods and weights."""
        return self.case.calendar

    def base_value(self, policy: str) -> float:
        """Number computed for the base period; without one the check fails."""
        if policy not in self.case.base_values:
            self.case.tally.row("base values stated", (policy,), np.inf)
        return float(self.case.base_values.get(policy, 0.0))

    def line(self, policy: str, instrument: str, rule: str, period: int, level: float, bound: float, slack: float) -> None:
        """One line of the policy sheet; slack below zero: the bound is broken."""
        self.case.tally.note(
            policy=policy, instrument=instrument, rule=rule, period=period,
            level=float(level), bound=float(bound), slack=float(slack),
        )  # fmt: skip

    def bounded(self, policy: str, instrument: str, rule: str, period: int, level: float, bound: float, upper: bool) -> None:
        """One row of a policy: checked, and written on the sheet."""
        slack = bound - level if upper else level - bound
        name = f"policy {instrument}: {rule}"
        self.case.tally.row(name, (policy, period), max(0.0, -slack), max(abs(level), abs(bound)))
        self.line(policy, instrument, rule, period, level, bound, slack)


def in_unit(quantity: Quantity, unit: str, data: DataSet) -> float:
    """A stated quantity in a unit; without a unit of its own it already is."""
    return quantity.value * (1.0 if quantity.unit is None else convert_factor(quantity.unit, unit, data.prices))


def in_force(calendar: Calendar, start: int | None, end: int | None) -> list[int]:
    """Places of the periods whose first year lies within the dates; the base period never."""
    return [
        k
        for k, first in enumerate(calendar.first)
        if not calendar.is_base[k] and (start is None or first >= start) and (end is None or first <= end)
    ]


def by_period(values: Mapping[int, float], between: str, calendar: Calendar) -> Floats:
    """Values by year as values of periods: means of the years, or the step in the first year."""
    if set(values) == {ALWAYS}:
        return np.full(calendar.count, values[ALWAYS])
    years = np.array(sorted(values), dtype=np.float64)
    stated = np.array([values[int(year)] for year in years])
    if between == "step":
        return step(years, stated, np.array(calendar.first, dtype=np.float64))
    return calendar.mean(straight(years, stated, calendar.years.astype(np.float64)))
