"""Capacity swap in time and place: lag in years, key areas, bans on inflow, cases, credit that ends with the rule's dates."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem, Solved, solve


def ratio(problem: Problem, value: float, case: str = "other", origin: str = "", target: str = "", year: int = 2020) -> Problem:
    keys = {"rule": "r", "case": case, "target_class": target, "origin": origin, "year": year}
    return problem.value("swap_ratios", value, "1", **keys)


def fleet(demand: dict[int, float]) -> Problem:
    """10 Mt/yr of old works run at 300 CNY/t; new ones at 100 and 10 CNY/(t/yr), from 2026; steel can be bought at 500."""
    problem = Problem().commodity("steel").demand("steel", demand).market("import", "steel", 500.0)
    problem.technology("old", "steel", variable_cost=300.0, retire="existing", new_build=False).stock("old", 10)
    problem.technology("new", "steel", variable_cost=100.0, capital_cost=10.0, first_year=2026)
    return problem.group("works", "old", "new")


def swapped(problem: Problem, periods: list[list[int]], **policy: Any) -> Solved:
    rule = {"instrument": "swap", "rule": "r", "group": "works", "from_year": 2026} | policy
    return solve(problem, periods, salvage="none", policies={"swap": rule})


FOUR = [[2025, 1], [2026, 1], [2027, 1], [2028, 1]]


@pytest.mark.parametrize(("lag", "cost"), [(0, 3000 + 1100 + 1000 + 1000), (-1, 3000 + 5000 + 1100 + 1000)])
def test_old_out_a_year_before(lag: int, cost: float) -> None:
    """Ratio 1. In the same year: all 10 Mt change in 2026. A year before: what closes in 2026 opens in 2027.

    Then a tonne closed in 2026 is bought for one year (200 more) and saves 200 in 2027 and 2028, less 10 of capital: it pays.
    """
    case = swapped(ratio(fleet({2025: 10.0}), 1.0), FOUR, lag_years=lag)
    assert case.objective == pytest.approx(cost)


@pytest.mark.parametrize(("lag", "cost"), [(0, 3000 + 1100 + 2500 + 1000), (1, 3000 + 1100 + 1500 + 1000)])
def test_new_in_a_year_before(lag: int, cost: float) -> None:
    """15 Mt are wanted in 2026 only. Ratio 1, same year: 10 new, 5 bought at 500. New first: 10 new and 5 old at 300 in 2026,
    the old ones close in 2027.
    """
    problem = ratio(fleet({2025: 10.0, 2026: 15.0, 2027: 10.0}), 1.0)
    assert swapped(problem, FOUR[:3], lag_years=lag).objective == pytest.approx(cost)


def test_credit_needs_a_retirement_inside_the_horizon() -> None:
    """New first by a year, but the horizon ends with 2026: a closure of 2027 is not certain, so the credit is that of lag 0."""
    problem = ratio(fleet({2025: 10.0, 2026: 15.0}), 1.0)
    assert swapped(problem, FOUR[:2], lag_years=1).objective == pytest.approx(3000 + 1100 + 2500)


def test_credit_is_kept_for_later() -> None:
    """New works come in 2027 only, and closures count a year later. In 2026 2 Mt are wanted, so 8 close without loss.

    At 1.25 they open 6.4 Mt in 2027; 2 Mt of old run on, 1.6 are bought. Closing the last 2 as well would cost 400 in 2026 and
    400 in 2027 and open 1.6 Mt, worth 390 each: less. Cost: 3,000, 2 x 300, 6.4 x 110 + 2 x 300 + 1.6 x 500.
    """
    problem = ratio(fleet({2025: 10.0, 2026: 2.0, 2027: 10.0}), 1.25)
    problem.rows["technology_parameters"] = [r for r in problem.rows["technology_parameters"] if r["parameter"] != "first_year"]
    keys = {"technology": "new", "parameter": "first_year", "location": "", "year": ""}
    problem.value("technology_parameters", 2027.0, "yr", **keys)
    case = swapped(problem, FOUR[:3], lag_years=-1)
    assert case.total("early_retirement", p3=2026) == pytest.approx(8)
    assert case("new_capacity", "Here", "new", 2027) == pytest.approx(6.4)
    assert case.objective == pytest.approx(3000 + 600 + 6.4 * 110 + 2 * 300 + 1.6 * 500)


def two(key_east: float = 1.0) -> Problem:
    """Old works at 300 in West and East, 5 Mt/yr each; new ones at 100; all demand is in East, 5 Mt; West sells abroad at 1."""
    problem = Problem(("West", "East")).commodity("steel").market("import", "steel", 500.0, place="East")
    problem.technology("old", "steel", variable_cost=300.0, retire="existing", new_build=False)
    problem.technology("new", "steel", variable_cost=100.0, capital_cost=10.0, first_year=2026)
    problem.stock("old", 5, place="West").stock("old", 5, place="East").demand("steel", {2025: 5.0, 2026: 8.0}, "East")
    problem.market("abroad", "steel", 1.0, "sell", place="West").group("works", "old", "new")
    return problem.value("location_attributes", key_east, "1", location="East", attribute="key_area_share", year="")


YEARS = [[2025, 1], [2026, 1]]


def test_credits_flow_into_a_key_area_unless_banned() -> None:
    """Ratio 1. With inflow East builds 8 on its own 5 and 3 of West's. With a ban it builds 5 and buys 3 at 500."""
    free = swapped(ratio(two(), 1.0), YEARS)
    assert free.objective == pytest.approx(1500 + 8 * 110)
    banned = swapped(ratio(two(), 1.0), YEARS, inflow_ban=["East"])
    assert banned.objective == pytest.approx(1500 + 5 * 110 + 3 * 500)
    by_share = swapped(ratio(two(), 1.0), YEARS, key_areas_no_inflow=True)
    assert by_share.objective == pytest.approx(1500 + 5 * 110 + 3 * 500)
    assert swapped(ratio(two(0.4), 1.0), YEARS, key_areas_no_inflow=True).objective == pytest.approx(1500 + 8 * 110)


def test_a_key_area_does_not_grow() -> None:
    """Capacity in East stays at 5 Mt/yr: 5 new, 3 bought. One tonne more of capacity there saves 500 - 110."""
    case = swapped(ratio(two(), 1.0), YEARS, key_areas_no_growth=True)
    assert case.objective == pytest.approx(1500 + 5 * 110 + 3 * 500)
    assert case.dual("policy_swap_no_growth", "swap", "East", 2026) == pytest.approx(-390)


@pytest.mark.parametrize(("share", "built"), [(1.0, 10 / 1.5), (0.0, 8.0), (0.5, 8.0)])
def test_ratio_by_the_share_of_key_areas(share: float, built: float) -> None:
    """1.5 in key areas, 1.0 elsewhere: half of a place's cities being key makes 1.25. 10 Mt of old works stand in all.

    At 1.5 only 10 / 1.5 = 6.67 of the 8 Mt can be built; at 1.25 exactly 8; at 1.0 8 with 2 to spare.
    """
    problem = ratio(ratio(two(share), 1.5, target="key"), 1.0, target="other")
    case = swapped(problem, YEARS)
    assert case("new_capacity", "East", "new", 2026) == pytest.approx(built)


def test_ratio_by_case_and_date() -> None:
    """Furnaces of the case arc 1.0, others 1.25, all 1.5 from 2027 on: 10 Mt closed in 2026 build 10 arc furnaces.

    As "others" they build 8 in 2026; what is left to change in 2027 would need 1.5.
    """
    problem = ratio(ratio(ratio(fleet({2025: 10.0}), 1.25), 1.0, case="arc"), 1.5, year=2027)
    case = swapped(problem, FOUR[:3], cases={"new": "arc"})
    assert case("new_capacity", "Here", "new", 2026) == pytest.approx(10)
    plain = swapped(problem, FOUR[:3])
    assert plain("new_capacity", "Here", "new", 2026) == pytest.approx(8)


def test_the_rule_ends_with_its_last_year() -> None:
    """Ratio 1.25 until 2026 opens 8 of 10 Mt, the rest runs on at 300 less what is closed; from 2027 on nothing is asked for.

    In 2026 new capacity needs 1.25 closed: 8 Mt new for 10 closed leaves 2 to be bought at 500, which costs more than it saves
    (2 x 200 against 8 x 200 - 80): it pays. In 2027 the other 2 Mt are built freely.
    """
    case = swapped(ratio(fleet({2025: 10.0}), 1.25), FOUR[:3], to_year=2026)
    assert case("new_capacity", "Here", "new", 2026) == pytest.approx(8)
    assert case.objective == pytest.approx(3000 + 8 * 110 + 2 * 500 + 2 * 10 + 10 * 100)


def test_a_halt_and_what_follows() -> None:
    """Suspended from 2026 by a ratio of 10, and 1.0 from 2027: closing 10 to open 1 in 2026 costs 9 x 200 more, so all waits.

    In 2027 all 10 Mt change at 1.0.
    """
    problem = ratio(ratio(fleet({2025: 10.0}), 10.0, year=2026), 1.0, year=2027)
    case = swapped(problem, FOUR[:3])
    assert case("new_capacity", "Here", "new", 2026) == pytest.approx(0)
    assert case("new_capacity", "Here", "new", 2027) == pytest.approx(10)
    assert case.objective == pytest.approx(3000 + 3000 + 1100)


@pytest.mark.parametrize("dates", [{"suspended_from": 2024, "suspended_to": 2026}, {"suspended_from": 2026, "suspended_to": 2026}])
def test_a_halt_by_date(dates: dict[str, int]) -> None:
    """Ratio 1.0, suspended in 2026: the same as a ratio of 10 above, where nobody pays it. In 2027 all 10 Mt change.

    A tonne allowed in 2026 without quota saves 200 that year; its 10 of capital is spent a year earlier, at no discount, and
    the 10 Mt of 2027 stay as they are but for that tonne: 200 in all. Less than nothing cannot be built, so that the dual of
    the row has this saving as its least value.
    """
    case = swapped(ratio(fleet({2025: 10.0}), 1.0), FOUR[:3], **dates)
    assert case("new_capacity", "Here", "new", 2026) == pytest.approx(0)
    assert case("new_capacity", "Here", "new", 2027) == pytest.approx(10)
    assert case.objective == pytest.approx(3000 + 3000 + 1100)
    assert case.dual("policy_swap_new", "swap", "Here", "other", 2026) <= -200 + 1e-6
    assert not [key for key in case.prepared.program.cols.indices("swap_flow") if key[4] == 2026]


def test_a_halt_binds_where_a_ratio_of_ten_does_not() -> None:
    """With a demand of 1 and a capital of 10, 10 closed for 1 new saves 190: the ratio lets it through, the halt does not."""
    let = swapped(ratio(fleet({2025: 1.0}), 10.0), FOUR[:2])
    assert let("new_capacity", "Here", "new", 2026) == pytest.approx(1)
    halted = swapped(ratio(fleet({2025: 1.0}), 1.0), FOUR[:2], suspended_from=2026)
    assert halted("new_capacity", "Here", "new", 2026) == pytest.approx(0)
    assert halted.objective == pytest.approx(300 + 300)


def test_what_needs_no_quota_is_built_during_a_halt() -> None:
    """An exempt technology is not a swap."""
    case = swapped(ratio(fleet({2025: 10.0}), 1.0), FOUR[:2], suspended_from=2026, exempt=["new"])
    assert case("new_capacity", "Here", "new", 2026) == pytest.approx(10)
