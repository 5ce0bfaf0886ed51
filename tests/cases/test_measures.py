"""Measures: break-even prices, applicability, exclusion, sunk penetration, pace of adoption, life."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem, solve

SAVES = {("coal", "saves_input"): 0.2}


def host(coal_price: float = 100.0, demand: float = 10.0) -> Problem:
    """10 Mt/yr of steel take 1 t of coal each, at 100 CNY/t unless stated; a tonne of coal holds 2.5 t CO2."""
    problem = Problem().commodity("steel").commodity("coal", "energy", co2_content=2.5).demand("steel", demand)
    problem.technology("furnace", "steel", inputs={"coal": 1.0}, new_build=False).stock("furnace", 20)
    return problem.market("coal", "coal", coal_price)


def taxed(price: float) -> dict[str, Any]:
    return {"tax": {"instrument": "price", "indicator": {"quantity": "direct_co2"}, "values": price, "unit": "CNY/t"}}


@pytest.mark.parametrize(("price", "adopted"), [(99.0, 0.0), (101.0, 10.0)])
def test_break_even_fuel_price(price: float, adopted: float) -> None:
    """20 CNY/(t/yr) save 0.2 t of coal in one year: they pay above 20 / 0.2 = 100 CNY/t."""
    problem = host(price).measure("recovery", "furnace", SAVES, capital_cost=20.0)
    case = solve(problem, [[2025, 1]], salvage="none")
    assert case("adopted", "Here", "recovery", "furnace", 2025) == pytest.approx(adopted)
    assert case.objective == pytest.approx(10 * price + adopted * (20 - 0.2 * price))


@pytest.mark.parametrize(("price", "adopted"), [(23.9, 0.0), (24.1, 10.0)])
def test_break_even_carbon_price(price: float, adopted: float) -> None:
    """At 40 CNY/t of coal a saved tonne is worth 40 + 2.5 tau: 0.2 (40 + 2.5 tau) = 20 at tau = 24."""
    problem = host(40.0).measure("recovery", "furnace", SAVES, capital_cost=20.0)
    case = solve(problem, [[2025, 1]], salvage="none", policies=taxed(price))
    assert case("adopted", "Here", "recovery", "furnace", 2025) == pytest.approx(adopted)


def test_all_kinds_of_cost_and_discounting() -> None:
    """Capital 20 once, 1 a year for having it, 2 for each tonne of host activity: for 5 years at 8 %.

    It saves 0.2 x 100 a year, 17 net: worth 17 x D; 20 is less. D = sum_{k<5} 1.08^-(k + 1/2).
    """
    numbers = {"capital_cost": 20.0, "fixed_cost": 1.0, "variable_cost": 2.0, "applicability": 0.6}
    problem = host().measure("recovery", "furnace", SAVES, **numbers)
    case = solve(problem, [[2025, 5]], 0.08, timing=0.5, salvage="none")
    years = sum(1.08 ** -(k + 0.5) for k in range(5))
    assert case.objective == pytest.approx(1000 * years + 6 * (20 - 17 * years))
    assert case.annual_price("measure_reach", "Here", "recovery", "furnace", 2025, period=2025) == pytest.approx(
        -(17 - 20 / years)
    )


def pair(group: str) -> Problem:
    """Recovery saves 0.2 t of coal for 10 CNY (gain 10), redesign 0.3 t for 12 (gain 18); applicable to 80 % and 70 %."""
    problem = host().measure("recovery", "furnace", SAVES, group, capital_cost=10.0, applicability=0.8)
    deeper = {("coal", "saves_input"): 0.3}
    return problem.measure("redesign", "furnace", deeper, group, capital_cost=12.0, applicability=0.7)


def test_measures_of_one_group_exclude_each_other() -> None:
    """Redesign on 7 Mt, recovery on the other 3: 1,000 - 7 x 18 - 3 x 10. One tonne more for the group gains 10."""
    case = solve(pair("heat"), [[2025, 1]], salvage="none")
    assert case.objective == pytest.approx(1000 - 126 - 30)
    assert case.dual("measure_group", "Here", "furnace", "heat", 2025) == pytest.approx(-10)


def test_measures_without_a_group_add_up() -> None:
    """8 Mt of recovery and 7 Mt of redesign: 1,000 - 80 - 126."""
    assert solve(pair(""), [[2025, 1]], salvage="none").objective == pytest.approx(1000 - 80 - 126)


PERIODS = [[2025, 1], [2026, 5], [2031, 5]]


def test_sunk_penetration_runs_out() -> None:
    """Half of the 10 Mt of 2025 have it, for nothing; it leaves evenly over 10 years from 2026 on, and new ones are too dear.

    Left on average: 2026 to 2030 (1 + 0.9 + 0.8 + 0.7 + 0.6) / 5 = 0.8; 2031 to 2035 (0.5 + ... + 0.1) / 5 = 0.3.
    Coal: 10 - 0.2 x 5, 10 - 0.2 x 4, 10 - 0.2 x 1.5.
    """
    problem = host().base_output("furnace", 10.0)
    problem.measure("recovery", "furnace", SAVES, capital_cost=9999.0, penetration=0.5, lifetime=10.0)
    case = solve(problem, PERIODS, base=2025)
    coal = [case("market_volume", "Here", "coal", p) for p in (2025, 2026, 2031)]
    assert coal == pytest.approx([9, 9.2, 9.7])
    assert case.objective == pytest.approx(900 + 5 * 920 + 5 * 970)


def test_sunk_and_new_together_stay_within_reach() -> None:
    """Applicable to 60 %: in 2026 to 2030 4 Mt are left of the old ones, 2 are fitted; in 2031 1.5 are left, 2.5 more fitted.

    At 5 % a year nobody fits before it is needed.
    """
    problem = host().base_output("furnace", 10.0)
    numbers = {"capital_cost": 5.0, "applicability": 0.6, "penetration": 0.5, "lifetime": 10.0}
    case = solve(problem.measure("recovery", "furnace", SAVES, **numbers), PERIODS, 0.05, base=2025, salvage="none")
    fitted = [case("new_measure", "Here", "recovery", "furnace", p) for p in (2026, 2031)]
    assert fitted == pytest.approx([2, 2.5])
    assert [case("market_volume", "Here", "coal", p) for p in (2025, 2026, 2031)] == pytest.approx([9, 8.8, 8.8])


def test_pace_of_adoption() -> None:
    """At most 5 % a year of the 20 Mt/yr that stand: 1 in 2025, 5 in 2026 to 2030; the last 4 of 10 in 2031."""
    problem = host().measure("recovery", "furnace", SAVES, capital_cost=5.0, adoption_rate=0.05)
    case = solve(problem, PERIODS, salvage="none")
    fitted = [case("new_measure", "Here", "recovery", "furnace", p) for p in (2025, 2026, 2031)]
    assert fitted == pytest.approx([1, 5, 4])


def test_a_short_life_is_bought_again() -> None:
    """A life of 5 years: fitted in 2026 it ends before 2031 and is fitted again, 10 Mt each time.

    The annuities of a life of 5 inside each period of 5 are whole: 2 x 10 x 30, and 2 x 5 years at 8 t of coal.
    """
    problem = host().measure("recovery", "furnace", SAVES, capital_cost=30.0, lifetime=5.0, first_year=2026)
    case = solve(problem, PERIODS)
    assert case.total("new_measure") == pytest.approx(20)
    assert case.objective == pytest.approx(1000 + 2 * 300 + 10 * 800)


def test_a_measure_may_take_one_thing_to_save_another() -> None:
    """Oxygen (0.1 t at 50) saves 0.2 t of coal at 100: gain 15 CNY/t on 10 Mt."""
    problem = host().commodity("oxygen", "intermediate").market("oxygen", "oxygen", 50.0)
    problem.measure("enrichment", "furnace", SAVES | {("oxygen", "adds_input"): 0.1})
    case = solve(problem, [[2025, 1]])
    assert case("market_volume", "Here", "oxygen", 2025) == pytest.approx(1)
    assert case.objective == pytest.approx(1000 - 150)


def test_a_measure_may_make_something_to_sell() -> None:
    """Heat recovery gives 0.5 MWh/t, sold at 60 CNY/MWh: 10 x 30 of revenue against 10 x 12 of capital."""
    problem = host().commodity("power", "energy", unit="MWh").market("grid", "power", 60.0, "sell", unit="MWh")
    flows = {("power", "adds_output"): 0.5}
    problem.measure("turbine", "furnace", flows, units={"power": "MWh"}, capital_cost=12.0)
    assert solve(problem, [[2025, 1]], salvage="none").objective == pytest.approx(1000 - 300 + 120)


def test_end_of_pipe_measure_and_a_pollutant_limit() -> None:
    """3 kg of SO2 a tonne, 30 kt in all; scrubbers remove 2 kg for 4 CNY/t. A limit of 20 kt needs them on 5 Mt: 20 M CNY.

    A tonne of SO2 costs 4 / 0.002 = 2,000 CNY. Coal is not saved.
    """
    problem = host().pollutes("furnace", "SO2", 0.003)
    problem.measure("scrubber", "furnace", {}, removes={"SO2": 0.002}, variable_cost=4.0)
    limit = {"instrument": "limit", "indicator": {"quantity": "pollutant", "pollutant": "SO2"}, "values": "20 kt/yr"}
    case = solve(problem, [[2025, 1]], policies={"air": limit})
    assert case("adopted", "Here", "scrubber", "furnace", 2025) == pytest.approx(5)
    assert case.dual("policy_limit", "air", 2025) == pytest.approx(-2000)
    assert case.objective == pytest.approx(1020)
