"""Ageing: brackets that end year by year, lives that end inside a period, recipes that belong to the vintage."""

from __future__ import annotations

import pytest
from tests.cases.kit import Problem, solve

PERIODS = [[2025, 1], [2026, 5], [2031, 5]]


def bracket(first: int, last: int, life: float) -> Problem:
    """10 Mt/yr built evenly over the years first..last at no cost to run; steel can be bought at 100; demand 10."""
    return (
        Problem()
        .commodity("steel")
        .technology("old", "steel", new_build=False, lifetime=life)
        .stock("old", 10, (first, last))
        .demand("steel", 10)
        .market("import", "steel", 100.0)
    )


@pytest.mark.parametrize("retire", ["none", "existing"])
def test_a_bracket_ends_year_by_year(retire: str) -> None:
    """2 Mt of each of 2001..2005 serve 28 years: alive are 10 Mt to 2028, 8 in 2029, 6 in 2030, 4 in 2031, 2 in 2032, then 0.

    Means: 2026 to 2030 (10 + 10 + 10 + 8 + 6) / 5 = 8.8; 2031 to 2035 (4 + 2) / 5 = 1.2. Import fills up: 1.2 and 8.8.
    """
    problem = bracket(2001, 2005, 28.0)
    problem.rows["technologies"][0]["retire"] = retire
    case = solve(problem, PERIODS)
    bought = [case("market_volume", "Here", "import", p) for p in (2025, 2026, 2031)]
    assert bought == pytest.approx([0, 1.2, 8.8])
    assert case.objective == pytest.approx(5 * 120 + 5 * 880)


def test_what_stood_at_the_start_is_what_is_stated() -> None:
    """The stock stated stands at the start: units of 2001..2005 with a life of 22 years ended in 2023..2027.

    Those of 2001 to 2003 are gone (ends 2023, 2024, 2025); the 10 Mt are the units of 2004 and 2005, 5 Mt each, that end with
    2025 and 2026. So 2025 has 10 Mt, 2026 has 5: the mean of 2026 to 2030 is 1.
    """
    case = solve(bracket(2001, 2005, 22.0), PERIODS)
    bought = [case("market_volume", "Here", "import", p) for p in (2025, 2026, 2031)]
    assert bought == pytest.approx([0, 9, 10])


def test_overaged_works_stand_through_the_base_period() -> None:
    """Works of 1980 with a life of 40 years that stand in 2025 run in the base period and leave at its end."""
    case = solve(bracket(1980, 1980, 40.0).base_output("old", 10.0), PERIODS, base=2025)
    assert case("activity", "Here", "old", "all", 2025) == pytest.approx(10)
    assert case("market_volume", "Here", "import", 2026) == pytest.approx(10)


@pytest.mark.parametrize("retire", ["none", "all"])
def test_new_works_end_inside_a_period(retire: str) -> None:
    """Built in 2026 with a life of 7 years they serve 2026 to 2032: whole in the first period, 2/5 of the second.

    A tonne built in 2026 costs 600 and saves 7 years of import at 100. Another one in 2031 would cost 1,000 and save 5 years:
    not built. So 4 Mt/yr are served and 6 bought in 2031 to 2035.
    """
    problem = Problem().commodity("steel").market("import", "steel", 100.0).demand("steel", {2025: 0.0, 2026: 10.0})
    problem.technology("new", "steel", lifetime=7.0, first_year=2026, retire=retire)
    problem.yearly("new", "capital_cost", {2026: 600.0, 2030: 600.0, 2031: 1000.0})
    case = solve(problem, PERIODS, salvage="none")
    assert case("activity", "Here", "new", "all", 2026) == pytest.approx(10)
    assert case("activity", "Here", "new", "all", 2031) == pytest.approx(4)
    assert case.objective == pytest.approx(6000 + 5 * 600)


def dated() -> Problem:
    """A tonne takes 2 t of coal in works of 2000 and 1 t in works of 2020, 10 CNY/t; 5 Mt/yr of each and of 2010."""
    problem = Problem().commodity("steel").commodity("coal", "energy").market("coal", "coal", 10.0)
    problem.technology("mill", "steel", new_build=False)
    for year, amount in ((2000, 2.0), (2020, 1.0)):
        problem.flow("mill", "coal", amount, build_year=year)
    for year in (2000, 2010, 2020):
        problem.stock("mill", 5.0, (year, year))
    return problem


def test_recipe_belongs_to_the_vintage() -> None:
    """Works of 2010 lie half way, 1.5 t of coal. A demand of 11 runs 5 of 2020, 5 of 2010 and 1 of 2000.

    Cost: 10 x (5 + 7.5 + 2) = 145. The last tonne costs 20; newer works earn the difference: 5 and 10 CNY/t.
    """
    case = solve(dated().demand("steel", 11.0), [[2025, 1]])
    assert case.objective == pytest.approx(145)
    assert case.dual("balance", "Here", "steel", 2025) == pytest.approx(20)
    rents = [case.dual("vintage_limit", "Here", "mill", f"{y}-{y}", 2025) for y in (2000, 2010, 2020)]
    assert rents == pytest.approx([0, -5, -10])


def test_new_vintage_brings_its_own_recipe() -> None:
    """A mill of 2030 takes 0.5 t of coal: at 10 CNY/t and two years left it saves 2 x 10 CNY against one of 2010 (1.5 t).

    At 19 CNY/(t/yr) all output of 2000 and 2010 above is replaced, at 21 only that of 2000 (saves 2 x 15 = 30).
    """
    built = []
    for cost in (19.0, 21.0):
        problem = dated().demand("steel", 11.0).flow("mill", "coal", 0.5, build_year=2030)
        problem.rows["technologies"][0]["new_build"] = "yes"
        problem.yearly("mill", "capital_cost", {2025: 9999.0, 2029: 9999.0, 2030: cost})
        case = solve(problem, [[2025, 5], [2030, 2]], salvage="none")
        built.append(case("new_capacity", "Here", "mill", 2030))
    assert built == pytest.approx([6, 1])
