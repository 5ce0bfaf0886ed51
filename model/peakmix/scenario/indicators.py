"""Indicators: the linear expressions over places, sectors, technologies and periods that policies bound or price."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, Self

from pydantic import model_validator

from peakmix.scenario.fields import Block, Name, Number, Selection

Scope = Literal["direct", "purchased_power", "purchased_heat", "hydrogen_power"]
Exclusion = Literal["renewables", "feedstock"]
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
    "retirements",
    "investment",
    "purchases",
    "sales",
    "use",
    "pollutant",
    "value_added",
    "surcharge",
    "adopted",
]
NEEDS: dict[str, tuple[str, ...]] = {
    "co2": ("scopes",),
    "energy": ("convention",),
    "purchases": ("commodity",),
    "sales": ("commodity",),
    "use": ("commodity",),
    "pollutant": ("pollutant",),
    "surcharge": ("tariff",),
    "adopted": ("measures",),
}
"""Keys that a quantity cannot do without."""

TAKES: dict[str, tuple[str, ...]] = {
    "scopes": ("co2",),
    "convention": ("energy",),
    "pollutant": ("pollutant",),
    "commodity": ("output", "purchases", "sales", "use"),
    "market": ("purchases", "sales"),
    "exclude": ("energy",),
    "norm": ("output", "capacity"),
    "reaches": ("output", "capacity"),
    "tariff": ("surcharge",),
    "measures": ("surcharge", "output", "capacity", "adopted"),
}
"""Quantities that a key has a meaning for."""

MONEY = ("investment", "value_added", "surcharge")
"""Quantities in money of the data set, millions a year."""

MATERIAL = ("output", "capacity", "additions", "retirements", "purchases", "sales", "use", "adopted")
"""Quantities in millions of a natural unit a year."""


class Indicator(Block):
    """A named quantity over a selection of the model, or a weighted sum of such quantities.

    ``quantity`` is counted per year: CO2 and pollutants in Mt/yr, energy in PJ/yr, output, capacity, purchases and use
    sales in millions of the natural unit a year, additions and retirements (early closures) in the same per year of the
    period, adopted (output that carries one of the ``measures``, whose hosts ``technologies`` narrows) in millions of the
    natural unit a year, investment (overnight cost of new capacity, conversions and measures), value_added and surcharge in
    millions of money a year. Scopes of CO2 are never added unless ``co2`` names them one by one. ``exclude`` leaves
    renewable energy or feedstock out of energy, ``norm`` with ``reaches`` counts only what reaches a level of an
    efficiency norm, ``market`` only the markets named; ``measures`` are those that change what a norm or a tariff
    counts, all unless named. ``location``, ``sectors`` and ``technologies`` narrow the selection; what is left out is
    taken from the policy that holds the
    indicator. ``named`` takes an indicator of the scenario's block ``indicators``; ``unit`` says what a weighted sum counts
    (t, GJ, MWh, m2, tce, unit, money).
    """

    named: Name | None = None
    quantity: QuantityName | None = None
    scopes: tuple[Scope, ...] | None = None
    convention: Literal["calorific", "coal_equivalent"] | None = None
    commodity: Selection = None
    pollutant: Name | None = None
    market: Selection = None
    exclude: tuple[Exclusion, ...] | None = None
    norm: Name | None = None
    reaches: Name | None = None
    tariff: Name | None = None
    measures: Selection = None
    unit: Literal["t", "GJ", "MWh", "m2", "unit", "tce", "money"] | None = None
    location: Name | None = None
    sectors: Selection = None
    technologies: Selection = None
    sum: tuple[WeightedIndicator, ...] | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        """One of quantity, sum and named; every key that the quantity needs and none that it does not know."""
        if [self.quantity, self.sum, self.named].count(None) != 2:
            raise ValueError("an indicator has either quantity or sum, or names one of the scenario")
        if self.unit is not None and self.sum is None:
            raise ValueError("unit belongs to a sum; a quantity has its own")
        if self.quantity is None:
            if self.sum is not None and not self.sum:
                raise ValueError("sum holds at least one weighted indicator")
            extra = [k for k in ("scopes", "convention", *TAKES) if getattr(self, k) is not None]
            if extra:
                where = "the members of sum" if self.sum is not None else f"the indicator {self.named}"
                raise ValueError(f"{extra[0]} belongs to {where}")
            return self
        if (self.norm is None) != (self.reaches is None):
            raise ValueError("norm and reaches go together: the efficiency norm, and the level of it that is reached")
        if self.norm is not None and self.commodity is not None:
            raise ValueError("a norm has its product; commodity says nothing beside it")
        if self.measures is not None and self.quantity != "adopted" and self.norm is None and self.tariff is None:
            raise ValueError("measures says which measures change the use that a norm or a tariff counts; name one of these")
        if self.exclude is not None and (not self.exclude or len(set(self.exclude)) < len(self.exclude)):
            raise ValueError("exclude lists renewables and feedstock at most once, and at least one of them")
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

    @property
    def account(self) -> str | None:
        """Name of the account of precomputed rates per technology, vintage and measure behind a quantity; None without one."""
        if self.quantity == "value_added":
            return "value_added"
        if self.exclude is not None:
            return f"energy_{self.convention} without {' and '.join(sorted(self.exclude))}"
        if self.norm is None and self.tariff is None:
            return None
        fitted = f" with {' or '.join(self.measures)}" if self.measures is not None else ""
        return f"surcharge {self.tariff}{fitted}" if self.norm is None else f"{self.quantity} {self.norm} {self.reaches}{fitted}"

    def resolve(self, known: Mapping[str, Indicator], within: tuple[str, ...] = ()) -> Indicator:
        """The indicator with names of the scenario's indicators replaced by what they stand for.

        Raises
        ------
        ValueError
            When a name is not known, or stands for itself in the end.
        """
        if self.named is not None:
            if self.named not in known:
                raise ValueError(f"no indicator {self.named!r} in the block indicators; known: {', '.join(known) or 'none'}")
            if self.named in within:
                raise ValueError(f"the indicator {self.named!r} is stated by itself: {' > '.join((*within, self.named))}")
            found = known[self.named].resolve(known, (*within, self.named))
            return found.within(self.location, self.sectors, self.technologies)
        if self.sum is None:
            return self
        parts = (WeightedIndicator(weight=p.weight, indicator=p.indicator.resolve(known, within)) for p in self.sum)
        return self.model_copy(update={"sum": tuple(parts)})


class WeightedIndicator(Block):
    """A member of a weighted sum; the weight carries the conversion to the unit of the sum."""

    weight: Number = 1.0
    indicator: Indicator


HINT = {
    "measures": ": the measures that are counted",
    "scopes": ": a list of direct, purchased_power, purchased_heat, hydrogen_power",
    "convention": ": calorific (0.1229 kgce/kWh) or coal_equivalent (about 0.30 kgce/kWh)",
    "commodity": ": the commodity that is counted",
    "tariff": ": the tiered tariff of tariff_tiers.csv",
    "pollutant": ": SO2, NOx, PM, PFC_physical or PFC_compliance",
}

Indicator.model_rebuild()
