"""A small kit for hand-solved cases: state a problem in a few lines, solve it, read quantities and prices.

Money is CNY without a year, products are in t; rows are written as short tuples and become tables of a data set of frames.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from peakmix.api.prepare import Prepared, Timings, prepare, read
from peakmix.scenario import from_mapping
from peakmix.solve.certificate import solve_certified
from peakmix.solve.solution import Solution, Status
from peakmix.tables.loading import from_frames

DATED = ("source", "grade")


@dataclass
class Problem:
    """Tables of a small problem; every method adds rows and returns the problem."""

    places: tuple[str, ...] = ("Here",)
    rows: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        root = "Land" if len(self.places) > 1 else None
        self._plain("sources", source="hand", citation="Derived by hand in the test", year="", licence="none", read_as="own", note="")
        self._plain("sectors", sector="industry", name="Industry", name_zh="", note="")
        if root:
            self._plain("locations", location=root, parent="", level="nation", name_zh="", note="")
        for place in self.places:
            level = "province" if root else "nation"
            self._plain("locations", location=place, parent=root or "", level=level, name_zh="", note="")

    def _plain(self, table: str, **cells: Any) -> None:
        self.rows.setdefault(table, []).append(cells)

    def value(self, table: str, value: float, unit: str, **keys: Any) -> Problem:
        """One value row."""
        self._plain(table, **keys, value=value, unit=unit, low=value, high=value, source="hand", grade="A", note="")
        return self

    def commodity(self, name: str, kind: str = "product", unit: str = "t", **properties: float) -> Problem:
        """A commodity and its properties (co2_content, energy_content, ...)."""
        self._plain("commodities", commodity=name, kind=kind, unit=unit, name=name, name_zh="", note="")
        units = {"co2_content": f"t/{unit}", "energy_content": f"GJ/{unit}", "iron_content": f"t/{unit}"}
        for prop, number in properties.items():
            self.value("commodity_properties", number, units[prop], commodity=name, property=prop, year="")
        return self

    def technology(
        self, name: str, product: str, *, inputs: dict[str, float] | None = None, outputs: dict[str, float] | None = None,
        co2: float = 0.0, retire: str = "none", new_build: bool = True, capacity: bool = True, units: dict[str, str] | None = None,
        **parameters: float,
    ) -> Problem:
        """A technology, its recipe and parameters (capital_cost, fixed_cost, variable_cost, lifetime, availability, ...)."""
        self._plain("technologies", technology=name, sector="industry", product=product, capacity="yes" if capacity else "no",
                    new_build="yes" if new_build else "no", retire=retire, name=name, name_zh="", note="")  # fmt: skip
        for direction, flows in (("input", inputs or {}), ("output", outputs or {})):
            for commodity, amount in flows.items():
                unit = f"{(units or {}).get(commodity, 't')}/t"
                self.value("flows", amount, unit, technology=name, commodity=commodity, direction=direction, location="", build_year="")
        if co2:
            self.value("emissions", co2, "t/t", technology=name, pollutant="CO2_process", location="", year="")
        numbers = {"availability": 1.0, "lifetime": 100.0, "fixed_cost": 0.0, "capital_cost": 0.0} if capacity else {}
        units_of = {"capital_cost": "CNY/(t/yr)", "fixed_cost": "CNY/(t/yr)/yr", "variable_cost": "CNY/t", "lifetime": "yr",
                    "first_year": "yr", "closure_cost": "CNY/(t/yr)"}  # fmt: skip
        for parameter, number in (numbers | parameters).items():
            self.value("technology_parameters", number, units_of.get(parameter, "1"), technology=name, parameter=parameter, location="", year="")
        return self

    def group(self, name: str, *technologies: str) -> Problem:
        """A technology group."""
        for technology in technologies:
            self._plain("technology_groups", group=name, technology=technology, note="")
        return self

    def stock(self, technology: str, amount: float, build: tuple[int, int] = (2020, 2020), place: str | None = None) -> Problem:
        """Standing capacity, Mt/yr, built evenly over the years of ``build``."""
        return self.value("stock", amount, "Mt/yr", location=place or self.places[0], technology=technology,
                          build_from=build[0], build_to=build[1])  # fmt: skip

    def demand(self, commodity: str, amounts: float | dict[int, float], place: str | None = None) -> Problem:
        """Demand in Mt/yr, one number or by year."""
        series = amounts if isinstance(amounts, dict) else {"": amounts}
        for year, amount in series.items():
            self.value("demand", amount, "Mt/yr", variant="", location=place or self.places[0], commodity=commodity, year=year)
        return self

    def market(
        self, name: str, commodity: str, price: float, direction: str = "buy", limit: float | None = None, scope: str = "none",
        factor: float = 0.0, place: str = "", unit: str = "t",
    ) -> Problem:
        """A market at a price, with an optional limit (millions of the natural unit a year) and emission factor."""
        self._plain("markets", market=name, commodity=commodity, direction=direction, scope=scope, name=name, name_zh="", note="")
        self.value("market_parameters", price, f"CNY/{unit}", market=name, parameter="price", location=place, year="")
        if limit is not None:
            big = {"t": "Mt", "GJ": "PJ", "MWh": "TWh"}[unit]
            self.value("market_parameters", limit, f"{big}/yr", market=name, parameter="limit", location=place, year="")
        if factor:
            self.value("market_parameters", factor, f"t/{unit}", market=name, parameter="emission_factor", location=place, year="")
        return self

    def measure(self, name: str, host: str, flows: dict[tuple[str, str], float], group: str = "", **parameters: float) -> Problem:
        """A measure: flows by (commodity, effect), parameters as in measure_parameters.csv."""
        self._plain("measures", measure=name, host=host, exclusion_group=group, name=name, name_zh="", note="")
        for (commodity, effect), amount in flows.items():
            self.value("measure_flows", amount, "t/t", measure=name, host=host, commodity=commodity, effect=effect, year="")
        units = {"capital_cost": "CNY/(t/yr)", "fixed_cost": "CNY/(t/yr)/yr", "variable_cost": "CNY/t", "lifetime": "yr",
                 "first_year": "yr", "adoption_rate": "1/yr"}  # fmt: skip
        for parameter, number in ({"applicability": 1.0, "lifetime": 100.0, "capital_cost": 0.0} | parameters).items():
            self.value("measure_parameters", number, units.get(parameter, "1"), measure=name, host=host, parameter=parameter, location="", year="")
        return self

    def conversion(self, name: str, source: str, target: str, draws: str = "live", clock: str = "kept", **parameters: float) -> Problem:
        """A conversion or renewal."""
        self._plain("conversions", conversion=name, draws=draws, clock=clock, name=name, note="", **{"from": source, "to": target})
        units = {"capital_cost": "CNY/(t/yr)", "first_year": "yr", "limit": "Mt/yr"}
        for parameter, number in ({"capital_cost": 0.0} | parameters).items():
            self.value("conversion_parameters", number, units.get(parameter, "1"), conversion=name, parameter=parameter, location="", year="")
        return self

    def road(self, commodity: str, start: str, end: str, distance: float, cost: float, terminal: float = 0.0, loss: float = 0.0) -> Problem:
        """A rail route open both ways for one commodity, CNY per t km and per t."""
        self.value("routes", distance, "km", mode="rail", commodity=commodity, **{"from": start, "to": end})
        for parameter, number, unit in (("distance_cost", cost, "CNY/(t km)"), ("terminal_cost", terminal, "CNY/t"), ("loss", loss, "1")):
            self.value("freight", number, unit, commodity=commodity, mode="rail", parameter=parameter)
        return self

    def data(self) -> Any:
        """The data set."""
        frames = {name: pd.DataFrame(rows) for name, rows in self.rows.items()}
        return from_frames(frames, title="a hand-solved case", money="CNY", check=False)


@dataclass
class Solved:
    """A solved case."""

    prepared: Prepared
    solution: Solution
    certified: bool

    @property
    def objective(self) -> float:
        """Optimum, million CNY discounted."""
        return self.solution.objective

    def __call__(self, component: str, *index: Any) -> float:
        """Value of a variable."""
        cols = self.prepared.program.cols
        members = cols.indices(component)
        return float(self.solution.x[cols.span(component)][members.index(index)])

    def total(self, component: str, **at: Any) -> float:
        """Sum of a component over members whose position k has the given label (p0=..., p1=...)."""
        cols = self.prepared.program.cols
        wanted = {int(k[1:]): v for k, v in at.items()}
        return float(
            sum(
                x
                for i, x in zip(cols.indices(component), self.solution.x[cols.span(component)], strict=True)
                if all(i[k] == v for k, v in wanted.items())
            )
        )

    def dual(self, component: str, *index: Any) -> float:
        """d optimum / d right-hand side of a row, million CNY per million units."""
        rows = self.prepared.program.rows
        members = rows.indices(component)
        return float(self.solution.row_dual[rows.span(component)][members.index(index)])

    def annual_price(self, component: str, *index: Any, period: int) -> float:
        """Dual divided by the operating weight of the period."""
        return self.dual(component, *index) / self.prepared.parameters.horizon.operating_weight(period)

    def one_off_price(self, component: str, *index: Any, period: int) -> float:
        """Dual divided by the investment weight of the period."""
        return self.dual(component, *index) / self.prepared.parameters.horizon.investment_weight(period)


def solve(problem: Problem, periods: list[list[int]], rate: float = 0.0, **spec: Any) -> Solved:
    """Solve a case; the horizon's base period is not pinned unless ``base`` says so."""
    base = spec.pop("base", None)
    timing = spec.pop("timing", 0)
    horizon = {"periods": periods, "discount_rate": rate, "timing": timing} | ({"base_period": base} if base else {})
    horizon |= {"salvage": spec.pop("salvage")} if "salvage" in spec else {}
    resolution = "nation" if len(problem.places) == 1 else "province"
    mapping = {"name": "case", "horizon": horizon, "resolution": resolution} | spec
    scenario = from_mapping(mapping)
    data = problem.data()
    prepared = prepare(scenario, data, Timings())
    solution, certificate = solve_certified(prepared.program)
    assert solution.status is Status.OPTIMAL, solution.message
    return Solved(prepared, solution, certificate.passed)


__all__ = ["Problem", "Solved", "read", "solve"]
