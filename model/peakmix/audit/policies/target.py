"""Twin of the instrument target: reached, missed at its price, or only reported.

reached or missed   E[p] + O[p] >= V[p]   (lower)   E[p] - O[p] <= V[p]   (upper);   O = 0 where the target is hard
voluntary           level and value are written on the sheet; nothing is asked for, and nothing may be bought
"""

from __future__ import annotations

import numpy as np

from peakmix.audit.policies.common import Audit, in_force
from peakmix.audit.policies.limit import bounds, check_periods
from peakmix.scenario.limits import TargetPolicy

INSTRUMENT = "target"


def check(audit: Audit, name: str, policy: TargetPolicy) -> None:
    """Rows of one target."""
    level, bound = audit.indicators.level(policy.scoped(policy.indicator)), bounds(audit, name, policy)
    periods = in_force(audit.calendar, policy.start_year, policy.to_year)
    if not policy.voluntary:
        check_periods(audit, name, policy, INSTRUMENT, level, bound, periods)
        return
    everywhere = np.ones(audit.calendar.count, dtype=bool)
    audit.case.tally.must_be_zero("policy target: excess", (name,), audit.case.decisions.of("policy_excess", name), everywhere)
    for k in periods:
        room = bound[k] - level[k] if policy.sense == "upper" else level[k] - bound[k]
        audit.line(name, INSTRUMENT, "voluntary", audit.calendar.first[k], level[k], bound[k], room)
