"""Indicators: the linear expressions over places, sectors, technologies and periods that policies bound or price."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from peakmix.scenario.fields import Block, Name, Number, Selection

Scope = Literal["direct", "purchased_power", "purchased_heat", "hydrogen_power"]
QuantityName = Literal[
    "direct_co2",
    "purchased_power_co2",
    "purchased_heat_co2",
    "hydrogen_power_co2",
    "co2",
    "energy",
    "output",
    "capacity",
    "additions",
    "purchases",
    "use",
    "pollutant",
]
NEEDS: dict[str, tuple[str, ...]] = {
    "co2": ("scopes",),
    "energy": ("convention",),
    "purchases": ("commodity",),
    "use": ("commodity",),
    "pollutant": ("pollutant",),
}
"""Keys that a quantity cannot do without."""

TAKES: dict[str, tuple[str, ...]] = {
    "scopes": ("co2",),
    "convention": ("energy",),
    "pollutant": ("pollutant",),
    "commodity": ("output", "purchases", "use"),
}
"""Quantities that a key has a meaning for."""


class Indicator(Block):
    """A named quantity over a selection of the model, or a weighted sum of such quantities.

    ``quantity`` is counted per year: CO2 and pollutants in Mt/yr, energy in PJ/yr, output, capacity, purchases and use
    in millions of the natural unit a year, additions in the same per year of building. Scopes of CO2 are never added
    unless ``co2`` names them one by one. ``location``, ``sectors`` and ``technologies`` narrow the selection; what is
    left out is taken from the policy that holds the indicator.
    """

    quantity: QuantityName | None = None
    scopes: tuple[Scope, ...] | None = None
    convention: Literal["calorific", "coal_equivalent"] | None = None
    commodity: Selection = None
    pollutant: Name | None = None
    location: Name | None = None
    sectors: Selection = None
    technologies: Selection = None
    sum: tuple[WeightedIndicator, ...] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """One of quantity and sum; every key that the quantity needs and none that it does not know."""
        if (self.quantity is None) == (self.sum is None):
            raise ValueError("an indicator has either quantity or sum")
        if self.sum is not None:
            if not self.sum:
                raise ValueError("sum holds at least one weighted indicator")
            extra = [k for k in ("scopes", "convention", "commodity", "pollutant") if getattr(self, k) is not None]
            if extra:
                raise ValueError(f"{extra[0]} belongs to the members of sum")
            return self
        for key in NEEDS.get(str(self.quantity), ()):
            if getattr(self, key) is None:
                raise ValueError(f"quantity {self.quantity} needs {key}{HINT.get(key, '')}")
        for key, quantities in TAKES.items():
            if getattr(self, key) is not None and self.quantity not in quantities:
                raise ValueError(f"{key} has no meaning for quantity {self.quantity}, only for {', '.join(quantities)}")
        if self.scopes is not None and (not self.scopes or len(set(self.scopes)) < len(self.scopes)):
            raise ValueError("scopes lists each scope once, and at least one")
        return self

    def within(self, location: str | None, sectors: Selection, technologies: Selection) -> Indicator:
        """The same indicator with the filters it leaves open taken from its surroundings."""
        location = self.location or location
        sectors = self.sectors if self.sectors is not None else sectors
        technologies = self.technologies if self.technologies is not None else technologies
        changes: dict[str, object] = {"location": location, "sectors": sectors, "technologies": technologies}
        if self.sum is not None:
            changes["sum"] = tuple(
                WeightedIndicator(weight=part.weight, indicator=part.indicator.within(location, sectors, technologies))
                for part in self.sum
            )
        return self.model_copy(update=changes)

    def leaves(self, weight: float = 1.0) -> list[tuple[float, Indicator]]:
        """(weight, indicator) of the plain quantities that make up the indicator."""
        if self.sum is None:
            return [(weight, self)]
        return [leaf for part in self.sum for leaf in part.indicator.leaves(weight * part.weight)]


class WeightedIndicator(Block):
    """A member of a weighted sum; the weight carries the conversion to the unit of the sum."""

    weight: Number = 1.0
    indicator: Indicator


HINT = {
    "scopes": ": a list of direct, purchased_power, purchased_heat, hydrogen_power",
    "convention": ": calorific (0.1229 kgce/kWh) or coal_equivalent (about 0.30 kgce/kWh)",
    "commodity": ": the commodity that is counted",
    "pollutant": ": SO2, NOx, PM, PFC_physical or PFC_compliance",
}

Indicator.model_rebuild()
