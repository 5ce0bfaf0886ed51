"""Marks: free variables equal to an indicator in a period, to read, minimise or tabulate it without writing it out.

Rows     mark_level(name, period)   mark = E      for any indicator E and period
Dual     mark_level: none is reported; a mark is a reading, not a rule
Source   design section 4 (window, relative policies)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from peakmix.formulation.indicators import express
from peakmix.formulation.modelling import pyo


def add_marks(model: Any, indicators: Mapping[str, Any], periods: tuple[int, ...]) -> None:
    """Add ``mark[name, period]`` for every indicator and period, in the indicator's yearly unit."""
    index = [(name, period) for name in indicators for period in periods]
    model.mark = pyo.Var(index)
    model.mark_level = pyo.Constraint(
        index, rule=lambda m, name, period: m.mark[name, period] - express(m, m.books, indicators[name], period) == 0
    )


def add_cost_ceiling(model: Any, ceiling: float) -> None:
    """Hold the cost that is minimised at or below an amount, million money discounted: cost as a row, for another objective."""
    model.goal_cost = pyo.Constraint(expr=model.objective.expr <= ceiling)
