"""Scarcity: rents of capacity, of a limited market and of room in a stockpile; steps of a supply curve."""

from __future__ import annotations

import pytest
from tests.cases.kit import Problem, solve

RATE = 0.08


def test_capacity_rent() -> None:
    """6 Mt/yr of cheap works (100) run at 90 %: 5.4 Mt. The other 4.6 are bought at 150.

    A tonne of output of the works saves 50 CNY. Cost: 5.4 x 100 + 4.6 x 150.
    """
    problem = Problem().commodity("steel").demand("steel", 10).market("import", "steel", 150.0)
    problem.technology("works", "steel", variable_cost=100.0, availability=0.9, new_build=False).stock("works", 6)
    case = solve(problem, [[2025, 5]], RATE, timing=0.5)
    years = sum(1.08 ** -(k + 0.5) for k in range(5))
    assert case("activity", "Here", "works", "all", 2025) == pytest.approx(5.4)
    assert case.annual_price("capacity_limit", "Here", "works", 2025, period=2025) == pytest.approx(-50)
    assert case.objective == pytest.approx((540 + 690) * years)


def scrap(amount: float) -> Problem:
    """Scrap comes in steps: 3 Mt at 10, 4 Mt at 30, any amount at 60 CNY/t; a tonne of steel takes one tonne."""
    problem = Problem().commodity("steel").commodity("scrap", "intermediate").demand("steel", amount)
    problem.technology("furnace", "steel", inputs={"scrap": 1.0}).stock("furnace", 100)
    problem.market("home", "scrap", 10.0, limit=3.0).market("old", "scrap", 30.0, limit=4.0)
    return problem.market("abroad", "scrap", 60.0)


@pytest.mark.parametrize(
    ("amount", "price", "rents", "cost"),
    [(2.0, 10.0, (0.0, 0.0), 20.0), (5.0, 30.0, (20.0, 0.0), 90.0), (8.0, 60.0, (50.0, 30.0), 210.0)],
)
def test_supply_curve(amount: float, price: float, rents: tuple[float, float], cost: float) -> None:
    """The last step in use sets the price; a limited step earns the difference to it.

    2 Mt: 2 x 10. 5 Mt: 3 x 10 + 2 x 30. 8 Mt: 3 x 10 + 4 x 30 + 1 x 60.
    """
    case = solve(scrap(amount), [[2025, 1]])
    assert case.dual("balance", "Here", "scrap", 2025) == pytest.approx(price)
    assert case.dual("balance", "Here", "steel", 2025) == pytest.approx(price)
    assert case.dual("market_cap", "home", "Here", 2025) == pytest.approx(-rents[0])
    assert case.dual("market_cap", "old", "Here", 2025) == pytest.approx(-rents[1])
    assert case.objective == pytest.approx(cost)


def ore(capacity: float, holding: float = 0.0, initial: float = 0.0) -> Problem:
    """1 Mt/yr of steel takes 1 Mt of ore at 10 CNY/t to 2029 and at 30 from 2030; ore can be stored."""
    problem = Problem().commodity("steel").commodity("ore", "intermediate").demand("steel", 1)
    problem.technology("furnace", "steel", inputs={"ore": 1.0}).stock("furnace", 10)
    problem.market("mine", "ore", {2029: 10.0, 2030: 30.0})
    return problem.stockpile("ore", capacity, holding, initial)


@pytest.mark.parametrize(("holding", "stored"), [(3.9, 5.0), (4.1, 0.0)])
def test_stockpile_arbitrage(holding: float, stored: float) -> None:
    """A tonne stored costs 10, is held through 5 years, and replaces one at 30: it pays below 20 / 5 = 4 CNY/t a year.

    All 5 Mt of 2030 to 2034 are bought before. Without: 5 x 10 + 5 x 30 = 200; with: 10 x 10 + 5 x (5 x 3.9).
    """
    case = solve(ore(100.0, holding), [[2025, 5], [2030, 5]])
    assert case("stockpile", "Here", "ore", 2025) == pytest.approx(stored)
    assert case.objective == pytest.approx(100 + 25 * holding if stored else 200)


def test_room_in_the_stockpile_has_a_price() -> None:
    """Room for 3 Mt at 1 CNY/t a year: each tonne saves 30 - 10 - 5 = 15. 200 - 3 x 15."""
    case = solve(ore(3.0, 1.0), [[2025, 5], [2030, 5]])
    assert case.dual("stockpile_cap", "Here", "ore", 2025) == pytest.approx(-15)
    assert case.objective == pytest.approx(155)


def test_stored_ore_is_worth_what_it_replaces() -> None:
    """With 8 % the ore of 2030 costs 30 x D / 5 a tonne at the start of 2025, stored ore 10 x D' / 5: storing while cheaper.

    D' = sum_{k<5} 1.08^-k, D = D' / 1.08^5, ratio 1.469: 30 / 1.469 = 20.4 > 10, so all is stored: 10 Mt bought in 5 years.
    """
    near = sum(1.08**-k for k in range(5))
    case = solve(ore(100.0), [[2025, 5], [2030, 5]], RATE)
    assert case("market_volume", "Here", "mine", 2025) == pytest.approx(2)
    assert case("market_volume", "Here", "mine", 2030) == pytest.approx(0)
    assert case.objective == pytest.approx(20 * near)


def test_initial_stock_is_used_where_it_is_dearest() -> None:
    """2 Mt that are there for nothing replace ore at 30, not at 10, unless holding eats the difference.

    Room for 2 Mt only: 5 x 10 + (5 - 2) x 30 = 140. With holding at 5 CNY/t a year they are used at once: 3 x 10 + 5 x 30.
    """
    assert solve(ore(2.0, 0.0, 2.0), [[2025, 5], [2030, 5]]).objective == pytest.approx(140)
    assert solve(ore(2.0, 5.0, 2.0), [[2025, 5], [2030, 5]]).objective == pytest.approx(180)
