"""Trade between places: freight, loss, limits over a node, pooled demand."""

from __future__ import annotations

import pytest
from tests.cases.kit import Problem, solve


def two(loss: float = 0.0, home: float = 60.0) -> Problem:
    """Ore costs 10 CNY/t in West and 60 (unless stated) in East, where 9 Mt are used; freight 400 km x 0.05 + 5 = 25."""
    problem = Problem(("West", "East")).commodity("steel").commodity("ore", "intermediate")
    problem.technology("furnace", "steel", inputs={"ore": 1.0}).stock("furnace", 20, place="East")
    problem.demand("steel", 9, place="East")
    problem.market("cheap", "ore", 10.0, place="West").market("dear", "ore", home, place="East")
    return problem.road("ore", "West", "East", 400.0, 0.05, terminal=5.0, loss=loss)


def test_prices_differ_by_freight() -> None:
    """9 Mt come from West: 10 there, 35 in East; 9 x 35 in all."""
    case = solve(two(), [[2025, 1]])
    assert case("trade", "ore", "West", "East", 2025) == pytest.approx(9)
    assert case.dual("balance", "West", "ore", 2025) == pytest.approx(10)
    assert case.dual("balance", "East", "ore", 2025) == pytest.approx(35)
    assert case.objective == pytest.approx(315)


def test_loss_is_taken_at_arrival() -> None:
    """A tenth is lost on the way: 10 Mt leave for 9 to arrive, a tonne in East costs (10 + 25) / 0.9."""
    case = solve(two(loss=0.1), [[2025, 1]])
    assert case("trade", "ore", "West", "East", 2025) == pytest.approx(10)
    assert case.dual("balance", "East", "ore", 2025) == pytest.approx(35 / 0.9)
    assert case.objective == pytest.approx(350)


def test_no_trade_when_freight_is_dearer() -> None:
    """At 34 CNY/t East serves itself: 9 x 34. The price differs by less than freight."""
    case = solve(two(home=34.0), [[2025, 1]])
    assert case("trade", "ore", "West", "East", 2025) == pytest.approx(0)
    assert case.objective == pytest.approx(306)


def test_the_cheaper_of_two_modes_is_taken() -> None:
    """By coast 20 CNY/t for loading and 0.01 x 400: 24 against 25 by rail."""
    problem = two().value("routes", 400.0, "km", mode="coast", commodity="ore", **{"from": "West", "to": "East"})
    for parameter, number, unit in (("distance_cost", 0.01, "CNY/(t km)"), ("terminal_cost", 20.0, "CNY/t")):
        problem.value("freight", number, unit, commodity="ore", mode="coast", parameter=parameter)
    assert solve(problem, [[2025, 1]]).objective == pytest.approx(9 * 34)


def pooled() -> Problem:
    """Steel costs 100 in West (6 Mt/yr) and 130 in East (8 Mt/yr); the nation wants 10 Mt."""
    problem = Problem(("West", "East")).commodity("steel").demand("steel", 10, place="Land")
    problem.technology("works", "steel", new_build=False).stock("works", 6, place="West").stock("works", 8, place="East")
    problem.rows["technology_parameters"] = [
        r for r in problem.rows["technology_parameters"] if r["parameter"] != "variable_cost"
    ]
    for place, cost in (("West", 100.0), ("East", 130.0)):
        keys = {"technology": "works", "parameter": "variable_cost", "location": place, "year": ""}
        problem.value("technology_parameters", cost, "CNY/t", **keys)
    return problem


def test_pooled_demand_takes_the_cheapest_places() -> None:
    """West gives 6, East 4; the nation's price is East's 130 in every place; West's capacity earns 30."""
    case = solve(pooled(), [[2025, 1]])
    assert case("delivery", "Land", "steel", "West", 2025) == pytest.approx(6)
    assert case("delivery", "Land", "steel", "East", 2025) == pytest.approx(4)
    assert case.dual("pooled_demand_met", "Land", "steel", 2025) == pytest.approx(130)
    assert case.dual("balance", "West", "steel", 2025) == pytest.approx(130)
    assert case.dual("capacity_limit", "West", "works", 2025) == pytest.approx(-30)
    assert case.objective == pytest.approx(600 + 520)


def test_a_market_limited_over_the_nation() -> None:
    """Both places buy ore at 10 but the nation has only 5 Mt; the rest costs 30 in West, 50 in East.

    West needs 4, East 6. The limited ore goes where it saves most, East (40 against 20): 5 there, 1 at 50, 4 at 30 in West.
    One tonne more saves 40 in East.
    """
    problem = Problem(("West", "East")).commodity("steel").commodity("ore", "intermediate")
    problem.technology("furnace", "steel", inputs={"ore": 1.0})
    for place, amount, price in (("West", 4.0, 30.0), ("East", 6.0, 50.0)):
        problem.stock("furnace", 20, place=place).demand("steel", amount, place=place)
        problem.market(f"spot_{place}", "ore", price, place=place)
    problem.market("contract", "ore", 10.0)
    keys = {"market": "contract", "parameter": "limit", "location": "Land", "year": ""}
    problem.value("market_parameters", 5.0, "Mt/yr", **keys)
    case = solve(problem, [[2025, 1]])
    assert case("market_volume", "East", "contract", 2025) == pytest.approx(5)
    assert case.dual("market_cap", "contract", "Land", 2025) == pytest.approx(-40)
    assert case.objective == pytest.approx(50 + 50 + 120)


def test_the_limit_of_a_place_wins_over_the_general_one() -> None:
    """Ore at 10: 2 Mt in each place, but 1 in West, in whichever order the rows stand; each needs 3, the rest costs 30.

    West: 1 x 10 + 2 x 30; East: 2 x 10 + 1 x 30.
    """
    for rows in ((("West", 1.0), ("", 2.0)), (("", 2.0), ("West", 1.0))):
        problem = Problem(("West", "East")).commodity("steel").commodity("ore", "intermediate")
        problem.technology("furnace", "steel", inputs={"ore": 1.0})
        problem.market("mine", "ore", 10.0).market("spot", "ore", 30.0)
        for place in problem.places:
            problem.stock("furnace", 20, place=place).demand("steel", 3.0, place=place)
        for place, amount in rows:
            keys = {"market": "mine", "parameter": "limit", "location": place, "year": ""}
            problem.value("market_parameters", amount, "Mt/yr", **keys)
        assert solve(problem, [[2025, 1]]).objective == pytest.approx(70 + 50)


def test_a_part_of_the_country_alone() -> None:
    """A run of West alone leaves East's demand out: 6 Mt there at 100."""
    problem = pooled().demand("steel", 6, place="West").demand("steel", 5, place="East")
    rows = problem.rows["demand"]
    rows[:] = [r for r in rows if r["location"] != "Land"]
    case = solve(problem, [[2025, 1]], locations=["West"])
    assert case.objective == pytest.approx(600)
