"""Twin of the instrument price: the charged quantity is the indicator, and the charge is D x price x quantity."""

from __future__ import annotations

import numpy as np

from peakmix.audit.policies.common import Audit, by_period, in_force, in_unit
from peakmix.scenario.policies import PricePolicy

INSTRUMENT = "price"


def check(audit: Audit, name: str, policy: PricePolicy) -> None:
    """Charged quantity and charge of one price."""
    indicator, data = policy.scoped(policy.indicator), audit.case.data
    level = audit.indicators.level(indicator)
    natural = audit.indicators.unit(indicator)[1]
    target = f"{data.money_unit}/{natural}"
    values = {year: in_unit(q, target, data) for year, q in policy.quantities().items()}
    price = by_period(values, policy.between, audit.calendar)
    holds = np.zeros(audit.calendar.count, dtype=bool)
    holds[in_force(audit.calendar, policy.start_year, policy.to_year)] = True
    charged = audit.case.decisions.of("policy_charge", name)
    audit.case.tally.equal("policy price: charged quantity", (name,), charged, np.where(holds, level, 0.0))
    component = "policy_transfer" if policy.transfer else "policy_cost"
    audit.accounts.book(component, audit.calendar.operating * price * np.where(holds, level, 0.0))
    for k in np.flatnonzero(holds).tolist():
        audit.line(name, INSTRUMENT, "charged", audit.calendar.first[k], level[k], price[k], 0.0)
