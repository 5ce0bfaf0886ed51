"""Twin of the instrument peak: after its peak an indicator does not rise.

A       E[p+1] <= E[p] from the peak period on; in the plateau E[p] <= (1 + tolerance) E[peak] instead
B       and E[p] <= E[peak] for every earlier period, the base period included
height  E[peak] <= H
"""

from __future__ import annotations

import numpy as np

from peakmix.audit.policies.common import Audit, in_unit
from peakmix.scenario.policies import Height, PeakPolicy

INSTRUMENT = "peak"


def peak_place(audit: Audit, policy: PeakPolicy) -> int:
    """Place of the peak period: the one whose years hold the year, or the last that ends before it."""
    calendar = audit.calendar
    if policy.before:
        ended = [k for k in range(calendar.count) if calendar.first[k] + calendar.lengths[k] - 1 < policy.year]
        return ended[-1]
    return int(calendar.owner[np.flatnonzero(calendar.years == policy.year)[0]])


def check(audit: Audit, name: str, policy: PeakPolicy) -> None:
    """Rows of one peak rule."""
    indicator = policy.scoped(policy.indicator)
    level = audit.indicators.level(indicator)
    peak = peak_place(audit, policy)
    calendar, plateau = audit.calendar, policy.plateau
    for k in range(peak + 1, calendar.count):
        first = calendar.first[k]
        if plateau is not None and first <= plateau.until:
            audit.bounded(name, INSTRUMENT, "plateau", first, level[k], (1 + plateau.tolerance) * level[peak], True)
        else:
            audit.bounded(name, INSTRUMENT, "no growth", first, level[k], level[k - 1], True)
    for k in range(peak) if policy.rule == "B" else ():
        audit.bounded(name, INSTRUMENT, "below peak", calendar.first[k], level[k], level[peak], True)
    if isinstance(policy.height, Height):
        height = policy.height.relative_to_base * audit.base_value(name)
        audit.bounded(name, INSTRUMENT, "height", calendar.first[peak], level[peak], height, True)
    elif policy.height is not None:
        height = in_unit(policy.height, audit.indicators.unit(indicator)[0], audit.case.data)
        audit.bounded(name, INSTRUMENT, "height", calendar.first[peak], level[peak], height, True)
