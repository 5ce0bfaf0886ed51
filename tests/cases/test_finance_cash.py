"""Budgets, debt that stands, cash at stated prices and what it covers; steps of a whole loan."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import infeasible, prepared
from tests.cases.test_finance import DEAR, RATE, SERVICE, WORTH, YEARS, finance, works

from peakmix.api.running import solve_prepared
from peakmix.api.stored_values import stored_values
from peakmix.audit.full import audit
from peakmix.foundation.errors import InputError, InputErrors
from peakmix.scenario import from_mapping

CHEAP = {"rate": 0.02, "tenor": 10}
PAID = 0.02 / (1 - 1.02**-10)
SAVED = 1 - PAID * sum(1.08**-j for j in range(1, 11))
"""What one yuan of the cheap line saves: 1 - 0.11133 x 6.71008 = 0.25299."""
EARNS = {2026: "400 CNY/t", 2027: "300 CNY/t", 2028: "500 CNY/t"}


def with_more(policies: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A finance policy with more blocks."""
    return {"funds": policies["funds"] | more}


def cash(**more: Any) -> dict[str, Any]:
    """Steel at stated prices, step by step."""
    return {"prices": {"steel": EARNS}, "between": "step", "source": "stated for the case"} | more


@pytest.mark.parametrize("salvage", ["none", "annuity"])
def test_without_loans_nothing_changes(salvage: str) -> None:
    """Room in the budget, cash that nobody needs, debt that own funds carry, a dear tranche left alone: the plain optimum."""
    plain = solve_objective(works().pollutes("new", "CO2_process", 1.0), salvage, {})
    low = {"rate": 0.11, "indicator": {"quantity": "direct_co2"}, "reference": "12 Mt/yr", "per_abatement": "9 CNY/t"}
    dear = DEAR | {"tranches": {"low": low}}
    for policies in (
        with_more(finance(), budget="10000 MCNY/yr"),
        with_more(finance("10500 MCNY/yr"), legacy={"mill": {"service": "500 MCNY/yr"}}),
        with_more(finance(bank=dear), cash=cash(share=0.5, cover=1.2), own_funds="9000 MCNY/yr"),
        finance(yen=DEAR | {"currency": "JPY", "exchange_rate": 0.05, "grace": 1}),
    ):
        assert solve_objective(works().pollutes("new", "CO2_process", 1.0), salvage, policies) == pytest.approx(plain, rel=1e-12)


def solve_objective(problem: Any, salvage: str, policies: dict[str, Any]) -> float:
    result = solve_prepared(prepared(problem, YEARS, RATE, salvage=salvage, policies=policies), False)
    assert result.certified, result.text
    return float(result.dataset["objective"])


def test_an_investment_budget() -> None:
    """Steel may be bought at 600 CNY/t. A budget of 8,000 M a year builds 8 Mt in 2026, and 2 Mt a year later.

    One yuan more in 2026 builds a thousandth of a tonne a year earlier: it saves 0.6 of purchases and costs a year's interest,
    1 - 1/1.08 = 0.0741: worth 0.5259. In 2027 the budget has room.
    """
    problem = works().market("import", "steel", 600.0)
    case = funded_with(problem, finance(), budget="8000 MCNY/yr")
    assert case("new_capacity", "Here", "new", 2026) == pytest.approx(8)
    assert case("new_capacity", "Here", "new", 2027) == pytest.approx(2)
    price = -case.annual_price("policy_finance_budget", "funds", 2026, period=2026)
    assert price == pytest.approx(0.6 - (1 - 1 / 1.08))
    assert case.dual("policy_finance_budget", "funds", 2027) == pytest.approx(0, abs=1e-9)


def funded_with(problem: Any, policies: dict[str, Any], **more: Any) -> Any:
    from tests.cases.kit import solve

    return solve(problem, YEARS, RATE, salvage="none", policies=with_more(policies, **more))


def test_legacy_debt_comes_first() -> None:
    """Own funds of 11,000 carry debt service of 1,000 and the works; with 10,900 a hundred is borrowed at 12 %.

    A yuan of own funds is worth what it saves on the loan, 0.0552. The debt is sunk: it is no part of the objective.
    """
    debt = {"mill": {"service": {2026: "1000 MCNY/yr", 2027: "300 MCNY/yr"}, "between": "step"}}
    assert funded_with(works(), finance("11000 MCNY/yr"), legacy=debt).objective == pytest.approx(10_000 / 1.08)
    case = funded_with(works(), finance("10900 MCNY/yr", bank=DEAR), legacy=debt)
    assert case("loan_draw", "funds", "bank", "Here", "new", 2026) == pytest.approx(100)
    assert case.objective == pytest.approx((10_000 + 100 * (WORTH - 1)) / 1.08)
    assert -case.annual_price("policy_finance_own", "funds", 2026, period=2026) == pytest.approx(WORTH - 1)
    assert infeasible(works(), YEARS, RATE, policies=with_more(finance("10900 MCNY/yr"), legacy=debt))


def test_cash_covers_debt_service() -> None:
    """At 300 CNY/t the works of 2027 earn 3,000 M; four times the debt service of 0.11133 a yuan lets 6,737 M be borrowed.

    Every yuan borrowed saves 0.25299 in 2026. One yuan more of cash in 2027 lets 1 / (4 x 0.11133) = 2.2456 more be borrowed:
    0.25299 x 2.2456 in money of 2026, x 1.08 in money of 2027 = 0.6136. 2026 has no debt service, 2028 room.
    """
    case = funded_with(works(), finance(bank=CHEAP), cash=cash(cover=4.0))
    assert (pytest.approx(0.11133, abs=1e-5), pytest.approx(0.25299, abs=1e-5)) == (PAID, SAVED)
    assert case("cash_flow", "funds", 2027) == pytest.approx(3000)
    assert case.total("loan_draw") == pytest.approx(3000 / (4 * PAID))
    price = -case.annual_price("policy_finance_service", "funds", 2027, period=2027)
    assert price == pytest.approx(SAVED / (4 * PAID) * 1.08)
    assert price == pytest.approx(0.6136, abs=1e-4)
    assert case.dual("policy_finance_service", "funds", 2028) == pytest.approx(0, abs=1e-9)


def test_debt_that_stands_needs_cover_too() -> None:
    """150 M of standing debt service take 600 of the 3,000 M of cash."""
    debt = {"mill": {"service": "150 MCNY/yr"}}
    case = funded_with(works(), finance(bank=CHEAP), cash=cash(cover=4.0), legacy=debt, from_year=2026)
    assert case.total("loan_draw") == pytest.approx(2400 / (4 * PAID))


def test_a_share_of_cash_pays_debt() -> None:
    """Own funds end after 2026. 4,000 M borrowed at 12 % take 2,366.8 a year: 78.9 % of the cash of 2027."""
    own = {2026: "2000 MCNY/yr", 2027: "0 MCNY/yr"}
    assert pytest.approx(0.789, abs=5e-4) == 4000 * SERVICE / 3000
    for share, fails in ((0.78, True), (0.80, False)):
        ready = with_more(finance(own | {2026: f"{10_000 - 4000 - share * 4000} MCNY/yr"}, bank=DEAR), cash=cash(share=share))
        ready["funds"]["between"] = "step"
        assert infeasible(works(), YEARS, RATE, policies=ready) is fails


def test_cash_has_margins_and_fixed_cost() -> None:
    """Steel at 400 less 0.5 t of coal at 100, a fan that saves 0.1 t, 20 running and 30 fixed: 10 x (400-50+10-20-30) = 3,100."""
    problem = works(variable_cost=20.0, fixed_cost=30.0).commodity("coal").flow("new", "coal", 0.5).market("coal", "coal", 100.0)
    problem.measure("fan", "new", {("coal", "saves_input"): 0.1}, capital_cost=1.0, first_year=2026)
    stated = cash(share=0.0, prices={"steel": "400 CNY/t", "coal": "100 CNY/t"})
    ready = prepared(problem, YEARS, RATE, salvage="none", policies=with_more(finance("20000 MCNY/yr"), cash=stated))
    result = solve_prepared(ready, False)
    assert result.certified, result.text
    at = (result.dataset["policy_component"].values == "policy_finance_cash") & (result.dataset["policy_period"].values == 2026)
    assert result.dataset["policy_level"].values[at].tolist() == pytest.approx([3100])
    values, gaps = stored_values(result.dataset, ready.parameters)
    assert not gaps
    assert audit(ready.data, ready.scenario, values, float(result.dataset["objective"]), {}).passed


def test_prices_that_are_missing() -> None:
    """What is sold to others has a price; the message names it."""
    problem = works().commodity("coal").flow("new", "coal", 0.5).market("coal", "coal", 100.0)
    with pytest.raises(InputError, match=r"cash\.prices has no coal"):
        prepared(problem, YEARS, RATE, policies=with_more(finance(), cash=cash(cover=1.0)))
    with pytest.raises(InputErrors, match="share, cover or both"):
        from_mapping({"name": "x", "horizon": {"periods": YEARS}, "policies": with_more(finance(), cash=cash())})
