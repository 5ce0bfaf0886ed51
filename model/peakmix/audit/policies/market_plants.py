"""Plants of an allowance market, reckoned from the tables: what each emits, is given by a band and lacks, per unit.

emitted      - sum of net flow x CO2 content + process emissions - what a measure removes, as far as the indicator counts it
attributed   sum of |net flow| x stated factor, over the commodities of the band
host         A(e) = e + max(e, 0) x slope (b - e) / b held within the clamp, at e = emitted + attributed
through      (emitted - attributed) x (1 - slope), or all of it where the clamp is 0
measure      the same plant with the measure less the plant without, for every unit adopted
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

import numpy as np

from peakmix.audit.calendar import Calendar, step, straight
from peakmix.audit.operation import ALL
from peakmix.audit.policies.common import Audit, in_unit
from peakmix.audit.report import Floats
from peakmix.foundation.units import million
from peakmix.scenario.fields import ALWAYS, Quantity
from peakmix.scenario.indicators import Indicator
from peakmix.scenario.market import Allocation, MarketPolicy

Plant = tuple[str, str, str, str | None]
"""(region, technology, cohort, measure or None)."""


def together(series: list[Mapping[int, float]], between: str, calendar: Calendar) -> Floats:
    """Means over the years of each period of the product of series by year; for steps the product in the first year."""
    years = np.array(calendar.first, dtype=np.float64) if between == "step" else calendar.years.astype(np.float64)
    product = np.ones(years.shape)
    for values in series:
        if set(values) == {ALWAYS}:
            product = product * values[ALWAYS]
            continue
        stated = np.array(sorted(values), dtype=np.float64)
        numbers = np.array([values[int(year)] for year in stated])
        product = product * (step if between == "step" else straight)(stated, numbers, years)
    return product if between == "step" else calendar.mean(product)


class Plants:
    """Numbers per unit of activity of the plants of one market (periods)."""

    def __init__(self, audit: Audit, policy: MarketPolicy) -> None:
        self.audit, self.policy, self.case = audit, policy, audit.case
        self.regions = set(self.case.places.regions(policy.location))
        self.unit = audit.indicators.unit(policy.scoped(policy.indicator))[0]
        self.entries: dict[str, tuple[Allocation, bool]] = {}
        for entry in policy.allocation:
            if entry.band is not None:
                for technology in self.case.expand(entry.band.through) if entry.band.through is not None else ():
                    self.entries[technology] = (entry, False)
                for technology in self.case.expand(entry.band.technologies):
                    self.entries[technology] = (entry, True)

    def numbers(self, series: Mapping[int, Quantity], unit: str) -> dict[int, float]:
        """A stated series in a unit."""
        return {year: in_unit(quantity, unit, self.case.data) for year, quantity in series.items()}

    def per(self, commodity: str) -> str:
        """Unit of the indicator per unit of a commodity."""
        return f"{self.unit}/({million(self.case.commodity_unit[commodity])}/yr)"

    def mean(self, *series: Mapping[int, float]) -> Floats:
        """Period values of a product of series."""
        return together(list(series), self.policy.between, self.audit.calendar)

    def factors(self, entry: Allocation) -> list[Mapping[int, float]]:
        """Factors by year on an allocation."""
        return [self.numbers(s, "1") for s in (entry.tightening, self.policy.tightening) if s is not None]

    @cached_property
    def leaves(self) -> list[tuple[float, str, set[str], set[str]]]:
        """(weight, ledger, regions, technologies) of the indicator."""
        found = []
        for weight, leaf in self.policy.scoped(self.policy.indicator).leaves():
            ledger = str(leaf.pollutant) if leaf.quantity == "pollutant" else str(leaf.quantity)
            found.append((weight, ledger, set(self.case.places.regions(leaf.location)), self.chosen(leaf)))
        return found

    def chosen(self, leaf: Indicator) -> set[str]:
        """Technologies that pass the filters of an indicator."""
        return {t for t in self.case.expand(leaf.technologies) if leaf.sectors is None or self.case.sector[t] in leaf.sectors}

    def flows(self, plant: Plant) -> dict[str, Floats]:
        """Net flows per unit, measure included."""
        region, technology, cohort, measure = plant
        ones = np.ones(self.audit.calendar.count)
        found = {c: ones * amount for c, amount in self.audit.operation.unit_flows(region, technology, cohort).items()}
        if measure is not None:
            for commodity, change in self.audit.operation.measures.changes.get((measure, technology), {}).items():
                found[commodity] = found.get(commodity, 0.0 * ones) + change
        return found

    def emitted(self, plant: Plant) -> Floats:
        """What the indicator counts per unit."""
        region, technology, _, measure = plant
        flows, operation = self.flows(plant), self.audit.operation
        total = self.audit.calendar.zeros()
        for weight, ledger, regions, technologies in self.leaves:
            if region not in regions or technology not in technologies:
                continue
            contents = operation.contents(ledger)
            part = self.case.sum(-flow * contents[c] for c, flow in flows.items() if c in contents)
            pollutant = "CO2_process" if ledger == "direct_co2" else ledger
            weights = self.case.weights.of_technology(region, technology)
            outside = self.case.mean("emissions", ((technology, pollutant),), weights)
            part = part + (outside if outside is not None else 0.0)
            if measure is not None:
                part = part - operation.measures.removals.get((measure, technology), {}).get(pollutant, 0.0)
            total = total + weight * part
        return total

    def given(self, plant: Plant) -> tuple[Floats, Floats]:
        """Allowances by band, and the emissions they are given for, per unit."""
        entry, is_host = self.entries[plant[1]]
        band = entry.band
        if band is None:
            return self.audit.calendar.zeros(), self.audit.calendar.zeros()
        flows = self.flows(plant)
        beside = self.case.sum(
            np.abs(flows[c]) * self.mean(self.numbers(series, self.per(c))) for c, series in band.attributed.items() if c in flows
        )
        slope, clamp = (self.mean(self.numbers(series, "1")) for series in (band.slope, band.clamp))
        if not is_host:
            rest = self.emitted(plant) - beside
            return np.where(clamp > 0, 1 - slope, 1.0) * rest, rest
        balance = self.mean(self.numbers(band.balance, self.per(self.case.product[plant[1]])), *self.factors(entry))
        intensity = self.emitted(plant) + beside
        share = np.clip(slope * (1 - intensity / balance), -clamp, clamp)
        return intensity + np.maximum(intensity, 0.0) * share, intensity

    def reckoned(self, region: str, host: str) -> str:
        """Cohort of a host on which measures are reckoned: all, or the newest that stands at the start."""
        if host not in self.audit.operation.dated:
            return ALL
        brackets = self.audit.capacities.stock.get((region, host), {})
        return max(((a + b, f"{a}-{b}") for a, b in brackets), default=(0, f"{self.audit.calendar.first[0]}"))[1]

    def banded(self, place: str | None) -> Floats:
        """Allowances by band in a region, or in all of them."""
        total = self.audit.calendar.zeros()
        for plant, amount, bare in self.running(place):
            if plant[1] in self.entries:
                total = total + amount * (self.given(plant)[0] - (self.given(bare)[0] if bare is not None else 0.0))
        return total

    def lacking(self, place: str | None) -> Floats:
        """What plants lack beyond what they are given, in a region or in all of them."""
        total = self.audit.calendar.zeros()
        for plant, amount, bare in self.running(place):
            total = total + amount * (self._lacks(plant) - (self._lacks(bare) if bare is not None else 0.0))
        return total

    def running(self, place: str | None) -> list[tuple[Plant, Floats, Plant | None]]:
        """Plants with their activity; those with a measure with what is adopted, and the plant without it."""
        decisions = self.case.decisions
        found: list[tuple[Plant, Floats, Plant | None]] = []
        for (region, technology, cohort), run in decisions.all("activity").items():
            if region in self.regions and place in (None, region) and technology in self.case.sector and run.any():
                found.append(((region, technology, cohort, None), run, None))
        for (region, measure, host), adopted in decisions.all("adopted").items():
            if region in self.regions and place in (None, region) and host in self.case.sector and adopted.any():
                cohort = self.reckoned(region, host)
                found.append(((region, host, cohort, measure), adopted, (region, host, cohort, None)))
        return found

    def _lacks(self, plant: Plant) -> Floats:
        """Emissions of a plant beyond what it is given, per unit, not below zero."""
        region, technology = plant[:2]
        given, emissions = self.given(plant) if technology in self.entries else (self.audit.calendar.zeros(), self.emitted(plant))
        for entry in self.policy.allocation:
            if entry.output is None or entry.benchmark is None:
                continue
            output = self.policy.scoped(entry.output)
            rate = self.mean(
                self.numbers(entry.benchmark, f"{self.unit}/({self.audit.indicators.unit(output)[0]})"), *self.factors(entry)
            )
            for weight, leaf in output.leaves():
                made = leaf.commodity is None or self.case.product[technology] in leaf.commodity
                if made and technology in self.chosen(leaf) and region in self.case.places.regions(leaf.location):
                    given = given + weight * rate
        return np.maximum(emissions - given, 0.0)
