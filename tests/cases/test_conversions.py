"""Conversion of running works and renewal at the end of life: break-even, clocks, ratio, limit."""

from __future__ import annotations

import pytest
from tests.cases.kit import Problem, Solved, solve


def works(life: float = 100.0, demand: float = 10.0) -> Problem:
    """Old works run at 300 CNY/t, refitted ones at 100; neither may be built anew; steel can be bought at 500."""
    return (
        Problem()
        .commodity("steel")
        .technology("old", "steel", variable_cost=300.0, new_build=False, lifetime=life)
        .technology("fitted", "steel", variable_cost=100.0, new_build=False, lifetime=life)
        .stock("old", 10)
        .demand("steel", demand)
        .market("import", "steel", 500.0)
    )


def refitted(problem: Problem, clock: str, periods: list[list[int]], **parameters: float) -> Solved:
    return solve(problem.conversion("refit", "old", "fitted", clock=clock, **parameters), periods, salvage="none")


@pytest.mark.parametrize("clock", ["kept", "reset"])
@pytest.mark.parametrize(("cost", "done"), [(199.0, 10.0), (201.0, 0.0)])
def test_break_even_of_a_refit(clock: str, cost: float, done: float) -> None:
    """One year is left in which a refit saves 300 - 100 CNY/t: it pays below 200 CNY/(t/yr).

    2025 costs 10 x 300; 2026 costs 10 x (100 + 199) with the refit and 10 x 300 without.
    """
    case = refitted(works(), clock, [[2025, 1], [2026, 1]], capital_cost=cost, first_year=2026)
    assert case.total("conversion") == pytest.approx(done)
    assert case.objective == pytest.approx(3000 + 10 * min(300, 100 + cost))


def test_clock_kept_ends_with_the_old_life() -> None:
    """Works of 2020 with a life of 8 years end before 2028, refitted or not.

    2025: 10 x 300 (refits start in 2026). 2026 and 2027: 10 x 100, and the refit once, 10 x 50. 2028: import, 10 x 500.
    """
    periods = [[2025, 1], [2026, 1], [2027, 1], [2028, 1]]
    case = refitted(works(life=8.0), "kept", periods, capital_cost=50.0, first_year=2026)
    assert case("activity", "Here", "fitted", "all", 2027) == pytest.approx(10)
    assert case("activity", "Here", "fitted", "all", 2028) == pytest.approx(0)
    assert case.objective == pytest.approx(3000 + 500 + 2 * 1000 + 5000)


def test_clock_reset_starts_a_new_life() -> None:
    """The same works rebuilt in 2026 as new ones still run in 2028: 3,000 + 500 + 3 x 1,000."""
    periods = [[2025, 1], [2026, 1], [2027, 1], [2028, 1]]
    case = refitted(works(life=8.0), "reset", periods, capital_cost=50.0, first_year=2026)
    assert case("activity", "Here", "fitted", "all", 2028) == pytest.approx(10)
    assert case.objective == pytest.approx(3000 + 500 + 3 * 1000)


@pytest.mark.parametrize("clock", ["kept", "reset"])
def test_ratio_scales_what_comes_out(clock: str) -> None:
    """A tonne of old works becomes 0.8 t of fitted ones, 50 CNY per t/yr of target: 10 give 8, which run at 100.

    The other 2 Mt are bought at 500: 3,000 + 8 x 50 + 8 x 100 + 2 x 500. Keeping 1 t old costs 300; converting it gives 0.8 t
    at 100 + 50 and 0.2 t at 500: 220, cheaper.
    """
    case = refitted(works(), clock, [[2025, 1], [2026, 1]], capital_cost=50.0, ratio=0.8, first_year=2026)
    assert case.total("conversion") == pytest.approx(10)
    assert case.objective == pytest.approx(3000 + 400 + 800 + 1000)


@pytest.mark.parametrize("clock", ["kept", "reset"])
def test_limit_a_year_times_length(clock: str) -> None:
    """At most 1 Mt/yr a year in a period of 3 years: 3 Mt. One more would save 3 years x 200 - 50 = 550 CNY/(t/yr)."""
    case = refitted(works(), clock, [[2025, 1], [2026, 3]], capital_cost=50.0, limit=1.0, first_year=2026)
    assert case.total("conversion") == pytest.approx(3)
    assert case.dual("conversion_cap", "Here", "refit", 2026) == pytest.approx(-550)
    assert case.objective == pytest.approx(3000 + 3 * 50 + 3 * (3 * 100 + 7 * 300))


def ageing(demand: float) -> Problem:
    """10 Mt/yr of 2020 with a life of 6 years end before 2026; new works cost 100 CNY/(t/yr), renewal of a site 30."""
    return (
        Problem()
        .commodity("steel")
        .technology("kiln", "steel", variable_cost=20.0, lifetime=6.0, capital_cost=100.0, first_year=2026)
        .stock("kiln", 10)
        .demand("steel", {2025: 5.0, 2026: demand})
        .conversion("reline", "kiln", "kiln", draws="expiring", clock="reset", capital_cost=30.0)
    )


def test_renewal_before_new() -> None:
    """12 Mt are needed in 2026: the 10 that end are renewed at 30, the other 2 are new at 100.

    One more tonne that may be renewed would save 70 CNY/(t/yr). Cost: 5 x 20 + 10 x 30 + 2 x 100 + 12 x 20.
    """
    case = solve(ageing(12.0), [[2025, 1], [2026, 1]], salvage="none")
    assert case("renewal", "Here", "reline", 2026) == pytest.approx(10)
    assert case("new_capacity", "Here", "kiln", 2026) == pytest.approx(2)
    assert case.one_off_price("renewal_limit", "Here", "kiln", 2026, period=2026) == pytest.approx(-70)
    assert case.objective == pytest.approx(100 + 300 + 200 + 240)


def test_renewal_only_as_needed() -> None:
    """With a demand of 4 only 4 of the 10 that end are renewed: 5 x 20 + 4 x 30 + 4 x 20; the limit is slack."""
    case = solve(ageing(4.0), [[2025, 1], [2026, 1]], salvage="none")
    assert case("renewal", "Here", "reline", 2026) == pytest.approx(4)
    assert case.dual("renewal_limit", "Here", "kiln", 2026) == 0
    assert case.objective == pytest.approx(100 + 120 + 80)


def test_renewed_works_are_renewed_again() -> None:
    """The life of 6 years ends again before 2032: 5 x 20, then 10 x (30 + 6 x 20) twice; nothing new is built."""
    case = solve(ageing(10.0), [[2025, 1], [2026, 6], [2032, 6]], salvage="none")
    assert case.total("renewal") == pytest.approx(20)
    assert case.total("new_capacity") == pytest.approx(0)
    assert case.objective == pytest.approx(100 + 2 * (300 + 6 * 200))
