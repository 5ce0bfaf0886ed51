"""Sparse structure: which technologies, vintages and commodities exist in which region.

A technology is known in a region where it has stock; or where its sector stands and it may be built, is a mixing step, or
is the target of a conversion. What cannot get an input, or cannot get rid of an output, is taken out again; standing
capacity in that position is an error, because it would be idle for no stated reason.
"""

from __future__ import annotations

from collections import defaultdict

from peakmix.foundation.errors import InputError
from peakmix.parameters.container import Parameters
from peakmix.parameters.context import Context
from peakmix.parameters.lookup import blank, records
from peakmix.parameters.refuse import refuse
from peakmix.parameters.time import Vintage, in_period, survival


def region_stock(context: Context, region: str, technology: str) -> dict[Vintage, float]:
    """Stock of a technology in a region by vintage bracket, Mt/yr; zero brackets left out."""
    total: dict[Vintage, float] = defaultdict(float)
    inside = set(context.regions[region])
    for (place, name, vintage), value in context.stock.items():
        if name == technology and place in inside and value > 0:
            total[vintage] += value
    return dict(sorted(total.items(), key=lambda item: item[0].build_from))


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
    return [
        (r, t)
        for r in context.regions
        for t in context.product
        if (r, t) in stock or (t in may and ((r, context.sector[t]) in present or not present))
    ]


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

    Tracked are vintages that may close early, and standing ones that may be converted live; what the model builds is tracked
    where ``retire`` is all or the recipe belongs to the vintage.

    Fills ``parameters.vintages``, the facts ``tracked`` and ``by_vintage`` and the numbers ``alive`` (region, technology,
    vintage, period) and ``stock`` (region, technology, vintage).
    """
    conversions = context.table("conversions")
    live_from = set(conversions.loc[conversions["draws"] == "live", "from"]) if len(conversions) else set()
    dated = {row.technology for row in records(context.table("flows")) if not blank(row.build_year)}
    tracked: set[tuple[str, str, str]] = set()
    existing: set[tuple[str, str, str]] = set()
    by_vintage: set[str] = {t for t in dated if t in context.product}
    for region, technology in context.active:
        if context.attribute[technology, "capacity"] == "no":
            continue
        stock = region_stock(context, region, technology)
        builds = [context.horizon.vintage(p) for p in context.horizon]
        parameters.vintages[region, technology] = [*stock, *builds]
        life = context.parameter(region, technology, "lifetime")
        if life is None:
            raise refuse(
                f"{technology} has capacity but no lifetime", rule="capacity needs a lifetime",
                fix=f"add a row {technology},lifetime to technology_parameters.csv",
            )  # fmt: skip
        retire = context.attribute[technology, "retire"]
        converted, by_vintage_recipe = technology in live_from, technology in by_vintage
        for vintage in parameters.vintages[region, technology]:
            if by_vintage_recipe or retire == "all" or ((converted or retire == "existing") and vintage.existing):
                tracked.add((region, technology, vintage.label))
            if vintage.existing:
                existing.add((region, technology, vintage.label))
                parameters.put("stock", (region, technology, vintage.label), stock[vintage])
            years = sum(w * in_period(s, int(vintage.build_year), context.horizon, "step") if len(s) > 1 else w * s[0][1]
                        for w, s in life)  # fmt: skip
            parameters.put("lifetime", (region, technology, vintage.label), years)
            for period in context.horizon:
                share = survival(vintage, years, period, context.horizon)
                if share > 0:
                    parameters.put("alive", (region, technology, vintage.label, period), share)
    parameters.facts["tracked"] = tracked
    parameters.facts["existing"] = existing
    parameters.facts["retire"] = {t: context.attribute[t, "retire"] for t in context.product}
    parameters.facts["by_vintage"] = by_vintage


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
    cells = set(parameters.values.get("standing", {})) | kept
    existing = parameters.facts["existing"]
    for region, technology, label, period in parameters.values.get("live", {}):
        if (region, technology, label) in existing or (region, technology, int(label)) in entries:
            cells.add((region, technology, period))
    return cells
