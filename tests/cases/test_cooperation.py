"""Planning together, solved by hand: three places, one cheap source of power, one pooled cap.

Every place needs 1 Mt/yr of goods. `dirty` makes them for 10 CNY/t with 1 t CO2/t and stands everywhere with 1 Mt/yr; `clean`
makes them without CO2 at 30, 50, 100 CNY/t in North, West, South, with 1 Mt/yr as well. The cap takes half of the base
period's emissions.

Alone: half a million tonnes of clean goods each, 0.5 x (30 + 10), 0.5 x (50 + 10), 0.5 x (100 + 10) = 20, 30, 55. Together
1.5 Mt of CO2 have to go: North makes 1 Mt, West 0.5 Mt clean, 30 + 25 + 15 = 70 instead of 105: 35 are saved. Price of the
cap: 50 - 10 = 40 CNY/t.

At the price of 40, North pays 30 for its clean goods and sells half a million tonnes of CO2: 30 - 20 = 10. West pays 30.
South pays 10 and buys half a million: 30. Gains 10, 0, 25, and nobody can do better in a smaller group.

Pairs: North and West take out 1 Mt in North, 30 + 10 = 40 of 50: 10. North and South the same, 40 of 75: 35. West and South
50 + 10 = 60 of 85: 25. Shapley of North: orders NWS 0, NSW 0, WNS 10, SNW 35, WSN 10, SWN 10, mean 65/6; West: NWS 10, NSW 0,
WNS 0, WSN 0, SNW 0, SWN 25, mean 35/6; South: NWS 25, NSW 35, WNS 25, WSN 25, SNW 0, SWN 0, mean 110/6.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem

from peakmix.api import cooperation as public
from peakmix.api.planning_together import cooperation
from peakmix.foundation.errors import UsageError
from peakmix.scenario import Scenario, from_mapping

PLACES = ("North", "West", "South")
DIRECT: dict[str, Any] = {"indicator": {"quantity": "direct_co2"}, "values": {2026: 1.0}}


def problem() -> Problem:
    """The tables."""
    made = Problem(PLACES).commodity("goods")
    made.technology("dirty", "goods", co2=1.0, new_build=False, variable_cost=10.0)
    made.technology("clean", "goods", new_build=False)
    for place, cost in zip(PLACES, (30.0, 50.0, 100.0), strict=True):
        made.stock("dirty", 1.0, place=place).stock("clean", 1.0, place=place).demand("goods", 1.0, place=place)
        made.base_output("dirty", 1.0, place=place)
        keys = {"technology": "clean", "parameter": "variable_cost", "location": place, "year": ""}
        made.value("technology_parameters", cost, "CNY/t", **keys)
    return made


def scenario(**more: Any) -> Scenario:
    """One base year and one year under the cap, without discounting."""
    cap = {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "kind": "relative_to_base", "values": {2026: 0.5}}
    horizon = {"periods": [[2025, 1], [2026, 1]], "discount_rate": 0.0, "timing": 0, "base_period": 2025}
    spec = {"name": "three", "horizon": horizon, "resolution": "province", "locations": list(PLACES), "policies": {"cap": cap}}
    return from_mapping(spec | more)


def test_three_places_by_hand() -> None:
    """The base year adds 10 M a place, to everybody alike; gains do not see it."""
    shared = cooperation(scenario(), data=problem().data())
    assert shared.frame["alone"].to_dict() == pytest.approx({"North": 30.0, "West": 40.0, "South": 65.0})
    assert shared.together == pytest.approx(100.0)
    assert shared.gain == pytest.approx(35.0)
    assert shared.frame["gain_at_prices"].to_dict() == pytest.approx({"North": 10.0, "West": 0.0, "South": 25.0})
    assert shared.frame["gain_shapley"].to_dict() == pytest.approx({"North": 65 / 6, "West": 35 / 6, "South": 110 / 6})
    assert shared.worth[frozenset(["North", "South"])] == pytest.approx(35.0)


def test_prices_keep_everybody_in_and_shapley_may_not() -> None:
    """North and South alone save all of the 35 and get 175/6 of it; West and South alone save 25 and get 145/6."""
    shared = cooperation(scenario(), data=problem().data())
    assert shared.blocking["at_prices"] == []
    assert shared.blocking["shapley"] == [frozenset(["North", "South"]), frozenset(["West", "South"])]


def test_trade_is_paid_at_prices() -> None:
    """Goods travel for 1 CNY/t and lose nothing: clean ones of North now serve others as well, and payments still add up."""
    made = problem()
    for start, end in (("North", "West"), ("North", "South"), ("West", "South")):
        made.value("routes", 100.0, "km", mode="rail", commodity="goods", **{"from": start, "to": end})
    for parameter, number, unit in (("distance_cost", 0.01, "CNY/(t km)"), ("terminal_cost", 0.0, "CNY/t"), ("loss", 0.0, "1")):
        made.value("freight", number, unit, commodity="goods", mode="rail", parameter=parameter)
    shared = cooperation(scenario(), data=made.data())
    assert shared.frame["at_prices"].sum() == pytest.approx(shared.together)
    assert shared.gain >= 35.0 - 1e-9
    assert shared.blocking["at_prices"] == []


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"locations": ["North"]}, "two places or more"),
        ({"policies": {"tax": {"instrument": "price"} | DIRECT}}, "cannot be pooled"),
        ({"policies": {"cap": {"instrument": "limit", "location": "North"} | DIRECT}}, "place of its own"),
    ],
)
def test_what_cannot_be_shared_is_refused(more: dict[str, Any], told: str) -> None:
    with pytest.raises(UsageError, match=told):
        cooperation(scenario(**more), data=problem().data())


def test_it_is_public() -> None:
    assert public is cooperation
