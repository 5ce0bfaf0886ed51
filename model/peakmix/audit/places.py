"""Places, the regions that a run keeps apart, and how places of one region add up.

Weight rule: stock, demand and volumes of the places in a region add. Recipes, lives, costs and shares of a technology
are means weighted by that technology's stock in the places, without any by the stock of its sector, without any evenly.
A commodity's price and emission factor are weighted by what the standing stock of the places would take in of it (mean
recipe x stock), without any evenly. In a mean a place without a row counts with the default, or stays out where there
is none.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from peakmix.scenario import Spec
from peakmix.tables import DataSet


class Places:
    """Regions, nodes and weights.

    members    region -> places in it            region_of  place -> region
    nodes      node or group -> regions that lie wholly inside it
    """

    def __init__(self, data: DataSet, spec: Spec) -> None:
        self.tree = data.places
        frame = data.tables["locations"]
        self.level = dict(zip(frame["location"], frame["level"], strict=True))
        self.groups = self._groups(data)
        chosen = list(self.tree.parents) if spec.locations is None else [
            place for node in spec.locations for place in self.tree.subtree(node)
        ]  # fmt: skip
        self.chosen = set(chosen)
        ranks = {name: rank for rank, name in enumerate(data.schemas["locations"].columns["level"].choices)}
        self.members = self._by_group(data, spec.grouping) if spec.grouping else self._by_level(spec.level, ranks)
        self.region_of = {place: region for region, members in self.members.items() for place in members}
        self.nodes = self._inside()

    def _groups(self, data: DataSet) -> dict[str, set[str]]:
        """Places of every named group; a member stands for its subtree."""
        found: dict[str, set[str]] = defaultdict(set)
        frame = data.tables["groupings"]
        for group, place in zip(frame["group"], frame["location"], strict=True):
            found[group].update(self.tree.subtree(place))
        return dict(found)

    def _by_group(self, data: DataSet, grouping: str) -> dict[str, tuple[str, ...]]:
        """Regions of a grouping."""
        frame = data.tables["groupings"]
        names = dict.fromkeys(frame.loc[frame["grouping"] == grouping, "group"])
        regions = {n: tuple(p for p in self.tree.parents if p in self.groups[n] & self.chosen) for n in names}
        return {name: members for name, members in regions.items() if members}

    def _by_level(self, level: str, ranks: dict[str, int]) -> dict[str, tuple[str, ...]]:
        """Regions of a level: each place belongs to the deepest place above it (or itself) that is not finer."""
        regions: dict[str, list[str]] = {}
        for place in self.tree.parents:
            if place in self.chosen:
                coarse = [node for node in self.tree.path(place) if ranks[self.level[node]] <= ranks[level]]
                regions.setdefault(coarse[0], []).append(place)
        root = self.tree.root
        if len(regions) > 1 and regions.get(root) == [root]:
            del regions[root]
        return {region: tuple(members) for region, members in regions.items()}

    def _inside(self) -> dict[str, tuple[str, ...]]:
        """Regions inside every node and group."""
        named = {node: set(self.tree.subtree(node)) for node in self.tree.parents} | self.groups
        return {n: tuple(r for r, m in self.members.items() if set(m) <= inside) for n, inside in named.items()}

    def regions(self, node: str | None) -> tuple[str, ...]:
        """Regions inside a node; all for None."""
        return tuple(self.members) if node is None else self.nodes[node]

    def holders(self, place: str) -> tuple[str, ...]:
        """Regions whose total a row at this place speaks of: those inside it, or the one that it is a part of."""
        inside = self.nodes.get(place, ())
        return inside or ((self.region_of[place],) if place in self.region_of else ())

    def spoken_for(self, places: tuple[str, ...], parameter: Iterable[str]) -> list[str]:
        """Of some places of a region the ones that a rule for each place speaks of: provinces, else all."""
        having = set(parameter)
        found = [place for place in places if place in having]
        return [place for place in found if self.level[place] == "province"] or found


class Weights:
    """Weights of the places inside each region."""

    def __init__(self, data: DataSet, places: Places, sector: dict[str, str]) -> None:
        self.places, self.sector = places, sector
        self.stock: dict[tuple[str, str], float] = defaultdict(float)
        self.sector_stock: dict[tuple[str, str], float] = defaultdict(float)
        self.standing: set[str] = set()
        frame = data.tables["stock"]
        for place, technology, value in zip(frame["location"], frame["technology"], frame["value"], strict=True):
            self.stock[place, technology] += value
            if technology in sector:
                self.sector_stock[place, sector[technology]] += value
            if value > 0:
                self.standing.add(place)
        flows = data.tables["flows"]
        inputs = flows[flows["direction"] == "input"]
        self.needs: dict[str, dict[str, float]] = defaultdict(lambda: defaultdict(float))
        recipe: dict[Any, Any] = inputs.groupby(["technology", "commodity"])["value"].mean().to_dict()
        by_technology: dict[str, list[tuple[str, float]]] = defaultdict(list)
        for (place, technology), amount in self.stock.items():
            by_technology[technology].append((place, amount))
        for (technology, commodity), per_unit in recipe.items():
            for place, amount in by_technology[technology]:
                self.needs[commodity][place] += amount * float(per_unit)
        self._cache: dict[tuple[str, str, str], dict[str, float]] = {}

    def of_technology(self, region: str, technology: str) -> dict[str, float]:
        """Weights (sum 1) of the places of a region for a technology."""
        key = ("technology", region, technology)
        if key not in self._cache:
            members = self.places.members[region]
            own = {m: self.stock.get((m, technology), 0.0) for m in members}
            kin = {m: self.sector_stock.get((m, self.sector.get(technology, "")), 0.0) for m in members}
            self._cache[key] = shares(own) or shares(kin) or evenly(members)
        return self._cache[key]

    def of_commodity(self, region: str, commodity: str) -> dict[str, float]:
        """Weights (sum 1) of the places of a region for a commodity's price."""
        key = ("commodity", region, commodity)
        if key not in self._cache:
            members = self.places.members[region]
            needs = {m: self.needs[commodity].get(m, 0.0) for m in members}
            self._cache[key] = shares(needs) or evenly(members)
        return self._cache[key]


def shares(amounts: dict[str, float]) -> dict[str, float]:
    """Amounts as shares of their sum; empty when there is nothing."""
    total = sum(amounts.values())
    return {place: amount / total for place, amount in amounts.items() if amount > 0} if total > 0 else {}


def evenly(members: tuple[str, ...]) -> dict[str, float]:
    """The same share for every place."""
    return {place: 1 / len(members) for place in members}
