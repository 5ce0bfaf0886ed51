"""Debt followed year by year: what a unit drawn costs until it is paid back, and what works earn at stated prices."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from peakmix.audit.calendar import Calendar, repayment, step, straight
from peakmix.audit.policies.common import Audit, by_period, in_unit
from peakmix.audit.report import Floats
from peakmix.scenario.fields import ALWAYS
from peakmix.scenario.finance import Cash, FinancePolicy, LoanLine

CONVERSION, HOST = "conversion ", " @ "


def exchanged(line: LoanLine, years: Floats) -> Floats:
    """Money for one unit of the line's currency in each of the years."""
    if line.exchange_rate is None:
        return np.ones(len(years))
    stated = {year: quantity.value for year, quantity in line.exchange_rate.items()}
    if set(stated) == {ALWAYS}:
        return np.full(len(years), stated[ALWAYS])
    given = np.array(sorted(stated), dtype=np.float64)
    values = np.array([stated[int(year)] for year in given])
    return straight(given, values, years) if line.between == "linear" else step(given, values, years)


@dataclass(frozen=True)
class Life:
    """One unit of money drawn in a year: payments (tenor,) at the end of the years after it, and debt after each of them."""

    drawn: int
    payments: Floats
    debt: Floats

    @classmethod
    def of(cls, line: LoanLine, rate: float, drawn: int) -> Life:
        """Follow the loan in its currency, then in money of each year."""
        left, paid, debt = 1.0, [], []
        for year in range(line.tenor):
            due = rate * left
            if year >= line.grace:
                years = line.tenor - line.grace
                due = due + 1 / years if line.repayment == "equal_principal" else repayment(rate, years)
            left = left * (1 + rate) - due
            paid.append(due)
            debt.append(left)
        years_after = np.arange(drawn + 1, drawn + line.tenor + 1, dtype=np.float64)
        worth = exchanged(line, years_after) / exchanged(line, np.array([float(drawn)]))
        return cls(drawn, np.array(paid) * worth, np.array(debt) * worth)

    def present(self, rate: float) -> float:
        """Value of all payments in the year of drawing."""
        return float(sum(payment * (1 + rate) ** -(k + 1) for k, payment in enumerate(self.payments)))

    def served(self, calendar: Calendar) -> Floats:
        """Debt service of a year, mean of each period (periods)."""
        yearly = np.zeros(len(calendar.years))
        for k, payment in enumerate(self.payments):
            yearly[calendar.years == self.drawn + 1 + k] = payment
        return calendar.mean(yearly)

    def owed(self, calendar: Calendar) -> Floats:
        """Debt at the end of each period, zero before the draw (periods)."""
        ends = np.array(calendar.first) + np.array(calendar.lengths) - 1
        found = calendar.zeros()
        for k, end in enumerate(ends.tolist()):
            passed = end - self.drawn
            if 0 < passed <= len(self.debt):
                found[k] = self.debt[passed - 1]
        return found


def invested(audit: Audit, policy: FinancePolicy) -> dict[tuple[str, str], Floats]:
    """Investment of the scope by place and asset (periods), not discounted."""
    case = audit.case
    regions = set(case.places.regions(policy.location))
    chosen = {t for t in case.expand(policy.technologies) if policy.sectors is None or case.sector[t] in policy.sectors}
    found: dict[tuple[str, str], Floats] = {}

    def add(place: str, asset: str, amount: Floats) -> None:
        found[place, asset] = found.get((place, asset), case.calendar.zeros()) + amount

    if "new_capacity" in policy.assets:
        for (place, technology), new in case.decisions.all("new_capacity").items():
            if place in regions and technology in chosen:
                add(place, technology, case.technology(place, technology, "capital_cost") * new)
    for component in ("conversion", "renewal") if "conversion" in policy.assets else ():
        for (place, name, *_), amount in case.decisions.all(component).items():
            if place in regions and audit.capacities.conversions[name][1] in chosen:
                value = audit.capacities.conversion_value(place, name, "capital_cost")
                cost = case.or_default("conversion_parameters", "capital_cost", value, name)
                add(place, CONVERSION + name, cost * audit.capacities.ratio(place, name) * amount)
    for (place, measure, host), fitted in case.decisions.all("new_measure").items() if "measure" in policy.assets else ():
        if place in regions and host in chosen:
            value = audit.operation.measures.value(place, measure, host, "capital_cost")
            cost = case.or_default("measure_parameters", "capital_cost", value, measure, host)
            add(place, f"{measure}{HOST}{host}", cost * fitted)
    return found


def eligible(audit: Audit, line: LoanLine, asset: str) -> bool:
    """May the line pay for the asset?"""
    if asset.startswith(CONVERSION):
        name = asset.removeprefix(CONVERSION)
        kind, technology = "conversion", audit.capacities.conversions[name][1]
    elif HOST in asset:
        kind, (name, _, technology) = "measure", asset.partition(HOST)
    else:
        kind, name, technology = "new_capacity", "", asset
    within = line.technologies is None or technology in audit.case.expand(line.technologies)
    return within and (line.assets is None or kind in line.assets) and (line.names is None or name in line.names)


def capital_weight(audit: Audit, place: str, asset: str, k: int) -> float:
    """Weight of the objective on money invested in the asset in a period."""
    period = audit.calendar.first[k]
    if HOST in asset:
        measure, _, host = asset.partition(HOST)
        return audit.calendar.capital_weight(measure, period, audit.operation.measures.life(place, measure, host, period))
    named = asset.startswith(CONVERSION)
    technology = audit.capacities.conversions[asset.removeprefix(CONVERSION)][1] if named else asset
    return audit.calendar.capital_weight(technology, period, audit.case.life(place, technology, period))


def earned(audit: Audit, policy: FinancePolicy, cash: Cash) -> Floats:
    """Outputs less inputs at stated prices, less running and fixed cost, millions of money a year (periods)."""
    case, calendar = audit.case, audit.calendar
    money = case.data.money_unit
    regions = set(case.places.regions(policy.location))
    chosen = {t for t in case.expand(policy.technologies) if policy.sectors is None or case.sector[t] in policy.sectors}
    price = {
        name: by_period(
            {y: in_unit(q, f"{money}/{case.commodity_unit[name]}", case.data) for y, q in amounts.items()}, cash.between, calendar
        )
        for name, amounts in cash.prices.items()
    }
    total = calendar.zeros()
    for (place, technology), flows in audit.operation.net.items():
        if place in regions and technology in chosen:
            total = total + case.sum(price[name] * flow for name, flow in flows.items() if name in price)
            cost = case.technology(place, technology, "variable_cost")
            total = total - cost * audit.operation.activity.get((place, technology), calendar.zeros())
    for (place, technology), fleet in audit.capacities.fleets.items():
        if place in regions and technology in chosen:
            total = total - case.technology(place, technology, "fixed_cost") * fleet.total
    for (place, measure, host), adopted in case.decisions.all("adopted").items():
        for parameter in ("fixed_cost", "variable_cost") if place in regions and host in chosen else ():
            value = audit.operation.measures.value(place, measure, host, parameter)
            total = total - case.or_default("measure_parameters", parameter, value, measure, host) * adopted
    return total
