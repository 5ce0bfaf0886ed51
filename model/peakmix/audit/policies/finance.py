"""Twin of the instrument finance: every draw is followed year by year until it is paid back.

draws     only on eligible new capacity in force; together at most what it costs, each line at most its share
ceiling   all draws of a line
own       a year: investment less draws, spread over the period, and the service of every draw so far <= own funds
money     weight of the asset's capital x (present value of the debt service - 1) x draw, a transfer
"""

from __future__ import annotations

import numpy as np

from peakmix.audit.calendar import payments, repayment
from peakmix.audit.policies.common import Audit, by_period, in_force, in_unit
from peakmix.audit.report import Floats
from peakmix.scenario.finance import FinancePolicy, LoanLine

INSTRUMENT = "finance"
Pair = tuple[str, str]


def check(audit: Audit, name: str, policy: FinancePolicy) -> None:
    """Draws, lines, own funds and interest of one policy."""
    case, calendar = audit.case, audit.calendar
    periods = in_force(calendar, policy.from_year, policy.to_year)
    outside = np.ones(calendar.count, dtype=bool)
    outside[periods] = False
    invested = _invested(audit, policy)
    covered: dict[Pair, Floats] = {}
    drawn: dict[str, Floats] = {line: calendar.zeros() for line in policy.lines}
    for (owner, line, *place), amounts in case.decisions.all("loan_draw").items():
        if owner != name:
            continue
        pair: Pair = (str(place[0]), str(place[1]))
        eligible = pair in invested and line in policy.lines and _eligible(audit, policy.lines[line], pair[1])
        case.tally.must_be_zero("policy finance: draw", (name, line, *pair), amounts, outside | (not eligible))
        if not eligible:
            continue
        drawn[line] = drawn[line] + amounts
        covered[pair] = covered.get(pair, calendar.zeros()) + amounts
        for k in np.flatnonzero(amounts).tolist():
            most, where = policy.lines[line].share * float(invested[pair][k]), f"{name} {line} {pair[0]} {pair[1]}"
            audit.bounded(where, INSTRUMENT, "share", calendar.first[k], float(amounts[k]), most, True)
            audit.accounts.book("loan_interest", _interest(audit, policy.lines[line], pair, k) * float(amounts[k]))
    for pair, amounts in covered.items():
        for k in np.flatnonzero(amounts).tolist():
            where = f"{name} {pair[0]} {pair[1]}"
            audit.bounded(where, INSTRUMENT, "cover", calendar.first[k], float(amounts[k]), float(invested[pair][k]), True)
    money = f"M{case.data.money_unit}"
    for line, terms in policy.lines.items():
        if terms.ceiling is not None:
            most = in_unit(terms.ceiling, money, case.data)
            audit.bounded(f"{name} {line}", INSTRUMENT, "line", 0, float(drawn[line].sum()), most, True)
    if policy.own_funds is not None:
        funds = by_period({y: in_unit(q, f"{money}/yr", case.data) for y, q in policy.own_funds.items()}, policy.between, calendar)
        own = (case.sum(invested.values()) - case.sum(drawn.values())) / calendar.length
        own = own + case.sum(_served(audit, policy.lines[line], amounts) for line, amounts in drawn.items())
        for k in periods:
            audit.bounded(name, INSTRUMENT, "own funds", calendar.first[k], float(own[k]), float(funds[k]), True)


def _invested(audit: Audit, policy: FinancePolicy) -> dict[Pair, Floats]:
    """Investment in new capacity of the scope by place and technology (periods), not discounted."""
    case = audit.case
    regions, chosen = case.places.regions(policy.location), case.expand(policy.technologies)
    return {
        (region, technology): case.technology(region, technology, "capital_cost") * new
        for (region, technology), new in case.decisions.all("new_capacity").items()
        if region in regions and technology in chosen and (policy.sectors is None or case.sector[technology] in policy.sectors)
    }


def _eligible(audit: Audit, line: LoanLine, technology: str) -> bool:
    """May the line be drawn for this technology?"""
    return technology in audit.case.expand(line.technologies)


def _interest(audit: Audit, line: LoanLine, pair: Pair, k: int) -> float:
    """What one unit drawn costs above what it pays for, present value."""
    calendar = audit.calendar
    period = calendar.first[k]
    weight = calendar.capital_weight(pair[1], period, audit.case.life(*pair, period))
    worth = repayment(line.rate, line.tenor) * payments(calendar.rate, line.tenor) / (1 + calendar.rate)
    return float(weight * (worth - 1))


def _served(audit: Audit, line: LoanLine, amounts: Floats) -> Floats:
    """Debt service of a year, mean of each period."""
    calendar = audit.calendar
    yearly = np.zeros(len(calendar.years))
    for k in np.flatnonzero(amounts).tolist():
        due = (calendar.years > calendar.first[k]) & (calendar.years <= calendar.first[k] + line.tenor)
        yearly = yearly + due * repayment(line.rate, line.tenor) * float(amounts[k])
    return calendar.mean(yearly)
