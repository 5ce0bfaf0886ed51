"""Pace: growth of additions, closures and activity with unequal periods; nothing changes when a period is split."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem, Solved, solve


def market_entry() -> Problem:
    """New works run at 100 CNY/t; what they do not make of 1,000 Mt is bought at 500. They live 60 years."""
    problem = Problem().commodity("steel").demand("steel", 1000).market("import", "steel", 500.0)
    return problem.technology("new", "steel", variable_cost=100.0, lifetime=60.0)


def paced(problem: Problem, periods: list[list[int]], base: int | None = None, **policy: Any) -> Solved:
    rule = {"instrument": "pace", "technologies": ["new"], "growth": 0.2} | policy
    return solve(problem, periods, salvage="none", base=base, policies={"pace": rule})


def added(case: Solved, *periods: int) -> list[float]:
    return [case("new_capacity", "Here", "new", p) for p in periods]


def test_additions_grow_year_by_year() -> None:
    """1 Mt/yr was added in the year before 2025; 20 % more every year: 1.2, 1.44, then in 2027 to 2029
    1.728 + 2.0736 + 2.48832 = 6.28992.
    """
    case = paced(market_entry(), [[2025, 1], [2026, 1], [2027, 3]], historical="1 Mt/yr")
    assert added(case, 2025, 2026, 2027) == pytest.approx([1.2, 1.44, 6.28992])


def test_a_split_period_adds_the_same() -> None:
    """1.2 + 1.44 + 1.728 + 2.0736 + 2.48832 = 8.92992 in five years, cut into one, two or five periods."""
    whole = added(paced(market_entry(), [[2025, 5]], historical="1 Mt/yr"), 2025)
    halves = added(paced(market_entry(), [[2025, 2], [2027, 3]], historical="1 Mt/yr"), 2025, 2027)
    years = added(paced(market_entry(), [[y, 1] for y in range(2025, 2030)], historical="1 Mt/yr"), *range(2025, 2030))
    assert [sum(whole), sum(halves), sum(years)] == pytest.approx([8.92992] * 3)


def test_history_of_the_base_year() -> None:
    """With a pinned base year the stated additions are those of that year: 1.2 in 2026, 1.44 in 2027."""
    problem = market_entry().stock("new", 5).base_output("new", 5.0)
    case = paced(problem, [[2025, 1], [2026, 1], [2027, 1]], base=2025, historical="1 Mt/yr")
    assert added(case, 2026, 2027) == pytest.approx([1.2, 1.44])


def test_seed_opens_the_door() -> None:
    """Nothing before; 0.5 Mt/yr a year may be added anyway: in 2025 0.5, in 2026 0.5 x 1.2 + 0.5, in 2027 1.1 x 1.2 + 0.5."""
    case = paced(market_entry(), [[2025, 1], [2026, 1], [2027, 1]], seed="0.5 Mt/yr")
    assert added(case, 2025, 2026, 2027) == pytest.approx([0.5, 1.1, 1.82])


def test_a_slow_start_lowers_every_later_ceiling() -> None:
    """New works may be built from 2026 on only: from nothing in 2025, with a seed of 0.5, 2026 allows 0.5 and 2027 1.1."""
    problem = Problem().commodity("steel").demand("steel", 1000).market("import", "steel", 500.0)
    problem.technology("new", "steel", variable_cost=100.0, lifetime=60.0, first_year=2026)
    case = paced(problem, [[2025, 1], [2026, 1], [2027, 1]], seed="0.5 Mt/yr")
    assert added(case, 2026, 2027) == pytest.approx([0.5, 1.1])


def test_activity_grows_over_the_years_between() -> None:
    """Activity at most (1.1)^5 times that of five years before plus 1: from 2 before 2025 4.22102, then 7.7980."""
    case = paced(market_entry(), [[2025, 5], [2030, 5]], quantity="activity", growth=0.1, historical="2 Mt/yr", seed="1 Mt/yr")
    first = 2 * 1.1**5 + 1
    assert case("activity", "Here", "new", "all", 2025) == pytest.approx(first)
    assert case("activity", "Here", "new", "all", 2030) == pytest.approx(first * 1.1**5 + 1)


def test_closures_at_a_steady_pace() -> None:
    """Standing costs old works 500 CNY/(t/yr) a year more than new ones; 2 Mt/yr closed in 2025, and no faster from then on:
    2 in 2026, 6 in 2027 to 2029.
    """
    problem = market_entry().stock("new", 0)
    problem.technology("old", "steel", fixed_cost=500.0, variable_cost=100.0, new_build=False, retire="existing")
    problem.stock("old", 20).base_output("old", 20.0)
    rule = {"quantity": "closures", "technologies": ["old"], "growth": 0.0, "historical": "2 Mt/yr"}
    case = paced(problem, [[2025, 1], [2026, 1], [2027, 3]], base=2025, **rule)
    closed = [case("early_retirement", "Here", "old", "2020-2020", p) for p in (2026, 2027)]
    assert closed == pytest.approx([2, 6])


def test_each_technology_on_its_own() -> None:
    """Two kinds of new works: as a group they share 1.2 Mt, each on its own they have 1.2 apiece."""
    for each, total in ((False, 1.2), (True, 2.4)):
        problem = market_entry().technology("other_new", "steel", variable_cost=100.0)
        case = paced(problem, [[2025, 1]], technologies=["new", "other_new"], each=each, historical="1 Mt/yr")
        assert case.total("new_capacity") == pytest.approx(total)


def test_worth_of_one_more_tonne() -> None:
    """In a single year a tonne more saves 400 CNY; the row is divided by G = 1, so its dual is -400."""
    case = paced(market_entry(), [[2025, 1]], historical="1 Mt/yr")
    assert case.dual("policy_pace", "pace", "all", "all", 2025) == pytest.approx(-400)
