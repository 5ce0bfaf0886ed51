"""Physical limits from the tables: statistics that pin the base period, limits at nodes, share limits."""

from __future__ import annotations

from peakmix.parameters.container import Parameters
from peakmix.parameters.context import Context
from peakmix.parameters.lookup import Lookup, blank, records
from peakmix.parameters.time import Series, at_year, in_period
from peakmix.parameters.tracing import number


def derive_base_activity(context: Context, parameters: Parameters) -> None:
    """``base_low`` and ``base_high[node, group]``, Mt/yr, from statistics of the year nearest to the base period."""
    base = context.horizon.base
    if base is None:
        return
    member_of = {m: r for r, members in context.regions.items() for m in members}
    table = context.table("base_activity")
    lookup = Lookup(table, ["group"])
    width = Lookup(table.assign(value=table["tolerance"]), ["group"])
    for (group,) in lookup:
        if not context.expand(str(group)):
            continue
        for place in lookup.places(group):
            if place in member_of:
                node = context.alone(member_of[place])
            elif context.nodes.get(str(place)):
                node = str(place)
            else:
                continue
            value = at_year(lookup.exact(place, group) or [], base, "linear")
            slack = at_year(width.exact(place, group) or [], base, "linear")
            parameters.add("base_low", (node, str(group)), value * (1 - slack))
            parameters.add("base_high", (node, str(group)), value * (1 + slack))


def derive_limits(context: Context, parameters: Parameters) -> None:
    """``limit_value[limit, quantity, group, node, sense, period]``; blank places give one row a region."""
    table = context.table("limits")
    member_of = {m: r for r, members in context.regions.items() for m in members}
    lookup = Lookup(table, ["limit", "quantity", "group", "sense"])
    rows = []
    for limit, quantity, group, sense in lookup:
        for place in lookup.places(limit, quantity, group, sense):
            series = lookup.exact(place, limit, quantity, group, sense) or []
            if blank(place):
                nodes = [(context.alone(r), standing_places(context, ms)) for r, ms in context.regions.items()]
            elif context.nodes.get(str(place)):
                nodes = [(str(place), 1.0)]
            elif place in member_of:
                nodes = [(context.alone(member_of[place]), 1.0)]
            else:
                continue
            for node, times in nodes:
                for period in context.horizon:
                    if period == context.horizon.base:
                        continue
                    years = context.horizon.n(period) if quantity in ("additions", "net_additions") else 1
                    value = in_period(series, period, context.horizon, "linear") * years * times
                    key = (limit, quantity, group, node, sense, period)
                    parameters.add("limit_value", key, value)
                    rows.append(key)
    parameters.sets["limits"] = list(dict.fromkeys(rows))


def standing_places(context: Context, members: tuple[str, ...]) -> float:
    """How often a limit on each place counts in a region: once for every place with stock, at least once."""
    return float(sum(context.place_stock_any(m) for m in members) or 1)


def derive_share_limits(context: Context, parameters: Parameters) -> None:
    """Share limits: ``share_left`` and ``share_right`` coefficients per technology, row (limit, node, period).

    share_right is value x coefficient, one element; a row reads sum left x A - sum right x A <= 0 (or >= 0).
    """
    members: dict[str, dict[str, list[tuple[str, float]]]] = {}
    for row in records(context.table("share_limits")):
        if row.technology in context.product:
            sides = members.setdefault(row.limit, {"numerator": [], "denominator": []})
            sides[row.role].append((row.technology, number(row.value)))
    table = context.table("share_limit_values")
    sense = dict(zip(table["limit"], table["sense"], strict=True))
    pooled = dict(zip(table["limit"], table["pooled"], strict=True))
    lookup = Lookup(table, ["limit"])
    rows = []
    for limit, sides in members.items():
        first = (sides["numerator"] or sides["denominator"])[0][0]
        nodes = _share_nodes(context, lookup, limit, first, pooled.get(limit, "no") == "yes")
        for node, series in nodes.items():
            for period in context.horizon:
                value = context.period_value(series, period)
                rows.append((limit, node, period))
                for technology, coefficient in sides["numerator"]:
                    parameters.put("share_left", (limit, node, period, technology), coefficient)
                for technology, coefficient in sides["denominator"]:
                    parameters.put("share_right", (limit, node, period, technology), coefficient * value)
    parameters.sets["share_limits"] = rows
    parameters.facts["share_sense"] = sense


def _share_nodes(
    context: Context, lookup: Lookup, limit: str, technology: str, pooled: bool
) -> dict[str, list[tuple[float, Series]]]:
    """Node of each row and the weighted series that hold there; places weigh by the stock of the first technology."""
    if pooled:
        return {
            str(place or context.places.root): [(1.0, lookup.exact(place, limit) or [])]
            for place in lookup.places(limit)
            if (place or context.places.root) in context.nodes
        }
    found = {}
    for region in context.regions:
        weighted = context.weighted(context.weights(region, technology), lambda chain: lookup.series(limit, chain=chain))
        if weighted is not None:
            found[context.alone(region)] = weighted
    return found
