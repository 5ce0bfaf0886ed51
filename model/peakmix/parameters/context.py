"""What every deriver needs: the tables, the places, the regions and the weights of places inside a region."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import pandas as pd

from peakmix.parameters.aggregation import Spreads
from peakmix.parameters.lookup import Lookup, Places, blank, records
from peakmix.parameters.time import Horizon, Series, Vintage, at_year, in_period
from peakmix.parameters.tracing import number
from peakmix.tables.dataset import DataSet


@dataclass
class Context:
    """Tables and structure of one derivation.

    ``technologies`` and ``measures`` are already filtered by the scenario; ``active`` holds the (region, technology) pairs
    the model knows, filled by :mod:`peakmix.parameters.structure`.
    """

    dataset: DataSet
    spec: Any
    horizon: Horizon
    places: Places
    regions: dict[str, tuple[str, ...]]
    nodes: dict[str, tuple[str, ...]]
    technologies: pd.DataFrame
    groups: dict[str, tuple[str, ...]]
    active: list[tuple[str, str]] = field(default_factory=list)
    cut: dict[str, set[str]] = field(default_factory=dict)
    base_values: dict[str, float] = field(default_factory=dict)
    spreads: Spreads = field(default_factory=Spreads)

    @property
    def money(self) -> str:
        """Symbol of the data set's money, e.g. CNY2023."""
        return self.dataset.money_unit

    def table(self, name: str) -> pd.DataFrame:
        """One table of the data set."""
        return self.dataset.tables[name]

    @cached_property
    def product(self) -> dict[str, str]:
        """Main product of each technology."""
        return dict(zip(self.technologies["technology"], self.technologies["product"], strict=True))

    @cached_property
    def sector(self) -> dict[str, str]:
        """Sector of each technology."""
        return dict(zip(self.technologies["technology"], self.technologies["sector"], strict=True))

    @cached_property
    def attribute(self) -> dict[tuple[str, str], str]:
        """Text attributes of technologies: (technology, column) -> text."""
        return {
            (row["technology"], column): row[column]
            for row in self.technologies.to_dict("records")
            for column in ("capacity", "new_build", "retire")
        }

    @cached_property
    def parameters(self) -> Lookup:
        """technology_parameters by (technology, parameter)."""
        return Lookup(self.table("technology_parameters"), ["technology", "parameter"])

    @cached_property
    def stock(self) -> dict[tuple[str, str, Vintage], float]:
        """Stock of every (place, technology, vintage bracket), Mt/yr."""
        total: dict[tuple[str, str, Vintage], float] = {}
        for row in records(self.table("stock")):
            a, b = int(row.build_from), int(row.build_to)
            vintage = Vintage(f"{a}-{b}", a, b, existing=True)
            key = (row.location, row.technology, vintage)
            total[key] = total.get(key, 0.0) + number(row.value)
        return total

    @cached_property
    def region_stock(self) -> dict[tuple[str, str], dict[Vintage, float]]:
        """Stock above zero of every (region, technology) by vintage bracket, oldest first."""
        region_of = {m: r for r, members in self.regions.items() for m in members}
        total: dict[tuple[str, str], dict[Vintage, float]] = {}
        for (place, technology, vintage), value in sorted(self.stock.items(), key=lambda item: item[0][2].build_from):
            if value > 0 and place in region_of:
                brackets = total.setdefault((region_of[place], technology), {})
                brackets[vintage] = brackets.get(vintage, 0.0) + value
        return total

    @cached_property
    def place_stock(self) -> dict[tuple[str, str], float]:
        """Stock of every (place, technology), all brackets."""
        total: dict[tuple[str, str], float] = {}
        for (place, technology, _), value in self.stock.items():
            total[place, technology] = total.get((place, technology), 0.0) + value
        return total

    @cached_property
    def sector_stock(self) -> dict[tuple[str, str], float]:
        """Stock of every (place, sector), summed over products: a weight, not a quantity."""
        total: dict[tuple[str, str], float] = {}
        for (place, technology), value in self.place_stock.items():
            if technology in self.sector:
                key = (place, self.sector[technology])
                total[key] = total.get(key, 0.0) + value
        return total

    def place_stock_any(self, place: str) -> bool:
        """Does anything stand in this place?"""
        return any(value > 0 for (where, _), value in self.place_stock.items() if where == place)

    def weights(self, region: str, technology: str) -> dict[str, float]:
        """Weights of the region's places for a technology: by its stock, else by its sector's stock, else equal."""
        members = self.regions[region]
        if len(members) == 1:
            return {members[0]: 1.0}
        for table, key in ((self.place_stock, technology), (self.sector_stock, self.sector.get(technology, ""))):
            found = {m: table.get((m, key), 0.0) for m in members}
            total = sum(found.values())
            if total > 0:
                return {m: x / total for m, x in found.items() if x > 0}
        return {m: 1 / len(members) for m in members}

    def weighted(
        self,
        weights: dict[str, float],
        find: Callable[[Sequence[str]], Series | None],
        default: float | None = None,
        what: tuple[str, str] | None = None,
    ) -> list[tuple[float, Series]] | None:
        """(weight, series) of the places of a region; None when no place has one.

        A place without a series counts with the stated default, or is left out where there is none. ``what`` (name,
        region) records how far the places lie apart.
        """
        read = [(w, find(self.places.chain(place))) for place, w in weights.items()]
        if all(series is None for _, series in read):
            return None
        standard: Series | None = None if default is None else [(None, default)]
        found = [(w, s) for w, own in read if (s := standard if own is None else own) is not None]
        total = sum(w for w, _ in found)
        if what is not None and len(found) > 1:
            self.spreads.add(*what, ((w / total, at_year(s, self.horizon.first[0], "linear")) for w, s in found))
        return [(w / total, s) for w, s in found] if found else None

    def period_value(self, weighted: Iterable[tuple[float, Series]], period: int, between: str = "linear") -> float:
        """Weighted mean over places of the period value."""
        return sum(w * in_period(s, period, self.horizon, between) for w, s in weighted)

    def parameter(self, region: str, technology: str, name: str) -> list[tuple[float, Series]] | None:
        """Weighted series of one technology parameter in a region, or None."""
        return self.weighted(
            self.weights(region, technology),
            lambda chain: self.parameters.series(technology, name, chain=chain),
            self.default("technology_parameters", name),
            (f"{name} of {technology}", region),
        )

    def default(self, table: str, parameter: str) -> float | None:
        """The stated default of a parameter, or None."""
        quantity = self.dataset.schemas[table].quantity(parameter)
        return None if quantity is None or quantity.default is None else float(quantity.default)

    def alone(self, region: str) -> str:
        """Node name of a region without the finer regions in its subtree."""
        return region if self.nodes[region] == (region,) else f"{region} alone"

    def expand(self, group: str) -> tuple[str, ...]:
        """Technologies of a group; a technology's own name is a group of one."""
        if group in self.groups:
            return self.groups[group]
        return (group,) if group in self.product else ()

    def node_of(self, place: str | None) -> str | None:
        """A node name, or None for blank."""
        return None if blank(place) else place
