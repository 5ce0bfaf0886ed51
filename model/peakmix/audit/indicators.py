"""Indicators, recomputed from flows, purchases, capacities and decisions (periods).

direct CO2, pollutants, energy   ledgers of the technologies chosen, measures included
purchased scopes                 emission factor x volume of the markets of that scope; they have no sector
output, capacity, use            sums over the technologies chosen
additions, retirements           new capacity, early closures per year of the period
adopted                          output of the technologies chosen that carries one of the measures named
value added, surcharge, ...      see accounts
"""

from __future__ import annotations

import numpy as np

from peakmix.audit import accounts
from peakmix.audit.capacity import Capacities
from peakmix.audit.case import Case
from peakmix.audit.exchange import Markets
from peakmix.audit.operation import Operation
from peakmix.audit.report import Floats
from peakmix.foundation.units import million
from peakmix.scenario.indicators import Indicator

SCOPE = {
    "purchased_power_co2": "purchased_power",
    "purchased_heat_co2": "purchased_heat",
    "hydrogen_power_co2": "hydrogen_power",
}
MATERIAL = ("output", "capacity", "additions", "retirements", "purchases", "sales", "use", "adopted")
PURCHASED = "purchased"


class Indicators:
    """Levels of indicators."""

    def __init__(self, case: Case, capacities: Capacities, operation: Operation, markets: Markets) -> None:
        self.case, self.capacities, self.operation, self.markets = case, capacities, operation, markets

    def level(self, indicator: Indicator, region: str | None = None) -> Floats:
        """Level of an indicator in its yearly unit; its part in one region where one is given."""
        return self.case.sum(weight * self._leaf(leaf, region) for weight, leaf in indicator.leaves())

    def unit(self, indicator: Indicator) -> tuple[str, str]:
        """Yearly unit and natural unit of an indicator, e.g. Mt/yr and t."""
        leaf = indicator.leaves()[0][1]
        if indicator.unit == "money" or (indicator.unit is None and leaf.quantity in ("investment", "value_added", "surcharge")):
            return f"M{self.case.data.money_unit}/yr", self.case.data.money_unit
        if indicator.unit is not None:
            return ("Mtce/yr" if indicator.unit == "tce" else f"{million(indicator.unit)}/yr"), indicator.unit
        if leaf.quantity == "energy":
            return ("PJ/yr", "GJ") if leaf.convention == "calorific" else ("Mtce/yr", "tce")
        if leaf.quantity not in MATERIAL:
            return "Mt/yr", "t"
        names = leaf.commodity or tuple(self.case.product[t] for t in sorted(self.case.expand(leaf.technologies)))
        natural = self.case.commodity_unit[names[0]] if leaf.commodity or leaf.technologies else "t"
        return f"{million(natural)}/yr", natural

    def purchased(self, ledger: str, region: str) -> Floats:
        """CO2 of a purchased scope in a region."""
        total = self.case.calendar.zeros()
        for (place, market), volume in self.case.decisions.all("market_volume").items():
            if place == region and self.markets.facts.get(market, ("", "", ""))[2] == SCOPE[ledger]:
                found = self.markets.price_and_factor(region, market)
                total = total + (found[1] * volume if found else 0.0)
        return total

    def _leaf(self, leaf: Indicator, only: str | None) -> Floats:
        """Level of a plain quantity."""
        regions = tuple(r for r in self.case.places.regions(leaf.location) if only in (None, r))
        chosen = self._technologies(leaf)
        quantity = str(leaf.quantity)
        if leaf.account is not None or quantity == "investment":
            return self._worked_out(leaf, [(region, technology) for region in regions for technology in sorted(chosen)])
        if quantity in ("purchases", "sales", "capacity", "additions", "retirements"):
            return self._stated(quantity, leaf, regions, chosen)
        if quantity == "adopted":
            fitted = self.case.decisions.all("adopted").items()
            wanted = [(key, amount) for key, amount in fitted if key[1] in (leaf.measures or ()) and key[2] in chosen]
            return self.case.sum(amount for key, amount in wanted if key[0] in regions)
        if quantity in ("output", "use"):
            return self._made_or_used(quantity, leaf, regions, chosen)
        if quantity == "co2":
            ledgers = ["direct_co2" if scope == "direct" else f"{scope}_co2" for scope in leaf.scopes or ()]
        elif quantity == "energy":
            ledgers = [f"energy_{leaf.convention}"]
        else:
            ledgers = [str(leaf.pollutant) if quantity == "pollutant" else quantity]
        total = self.case.calendar.zeros()
        for ledger in ledgers:
            if ledger in SCOPE:
                self._whole(leaf, ledger, chosen)
                total = total + self.case.sum(self.purchased(ledger, region) for region in regions)
            else:
                total = total + self._emitted(ledger, leaf, regions, chosen)
        return total

    def _worked_out(self, leaf: Indicator, pairs: list[tuple[str, str]]) -> Floats:
        """Quantities of the accounts: what is not proportional to flows, and investment."""
        case, operation = self.case, self.operation
        if leaf.quantity == "value_added":
            return accounts.value_added(case, operation, pairs)
        if leaf.quantity == "investment":
            return accounts.invested(case, self.capacities, operation, pairs)
        if leaf.quantity == "surcharge":
            return accounts.surcharge(case, operation, leaf, pairs)
        if leaf.norm is not None:
            return accounts.graded(case, self.capacities, operation, leaf, pairs)
        return accounts.energy_left(case, operation, leaf, pairs)

    def _whole(self, leaf: Indicator, ledger: str, chosen: set[str]) -> None:
        """A purchased scope cannot be narrowed to sectors or technologies; saying so is all an audit can do."""
        if chosen != set(self.case.sector):
            self.case.tally.row("indicator has a meaning", (ledger, "narrowed to sectors or technologies"), np.inf)

    def _technologies(self, leaf: Indicator) -> set[str]:
        """Technologies that pass the filters."""
        sectors = leaf.sectors
        return {t for t in self.case.expand(leaf.technologies) if sectors is None or self.case.sector[t] in sectors}

    def _emitted(self, ledger: str, leaf: Indicator, regions: tuple[str, ...], chosen: set[str]) -> Floats:
        """A ledger; of energy, the part of the commodities named."""
        if leaf.quantity != "energy" or leaf.commodity is None:
            return self.case.sum(self.operation.ledger(ledger, r, t) for r in regions for t in sorted(chosen))
        contents = self.operation.contents(ledger)
        return self.case.sum(
            -flow * contents[commodity]
            for (region, technology), flows in self.operation.net.items()
            if region in regions and technology in chosen
            for commodity, flow in flows.items()
            if commodity in leaf.commodity and commodity in contents
        )

    def _stated(self, quantity: str, leaf: Indicator, regions: tuple[str, ...], chosen: set[str]) -> Floats:
        """Purchases, sales, capacity, additions and early closures."""
        case = self.case
        if quantity in ("purchases", "sales"):
            return case.sum(
                volume
                for (region, market), volume in case.decisions.all("market_volume").items()
                if region in regions
                and market in self.markets.facts
                and self.markets.facts[market][0] in (leaf.commodity or ())
                and (self.markets.facts[market][1] == "buy") == (quantity == "purchases")
                and (leaf.market is None or market in leaf.market)
            )
        pairs = [(region, technology) for region in regions for technology in sorted(chosen)]
        if quantity == "capacity":
            return case.sum(self.capacities.total(*pair) for pair in pairs)
        if quantity == "retirements":
            return np.asarray(case.sum(self.capacities.closures(*pair) for pair in pairs) / case.calendar.length)
        return case.sum(case.decisions.of("new_capacity", *pair) for pair in pairs) / case.calendar.length

    def _made_or_used(self, quantity: str, leaf: Indicator, regions: tuple[str, ...], chosen: set[str]) -> Floats:
        """Output of technologies by product, and net use of commodities."""
        operation = self.operation
        if quantity == "output":
            return self.case.sum(
                run
                for (region, technology), run in operation.activity.items()
                if region in regions
                and technology in chosen
                and (leaf.commodity is None or self.case.product[technology] in leaf.commodity)
            )
        return self.case.sum(
            -operation.net[pair][commodity]
            for pair in list(operation.net)
            if pair[0] in regions and pair[1] in chosen
            for commodity in leaf.commodity or ()
            if commodity in operation.net[pair]
        )


def check_ledgers(case: Case, operation: Operation, indicators: Indicators) -> None:
    """Ledgers in the solution are those of the audit."""
    for (ledger, region, sector), stated in case.decisions.all("ledger").items():
        if sector == PURCHASED and ledger in SCOPE:
            own = indicators.purchased(ledger, region)
        else:
            own = case.sum(operation.ledger(ledger, region, t) for t, s in case.sector.items() if s == sector)
        shown = np.array([(ledger, region, sector, p) in case.given_ledgers for p in case.calendar.first])
        case.tally.equal("ledger", (ledger, region, sector), stated, own, shown)
