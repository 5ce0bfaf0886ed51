"""Places: shares of demand, groups, resolution, and small rules of dates and chains."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem, solve

from peakmix.foundation.errors import InputError

DIRECT = {"quantity": "direct_co2"}


def test_demand_is_split_by_shares() -> None:
    """10 Mt of the nation, 30 % in West and 70 % in East, served where they are wanted though West would be cheaper."""
    problem = Problem(("West", "East")).commodity("steel").technology("works", "steel").demand("steel", 10, "Land")
    for place, part in (("West", 0.3), ("East", 0.7)):
        problem.stock("works", 10, place=place).value("demand_shares", part, "1", commodity="steel", location=place, year="")
    case = solve(problem, [[2025, 1]])
    assert [case("activity", r, "works", "all", 2025) for r in problem.places] == pytest.approx([3, 7])


def test_variant_of_demand() -> None:
    """A row of the variant wins over the general one: 20 Mt in the high variant, 10 in the reference."""
    problem = Problem().commodity("steel").technology("works", "steel", variable_cost=1.0).stock("works", 50).demand("steel", 10)
    problem.value("demand", 20, "Mt/yr", variant="high", location="Here", commodity="steel", year="")
    objectives = [solve(problem, [[2025, 1]], demand_variant=v).objective for v in ("high", "reference", "low")]
    assert objectives == pytest.approx([20, 10, 10])


def three(**policy: Any) -> Problem:
    """Three places, each with 5 Mt of demand, dirty steel at 100 (2 t CO2/t) and clean at 150; West and East form a basin."""
    problem = Problem(("West", "East", "South")).commodity("steel")
    problem.technology("dirty", "steel", variable_cost=100.0, co2=2.0).technology("clean", "steel", variable_cost=150.0)
    for place in problem.places:
        problem.stock("dirty", 10, place=place).stock("clean", 10, place=place).demand("steel", 5, place)
        group = "rest" if place == "South" else "basin"
        problem.rows.setdefault("groupings", []).append({"grouping": "two", "group": group, "location": place, "note": ""})
    return problem


def basin_cap() -> dict[str, Any]:
    return {"cap": {"instrument": "limit", "location": "basin", "indicator": DIRECT, "values": "15 Mt/yr"}}


@pytest.mark.parametrize("resolution", ["province", {"grouping": "two"}])
def test_policy_of_a_group(resolution: Any) -> None:
    """The basin emits 20 Mt, 15 are allowed: 2.5 Mt of steel turn clean there, 125 M CNY. By place or by group alike."""
    case = solve(three(), [[2025, 1]], policies=basin_cap(), resolution=resolution)
    assert case.objective == pytest.approx(1500 + 125)
    assert case.dual("policy_limit", "cap", 2025) == pytest.approx(-25)


def test_policy_below_the_resolution_is_refused() -> None:
    """At the resolution of the nation the basin is only a part of it: refused, not dropped."""
    with pytest.raises(InputError, match="basin is only a part"):
        solve(three(), [[2025, 1]], policies=basin_cap(), resolution="nation")


def test_policy_on_named_technologies() -> None:
    """A limit on the CO2 of dirty works alone: 10 Mt, half of them; what clean works emit is not counted."""
    problem = three()
    rule = {"instrument": "limit", "indicator": DIRECT, "technologies": ["dirty"], "location": "South", "values": "4 Mt/yr"}
    assert solve(problem, [[2025, 1]], policies={"cap": rule}).objective == pytest.approx(1500 + 3 * 50)


def test_recipe_of_a_place_and_of_the_nation() -> None:
    """West needs 2 t of ore, others 1 t (10 CNY/t): 3 Mt in West and 6 in East cost 60 + 60.

    As one region the recipe is weighted by stock, 10 and 20 Mt/yr: (2 x 10 + 1 x 20) / 30 = 4/3 t, so 9 Mt cost 120 as well.
    """
    problem = Problem(("West", "East")).commodity("steel").commodity("ore", "intermediate").market("ore", "ore", 10.0)
    problem.technology("works", "steel", new_build=False).flow("works", "ore", 1.0).flow("works", "ore", 2.0, place="West")
    for place, amount in (("West", 1.0), ("East", 2.0)):
        problem.stock("works", 10 * amount, place=place).demand("steel", 3 * amount, place=place)
    assert solve(problem, [[2025, 1]]).objective == pytest.approx(120)
    assert solve(problem, [[2025, 1]], resolution="nation").objective == pytest.approx(120)


def test_statistics_of_places_add_up() -> None:
    """Old works (1 CNY/t) are held at 4 and 5 Mt in the base year though new ones run for nothing: 9 M CNY, in all."""
    problem = Problem(("West", "East")).commodity("steel").technology("old", "steel", variable_cost=1.0).technology("new", "steel")
    for place, amount in (("West", 4.0), ("East", 5.0)):
        problem.stock("old", 10, place=place).stock("new", 10, place=place).demand("steel", 6, place)
        problem.base_output("old", amount, place)
    for resolution in ("province", "nation"):
        assert solve(problem, [[2025, 1], [2026, 1]], base=2025, resolution=resolution).objective == pytest.approx(9)


def test_stockpiles_of_places_add_up() -> None:
    """Works of 6 Mt/yr in all, demand 4 and then 8: room for 1 Mt in each place, empty at first.

    As one region: 2 Mt are made in 2025 beyond demand, kept, and used in 2026; nothing else could serve the last 2 Mt.
    """
    problem = Problem(("West", "East")).commodity("steel").technology("works", "steel", variable_cost=1.0, new_build=False)
    problem.demand("steel", {2025: 2.0, 2026: 4.0}, "West").demand("steel", {2025: 2.0, 2026: 4.0}, "East")
    for place in problem.places:
        problem.stock("works", 3, place=place)
        problem.value("stockpiles", 1.0, "Mt", commodity="steel", parameter="capacity", location=place, year="")
    for resolution in ("province", "nation"):
        assert solve(problem, [[2025, 1], [2026, 1]], resolution=resolution).objective == pytest.approx(12)


def test_kept_conversions_follow_each_other() -> None:
    """a at 300 becomes b at 200 in 2026 and c at 100 in 2027, always the same works: 3,000 + 2,000 + 1,000."""
    problem = Problem().commodity("steel").stock("a", 10).demand("steel", 10)
    for name, cost in (("a", 300.0), ("b", 200.0), ("c", 100.0)):
        problem.technology(name, "steel", variable_cost=cost, new_build=False)
    problem.conversion("first", "a", "b", first_year=2026).conversion("second", "b", "c", first_year=2027)
    assert solve(problem, [[2025, 1], [2026, 1], [2027, 1]]).objective == pytest.approx(6000)


def test_a_rule_ends_with_its_last_year() -> None:
    """10 CNY/t on 10 Mt in 2026 only."""
    problem = Problem().commodity("steel").technology("works", "steel", co2=1.0).stock("works", 20).demand("steel", 10)
    tax = {"instrument": "price", "indicator": DIRECT, "values": 10.0, "unit": "CNY/t", "from_year": 2026, "to_year": 2026}
    assert solve(problem, [[2025, 1], [2026, 1], [2027, 1]], policies={"tax": tax}).objective == pytest.approx(100)


def test_a_rule_starts_with_the_first_whole_period() -> None:
    """A tax from 2027 starts in 2030, the first period that begins at or after it: 5 years x 10 Mt x 10 CNY."""
    problem = Problem().commodity("steel").technology("works", "steel", co2=1.0).stock("works", 20).demand("steel", 10)
    tax = {"instrument": "price", "indicator": DIRECT, "values": 10.0, "unit": "CNY/t", "from_year": 2027}
    assert solve(problem, [[2025, 5], [2030, 5]], policies={"tax": tax}).objective == pytest.approx(500)


def test_a_soft_budget_is_bought_out_in_money_of_its_end() -> None:
    """Abatement at 25 CNY/t, excess at 20, in 2026 to 2029: nothing is abated, 50 of 100 Mt are bought out.

    Excess is paid like a tonne of the last period: 20 x D_2026 / 4 at 8 %, D = sum_{k=1..4} 1.08^-k.
    """
    problem = Problem().commodity("steel").demand("steel", 10).stock("dirty", 20).stock("clean", 20)
    problem.technology("dirty", "steel", variable_cost=100.0, co2=2.0).technology("clean", "steel", variable_cost=150.0)
    rule = {"instrument": "limit", "indicator": DIRECT, "values": "50 Mt", "span": "horizon", "slack_price": "20 CNY/t"}
    case = solve(problem, [[2025, 1], [2026, 4]], 0.08, policies={"budget": rule})
    years = sum(1.08**-k for k in range(1, 5))
    assert case("policy_excess", "budget", 0) == pytest.approx(50)
    assert case.objective == pytest.approx(1000 * (1 + years) + 50 * 20 * years / 4)
