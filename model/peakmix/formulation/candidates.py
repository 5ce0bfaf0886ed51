"""Candidates of a peak: the rows of every possible peak period of one rule, side by side in one programme.

Rows     candidate_no_growth(policy, period)                  mark[p+1] - mark[p] <= 0           after the peak period, dated p+1
         candidate_plateau(policy, peak_period, period)       mark[p] - (1 + tolerance) mark[P] <= 0   in the plateau, instead of it
         candidate_below_peak(policy, peak_period, period)    mark[p] - mark[P] <= 0             rule B: every earlier period
         candidate_height(policy, peak_period)                mark[P] <= H                       if a height is given
Symbols  mark  the indicator of the peak rule, a column with a row of its own       its yearly unit      (policy, period)
         H  height    its yearly unit    (policy, peak_period)
         P  a period that may be the peak
Dual     candidate_no_growth: none is reported; the rows of one candidate are those of the instrument `peak` with its peak in P
Traps    all rows at once have no meaning: those that do not belong to the candidate that is solved are switched off by their
         limits (`solve/switching`); the indicator stands in one row a period, so that a candidate is two entries a row
Source   design 3.8, rule C by enumeration
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from peakmix.formulation.marks import add_marks
from peakmix.formulation.model import rows
from peakmix.parameters.container import Key, Parameters

CANDIDATES = ("candidate_no_growth", "candidate_plateau", "candidate_below_peak", "candidate_height")
Label = tuple[str, Key]


def add_candidates(model: Any, parameters: Parameters, policy_id: str, policy: Any) -> None:
    """Add the marks and rows of every candidate; heights are taken from ``policy_height[policy, peak]``, where there are any."""
    periods = tuple(parameters.horizon)
    add_marks(model, {policy_id: policy.scoped(policy.indicator)}, periods)
    level = {period: model.mark[policy_id, period] for period in periods}
    for before, period in pairwise(periods):
        rows(model, "candidate_no_growth")[policy_id, period] = level[period] - level[before] <= 0
    for peak in periods:
        for period in periods:
            if period < peak:
                rows(model, "candidate_below_peak")[policy_id, peak, period] = level[period] - level[peak] <= 0
            elif _on_plateau(policy, peak, period):
                ceiling = (1 + policy.plateau.tolerance) * level[peak]
                rows(model, "candidate_plateau")[policy_id, peak, period] = level[period] - ceiling <= 0
        height = parameters.values.get("policy_height", {}).get((policy_id, peak))
        if height is not None:
            rows(model, "candidate_height")[policy_id, peak] = level[peak] <= height


def candidate(parameters: Parameters, policy_id: str, policy: Any, rule: str, peak: int) -> set[Label]:
    """The rows that hold when the peak lies in ``peak``, under rule A or B; a row is named by component and index."""
    on: set[Label] = {("candidate_height", (policy_id, peak))}
    for period in parameters.horizon:
        if period < peak and rule == "B":
            on.add(("candidate_below_peak", (policy_id, peak, period)))
        elif _on_plateau(policy, peak, period):
            on.add(("candidate_plateau", (policy_id, peak, period)))
        elif period > peak:
            on.add(("candidate_no_growth", (policy_id, period)))
    return on


def _on_plateau(policy: Any, peak: int, period: int) -> bool:
    """Does the plateau that follows the peak reach this period?"""
    return bool(policy.plateau is not None and peak < period <= policy.plateau.until)
