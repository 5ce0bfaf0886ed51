"""Carbon limits and prices: intensity, budget, relative to the base year, tax; the scopes stay apart."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem, infeasible, solve

DIRECT = {"quantity": "direct_co2"}


def limit(value: Any, **more: Any) -> dict[str, Any]:
    return {"cap": {"instrument": "limit", "indicator": DIRECT, "values": value} | more}


def plants(demand: Any = 10) -> Problem:
    """Clean: 150 CNY/t without CO2. Dirty: 100 CNY/t with 2 t CO2/t. Abatement costs 25 CNY per tonne of CO2."""
    return (
        Problem()
        .commodity("steel")
        .technology("clean", "steel", variable_cost=150.0)
        .technology("dirty", "steel", variable_cost=100.0, co2=2.0)
        .stock("clean", 20)
        .stock("dirty", 20)
        .demand("steel", demand)
    )


def test_intensity_limit() -> None:
    """1.2 t CO2 a tonne of steel: 6 of 10 Mt dirty; a tonne of CO2 more is worth 25.

    One more tonne of steel brings 1.2 t of allowance: 0.6 dirty and 0.4 clean, 120 CNY = 150 - 25 x 1.2.
    """
    policies = limit("1.2 t/t", kind="intensity", denominator={"quantity": "output"})
    case = solve(plants(), [[2025, 1]], policies=policies)
    assert case("activity", "Here", "dirty", "all", 2025) == pytest.approx(6)
    assert case.dual("policy_limit", "cap", 2025) == pytest.approx(-25)
    assert case.dual("balance", "Here", "steel", 2025) == pytest.approx(120)


PERIODS = [[2025, 1], [2026, 4], [2030, 5]]


def test_budget_over_the_horizon() -> None:
    """Without a rule 20 Mt a year for 10 years: 200. A budget of 140 leaves 60 to abate, cheapest where money is worth least.

    That is the last period (100 Mt). There the price is 25 CNY/t. The budget's value of a tonne is one number, lambda; in
    period p a tonne a year for n_p years costs lambda n_p, so the price of that year is lambda n_p / D_p.
    """
    weights = [sum(1.08**-k for k in years) for years in (range(1), range(1, 5), range(5, 10))]
    case = solve(plants(), PERIODS, 0.08, policies=limit("140 Mt", span="horizon"))
    dirty = [case("activity", "Here", "dirty", "all", p) for p, _ in PERIODS]
    assert dirty == pytest.approx([10, 10, 4])
    price = -case.dual("policy_budget", "cap")
    assert price * 5 / weights[2] == pytest.approx(25)
    assert price == pytest.approx(25 * weights[2] / 5)
    assert case.objective == pytest.approx(1000 * sum(weights) + 6 * 50 * weights[2])


def test_budget_price_is_one_number_in_present_value() -> None:
    """A budget of 60 abates all of 2030 to 2034 and 10 a year of 2026 to 2029: the price of those years is 25.

    In 2030 it has grown by the mean discount factors, 25 (D_2026 / 4) / (D_2030 / 5). With a tax path that rises like that the
    optimum, less the tax on the budget, is the same as with the budget.
    """
    near, far = sum(1.08**-k for k in range(1, 5)) / 4, sum(1.08**-k for k in range(5, 10)) / 5
    case = solve(plants(), PERIODS, 0.08, policies=limit("60 Mt", span="horizon"))
    assert -case.dual("policy_budget", "cap") == pytest.approx(25 * near)
    path = {2025: 25 * near, 2026: 25.0, 2030: 25 * near / far}
    tax = {"instrument": "price", "indicator": DIRECT, "values": path, "unit": "CNY/t", "between": "step"}
    taxed = solve(plants(), PERIODS, 0.08, policies={"tax": tax})
    assert taxed.objective - 60 * 25 * near == pytest.approx(case.objective)


def test_relative_to_the_base_year() -> None:
    """The base year's 10 Mt of dirty steel emit 20 Mt, computed; 80 % of that leaves 8 Mt dirty in 2026.

    2025: 10 x 100. 2026: 8 x 100 + 2 x 150 = 1,100.
    """
    policies = limit(0.8, kind="relative_to_base", from_year=2026)
    case = solve(plants().base_output("dirty", 10.0), [[2025, 1], [2026, 1]], base=2025, policies=policies)
    assert case.prepared.base_values == pytest.approx({"cap": 20.0})
    assert case.dual("policy_limit", "cap", 2026) == pytest.approx(-25)
    assert case.objective == pytest.approx(1000 + 1100)


def test_the_base_year_itself_is_never_limited() -> None:
    """A cap without a date starts after the base period: 20 Mt in 2025, 10 in 2026."""
    case = solve(plants().base_output("dirty", 10.0), [[2025, 1], [2026, 1]], base=2025, policies=limit("10 Mt/yr"))
    assert case("activity", "Here", "dirty", "all", 2025) == pytest.approx(10)
    assert case("activity", "Here", "dirty", "all", 2026) == pytest.approx(5)


def test_height_of_a_peak_relative_to_the_base_year() -> None:
    """Demand grows 6, 8, 10 Mt; the base year emits 12 Mt; a peak in 2026 at 1.25 times that is 15 Mt: 7.5 Mt dirty then and later.

    Clean steel: 0.5 in 2026, 2.5 in 2027: 2,400 + 3 x 50.
    """
    rule = {"instrument": "peak", "indicator": DIRECT, "year": 2026, "height": {"relative_to_base": 1.25}}
    problem = plants({2025: 6, 2026: 8, 2027: 10}).base_output("dirty", 6.0)
    case = solve(problem, [[2025, 1], [2026, 1], [2027, 1]], base=2025, policies={"peak": rule})
    assert case.objective == pytest.approx(2400 + 150)


@pytest.mark.parametrize("transfer", [True, False])
def test_tax_and_its_account(transfer: bool) -> None:
    """24 CNY/t on 20 Mt: 480 M CNY, a transfer or a real cost; the objective is 1,480 either way."""
    tax = {"instrument": "price", "indicator": DIRECT, "values": 24.0, "unit": "CNY/t", "transfer": transfer}
    case = solve(plants(), [[2025, 1]], policies={"tax": tax})
    booked = case.costs
    assert booked["policy_transfer" if transfer else "policy_cost"] == pytest.approx(480)
    assert booked["variable"] == pytest.approx(1000)
    assert case.objective == pytest.approx(1480)


def test_subsidy_on_clean_output() -> None:
    """51 CNY/t paid for clean steel makes it cheaper than dirty: 10 x (150 - 51); 49 do not: 1,000."""
    costs = []
    for amount in (-51.0, -49.0):
        indicator = {"quantity": "output", "technologies": ["clean"]}
        tax = {"instrument": "price", "indicator": indicator, "values": amount, "unit": "CNY/t"}
        costs.append(solve(plants(), [[2025, 1]], policies={"subsidy": tax}).objective)
    assert costs == pytest.approx([990, 1000])


def heat() -> Problem:
    """Steel by coal: 1 t direct CO2, 100 CNY/t. By power: 2 MWh at 60 CNY and 0.6 t CO2 each, bought: 120 CNY/t, 1.2 t."""
    problem = Problem().commodity("steel").commodity("power", "energy", unit="MWh").demand("steel", 10)
    problem.technology("coal_route", "steel", variable_cost=100.0, co2=1.0).stock("coal_route", 20)
    problem.technology("electric_route", "steel", inputs={"power": 2.0}, units={"power": "MWh"}).stock("electric_route", 20)
    return problem.market("grid", "power", 60.0, scope="purchased_power", factor=0.6, unit="MWh")


def test_electrification_escapes_a_direct_cap() -> None:
    """A cap of 4 Mt on direct CO2 moves 6 Mt to power: direct 4, bought 7.2, together 11.2, more than the 10 before.

    A tonne of direct CO2 costs 20 CNY. Counting bought power as well, 10 Mt need no change and 9.9 cannot be reached.
    """
    case = solve(heat(), [[2025, 1]], policies=limit("4 Mt/yr"))
    assert case.dual("policy_limit", "cap", 2025) == pytest.approx(-20)
    assert case("market_volume", "Here", "grid", 2025) == pytest.approx(12)
    assert case.objective == pytest.approx(4 * 100 + 6 * 120)
    both = {"quantity": "co2", "scopes": ["direct", "purchased_power"]}
    assert solve(heat(), [[2025, 1]], policies=limit("10 Mt/yr", indicator=both)).objective == pytest.approx(1000)
    assert infeasible(heat(), [[2025, 1]], policies=limit("9.9 Mt/yr", indicator=both))


def test_tax_on_two_scopes() -> None:
    """Taxed on both scopes power costs 120 + 1.2 tau against 100 + tau: it never pays. On direct alone: above tau = 20."""
    for scopes, price, served in ((["direct"], 21.0, 10.0), (["direct", "purchased_power"], 500.0, 0.0)):
        indicator = {"quantity": "co2", "scopes": scopes}
        tax = {"instrument": "price", "indicator": indicator, "values": price, "unit": "CNY/t"}
        case = solve(heat(), [[2025, 1]], policies={"tax": tax})
        assert case("activity", "Here", "electric_route", "all", 2025) == pytest.approx(served)


@pytest.mark.parametrize(("price", "captured"), [(87.0, 0.0), (88.0, 8.0)])
def test_captured_carbon_pays_for_its_storage(price: float, captured: float) -> None:
    """A kiln emits 0.9 t; with capture 0.1 t, and 0.8 t go to storage at 50 CNY/t; the plant costs 30 CNY/t more.

    100 + 0.9 tau against 130 + 40 + 0.1 tau: capture pays above 70 / 0.8 = 87.5 CNY/t.
    """
    problem = Problem().commodity("clinker").commodity("co2_captured", "gas", co2_content=1.0).demand("clinker", 10)
    problem.technology("kiln", "clinker", variable_cost=100.0, co2=0.9).stock("kiln", 20)
    problem.technology("capture_kiln", "clinker", variable_cost=130.0, co2=0.9, outputs={"co2_captured": 0.8})
    problem.stock("capture_kiln", 20).market("storage", "co2_captured", 50.0, "dispose")
    tax = {"instrument": "price", "indicator": DIRECT, "values": price, "unit": "CNY/t"}
    case = solve(problem, [[2025, 1]], policies={"tax": tax})
    assert case("market_volume", "Here", "storage", 2025) == pytest.approx(captured)
    assert case.objective == pytest.approx(10 * min(100 + 0.9 * price, 170 + 0.1 * price))


def test_carbon_in_minus_carbon_out() -> None:
    """1 t of coal with 2.5 t CO2 becomes 1 t of coke oven product that still holds 1.5: 1 t is emitted here, 1.5 where it burns.

    A limit on the oven sees 10 Mt for 10 Mt of product, not 25.
    """
    problem = Problem().commodity("coke", co2_content=1.5).commodity("coal", "energy", co2_content=2.5).demand("coke", 10)
    problem.technology("oven", "coke", inputs={"coal": 1.0}).stock("oven", 20).market("coal", "coal", 10.0)
    assert solve(problem, [[2025, 1]], policies=limit("10 Mt/yr")).objective == pytest.approx(100)
    assert infeasible(problem, [[2025, 1]], policies=limit("9.9 Mt/yr"))


@pytest.mark.parametrize(("convention", "amount"), [("calorific", "72 PJ/yr"), ("coal_equivalent", "6 Mtce/yr")])
def test_energy_in_both_conventions(convention: str, amount: str) -> None:
    """20 TWh for 10 Mt of steel are 72 PJ (3.6 GJ/MWh) or, at 0.30 tce/MWh, 6 Mtce: exactly these limits can be kept."""
    problem = Problem().commodity("steel").demand("steel", 10).market("grid", "power", 60.0, unit="MWh")
    problem.commodity("power", "energy", unit="MWh", energy_content=3.6, coal_equivalent=0.30)
    problem.technology("furnace", "steel", inputs={"power": 2.0}, units={"power": "MWh"}).stock("furnace", 20)
    policies = limit(amount, indicator={"quantity": "energy", "convention": convention})
    assert solve(problem, [[2025, 1]], policies=policies).objective == pytest.approx(1200)
    number, unit = amount.split()
    less = limit(f"{float(number) * 0.999} {unit}", indicator={"quantity": "energy", "convention": convention})
    assert infeasible(problem, [[2025, 1]], policies=less)
