"""Weights of time, annuities inside the horizon, hurdle rates: money discounted by hand."""

from __future__ import annotations

import pytest
from tests.cases.kit import Problem, solve

RATE = 0.08
UNEQUAL = [[2025, 1], [2026, 4], [2030, 7]]


def running() -> Problem:
    """10 Mt/yr at 100 CNY/t: 1,000 M CNY a year in every year."""
    problem = Problem().commodity("steel").technology("old", "steel", variable_cost=100.0).stock("old", 10)
    return problem.demand("steel", 10)


def building(**parameters: float) -> Problem:
    """Works at 1,000 CNY/(t/yr) that last 20 years; first in 2030; demand of 10 Mt/yr from then on, none before."""
    numbers = {"capital_cost": 1000.0, "lifetime": 20.0, "first_year": 2030.0, "availability": 1.0} | parameters
    problem = Problem().commodity("steel").technology("new", "steel", **numbers)
    return problem.demand("steel", {2029: 0.0, 2030: 10.0})


@pytest.mark.parametrize("timing", [0, 0.5, 1])
def test_running_cost_is_discounted_year_by_year(timing: float) -> None:
    """Twelve years of 1,000, each moved by the timing: sum over k = 0..11 of 1,000 / 1.08^(k + h), however periods cut it."""
    case = solve(running(), UNEQUAL, RATE, timing=timing)
    assert case.objective == pytest.approx(sum(1000 / 1.08 ** (k + timing) for k in range(12)), rel=1e-12)


def test_origin_moves_all_money_alike() -> None:
    """Discounted to 2020 instead of 2025 everything is worth 1.08^-5 as much."""
    plain, moved = solve(running(), UNEQUAL, RATE), solve(running(), UNEQUAL, RATE, origin=2020)
    assert moved.objective == pytest.approx(plain.objective / 1.08**5, rel=1e-12)


def test_price_of_steel_is_in_money_of_the_year() -> None:
    """The dual carries the weight of its period; divided by it, steel costs 100 CNY/t in every period."""
    case = solve(running(), UNEQUAL, RATE, timing=0.5)
    for period, years in ((2025, range(1)), (2026, range(1, 5)), (2030, range(5, 12))):
        weight = sum(1.08 ** -(k + 0.5) for k in years)
        assert case.dual("balance", "Here", "steel", period) == pytest.approx(100 * weight)
        assert case.annual_price("balance", "Here", "steel", period, period=period) == pytest.approx(100)


def test_salvage_none_charges_investment_whole() -> None:
    """10 Mt/yr x 1,000 CNY in 2030, five years after 2025: 10,000 / 1.08^5."""
    case = solve(building(), UNEQUAL, RATE, salvage="none")
    assert case.objective == pytest.approx(10_000 / 1.08**5, rel=1e-12)


def test_annuity_charges_the_years_inside() -> None:
    """A level payment at the start of each of 20 years that is worth 1,000 in 2030: a = 1,000 / sum_{k<20} 1.08^-k = 94.31.

    Seven of the twenty payments fall before 2037: 10 x a x sum_{k<7} 1.08^-k, discounted from 2030 to 2025.
    """
    annuity = 1000 / sum(1.08**-k for k in range(20))
    assert annuity == pytest.approx(94.3076, abs=1e-4)
    case = solve(building(), UNEQUAL, RATE)
    inside = sum(1.08**-k for k in range(7))
    assert case.objective == pytest.approx(10 * annuity * inside / 1.08**5, rel=1e-12)


def test_life_inside_the_horizon_is_charged_whole() -> None:
    """A life of 4 years from 2026 ends with the period: annuities and the whole sum are the same, 10,000 / 1.08."""
    problem = building(lifetime=4.0, first_year=2026.0)
    problem.rows["demand"].clear()
    problem.demand("steel", {2025: 0.0, 2026: 10.0, 2029: 10.0, 2030: 0.0})
    case = solve(problem, UNEQUAL, RATE)
    assert case.objective == pytest.approx(10_000 / 1.08, rel=1e-12)


def test_without_interest_the_share_is_that_of_years() -> None:
    """At a rate of 0, 7 of 20 years are charged: 10,000 x 7 / 20."""
    assert solve(building(), UNEQUAL, 0.0).objective == pytest.approx(3500, rel=1e-12)


def test_hurdle_rate_is_a_mark_up_of_capital() -> None:
    """At 15 % the yearly payment on 1,000 over 20 years is 1,000 / sum_{k=1..20} 1.15^-k = 159.76, at 8 % it is 101.85.

    The charge grows by their ratio, 1.5686; the part above 1 is booked apart, as a transfer.
    """
    ratio = sum(1.08**-k for k in range(1, 21)) / sum(1.15**-k for k in range(1, 21))
    assert ratio == pytest.approx(1.5686, abs=1e-4)
    case = solve(building(hurdle_rate=0.15), UNEQUAL, RATE, salvage="none")
    whole = 10_000 / 1.08**5
    assert case.costs["investment"] == pytest.approx(whole)
    assert case.costs["hurdle_mark_up"] == pytest.approx((ratio - 1) * whole)
    assert case.objective == pytest.approx(ratio * whole)


@pytest.mark.parametrize(("price", "built"), [(1.4, 0.0), (1.7, 10.0)])
def test_hurdle_rate_decides(price: float, built: float) -> None:
    """Import at p times what new works cost a year at 8 %: with the hurdle of 15 % they are built only above p = 1.5686."""
    yearly = 1000 * (1 / sum(1.08**-k for k in range(20)))
    problem = building(hurdle_rate=0.15).market("import", "steel", price * yearly)
    case = solve(problem, UNEQUAL, RATE, timing=0)
    assert case("new_capacity", "Here", "new", 2030) == pytest.approx(built)


def test_fixed_cost_follows_capacity_and_time() -> None:
    """Standing works pay 5 CNY/(t/yr) in twelve years, whether they run or not; at a rate of 0: 12 x 10 x 5 + 12 x 1,000."""
    problem = running()
    problem.yearly("old", "fixed_cost", {2025: 5.0})
    assert solve(problem, UNEQUAL, 0.0).objective == pytest.approx(600 + 12_000)


def test_value_by_year_is_the_mean_of_the_period() -> None:
    """Cost falls from 100 in 2025 by 10 a year to 2030: the years 2026 to 2029 cost 90, 80, 70, 60, on average 75.

    2025: 10 x 100; 2026 to 2029: 4 x 10 x 75; seven years at 50: 7 x 10 x 50.
    """
    problem = running().yearly("old", "variable_cost", {2025: 100.0, 2030: 50.0})
    assert solve(problem, UNEQUAL, 0.0).objective == pytest.approx(1000 + 3000 + 3500)


def test_weights_by_hand() -> None:
    """Stated weights win: 1,000 x (2 + 3 + 4)."""
    weights = {"operating": {2025: 2.0, 2026: 3.0, 2030: 4.0}}
    assert solve(running(), UNEQUAL, RATE, weights=weights).objective == pytest.approx(9000)
