"""Measures and conversions: what they change, cost and how fast they may spread.

A measure is adopted activity U of its host. Its net flow is the change of the host's net flow, so that the balances take
host plus measures: saves_input counts +, adds_input -, adds_output +, saves_output -.
Today's penetration is sunk: in the base period U = penetration x host activity; it expires linearly over the life.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from peakmix.parameters.capacity import capital_charge
from peakmix.parameters.container import Parameters
from peakmix.parameters.context import Context
from peakmix.parameters.lookup import Lookup, blank, records
from peakmix.parameters.recipes import ledger_contents
from peakmix.parameters.time import Series, at_year, in_period, survival
from peakmix.parameters.tracing import number, settled

ROUNDING = 1e-12
"""Shares below this are rounding of floating-point numbers, not measures that still stand."""

SIGN = {"saves_input": 1.0, "adds_input": -1.0, "adds_output": 1.0, "saves_output": -1.0}


def chosen_measures(context: Context) -> list[tuple[str, str, tuple[str, ...]]]:
    """(measure, host, exclusion groups) of the scenario's measures whose host is known."""
    include, exclude = context.spec.measures.include, set(context.spec.measures.exclude)
    rows = []
    for row in records(context.table("measures")):
        if row.host in context.product and row.measure not in exclude and (include is None or row.measure in include):
            groups = () if blank(row.exclusion_group) else tuple(g.strip() for g in row.exclusion_group.split(";"))
            rows.append((row.measure, row.host, groups))
    return rows


def touched_commodities(context: Context, pairs: Iterable[tuple[str, str]]) -> set[tuple[str, str, str]]:
    """(region, commodity, effect) of what measures add as input or output, wherever one of their hosts may run."""
    hosts: dict[str, set[str]] = defaultdict(set)
    for measure, host, _ in chosen_measures(context):
        hosts[measure].add(host)
    places: dict[str, set[str]] = defaultdict(set)
    for region, technology in pairs:
        places[technology].add(region)
    found = set()
    for row in records(context.table("measure_flows")):
        if row.effect in ("adds_input", "adds_output"):
            for host in hosts[row.measure] if blank(row.host) else hosts[row.measure] & {row.host}:
                found |= {(region, row.commodity, row.effect) for region in places[host]}
    return found


def derive_measures(context: Context, parameters: Parameters) -> None:
    """All derived elements of measures, for every region where the host is active.

    Sets ``measures`` (region, measure, host); numbers ``measure_flow``, ``measure_ledger``, ``measure_charge`` (capital),
    ``measure_fixed``, ``measure_variable``, ``measure_alive``, ``applicability``, ``penetration``, ``sunk_share``,
    ``adoption_rate``.
    """
    lookup = Lookup(context.table("measure_parameters"), ["measure", "host", "parameter"])
    active = set(context.active)
    rows = []
    for measure, host, groups in chosen_measures(context):
        for region in context.regions:
            if (region, host) in active:
                rows.append((region, measure, host))
                for group in groups:
                    parameters.facts.setdefault("exclusion", defaultdict(list))[region, host, group].append(measure)
                _measure(context, parameters, lookup, region, measure, host)
    parameters.sets["measures"] = rows
    parameters.facts.setdefault("exclusion", {})
    _measure_flows(context, parameters)
    _measure_emissions(context, parameters)


def _find(context: Context, lookup: Lookup, region: str, measure: str, host: str, name: str) -> list[tuple[float, Series]] | None:
    return context.weighted(
        context.weights(region, host),
        lambda chain: lookup.first((measure, host, name), (measure, None, name), chain=chain),
        context.default("measure_parameters", name),
        (f"{name} of {measure} on {host}", region),
    )


def _measure(context: Context, parameters: Parameters, lookup: Lookup, region: str, measure: str, host: str) -> None:
    horizon = context.horizon
    key = (region, measure, host)
    read = {n: _find(context, lookup, region, measure, host, n) for n in (
        "capital_cost", "fixed_cost", "variable_cost", "lifetime", "first_year", "applicability", "penetration", "adoption_rate",
    )}  # fmt: skip
    today = life_at(read["lifetime"], horizon.first[0])
    earliest = settled(sum(w * s[0][1] for w, s in read["first_year"] or []))
    standing = sum(w * s[0][1] for w, s in read["penetration"] or [])
    parameters.put("penetration", key, standing)
    for period in horizon:
        cell = (*key, period)
        weight = horizon.operating_weight(period)
        left = 1.0 if period == horizon.first[0] else _sunk_left(context, today, period)
        if standing * left > 0:
            parameters.put("sunk_share", cell, left)
        parameters.put("applicability", cell, context.period_value(read["applicability"] or [], period))
        for name, source in (("measure_variable", "variable_cost"), ("measure_fixed", "fixed_cost")):
            if value := context.period_value(read[source] or [], period) * weight:
                parameters.put(name, cell, value)
        if period < earliest or period == horizon.base:
            continue
        cost = context.period_value(read["capital_cost"] or [], period)
        life = life_at(read["lifetime"], period)
        charge, _ = capital_charge(context, measure, period, cost, life, horizon.rate)
        for later in horizon:
            share = survival(horizon.vintage(period), life, later, horizon)
            if share > 0:
                parameters.put("measure_alive", (*key, period, later), share)
        parameters.put("measure_charge", cell, charge)
        parameters.put("measure_cost", cell, cost)
        if read["adoption_rate"]:
            rate = context.period_value(read["adoption_rate"], period)
            parameters.put("adoption_rate", cell, rate * horizon.n(period) * standing_capacity(parameters, region, host))


def life_at(weighted: list[tuple[float, Series]] | None, year: int) -> float:
    """Life of what is fitted in a year, in years: the step in force then."""
    return settled(sum(w * at_year(s, year, "step") for w, s in weighted or []))


def standing_capacity(parameters: Parameters, region: str, host: str) -> float:
    """Capacity of a host at the start, Mt/yr."""
    return number(sum(parameters.get("stock", (region, host, v.label)) for v in parameters.vintages.get((region, host), ())))


def _sunk_left(context: Context, life: float, period: int) -> float:
    """Share of today's adopted measures still alive: they leave evenly over one life from the start of the second period."""
    horizon = context.horizon
    start = horizon.first[1] if len(horizon.first) > 1 else horizon.end
    years = horizon.years(period)
    left = sum(max(0.0, 1 - (y - start) / life) for y in years) / len(years)
    return left if left > ROUNDING else 0.0


def _measure_flows(context: Context, parameters: Parameters) -> None:
    """Changes of net flow and of the ledgers, per unit of adopted host activity."""
    flows = Lookup(context.table("measure_flows"), ["measure", "host", "commodity", "effect"], place=None)
    tables = ledger_contents(context)
    by_measure: dict[str, list[tuple[str | None, str, str]]] = defaultdict(list)
    for measure, host, commodity, effect in flows:
        by_measure[str(measure)].append((host, str(commodity), str(effect)))
    for region, measure, host in parameters.sets["measures"]:
        pairs = {(c, e) for h, c, e in by_measure[measure] if h in (None, host)}
        for period in context.horizon:
            for commodity, effect in sorted(pairs):
                series = flows.first((measure, host, commodity, effect), (measure, None, commodity, effect))
                amount = SIGN[effect] * in_period(series or [(None, 0.0)], period, context.horizon, "linear")
                if not amount:
                    continue
                parameters.add("measure_flow", (region, measure, host, commodity, period), amount)
                for ledger, table in tables.items():
                    if content := table.get((commodity, period), 0.0):
                        parameters.add("measure_ledger", (ledger, region, measure, host, period), -amount * content)


def _measure_emissions(context: Context, parameters: Parameters) -> None:
    removed = Lookup(context.table("measure_emissions"), ["measure", "host", "pollutant"], place=None)
    names = {str(k[2]) for k in removed}
    for region, measure, host in parameters.sets["measures"]:
        for pollutant in sorted(names):
            series = removed.first((measure, host, pollutant), (measure, None, pollutant))
            ledger = "direct_co2" if pollutant == "CO2_process" else pollutant
            for period in context.horizon if series else ():
                amount = in_period(series or [], period, context.horizon, "linear")
                parameters.add("measure_ledger", (ledger, region, measure, host, period), -amount)


def derive_conversions(context: Context, parameters: Parameters) -> None:
    """Conversions and renewals: sets ``conversions`` (region, conversion, period) and their charges and ratios."""
    lookup = Lookup(context.table("conversion_parameters"), ["conversion", "parameter"])
    table = context.table("conversions")
    active = set(context.active)
    facts = parameters.facts.setdefault("conversion", {})
    rows = []
    for name, source, target, draws, clock in zip(
        *(table[c].tolist() for c in ("conversion", "from", "to", "draws", "clock")), strict=True
    ):
        facts[name] = (source, target, draws, clock)
        for region in context.regions:
            if (region, source) in active and (region, target) in active:
                rows += _conversion(context, parameters, lookup, region, name, target)
    parameters.sets["conversions"] = rows


def _conversion(
    context: Context, parameters: Parameters, lookup: Lookup, region: str, name: str, target: str
) -> list[tuple[str, str, int]]:
    def find(what: str) -> list[tuple[float, Series]] | None:
        return context.weighted(
            context.weights(region, target),
            lambda chain: lookup.series(name, what, chain=chain),
            context.default("conversion_parameters", what),
        )

    horizon = context.horizon
    earliest = settled(sum(w * s[0][1] for w, s in find("first_year") or []))
    cost, ratio, limit = find("capital_cost"), find("ratio"), find("limit")
    rows = []
    for period in horizon:
        if period < earliest or period == horizon.base:
            continue
        key = (region, name, period)
        scale = context.period_value(ratio, period) if ratio else 1.0
        life = parameters.get("lifetime", (region, target, str(period)))
        money = context.period_value(cost or [], period) * scale
        charge, _ = capital_charge(context, target, period, money, life, horizon.rate)
        parameters.put("conversion_charge", key, charge)
        parameters.put("conversion_cost", key, money)
        if ratio:
            parameters.put("conversion_ratio", key, scale)
        if limit:
            places = [lookup.series(name, "limit", chain=context.places.chain(m)) for m in context.regions[region]]
            total = sum(in_period(s, period, horizon, "linear") for s in places if s is not None)
            parameters.put("conversion_limit", key, total * horizon.n(period))
        rows.append(key)
    return rows
