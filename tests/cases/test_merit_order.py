"""Merit order: which technology serves, and the prices that follow."""

from __future__ import annotations

import pytest
from tests.cases.kit import Problem, solve


def plants(**more: object) -> Problem:
    """Clean: 150 CNY/t without CO2. Dirty: 100 CNY/t with 2 t CO2/t. Each 10 Mt/yr standing, demand 10."""
    return (
        Problem()
        .commodity("steel")
        .technology("clean", "steel", variable_cost=150.0)
        .technology("dirty", "steel", variable_cost=100.0, co2=2.0)
        .stock("clean", 10)
        .stock("dirty", 10)
        .demand("steel", 10)
    )


@pytest.mark.parametrize(("price", "served"), [(24.0, "dirty"), (26.0, "clean")])
def test_switch_price(price: float, served: str) -> None:
    """The order turns where 100 + 2 tau = 150, at tau = 25 CNY/t."""
    policies = {"tax": {"instrument": "price", "indicator": {"quantity": "direct_co2"}, "values": price, "unit": "CNY/t"}}
    case = solve(plants(), [[2025, 1]], policies=policies)
    assert case("activity", "Here", served, "all", 2025) == pytest.approx(10)
    assert case.objective == pytest.approx(min(10 * (100 + 2 * price), 1500))


def test_cap_dual_is_abatement_cost() -> None:
    """A cap of 10 Mt leaves 5 Mt of dirty steel. One tonne CO2 less moves 0.5 t of steel at 50 CNY: 25 CNY/t.

    The product's price is that of the marginal clean tonne, 150. Dirty earns 150 - 100 - 2 x 25 = 0.
    """
    policies = {"cap": {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "values": "10 Mt/yr"}}
    case = solve(plants(), [[2025, 1]], policies=policies)
    assert case("activity", "Here", "dirty", "all", 2025) == pytest.approx(5)
    assert case.dual("policy_limit", "cap", 2025) == pytest.approx(-25)
    assert case.dual("balance", "Here", "steel", 2025) == pytest.approx(150)


def test_cap_price_with_discounting() -> None:
    """Price in money of the year: the same 25 CNY/t in a five-year period discounted at 8 %, seven years out."""
    policies = {"cap": {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "values": "10 Mt/yr", "from_year": 2032}}
    case = solve(plants(), [[2025, 7], [2032, 5]], rate=0.08, timing=0.5, policies=policies)
    weight = sum(1.08 ** -(2032 + j - 2025 + 0.5) for j in range(5))
    assert case.dual("policy_limit", "cap", 2032) == pytest.approx(-25 * weight)
    assert case.annual_price("policy_limit", "cap", 2032, period=2032) == pytest.approx(-25)


def test_slack_cap_has_price_zero() -> None:
    """Everything dirty emits 20 Mt; a cap of 20.5 costs nothing."""
    policies = {"cap": {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "values": "20.5 Mt/yr"}}
    case = solve(plants(), [[2025, 1]], policies=policies)
    assert case.dual("policy_limit", "cap", 2025) == 0
    assert case.objective == pytest.approx(1000)


def test_soft_cap_pays_its_price() -> None:
    """Abatement costs 25 CNY/t; at a slack price of 20 the excess is bought: 20 Mt emitted, 10 over, 200 M CNY."""
    policies = {
        "cap": {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "values": "10 Mt/yr", "slack_price": "20 CNY/t"}
    }
    case = solve(plants(), [[2025, 1]], policies=policies)
    assert case("policy_excess", "cap", 2025) == pytest.approx(10)
    assert case.objective == pytest.approx(1000 + 200)
    assert case.dual("policy_limit", "cap", 2025) == pytest.approx(-20)
