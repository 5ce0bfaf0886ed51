"""What is owed when a window ends: allowances lent or borrowed, and loans in money; carried over and closed, by hand."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem
from tests.cases.test_finance import DEAR, RATE, SERVICE, WORTH, finance, works
from tests.cases.test_market import market, plants
from tests.cases.test_market_bank import bank, lending
from tests.cases.test_rolling import MYOPIC, TWO, WHOLE, budget, outcomes, seen

from peakmix.api.rolling import Foreseen

AHEAD = {"mode": "rolling", "window_years": 1, "overlap_years": 1}
THREE = [*TWO, [2027, 1]]
TWO_YEARS = (2025, 2026)


def value(found: Foreseen, component: str, *index: Any) -> float:
    """A variable of the path."""
    assert found.solution.values is not None
    assert found.solution.values.program is not None
    cols = found.solution.values.program.cols
    return float(found.solution.x[cols.span(component)][cols.indices(component).index(index)])


@pytest.mark.parametrize("bid", ["0 CNY/t", "10 CNY/t"])
def test_nothing_is_lent_to_one_who_does_not_see_the_due_year(bid: str) -> None:
    """5 Mt, then 16, and a bank with 2 Mt to lend at 10 %; rate 0. Who sees both years borrows 2 Mt, which return as 2.2.

    7 gas and 3 clean for 1,290, then 13.8 Mt CO2 from 3.8 dirty and 6.2 gas for 1,124: 2,414. A planner of single years sees no
    due year: 5 gas and 5 clean for 1,350, then 6 dirty and 4 gas for 1,080: 2,430. With a bid above zero the same: were loans
    open at the end of sight, borrowing and selling back to the bank would earn the bid without end.
    """
    rules = lending(0.1, "allowances")
    rules["ets"]["carbon_bank"]["bid"] = bid
    assert seen(plants(), TWO, policies=rules).solution.objective == pytest.approx(2414)
    assert seen(plants(), TWO, AHEAD, policies=rules).solution.objective == pytest.approx(2414)
    myopic = seen(plants(), TWO, MYOPIC, policies=rules)
    assert myopic.solution.objective == pytest.approx(2430)
    assert value(myopic, "allowance_lent", "ets", "all", 2025) == 0
    assert value(myopic, "allowance_inventory", "ets", 2026) == pytest.approx(2)


@pytest.mark.parametrize(("paid_in", "back", "cost"), [("allowances", 2.2, 1124.0), ("money", 2.0, 1120.0)])
def test_a_loan_of_one_window_is_paid_back_in_the_next(paid_in: Any, back: float, cost: float) -> None:
    """5, 16 and 10 Mt, one year ahead in sight: the 2 Mt lent in 2025 are paid back by the window of 2026, which borrows none.

    With interest in money 14 Mt are left in 2026: 4 dirty and 6 gas for 1,120, and 10 % of the ask of 100 on 2 Mt. In 2027 10 Mt
    make 10 gas, 1,200; a tonne brought forward to 2026 saves 20 there and costs 30 or more here.
    """
    rules = lending(0.1, paid_in)
    rules["ets"] |= {"allocation": [{"amount": {2025: "5 Mt/yr", 2026: "16 Mt/yr", 2027: "10 Mt/yr"}}], "between": "step"}
    found = seen(plants(), THREE, AHEAD, policies=rules)
    interest = 20.0 if paid_in == "money" else 0.0
    assert found.solution.objective == pytest.approx(1290 + cost + interest + 1200)
    assert [value(found, "allowance_lent", "ets", "all", p) for p in TWO_YEARS] == pytest.approx([2, 0])
    assert [value(found, "allowance_inventory", "ets", p) for p in (2025, 2026, 2027)] == pytest.approx([0, back, back])


def test_the_inventory_of_the_bank_carries_over() -> None:
    """16 Mt, then 5, none kept in the account. Bid 20.5: the step of 20 is taken to its end and 6 Mt are sold in 2025.

    In 2026 the bank has them: 5 are bought at 22 rather than abated at 30, and 1 stays. 1,200 - 6 x 20.5 + 1,200 + 5 x 22. Without
    the inventory of the first window 2026 would abate: 5 gas and 5 clean, 1,350.
    """
    rules = market({2025: "16 Mt/yr", 2026: "5 Mt/yr"}, banking=False)
    rules["ets"]["carbon_bank"] = bank("20.5 CNY/t", {2025: "21 CNY/t", 2026: "22 CNY/t"})
    found = seen(plants(), TWO, MYOPIC, policies=rules)
    assert [value(found, "allowance_inventory", "ets", p) for p in TWO_YEARS] == pytest.approx([6, 1])
    assert found.solution.objective == pytest.approx(1200 - 6 * 20.5 + 1200 + 110)


def test_nobody_borrows_from_a_year_out_of_sight() -> None:
    """5 Mt, then 16, borrowing allowed. Both years in sight: 19 of 40 Mt are abated at 20 each, 2,000 + 380.

    Single years: 1,350 and 1,080, as without borrowing; what stays open would be 20 Mt emitted in 2025 and 1 in 2026.
    """
    rules = market({2025: "5 Mt/yr", 2026: "16 Mt/yr"}, borrowing=True, between="step")
    assert seen(plants(), TWO, policies=rules).solution.objective == pytest.approx(2380)
    assert seen(plants(), TWO, MYOPIC, policies=rules).solution.objective == pytest.approx(2430)


def test_who_cannot_do_without_a_debt_looks_at_its_due_year() -> None:
    """No clean works: 10 Mt of steel emit 10 Mt at least, and 5 are given in 2025. Alone that year has no solution.

    With 2026 in sight and 8 % a year the least is left to 2026, 10 Mt from gas at 1,200; 6 of its 16 Mt are borrowed, and 11 Mt
    come from 1 dirty and 9 gas at 1,180.
    """
    problem = Problem().commodity("steel").demand("steel", 10.0)
    for name, cost, co2 in (("dirty", 100.0, 2.0), ("gas", 120.0, 1.0)):
        problem.technology(name, "steel", variable_cost=cost, co2=co2, new_build=False).stock(name, 20)
    rules = market({2025: "5 Mt/yr", 2026: "16 Mt/yr"}, borrowing=True, between="step")
    found = seen(problem, TWO, MYOPIC, rate=0.08, policies=rules)
    assert found.solution.objective == pytest.approx(1180 + 1200 / 1.08)
    assert value(found, "allowance_held", "ets", "all", 2025) == pytest.approx(-6)
    assert outcomes(found) == [
        (2025, 2025, 2025, "infeasible", False, False),
        (2025, 2025, 2026, "optimal", True, True),
        (2026, 2026, 2026, "optimal", False, True),
    ]


def test_an_account_that_may_not_owe_lengthens_no_view() -> None:
    """The budget of 20 Mt to 2026 that 2025 overspends, beside a market with room that banks and does not borrow.

    The window of 2026 goes back at once; 2027 in its view would not help.
    """
    problem, policies = budget()
    policies["budget"]["to_year"] = 2026
    found = seen(problem, THREE, MYOPIC, policies=policies | market("30 Mt/yr"))
    assert outcomes(found) == [
        (2025, 2025, 2025, "optimal", False, False),
        (2026, 2026, 2026, "infeasible", False, False),
        (2025, 2025, 2026, "optimal", True, True),
        (2026, 2026, 2026, "optimal", False, True),
        (2027, 2027, 2027, "optimal", False, True),
    ]


@pytest.mark.parametrize("paid_in", ["allowances", "money"])
def test_one_window_over_all_is_perfect_foresight(paid_in: Any) -> None:
    """The same programme, the same answer, bit by bit: with loans of a carbon bank, and with borrowing."""
    borrowing = market({2025: "5 Mt/yr", 2026: "16 Mt/yr"}, borrowing=True)
    for rules in (lending(0.1, paid_in), borrowing):
        perfect, whole = seen(plants(), TWO, policies=rules), seen(plants(), TWO, WHOLE, policies=rules)
        assert whole.solution.objective == perfect.solution.objective
        assert (whole.solution.x == perfect.solution.x).all()


FOUR = [[2025, 1], [2026, 1], [2027, 1], [2028, 1]]


def loan(problem: Problem, own: dict[int, str], foresight: Any) -> Foreseen:
    """Works paid from own funds and a line at 12 % over two years, investment charged whole."""
    more: dict[str, Any] = {"rate": RATE, "salvage": "none", "policies": finance(own, bank=DEAR)}
    return seen(problem, FOUR, foresight, **more)


def test_debt_of_one_window_is_served_in_the_next() -> None:
    """10 Mt of works in 2026 from own funds of 6,000 and 4,000 borrowed; 2 Mt more in 2027, with own funds of 3,000.

    Debt service takes 4,000 x 0.5917 = 2,366.8 of them in 2027, so of the 2,000 only 633.2 are paid and 1,366.8 are borrowed. A
    window that forgot the debt would borrow nothing. In 2028 both loans are served with 3,175.5 of 3,176.
    """
    problem = works({2025: 0.0, 2026: 10.0, 2027: 12.0})
    own = {2026: "6000 MCNY/yr", 2027: "3000 MCNY/yr", 2028: "3176 MCNY/yr"}
    found = loan(problem, own, MYOPIC)
    second = 2000 + 4000 * SERVICE - 3000
    assert second == pytest.approx(1366.8, abs=0.05)
    drawn = [value(found, "loan_draw", "funds", "bank", "Here", "new", p) for p in (2026, 2027)]
    assert drawn == pytest.approx([4000, second])
    assert found.solution.objective == pytest.approx(
        (10_000 + 4000 * (WORTH - 1)) / 1.08 + (2000 + second * (WORTH - 1)) / 1.08**2
    )
    assert (4000 + second) * SERVICE == pytest.approx(3175.5, abs=0.05)


def test_a_debt_that_cannot_be_served_is_taken_back() -> None:
    """Own funds 6,000 in 2026, 2,000 in 2027; steel may be bought at 1,200 CNY/t. Alone, 2026 borrows 4,000 and builds it all.

    In 2027 the service of 2,366.8 is more than there is. One step back 2026 borrows what 2,000 can serve, 3,380, builds 9.38 Mt and
    buys the rest; the last 0.62 Mt come in 2027, on the line.
    """
    problem = works().market("import", "steel", 1200.0)
    found = loan(problem, {2026: "6000 MCNY/yr", 2027: "2000 MCNY/yr", 2028: "4000 MCNY/yr"}, MYOPIC)
    first = 2000 / SERVICE
    short = 10_000 - 6000 - first
    drawn = [value(found, "loan_draw", "funds", "bank", "Here", "new", p) for p in (2026, 2027)]
    assert drawn == pytest.approx([first, short])
    assert found.solution.objective == pytest.approx((6000 + first * WORTH + 1.2 * short) / 1.08 + short * WORTH / 1.08**2)
    told = [(w[0], w[2], w[3]) for w in outcomes(found)]
    assert told[1:4] == [(2026, 2026, "optimal"), (2027, 2027, "infeasible"), (2026, 2027, "optimal")]
