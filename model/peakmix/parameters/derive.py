"""From tables and a scenario to the derived elements of one model structure."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from peakmix.parameters import capacity, exchange, measures, recipes, rules, structure
from peakmix.parameters.container import Parameters
from peakmix.parameters.context import Context
from peakmix.parameters.lookup import Places, records
from peakmix.parameters.regions import build_nodes, build_regions
from peakmix.parameters.time import horizon_of
from peakmix.tables.dataset import DataSet


def make_context(dataset: DataSet, spec: Any) -> Context:
    """Places, regions, chosen technologies and groups of a scenario."""
    places = Places(dataset.tables["locations"])
    only = None if spec.locations is None else list(spec.locations)
    regions = build_regions(dataset, places, spec.level, spec.grouping, only)
    nodes, cut = build_nodes(dataset, places, regions)
    table = dataset.tables["technologies"]
    wanted = ~table["technology"].isin(spec.technologies.exclude)
    if spec.sectors is not None:
        wanted &= table["sector"].isin(spec.sectors)
    groups: dict[str, list[str]] = defaultdict(list)
    kept = set(table.loc[wanted, "technology"])
    for row in records(dataset.tables["technology_groups"]):
        if row.technology in kept:
            groups[row.group].append(row.technology)
    context = Context(
        dataset=dataset,
        spec=spec,
        horizon=horizon_of(spec),
        places=places,
        regions=regions,
        nodes=nodes,
        technologies=table[wanted],
        groups={g: tuple(t) for g, t in groups.items()},
    )
    context.cut = cut
    return context


def derive(dataset: DataSet, spec: Any) -> tuple[Parameters, Context]:
    """Derived elements and index sets for one scenario.

    Parameters
    ----------
    dataset:
        Tables in canonical units (levers of the scenario already applied).
    spec:
        The resolved scenario.

    Returns
    -------
    parameters, context

    Raises
    ------
    InputError
        When something stands that cannot run, or a needed number is missing.
    """
    context = make_context(dataset, spec)
    parameters = Parameters(context.horizon, tuple(context.regions), context.regions, context.nodes)
    parameters.facts["groups"] = context.groups
    parameters.facts["product"] = context.product
    parameters.facts["sector"] = context.sector
    parameters.facts["capacity"] = {t: context.attribute[t, "capacity"] == "yes" for t in context.product}
    parameters.facts["commodities"] = dataset.tables["commodities"].set_index("commodity").to_dict("index")
    parameters.facts["cut_nodes"] = context.cut
    parameters.facts["money"] = context.money
    exchange.derive_demand(context, parameters)
    exchange.derive_markets(context, parameters)
    arcs = exchange.arc_costs(context)
    settle_structure(context, parameters, arcs)
    recipes.derive_flows(context, parameters)
    recipes.derive_ledgers(context, parameters)
    capacity.derive_capacity(context, parameters)
    measures.derive_measures(context, parameters)
    measures.derive_conversions(context, parameters)
    parameters.facts["possible"] = structure.possible_capacity(parameters)
    rules.derive_base_activity(context, parameters)
    rules.derive_limits(context, parameters)
    rules.derive_share_limits(context, parameters)
    exchange.derive_stockpiles(context, parameters)
    settle_exchange(context, parameters, arcs)
    parameters.sets["active"] = list(context.active)
    derive_weights(parameters)
    parameters.reports["aggregation"] = context.spreads.report()
    return parameters, context


def derive_weights(parameters: Parameters) -> None:
    """Weights as derived elements, for prices and reports."""
    horizon = parameters.horizon
    for period in horizon:
        parameters.put("operating_weight", (period,), horizon.operating_weight(period))
        parameters.put("investment_weight", (period,), horizon.investment_weight(period))


def settle_structure(context: Context, parameters: Parameters, arcs: dict[exchange.Arc, tuple[float, float]]) -> None:
    """Fill ``context.active`` with the pairs that can run, and their vintages."""
    pairs = structure.candidates(context)
    inputs, outputs = recipes.touch(context, pairs)
    supplied: set[tuple[str, str]] = set()
    taken: set[tuple[str, str]] = set()
    market = parameters.facts["market"]
    for region, name in parameters.sets["markets"]:
        commodity, direction, _ = market[name]
        (supplied if direction == "buy" else taken).add((region, commodity))
    for region, commodity, _ in parameters.values.get("demand", {}):
        taken.add((region, commodity))
    for node, commodity, _ in parameters.values.get("pooled_demand", {}):
        taken |= {(r, commodity) for r in parameters.regions_of(node)}
    for region, commodity, effect in measures.touched_commodities(context, pairs):
        (taken if effect == "adds_input" else supplied).add((region, commodity))
    stores = {(r, c) for c in set(context.table("stockpiles")["commodity"]) for r in context.regions}
    spread = _spread(arcs, supplied, taken, inputs, outputs)
    context.active = structure.reachable(context, pairs, inputs, outputs, supplied | stores | spread[0], taken | stores | spread[1])
    structure.vintage_sets(context, parameters)


def _spread(
    arcs: dict[exchange.Arc, tuple[float, float]],
    supplied: set[tuple[str, str]],
    taken: set[tuple[str, str]],
    inputs: dict[tuple[str, str], set[str]],
    outputs: dict[tuple[str, str], set[str]],
) -> tuple[set[tuple[str, str]], set[tuple[str, str]]]:
    """Pairs reached by freight: from any region where the commodity can be had, and to any where it can go."""
    source = supplied | {(r, c) for (r, _), cs in outputs.items() for c in cs}
    sink = taken | {(r, c) for (r, _), cs in inputs.items() for c in cs}
    forward, backward = set(source), set(sink)
    grew = True
    while grew:
        size = len(forward) + len(backward)
        forward |= {(b, c) for c, a, b in arcs if (a, c) in forward}
        backward |= {(a, c) for c, a, b in arcs if (b, c) in backward}
        grew = len(forward) + len(backward) > size
    on_arcs = {(x, c) for c, a, b in arcs for x in (a, b)}
    return forward & on_arcs, backward & on_arcs


def settle_exchange(context: Context, parameters: Parameters, arcs: dict[exchange.Arc, tuple[float, float]]) -> None:
    """Keep markets, arcs and balances only where something touches the commodity."""
    made, used = set(), set()
    for region, _, _, commodity in parameters["flow"]:
        net = (region, commodity)
        made.add(net)
        used.add(net)
    for region, _, _, commodity, _ in parameters.values.get("measure_flow", {}):
        made.add((region, commodity))
    for name in ("demand",):
        used |= {(r, c) for r, c, _ in parameters.values.get(name, {})}
    for node, commodity, _ in parameters.values.get("pooled_demand", {}):
        used |= {(r, commodity) for r in parameters.regions_of(node)}
    touched = made | used
    kept_arcs = {k: v for k, v in arcs.items() if any(c == k[0] for _, c in touched)}
    exchange.derive_trade(context, parameters, kept_arcs)
    touched |= {(x, c) for c, a, b in kept_arcs for x in (a, b)}
    market = parameters.facts["market"]
    parameters.sets["markets"] = [(r, m) for r, m in parameters.sets["markets"] if (r, market[m][0]) in touched]
    parameters.sets["balances"] = sorted(touched)
    parameters.sets["arcs"] = list(kept_arcs)
