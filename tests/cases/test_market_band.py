"""Allocation by intensity band, tightening, and what may be kept in proportion to sales; quantities and prices by hand."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem, Solved, prepared, solve
from tests.cases.test_market import ONE_YEAR, OUTPUT, TWO_YEARS, market, plants, price

from peakmix.formulation.policies.market_band import allocated
from peakmix.foundation.errors import InputError, InputErrors
from peakmix.scenario import check_against, from_mapping


def band(balance: Any = "2 t/t", technologies: tuple[str, ...] = ("works",), **more: Any) -> dict[str, Any]:
    """An allocation by band."""
    return {"band": {"technologies": list(technologies), "balance": balance} | more}


def two_works(problem: Problem | None = None) -> Problem:
    """Old works emit 2.2 t/t at 100 CNY/t, new ones 1.8 at 103; 10 Mt of steel a year."""
    problem = problem or Problem().commodity("steel")
    for name, cost, co2 in (("old", 100.0, 2.2), ("new", 103.0, 1.8)):
        problem.technology(name, "steel", variable_cost=cost, co2=co2).stock(name, 20)
    return problem.demand("steel", 10).group("works", "old", "new")


@pytest.mark.parametrize(
    ("emitted", "given"),
    [(1.9, 1.91425), (2.1, 2.08425), (1.5, 1.545), (2.5, 2.425), (2.4, 2.328)],
)
def test_band_inside_above_and_below(emitted: float, given: float) -> None:
    """Balance 2, slope 0.15, clamp 3 %. e = 1.9: X = 0.05, a = 0.0075, 1.9 x 1.0075; e = 2.1: a = -0.0075.

    e = 1.5: X = 0.25, a = 0.0375 is cut to 0.03: 1.5 x 1.03; e = 2.5: 2.5 x 0.97. e = 2.4 is the corner, X = -0.2. A plant that
    emits nothing, or takes up, is given what it emits.
    """
    assert [allocated(e, 2.0, 0.15, 0.03) for e in (0.0, -0.1)] == [0.0, -0.1]
    problem = Problem().commodity("steel").technology("works", "steel", co2=emitted).stock("works", 20).demand("steel", 10)
    ready = prepared(problem, ONE_YEAR, policies=market(allocation=[band()]))
    assert ready.parameters["allowance_band"]["ets", "Here", "works", "all", 2025] == pytest.approx(given)


def test_price_in_a_band_is_what_the_spread_of_plants_makes_it() -> None:
    """Old: a = -0.015, given 2.167, lacks 0.033 a tonne; new: given 1.827, 0.027 to spare. 0.033 x old = 0.027 x new: 4.5 and 5.5.

    3 CNY more for the new tonne move 0.06 allowances: 50 CNY/t. Steel costs 100 + 50 x 0.033 = 103 - 50 x 0.027 = 101.65, and not
    100 + 50 x 2.2: a band prices the spread of plants, not what they emit.
    """
    case = solve(two_works(), ONE_YEAR, policies=market(allocation=[band()]))
    assert case("activity", "Here", "old", "all", 2025) == pytest.approx(4.5)
    assert price(case, 2025) == pytest.approx(50)
    assert case.dual("balance", "Here", "steel", 2025) == pytest.approx(101.65)
    assert case.objective == pytest.approx(450 + 5.5 * 103)
    assert case("allowance_emission", "ets", "all", 2025) == pytest.approx(2.2 * 4.5 + 1.8 * 5.5)


def test_clamp_of_zero_gives_what_is_emitted() -> None:
    """Full grandfathering, the rule for 2024: nobody lacks, the cheapest works run, the price is 0."""
    case = solve(two_works(), ONE_YEAR, policies=market(allocation=[band(clamp=0)]))
    assert case.objective == pytest.approx(1000)
    assert price(case, 2025) == pytest.approx(0, abs=1e-9)


def test_a_measure_is_a_plant_of_its_own() -> None:
    """0.4 t/t less for 2.4 CNY/t makes old works 1.8 t/t: given 1.827 instead of 2.167, so a tonne of steel gains 0.06 allowances.

    40 CNY/t, below the 50 of new works: 10 x 0.033 lacking are covered by 5.5 Mt of steel with the measure.
    """
    problem = two_works().measure("capture", "old", {}, removes={"CO2_process": 0.4}, variable_cost=2.4)
    case = solve(problem, ONE_YEAR, policies=market(allocation=[band()]))
    given = case.prepared.parameters["allowance_band_measure"]["ets", "Here", "capture", "old", 2025]
    assert given == pytest.approx(1.827 - 2.167)
    assert case("adopted", "Here", "capture", "old", 2025) == pytest.approx(5.5)
    assert price(case, 2025) == pytest.approx(40)
    assert case.objective == pytest.approx(1000 + 2.4 * 5.5)


def test_vintages_have_their_own_intensity() -> None:
    """Coal of 3 t CO2: works of 2000 burn 0.75 t, those of 2020 0.6: e = 2.25 and 1.8, given 2.25 x 0.98125 and 1.8 x 1.015."""
    problem = Problem().commodity("steel").commodity("coal", "energy", co2_content=3.0).market("coal", "coal", 10.0)
    problem.technology("works", "steel", lifetime=60.0).demand("steel", 10)
    problem.flow("works", "coal", 0.75, build_year=2000).flow("works", "coal", 0.6, build_year=2020)
    problem.stock("works", 8, (2000, 2000)).stock("works", 8, (2020, 2020))
    ready = prepared(problem, ONE_YEAR, policies=market(allocation=[band()]))
    given = {key[3]: number for key, number in ready.parameters["allowance_band"].items()}
    assert [given["2000-2000"], given["2020-2020"]] == pytest.approx([2.25 * 0.98125, 1.8 * 1.015])


def boilers() -> Problem:
    """Works that emit 1 t/t and take 1 t of steam; steam from coal with 1 t/t, or from gas with 0.6 for 3 CNY more."""
    problem = Problem().commodity("steel").commodity("steam", "intermediate")
    problem.technology("works", "steel", inputs={"steam": 1.0}, variable_cost=100.0, co2=1.0).stock("works", 20)
    for name, cost, co2 in (("coal_boiler", 7.0, 1.0), ("gas_boiler", 10.0, 0.6)):
        problem.technology(name, "steam", capacity=False, variable_cost=cost, co2=co2)
    return problem.demand("steel", 10).group("boilers", "coal_boiler", "gas_boiler")


def test_attributed_emissions_belong_to_the_plant() -> None:
    """With steam at 1 t/t the works emit 2 t/t. Balance 2 x 0.98 = 1.96: a = 0.15 x (-0.04 / 1.96), 0.006122 lacking a tonne.

    Gas instead of coal emits 0.4 less and is given 0.85 x 0.4 less: 0.06 gained for 3 CNY, 50 CNY/t; 0.061224 / 0.06 Mt of it.
    """
    rule = band(attributed={"steam": "1 t/t"}, through=["boilers"]) | {"tightening": 0.98}
    case = solve(boilers(), ONE_YEAR, policies=market(allocation=[rule]))
    lacking = -2 * 0.15 * (1.96 - 2) / 1.96 * 10
    assert case("activity", "Here", "gas_boiler", "all", 2025) == pytest.approx(lacking / 0.06)
    assert price(case, 2025) == pytest.approx(50)
    assert case.objective == pytest.approx(1070 + 3 * lacking / 0.06)


def test_tightening_is_a_factor_by_year() -> None:
    """Amounts 10, 12, 14, 16 Mt by year times 1, 0.9, 0.8, 0.7: 10, 10.8, 11.2, 11.2, mean 10.8; as steps the first year's 10.

    A factor on the whole market multiplies on top. The same factors on a benchmark give the same: 1, 1.2, 1.4, 1.6 t/t of 10 Mt.
    """
    periods = [[2025, 1], [2026, 4]]
    amounts = {"amount": {2026: "10 Mt/yr", 2029: "16 Mt/yr"}, "tightening": {2026: 1, 2029: 0.7}}
    rates = {"benchmark": {2026: "1 t/t", 2029: "1.6 t/t"}, "output": OUTPUT, "tightening": {2026: 1, 2029: 0.7}}

    def given(entry: dict[str, Any], name: str, where: Any, **more: Any) -> float:
        rules = market(allocation=[entry], from_year=2026, **more)
        return float(prepared(plants(), periods, policies=rules).parameters[name]["ets", where, 2026])

    assert given(amounts, "allowance_amount", "all") == pytest.approx(10.8)
    assert given(amounts, "allowance_amount", "all", between="step") == pytest.approx(10)
    assert given(amounts, "allowance_amount", "all", tightening=0.5) == pytest.approx(5.4)
    assert given(rates, "allowance_benchmark", 0) == pytest.approx(1.08)
    tight = solve(plants(), periods, 0.08, policies=market(allocation=[amounts], from_year=2026))
    plain = solve(plants(), periods, 0.08, policies=market("10.8 Mt/yr", from_year=2026))
    assert tight.objective == pytest.approx(plain.objective)


def keeping(**more: Any) -> Solved:
    """16 Mt for 2025 and 5 for 2026, given by benchmark, so that dirty works lack 0.4 t/t in 2025."""
    given = [{"benchmark": {2025: "1.6 t/t", 2026: "0.5 t/t"}, "output": OUTPUT}]
    return solve(plants(), TWO_YEARS, 0.08, policies=market(allocation=given, **more))


def test_what_may_be_kept_in_proportion_to_sales() -> None:
    """Limit 1 Mt + 1.5 x sales. With d Mt of dirty steel in 2025, 6 - d are left over and 0.4 d are sold to those who lack.

    Both bind: 6 - d = 1 + 0.6 d, d = 3.125, kept 2.875 where a limit of 1 keeps 1 and no limit 5. 2026 emits 7.875 at 30 CNY/t.
    One tonne more of room is worth m, discounted; one tonne more of dirty steel saves 20 and makes 0.6 of room: the price of 2025
    is 20 + 0.6 m = 30 / 1.08 - m. One tonne more that counts as sold is worth 1.5 m.
    """
    case = keeping(banking_limit="1 Mt", banking_sales=1.5)
    room = (30 / 1.08 - 20) / 1.6
    assert case("activity", "Here", "dirty", "all", 2025) == pytest.approx(3.125)
    assert case("allowance_held", "ets", "all", 2025) == pytest.approx(2.875)
    assert case("allowance_marketed", "ets", "all", 2025) == pytest.approx(1.25)
    assert price(case, 2025) == pytest.approx(20 + 0.6 * room)
    assert price(case, 2026) == pytest.approx(30)
    assert -case.dual("policy_allowance_bank", "ets", "all", 2025) == pytest.approx(room)
    assert -case.dual("policy_allowance_sales", "ets", "all", 2025) == pytest.approx(1.5 * room)
    assert case.objective == pytest.approx(312.5 + 6.875 * 120 + (7.875 * 120 + 2.125 * 150) / 1.08)
    assert keeping(banking_limit="1 Mt")("allowance_held", "ets", "all", 2025) == pytest.approx(1)
    assert keeping()("allowance_held", "ets", "all", 2025) == pytest.approx(5)


def test_nobody_sells_to_oneself() -> None:
    """West (gas, benchmark 1.4) has 4 Mt to spare, East (dirty) lacks 3 and buys no more: West may keep 0.25 x 3; 0.25 Mt lapse."""
    problem = Problem(("West", "East")).commodity("steel")
    for name, cost, co2 in (("dirty", 100.0, 2.0), ("gas", 120.0, 1.0), ("clean", 150.0, 0.0)):
        problem.technology(name, "steel", variable_cost=cost, co2=co2, new_build=False)
    problem.stock("gas", 20, place="West").stock("dirty", 20, place="East").stock("clean", 20, place="East")
    problem.demand("steel", 10, place="West").demand("steel", 5, place="East")
    given = [{"benchmark": {2025: "1.4 t/t", 2026: "1 t/t"}, "output": OUTPUT}]
    rules = market(allocation=given, accounts="place", banking_limit="0 Mt", banking_sales=0.25)
    case = solve(problem, TWO_YEARS, policies=rules)
    assert case("allowance_sold", "ets", "West", 2025) == pytest.approx(3)
    assert case("allowance_held", "ets", "West", 2025) == pytest.approx(0.75)
    assert case("allowance_held", "ets", "East", 2025) == pytest.approx(0, abs=1e-9)
    assert price(case, 2026, "East") == pytest.approx(25)
    assert case.objective == pytest.approx(2400 + 500 + 500 + 25 * (5 - 0.75))


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"allocation": [band(), band()]}, "stands in a band already"),
        ({"allocation": [band("2 t/t") | {"tightening": 0.0}]}, "lies above zero"),
    ],
)
def test_bands_that_cannot_be(block: dict[str, Any], said: str) -> None:
    with pytest.raises(InputError, match=said):
        solve(two_works(), ONE_YEAR, policies=market(**block))


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"allocation": [{"amount": 3} | band()]}, "either a benchmark or an amount or a band"),
        ({"allocation": [band(balance=-1)]}, "lies above zero"),
        ({"allocation": [band(clamp=-0.1)]}, "not below zero"),
        ({"allocation": [band(through=["works"])]}, "through needs attributed"),
        ({"allocation": [band() | {"location": "Here"}]}, "wherever the market does"),
        ({"allocation": [band()], "indicator": {"quantity": "purchased_power_co2"}}, "need an indicator of"),
        ({"allocation": [band()], "banking_sales": 1.5}, "added to banking_limit"),
        ({"allocation": [{"amount": 3}], "banking_limit": 1, "banking_sales": 1.5}, "allocation by plant"),
        ({"allocation": [band()], "banking_limit": 1, "banking_sales": 1.5, "borrowing": True}, "borrowing: false"),
    ],
)
def test_blocks_that_contradict_themselves(block: dict[str, Any], said: str) -> None:
    with pytest.raises(InputErrors, match=said):
        from_mapping({"name": "x", "horizon": {"periods": ONE_YEAR}, "policies": {"ets": {"instrument": "market"} | block}})


def test_names_inside_a_band_are_checked() -> None:
    """A technology or a commodity that the tables do not have is named with its place in the scenario."""
    data = two_works().data()
    for block, said in ((band(technologies=("wurks",)), "wurks"), (band(attributed={"steem": 1.0}, through=["old"]), "steem")):
        spec = {"name": "x", "horizon": {"periods": ONE_YEAR}, "policies": market(allocation=[block])}
        with pytest.raises(InputErrors, match=said):
            check_against(data, from_mapping(spec))
