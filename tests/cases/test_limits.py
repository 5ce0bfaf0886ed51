"""Limits from the tables: additions, net additions, capacity, activity, adoption, shares; what they are worth."""

from __future__ import annotations

import pytest
from tests.cases.kit import Problem, infeasible, solve

YEARS = [[2025, 1], [2026, 5]]


def works(demand: float = 10.0) -> Problem:
    """Old works run at 300 CNY/t; new ones at 100 and 50 CNY/(t/yr), from 2026. 10 Mt/yr of old stand."""
    return (
        Problem()
        .commodity("steel")
        .technology("old", "steel", variable_cost=300.0, new_build=False)
        .technology("new", "steel", variable_cost=100.0, capital_cost=50.0, first_year=2026)
        .stock("old", 10)
        .demand("steel", demand)
        .group("all_works", "old", "new")
    )


def test_additions_a_year_times_length() -> None:
    """At most 0.6 Mt/yr a year for 5 years: 3 Mt. One tonne more would save 5 x 200 - 50 = 950 CNY/(t/yr).

    Cost: 10 x 300, then 3 x 50 + 5 x (3 x 100 + 7 x 300).
    """
    case = solve(works().bound("additions", "new", 0.6), YEARS, salvage="none")
    assert case("new_capacity", "Here", "new", 2026) == pytest.approx(3)
    assert case.dual("limit", "additions", "additions", "new", "Here", "upper", 2026) == pytest.approx(-950)
    assert case.objective == pytest.approx(3000 + 150 + 5 * 2400)


def test_net_additions_count_what_ends() -> None:
    """The old works of 2020 end after 6 years. With net additions of 1 Mt/yr a year, 10 + 5 Mt may be built in 2026 to 2030.

    Demand is 20: 15 new, 5 bought at 500.
    """
    problem = works(demand=20.0).market("import", "steel", 500.0).bound("net_additions", "all_works", 1.0)
    problem.yearly("old", "lifetime", {2020: 6.0})
    case = solve(problem, YEARS, salvage="none")
    assert case("new_capacity", "Here", "new", 2026) == pytest.approx(15)
    assert case("market_volume", "Here", "import", 2026) == pytest.approx(5)


@pytest.mark.parametrize("retire", ["none", "all"])
def test_capacity_limit(retire: str) -> None:
    """At most 4 Mt/yr of new works: 4 x 50 + 5 x (4 x 100 + 6 x 300). A tonne more saves 5 x 200 - 50, 190 a year."""
    problem = works().bound("capacity", "new", 4.0)
    problem.rows["technologies"][1]["retire"] = retire
    case = solve(problem, YEARS, salvage="none")
    price = case.annual_price("limit", "capacity", "capacity", "new", "Here", "upper", 2026, period=2026)
    assert price == pytest.approx(-190)
    assert case.objective == pytest.approx(3000 + 200 + 5 * 2200)


def test_activity_floor() -> None:
    """3 Mt of old works must run, each 200 CNY/t dearer; a tonne more spares 50 / 5 a year of new works: the price is 190."""
    case = solve(works().bound("activity", "old", 3.0, sense="lower"), YEARS, salvage="none")
    assert case("activity", "Here", "old", "all", 2026) == pytest.approx(3)
    price = case.annual_price("limit", "activity", "activity", "old", "Here", "lower", 2026, period=2026)
    assert price == pytest.approx(190)


def test_a_limit_over_two_places() -> None:
    """6 Mt of new works in the nation go where old ones are dearest: 5 in East (400), 1 in West (300)."""
    problem = Problem(("West", "East")).commodity("steel").technology("new", "steel", variable_cost=100.0)
    for place, cost in (("West", 300.0), ("East", 400.0)):
        problem.stock("new", 0.0, place=place).market(f"import_{place}", "steel", cost, place=place)
        problem.demand("steel", 5.0, place=place)
    case = solve(problem.bound("activity", "new", 6.0, place="Land"), [[2025, 1]])
    assert case("activity", "East", "new", "all", 2025) == pytest.approx(5)
    assert case("activity", "West", "new", "all", 2025) == pytest.approx(1)
    assert case.dual("limit", "activity", "activity", "new", "Land", "upper", 2025) == pytest.approx(-200)


def test_a_limit_on_a_measure() -> None:
    """The measure saves 0.2 t of coal at 100 for nothing, on at most 4 Mt: a tonne more is worth 20."""
    problem = Problem().commodity("steel").commodity("coal", "energy").demand("steel", 10).market("coal", "coal", 100.0)
    problem.technology("furnace", "steel", inputs={"coal": 1.0}).stock("furnace", 20)
    problem.measure("recovery", "furnace", {("coal", "saves_input"): 0.2}).bound("adopted", "recovery", 4.0)
    case = solve(problem, [[2025, 1]])
    assert case.objective == pytest.approx(1000 - 80)
    assert case.dual("limit", "adopted", "adopted", "recovery", "Here", "upper", 2025) == pytest.approx(-20)


def test_what_cannot_hold_is_infeasible() -> None:
    """A cap below what stands and may not close, and a floor on what cannot run, have no solution."""
    problem = works()
    assert infeasible(problem.bound("capacity", "old", 9.0), [[2026, 1]])
    assert infeasible(works().bound("activity", "new", 1.0, sense="lower"), [[2025, 1]])


def blend() -> Problem:
    """Cement of clinker costs 100, of slag 60 CNY/t; 10 Mt are wanted."""
    problem = Problem().commodity("cement").demand("cement", 10)
    problem.technology("clinker_cement", "cement", variable_cost=100.0, capacity=False)
    return problem.technology("slag_cement", "cement", variable_cost=60.0, capacity=False)


def test_share_limit() -> None:
    """At most 30 % of slag cement: 3 x 60 + 7 x 100. A tonne of it beyond the share saves 40; cement costs 0.3 x 60 + 0.7 x 100."""
    both = ["clinker_cement", "slag_cement"]
    case = solve(blend().share("blend", ["slag_cement"], both, 0.3), [[2025, 1]])
    assert case.objective == pytest.approx(880)
    assert case.dual("share_limit", "blend", "Here", 2025) == pytest.approx(-40)
    assert case.dual("balance", "Here", "cement", 2025) == pytest.approx(88)


def test_share_floor() -> None:
    """At least 80 % of clinker cement: 8 x 100 + 2 x 60; each tonne short of it would save 40."""
    both = ["clinker_cement", "slag_cement"]
    case = solve(blend().share("quality", ["clinker_cement"], both, 0.8, sense="lower"), [[2025, 1]])
    assert case.objective == pytest.approx(920)
    assert case.dual("share_limit", "quality", "Here", 2025) == pytest.approx(40)


def test_ratio_of_two_activities() -> None:
    """Slag cement at most a quarter of clinker cement: 2 and 8 Mt. One tonne of cement: 0.8 x 100 + 0.2 x 60 = 92."""
    case = solve(blend().share("ratio", ["slag_cement"], ["clinker_cement"], 0.25), [[2025, 1]])
    assert case("activity", "Here", "slag_cement", "all", 2025) == pytest.approx(2)
    assert case.dual("balance", "Here", "cement", 2025) == pytest.approx(92)


@pytest.mark.parametrize(("pooled", "cost"), [("yes", 880.0), ("no", 6 * 100 + 0.3 * 4 * 60 + 0.7 * 4 * 100)])
def test_pooled_share(pooled: str, cost: float) -> None:
    """Slag only in East (4 of 10 Mt): pooled 3 Mt may be all there; place by place only 30 % of 4."""
    problem = Problem(("West", "East")).commodity("cement").commodity("slag", "residue").market("slag", "slag", 60.0, place="East")
    problem.technology("clinker_cement", "cement", variable_cost=100.0, capacity=False)
    problem.technology("slag_cement", "cement", inputs={"slag": 1.0}, capacity=False)
    problem.demand("cement", 6.0, place="West").demand("cement", 4.0, place="East")
    both = ["clinker_cement", "slag_cement"]
    case = solve(problem.share("blend", ["slag_cement"], both, 0.3, pooled=pooled), [[2025, 1]])
    assert case.objective == pytest.approx(cost)
