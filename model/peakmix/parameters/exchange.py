"""Exchange with the outside and between regions: demand, markets, freight, stockpiles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from peakmix.parameters.container import Parameters
from peakmix.parameters.context import Context
from peakmix.parameters.lookup import Lookup, blank, records
from peakmix.parameters.time import Series, in_period

Arc = tuple[str, str, str]


def demand_rows(context: Context) -> dict[tuple[str, str], Series]:
    """Demand series of the chosen variant: (node, commodity) -> series of Mt/yr. A variant's row wins over a blank one."""
    lookup = Lookup(context.table("demand"), ["variant", "commodity"])
    found: dict[tuple[str, str], Series] = {}
    for variant in (None, context.spec.demand_variant):
        for key, commodity in [k for k in lookup if k[0] == variant]:
            for node in lookup.places(key, commodity):
                series = lookup.exact(node, key, commodity)
                if node is not None and series is not None:
                    found[node, str(commodity)] = series
    return found


def derive_demand(context: Context, parameters: Parameters) -> None:
    """``demand[region, commodity, period]`` and, for nodes without shares, ``pooled_demand[node, commodity, period]``."""
    shares = Lookup(context.table("demand_shares"), ["commodity"])
    member_of = {m: r for r, members in context.regions.items() for m in members}
    for (node, commodity), series in demand_rows(context).items():
        split = [p for p in shares.places(commodity) if p is not None and node in context.places.chain(p)]
        for period in context.horizon:
            amount = in_period(series, period, context.horizon, "linear")
            if split and node not in split:
                for place in split:
                    share = in_period(shares.exact(place, commodity) or [], period, context.horizon, "linear")
                    if place in member_of and share > 0:
                        parameters.add("demand", (member_of[place], commodity, period), amount * share)
            elif node in member_of or node in context.regions:
                parameters.add("demand", (member_of.get(node, node), commodity, period), amount)
            elif context.nodes.get(node):
                parameters.add("pooled_demand", (node, commodity, period), amount)


def base_demand_weight(context: Context, commodity: str) -> dict[str, float]:
    """Weight of every place for prices of a commodity: what its standing stock would take in at full use."""
    flows = context.table("flows")
    needs = flows[(flows["commodity"] == commodity) & (flows["direction"] == "input")]
    found: dict[str, list[float]] = defaultdict(list)
    for technology, value in zip(needs["technology"], needs["value"].tolist(), strict=True):
        found[technology].append(value)
    per_unit = {technology: sum(values) / len(values) for technology, values in found.items()}
    weight: dict[str, float] = defaultdict(float)
    for (place, technology), stock in context.place_stock.items():
        if technology in per_unit:
            weight[place] += stock * per_unit[technology]
    return weight


def region_weights(context: Context, commodity: str) -> dict[str, dict[str, float]]:
    """Weights of the places inside each region for a commodity's price."""
    weight = base_demand_weight(context, commodity)
    result = {}
    for region, members in context.regions.items():
        total = sum(weight.get(m, 0.0) for m in members)
        result[region] = (
            {m: weight.get(m, 0.0) / total for m in members if weight.get(m, 0.0) > 0}
            if total > 0
            else {m: 1 / len(members) for m in members}
        )
    return result


def derive_markets(context: Context, parameters: Parameters) -> None:
    """Prices, limits and emission factors of markets in the regions where they have a price.

    Fills ``market_charge`` (D_p * price), ``market_factor`` (t CO2 per unit), ``market_limit[market, node, period]`` and the
    sets ``markets`` (region, market).
    """
    lookup = Lookup(context.table("market_parameters"), ["market", "parameter"])
    facts = {}
    pairs = []
    for row in records(context.table("markets")):
        facts[row.market] = (row.commodity, row.direction, row.scope)
        weights = region_weights(context, row.commodity)
        for region in context.regions:
            if not _priced(context, lookup, row.market, weights[region]):
                continue
            pairs.append((region, row.market))
            _market_values(context, parameters, lookup, weights[region], region, row.market, row.direction)
        _market_limits(context, parameters, lookup, row.market)
    parameters.facts["market"] = facts
    parameters.sets["markets"] = pairs


def _market_values(
    context: Context,
    parameters: Parameters,
    lookup: Lookup,
    weights: dict[str, float],
    region: str,
    market: str,
    direction: str,
) -> None:
    chain_of = context.places.chain
    sign = -1.0 if direction == "sell" else 1.0
    for period in context.horizon:
        total = factor = norm = 0.0
        seen: list[tuple[float, float]] = []
        for place, weight in weights.items():
            price = lookup.series(market, "price", chain=chain_of(place))
            if price is None:
                continue
            relative = lookup.series(market, "price_relative", chain=chain_of(place)) or [(None, 1.0)]
            emission = lookup.series(market, "emission_factor", chain=chain_of(place)) or [(None, 0.0)]
            local = in_period(price, period, context.horizon, "linear") * in_period(relative, period, context.horizon, "linear")
            total += weight * local
            seen.append((weight, local))
            factor += weight * in_period(emission, period, context.horizon, "linear")
            norm += weight
        parameters.put("market_price", (region, market, period), total / norm)
        if period == context.horizon.first[0]:
            context.spreads.add(f"price in {market}", region, ((w / norm, x) for w, x in seen))
        charge = sign * total / norm * context.horizon.operating_weight(period)
        parameters.put("market_charge", (region, market, period), charge)
        if factor:
            parameters.put("market_factor", (region, market, period), factor / norm)


def _priced(context: Context, lookup: Lookup, market: str, places: Iterable[str]) -> list[str]:
    """Places where the market has a price."""
    return [m for m in places if lookup.series(market, "price", chain=context.places.chain(m)) is not None]


def _market_limits(context: Context, parameters: Parameters, lookup: Lookup, market: str) -> None:
    """Limits of a market at nodes and in places.

    A row at a node that the resolution keeps limits the node's total. Inside a region the limits of its places add up,
    unless one of them is free; a blank row limits each province (or lone place) that has a price and no row of its own.
    """
    places = lookup.places(market, "limit")
    exact = {p for p in places if p is not None}
    for node in exact:
        if context.nodes.get(node):
            _put_limit(context, parameters, market, node, [lookup.exact(node, market, "limit") or []])
    for region, members in context.regions.items():
        if any(context.nodes.get(p) and p != context.places.root for m in members for p in context.places.chain(m) if p in exact):
            continue
        parts = [_place_limit(context, lookup, market, m, exact) for m in limited_places(context, lookup, market, members)]
        series = [s for s in parts if s is not None]
        if series and len(series) == len(parts):
            _put_limit(context, parameters, market, context.alone(region), series)


def limited_places(context: Context, lookup: Lookup, market: str, members: Sequence[str]) -> list[str]:
    """Places of a region that a limit can be written for: provinces with a price, else the region's lone places."""
    priced = _priced(context, lookup, market, members)
    provinces = [m for m in priced if context.places.level[m] == "province"]
    return provinces or priced


def _place_limit(context: Context, lookup: Lookup, market: str, place: str, exact: set[str]) -> Series | None:
    """Series that limits a place: its own row, else the blank one."""
    return lookup.exact(place if place in exact else None, market, "limit")


def _put_limit(context: Context, parameters: Parameters, market: str, node: str, parts: list[Series]) -> None:
    for period in context.horizon:
        amount = sum(in_period(s, period, context.horizon, "linear") for s in parts)
        parameters.put("market_limit", (market, node, period), amount)


def arc_costs(context: Context) -> dict[Arc, tuple[float, float]]:
    """Cheapest open arcs between regions: (commodity, from, to) -> (CNY per unit, share lost on the way)."""
    freight = Lookup(context.table("freight"), ["commodity", "mode", "parameter"], place=None, year=None)
    modes: dict[str, set[str]] = defaultdict(set)
    for commodity, mode, _ in freight:
        modes[str(commodity)].add(str(mode))
    member_of = {m: r for r, members in context.regions.items() for m in members}
    best: dict[Arc, tuple[float, float]] = {}

    def number(commodity: str, mode: str, name: str) -> float:
        series = freight.series(commodity, mode, name)
        return series[0][1] if series else 0.0

    for start, end, mode, only, distance in zip(
        *(context.table("routes")[c].tolist() for c in ("from", "to", "mode", "commodity", "value")), strict=True
    ):
        a, b = member_of.get(start), member_of.get(end)
        if a is None or b is None or a == b:
            continue
        for commodity in modes if blank(only) else [only]:
            if mode in modes.get(commodity, ()):
                cost = number(commodity, mode, "terminal_cost") + distance * number(commodity, mode, "distance_cost")
                for arc in ((commodity, a, b), (commodity, b, a)):
                    if arc not in best or cost < best[arc][0]:
                        best[arc] = (cost, number(commodity, mode, "loss"))
    return best


def derive_trade(context: Context, parameters: Parameters, arcs: dict[Arc, tuple[float, float]]) -> None:
    """``trade_charge[commodity, from, to, period]`` (D_p * cost) and ``arrival[commodity, from, to]`` (1 - loss)."""
    for (commodity, a, b), (cost, loss) in arcs.items():
        parameters.put("arrival", (commodity, a, b), 1 - loss)
        for period in context.horizon:
            parameters.put("trade_charge", (commodity, a, b, period), cost * context.horizon.operating_weight(period))


def derive_stockpiles(context: Context, parameters: Parameters) -> None:
    """Opening, capacity and holding cost of stockpiles; ``stockpile_year`` = 1 / n_p turns a change into an annual flow."""
    lookup = Lookup(context.table("stockpiles"), ["commodity", "parameter"])
    horizon = context.horizon
    for commodity in {str(c) for c, name in lookup if name == "capacity"}:
        for region, members in context.regions.items():
            places = _stockpile_places(context, lookup, commodity, members)
            if not places:
                continue
            opening = sum((lookup.series(commodity, "initial", chain=c) or [(None, 0.0)])[0][1] for c in places)
            parameters.put("stockpile_opening", (region, commodity), opening)
            for period in horizon:
                years, key = horizon.n(period), (region, commodity, period)
                sizes = [in_period(lookup.series(commodity, "capacity", chain=c) or [], period, horizon, "linear") for c in places]
                costs = [
                    in_period(lookup.series(commodity, "holding_cost", chain=c) or [(None, 0.0)], period, horizon, "linear")
                    for c in places
                ]
                total = sum(sizes)
                mean = sum(k * x for k, x in zip(costs, sizes, strict=True)) / total if total else sum(costs) / len(costs)
                parameters.put("stockpile_capacity", key, total)
                parameters.put("holding_charge", key, mean * horizon.operating_weight(period))
                parameters.put("stockpile_year", key, 1 / years)
                if period == horizon.first[0]:
                    parameters.put("stockpile_opening_flow", key, opening / years)


def _stockpile_places(context: Context, lookup: Lookup, commodity: str, members: Sequence[str]) -> list[tuple[str, ...]]:
    """Chains of the places of a region that hold a stockpile: provinces, else lone places; capacities add up."""
    found = [m for m in members if lookup.series(commodity, "capacity", chain=context.places.chain(m)) is not None]
    provinces = [m for m in found if context.places.level[m] == "province"]
    return [context.places.chain(m) for m in provinces or found]
