"""Rules on measures: what they must state, and that savings never exceed what the host uses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from peakmix.tables.coverage import base_year, in_words, somewhere_missing
from peakmix.tables.dataset import DataSet
from peakmix.tables.rules import Finding, broken, rule, where
from peakmix.tables.select import Resolver, Series

_FLOW = {"saves_input": "input", "saves_output": "output"}
_ROOM = 1 + 1e-9


@rule("a measure has capital_cost, lifetime and applicability for every host, and changes something there")
def measures_are_whole(dataset: DataSet) -> Iterator[Finding]:
    """Missing is never zero; a measure without flows and emissions would only cost."""
    resolver, frame = Resolver(dataset), dataset["measures"]
    total = len(dataset.places.leaves())
    changes = {
        pair
        for table in ("measure_flows", "measure_emissions")
        for pair in zip(dataset[table]["measure"], dataset[table]["host"], strict=True)
    }
    for row, (measure, host) in enumerate(zip(frame["measure"], frame["host"], strict=True)):
        for parameter in ("capital_cost", "lifetime", "applicability"):
            keys = {"measure": measure, "host": host, "parameter": parameter}
            missing = somewhere_missing(resolver, "measure_parameters", **keys)
            if missing:
                what = f"{measure} on {host} has {parameter}; none is stated for {in_words(missing, total)}"
                yield broken(dataset, "measures", row, "host", what, f"add {parameter} to measure_parameters.csv")
        if not {(measure, host), (measure, None)} & changes:
            what = f"{measure} changes a flow or an emission of {host}"
            yield broken(
                dataset, "measures", row, "host", what, "add a row to measure_flows.csv or measure_emissions.csv"
            )


@rule("what stands of a measure today does not exceed what can be adopted")
def penetration_keeps_applicability(dataset: DataSet) -> Iterator[Finding]:
    """penetration <= applicability, wherever either is stated, in the base year."""
    resolver, frame = Resolver(dataset), dataset["measure_parameters"]
    base = base_year(dataset) or 0
    hosts = dataset["measures"].groupby("measure")["host"].apply(list).to_dict()
    places = frame.groupby("measure")["location"].unique().to_dict()
    for row, (measure, host, parameter) in enumerate(
        zip(frame["measure"], frame["host"], frame["parameter"], strict=True)
    ):
        if parameter != "penetration":
            continue
        for name in [host] if host is not None else hosts[measure]:
            for location in {frame["location"].iloc[row], *places[measure]}:
                keys = {"measure": measure, "host": name, "location": location}
                most = resolver.find("measure_parameters", parameter="applicability", **keys)
                now = resolver.find("measure_parameters", parameter="penetration", **keys)
                if most is None or now is None or row not in now.rows:
                    continue
                if now.values[0] > float(most.at(base)) + 1e-9:
                    what = f"penetration keeps below applicability; {measure} on {name} has {float(most.at(base)):g}"
                    yield broken(dataset, "measure_parameters", row, "value", what, "raise applicability or lower this")
                    break


@dataclass(frozen=True)
class _Saving:
    """One saving on one flow of one host."""

    measure: str
    groups: tuple[str, ...]
    series: Series

    @property
    def row(self) -> int:
        """Row of measure_flows that states the largest value."""
        return self.series.rows[int(np.argmax(self.series.values))]


def _savings(dataset: DataSet, resolver: Resolver) -> dict[tuple[str, str, str], list[_Saving]]:
    """Savings by (host, commodity, effect)."""
    flows = dataset["measure_flows"]
    stated = {
        pair for pair in zip(flows["measure"], flows["commodity"], flows["effect"], strict=True) if pair[2] in _FLOW
    }
    measures = dataset["measures"]
    found: dict[tuple[str, str, str], list[_Saving]] = {}
    by_measure: dict[str, list[tuple[str, str]]] = {}
    for measure, commodity, effect in sorted(stated):
        by_measure.setdefault(measure, []).append((commodity, effect))
    for measure, host, group in zip(measures["measure"], measures["host"], measures["exclusion_group"], strict=True):
        groups = tuple(part.strip() for part in (group or "").split(";") if part.strip())
        for commodity, effect in by_measure.get(measure, []):
            keys = {"measure": measure, "host": host, "commodity": commodity, "effect": effect}
            series = resolver.find("measure_flows", **keys)
            if series is not None:
                found.setdefault((host, commodity, effect), []).append(_Saving(measure, groups, series))
    return found


def _years(savings: list[_Saving], base: int) -> list[int]:
    """Years in which savings are compared: those that are written, and the base year."""
    years = {base}
    for saving in savings:
        years.update([] if saving.series.years is None else saving.series.years.tolist())
    return sorted(years)


def _flow_rows(dataset: DataSet, host: str, commodity: str, direction: str) -> list[int]:
    """Rows of flows.csv that state a flow of a host."""
    flows = dataset["flows"]
    mine = (flows["technology"] == host) & (flows["commodity"] == commodity) & (flows["direction"] == direction)
    return [int(row) for row in np.flatnonzero(mine.to_numpy())]


def joint_saving(savings: list[tuple[float, float, tuple[str, ...]]]) -> float:
    """Largest joint saving per unit of host activity, from (saving, applicability, exclusion groups) of each measure.

    Members of one exclusion group share one unit of activity: the best ones take it first. A measure of several groups
    is counted in the one that leaves the smaller total; each such total is an upper bound.
    """
    depth = max((len(groups) for _, _, groups in savings), default=0)
    totals = []
    for level in range(max(depth, 1)):
        left: dict[str, float] = {}
        total = 0.0
        for position, (saving, share, groups) in enumerate(sorted(savings, key=lambda each: -each[0])):
            group = groups[min(level, len(groups) - 1)] if groups else f"alone {position}"
            adopted = min(share, left.get(group, 1.0))
            left[group] = left.get(group, 1.0) - adopted
            total += saving * adopted
        totals.append(total)
    return min(totals)


def _fix(dataset: DataSet, host: str, commodity: str) -> str:
    """What to do; savings of electricity on alumina get the readings that hold."""
    if commodity == "electricity" and dataset.products[host] == "alumina":
        return (
            "a refinery uses 200-400 kWh of electricity per tonne of alumina: state 1,000 kWh/t as 3.6 GJ/t of steam "
            "or fuel (a final-energy package), or as a saving per tonne of aluminium on the smelter"
        )
    return "lower the saving, its applicability, or put measures that exclude each other into one exclusion_group"


@rule("savings on a flow never exceed what the host uses, alone or together at full applicability")
def savings_keep_below_the_flow(dataset: DataSet) -> Iterator[Finding]:
    """The smallest flow row of the host (over places and years of building) bounds every saving and every bundle."""
    resolver = Resolver(dataset)
    base = base_year(dataset) or 2025
    flows = dataset["flows"]
    places: dict[str, set[str | None]] = {}
    parameters = dataset["measure_parameters"]
    for measure, location in zip(parameters["measure"], parameters["location"], strict=True):
        places.setdefault(measure, set()).add(location)
    for (host, commodity, effect), savings in _savings(dataset, resolver).items():
        rows = _flow_rows(dataset, host, commodity, _FLOW[effect])
        fix = _fix(dataset, host, commodity)
        if not rows:
            what = f"{host} has no {_FLOW[effect]} of {commodity} in flows.csv that could be saved"
            yield broken(dataset, "measure_flows", savings[0].row, "commodity", what, fix)
            continue
        least = min(rows, key=lambda row: float(flows["value"].iloc[row]))
        uses, unit = float(flows["value"].iloc[least]), flows["unit"].iloc[least]
        at = where(dataset, "flows", least)
        single = [saving for saving in savings if saving.series.values.max() > uses * _ROOM]
        for saving in single:
            most = saving.series.values.max()
            what = f"{saving.measure} saves {most:g} {unit} of {commodity}; {host} uses {uses:g} ({at})"
            yield broken(dataset, "measure_flows", saving.row, "value", what, fix)
        if single or len(savings) < 2:
            continue
        total, year = _largest_bundle(resolver, host, savings, _years(savings, base), places)
        if total > uses * _ROOM:
            names = ", ".join(f"{saving.measure} ({where(dataset, 'measure_flows', saving.row)})" for saving in savings)
            what = f"together {total:g} {unit} of {commodity} are saved in {year}; {host} uses {uses:g} ({at}): {names}"
            yield broken(dataset, "measure_flows", savings[-1].row, "value", what, fix)


def _largest_bundle(
    resolver: Resolver, host: str, savings: list[_Saving], years: list[int], places: dict[str, set[str | None]]
) -> tuple[float, int]:
    """Largest joint saving over years and the places that have an applicability of their own, and its year."""
    largest, when = 0.0, years[0]
    locations: set[str | None] = {None}
    for saving in savings:
        locations |= places.get(saving.measure, set())
    for location in locations:
        shares = []
        for saving in savings:
            keys = {"measure": saving.measure, "host": host, "parameter": "applicability", "location": location}
            found = resolver.find("measure_parameters", **keys)
            shares.append(np.zeros(len(years)) if found is None else found.at(years))
        for position, year in enumerate(years):
            members = [
                (float(saving.series.at(year)), float(share[position]), saving.groups)
                for saving, share in zip(savings, shares, strict=True)
            ]
            total = joint_saving(members)
            if total > largest:
                largest, when = total, year
    return largest, when
