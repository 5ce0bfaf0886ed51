"""Credits that lapse: use within the years, first in first out, what a credit is worth before and after, and the ledger of it."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem, Solved, finish, prepared

from peakmix.analysis.accounts import pool_prices, swaps
from peakmix.api.conflict import ConflictError
from peakmix.api.prepare import Prepared
from peakmix.api.running import solve_prepared, variable_values
from peakmix.audit.full import audit
from peakmix.foundation.errors import InfeasibleError
from peakmix.results.quick_audit import quick_audit

YEARS = [[2025, 1], [2026, 1], [2027, 1], [2028, 1]]


def works(
    first_new: int = 2028,
    imports: float | None = 500.0,
    demand: float | dict[int, float] = 10.0,
    capital: dict[int, float] | None = None,
) -> Problem:
    """6 Mt/yr end before 2026 and 4 before 2027, run at 300 CNY/t; new works at 100 and 10 CNY/(t/yr); 10 Mt/yr are wanted.

    Steel can be bought at 500. Every tonne that ends gives one credit; a new one takes one.
    """
    problem = Problem().commodity("steel").demand("steel", demand)
    for name, life in (("old", 6.0), ("older", 7.0)):
        problem.technology(name, "steel", variable_cost=300.0, new_build=False, lifetime=life)
    problem.stock("old", 6).stock("older", 4)
    problem.technology("new", "steel", variable_cost=100.0, first_year=first_new)
    problem.yearly("new", "capital_cost", capital or {2025: 10.0})
    problem.value("swap_ratios", 1.0, "1", rule="r", case="other", target_class="", origin="", year=2020)
    if imports is not None:
        problem.market("import", "steel", imports)
    return problem.group("works", "old", "older", "new")


def ready(problem: Problem, periods: list[list[int]] | None = None, **policy: Any) -> Prepared:
    rule = {"instrument": "swap", "rule": "r", "group": "works", "from_year": 2026} | policy
    return prepared(problem, periods or YEARS, salvage="none", policies={"swap": rule})


def swapped(problem: Problem, periods: list[list[int]] | None = None, **policy: Any) -> Solved:
    """Solved, certified, and agreed to by both audits."""
    made = ready(problem, periods, **policy)
    case = finish(made)
    assert case.certified
    assert quick_audit(made.parameters, made.model.books, made.program, case.solution).passed
    full = audit(made.data, made.scenario, variable_values(made, case.solution.x), case.objective, made.base_values)
    assert full.passed, full
    return case


@pytest.mark.parametrize(("years", "built"), [(None, 10), (2, 10), (1, 4), (0, 0)])
def test_credits_are_used_within_their_years(years: int | None, built: float) -> None:
    """New works come in 2028: the 6 credits of 2026 are then 2 years old, the 4 of 2027 one year.

    Cost: 2025 10 x 300; 2026 4 x 300 + 6 x 500; 2027 10 x 500; 2028 what is built at 110, the rest at 500.
    """
    case = swapped(works(), expiry_years=years)
    assert case("new_capacity", "Here", "new", 2028) == pytest.approx(built)
    assert case.objective == pytest.approx(3000 + 1200 + 3000 + 5000 + 110 * built + 500 * (10 - built))


def test_worth_of_a_credit_in_each_period() -> None:
    """Expiry 1 of the case above: a credit used in 2028 saves 500 - 110 = 390. One of 2027 is one that outlives 2027: 390.

    In 2026 and 2027 the pool holds credits that lapse anyway, so one more to be used there is worth 0. 6 lapse with 2027.
    """
    case = swapped(works(), expiry_years=1)
    assert [case.dual("policy_swap_pool", "swap", "Here", p) for p in (2026, 2027, 2028)] == pytest.approx([0, 0, -390])
    assert case.dual("policy_swap_expiry", "swap", "Here", 2027) == pytest.approx(-390)
    assert [p for _, _, p in case.prepared.program.rows.indices("policy_swap_expiry")] == [2027]


def test_the_ledger_has_lapses_and_each_price_once() -> None:
    """The same as a result file: 6 Mt/yr lapse with 2027, the 4 used in 2028 have the price 390 of their period."""
    dataset = solve_prepared(ready(works(), expiry_years=1), True).dataset
    pool = pool_prices(dataset).set_index("period")
    assert pool["lapsed"].to_dict() == pytest.approx({2026: 0, 2027: 6, 2028: 0})
    assert pool["left"].to_dict() == pytest.approx({2026: 6, 2027: 4, 2028: 0})
    assert pool["price"].to_dict() == pytest.approx({2026: 0, 2027: 0, 2028: 390})
    assert pool["outliving_price"].to_dict() == pytest.approx({2026: 0, 2027: 390, 2028: 0})
    (used,) = swaps(dataset).itertuples()
    assert (used.period, used.retired, used.price) == pytest.approx((2028, 4, 390))


def test_credits_that_keep_have_one_price() -> None:
    """Without expiry a credit more in 2026 is used in 2028: it saves 390 once, whatever period it is asked in.

    13 Mt/yr are wanted, so the 10 credits are short. One more at the start lowers the cost by 390.
    """
    dataset = solve_prepared(ready(works(demand=13.0)), True).dataset
    assert pool_prices(dataset)["price"].tolist() == pytest.approx([390, 390, 390])
    more = swapped(works(demand=13.0), opening={"Here": "1 Mt/yr"})
    assert float(dataset["objective"]) - more.objective == pytest.approx(390)


def test_opening_credit_counts_from_the_first_year_of_the_rule() -> None:
    """5 Mt/yr in hand in 2026, new works from 2027 on, nothing else gives credit: used with expiry 1, lapsed with 0.

    They are built in 2027 and serve 2028 as well: 5 x (10 + 2 x 100) against 5 x 2 x 500.
    """
    plain = 3000 + 1200 + 3000 + 5000 + 5000
    for years, built in ((1, 5), (0, 0)):
        case = swapped(works(2027), natural_credit=0.0, opening={"Here": "5 Mt/yr"}, expiry_years=years)
        assert case("new_capacity", "Here", "new", 2027) == pytest.approx(built)
        assert case.objective == pytest.approx(plain - 790 * built)


def test_the_oldest_credits_go_first() -> None:
    """Capital costs 600 in 2027 and 10 in 2028; 2 Mt/yr are wanted in 2027, 10 in 2028. Expiry 1.

    In 2027 there are 10 credits, 6 of which end with it. Building in 2027 what runs in both years costs 600 + 2 x 100 against
    2 x 500: 2 Mt; what would stand idle in 2027 costs 700 against 500: nothing. The 2 come out of the old 6, of which 4 lapse,
    so that in 2028 all 4 of 2027 are left and built at 110; 4 are bought.
    """
    problem = works(2027, demand={2025: 10.0, 2026: 10.0, 2027: 2.0, 2028: 10.0}, capital={2027: 600.0, 2028: 10.0})
    case = swapped(problem, expiry_years=1)
    assert case("new_capacity", "Here", "new", 2027) == pytest.approx(2)
    assert case("new_capacity", "Here", "new", 2028) == pytest.approx(4)
    assert case.objective == pytest.approx(3000 + 4200 + 2 * 700 + 2 * 100 + 4 * 110 + 4 * 500)


def test_long_periods_keep_credits_from_their_last_year() -> None:
    """Periods 2026-2027 and 2028-2030: credits of the first are of 2027, so with 1 year they still serve in 2028, with 0 not.

    The 4 Mt/yr that end before 2027 stand for half of the first period, as a mean: 2 of them go in it, and 2 in the second,
    which may use them whatever the years.
    """
    periods = [[2025, 1], [2026, 2], [2028, 3]]
    assert swapped(works(), periods, expiry_years=1)("new_capacity", "Here", "new", 2028) == pytest.approx(10)
    assert swapped(works(), periods, expiry_years=0)("new_capacity", "Here", "new", 2028) == pytest.approx(2)


@pytest.mark.parametrize(("lag", "years", "built"), [(-1, 2, 10), (-1, 1, 4), (-2, 2, 6), (1, 2, 10)])
def test_years_run_from_the_retirement_not_from_when_it_counts(lag: int, years: int, built: float) -> None:
    """New works in 2028 only. A year later (-1) the credits of 2026 count in 2027 and those of 2027 in 2028.

    With 2 years all 10 still hold in 2028, with 1 only the 4 of 2027. Two years later (-2) the 6 of 2026 count in 2028, those of
    2027 in 2029. New first (1) changes nothing, as there is nothing new before 2028.
    """
    case = swapped(works(), lag_years=lag, expiry_years=years)
    assert case("new_capacity", "Here", "new", 2028) == pytest.approx(built)


def test_a_shortage_by_expiry_names_the_rule() -> None:
    """Nothing can be bought, 10 Mt/yr are wanted from 2028 only and 6 credits have lapsed: the swap is at fault, short by 6."""
    problem = works(imports=None, demand={2025: 10.0, 2026: 4.0, 2027: 0.0, 2028: 10.0})
    swapped(problem, expiry_years=2)
    with pytest.raises(InfeasibleError) as caught:
        solve_prepared(ready(problem, expiry_years=1), False)
    assert isinstance(caught.value, ConflictError)
    assert caught.value.conflict == ("swap",)
    assert caught.value.table["change"].sum() == pytest.approx(6)


def test_both_audits_object_to_credits_that_never_end() -> None:
    """10 built in 2028 on credits that keep for ever, looked at under a rule of one year: 6 are not covered."""
    kept, ruled = ready(works()), ready(works(), expiry_years=1)
    case = finish(kept)
    quick = quick_audit(ruled.parameters, ruled.model.books, ruled.program, case.solution)
    assert any("policy_swap_expiry" in line for line in quick.failures())
    full = audit(ruled.data, ruled.scenario, variable_values(ruled, case.solution.x), case.objective, ruled.base_values)
    assert "policy swap: expired" in {check.name for check in full.failed}
