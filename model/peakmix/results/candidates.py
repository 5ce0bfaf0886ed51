"""Candidates of a peak recounted: levels of the indicator, and the rows of each candidate, from the derived numbers alone."""

from __future__ import annotations

from typing import Any

import numpy as np

from peakmix.results.quick_audit import INEQUALITY_FLOOR
from peakmix.results.recount.indicators import indicator
from peakmix.results.recount.policies import Sheet, twins
from peakmix.results.recount.recount import Recount
from peakmix.results.recount.stack import policy_check
from peakmix.results.recount.terms import Block
from peakmix.solve.program import FloatArray

BEFORE = "policy_below_peak"
"""The rows that rule B has and rule A has not."""


class CandidateRows:
    """Rows of one peak rule for every possible peak period; made when first asked for.

    Parameters
    ----------
    recount:
        Recount of the structure without the rule.
    policy_id, policy:
        The rule; heights are taken from ``policy_height[policy, peak]``.
    """

    def __init__(self, recount: Recount, policy_id: str, policy: Any) -> None:
        self.recount, self.policy_id, self.policy = recount, policy_id, policy
        scope, what = recount.scope, policy.scoped(policy.indicator)
        builder = scope.builder("level")
        for period in scope.parameters.horizon:
            builder.row((period,))
            builder.add((period,), indicator(scope, what, period))
        self._levels = builder.block()
        self._rows: dict[int, Block] = {}

    def levels(self, x: FloatArray) -> FloatArray:
        """The indicator by period, shape (periods,), in its yearly unit."""
        return self.recount.point(x).values(self._levels)

    def violation(self, x: FloatArray, rule: str, peak: int) -> float:
        """Largest violation of the rows of a candidate, relative as in the quick audit; 0 without rows."""
        block = self._block(peak)
        point = self.recount.point(x)
        value, size = point.values(block), point.sizes(block)
        wrong = np.maximum(value * block.sense, 0.0) / np.maximum(INEQUALITY_FLOOR, size)
        held = [k for k, label in enumerate(block.labels) if rule == "B" or label[0] != BEFORE]
        return float(wrong[held].max()) if held else 0.0

    def _block(self, peak: int) -> Block:
        if peak not in self._rows:
            scope = self.recount.scope
            scope.parameters.facts.setdefault("peak_period", {})[self.policy_id] = peak
            sheet = Sheet(scope)
            twins()["peak"](sheet, self.policy_id, self.policy.model_copy(update={"rule": "B"}))
            self._rows[peak] = policy_check(sheet.blocks())
        return self._rows[peak]
