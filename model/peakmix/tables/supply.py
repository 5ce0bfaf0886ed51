"""Rules on demand and on ways in and out: every commodity that is used comes from somewhere and goes somewhere."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from peakmix.tables.coverage import base_year
from peakmix.tables.dataset import DataSet
from peakmix.tables.rules import Finding, broken, doubtful, rule
from peakmix.tables.select import Resolver

SHARES_TOLERANCE = 0.001
"""Largest difference of the sum of demand shares from 1."""


@dataclass
class Ways:
    """Who brings a commodity in and who takes it out, over all places: (table, row, column) of the first of each."""

    sources: list[tuple[str, int, str]] = field(default_factory=list)
    sinks: list[tuple[str, int, str]] = field(default_factory=list)


def ways(dataset: DataSet) -> dict[str, Ways]:
    """Ways in and out of every commodity."""
    found = {name: Ways() for name in dataset.natural_units}
    for row, name in enumerate(dataset["technologies"]["product"]):
        found[name].sources.append(("technologies", row, "product"))
    for table, column in (("flows", "direction"), ("measure_flows", "effect")):
        frame = dataset[table]
        for row, (name, kind) in enumerate(zip(frame["commodity"], frame[column], strict=True)):
            if kind in ("output", "adds_output"):
                found[name].sources.append((table, row, "commodity"))
            elif kind in ("input", "adds_input"):
                found[name].sinks.append((table, row, "commodity"))
    markets = dataset["markets"]
    for row, (name, direction) in enumerate(zip(markets["commodity"], markets["direction"], strict=True)):
        side = found[name].sources if direction == "buy" else found[name].sinks
        side.append(("markets", row, "commodity"))
    for row, name in enumerate(dataset["demand"]["commodity"]):
        found[name].sinks.append(("demand", row, "commodity"))
    stockpiles = dataset["stockpiles"]
    for row, (name, parameter) in enumerate(zip(stockpiles["commodity"], stockpiles["parameter"], strict=True)):
        side = found[name].sources if parameter == "initial" else found[name].sinks
        side.append(("stockpiles", row, "commodity"))
    return found


@rule("a commodity that is used or demanded is made or bought; one that is made is used, demanded, sold or disposed of")
def commodities_come_and_go(dataset: DataSet) -> Iterator[Finding]:
    """Balances are equalities: without a way in or out every activity that touches the commodity would be zero."""
    for row, (name, found) in enumerate(ways(dataset).items()):
        asked = [way for way in found.sinks if way[0] != "markets"]
        arising = [way for way in found.sources if way[0] != "markets"]
        if asked and not found.sources:
            what = f"{name} is used or demanded, but nothing makes it and no market of direction buy has it"
            fix = f"add a technology with product {name}, an output, or a market of direction buy"
            yield broken(dataset, *asked[0], what, fix)
        elif arising and not found.sinks:
            what = f"{name} arises, but nothing uses it and no market of direction sell or dispose takes it"
            fix = f"add a market of direction dispose (with a price, 0 if it costs nothing) for {name}"
            yield broken(dataset, *arising[0], what, fix)
        elif not found.sources or not found.sinks:
            what = f"no technology, demand or second market touches {name}"
            yield doubtful(dataset, "commodities", row, "commodity", what, "delete the commodity or use it")


@rule("demand shares of one commodity and year add up to 1 and stand below a node with demand")
def demand_shares_add_up(dataset: DataSet) -> Iterator[Finding]:
    """In every year that is written, shares between years by straight line; tolerance 0.001."""
    resolver, demand = Resolver(dataset), dataset["demand"]
    nodes = set(zip(demand["commodity"], demand["location"], strict=True))
    for commodity in dataset["demand_shares"]["commodity"].unique():
        total, last, written = np.zeros(0), 0, set[int]()
        members = list(resolver.series("demand_shares", commodity=commodity))
        for _, series in members:
            written.update([] if series.years is None else series.years.tolist())
        years = sorted(written) or [base_year(dataset) or 2025]
        total = np.zeros(len(years))
        for point, series in members:
            total += series.at(years)
            last = max(last, *series.rows)
            if not any((commodity, node) in nodes for node in dataset.places.path(point["location"])):
                what = f"a share of {commodity} stands below a node with demand of it"
                fix = "add demand of the node or delete the share"
                yield broken(dataset, "demand_shares", series.rows[0], "location", what, fix)
        wrong = np.flatnonzero(np.abs(total - 1) > SHARES_TOLERANCE)
        if len(wrong):
            year, found = years[wrong[0]], total[wrong[0]]
            what = f"shares of {commodity} add up to 1 within {SHARES_TOLERANCE}; in {year} they add up to {found:.6g}"
            yield broken(dataset, "demand_shares", last, "value", what, "correct the shares or add what is missing")


@rule("demand is stated for the reference variant wherever it is stated for low or high, and for both of these")
def variants_are_complete(dataset: DataSet) -> Iterator[Finding]:
    """A node and commodity has rows of all three variants or blank rows."""
    frame = dataset["demand"]
    for (location, commodity), part in frame.groupby(["location", "commodity"], sort=False):
        found = set(part["variant"])
        missing = {"low", "reference", "high"} - found
        if missing and None not in found:
            what = (
                f"demand of {commodity} in {location} has the variants low, reference, high; missing: {sorted(missing)}"
            )
            fix = "add the rows, or leave variant blank where one path holds for all"
            yield broken(dataset, "demand", int(part.index[0]), "variant", what, fix)


@rule("demand at a node and at a place below it add up")
def demand_nodes_are_apart(dataset: DataSet) -> Iterator[Finding]:
    """A notice, since both may be meant."""
    frame, tree = dataset["demand"], dataset.places
    nodes = set(zip(frame["location"], frame["commodity"], strict=True))
    seen: set[tuple[str, str]] = set()
    for row, (location, commodity) in enumerate(zip(frame["location"], frame["commodity"], strict=True)):
        above = [node for node in tree.path(location)[1:] if (node, commodity) in nodes]
        if above and (location, commodity) not in seen:
            seen.add((location, commodity))
            what = f"demand of {commodity} in {location} adds to the demand in {above[0]}"
            yield doubtful(dataset, "demand", row, "location", what, "check that the two do not contain each other")


@rule("something asks for output")
def something_is_asked_for(dataset: DataSet) -> Iterator[Finding]:
    """Without demand and without a market that buys, the cheapest answer is to do nothing."""
    if not len(dataset["demand"]) and "sell" not in set(dataset["markets"]["direction"]):
        what = "a data set has demand, or a market of direction sell; otherwise the optimum is to make nothing"
        yield broken(dataset, "technologies", 0, "product", what, "add demand.csv")


@rule("demand starts by the base year")
def demand_starts_by_the_base_year(dataset: DataSet) -> Iterator[Finding]:
    """A notice: before its first row demand is held flat."""
    base = base_year(dataset)
    for point, series in Resolver(dataset).series("demand"):
        if base is not None and series.years is not None and series.years[0] > base:
            what = f"demand of {point['commodity']} starts after the base year {base}; its first value holds before"
            yield doubtful(dataset, "demand", series.rows[0], "year", what, f"add a row for {base}")
