"""The tables of a hand-solved case: every method adds rows, written as short tuples, and returns the problem."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from peakmix.tables.loading import from_frames

Series = float | dict[int, float]
UNITS = {
    "capital_cost": "CNY/(t/yr)", "fixed_cost": "CNY/(t/yr)/yr", "variable_cost": "CNY/t", "closure_cost": "CNY/(t/yr)",
    "lifetime": "yr", "first_year": "yr", "adoption_rate": "1/yr", "limit": "Mt/yr",
}  # fmt: skip
"""Units of parameters of technologies, measures and conversions; the others have unit 1."""

BIG = {"t": "Mt", "GJ": "PJ", "MWh": "TWh"}


@dataclass
class Problem:
    """Tables of a small problem; every method adds rows and returns the problem."""

    places: tuple[str, ...] = ("Here",)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        root = "Land" if len(self.places) > 1 else None
        told = {"citation": "Derived by hand in the test", "year": "", "licence": "none", "read_as": "own"}
        self._plain("sources", source="hand", note="", **told)
        self._named("sectors", sector="industry")
        if root:
            self._plain("locations", location=root, parent="", level="nation", name_zh="", note="")
        for place in self.places:
            level = "province" if root else "nation"
            self._plain("locations", location=place, parent=root or "", level=level, name_zh="", note="")

    def _plain(self, table: str, **cells: Any) -> None:
        self.rows.setdefault(table, []).append(cells)

    def _named(self, table: str, **cells: Any) -> None:
        """A row whose first key is its name."""
        self._plain(table, **cells, name=next(iter(cells.values())), name_zh="", note="")

    def _numbers(self, table: str, numbers: Mapping[str, float], **keys: Any) -> None:
        """One row a parameter, for all places and years."""
        for parameter, number in numbers.items():
            self.value(table, number, UNITS.get(parameter, "1"), parameter=parameter, location="", year="", **keys)

    def value(self, table: str, value: float, unit: str, **keys: Any) -> Problem:
        """One value row."""
        self._plain(table, **keys, value=value, unit=unit, low=value, high=value, source="hand", grade="A", note="")
        return self

    def series(self, table: str, amounts: Series, unit: str, **keys: Any) -> Problem:
        """Value rows by year, or one row for all years."""
        for year, amount in (amounts if isinstance(amounts, dict) else {"": amounts}).items():
            self.value(table, amount, unit, year=year, **keys)
        return self

    def commodity(self, name: str, kind: str = "product", unit: str = "t", **properties: float) -> Problem:
        """A commodity and its properties (co2_content, energy_content, ...)."""
        self._named("commodities", commodity=name, kind=kind, unit=unit)
        for prop, number in properties.items():
            measured = {"energy_content": "GJ", "coal_equivalent": "tce"}.get(prop, "t")
            self.value("commodity_properties", number, f"{measured}/{unit}", commodity=name, property=prop, year="")
        return self

    def technology(
        self, name: str, product: str, *, inputs: Mapping[str, float] | None = None,
        outputs: Mapping[str, float] | None = None, co2: float = 0.0, retire: str = "none", new_build: bool = True,
        capacity: bool = True, units: Mapping[str, str] | None = None, **parameters: float,
    ) -> Problem:  # fmt: skip
        """A technology, its recipe and parameters (capital_cost, variable_cost, lifetime, availability, ...)."""
        rights = {"capacity": "yes" if capacity else "no", "new_build": "yes" if new_build else "no", "retire": retire}
        self._named("technologies", technology=name, sector="industry", product=product, **rights)
        for direction, flows in (("input", inputs or {}), ("output", outputs or {})):
            for commodity, amount in flows.items():
                self.flow(name, commodity, amount, direction, (units or {}).get(commodity, "t"))
        if co2:
            self.pollutes(name, "CO2_process", co2)
        numbers = {"availability": 1.0, "lifetime": 100.0, "fixed_cost": 0.0, "capital_cost": 0.0} if capacity else {}
        self._numbers("technology_parameters", numbers | parameters, technology=name)
        return self

    def flow(
        self, technology: str, commodity: str, amount: float, direction: str = "input", unit: str = "t",
        build_year: int | str = "", place: str = "",
    ) -> Problem:  # fmt: skip
        """One flow of a recipe, per t of product."""
        keys = {"technology": technology, "commodity": commodity, "direction": direction}
        return self.value("flows", amount, f"{unit}/t", **keys, location=place, build_year=build_year)

    def group(self, name: str, *technologies: str) -> Problem:
        """A technology group."""
        for technology in technologies:
            self._plain("technology_groups", group=name, technology=technology, note="")
        return self

    def stock(
        self, technology: str, amount: float, build: tuple[int, int] = (2020, 2020), place: str | None = None
    ) -> Problem:
        """Standing capacity, Mt/yr, built evenly over the years of ``build``."""
        bracket = {"technology": technology, "build_from": build[0], "build_to": build[1]}
        return self.value("stock", amount, "Mt/yr", location=place or self.places[0], **bracket)

    def demand(self, commodity: str, amounts: Series, place: str | None = None) -> Problem:
        """Demand in Mt/yr, one number or by year."""
        at = place or self.places[0]
        return self.series("demand", amounts, "Mt/yr", variant="", location=at, commodity=commodity)

    def market(
        self, name: str, commodity: str, price: Series, direction: str = "buy", limit: float | None = None,
        scope: str = "none", factor: float = 0.0, place: str = "", unit: str = "t",
    ) -> Problem:  # fmt: skip
        """A market at a price, with an optional limit (millions of the natural unit a year) and emission factor."""
        self._named("markets", market=name, commodity=commodity, direction=direction, scope=scope)
        self.series("market_parameters", price, f"CNY/{unit}", market=name, parameter="price", location=place)
        if limit is not None:
            amount, text = limit, f"{BIG[unit]}/yr"
            self.series("market_parameters", amount, text, market=name, parameter="limit", location=place)
        if factor:
            text = f"t/{unit}"
            self.series("market_parameters", factor, text, market=name, parameter="emission_factor", location=place)
        return self

    def measure(
        self, name: str, host: str, flows: Mapping[tuple[str, str], float], group: str = "",
        units: Mapping[str, str] | None = None, removes: Mapping[str, float] | None = None, **parameters: float,
    ) -> Problem:  # fmt: skip
        """A measure: flows by (commodity, effect), pollutants it removes, parameters as in measure_parameters.csv."""
        self._named("measures", measure=name, host=host, exclusion_group=group)
        keys = {"measure": name, "host": host}
        for (commodity, effect), amount in flows.items():
            unit = f"{(units or {}).get(commodity, 't')}/t"
            self.value("measure_flows", amount, unit, **keys, commodity=commodity, effect=effect, year="")
        for pollutant, amount in (removes or {}).items():
            self.value("measure_emissions", amount, "t/t", **keys, pollutant=pollutant, year="")
        numbers = {"applicability": 1.0, "lifetime": 60.0, "capital_cost": 0.0}
        self._numbers("measure_parameters", numbers | parameters, **keys)
        return self

    def conversion(
        self, name: str, source: str, target: str, draws: str = "live", clock: str = "kept", **parameters: float
    ) -> Problem:
        """A conversion or renewal."""
        ends = {"from": source, "to": target}
        self._plain("conversions", conversion=name, **ends, draws=draws, clock=clock, name=name, note="")
        self._numbers("conversion_parameters", {"capital_cost": 0.0} | parameters, conversion=name)
        return self

    def road(
        self, commodity: str, start: str, end: str, distance: float, cost: float,
        terminal: float = 0.0, loss: float = 0.0,
    ) -> Problem:  # fmt: skip
        """A rail route open both ways for one commodity, CNY per t km and per t."""
        ends = {"from": start, "to": end}
        self.value("routes", distance, "km", mode="rail", commodity=commodity, **ends)
        numbers = {"distance_cost": (cost, "CNY/(t km)"), "terminal_cost": (terminal, "CNY/t"), "loss": (loss, "1")}
        for parameter, (number, unit) in numbers.items():
            self.value("freight", number, unit, commodity=commodity, mode="rail", parameter=parameter)
        return self

    def yearly(self, technology: str, parameter: str, amounts: dict[int, float]) -> Problem:
        """Values by year of a technology parameter, in the place of the single value stated before."""
        rows = self.rows["technology_parameters"]
        rows[:] = [r for r in rows if (r["technology"], r["parameter"]) != (technology, parameter)]
        keys = {"technology": technology, "parameter": parameter}
        return self.series("technology_parameters", amounts, UNITS.get(parameter, "1"), **keys, location="")

    def pollutes(self, technology: str, pollutant: str, amount: float) -> Problem:
        """Emission beside the carbon balance, t per t of product."""
        return self.value("emissions", amount, "t/t", technology=technology, pollutant=pollutant, location="", year="")

    def base_output(self, group: str, amount: float, place: str | None = None, tolerance: float = 0.0) -> Problem:
        """Statistic of 2025 that pins the base period, Mt/yr."""
        keys = {"location": place or self.places[0], "group": group, "year": 2025, "tolerance": tolerance}
        return self.value("base_activity", amount, "Mt/yr", **keys)

    def bound(
        self, quantity: str, group: str, amounts: Series, sense: str = "upper", place: str | None = None
    ) -> Problem:
        """A row of limits.csv, Mt/yr, named after its quantity."""
        keys = {"limit": quantity, "quantity": quantity, "group": group, "sense": sense}
        at = self.places[0] if place is None else place
        return self.series("limits", amounts, "Mt/yr", **keys, location=at)

    def share(
        self, name: str, part: list[str], whole: list[str], amount: float, sense: str = "upper", pooled: str = "no"
    ) -> Problem:
        """Activity of ``part`` at most (at least) ``amount`` times that of ``whole``."""
        for role, members in (("numerator", part), ("denominator", whole)):
            for technology in members:
                self.value("share_limits", 1.0, "1", limit=name, role=role, technology=technology)
        return self.series("share_limit_values", amount, "1", limit=name, sense=sense, pooled=pooled, location="")

    def stockpile(self, commodity: str, capacity: float, holding: float = 0.0, initial: float = 0.0) -> Problem:
        """A stockpile: capacity and initial stock in Mt, holding cost in CNY/t/yr."""
        numbers = {"capacity": (capacity, "Mt"), "initial": (initial, "Mt"), "holding_cost": (holding, "CNY/t/yr")}
        for parameter, (number, unit) in numbers.items():
            self.value("stockpiles", number, unit, commodity=commodity, parameter=parameter, location="", year="")
        return self

    def frames(self) -> dict[str, pd.DataFrame]:
        """The tables as frames."""
        return {name: pd.DataFrame(rows) for name, rows in self.rows.items()}

    def data(self) -> Any:
        """The data set."""
        return from_frames(self.frames(), title="a hand-solved case", money="CNY", check=False)
