"""Loan lines in full: grace and equal parts, a foreign currency, conversions and measures, tranches for verified abatement.

All works cost 1,000 CNY/(t/yr) for 10 Mt/yr from 2026 on, 10,000 M CNY charged whole, at 8 % a year; one-year periods.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem, infeasible, prepared
from tests.cases.test_finance import RATE, YEARS, finance, funded, works

from peakmix.api.running import solve_prepared
from peakmix.foundation.errors import InputErrors
from peakmix.scenario import from_mapping

DIRECT = {"quantity": "direct_co2"}


def annuity(rate: float, years: int) -> float:
    """Level payment at the end of each year."""
    return rate / (1 - (1 + rate) ** -years)


def test_grace_pays_interest_only() -> None:
    """5 % over three years, one of grace: 0.05 after the first, then 0.05 / (1 - 1.05^-2) = 0.53780 twice.

    Worth 0.05/1.08 + 0.53780 (1.08^-2 + 1.08^-3) = 0.93430: one more yuan on the line saves 0.06570. Without grace it is a level
    0.36721 three times, 0.94634. Own funds of the years show the payments: 50 M CNY a thousand borrowed, then 537.8.
    """
    worth = 0.05 / 1.08 + annuity(0.05, 2) * (1.08**-2 + 1.08**-3)
    assert worth == pytest.approx(0.93430, abs=2e-5)
    line = {"rate": 0.05, "tenor": 3, "grace": 1, "ceiling": "4000 MCNY"}
    case = funded(works(), "9000 MCNY/yr", slow=line)
    assert case("loan_draw", "funds", "slow", "Here", "new", 2026) == pytest.approx(4000)
    assert case.objective == pytest.approx((10_000 - 4000 * (1 - worth)) / 1.08)
    assert -case.one_off_price("policy_finance_line", "funds", "slow", period=2026) == pytest.approx(1 - worth)
    level = funded(works(), "9000 MCNY/yr", slow=line | {"grace": 0}).objective
    assert level == pytest.approx((10_000 - 4000 * (1 - annuity(0.05, 3) * sum(1.08**-k for k in (1, 2, 3)))) / 1.08)
    tight = {2026: "6000 MCNY/yr", 2027: f"{4000 * 0.05} MCNY/yr", 2028: f"{4000 * annuity(0.05, 2)} MCNY/yr"}
    assert funded(works(), tight, slow=line).objective == pytest.approx(case.objective)
    assert infeasible(works(), YEARS, RATE, policies=finance(tight | {2028: "2151 MCNY/yr"}, slow=line))


def test_grant_element_of_a_yen_loan() -> None:
    """0.75 %, 40 years with 10 of grace, equal parts: grant element 0.75 at 8 % and 0.58 at 5 % (dossier, computed there).

    The saving on one yuan drawn is the grant element: what is not paid back in present value.
    """
    for rate, grant in ((0.08, 0.75), (0.05, 0.58)):
        line = {"rate": 0.0075, "tenor": 40, "grace": 10, "repayment": "equal_principal", "ceiling": "1000 MCNY"}
        ready = prepared(works(), YEARS, rate, salvage="none", policies=finance(yen=line))
        charge = ready.parameters["loan_charge"]["funds", "yen", "Here", "new", 2026]
        assert -charge * (1 + rate) == pytest.approx(grant, abs=0.006)


def test_a_line_in_yen() -> None:
    """0.75 % over two years, 0.50563 a year in yen, at 0.05 CNY for one yen: worth 0.9017, drawn up to 40,000 M yen = 2,000 M CNY.

    One more yen of the line saves 0.05 x 0.0983 CNY. Where the yen rises to 0.055 and 0.06, a payment costs 1.1 and 1.2 times as
    much: worth 1.0352, and nothing is drawn as long as own funds last.
    """
    yen = {"rate": 0.0075, "tenor": 2, "currency": "JPY", "ceiling": 40_000}
    paid = annuity(0.0075, 2)
    worth = paid * (1 / 1.08 + 1 / 1.08**2)
    assert (paid, worth) == (pytest.approx(0.50563, abs=1e-5), pytest.approx(0.9017, abs=1e-4))
    case = funded(works(), yen=yen | {"exchange_rate": 0.05})
    assert case("loan_draw", "funds", "yen", "Here", "new", 2026) == pytest.approx(2000)
    assert -case.one_off_price("policy_finance_line", "funds", "yen", period=2026) == pytest.approx(0.05 * (1 - worth))
    rising = yen | {"exchange_rate": {2026: 0.05, 2028: 0.06}}
    assert funded(works(), yen=rising).total("loan_draw") == pytest.approx(0, abs=1e-9)
    dear = paid * (1.1 / 1.08 + 1.2 / 1.08**2)
    assert dear == pytest.approx(1.0352, abs=1e-4)
    forced = funded(works(), {2026: "9000 MCNY/yr"}, yen=rising)
    assert forced.objective == pytest.approx((10_000 + 1000 * (dear - 1)) / 1.08)
    tight = {2026: "9000 MCNY/yr", 2027: f"{1000 * paid * 1.1} MCNY/yr", 2028: f"{1000 * paid * 1.2} MCNY/yr"}
    assert not infeasible(works(), YEARS, RATE, policies=finance(tight, yen=rising))
    assert infeasible(works(), YEARS, RATE, policies=finance(tight | {2028: f"{1000 * paid * 1.19} MCNY/yr"}, yen=rising))


def test_yen_on_the_policy_sheet_and_in_the_file() -> None:
    """Level in millions of yen, price in CNY for one yen; a payment of 2028 in the file has the exchange rate of 2028."""
    yen = {"rate": 0.0075, "tenor": 2, "currency": "JPY", "ceiling": 40_000, "exchange_rate": {2026: 0.05, 2028: 0.06}}
    ready = prepared(works(), YEARS, RATE, salvage="none", policies=finance({2026: "8500 MCNY/yr"}, yen=yen))
    result = solve_prepared(ready, False)
    assert result.certified, result.text
    ds = result.dataset
    at = ds["policy_component"].values == "policy_finance_line"
    assert set(ds["policy_unit"].values[at]) == {"MJPY"}
    assert set(ds["policy_price_unit"].values[at]) == {"CNY/JPY"}
    assert ds["policy_level"].values[at].tolist() == pytest.approx([30_000] * 4)
    assert ds["loan_service"].values[0].tolist() == pytest.approx([0, 0, 1650 * annuity(0.0075, 2), 1800 * annuity(0.0075, 2)])


def fleet() -> Problem:
    """Old works burn 1 t of coal at 200 CNY/t; a kit at 300 CNY/(t/yr) turns them into fitted ones, which burn 0.6 t."""
    problem = Problem().commodity("steel").commodity("coal").market("coal", "coal", 200.0).demand("steel", 10)
    problem.technology("old", "steel", inputs={"coal": 1.0}, new_build=False).stock("old", 10)
    problem.technology("fitted", "steel", inputs={"coal": 0.6}, new_build=False)
    problem.conversion("kit", "old", "fitted", capital_cost=300.0, first_year=2026)
    return problem


def fans() -> Problem:
    """Works that burn 1 t of coal at 200 CNY/t, of which a fan at 50 CNY/(t/yr) saves 0.2 t."""
    problem = Problem().commodity("steel").commodity("coal").market("coal", "coal", 200.0).demand("steel", 10)
    problem.technology("old", "steel", inputs={"coal": 1.0}, new_build=False).stock("old", 10)
    return problem.measure("fan", "old", {("coal", "saves_input"): 0.2}, capital_cost=50.0, first_year=2026)


def test_loans_for_a_conversion() -> None:
    """Nobody has funds in 2026; the kit saves 80 CNY/t a year in three years: worth 80 (1 + 1/1.08 + 1/1.08^2) = 222.7 < 300.

    With a line free of interest over 10 years a kit costs 0.671 x 300 = 201.3 and all are fitted: 3,000 M are drawn.
    """
    names = {"technologies": ["fitted"], "assets": ["conversion"]}
    case = funded(fleet(), green={"rate": 0.0, "tenor": 10} | names)
    assert case("loan_draw", "funds", "green", "Here", "conversion kit", 2026) == pytest.approx(3000)
    assert case.costs["loan_interest"] == pytest.approx(-3000 * (1 - 0.1 * sum(1.08**-j for j in range(1, 11))) / 1.08)
    assert funded(fleet(), green={"rate": 0.09, "tenor": 10} | names).total("conversion") == pytest.approx(0, abs=1e-9)


def test_loans_for_a_measure() -> None:
    """The fan pays: 40 CNY a year for 50 once. Own funds of 300 M in 2026 and the line pay 500 M: 200 M are drawn at 9 %.

    A fan of 2026 that waits for the funds of 2027 would lose 40 - 50 (1 - 1/1.08) = 36.3 of 50; interest of 9 % over two years
    costs 1.4 % only.
    """
    line = {"rate": 0.09, "tenor": 2, "names": ["fan"]}
    own = {2026: "300 MCNY/yr", 2027: "500 MCNY/yr"}
    case = funded(fans(), own, fans=line)
    worth = annuity(0.09, 2) * (1 / 1.08 + 1 / 1.08**2)
    assert case("loan_draw", "funds", "fans", "Here", "fan @ old", 2026) == pytest.approx(200)
    assert case.costs["loan_interest"] == pytest.approx(200 * (worth - 1) / 1.08)
    assert -case.annual_price("policy_finance_own", "funds", 2026, period=2026) == pytest.approx(worth - 1)
    only = {"funds": finance(own, fans=line)["funds"] | {"assets": ["new_capacity"]}}
    result = solve_prepared(prepared(fans(), YEARS, RATE, salvage="none", policies=finance(own, fans=line)), False)
    assert result.certified, result.text
    free = prepared(fans(), YEARS, RATE, salvage="none", policies=only)
    assert not [key for key in free.parameters.values.get("loan_charge", {}) if key[0] == "funds"]


def tranche(**more: Any) -> dict[str, Any]:
    """A line at 5 % over two years with a part at 2 % for abatement against 12 Mt/yr, 500 CNY a tonne."""
    low = {"rate": 0.02, "indicator": DIRECT, "reference": "12 Mt/yr", "per_abatement": "500 CNY/t"}
    return {"rate": 0.05, "tenor": 2, "tranches": {"low": low | more}}


W2, W5 = (annuity(rate, 2) * (1 / 1.08 + 1 / 1.08**2) for rate in (0.02, 0.05))


def test_a_tranche_for_verified_abatement() -> None:
    """Works emit 1 t/t: 10 Mt/yr against 12, so 500 x 2 = 1,000 M CNY at 2 %, the other 9,000 at 5 %.

    Worth 0.95905 and 0.91847: a tonne less a year moves 500 CNY from one to the other and saves 500 x 0.04058 = 20.29 CNY.
    """
    problem = works().pollutes("new", "CO2_process", 1.0)
    case = funded(problem, bank=tranche())
    assert (pytest.approx(0.95904, abs=1e-5), pytest.approx(0.91847, abs=1e-5)) == (W5, W2)
    assert case("loan_draw", "funds", "bank/low", "Here", "new", 2026) == pytest.approx(1000)
    assert case("loan_draw", "funds", "bank", "Here", "new", 2026) == pytest.approx(9000)
    assert case.objective == pytest.approx((9000 * W5 + 1000 * W2) / 1.08)
    price = -case.annual_price("policy_finance_link", "funds", "bank/low", 2026, period=2026)
    assert price == pytest.approx(500 * (W5 - W2))


def test_what_is_left_of_a_tranche_needs_abatement_too() -> None:
    """The reference falls to 10.5 Mt/yr in 2027: 500 x 0.5 = 250 M may be left at its end.

    Of one yuan 1.02 - 0.51505 = 0.50495 is left then, so 250 / 0.50495 = 495.1 M are drawn; only draws counted, 1,000 M.
    """
    problem = works().pollutes("new", "CO2_process", 1.0)
    falling = {2026: "12 Mt/yr", 2027: "10.5 Mt/yr"}
    left = 1.02 - annuity(0.02, 2)
    case = funded(problem, bank=tranche(reference=falling, counts="outstanding"))
    assert case("loan_draw", "funds", "bank/low", "Here", "new", 2026) == pytest.approx(250 / left)
    assert 250 / left == pytest.approx(495.1, abs=0.05)
    case = funded(problem, bank=tranche(reference=falling))
    assert case("loan_draw", "funds", "bank/low", "Here", "new", 2026) == pytest.approx(1000)


def test_a_tranche_shares_ceiling_and_share_of_its_line() -> None:
    """A ceiling of 4,000 M holds for both: 3,000 at 5 % and 1,000 at 2 %; a share of 5 % takes 500 at 2 % alone."""
    problem = works().pollutes("new", "CO2_process", 1.0)
    case = funded(problem, bank=tranche() | {"ceiling": "4000 MCNY"})
    assert case("loan_draw", "funds", "bank", "Here", "new", 2026) == pytest.approx(3000)
    assert -case.one_off_price("policy_finance_line", "funds", "bank", period=2026) == pytest.approx(1 - W5)
    case = funded(problem, bank=tranche() | {"share": 0.05})
    assert case("loan_draw", "funds", "bank/low", "Here", "new", 2026) == pytest.approx(500)
    assert case("loan_draw", "funds", "bank", "Here", "new", 2026) == pytest.approx(0, abs=1e-9)


def test_a_reference_below_what_is_emitted_is_a_limit() -> None:
    """The trap in the docstring: no volume lies below zero, so 10 Mt/yr against a reference of 9 has no solution."""
    problem = works().pollutes("new", "CO2_process", 1.0)
    assert infeasible(problem, YEARS, RATE, policies=finance(bank=tranche(reference="9 Mt/yr")))


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ({"rate": 0.01, "tenor": 3, "grace": 3}, "grace 3 leaves no year of tenor 3"),
        ({"rate": 0.01, "tenor": 3, "currency": "JPY"}, "currency and exchange_rate go together"),
        ({"rate": 0.01, "tenor": 3, "currency": "JPY", "exchange_rate": -1}, "above zero"),
        ({"rate": 0.01, "tenor": 3, "currency": "JPY", "exchange_rate": 0.05, "ceiling": "3 MCNY"}, "without a unit"),
        ({"rate": 0.01, "tenor": 3, "taken": "low"}, "not one of the steps"),
    ],
)
def test_lines_that_do_not_fit(line: dict[str, Any], says: str) -> None:
    with pytest.raises(InputErrors, match=says):
        from_mapping({"name": "x", "horizon": {"periods": YEARS}, "policies": finance(bank=line)})
