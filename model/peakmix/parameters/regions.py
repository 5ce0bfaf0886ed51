"""Resolution: which places the model keeps apart, and how the rest adds up.

Stock, demand and limits of the places in a region add up; recipes, lives and prices are weighted. A resolution is a level
of the tree (province, city, nation) or a grouping that covers every place exactly once.
"""

from __future__ import annotations

from collections.abc import Sequence

from peakmix.parameters.lookup import Places, records
from peakmix.parameters.refuse import refuse
from peakmix.tables.dataset import DataSet

RANK = {"nation": 0, "province": 1, "city": 2, "site": 3}


def region_of(place: str, places: Places, level: str) -> str | None:
    """The region a place belongs to at a level: its nearest ancestor that is not finer than the level.

    A finer place directly under the nation, with nothing of the level in between, is a region of its own.
    """
    chain = places.chain(place)
    node = next((n for n in chain if RANK[places.level[n]] <= RANK[level]), None)
    if node == places.root and len(chain) > 1 and level != "nation":
        return chain[-2]
    return node


def group_members(dataset: DataSet, places: Places) -> dict[str, list[str]]:
    """Places of every named group; a member node stands for its subtree."""
    groups: dict[str, list[str]] = {}
    for row in records(dataset.tables["groupings"]):
        groups.setdefault(row.group, []).extend(places.under(row.location))
    return groups


def build_regions(
    dataset: DataSet, places: Places, resolution: str, grouping: str | None, only: Sequence[str] | None
) -> dict[str, tuple[str, ...]]:
    """Members of every region at the resolution, cut down to the places named in ``only`` (with their subtrees)."""
    kept = [p for p in places.parent if only is None or set(only) & set(places.chain(p))]
    if grouping is None:
        regions: dict[str, list[str]] = {}
        for place in kept:
            region = region_of(place, places, resolution)
            if region is not None:
                regions.setdefault(region, []).append(place)
        lone_root = len(regions) > 1 and regions.get(places.root) == [places.root]
        return {r: tuple(m) for r, m in regions.items() if not (lone_root and r == places.root)}
    rows = dataset.tables["groupings"]
    names = list(dict.fromkeys(rows.loc[rows["grouping"] == grouping, "group"]))
    members = group_members(dataset, places)
    covered = [p for g in names for p in members[g] if p in kept]
    doubles = sorted({p for p in covered if covered.count(p) > 1})
    missing = sorted(set(kept) - set(covered) - {places.root})
    if doubles or missing:
        raise refuse(
            f"grouping {grouping!r} cannot be the resolution",
            rule="a resolution covers every place exactly once",
            fix=f"in groupings.csv add {missing[:5]} and drop the doubles {doubles[:5]}",
        )
    return {g: tuple(p for p in members[g] if p in kept) for g in names if set(members[g]) & set(kept)}


def build_nodes(
    dataset: DataSet, places: Places, regions: dict[str, tuple[str, ...]]
) -> tuple[dict[str, tuple[str, ...]], dict[str, set[str]]]:
    """Regions wholly inside every node and group, and the nodes that cut through a region.

    Returns
    -------
    inside:
        node or group -> regions all of whose members lie inside it.
    cut:
        node or group -> regions only partly inside; a policy there is refused at this resolution.
    """
    inside: dict[str, tuple[str, ...]] = {}
    cut: dict[str, set[str]] = {}
    named = {node: set(places.under(node)) for node in places.parent} | {
        g: set(m) for g, m in group_members(dataset, places).items()
    }
    for node, members in named.items():
        inside[node] = tuple(r for r, m in regions.items() if set(m) <= members)
        partly = {r for r, m in regions.items() if set(m) & members and not set(m) <= members}
        if partly:
            cut[node] = partly
    for region in regions:
        if inside.get(region) != (region,):
            inside[f"{region} alone" if region in inside else region] = (region,)
    return inside, cut
