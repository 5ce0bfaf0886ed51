"""Early closure against keeping: fixed cost, closure cost and minimum utilisation decide."""

from __future__ import annotations

import pytest
from tests.cases.kit import Problem, infeasible, solve

YEARS = [[2025, 1], [2026, 1]]


def old_works(**parameters: float) -> Problem:
    """10 Mt/yr of old works at 50 CNY/t unless stated; steel can be bought at 100 CNY/t; demand 10 Mt/yr."""
    numbers = {"variable_cost": 50.0} | parameters
    return (
        Problem()
        .commodity("steel")
        .technology("old", "steel", new_build=False, retire="existing", **numbers)
        .stock("old", 10)
        .demand("steel", 10)
        .market("import", "steel", 100.0)
    )


@pytest.mark.parametrize(("fixed", "closed"), [(49.0, 0.0), (51.0, 10.0)])
def test_fixed_cost_decides(fixed: float, closed: float) -> None:
    """A kept tonne costs 50 + f a year, a bought one 100: closing pays above f = 50.

    In 2025 nothing may close, so 10 Mt run at 50 + f: at f = 49 both years cost 990; at 51 the years cost 1,010 and 1,000.
    """
    case = solve(old_works(fixed_cost=fixed), YEARS)
    assert case.total("early_retirement") == pytest.approx(closed)
    assert case.objective == pytest.approx({49.0: 990 + 990, 51.0: 1010 + 1000}[fixed])
    assert case.certified


@pytest.mark.parametrize(("closure", "closed"), [(0.9, 10.0), (1.1, 0.0)])
def test_closure_cost_is_weighed_against_the_years_left(closure: float, closed: float) -> None:
    """Keeping loses 51 + 50 - 100 = 1 CNY/t a year in 2026 to 2030; closing costs c once, at the start of 2026.

    At 8 % a year's loss paid at the end of each year is worth 1.08^-1 + ... + 1.08^-5 of a payment now: closing pays below
    that, 3.9927 CNY/(t/yr); the stated closure cost is 0.9 or 1.1 times the worth.
    """
    worth = sum(1.08**-k for k in range(1, 6))
    problem = old_works(fixed_cost=51.0, closure_cost=closure * worth)
    case = solve(problem, [[2025, 1], [2026, 5]], rate=0.08, timing=1)
    assert case.total("early_retirement") == pytest.approx(closed)


def test_minimum_utilisation_forces_closure() -> None:
    """Works at 120 CNY/t are dearer than import; idle they would cost nothing, but 60 % must run: they close.

    In 2025 (no closure, no base year) 6 Mt are forced: 6 x 120 + 4 x 100 = 1,120. In 2026 everything is bought: 1,000.
    """
    case = solve(old_works(variable_cost=120.0, minimum_utilisation=0.6), YEARS)
    assert case("activity", "Here", "old", "all", 2025) == pytest.approx(6)
    assert case.total("early_retirement") == pytest.approx(10)
    assert case.objective == pytest.approx(1120 + 1000)


@pytest.mark.parametrize(("closure", "runs"), [(11.0, 0.0), (13.0, 6.0)])
def test_forced_output_against_closure_cost(closure: float, runs: float) -> None:
    """A tonne of capacity kept runs 0.6 t at a loss of 20 CNY/t: 12 CNY. Below that closure cost it closes, above it runs.

    Where it runs, one tonne less of forced output would save 20 CNY: the row reads floor - output <= 0, its dual is -20.
    """
    problem = old_works(variable_cost=120.0, minimum_utilisation=0.6, closure_cost=closure)
    case = solve(problem, YEARS)
    assert case("activity", "Here", "old", "all", 2026) == pytest.approx(runs)
    if runs:
        assert case.dual("minimum_run", "Here", "old", 2026) == pytest.approx(-20)


def test_what_may_not_close_runs_on() -> None:
    """Without a right to close the floor is paid in both years: 2 x 1,120."""
    problem = old_works(variable_cost=120.0, minimum_utilisation=0.6)
    problem.rows["technologies"][0]["retire"] = "none"
    assert solve(problem, YEARS).objective == pytest.approx(2 * 1120)


def test_closed_stock_does_not_come_back() -> None:
    """Import costs 40 in 2026 and 100 in 2027; keeping 1 t/yr costs f a year and saves 100 - 50 in 2027.

    Closing in 2026 saves 2 f and loses 50, so old works are kept through their idle year for f < 25.
    """
    kept = []
    for fixed in (24.0, 26.0):
        problem = old_works(fixed_cost=fixed)
        rows = problem.rows["market_parameters"]
        rows[:] = [r for r in rows if r["parameter"] != "price"]
        prices = {2025: 100.0, 2026: 40.0, 2027: 100.0}
        problem.series("market_parameters", prices, "CNY/t", market="import", parameter="price", location="")
        case = solve(problem, [[2025, 1], [2026, 1], [2027, 1]])
        kept.append(case("stock", "Here", "old", "2020-2020", 2027))
    assert kept == pytest.approx([10, 0])


def test_more_closes_than_demand_can_bear() -> None:
    """Without import, demand of 10 cannot be met once a limit on capacity leaves 9 Mt/yr."""
    problem = old_works().bound("capacity", "old", {2025: 10.0, 2026: 9.0})
    del problem.rows["markets"], problem.rows["market_parameters"]
    assert infeasible(problem, YEARS)
