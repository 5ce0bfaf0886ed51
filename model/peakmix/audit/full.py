"""The full audit: a solution recomputed from the resolved tables, with arithmetic of its own.

Nothing here is taken from the derivation or the formulation. Cost, balances, capacity, stock, measures, limits, ledgers
and every policy's level and slack follow from tables, scenario and the solution's decisions alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from peakmix.audit.balance import check_balances
from peakmix.audit.capacity import Capacities
from peakmix.audit.case import Case, Values
from peakmix.audit.costs import Accounts, book_capital, book_exchange, book_measures, book_running
from peakmix.audit.exchange import Demand, Freight, Markets, Stockpiles
from peakmix.audit.indicators import Indicators, check_ledgers
from peakmix.audit.limits import check_limits, check_shares
from peakmix.audit.measures import Measures, check_measures
from peakmix.audit.operation import Operation, check_base_year, check_service
from peakmix.audit.policies.common import Audit, twins
from peakmix.audit.report import TOLERANCE, AuditReport
from peakmix.audit.stock import check_stock
from peakmix.audit.stranded import Cells, check_stranded
from peakmix.scenario import Scenario
from peakmix.tables import DataSet

TWINS: dict[str, Any] = twins()
"""Instruments by name, each the twin of one in the formulation; a file in `audit/policies` is found by itself."""


def audit(
    data: DataSet,
    scenario: Scenario,
    values: Values,
    objective: float,
    base_values: Mapping[str, float],
    components: Mapping[str, float] | None = None,
    stranded: tuple[Cells, Cells] | None = None,
) -> AuditReport:
    """Audit one solution.

    Parameters
    ----------
    data:
        Tables in canonical units, the scenario's levers already applied.
    scenario:
        The resolved scenario.
    values:
        Value of every variable by component name and index; what is missing is zero.
    objective:
        The optimum that was reported, in millions of money, discounted.
    base_values:
        Number computed for the base period by policy, for policies relative to it.
    components:
        Cost components as reported, compared one by one where given (``fixed`` with what stands untracked).
    stranded:
        Value left in what closes early, as reported: of capacity the model built, and of what stood at the start.
    """
    case = Case(data, scenario.spec, values, base_values)
    capacities, measures = Capacities(case), Measures(case)
    operation = Operation(case, measures)
    markets, freight, stockpiles, demand = Markets(case), Freight(case), Stockpiles(case), Demand(case)
    indicators, accounts = Indicators(case, capacities, operation, markets), Accounts(case)
    check_stock(case, capacities)
    check_service(case, capacities, operation)
    check_base_year(case, operation)
    check_measures(case, measures, capacities, operation.activity)
    for part in (markets, freight, stockpiles, demand):
        part.check()
    check_balances(case, operation, markets, freight, stockpiles, demand)
    check_limits(case, capacities, operation)
    check_shares(case, operation)
    check_ledgers(case, operation, indicators)
    book_capital(case, capacities, accounts)
    book_running(case, capacities, operation, accounts)
    book_exchange(case, markets, freight, stockpiles, accounts)
    book_measures(case, measures, accounts)
    frame = Audit(case, capacities, operation, indicators, accounts)
    for name, policy in scenario.spec.active_policies.items():
        if policy.instrument in TWINS:
            TWINS[policy.instrument].check(frame, name, policy)
        else:
            case.tally.row("policies have a twin", (name, policy.instrument), np.inf)
    if stranded is not None:
        check_stranded(case, capacities, *stranded)
    accounts.check(objective, dict(components) if components is not None else None)
    checks = case.tally.checks(TOLERANCE)
    return AuditReport(scenario.name, objective, dict(accounts.total), checks, tuple(case.tally.sheet))


__all__ = ["AuditReport", "audit"]
