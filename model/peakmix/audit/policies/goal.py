"""Twin of the instrument goal: the sum over the years in force is no worse than the best value stated, to a millionth."""

from __future__ import annotations

from peakmix.audit.policies.common import Audit, in_force
from peakmix.scenario.goals import GoalPolicy

INSTRUMENT = "goal"


def check(audit: Audit, name: str, policy: GoalPolicy) -> None:
    """The one row of a goal."""
    level = audit.indicators.level(policy.scoped(policy.indicator))
    periods = in_force(audit.calendar, policy.from_year, policy.to_year)
    reached = float(audit.calendar.length[periods] @ level[periods])
    best = audit.base_value(name)
    least = policy.sense == "minimise"
    given = best + 1e-6 * abs(best) if least else best - 1e-6 * abs(best)
    audit.bounded(name, INSTRUMENT, "best", 0, reached, given, least)
