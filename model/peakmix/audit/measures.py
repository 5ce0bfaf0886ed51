"""Measures: what they change, what they cost, and the bounds on their adoption.

U[p] <= left[p] U[base] + sum over q <= p of standing[q,p] M[q]     adopted activity U, newly fitted M
U[base] = penetration x activity of the host                        sunk; leaves evenly over one life after the base
U[p] <= applicability[p] x activity of the host
sum of U over an exclusion group <= activity of the host
M[p] <= adoption_rate[p] x years x activity of the host in the base period
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from peakmix.audit.capacity import Capacities
from peakmix.audit.case import Case
from peakmix.audit.report import Floats
from peakmix.audit.rows import blank

CHANGE = {"saves_input": 1.0, "adds_input": -1.0, "adds_output": 1.0, "saves_output": -1.0}
"""Sign of an effect in the host's net flow."""

Triple = tuple[str, str, str]


class Measures:
    """Measures that take part, with what they change per unit of adopted host activity (periods)."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.groups: dict[tuple[str, str], tuple[str, ...]] = {}
        chosen = case.spec.measures
        frame = case.data.tables["measures"]
        for measure, host, text in zip(*(frame[c].tolist() for c in ("measure", "host", "exclusion_group")), strict=True):
            taken = (chosen.include is None or measure in chosen.include) and measure not in chosen.exclude
            if taken and host in case.sector:
                groups = () if blank(text) else tuple(part.strip() for part in str(text).split(";"))
                self.groups[measure, host] = groups
        self.changes = self._changes()
        self.removals = self._removals()

    def _changes(self) -> dict[tuple[str, str], dict[str, Floats]]:
        """Change of the host's net flow by (measure, host) and commodity."""
        rows, calendar = self.case.rows("measure_flows"), self.case.calendar
        found: dict[tuple[str, str], dict[str, Floats]] = defaultdict(dict)
        named: dict[str, set[tuple[str, str]]] = defaultdict(set)
        for measure, _, commodity, effect in rows:
            named[str(measure)].add((str(commodity), str(effect)))
        for measure, host in self.groups:
            for commodity, effect in named[measure]:
                series = rows.everywhere((measure, None, commodity, effect), (measure, host, commodity, effect))
                if series is not None:
                    change = CHANGE[effect] * series.periods(calendar)
                    found[measure, host][commodity] = found[measure, host].get(commodity, 0.0) + change
        return found

    def _removals(self) -> dict[tuple[str, str], dict[str, Floats]]:
        """Emissions removed by (measure, host) and pollutant."""
        rows, calendar = self.case.rows("measure_emissions"), self.case.calendar
        found: dict[tuple[str, str], dict[str, Floats]] = defaultdict(dict)
        pollutants = {str(key[2]) for key in rows}
        for measure, host in self.groups:
            for pollutant in pollutants:
                series = rows.everywhere((measure, None, pollutant), (measure, host, pollutant))
                if series is not None:
                    found[measure, host][pollutant] = series.periods(calendar)
        return found

    def keys(self, measure: str, host: str, parameter: str) -> tuple[tuple[str | None, ...], ...]:
        """Keys of a parameter, the one for all hosts first."""
        return (measure, None, parameter), (measure, host, parameter)

    def value(self, region: str, measure: str, host: str, parameter: str) -> Floats | None:
        """A parameter in a region (periods)."""
        weights = self.case.weights.of_technology(region, host)
        return self.case.mean("measure_parameters", self.keys(measure, host, parameter), weights)

    def number(self, region: str, measure: str, host: str, parameter: str, year: float) -> float:
        """A parameter in a region in one year."""
        weights = self.case.weights.of_technology(region, host)
        found = self.case.at_year("measure_parameters", self.keys(measure, host, parameter), weights, year)
        if found is None:
            found = float(self.case.or_default("measure_parameters", parameter, None, measure, host)[0])
        return found

    def life(self, region: str, measure: str, host: str, year: float) -> float:
        """Life of what is fitted in a year, years."""
        return self.number(region, measure, host, "lifetime", year) or 1.0

    def sunk_left(self, life: float) -> Floats:
        """Share of what is fitted at the start that still stands; it leaves evenly over one life after the base."""
        calendar = self.case.calendar
        left = np.clip(1 - (calendar.years - calendar.start_of_change()) / life, 0.0, 1.0)
        return calendar.mean(left)


def check_measures(case: Case, measures: Measures, capacities: Capacities, activity: dict[tuple[str, str], Floats]) -> None:
    """All checks of this module; ``activity`` by (region, technology)."""
    used: dict[tuple[str, str, str], list[Floats]] = defaultdict(list)
    triples = sorted({*case.decisions.all("adopted"), *case.decisions.all("new_measure")})
    for region, measure, host in triples:
        adopted = case.decisions.of("adopted", region, measure, host)
        if (measure, host) not in measures.groups or region not in case.places.members:
            everything = np.ones(case.calendar.count, dtype=bool)
            case.tally.must_be_zero("measure known", (region, measure, host), adopted, everything)
            continue
        run = activity.get((region, host), case.decisions.zero)
        for group in measures.groups[measure, host]:
            used[region, host, group].append(adopted)
        _adoption(case, measures, (region, measure, host), adopted, run)
        rate = measures.value(region, measure, host, "adoption_rate")
        if rate is not None:
            most = rate * case.calendar.length * capacities.opening(region, host)
            fitted = case.decisions.of("new_measure", region, measure, host)
            case.tally.at_most("measure pace", (region, measure, host), fitted, most)
    later = ~case.calendar.is_base
    for (region, host, group), members in used.items():
        run = activity.get((region, host), case.decisions.zero)
        case.tally.at_most("measure exclusion group", (region, host, group), case.sum(members), run, later)


def _adoption(case: Case, measures: Measures, triple: Triple, adopted: Floats, run: Floats) -> None:
    """Checks of one measure on one host in one region."""
    region, measure, host = triple
    calendar, tally = case.calendar, case.tally
    later = ~calendar.is_base
    fitted = case.decisions.of("new_measure", *triple)
    standing = calendar.zeros()
    for first, amount in zip(calendar.first, fitted.tolist(), strict=True):
        if amount:
            life = measures.life(region, measure, host, first)
            standing = standing + amount * calendar.survival(first, first, life, False)
    start = 0 if calendar.base is None else calendar.position[calendar.base]
    if calendar.base is not None:
        sunk = measures.number(region, measure, host, "penetration", calendar.base)
        tally.equal("measure base", triple, adopted, sunk * run, calendar.is_base)
        life = measures.life(region, measure, host, calendar.base)
        standing = standing + adopted[start] * measures.sunk_left(life)
    tally.at_most("measure stock", triple, adopted, standing, later)
    reach = measures.value(region, measure, host, "applicability")
    tally.at_most("measure reach", triple, adopted, (0.0 if reach is None else reach) * run, later)
    earliest = measures.number(region, measure, host, "first_year", calendar.first[0])
    barred = calendar.is_base | (np.array(calendar.first) < np.floor(earliest))
    tally.must_be_zero("measure new", triple, fitted, barred)
