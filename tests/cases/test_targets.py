"""Targets of a plan: missed at a price, hard, only reported; shares of the base period; each with its dual."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem, infeasible, prepared, solve

from peakmix.api.running import run_scenario
from peakmix.foundation.errors import InputError
from peakmix.results.missed import missed
from peakmix.scenario import from_mapping

YEARS = [[2025, 1], [2026, 5]]


def works() -> Problem:
    """10 Mt/yr of steel: old works at 100 CNY/t and 2 t of CO2, clean ones at 150 CNY/t without; both stand in plenty."""
    problem = Problem().commodity("steel").demand("steel", 10)
    problem.technology("old", "steel", variable_cost=100.0, co2=2.0).stock("old", 20)
    return problem.technology("clean", "steel", variable_cost=150.0).stock("clean", 20).base_output("clean", 1.0)


def share(**more: Any) -> dict[str, Any]:
    """30 % of output from clean works."""
    clean, output = {"quantity": "output", "technologies": ["clean"]}, {"quantity": "output"}
    rule = {"instrument": "target", "indicator": clean, "denominator": output, "kind": "intensity", "values": 0.3}
    return {"share": rule | more}


def test_a_target_that_is_worth_its_price() -> None:
    """A clean tonne costs 50 more; missing one costs 80: 3 Mt are made, and one tonne less asked for would save 50."""
    case = solve(works(), YEARS, base=2025, policies=share(slack_price="80 CNY/t", slack_source="hand"))
    assert case("activity", "Here", "clean", "all", 2026) == pytest.approx(3)
    assert case("policy_excess", "share", 2026) == pytest.approx(0)
    assert case.annual_price("policy_target", "share", 2026, period=2026) == pytest.approx(50)
    assert case.objective == pytest.approx(1050 + 5 * 1150)


def test_a_target_that_is_missed_at_its_price() -> None:
    """Missing a tonne costs 30, making it 50: all of the 3 Mt are missed, at 30 each, which is the price of the row."""
    case = solve(works(), YEARS, base=2025, policies=share(slack_price="30 CNY/t", slack_source="hand"))
    assert case("activity", "Here", "clean", "all", 2026) == pytest.approx(0)
    assert case("policy_excess", "share", 2026) == pytest.approx(3)
    assert case.annual_price("policy_target", "share", 2026, period=2026) == pytest.approx(30)
    assert case.costs["policy_slack"] == pytest.approx(5 * 90)


def test_a_hard_target_has_no_price_above_it() -> None:
    """Nothing clean can be had beyond 2 Mt: with a price the target is missed by 1 Mt, hard it has no solution."""
    problem = works().bound("activity", "clean", 2.0)
    case = solve(problem, YEARS, base=2025, policies=share(slack_price="900 CNY/t", slack_source="hand"))
    assert case("policy_excess", "share", 2026) == pytest.approx(1)
    assert case.annual_price("policy_target", "share", 2026, period=2026) == pytest.approx(900)
    assert infeasible(works().bound("activity", "clean", 2.0), YEARS, base=2025, policies=share(hard=True))


def test_a_voluntary_target_changes_nothing() -> None:
    """Its level stands 3 Mt below what it aims at; cost and price are those without it."""
    case = solve(works(), YEARS, base=2025, policies=share(voluntary=True))
    assert case("policy_gap", "share", 2026) == pytest.approx(-3)
    assert case.annual_price("policy_voluntary", "share", 2026, period=2026) == pytest.approx(0)
    assert case.objective == pytest.approx(solve(works(), YEARS, base=2025).objective)


def test_an_upper_target() -> None:
    """CO2 at most 12 Mt: 4 Mt clean, 25 CNY per tonne of CO2; with a price of 10 it emits all of its 20."""
    rule = {"instrument": "target", "indicator": {"quantity": "direct_co2"}, "values": "12 Mt/yr", "sense": "upper"}
    case = solve(works(), YEARS, policies={"co2": rule | {"hard": True}}, base=2025)
    assert case.annual_price("policy_target", "co2", 2026, period=2026) == pytest.approx(-25)
    case = solve(works(), YEARS, policies={"co2": rule | {"slack_price": "10 CNY/t", "slack_source": "hand"}}, base=2025)
    assert case("policy_excess", "co2", 2026) == pytest.approx(8)


@pytest.mark.parametrize("instrument", ["limit", "target"])
def test_a_share_of_the_base_period_kept(instrument: str) -> None:
    """Clean works make 1 of 10 Mt in the base year. Later output must keep at least that share: 10 % of 20 Mt are 2 Mt.

    A tonne of clean steel is 50 dearer; a tonne less asked for saves 50.
    """
    problem = works()
    problem.rows["demand"] = []
    problem.demand("steel", {2025: 10.0, 2026: 20.0, 2030: 20.0})
    clean, output = {"quantity": "output", "technologies": ["clean"]}, {"quantity": "output"}
    rule = {"indicator": clean, "denominator": output, "kind": "relative_to_base", "values": 1.0, "sense": "lower"}
    hard = {"hard": True} if instrument == "target" else {}
    case = solve(problem, YEARS, base=2025, policies={"kept": {"instrument": instrument} | rule | hard})
    assert case("activity", "Here", "clean", "all", 2026) == pytest.approx(2)
    assert case.annual_price(f"policy_{instrument}", "kept", 2026, period=2026) == pytest.approx(50)


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "slack_price, or is hard: true, or voluntary: true"),
        ({"hard": True, "slack_price": 5.0, "slack_source": "hand"}, "exactly one"),
        ({"slack_price": 5.0}, "go together"),
        ({"hard": True, "kind": "absolute", "denominator": None, "span": "horizon"}, "instrument limit"),
    ],
)
def test_a_target_is_missed_in_one_way(more: dict[str, Any], words: str) -> None:
    """A slack without source, two ways to miss, or a total over the horizon are refused."""
    with pytest.raises(InputError, match=words):
        from_mapping({"name": "case", "horizon": {"periods": YEARS}, "policies": share(**more)})


def test_a_denominator_that_is_zero_in_the_base_period() -> None:
    """A share of nothing is refused, with the policy's name."""
    nothing = {"quantity": "output", "commodity": "steel", "technologies": ["idle"]}
    problem = works().technology("idle", "steel", variable_cost=900.0).stock("idle", 1)
    rule = share(kind="relative_to_base", denominator=nothing, hard=True)
    with pytest.raises(InputError, match="share: the denominator is zero"):
        prepared(problem, YEARS, base=2025, policies=rule)


def test_every_miss_stands_in_the_headline() -> None:
    """A missed target with its amount and price, a voluntary one with its distance; what is kept is not named."""
    voluntary = {"pledge": share(voluntary=True)["share"]}
    policies = share(slack_price="30 CNY/t", slack_source="hand") | voluntary
    mapping = {"name": "case", "horizon": {"periods": YEARS, "base_period": 2025, "discount_rate": 0.0}, "resolution": "nation"}
    result = run_scenario(from_mapping(mapping | {"policies": policies}), data=works().data())
    told = missed(result.dataset)
    assert told == [
        "  MISSED at its stated price: share, 2026 by 3 Mt/yr at 30 CNY/t",
        "  voluntary, not reached: pledge, 2026 by 3 Mt/yr",
    ]
    assert told[0] in result.text.split("\n\n")[0]
    kept = from_mapping(mapping | {"policies": share(slack_price="80 CNY/t", slack_source="hand")})
    assert missed(run_scenario(kept, data=works().data()).dataset) == []
