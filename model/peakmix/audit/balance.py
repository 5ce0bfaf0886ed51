"""Balances: every commodity in every region and period, an equality.

technologies and measures + bought - sold - disposed + arrivals - departures - deliveries + draw = demand
"""

from __future__ import annotations

import numpy as np

from peakmix.audit.case import Case
from peakmix.audit.exchange import Demand, Freight, Markets, Stockpiles
from peakmix.audit.operation import Operation
from peakmix.audit.report import Floats

Place = tuple[str, str]


class Book:
    """Signed sum and turnover of each (region, commodity) along periods."""

    def __init__(self, periods: int) -> None:
        self.periods = periods
        self.net: dict[Place, Floats] = {}
        self.turnover: dict[Place, Floats] = {}

    def add(self, place: Place, amount: Floats, size: Floats | None = None) -> None:
        """Book what comes in (+) or goes out (-); ``size`` is its turnover where parts cancel in it."""
        if place not in self.net:
            self.net[place], self.turnover[place] = np.zeros(self.periods), np.zeros(self.periods)
        self.net[place] = self.net[place] + amount
        self.turnover[place] = self.turnover[place] + (np.abs(amount) if size is None else size)


def check_balances(
    case: Case, operation: Operation, markets: Markets, freight: Freight, stockpiles: Stockpiles, demand: Demand
) -> None:
    """Every balance closes."""
    book = Book(case.calendar.count)
    for (region, technology), flows in operation.net.items():
        for commodity, flow in flows.items():
            book.add((region, commodity), flow, operation.turnover[region, technology][commodity])
    for (region, market), volume in case.decisions.all("market_volume").items():
        if market in markets.facts:
            commodity, direction, _ = markets.facts[market]
            book.add((region, commodity), volume if direction == "buy" else -volume)
    for (commodity, a, b), amount in case.decisions.all("trade").items():
        loss = freight.best.get((commodity, a, b), (0.0, 0.0))[1]
        book.add((a, commodity), -amount)
        book.add((b, commodity), (1 - loss) * amount)
    for (_, commodity, region), amount in case.decisions.all("delivery").items():
        book.add((region, commodity), -amount)
    for region, commodity in case.decisions.all("stockpile"):
        if region in case.places.members:
            book.add((region, commodity), stockpiles.draw(region, commodity))
    for place, amount in demand.regional.items():
        book.add(place, -amount)
    for place, net in book.net.items():
        case.tally.rows("balance", place, net, book.turnover[place])
