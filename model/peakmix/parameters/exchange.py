"""Exchange with the outside and between regions: demand, markets, freight, stockpiles."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

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
            else:
                parameters.add("pooled_demand", (node, commodity, period), amount)


def base_demand_weight(context: Context, commodity: str) -> dict[str, float]:
    """Weight of every place for prices of a commodity: what its standing stock would take in at full use."""
    flows = context.table("flows")
    needs = flows[(flows["commodity"] == commodity) & (flows["direction"] == "input")]
    per_unit = needs.groupby("technology")["value"].mean().to_dict()
    weight: dict[str, float] = defaultdict(float)
    for (place, technology), stock in context.place_stock.items():
        weight[place] += stock * per_unit.get(technology, 0.0)
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
        for place, weight in weights.items():
            price = lookup.series(market, "price", chain=chain_of(place))
            if price is None:
                continue
            relative = lookup.series(market, "price_relative", chain=chain_of(place)) or [(None, 1.0)]
            emission = lookup.series(market, "emission_factor", chain=chain_of(place)) or [(None, 0.0)]
            local = in_period(price, period, context.horizon, "linear") * in_period(relative, period, context.horizon, "linear")
            total += weight * local
            factor += weight * in_period(emission, period, context.horizon, "linear")
            norm += weight
        parameters.put("market_price", (region, market, period), total / norm)
        charge = sign * total / norm * context.horizon.operating_weight(period)
        parameters.put("market_charge", (region, market, period), charge)
        if factor:
            parameters.put("market_factor", (region, market, period), factor / norm)


def _priced(context: Context, lookup: Lookup, market: str, places: Iterable[str]) -> list[str]:
    """Places where the market has a price."""
    return [m for m in places if lookup.series(market, "price", chain=context.places.chain(m)) is not None]


def _market_limits(context: Context, parameters: Parameters, lookup: Lookup, market: str) -> None:
    """Limits at nodes. A blank place limits each place on its own; limits inside a region add up, unless a place is free."""
    inner: dict[str, list[str]] = defaultdict(list)
    for node in lookup.places(market, "limit"):
        if node is None:
            _each_place(context, parameters, lookup, market)
        elif context.nodes.get(node):
            for period in context.horizon:
                amount = in_period(lookup.exact(node, market, "limit") or [], period, context.horizon, "linear")
                parameters.put("market_limit", (market, node, period), amount)
        else:
            for region, members in context.regions.items():
                if node in members:
                    inner[region].append(node)
    for region, nodes in inner.items():
        covered = {p for node in nodes for p in context.places.under(node)}
        if set(_priced(context, lookup, market, context.regions[region])) - covered - {region}:
            continue
        for node in nodes:
            for period in context.horizon:
                amount = in_period(lookup.exact(node, market, "limit") or [], period, context.horizon, "linear")
                parameters.add("market_limit", (market, region, period), amount)


def _each_place(context: Context, parameters: Parameters, lookup: Lookup, market: str) -> None:
    """A limit on each place: a region gets it once for every province among its places, at least once."""
    series = lookup.exact(None, market, "limit") or []
    for region, members in context.regions.items():
        number = sum(context.places.level[m] == "province" for m in _priced(context, lookup, market, members))
        for period in context.horizon:
            amount = in_period(series, period, context.horizon, "linear")
            parameters.put("market_limit", (market, context.alone(region), period), amount * max(1, number))


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
    for commodity in {str(c) for c, name in lookup if name == "capacity"}:
        for region, members in context.regions.items():
            chain = context.places.chain(members[0])
            capacity = lookup.series(commodity, "capacity", chain=chain)
            if capacity is None:
                continue
            opening = lookup.series(commodity, "initial", chain=chain) or [(None, 0.0)]
            holding = lookup.series(commodity, "holding_cost", chain=chain) or [(None, 0.0)]
            parameters.put("stockpile_opening", (region, commodity), opening[0][1])
            for period in context.horizon:
                weight = context.horizon.operating_weight(period)
                parameters.put(
                    "stockpile_capacity",
                    (region, commodity, period),
                    in_period(capacity, period, context.horizon, "linear"),
                )
                parameters.put(
                    "holding_charge", (region, commodity, period),
                    in_period(holding, period, context.horizon, "linear") * weight,
                )  # fmt: skip
                years = context.horizon.n(period)
                parameters.put("stockpile_year", (region, commodity, period), 1 / years)
                if period == context.horizon.first[0]:
                    parameters.put("stockpile_opening_flow", (region, commodity, period), opening[0][1] / years)
