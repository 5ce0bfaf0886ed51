"""Operation: activity, net flows and ledgers, from recipes by building year and measures.

net flow     f[c] = output - input per unit, the product counting 1, the recipe of a vintage read at the middle of
             its building years
direct CO2   - sum of net flow x co2_content + CO2_process x activity - what measures remove
energy       - sum of net flow x content of the convention
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from peakmix.audit.capacity import Capacities, Pair
from peakmix.audit.case import Case
from peakmix.audit.measures import Measures
from peakmix.audit.report import Floats
from peakmix.audit.rows import blank
from peakmix.foundation.units import GJ_PER_TCE

ALL = "all"
CONTENT = {
    "direct_co2": "co2_content",
    "biogenic_co2": "biogenic_co2_content",
    "energy_calorific": "energy_content",
    "energy_coal_equivalent": "coal_equivalent",
}
"""Ledgers that follow from net flows, and the property they follow from."""


class Operation:
    """Activity and what it moves.

    activity  by (region, technology); cohorts apart in the solution are added (periods)
    net       net flow by (region, technology) and commodity, measures included (periods)
    turnover  sum of the absolute values of the parts of net (periods)
    """

    def __init__(self, case: Case, measures: Measures) -> None:
        self.case, self.measures = case, measures
        frame = case.data.tables["flows"]
        self.recipe: dict[str, list[tuple[str, str]]] = defaultdict(list)
        self.dated: set[str] = set()
        for technology, commodity, direction, year in zip(
            *(frame[c].tolist() for c in ("technology", "commodity", "direction", "build_year")), strict=True
        ):
            if (commodity, direction) not in self.recipe[technology]:
                self.recipe[technology].append((commodity, direction))
            if not blank(year):
                self.dated.add(technology)
        self.activity: dict[Pair, Floats] = {}
        self.net: dict[Pair, dict[str, Floats]] = defaultdict(dict)
        self.turnover: dict[Pair, dict[str, Floats]] = defaultdict(dict)
        self._run()
        self._adopt()
        self._ledgers: dict[tuple[str, str, str], Floats] = {}
        self._contents: dict[str, dict[str, Floats]] = {}

    def _add(self, pair: Pair, commodity: str, amount: Floats) -> None:
        """Book a flow."""
        zero = self.case.decisions.zero
        self.net[pair][commodity] = self.net[pair].get(commodity, zero) + amount
        self.turnover[pair][commodity] = self.turnover[pair].get(commodity, zero) + np.abs(amount)

    def _run(self) -> None:
        """Activity and its recipe."""
        case = self.case
        for (region, technology, cohort), run in case.decisions.all("activity").items():
            pair = (region, technology)
            if technology not in case.sector or region not in case.places.members or not self._fits(technology, cohort):
                case.tally.must_be_zero("activity known", (*pair, cohort), run, np.ones(len(run), dtype=bool))
                continue
            self.activity[pair] = self.activity.get(pair, case.decisions.zero) + run
            for commodity, amount in self.unit_flows(region, technology, cohort).items():
                self._add(pair, commodity, amount * run)

    def _fits(self, technology: str, cohort: str) -> bool:
        """A cohort is a vintage exactly where the recipe has building years."""
        return (cohort == ALL) != (technology in self.dated)

    def unit_flows(self, region: str, technology: str, cohort: str) -> dict[str, float]:
        """Net flow per unit of activity by commodity."""
        case = self.case
        years = [float(part) for part in cohort.split("-")] if cohort != ALL else [float(case.calendar.first[0])]
        weights = case.weights.of_technology(region, technology)
        net = {case.product[technology]: 1.0}
        for commodity, direction in self.recipe[technology]:
            key = ((technology, commodity, direction),)
            amount = case.at_year("flows", key, weights, sum(years) / len(years))
            if amount is not None:
                net[commodity] = net.get(commodity, 0.0) + (amount if direction == "output" else -amount)
        return net

    def _adopt(self) -> None:
        """What adopted measures change."""
        for (region, measure, host), adopted in self.case.decisions.all("adopted").items():
            for commodity, change in self.measures.changes.get((measure, host), {}).items():
                self._add((region, host), commodity, change * adopted)

    def contents(self, ledger: str) -> dict[str, Floats]:
        """Content of each commodity for a ledger (periods); what has no row has none."""
        if ledger not in self._contents:
            rows, calendar = self.case.rows("commodity_properties"), self.case.calendar
            found: dict[str, Floats] = {}
            if ledger == "energy_coal_equivalent":
                found = {c: content / float(GJ_PER_TCE) for c, content in self.contents("energy_calorific").items()}
            for commodity, name in rows:
                series = rows.everywhere((commodity, name))
                if name == CONTENT.get(ledger) and series is not None:
                    found[str(commodity)] = series.periods(calendar)
            self._contents[ledger] = found
        return self._contents[ledger]

    def ledger(self, ledger: str, region: str, technology: str) -> Floats:
        """A ledger of one technology in one region, its measures included (periods)."""
        key = (ledger, region, technology)
        if key not in self._ledgers:
            contents, pair = self.contents(ledger), (region, technology)
            total = self.case.sum(
                -flow * contents[commodity] for commodity, flow in self.net.get(pair, {}).items() if commodity in contents
            )
            self._ledgers[key] = total + self._outside(ledger, region, technology)
        return self._ledgers[key]

    def _outside(self, ledger: str, region: str, technology: str) -> Floats:
        """Emissions that do not follow from flows, minus what measures remove."""
        case = self.case
        pollutant = "CO2_process" if ledger == "direct_co2" else ledger
        total = case.calendar.zeros()
        if (region, technology) in self.activity:
            weights = case.weights.of_technology(region, technology)
            factor = case.mean("emissions", ((technology, pollutant),), weights)
            if factor is not None:
                total = total + factor * self.activity[region, technology]
        for (measure, host), removed in self.measures.removals.items():
            if host == technology and pollutant in removed:
                total = total - removed[pollutant] * case.decisions.of("adopted", region, measure, host)
        return total


def check_service(case: Case, capacities: Capacities, operation: Operation) -> None:
    """Activity fits capacity, by vintage where the recipe belongs to the vintage, and is not below the floor."""
    for (region, technology), run in operation.activity.items():
        if not case.holds_capacity[technology]:
            continue
        able = case.technology(region, technology, "availability") * capacities.total(region, technology)
        case.tally.at_most("capacity", (region, technology), run, able)
    for (region, technology, cohort), run in case.decisions.all("activity").items():
        fleet = capacities.fleets.get((region, technology))
        if cohort != ALL and fleet is not None and cohort in fleet.labels:
            able = case.technology(region, technology, "availability") * fleet.live[fleet.labels.index(cohort)]
            case.tally.at_most("capacity of vintages", (region, technology, cohort), run, able)
    for (region, technology), fleet in capacities.fleets.items():
        floor = case.technology(region, technology, "minimum_utilisation")
        if floor.any():
            run = operation.activity.get((region, technology), case.decisions.zero)
            least = floor * fleet.total
            case.tally.at_most("minimum utilisation", (region, technology), least, run, ~case.calendar.is_base)


def check_base_year(case: Case, operation: Operation) -> None:
    """Output of the base period lies within the tolerance of the statistics; those of a region's places add."""
    if case.calendar.base is None:
        return
    base, place_of = case.calendar.base, case.places.region_of
    values, widths = case.rows("base_activity"), case.rows("base_activity", "tolerance")
    low: dict[tuple[str, str], float] = defaultdict(float)
    high: dict[tuple[str, str], float] = defaultdict(float)
    for (group,) in values:
        for place, series in values.written((group,)).items():
            node = place_of.get(place or "", place or "")
            if not case.groups.get(str(group)) or (node not in case.places.members and not case.places.nodes.get(node)):
                continue
            value, width = series.at(base), widths.written((group,))[place].at(base)
            low[node, str(group)] += value * (1 - width)
            high[node, str(group)] += value * (1 + width)
    for (node, group), least in low.items():
        regions = (node,) if node in case.places.members else case.places.nodes[node]
        arrays = (operation.activity.get((r, t), case.decisions.zero) for r in regions for t in case.groups[group])
        made = float(case.sum(arrays)[case.calendar.position[base]])
        case.tally.row("base year", (node, group, "low"), max(0.0, least - made), least)
        case.tally.row("base year", (node, group, "high"), max(0.0, made - high[node, group]), made)
