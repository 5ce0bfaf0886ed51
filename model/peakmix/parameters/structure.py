"""Sparse structure: which technologies, vintages and commodities exist in which region.

A technology is known in a region where it has stock; or where its sector stands and it may be built, is a mixing step, or
is the target of a conversion. What cannot get an input, or cannot get rid of an output, is taken out again; standing
capacity in that position is an error, because it would be idle for no stated reason.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from peakmix.foundation.errors import InputError
from peakmix.parameters.container import Parameters
from peakmix.parameters.context import Context
from peakmix.parameters.lookup import blank, records
from peakmix.parameters.refuse import refuse
from peakmix.parameters.time import Vintage, at_year, survival
from peakmix.parameters.tracing import settled


def region_stock(context: Context, region: str, technology: str) -> dict[Vintage, float]:
    """Stock of a technology in a region by vintage bracket, Mt/yr; zero brackets left out."""
    return context.region_stock.get((region, technology), {})


def candidates(context: Context) -> list[tuple[str, str]]:
    """(region, technology) pairs before reachability: stock, or the sector present and a right to appear."""
    stock: set[tuple[str, str]] = set()
    present: set[tuple[str, str]] = set()
    for (place, technology), value in context.place_stock.items():
        for region, members in context.regions.items():
            if place in members and value > 0 and technology in context.product:
                stock.add((region, technology))
                present.add((region, context.sector[technology]))
    targets = {str(t) for t in context.table("conversions")["to"]}
    may = {
        t
        for t in context.product
        if context.attribute[t, "new_build"] == "yes" or context.attribute[t, "capacity"] == "no" or t in targets
    }
    rights = stated_rights(context)
    return [
        (r, t)
        for r in context.regions
        for t in context.product
        if (r, t) in stock
        or (t in may and ((r, context.sector[t]) in present or not present) and (t not in rights or r in rights[t]))
    ]


def stated_rights(context: Context) -> dict[str, set[str]]:
    """Regions where a technology may appear without stock, for technologies with rows in technology_rights.csv."""
    rights: dict[str, set[str]] = defaultdict(set)
    for row in records(context.table("technology_rights")):
        under = set(context.places.under(row.location))
        rights[row.technology] |= {r for r, members in context.regions.items() if set(members) & under}
    return dict(rights)


def reachable(
    context: Context,
    pairs: list[tuple[str, str]],
    inputs: dict[tuple[str, str], set[str]],
    outputs: dict[tuple[str, str], set[str]],
    supplied: set[tuple[str, str]],
    taken: set[tuple[str, str]],
) -> list[tuple[str, str]]:
    """Drop pairs that lack an input's source or an output's outlet, until nothing changes.

    ``supplied`` and ``taken`` are the (region, commodity) pairs that a market, a demand, a stockpile or a trade route serves.
    """
    standing = {p for p in pairs if region_stock(context, *p)}
    alive = list(pairs)
    while True:
        made = supplied | {(r, c) for r, t in alive for c in outputs[r, t]}
        used = taken | {(r, c) for r, t in alive for c in inputs[r, t]}
        keep = []
        for r, t in alive:
            lack = sorted(c for c in inputs[r, t] if (r, c) not in made)
            stuck = sorted(c for c in outputs[r, t] if (r, c) not in used)
            if not lack and not stuck:
                keep.append((r, t))
            elif (r, t) in standing:
                raise stranded_error(r, t, lack, stuck)
        if len(keep) == len(alive):
            return keep
        alive = keep


def stranded_error(region: str, technology: str, lack: list[str], stuck: list[str]) -> InputError:
    """The error for standing capacity that cannot run."""
    what = f"input {lack[0]!r} has no source" if lack else f"output {stuck[0]!r} has no outlet"
    return refuse(
        f"{technology} stands in {region} but its {what} there",
        rule="every flow of a technology with stock has a source or an outlet in its region",
        fix="add a market, a producer or consumer, a freight row with routes, or remove the stock",
    )


def vintage_sets(context: Context, parameters: Parameters) -> None:
    """Vintages of every pair, which of them are tracked one by one, and their survival.

    Tracked are vintages that may close early, standing ones that may be converted live, and those that receive them with
    their age kept; what the model builds is tracked where ``retire`` is all or the recipe belongs to the vintage.

    Fills ``parameters.vintages``, the facts ``tracked`` and ``by_vintage`` and the numbers ``alive`` (region, technology,
    vintage, period) and ``stock`` (region, technology, vintage).
    """
    parameters.facts.update(tracked=set(), existing=set(), retire={t: context.attribute[t, "retire"] for t in context.product})
    dated = {row.technology for row in records(context.table("flows")) if not blank(row.build_year)}
    parameters.facts["by_vintage"] = {t for t in dated if t in context.product}
    for technology in parameters.facts["by_vintage"]:
        if context.attribute[technology, "capacity"] == "no":
            raise refuse(
                f"{technology} has recipes by year of building but no capacity",
                rule="a recipe by year of building belongs to a vintage of capacity",
                fix="leave build_year blank in flows.csv, or give the technology capacity",
            )
    converted, received = _conversion_ends(context)
    for region, technology in context.active:
        if context.attribute[technology, "capacity"] == "yes":
            _pair_vintages(context, parameters, region, technology, technology in converted, received.get(technology, ()))


def _conversion_ends(context: Context) -> tuple[set[str], dict[str, set[str]]]:
    """Technologies that are converted live, and for each target the sources whose vintages it takes over (transitively)."""
    table = context.table("conversions")
    live = table[table["draws"] == "live"]
    direct = [(a, b) for a, b, clock in zip(live["from"], live["to"], live["clock"], strict=True) if clock == "kept"]
    received: dict[str, set[str]] = defaultdict(set)
    for source, target in direct:
        received[str(target)].add(str(source))
    for _ in direct:
        for target, sources in received.items():
            for source in list(sources):
                received[target] = received[target] | (received.get(source, set()) - {target})
    return {str(t) for t in live["from"]}, dict(received)


def _pair_vintages(
    context: Context, parameters: Parameters, region: str, technology: str, converted: bool, sources: Iterable[str]
) -> None:
    """Vintages, tracking, lives and survival of one pair."""
    stock = region_stock(context, region, technology)
    kept = {v for source in sources for v in region_stock(context, region, source)}
    takes_new = any(context.attribute[s, "retire"] == "all" for s in sources)
    standing = sorted({*stock, *kept}, key=lambda v: (v.build_from, v.build_to))
    builds = [context.horizon.vintage(p) for p in context.horizon]
    parameters.vintages[region, technology] = [*standing, *builds]
    life = context.parameter(region, technology, "lifetime")
    if life is None:
        raise refuse(
            f"{technology} has capacity but no lifetime",
            rule="capacity needs a lifetime",
            fix=f"add a row {technology},lifetime to technology_parameters.csv",
        )
    capital = context.weighted(
        context.weights(region, technology),
        lambda chain: context.parameters.series(technology, "capital_cost", chain=chain),
    )
    retire = context.attribute[technology, "retire"]
    own_recipe = technology in parameters.facts["by_vintage"]
    for vintage in parameters.vintages[region, technology]:
        key = (region, technology, vintage.label)
        by_age = (converted or retire == "existing" or vintage in kept) if vintage.existing else takes_new
        if own_recipe or retire == "all" or by_age:
            parameters.facts["tracked"].add(key)
        if vintage.existing:
            parameters.facts["existing"].add(key)
            parameters.put("stock", key, stock.get(vintage, 0.0))
            if capital is not None:
                parameters.put("book_cost", key, sum(w * at_year(s, vintage.build_year, "linear") for w, s in capital))
        years = settled(sum(w * at_year(s, vintage.build_year, "step") for w, s in life))
        parameters.put("lifetime", key, years)
        for period in context.horizon:
            share = survival(vintage, years, period, context.horizon)
            if share > 0:
                parameters.put("alive", (*key, period), share)


def possible_capacity(parameters: Parameters) -> set[tuple[str, str, int]]:
    """(region, technology, period) cells in which any capacity can be live: standing, built or converted by then."""
    entries = {(r, t, p) for r, t, p in parameters.values.get("capital_charge", {})}
    conversion = parameters.facts["conversion"]
    kept = set()
    for region, name, period in parameters.sets["conversions"]:
        _, target, _, clock = conversion[name]
        entries.add((region, target, period))
        if clock == "kept":
            kept |= {(region, target, p) for p in parameters.horizon if p >= period}
    parameters.facts["entries"] = entries
    parameters.facts["receives"] = {conversion[n][1] for _, n, _ in parameters.sets["conversions"] if conversion[n][3] == "kept"}
    cells = set(parameters.values.get("standing", {})) | kept
    existing = parameters.facts["existing"]
    for region, technology, label, period in parameters.values.get("live", {}):
        if (region, technology, label) in existing or (region, technology, int(label)) in entries:
            cells.add((region, technology, period))
    return cells
