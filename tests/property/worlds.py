"""Small random worlds for the property tests: two kinds of works, a fuel, scrap in steps, slag, a measure, a cap.

Numbers are flat between the borders of the periods; the life of the ageing works ends at a border.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from tests.cases.kit import Problem

PERIODS = [[2025, 1], [2026, 4], [2030, 6]]
DIRECT = {"quantity": "direct_co2"}

few = settings(max_examples=4, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck))
"""Few, always the same examples."""


@dataclass(frozen=True)
class World:
    """Numbers of one world; money in CNY, quantities in Mt/yr for the whole country."""

    demand: tuple[float, float, float]
    coal_price: float
    new_cost: float
    closure: float
    scrap_price: float
    scrap_limit: float
    slag_price: float
    rate: float
    timing: float
    cap: float

    def problem(self, places: tuple[str, ...] = ("Here",)) -> Problem:
        """The tables, every extensive number divided evenly over the places."""
        share = 1 / len(places)
        problem = Problem(places).commodity("steel").commodity("slag", "residue")
        problem.commodity("coal", "energy", unit="GJ", co2_content=0.09, energy_content=1.0)
        problem.commodity("scrap", "intermediate")
        numbers = {"fixed_cost": 20.0, "closure_cost": self.closure, "lifetime": 60.0}
        furnace = {"inputs": {"coal": 20.0}, "outputs": {"slag": 0.3}, "units": {"coal": "GJ"}, "co2": 0.4}
        problem.technology("furnace", "steel", retire="existing", new_build=False, **furnace, **numbers)
        problem.technology("ageing", "steel", new_build=False, variable_cost=5.0, **(furnace | {"lifetime": 10.0}))
        arc = {"inputs": {"scrap": 1.1}, "variable_cost": 150.0, "capital_cost": self.new_cost, "lifetime": 30.0}
        problem.technology("arc", "steel", first_year=2026, availability=0.9, **arc)
        saving = {("coal", "saves_input"): 3.0}
        problem.measure("recovery", "furnace", saving, units={"coal": "GJ"}, capital_cost=40.0, applicability=0.7)
        problem.market("coal", "coal", self.coal_price, unit="GJ")
        problem.market("scrap_home", "scrap", self.scrap_price, limit=self.scrap_limit * share)
        problem.market("scrap_far", "scrap", self.scrap_price * 1.5).market("import", "steel", 900.0)
        problem.market("slag_sale", "slag", self.slag_price, "sell", limit=1.0 * share)
        problem.market("heap", "slag", 12.0, "dispose")
        borders = {y: d for (first, n), d in zip(PERIODS, self.demand, strict=True) for y in {first, first + n - 1}}
        for place in places:
            problem.stock("furnace", 8 * share, place=place).stock("ageing", 4 * share, place=place)
            problem.stock("arc", 2 * share, place=place)
            problem.demand("steel", {y: d * share for y, d in borders.items()}, place=place)
        return problem

    def policies(self) -> dict[str, Any]:
        """A cap on direct CO2 from 2026 on, the whole country together."""
        return {"cap": {"instrument": "limit", "indicator": DIRECT, "values": f"{self.cap} Mt/yr", "from_year": 2026}}

    @property
    def money(self) -> dict[str, Any]:
        """Keyword arguments of ``solve`` that say how money is weighted."""
        return {"rate": self.rate, "timing": self.timing}


def numbers(low: float, high: float) -> st.SearchStrategy[float]:
    """Numbers of four digits, so that worlds can be read."""
    return st.integers(round(low * 1000), round(high * 1000)).map(lambda k: k / 1000)


worlds = st.builds(
    World,
    demand=st.tuples(numbers(8, 14), numbers(8, 16), numbers(8, 16)),
    coal_price=numbers(15, 35),
    new_cost=numbers(300, 2500),
    closure=numbers(0, 60),
    scrap_price=numbers(150, 400),
    scrap_limit=numbers(2, 8),
    slag_price=numbers(-5, 40),
    rate=st.sampled_from([0.0, 0.03, 0.08]),
    timing=st.sampled_from([0, 0.5, 1]),
    cap=numbers(5, 22),
)
