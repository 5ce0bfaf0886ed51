"""Cost by component, in millions of money, discounted, from the audit's own prices, weights and capacities."""

from __future__ import annotations

import numpy as np

from peakmix.audit.capacity import Capacities
from peakmix.audit.case import Case
from peakmix.audit.exchange import Freight, Markets, Stockpiles
from peakmix.audit.measures import Measures
from peakmix.audit.operation import Operation
from peakmix.audit.report import Floats

EXCHANGE = {"buy": ("purchases", 1.0), "sell": ("sales", -1.0), "dispose": ("disposal", 1.0)}
COMPONENTS = (
    "investment", "hurdle_mark_up", "fixed", "variable", "closure", "conversion", "purchases", "sales", "disposal",
    "freight", "holding", "measure_investment", "measure_fixed", "measure_variable", "policy_transfer", "policy_cost",
    "policy_slack", "loan_interest",
)  # fmt: skip


class Accounts:
    """Cost components; policies book theirs as they are checked."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.total = dict.fromkeys(COMPONENTS, 0.0)

    def book(self, component: str, amounts: Floats | float) -> None:
        """Add amounts to a component."""
        self.total[component] += float(np.sum(amounts))

    def check(self, objective: float, reported: dict[str, float] | None) -> None:
        """The sum is the objective, and each component what was reported for it."""
        total = sum(self.total.values())
        size = sum(abs(value) for value in self.total.values())
        self.case.tally.row("objective", ("sum of components",), total - objective, objective)
        for component in sorted({*(reported or {}), *(self.total if reported else ())}):
            own = self.total.get(component, 0.0)
            given = (reported or {}).get(component, 0.0)
            self.case.tally.row("cost components", (component,), own - given, max(abs(own), 1e-6 * size))


def book_capital(case: Case, capacities: Capacities, accounts: Accounts) -> None:
    """Investment, hurdle mark-up, conversions and closures."""
    calendar = case.calendar
    for (region, technology), new in case.decisions.all("new_capacity").items():
        if not new.any() or technology not in case.sector or region not in case.places.members:
            continue
        cost = case.technology(region, technology, "capital_cost")
        hurdle = case.mean("technology_parameters", ((technology, "hurdle_rate"),), case.weights.of_technology(region, technology))
        for place in np.flatnonzero(new).tolist():
            period = calendar.first[place]
            life = case.life(region, technology, period)
            plain = calendar.capital_weight(technology, period, life) * float(cost[place] * new[place])
            accounts.book("investment", plain)
            if hurdle is not None:
                accounts.book("hurdle_mark_up", plain * calendar.mark_up(float(hurdle[place]), life))
    for component in ("renewal", "conversion"):
        for (region, name, *_), amount in case.decisions.all(component).items():
            if amount.any() and name in capacities.conversions:
                accounts.book("conversion", _converted(case, capacities, region, name, amount))
    for region, technology in capacities.closed:
        if technology in case.sector:
            cost = case.technology(region, technology, "closure_cost") * calendar.investment
            accounts.book("closure", cost * capacities.closures(region, technology))


def _converted(case: Case, capacities: Capacities, region: str, name: str, amount: Floats) -> float:
    """Charge of a conversion: cost per target capacity, spread over the target's life."""
    calendar, target = case.calendar, capacities.conversions[name][1]
    value = capacities.conversion_value(region, name, "capital_cost")
    cost = case.or_default("conversion_parameters", "capital_cost", value, name)
    brought, total = capacities.ratio(region, name) * amount, 0.0
    for place in np.flatnonzero(amount).tolist():
        period = calendar.first[place]
        weight = calendar.capital_weight(target, period, case.life(region, target, period))
        total += weight * float(cost[place] * brought[place])
    return total


def book_running(case: Case, capacities: Capacities, operation: Operation, accounts: Accounts) -> None:
    """Fixed cost of all live capacity, tracked or not, and variable cost of activity."""
    weight = case.calendar.operating
    for (region, technology), fleet in capacities.fleets.items():
        accounts.book("fixed", weight * case.technology(region, technology, "fixed_cost") * fleet.total)
    for (region, technology), run in operation.activity.items():
        accounts.book("variable", weight * case.technology(region, technology, "variable_cost") * run)


def book_exchange(case: Case, markets: Markets, freight: Freight, stockpiles: Stockpiles, accounts: Accounts) -> None:
    """Purchases, sales, disposal, freight and holding."""
    weight = case.calendar.operating
    for (region, market), volume in case.decisions.all("market_volume").items():
        found = markets.price_and_factor(region, market) if market in markets.facts else None
        if found is not None:
            component, sign = EXCHANGE[markets.facts[market][1]]
            accounts.book(component, sign * weight * found[0] * volume)
    for arc, amount in case.decisions.all("trade").items():
        if arc in freight.best:
            accounts.book("freight", weight * freight.best[arc][0] * amount)
    for (region, commodity), stored in case.decisions.all("stockpile").items():
        if region in case.places.members:
            accounts.book("holding", weight * stockpiles.holding(region, commodity) * stored)


def book_measures(case: Case, measures: Measures, accounts: Accounts) -> None:
    """Investment in measures, their yearly and their running cost."""
    calendar = case.calendar
    for (region, measure, host), fitted in case.decisions.all("new_measure").items():
        if (measure, host) not in measures.groups or not fitted.any():
            continue
        value = measures.value(region, measure, host, "capital_cost")
        cost = case.or_default("measure_parameters", "capital_cost", value, measure, host)
        for place in np.flatnonzero(fitted).tolist():
            period = calendar.first[place]
            life = measures.life(region, measure, host, period)
            weight = calendar.capital_weight(measure, period, life)
            accounts.book("measure_investment", weight * float(cost[place] * fitted[place]))
    for (region, measure, host), adopted in case.decisions.all("adopted").items():
        if (measure, host) in measures.groups and adopted.any():
            for component, parameter in (("measure_fixed", "fixed_cost"), ("measure_variable", "variable_cost")):
                value = measures.value(region, measure, host, parameter)
                cost = case.or_default("measure_parameters", parameter, value, measure, host)
                accounts.book(component, calendar.operating * cost * adopted)
