"""The frozen container handed to the formulation: index sets and derived elements.

Every number that multiplies a variable, and every right-hand side, is ONE derived element here (weight x price x rate
already formed), so that the formulation multiplies no two parameters and any of them can be kept symbolic as a lever.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from peakmix.parameters.time import Horizon, Vintage

Key = tuple[Any, ...]
Element = Any
"""A float, or a Pyomo variable standing for one while the model is compiled."""


@dataclass
class Parameters:
    """Index sets and derived elements of one structure.

    Attributes
    ----------
    horizon:
        Periods and weights.
    regions:
        Places the model resolves.
    members:
        Places inside each region.
    nodes:
        Regions inside each node or group that a limit, market limit, demand or policy may name.
    sets:
        Index sets by name; each a list of tuples.
    values:
        Derived elements by name: ``values["capital_charge"][region, technology, period]``.
    facts:
        Structural facts that never multiply a variable (names, kinds, membership).
    """

    horizon: Horizon
    regions: tuple[str, ...]
    members: Mapping[str, tuple[str, ...]]
    nodes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    sets: dict[str, list[Key]] = field(default_factory=dict)
    values: dict[str, dict[Key, Element]] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)
    vintages: dict[tuple[str, str], list[Vintage]] = field(default_factory=dict)
    reports: dict[str, Any] = field(default_factory=dict)

    def __getitem__(self, name: str) -> dict[Key, Element]:
        return self.values[name]

    def put(self, name: str, key: Key, value: float) -> None:
        """Store one derived element."""
        self.values.setdefault(name, {})[key] = value

    def add(self, name: str, key: Key, value: float) -> None:
        """Add to a derived element while deriving (extensive quantities of places in one region)."""
        table = self.values.setdefault(name, {})
        table[key] = table.get(key, 0.0) + value

    def get(self, name: str, key: Key, default: float = 0.0) -> Element:
        """One derived element, or the default where none is stated."""
        return self.values.get(name, {}).get(key, default)

    def regions_of(self, node: str | None) -> tuple[str, ...]:
        """Regions inside a node or group; None means all."""
        return self.regions if node is None else self.nodes[node]

    def with_levers(self, levers: Mapping[tuple[str, Key], Element]) -> Parameters:
        """A copy in which the named derived elements are replaced by symbolic ones."""
        values = dict(self.values)
        for name in {name for name, _ in levers}:
            values[name] = dict(values[name])
        for (name, key), symbol in levers.items():
            values[name][key] = symbol
        return Parameters(
            self.horizon,
            self.regions,
            self.members,
            self.nodes,
            self.sets,
            values,
            self.facts,
            self.vintages,
            self.reports,
        )

    def elements(self) -> Iterable[tuple[str, Key, float]]:
        """All derived elements."""
        for name, table in self.values.items():
            for key, value in table.items():
                yield name, key, value
