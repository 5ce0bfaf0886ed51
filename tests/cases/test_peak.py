"""Peak year: what rules A and B allow, and the trap of a rule without a height."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem, Solved, solve


def growing() -> Problem:
    """Demand grows 6, 8, 10 Mt. Dirty steel: 100 CNY/t, 2 t CO2/t; clean: 150 CNY/t."""
    return (
        Problem()
        .commodity("steel")
        .technology("clean", "steel", variable_cost=150.0)
        .technology("dirty", "steel", variable_cost=100.0, co2=2.0)
        .stock("clean", 20)
        .stock("dirty", 20)
        .demand("steel", {2025: 6, 2026: 8, 2027: 10})
    )


def peaked(year: int, **policy: Any) -> Solved:
    rule = {"instrument": "peak", "indicator": {"quantity": "direct_co2"}, "year": year} | policy
    return solve(growing(), [[2025, 1], [2026, 1], [2027, 1]], policies={"peak": rule})


def emitted(case: Solved) -> list[float]:
    return [2 * case("activity", "Here", "dirty", "all", p) for p in (2025, 2026, 2027)]


def test_no_growth_after_the_peak() -> None:
    """Peak in 2026: dirty output of 2027 stays at 8 Mt, 2 Mt turn clean at 50 CNY/t: 100 M CNY above 2,400."""
    case = peaked(2026)
    assert emitted(case) == pytest.approx([12, 16, 16])
    assert case.objective == pytest.approx(2400 + 100)


def test_before_means_the_period_that_ends_before() -> None:
    """Before 2026 is 2025: 12 Mt for all years, (8 - 6) and (10 - 6) Mt turn clean: 300 M CNY more."""
    case = peaked(2026, before=True)
    assert emitted(case) == pytest.approx([12, 12, 12])
    assert case.objective == pytest.approx(2400 + 300)


def test_price_is_dated_at_the_later_period() -> None:
    """One tonne more of growth from 2026 to 2027 saves 25 CNY, the cost of turning half a tonne of steel clean."""
    case = peaked(2026)
    assert case.dual("policy_no_growth", "peak", 2027) == pytest.approx(-25)


def test_height_bounds_the_peak() -> None:
    """A height of 14 Mt in 2026: 7 Mt dirty in 2026 and 2027, clean 1 and 3: 200 M CNY more."""
    case = peaked(2026, height="14 Mt/yr")
    assert emitted(case) == pytest.approx([12, 14, 14])
    assert case.objective == pytest.approx(2400 + 200)


def test_rule_b_puts_no_earlier_year_above_the_peak() -> None:
    """With a height of 10 Mt in 2026, rule B also lowers 2025 to 10 Mt (5 Mt dirty); rule A leaves 12 there."""
    assert emitted(peaked(2026, height="10 Mt/yr", rule="A")) == pytest.approx([12, 10, 10])
    assert emitted(peaked(2026, height="10 Mt/yr", rule="B")) == pytest.approx([10, 10, 10])


def test_plateau_allows_a_margin() -> None:
    """A plateau to 2027 with 5 % tolerance: 16.8 Mt in 2027, 8.4 Mt dirty, 1.6 clean: 80 M CNY more."""
    case = peaked(2026, plateau={"until": 2027, "tolerance": 0.05})
    assert emitted(case) == pytest.approx([12, 16, 16.8])
    assert case.objective == pytest.approx(2400 + 80)


def test_the_peak_year_is_inflated_without_a_height() -> None:
    """The trap: dirty steel dearer than clean in 2026 only by 1 CNY/t is still run there to lift the ceiling of 2027.

    In 2026 dirty costs 151. Without the rule 2026 is all clean. With it, each dirty tonne of 2026 (1 CNY) allows one in 2027 (saves
    50): so all 8 Mt run dirty in 2026.
    """
    problem = growing()
    for row in problem.rows["technology_parameters"]:
        if row["technology"] == "dirty" and row["parameter"] == "variable_cost":
            problem.rows["technology_parameters"].remove(row)
            break
    for year, cost in ((2025, 100.0), (2026, 151.0), (2027, 100.0)):
        problem.value("technology_parameters", cost, "CNY/t", technology="dirty", parameter="variable_cost", location="", year=year)
    rule = {"instrument": "peak", "indicator": {"quantity": "direct_co2"}, "year": 2026}
    case = solve(problem, [[2025, 1], [2026, 1], [2027, 1]], policies={"peak": rule})
    assert emitted(case) == pytest.approx([12, 16, 16])
    assert "inflat" in case.prepared.parameters.reports["warnings"][0]
