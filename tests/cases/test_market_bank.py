"""The carbon bank of an allowance market: bid and ask, inventory, loans; quantities, prices and transfers by hand."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem, solve
from tests.cases.test_market import ONE_YEAR, TWO_YEARS, market, plants, price

from peakmix.foundation.errors import InputError, InputErrors
from peakmix.scenario import from_mapping

GIVEN = [{"amount": "26 Mt/yr", "location": "West"}, {"amount": "0 Mt/yr", "location": "East"}]


def bank(bid: Any = "10 CNY/t", ask: Any = "25 CNY/t", **more: Any) -> dict[str, Any]:
    """A carbon bank."""
    return {"bid": bid, "ask": ask} | more


def two_places() -> Problem:
    """West makes 10 Mt, East 5; each can abate for 20, then 30 CNY/t."""
    problem = Problem(("West", "East")).commodity("steel")
    for name, cost, co2 in (("dirty", 100.0, 2.0), ("gas", 120.0, 1.0), ("clean", 150.0, 0.0)):
        problem.technology(name, "steel", variable_cost=cost, co2=co2)
    return plants("East", plants("West", problem), 5)


def test_prices_lie_between_bid_and_ask() -> None:
    """West has 6 Mt left over and abates for no bid of 10: price 10, 6 sold. East abates for 20 but not for 30: it buys 5 at 25.

    The bank keeps 1 Mt and earns 125 - 60 as a transfer; the system pays 1,000 + 600.
    """
    rules = market(allocation=GIVEN, accounts="place", trade="bank", carbon_bank=bank())
    case = solve(two_places(), ONE_YEAR, policies=rules)
    assert [price(case, 2025, a) for a in ("West", "East")] == pytest.approx([10, 25])
    assert case("allowance_to_bank", "ets", "West", 2025) == pytest.approx(6)
    assert case("allowance_from_bank", "ets", "East", 2025) == pytest.approx(5)
    assert case("allowance_inventory", "ets", 2025) == pytest.approx(1)
    assert case.costs["policy_transfer"] == pytest.approx(65)
    assert case.costs["variable"] == pytest.approx(1600)


def test_free_trade_passes_the_bank_by() -> None:
    """26 Mt for 30: one price of 20 inside the spread; nobody pays 25 or takes 10."""
    case = solve(two_places(), ONE_YEAR, policies=market(allocation=GIVEN, accounts="place", carbon_bank=bank()))
    assert [price(case, 2025, a) for a in ("West", "East")] == pytest.approx([20, 20])
    assert case("allowance_inventory", "ets", 2025) == pytest.approx(0, abs=1e-9)
    assert case.objective == pytest.approx(1580)


def test_the_bank_sells_no_more_than_it_holds() -> None:
    """West uses its 20 Mt up. East buys the 2 Mt of the inventory at 25 and abates the rest at 30: price 30, stock worth 5 more.

    Emissions are what was given and the opening: 20 + 2.
    """
    given = [{"amount": "20 Mt/yr", "location": "West"}, {"amount": "0 Mt/yr", "location": "East"}]
    rules = market(allocation=given, accounts="place", trade="bank", carbon_bank=bank(opening="2 Mt"))
    case = solve(two_places(), ONE_YEAR, policies=rules)
    assert price(case, 2025, "East") == pytest.approx(30)
    assert abs(case.dual("policy_carbon_bank", "ets", 2025)) == pytest.approx(5)
    assert case.total("allowance_emission") == pytest.approx(22)
    assert case.objective == pytest.approx(1000 + 2 * 120 + 3 * 150 + 50)


def test_a_full_bank_buys_no_more() -> None:
    """Room for 4 Mt: West sells 4 of its 6, the rest lapses, its price falls to 0; a tonne more of room is worth the bid."""
    given = [{"amount": "26 Mt/yr", "location": "West"}, {"amount": "10 Mt/yr", "location": "East"}]
    rules = market(allocation=given, accounts="place", trade="bank", banking=False, carbon_bank=bank(limit="4 Mt"))
    case = solve(two_places(), ONE_YEAR, policies=rules)
    assert price(case, 2025, "West") == pytest.approx(0, abs=1e-9)
    assert -case.dual("policy_carbon_bank_limit", "ets", 2025) == pytest.approx(10)
    assert case.objective == pytest.approx(1500 - 40)


def test_the_bank_carries_allowances_through_time() -> None:
    """16 Mt and then 5, no bank of one's own. Bid 20.5, ask 21 in 2025 and 22 in 2026, 8 % a year.

    In 2025 the step of 20 is taken to its end: 6 Mt are left and sold at 20.5. In 2026 the price is 22 or less only down to
    all gas, 10 Mt: 5 are bought at 22, and 1 stays in the inventory. Money: -6 x 20.5 + 5 x 22 / 1.08.
    """
    rules = market({2025: "16 Mt/yr", 2026: "5 Mt/yr"}, banking=False)
    rules["ets"]["carbon_bank"] = bank("20.5 CNY/t", {2025: "21 CNY/t", 2026: "22 CNY/t"})
    case = solve(plants(), TWO_YEARS, 0.08, policies=rules)
    assert [case("allowance_inventory", "ets", p) for p in (2025, 2026)] == pytest.approx([6, 1])
    assert [price(case, p) for p in (2025, 2026)] == pytest.approx([20.5, 22])
    assert case.objective == pytest.approx(1200 - 6 * 20.5 + (1200 + 110) / 1.08)


def lending(interest: float, paid_in: str, **more: Any) -> dict[str, Any]:
    """5 Mt and then 16; a bank with 2 Mt that nobody sells to and that is dear to buy from, but lends."""
    rules = market({2025: "5 Mt/yr", 2026: "16 Mt/yr"}, banking=False)
    terms = {"interest": interest, "paid_in": paid_in} | more
    rules["ets"]["carbon_bank"] = bank("0 CNY/t", "100 CNY/t", opening="2 Mt", lending=terms)
    return rules


def test_loans_with_interest_in_allowances() -> None:
    """2 Mt are lent in 2025 (emitted 7, price 30), 2.2 come back in 2026 (13.8 left, price 20): the inventory ends at 2.2 Mt.

    A tonne more to lend is worth 30 - 1.1 x 20 / 1.08. At 70 % a tonne now costs 1.7 x 20 / 1.08 > 30: nobody borrows.
    """
    case = solve(plants(), TWO_YEARS, 0.08, policies=lending(0.1, "allowances"))
    assert case("allowance_lent", "ets", "all", 2025) == pytest.approx(2)
    assert case("allowance_inventory", "ets", 2026) == pytest.approx(2.2)
    assert [price(case, p) for p in (2025, 2026)] == pytest.approx([30, 20])
    assert abs(case.dual("policy_carbon_bank", "ets", 2025)) == pytest.approx(30 - 22 / 1.08)
    assert case.objective == pytest.approx(7 * 120 + 3 * 150 + (3.8 * 100 + 6.2 * 120) / 1.08)
    assert case.costs.get("policy_transfer", 0.0) == pytest.approx(0)
    assert solve(plants(), TWO_YEARS, 0.08, policies=lending(0.7, "allowances"))("allowance_lent", "ets", "all", 2025) == 0


def test_loans_with_interest_in_money() -> None:
    """10 % of the ask of 100 for a year: 10 CNY/t in 2026, a transfer; the 2 Mt come back as they are, 14 are left.

    With a limit of 0.5 Mt one more tonne of room is worth 30 - (20 + 10) / 1.08.
    """
    case = solve(plants(), TWO_YEARS, 0.08, policies=lending(0.1, "money"))
    assert case("allowance_inventory", "ets", 2026) == pytest.approx(2)
    assert case.costs["policy_transfer"] == pytest.approx(20 / 1.08)
    assert case.objective == pytest.approx(7 * 120 + 3 * 150 + (4 * 100 + 6 * 120 + 20) / 1.08)
    tight = solve(plants(), TWO_YEARS, 0.08, policies=lending(0.1, "money", limit="0.5 Mt"))
    assert -tight.dual("policy_carbon_bank_lending", "ets", "all", 2025) == pytest.approx(30 - 30 / 1.08)


def test_interest_runs_through_all_years_of_the_next_period() -> None:
    """Lent at the end of 2025, due by the end of a period of four years: 4 x 5 % in allowances, 2.4 Mt come back, 0.6 a year."""
    rules = lending(0.05, "allowances")
    rules["ets"]["allocation"] = [{"amount": {2025: "5 Mt/yr", 2026: "16 Mt/yr"}}]
    rules["ets"]["between"] = "step"
    case = solve(plants(), [[2025, 1], [2026, 4]], policies=rules)
    assert case("allowance_inventory", "ets", 2026) == pytest.approx(2.4)
    assert case("allowance_emission", "ets", "all", 2026) == pytest.approx(16 - 0.6)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"carbon_bank": bank("30 CNY/t", "25 CNY/t")}, "the bid 30 lies above the ask 25"),
        ({"carbon_bank": bank(), "ceiling": "5 CNY/t"}, "the bid 10 lies above the ceiling 5"),
        ({"carbon_bank": bank(), "floor": "40 CNY/t"}, "the floor 40 lies above the ask 25"),
        ({"carbon_bank": bank(lending={"interest": -0.1})}, "not below zero"),
    ],
)
def test_prices_that_make_money_without_end_are_refused(more: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        solve(plants(), ONE_YEAR, policies=market("12 Mt/yr", **more))


@pytest.mark.parametrize("block", [{"trade": "bank", "accounts": "place"}, {"trade": "bank", "carbon_bank": bank()}])
def test_trade_through_the_bank_needs_a_bank_and_accounts(block: dict[str, Any]) -> None:
    rule = {"instrument": "market", "allocation": [{"amount": 3, "location": "Here"}]} | block
    with pytest.raises(InputErrors, match="needs a carbon_bank and accounts: place"):
        from_mapping({"name": "x", "horizon": {"periods": ONE_YEAR}, "policies": {"ets": rule}})
