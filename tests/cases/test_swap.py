"""Capacity swap: exact retirements at ratios 1, 1.25 and 1.5, and what a credit is worth."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem, Solved, solve


def fleet(demand: float = 6.0, old_life: float = 100.0) -> Problem:
    """Old works run at 300 CNY/t, new ones at 100 CNY/t and 10 CNY/(t/yr) of capital; 10 Mt/yr of old stands."""
    return (
        Problem()
        .commodity("steel")
        .technology("old", "steel", variable_cost=300.0, retire="existing", new_build=False, lifetime=old_life)
        .technology("new", "steel", variable_cost=100.0, capital_cost=10.0, first_year=2026)
        .stock("old", 10)
        .demand("steel", demand)
        .value("swap_ratios", 1.0, "1", rule="r100", case="other", target_class="", origin="", year=2020)
        .value("swap_ratios", 1.25, "1", rule="r125", case="other", target_class="", origin="", year=2020)
        .value("swap_ratios", 1.5, "1", rule="r150", case="other", target_class="", origin="", year=2020)
        .group("works", "old", "new")
    )


def swapped(problem: Problem, rule: str, periods: list[list[int]] | None = None, **policy: Any) -> Solved:
    policies = {"swap": {"instrument": "swap", "rule": rule, "group": "works", "from_year": 2026} | policy}
    return solve(problem, periods or [[2025, 1], [2026, 1]], salvage="none", policies=policies)


@pytest.mark.parametrize(("rule", "ratio"), [("r100", 1.0), ("r125", 1.25), ("r150", 1.5)])
def test_exact_retirement(rule: str, ratio: float) -> None:
    """6 Mt of new works replace the dear output of 6 Mt: exactly 6 x ratio Mt of old ones must close, no more.

    Closing more has no use; old capacity left, 10 - 6 ratio, stays idle. Cost: 6 x 300 in 2025, 6 x (100 + 10) in 2026.
    """
    case = swapped(fleet(), rule)
    assert case("new_capacity", "Here", "new", 2026) == pytest.approx(6)
    assert case.total("swap_flow") == pytest.approx(6)
    assert case.total("early_retirement") + 1e-9 >= 6 * ratio
    assert case("swap_pool", "swap", "Here", 2026) == pytest.approx(case.total("early_retirement") - 6 * ratio)
    assert case.objective == pytest.approx(6 * 300 + 6 * 110)


def test_ratio_caps_output() -> None:
    """At 1.5 and a demand of 9, each tonne built takes 1.5 t of old: with new n, n + (10 - 1.5 n) >= 9 gives n <= 2.

    Optimum: 2 new, 7 old. A tonne more of credit lets 1/1.5... of a new tonne in: it closes nothing but replaces old output at 300
    by new at 110 and frees old capacity that is short. Let c = worth of credit, k = worth of old capacity. An old tonne has
    two uses that must pay alike: c = k (closing gives 1 credit). New: 1.5 c = (price - 100) - 10; old: k = price - 300.
    So 1.5 (price - 300) = price - 110, price = 680, c = 380 CNY per t/yr.
    """
    case = swapped(fleet(demand=9.0), "r150")
    assert case("new_capacity", "Here", "new", 2026) == pytest.approx(2)
    assert case.dual("balance", "Here", "steel", 2026) == pytest.approx(680)
    assert abs(case.dual("policy_swap_pool", "swap", "Here", 2026)) == pytest.approx(380)


def test_natural_end_earns_credit() -> None:
    """Old works built in 2020 with a life of 6 years end before 2026: their 10 Mt give credit for 10 Mt at ratio 1."""
    case = swapped(fleet(demand=10.0, old_life=6.0), "r100")
    assert case("new_capacity", "Here", "new", 2026) == pytest.approx(10)
    assert case.total("early_retirement") == pytest.approx(0)


def test_natural_end_without_credit_needs_an_opening() -> None:
    """Without natural credit only the opening credit of 4 Mt can be built on; demand is 4."""
    case = swapped(fleet(demand=4.0, old_life=6.0), "r100", natural_credit=0.0, opening={"Here": "4 Mt/yr"})
    assert case("new_capacity", "Here", "new", 2026) == pytest.approx(4)


def test_ratio_zero_is_no_swap() -> None:
    """A ratio of 0 leaves the problem as it is without the rule."""
    problem = fleet(demand=9.0).value("swap_ratios", 0.0, "1", rule="r0", case="other", target_class="", origin="", year=2020)
    with_rule = swapped(problem, "r0")
    without = solve(fleet(demand=9.0), [[2025, 1], [2026, 1]], salvage="none")
    assert with_rule.objective == pytest.approx(without.objective)


def test_exempt_technology_needs_no_quota() -> None:
    """An exempt technology is built without a single closure."""
    case = swapped(fleet(demand=6.0), "r150", exempt=["new"])
    assert case("new_capacity", "Here", "new", 2026) == pytest.approx(6)
    assert case.total("swap_flow") == pytest.approx(0)


def test_credits_move_between_places() -> None:
    """Ratio 1 at home, 2 across: There has no old works, so its 2 Mt of new ones retire 4 Mt of Here's."""
    problem = (
        Problem(("Here", "There"))
        .commodity("steel")
        .technology("old", "steel", variable_cost=300.0, retire="existing", new_build=False)
        .technology("new", "steel", variable_cost=100.0, capital_cost=10.0, first_year=2026)
        .stock("old", 10, place="Here")
        .stock("new", 1, place="There")
        .demand("steel", 3, place="There")
        .demand("steel", 1, place="Here")
        .value("swap_ratios", 1.0, "1", rule="r", case="other", target_class="", origin="same", year=2020)
        .value("swap_ratios", 2.0, "1", rule="r", case="other", target_class="", origin="cross", year=2020)
        .group("works", "old", "new")
        .market("import", "steel", 1000.0, place="There")
    )
    case = swapped(problem, "r")
    assert case("new_capacity", "There", "new", 2026) == pytest.approx(2)
    assert case("new_capacity", "Here", "new", 2026) == pytest.approx(1)
    used = 2 * 2 + 1 * 1
    assert case.total("early_retirement") >= used - 1e-9
    assert case("swap_pool", "swap", "Here", 2026) == pytest.approx(case.total("early_retirement") - used)
