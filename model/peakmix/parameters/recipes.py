"""Recipes: net flows per unit of activity, and the ledgers (CO2, energy, pollutants) that follow from them.

Net flow     f[c] = output - input, the main product counting 1                            unit of c per unit of product
Direct CO2   e = - sum_c f[c] * co2_content[c] + CO2_process                               t per unit
Energy       u = - sum_c f[c] * energy_content[c]                                          GJ per unit
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from peakmix.parameters.container import Parameters
from peakmix.parameters.context import Context
from peakmix.parameters.lookup import Lookup, blank, records
from peakmix.parameters.time import Series, at_year, in_period

TCE = 29.3076
"""GJ in a tonne of coal equivalent (GB/T 2589-2020)."""

CONTENTS = ("co2_content", "biogenic_co2_content", "energy_content", "iron_content")
LEDGER_OF_POLLUTANT = {p: p for p in ("PFC_physical", "PFC_compliance", "SO2", "NOx", "PM")}
ALL = "all"


def recipe_keys(context: Context) -> dict[str, set[tuple[str, str]]]:
    """(commodity, direction) pairs of each technology, the main product as an output."""
    keys: dict[str, set[tuple[str, str]]] = {t: {(c, "output")} for t, c in context.product.items()}
    for row in records(context.table("flows")):
        if row.technology in keys:
            keys[row.technology].add((row.commodity, row.direction))
    return keys


def touch(
    context: Context, pairs: list[tuple[str, str]]
) -> tuple[dict[tuple[str, str], set[str]], dict[tuple[str, str], set[str]]]:
    """Commodities that every (region, technology) pair takes in and gives out."""
    keys = recipe_keys(context)
    inputs = {(r, t): {c for c, d in keys[t] if d == "input"} for r, t in pairs}
    outputs = {(r, t): {c for c, d in keys[t] if d == "output"} for r, t in pairs}
    return inputs, outputs


def derive_flows(context: Context, parameters: Parameters) -> None:
    """Net flows ``flow[region, technology, cohort, commodity]``; cohort is "all" or a vintage label."""
    lookup = _flow_lookup(context)
    keys = recipe_keys(context)
    for region, technology in context.active:
        weights = context.weights(region, technology)
        cohorts = _cohorts(context, parameters, region, technology)
        for cohort, year in cohorts:
            net: dict[str, float] = defaultdict(float)
            net[context.product[technology]] += 1.0
            for commodity, direction in sorted(keys[technology]):
                found = context.weighted(
                    weights,
                    finder(lookup, technology, commodity, direction),
                    0.0,
                    (f"{direction} of {commodity} in {technology}", region),
                )
                if found is None:
                    continue
                amount = sum(w * at_year(s, year, "linear") for w, s in found)
                net[commodity] += amount if direction == "output" else -amount
            for commodity, value in net.items():
                if value != 0:
                    parameters.put("flow", (region, technology, cohort, commodity), value)


def finder(lookup: Lookup, *key: object) -> Callable[[Sequence[str]], Series | None]:
    """How the series of a key is found from a chain of places."""
    return lambda chain: lookup.series(*key, chain=chain)


def _flow_lookup(context: Context) -> Lookup:
    return Lookup(context.table("flows"), ["technology", "commodity", "direction"], year="build_year")


def _cohorts(context: Context, parameters: Parameters, region: str, technology: str) -> list[tuple[str, float]]:
    """Labels and building years of the activity variables of a pair."""
    if technology not in parameters.facts["by_vintage"]:
        return [(ALL, float(context.horizon.first[0]))]
    return [(v.label, v.build_year) for v in parameters.vintages[region, technology]]


def contents(context: Context, name: str) -> dict[tuple[str, int], float]:
    """Property of each commodity in each period; commodities without a row are absent (stated default 0)."""
    lookup = Lookup(context.table("commodity_properties"), ["commodity", "property"], place=None)
    found = {}
    for commodity, prop in lookup:
        series = lookup.series(commodity, prop)
        if prop == name and series is not None:
            for period in context.horizon:
                found[str(commodity), period] = in_period(series, period, context.horizon, "linear")
    return found


def coal_equivalents(context: Context) -> dict[tuple[str, int], float]:
    """tce per natural unit in the coal-equivalent convention: stated where it differs, else energy_content / 29.3076."""
    table = {key: value / TCE for key, value in contents(context, "energy_content").items()}
    table.update(contents(context, "coal_equivalent"))
    return table


def derive_ledgers(context: Context, parameters: Parameters) -> None:
    """Ledger factors per unit of activity ``ledger_factor[ledger, region, technology, cohort, period]``.

    Ledgers: direct_co2 and biogenic_co2 (t), energy_calorific (GJ), energy_coal_equivalent (tce), SO2, NOx, PM, PFC_physical and
    PFC_compliance (t).
    """
    tables = ledger_contents(context)
    for (region, technology, cohort, commodity), net in parameters["flow"].items():
        for ledger, table in tables.items():
            for period in context.horizon:
                content = table.get((commodity, period), 0.0)
                if content:
                    parameters.add("ledger_factor", (ledger, region, technology, cohort, period), -net * content)
    emissions = Lookup(context.table("emissions"), ["technology", "pollutant"])
    for technology, pollutant in emissions:
        ledger = "direct_co2" if pollutant == "CO2_process" else str(pollutant)
        for region, name in context.active:
            if name != technology:
                continue
            found = context.weighted(context.weights(region, name), finder(emissions, technology, pollutant), 0.0)
            for cohort, _ in _cohorts(context, parameters, region, name) if found else []:
                for period in context.horizon:
                    value = context.period_value(found or [], period)
                    parameters.add("ledger_factor", (ledger, region, name, cohort, period), value)


def ledger_contents(context: Context) -> dict[str, dict[tuple[str, int], float]]:
    """Content table of every ledger that follows from net flows."""
    return {
        "direct_co2": contents(context, "co2_content"),
        "biogenic_co2": contents(context, "biogenic_co2_content"),
        "energy_calorific": contents(context, "energy_content"),
        "energy_coal_equivalent": coal_equivalents(context),
    }


def has_text(value: object) -> bool:
    """True for a filled key cell."""
    return not blank(value)
