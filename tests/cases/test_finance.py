"""Finance: what loans cost above own money, what one more yuan of a line or of own funds is worth, debt after closure."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem, Solved, infeasible, prepared, solve

from peakmix.api.running import solve_prepared
from peakmix.api.stored_values import stored_values
from peakmix.audit.full import audit
from peakmix.foundation.errors import InputErrors
from peakmix.scenario import from_mapping

RATE = 0.08
YEARS = [[2025, 1], [2026, 1], [2027, 1], [2028, 1]]
DEAR = {"rate": 0.12, "tenor": 2}
SERVICE = 0.12 / (1 - 1.12**-2)
"""Level payment of one yuan at 12 % over two years, 0.5917."""
WORTH = SERVICE * (1 / 1.08 + 1 / 1.08**2)
"""What the two payments are worth at 8 % when the yuan is drawn, 1.0552."""


def works(demand: Any = None, **parameters: Any) -> Problem:
    """Works at 1,000 CNY/(t/yr) for 10 Mt/yr of demand from 2026 on: 10,000 M CNY in 2026."""
    numbers = {"capital_cost": 1000.0, "lifetime": 20.0, "first_year": 2026.0} | parameters
    problem = Problem().commodity("steel").technology("new", "steel", **numbers)
    return problem.demand("steel", demand or {2025: 0.0, 2026: 10.0})


def funded(problem: Problem, own: Any = None, **lines: Any) -> Solved:
    """Solved with investment charged whole in its year."""
    return solve(problem, YEARS, RATE, salvage="none", policies=finance(own, **lines))


def finance(own: Any = None, **lines: Any) -> dict[str, Any]:
    """A finance policy; own funds in million CNY a year."""
    return {"funds": {"instrument": "finance"} | ({"own_funds": own} if own is not None else {}) | {"lines": lines}}


@pytest.mark.parametrize("salvage", ["none", "annuity"])
def test_without_loans_nothing_changes(salvage: str) -> None:
    """Enough own funds, a dear line left alone, a line at the discount rate drawn or not: the plain optimum in all three."""
    plain = solve(works(), YEARS, RATE, salvage=salvage).objective
    for policies in (finance("10000 MCNY/yr"), finance(bank=DEAR), finance("9000 MCNY/yr", even={"rate": RATE, "tenor": 7})):
        case = solve(works(), YEARS, RATE, salvage=salvage, policies=policies)
        assert case.objective == pytest.approx(plain, rel=1e-12)


def test_interest_above_the_discount_rate_is_charged() -> None:
    """Own funds of 6,000: 4,000 are borrowed at 12 %. They cost 4,000 x (1.0552 - 1) more, in money of 2026.

    One more yuan of own funds in 2026 saves a yuan of that loan, 0.0552; debt service of 2,367 a year is within own funds. The
    interest is a transfer.
    """
    case = funded(works(), "6000 MCNY/yr", bank=DEAR)
    assert pytest.approx(1.05515, abs=1e-5) == WORTH
    assert case("loan_draw", "funds", "bank", "Here", "new", 2026) == pytest.approx(4000)
    assert case.objective == pytest.approx((10_000 + 4000 * (WORTH - 1)) / 1.08)
    assert -case.annual_price("policy_finance_own", "funds", 2026, period=2026) == pytest.approx(WORTH - 1)
    assert case.costs["loan_interest"] == pytest.approx(4000 * (WORTH - 1) / 1.08)
    assert case.costs["investment"] == pytest.approx(10_000 / 1.08)


def test_a_yuan_of_a_cheap_line() -> None:
    """Without interest over ten years a yuan is paid back with 0.1 x sum 1.08^-j = 0.6710: 0.3290 are saved, up to 4,000 M.

    With annuities inside the horizon all of it counts with the share of the works that is charged: 3 of 20 payments.
    """
    saved = 1 - 0.1 * sum(1.08**-j for j in range(1, 11))
    assert saved == pytest.approx(0.32899, abs=1e-5)
    line = {"rate": 0.0, "tenor": 10, "ceiling": "4000 MCNY"}
    case = funded(works(), green=line)
    assert case.objective == pytest.approx((10_000 - 4000 * saved) / 1.08)
    assert -case.one_off_price("policy_finance_line", "funds", "green", period=2026) == pytest.approx(saved)
    share = sum(1.08**-k for k in range(3)) / sum(1.08**-k for k in range(20))
    inside = solve(works(), YEARS, RATE, policies=finance(green=line))
    assert inside.objective == pytest.approx(share * (10_000 - 4000 * saved) / 1.08)
    assert -inside.one_off_price("policy_finance_line", "funds", "green", period=2026) == pytest.approx(share * saved)


def test_two_lines_in_the_order_of_their_cost() -> None:
    """Own funds 2,000, a line at 5 % for 3,000 and one at 12 %: 3,000 + 5,000. A yuan more of the first replaces the second.

    It saves the difference of what they pay back, 1.0552 - 0.9590.
    """
    green = {"rate": 0.05, "tenor": 2, "ceiling": 3000}
    case = funded(works(), {2026: "2000 MCNY/yr", 2027: "9000 MCNY/yr"}, green=green, bank=DEAR)
    cheap = 0.05 / (1 - 1.05**-2) * (1 / 1.08 + 1 / 1.08**2)
    assert cheap == pytest.approx(0.9590, abs=1e-4)
    assert case("loan_draw", "funds", "green", "Here", "new", 2026) == pytest.approx(3000)
    assert case("loan_draw", "funds", "bank", "Here", "new", 2026) == pytest.approx(5000)
    assert -case.one_off_price("policy_finance_line", "funds", "green", period=2026) == pytest.approx(WORTH - cheap)


def test_debt_is_served_from_own_funds() -> None:
    """4,000 borrowed take 2,367 in 2027 and 2028. With 2,300 in those years nothing can be built; with 2,400 it can."""
    for later, fails in ((2300, True), (2400, False)):
        own = {2026: "6000 MCNY/yr", 2027: f"{later} MCNY/yr"}
        assert infeasible(works(), YEARS, RATE, policies=finance(own, bank=DEAR)) is fails


def test_debt_goes_on_after_closure() -> None:
    """Demand ends after 2026 and keeping the works costs 50 CNY/t a year: they close in 2027. The debt does not."""
    problem = works({2025: 0.0, 2026: 10.0, 2027: 0.0}, fixed_cost=50.0, retire="all")
    ready = prepared(problem, YEARS, RATE, salvage="none", policies=finance("6000 MCNY/yr", bank=DEAR))
    result = solve_prepared(ready, False)
    sheet = result.dataset[["policy_component", "policy_period", "policy_level"]].to_dataframe()
    own = sheet[sheet["policy_component"] == "policy_finance_own"].set_index("policy_period")["policy_level"]
    assert float(result.dataset["capacity"].sel(period=2027).sum()) == pytest.approx(0, abs=1e-9)
    assert own[[2026, 2027, 2028]].tolist() == pytest.approx([6000, 4000 * SERVICE, 4000 * SERVICE])
    assert result.certified


def test_share_of_a_line() -> None:
    """A line may cover 30 %: with own funds of 7,000 just enough, with 6,900 not."""
    line = DEAR | {"share": 0.3}
    assert funded(works(), "7000 MCNY/yr", bank=line).objective == pytest.approx((10_000 + 3000 * (WORTH - 1)) / 1.08)
    assert infeasible(works(), YEARS, RATE, policies=finance("6900 MCNY/yr", bank=line))


def test_a_line_for_one_technology_moves_the_choice() -> None:
    """A clean plant at 1,100 with a loan free of interest over ten years costs 1,100 x 0.671 = 738 < 1,000: it is built.

    To the system it costs 11,000 all the same; 3,619 are a transfer.
    """
    problem = works().technology("clean", "steel", capital_cost=1100.0, lifetime=20.0, first_year=2026.0)
    case = funded(problem, green={"rate": 0.0, "tenor": 10, "technologies": ["clean"]})
    saved = 1 - 0.1 * sum(1.08**-j for j in range(1, 11))
    assert case("new_capacity", "Here", "clean", 2026) == pytest.approx(10)
    assert case.objective == pytest.approx(11_000 * (1 - saved) / 1.08)
    assert case.costs["loan_interest"] == pytest.approx(-11_000 * saved / 1.08)


def test_years_inside_a_longer_period() -> None:
    """One period of 4 years from 2026: drawn in 2026, two payments in 2027 and 2028, a mean of half the service a year.

    Own funds x a year: (10,000 - G) / 4 + 0.5 a G <= x. At x = 2,500 nothing is drawn. Below, a loan does not help inside one
    period: two payments of 0.5917 are more than the yuan.
    """
    periods = [[2025, 1], [2026, 4]]
    case = solve(works(), periods, RATE, policies=finance("2500 MCNY/yr", bank=DEAR))
    assert case.total("loan_draw") == pytest.approx(0, abs=1e-9)
    assert infeasible(works(), periods, RATE, policies=finance("2499 MCNY/yr", bank=DEAR))
    long = {"rate": 0.12, "tenor": 20}
    annuity = 0.12 / (1 - 1.12**-20)
    drawn = 4000 / (1 - 3 * annuity)
    case = solve(works(), periods, RATE, policies=finance("1500 MCNY/yr", bank=long))
    assert case.total("loan_draw") == pytest.approx(drawn)


def test_loans_of_a_result_are_read_back() -> None:
    """The loan book has draw, service and last year; with it the full audit is repeated."""
    ready = prepared(works(), YEARS, RATE, policies=finance("6000 MCNY/yr", bank=DEAR))
    result = solve_prepared(ready, False)
    ds = result.dataset
    assert result.certified
    assert ds["loan_draw"].values.tolist() == pytest.approx([4000])
    assert ds["loan_service"].values[0].tolist() == pytest.approx([0, 0, 4000 * SERVICE, 4000 * SERVICE])
    assert ds["loan_left"].values[0].tolist() == pytest.approx([0, 4000, 4000 * (1.12 - SERVICE), 0])
    assert ds["loan_last_year"].values.tolist() == [2028]
    interest = float(ds["cost"].sel(cost_component="loan_interest").sum())
    assert float(ds["system_cost"]) == pytest.approx(float(ds["objective"]) - interest)
    values, gaps = stored_values(ds, ready.parameters)
    assert not gaps
    assert audit(ready.data, ready.scenario, values, float(ds["objective"]), {}).passed


def test_finance_says_something() -> None:
    with pytest.raises(InputErrors, match="own_funds, lines, budget or cash"):
        from_mapping({"name": "x", "horizon": {"periods": YEARS}, "policies": {"funds": {"instrument": "finance"}}})
