"""Allowances by single plants: bands of intensity, and what plants lack; numbers per activity.

A plant is a technology with the recipe of its vintage; a measure on it is a plant of its own. Each number is formed here from
intensities, balance, slope and clamp, and stands in the model as one derived element:

    allocated(e) = e + max(e, 0) clip(slope (b - e) / b, -clamp, clamp)
    host         allocated(e),  e = what it emits + attributed emissions              per unit of activity
    measure      allocated(e + de) - allocated(e)                                     per unit of adopted host activity
    through      (1 - slope) d,  d = what it emits - attributed emissions             per unit of activity

The last is the slope of ``allocated`` at e = b: what fuel switching changes counts at the margin of a plant at the balance.
A measure on a host with recipes by building year is reckoned on the newest vintage that stands at the start.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from peakmix.formulation.account_terms import selected
from peakmix.formulation.indicators import ledgers_of
from peakmix.formulation.model import Books
from peakmix.formulation.policies.common import converted
from peakmix.foundation.units import million
from peakmix.parameters.container import Parameters
from peakmix.parameters.refuse import refuse
from peakmix.parameters.time import at_year

ALWAYS = 0


def mean_product(parameters: Parameters, period: int, between: str, *series: Mapping[int, float]) -> float:
    """Mean over the years of a period of the product of series by year; the product in its first year for steps."""
    years = [period] if between == "step" else parameters.horizon.years(period)
    total = 0.0
    for year in years:
        value = 1.0
        for numbers in series:
            value *= at_year([(y or None, x) for y, x in sorted(numbers.items())], year, between)
        total += value
    return total / len(years)


def allocated(intensity: float, balance: float, slope: float, clamp: float) -> float:
    """Allowances per unit of output of a plant of that intensity."""
    share = min(clamp, max(-clamp, slope * (balance - intensity) / balance))
    return intensity + max(intensity, 0.0) * share


@dataclass
class Plants:
    """Plants of one market: what each emits, is attributed and is given, per unit."""

    policy_id: str
    policy: Any
    parameters: Parameters
    context: Any
    unit: str
    _factors: dict[tuple[int, int], dict[str, float]] = field(default_factory=dict)
    _rules: dict[tuple[int, str, int], tuple[float, float, float]] = field(default_factory=dict)

    @cached_property
    def regions(self) -> set[str]:
        """Regions of the market."""
        return set(self.parameters.regions_of(self.policy.location))

    @cached_property
    def books(self) -> Books:
        """Lookups of the parameters."""
        return Books(self.parameters)

    @cached_property
    def leaves(self) -> list[tuple[float, str, set[str], set[str]]]:
        """(weight, ledger, regions, technologies) of the market's indicator."""
        found = []
        for weight, leaf in self.policy.scoped(self.policy.indicator).leaves():
            chosen = set(selected(self.books, leaf))
            regions = set(self.parameters.regions_of(leaf.location))
            found += [(weight, ledger, regions, chosen) for ledger in ledgers_of(leaf)]
        return found

    def members(self, selection: Any) -> set[str]:
        """Technologies of names and groups."""
        groups = self.parameters.facts["groups"]
        return {t for name in selection or () for t in groups.get(name, (name,))}

    @cached_property
    def role(self) -> dict[str, tuple[int, str]]:
        """(position of the allocation, host or through) of every technology that a band names.

        Raises
        ------
        InputErrors
            When two bands name one technology.
        """
        found: dict[str, tuple[int, str]] = {}
        for position, entry in enumerate(self.policy.allocation):
            if entry.band is None:
                continue
            for part, selection in (("host", entry.band.technologies), ("through", entry.band.through)):
                for technology in sorted(self.members(selection)):
                    if technology in found:
                        raise refuse(
                            f"policies.{self.policy_id}.allocation.{position}.band: {technology} stands in a band already",
                            rule="a plant is given allowances once",
                            fix="name it in one band, as one of its technologies or under through",
                        )
                    found[technology] = (position, part)
        return found

    def activities(self) -> list[tuple[str, str, str]]:
        """(region, technology, cohort) of all activities in the market's regions."""
        cohorts = self.books.cohorts
        return [(r, t, c) for (r, t), labels in cohorts.items() if r in self.regions for c in labels]

    def own(self, table: str, period: int, region: str, technology: str, *index: str) -> float:
        """What the indicator counts per unit; ``index`` is the rest of the key of the ledger table."""
        values = self.parameters.values.get(table, {})
        return sum(
            weight * float(values.get((ledger, region, *index, period), 0.0))
            for weight, ledger, regions, chosen in self.leaves
            if region in regions and technology in chosen
        )

    def emitted(self, region: str, technology: str, cohort: str, period: int, measure: str | None = None) -> float:
        """Emissions per unit of activity, with a measure if one is named."""
        plain = self.own("ledger_factor", period, region, technology, technology, cohort)
        return plain if measure is None else plain + self.own("measure_ledger", period, region, technology, measure, technology)

    def factors(self, position: int, period: int) -> dict[str, float]:
        """Attributed emissions per unit of a commodity."""
        if (position, period) not in self._factors:
            found = {}
            for commodity, series in self.policy.allocation[position].band.attributed.items():
                numbers = self.numbers(f"allocation.{position}.band.attributed.{commodity}", series, self.per(commodity))
                found[commodity] = mean_product(self.parameters, period, self.policy.between, numbers)
            self._factors[position, period] = found
        return self._factors[position, period]

    def rule(self, position: int, technology: str, period: int) -> tuple[float, float, float]:
        """Balance, slope and clamp in a period; the balance with its tightening."""
        if (position, technology, period) not in self._rules:
            band, place = self.policy.allocation[position].band, f"allocation.{position}.band"
            balance = self.numbers(place, band.balance, self.per(self.parameters.facts["product"][technology]))
            series = ([balance, *self.tightening(position)], [self.numbers(place, band.slope, "1")],
                      [self.numbers(place, band.clamp, "1")])  # fmt: skip
            stated, slope, clamp = (mean_product(self.parameters, period, self.policy.between, *parts) for parts in series)
            if stated <= 0:
                raise refuse(
                    f"policies.{self.policy_id}.{place}: the balance of {technology} is {stated:g} in {period}",
                    rule="the balance of a band lies above zero, its tightening included",
                    fix="raise balance or tightening",
                )
            self._rules[position, technology, period] = (stated, slope, clamp)
        return self._rules[position, technology, period]

    def per(self, commodity: str) -> str:
        """Unit of the indicator per unit of a commodity."""
        return f"{self.unit}/({million(str(self.parameters.facts['commodities'][commodity]['unit']))}/yr)"

    def numbers(self, place: str, series: Mapping[int, Any], unit: str) -> dict[int, float]:
        """A series of quantities in a unit."""
        return {year: converted(self.policy_id, place, quantity, unit, self.context) for year, quantity in series.items()}

    def tightening(self, position: int) -> list[dict[int, float]]:
        """Factors by year on an allocation, the market's own among them."""
        own = self.policy.allocation[position].tightening
        stated = {"tightening": self.policy.tightening, f"allocation.{position}.tightening": own}
        return [self.numbers(place, series, "1") for place, series in stated.items() if series is not None]

    def intensities(
        self, region: str, technology: str, cohort: str, period: int, measure: str | None
    ) -> tuple[float, float]:
        """(emitted, attributed) per unit of activity, of a plant with or without a measure."""
        factors = self.factors(self.role[technology][0], period)
        emitted, attributed = self.emitted(region, technology, cohort, period, measure), 0.0
        changes = self.parameters.values.get("measure_flow", {})
        for commodity, factor in factors.items():
            flow = float(self.parameters["flow"].get((region, technology, cohort, commodity), 0.0))
            if measure is not None:
                flow += float(changes.get((region, measure, technology, commodity, period), 0.0))
            attributed += factor * abs(flow)
        return emitted, attributed

    def given(self, region: str, technology: str, cohort: str, period: int, measure: str | None = None) -> tuple[float, float]:
        """(allowances, emissions that they are given for) per unit of activity of a technology in a band."""
        position, part = self.role[technology]
        emitted, attributed = self.intensities(region, technology, cohort, period, measure)
        if part == "host":
            return allocated(emitted + attributed, *self.rule(position, technology, period)), emitted + attributed
        first = min(self.members(self.policy.allocation[position].band.technologies))
        _, slope, clamp = self.rule(position, first, period)
        return (emitted - attributed) * (1 - slope if clamp > 0 else 1.0), emitted - attributed

    def reckoned(self, region: str, host: str) -> str:
        """Cohort of a host on which measures are reckoned."""
        if host not in self.parameters.facts["by_vintage"]:
            return "all"
        standing = [v for v in self.parameters.vintages[region, host] if v.existing]
        if not standing:
            raise refuse(
                f"policies.{self.policy_id}: {host} in {region} has measures, recipes by building year and no standing stock",
                rule="a measure on such a host is reckoned on the newest vintage that stands at the start",
                fix="state stock of the host, or one recipe for all its vintages",
            )
        return max(standing, key=lambda v: (v.build_year, v.label)).label


def derive_bands(plants: Plants, periods: list[int]) -> None:
    """``allowance_band[policy, region, technology, cohort, period]`` and ``allowance_band_measure[.., measure, host, period]``."""
    put, name = plants.parameters.put, plants.policy_id
    for region, technology, cohort in plants.activities():
        for period in periods if technology in plants.role else ():
            put("allowance_band", (name, region, technology, cohort, period), plants.given(region, technology, cohort, period)[0])
    for region, measure, host in plants.parameters.sets["measures"]:
        if region in plants.regions and host in plants.role:
            cohort = plants.reckoned(region, host)
            for period in periods:
                before, after = (plants.given(region, host, cohort, period, m)[0] for m in (None, measure))
                put("allowance_band_measure", (name, region, measure, host, period), after - before)


def derive_sales(plants: Plants, periods: list[int]) -> None:
    """What plants lack, per unit: ``allowance_lacking``, and its change by a measure: ``allowance_lacking_measure``."""
    put, name = plants.parameters.put, plants.policy_id
    for region, technology, cohort in plants.activities():
        for period in periods:
            lacking = max(-_net(plants, region, technology, cohort, period), 0.0)
            put("allowance_lacking", (name, region, technology, cohort, period), lacking)
    for region, measure, host in plants.parameters.sets["measures"]:
        if region in plants.regions:
            cohort = plants.reckoned(region, host)
            for period in periods:
                before, after = (max(-_net(plants, region, host, cohort, period, m), 0.0) for m in (None, measure))
                put("allowance_lacking_measure", (name, region, measure, host, period), after - before)


def _net(plants: Plants, region: str, technology: str, cohort: str, period: int, measure: str | None = None) -> float:
    """Allowances less emissions of a plant, per unit of activity."""
    made = _benchmarks(plants, region, technology, period)
    if technology in plants.role:
        given, emissions = plants.given(region, technology, cohort, period, measure)
        return made + given - emissions
    return made - plants.emitted(region, technology, cohort, period, measure)


def _benchmarks(plants: Plants, region: str, technology: str, period: int) -> float:
    """Allowances per unit of output by benchmarks."""
    total = 0.0
    for position, entry in enumerate(plants.policy.allocation):
        for weight, leaf in plants.policy.scoped(entry.output).leaves() if entry.output is not None else ():
            if technology in selected(plants.books, leaf) and region in plants.parameters.regions_of(leaf.location):
                total += weight * float(plants.parameters["allowance_benchmark"][plants.policy_id, position, period])
    return total
