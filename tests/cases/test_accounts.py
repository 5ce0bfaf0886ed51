"""Indicators that are not proportional to flows: tiered tariff, levels of a norm, energy less exclusions, value added.

Every case is derived by hand with its price, solved, and audited from its tables.
"""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem, Solved, finish, prepared

from peakmix.api.running import variable_values
from peakmix.audit.full import audit
from peakmix.foundation.errors import InputError
from peakmix.parameters import accounts
from peakmix.results.agreement import agreed
from peakmix.results.quick_audit import quick_audit
from peakmix.solve.compile import compile_model

YEARS = [[2025, 1], [2026, 5]]


def solved(problem: Problem, **spec: Any) -> Solved:
    """A case that certifies and passes both audits."""
    ready = prepared(problem, YEARS, base=2025, salvage="none", **spec)
    case = finish(ready)
    quick = quick_audit(ready.parameters, ready.model.books, ready.program, case.solution)
    values = variable_values(ready, case.solution.x)
    assert case.certified
    assert quick.passed, quick.failures()
    assert quick.recount is not None
    full = audit(ready.data, ready.scenario, values, case.objective, ready.base_values)
    full = agreed(full, quick.recount, quick.recount.point(case.solution.x))
    assert full.passed, str(full)
    return case


def smelter(use: float, saving: float, cost: float) -> Problem:
    """10 Mt/yr of metal from cells that use ``use`` MWh/t at 50 CNY/MWh; a measure saves ``saving`` for ``cost`` CNY/t.

    The tariff: above 1.00 MWh/t the whole use pays 10 CNY/MWh more for every begun 0.02 MWh/t.
    """
    problem = Problem().commodity("metal").commodity("power", "energy", unit="MWh", energy_content=3.6).demand("metal", 10)
    problem.technology("cell", "metal", inputs={"power": use}, units={"power": "MWh"}, new_build=False).stock("cell", 20)
    problem.market("grid", "power", 50.0, unit="MWh")
    units, flows = {"power": "MWh"}, {("power", "saves_input"): saving}
    problem.measure("cathode", "cell", flows, units=units, variable_cost=cost, applicability=0.8, first_year=2026)
    keys = {"tariff": "tiers", "commodity": "power", "year": ""}
    for parameter, value, unit in (("threshold", 1.0, "MWh/t"), ("step", 0.02, "MWh/t"), ("surcharge", 10.0, "CNY/MWh")):
        problem.value("tariff_tiers", value, unit, parameter=parameter, **keys)
    return problem


DUE = {"quantity": "surcharge", "tariff": "tiers"}
TARIFF = {"tariff": {"instrument": "price", "indicator": DUE, "values": 1, "from_year": 2026}}


@pytest.mark.parametrize(("cost", "fitted"), [(33.9, 8.0), (34.1, 0.0)])
def test_tariff_at_its_kink(cost: float, fitted: float) -> None:
    """1.05 MWh/t is 2.5 steps above the threshold, which counts as 3: 30 CNY/MWh on all of it, 31.5 CNY/t.

    The measure brings the cell to 1.00, the threshold itself, where nothing is due: it saves 31.5 + 0.05 x 50 = 34 CNY/t, so
    that at 33.9 it is fitted where it can be (8 of 10 Mt) and at 34.1 nowhere.
    """
    case = solved(smelter(1.05, 0.05, cost), policies=TARIFF)
    assert case("adopted", "Here", "cathode", "cell", 2026) == pytest.approx(fitted, abs=1e-9)
    assert case("policy_charge", "tariff", 2026) == pytest.approx(315 - 31.5 * fitted)
    base = 10 * 1.05 * 50
    assert case.objective == pytest.approx(base + 5 * (base + 315 + fitted * (cost - 34)))


@pytest.mark.parametrize(("saving", "left"), [(0.049, 10.01), (0.03, 10.2), (0.029, 20.42)])
def test_a_begun_step_counts_whole(saving: float, left: float) -> None:
    """1.001 and 1.02 MWh/t pay one step on the whole use, 1.021 two: 10.01, 10.20 and 20.42 CNY/t."""
    case = solved(smelter(1.05, saving, 1.0), policies=TARIFF)
    assert case("policy_charge", "tariff", 2026) == pytest.approx(2 * 31.5 + 8 * left)


def test_tariff_by_vintage() -> None:
    """The same cells by year of building: those of 2010 use 1.05 MWh/t and pay 31.5 CNY/t, those of 2020 1.00 and pay nothing.

    5 Mt of each stand and 8 are made: 5 new ones, 3 old ones. A mean of both (1.019) would pay one step, 10.2 on all of it.
    """
    problem = smelter(1.0, 0.0, 1.0)
    problem.rows["flows"], problem.rows["stock"], problem.rows["demand"] = [], [], []
    for year, use in ((2010, 1.05), (2020, 1.0)):
        problem.flow("cell", "power", use, unit="MWh", build_year=year).stock("cell", 5, (year, year))
    case = solved(problem.demand("metal", 8), policies=TARIFF)
    assert case("policy_charge", "tariff", 2026) == pytest.approx(3 * 31.5)


def test_tariff_thresholds_are_levers_of_one_structure() -> None:
    """A threshold at which nothing is due keeps the elements: a sweep over it moves numbers, not the model."""
    lenient = smelter(1.05, 0.05, 1.0)
    lenient.rows["tariff_tiers"][0] |= {"value": 2.0, "low": 2.0, "high": 2.0}
    ready = [prepared(p, YEARS, base=2025, policies=TARIFF) for p in (smelter(1.05, 0.05, 1.0), lenient)]
    keys = [set(r.parameters.values["account_rate"]) | set(r.parameters.values["account_change"]) for r in ready]
    assert keys[0] == keys[1]
    assert set(ready[1].parameters.values["account_rate"].values()) == {0.0}


def test_measures_that_may_meet_need_a_joint_rate() -> None:
    """Two measures on the same use that may both be fitted are refused; in one exclusion group they are fine."""
    problem = smelter(1.05, 0.03, 1.0)
    problem.measure("redesign", "cell", {("power", "saves_input"): 0.04}, units={"power": "MWh"})
    with pytest.raises(InputError, match="may be fitted together"):
        prepared(problem, YEARS, base=2025, policies=TARIFF)
    for row in problem.rows["measures"]:
        row["exclusion_group"] = "cathodes"
    prepared(problem, YEARS, base=2025, policies=TARIFF)


def test_an_unknown_tariff() -> None:
    """Names of tariffs, norms and levels are those of the tables."""
    wrong = {"tariff": {**TARIFF["tariff"], "indicator": {"quantity": "surcharge", "tariff": "tears"}}}
    with pytest.raises(InputError, match="tears"):
        prepared(smelter(1.05, 0.05, 1.0), YEARS, base=2025, policies=wrong)


def kilns() -> Problem:
    """10 Mt/yr of clinker: old kilns use 3.5 GJ/t, better ones 3.0; the norm's benchmark is 3.0, its baseline 3.4 GJ/t.

    Old ones run at 100 CNY/t, better ones at 130. A retrofit brings old ones to 3.3 GJ/t for 7 CNY/t; heat itself is free.
    """
    problem = Problem().commodity("clinker").commodity("heat", "energy", unit="GJ", energy_content=1.0).demand("clinker", 10)
    for name, use, cost in (("old", 3.5, 100.0), ("better", 3.0, 130.0)):
        numbers = {"variable_cost": cost, "availability": 0.8}
        problem.technology(name, "clinker", inputs={"heat": use}, units={"heat": "GJ"}, new_build=False, **numbers).stock(name, 20)
    problem.market("heat", "heat", 0.0, unit="GJ").base_output("better", 0.0)
    flows, units = {("heat", "saves_input"): 0.2}, {"heat": "GJ"}
    problem.measure("cooler", "old", flows, units=units, variable_cost=7.0, applicability=1.0, first_year=2026)
    for name, level in (("benchmark", 3.0), ("baseline", 3.4)):
        problem.value("norm_levels", level, "GJ/t", norm="kilns", commodity="clinker", norm_level=name, year="")
    problem._plain("norm_uses", norm="kilns", commodity="heat", note="")
    return problem


def graded(quantity: str, level: str, share: float) -> dict[str, Any]:
    """At least a share of output or capacity reaches a level."""
    indicator = {"quantity": quantity, "norm": "kilns", "reaches": level}
    whole = {"quantity": quantity, "technologies": ["old", "better"]}
    rule = {"instrument": "limit", "sense": "lower", "kind": "intensity", "values": share, "from_year": 2026}
    return {"share": rule | {"indicator": indicator, "denominator": whole}}


def test_share_of_output_at_benchmark() -> None:
    """30 % of 10 Mt come from better kilns, 30 CNY/t dearer: 3 Mt, and one tonne less asked for saves 30 CNY."""
    case = solved(kilns(), policies=graded("output", "benchmark", 0.3))
    assert case("activity", "Here", "better", "all", 2026) == pytest.approx(3)
    assert case.annual_price("policy_limit", "share", 2026, period=2026) == pytest.approx(30)


def test_none_below_baseline() -> None:
    """All output keeps 3.4 GJ/t: old kilns with the retrofit do (7 CNY/t), better ones too but cost 30. One tonne: 7 CNY."""
    case = solved(kilns(), policies=graded("output", "baseline", 1.0))
    assert case("adopted", "Here", "cooler", "old", 2026) == pytest.approx(10)
    assert case.annual_price("policy_limit", "share", 2026, period=2026) == pytest.approx(7)


def test_share_of_capacity_counts_measures_as_if_they_ran_fully() -> None:
    """40 Mt/yr stand, 20 of them better. 70 % are asked to keep the baseline: 28, so that 8 Mt/yr of old ones are retrofitted.

    At an availability of 0.8 that is 6.4 Mt of output with the retrofit, and one Mt/yr of capacity costs 0.8 x 7 = 5.6.
    """
    case = solved(kilns(), policies=graded("capacity", "baseline", 0.7))
    assert case("adopted", "Here", "cooler", "old", 2026) == pytest.approx(6.4)
    assert case.annual_price("policy_limit", "share", 2026, period=2026) == pytest.approx(5.6)


def boilers() -> Problem:
    """10 PJ/yr of steam from coal at 20, biomass at 35 or power at 60 CNY/GJ; 40 % of power is renewable, biomass all of it."""
    problem = Problem().commodity("steam", "intermediate", unit="GJ").commodity("coal", "energy", unit="GJ", energy_content=1.0)
    problem.commodity("biomass", "energy", unit="GJ", energy_content=1.0)
    problem.commodity("power", "energy", unit="MWh", energy_content=3.6, coal_equivalent=0.3)
    for fuel, unit, use, price in (("coal", "GJ", 1.0, 20.0), ("biomass", "GJ", 1.0, 35.0), ("power", "MWh", 0.25, 240.0)):
        problem.technology(f"{fuel}_boiler", "steam", inputs={fuel: use}, units={fuel: unit}, capacity=False)
        problem.market(fuel, fuel, price, unit=unit)
    for row in problem.rows["flows"]:
        row["unit"] = row["unit"].replace("/t", "/GJ")
    problem.value("demand", 10.0, "PJ/yr", variant="", location="Here", commodity="steam", year="")
    for commodity, share in (("biomass", 1.0), ("power", 0.4)):
        problem.value("energy_exclusions", share, "1", kind="renewables", commodity=commodity, location="", year="")
    problem.value("energy_exclusions", 0.5, "1", kind="feedstock", commodity="coal", location="", year="")
    return problem


def energy(convention: str, value: str, **more: Any) -> dict[str, Any]:
    """A cap on energy."""
    indicator = {"quantity": "energy", "convention": convention, **more}
    return {"energy": {"instrument": "limit", "indicator": indicator, "values": value}}


def test_renewables_left_out_of_an_energy_cap() -> None:
    """At most 6 PJ/yr that are not renewable: 4 PJ of steam from biomass, 15 CNY/GJ dearer, which is the price of the cap."""
    case = solved(boilers(), policies=energy("calorific", "6 PJ/yr", exclude=["renewables"]))
    assert case("activity", "Here", "biomass_boiler", "all", 2026) == pytest.approx(4)
    assert case.annual_price("policy_limit", "energy", 2026, period=2026) == pytest.approx(-15)


def test_a_renewable_share_counts_in_part() -> None:
    """Without biomass: a GJ of steam from power uses 0.9 GJ, of which 0.54 count. Each replaces 1 GJ of coal at 40 more.

    10 - 0.46 x = 7.7: x = 5; price 40 / 0.46.
    """
    problem = boilers()
    problem.rows["market_parameters"][1]["value"] = problem.rows["market_parameters"][1]["high"] = 900.0
    problem.rows["market_parameters"][1]["low"] = 900.0
    case = solved(problem, policies=energy("calorific", "7.7 PJ/yr", exclude=["renewables"]))
    assert case("activity", "Here", "power_boiler", "all", 2026) == pytest.approx(5)
    assert case.annual_price("policy_limit", "energy", 2026, period=2026) == pytest.approx(-40 / 0.46)


def test_energy_control_gives_way_to_carbon_control() -> None:
    """Dated rules: 6 PJ/yr of energy less renewables to 2030, then 0.3 Mt/yr of CO2 (0.1 t per GJ of coal) from 2031.

    Biomass takes 4 PJ at first and 7 PJ later; the price is 15 CNY/GJ, then 150 CNY per tonne, and 0 where the rule has ended.
    """
    problem = boilers().value("commodity_properties", 0.1, "t/GJ", commodity="coal", property="co2_content", year="")
    policies = energy("calorific", "6 PJ/yr", exclude=["renewables"])
    policies["energy"] |= {"from_year": 2026, "to_year": 2030}
    policies["carbon"] = {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "values": {2031: "0.3 Mt/yr"}}
    case = finish(prepared(problem, [[2025, 1], [2026, 5], [2031, 5]], base=2025, policies=policies))
    assert [case("activity", "Here", "biomass_boiler", "all", p) for p in (2026, 2031)] == pytest.approx([4, 7])
    assert case.annual_price("policy_limit", "energy", 2026, period=2026) == pytest.approx(-15)
    assert case.annual_price("policy_limit", "carbon", 2031, period=2031) == pytest.approx(-150)
    assert ("energy", 2031) not in case.prepared.program.rows.indices("policy_limit")


def test_both_exclusions_and_the_tce_convention() -> None:
    """With half of the coal as feedstock 10 GJ count 5 / 29.3076 Mtce. A cap at 4 / 29.3076 needs 2 PJ from biomass.

    One GJ counted less takes 2 GJ of biomass at 15 more: 30 x 29.3076 CNY per tce.
    """
    cap = f"{4 / 29.3076!r} Mtce/yr"
    case = solved(boilers(), policies=energy("coal_equivalent", cap, exclude=["renewables", "feedstock"]))
    assert case("activity", "Here", "biomass_boiler", "all", 2026) == pytest.approx(2)
    assert case.annual_price("policy_limit", "energy", 2026, period=2026) == pytest.approx(-30 * 29.3076)


def two_products() -> Problem:
    """4 Mt of steel (100 CNY/t of value added) and 2 Mt of glass (300); dirty works emit 2 and 1 t/t, clean ones nothing."""
    problem = Problem().commodity("steel").commodity("glass").demand("steel", 4).demand("glass", 2)
    for product, co2, extra in (("steel", 2.0, 50.0), ("glass", 1.0, 60.0)):
        problem.technology(f"dirty_{product}", product, variable_cost=100.0, co2=co2).stock(f"dirty_{product}", 9)
        problem.technology(f"clean_{product}", product, variable_cost=100.0 + extra).stock(f"clean_{product}", 9)
    for product, worth in (("steel", 100.0), ("glass", 300.0)):
        problem.value("value_added", worth, "CNY/t", commodity=product, location="", year="")
    return problem.base_output("clean_steel", 0.0).base_output("clean_glass", 0.0)


PER_VALUE_ADDED = {
    "instrument": "limit", "indicator": {"quantity": "direct_co2"}, "denominator": {"quantity": "value_added"},
    "kind": "intensity", "values": "0.006 t/CNY",
}  # fmt: skip


def test_intensity_per_value_added() -> None:
    """4 x 100 + 2 x 300 = 1,000 million of value added, 10 Mt of CO2. 0.006 t/CNY allow 6 Mt: 2 Mt of clean steel at 25 per t."""
    case = solved(two_products(), policies={"intensity": PER_VALUE_ADDED})
    assert case("activity", "Here", "clean_steel", "all", 2026) == pytest.approx(2)
    assert case.annual_price("policy_limit", "intensity", 2026, period=2026) == pytest.approx(-25)


def test_intensity_relative_to_the_base_period() -> None:
    """Dual control: CO2 per value added falls to 60 % of what it was. The base period is dirty: 0.01 t/CNY; the same 6 Mt."""
    rule = {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "kind": "relative_to_base", "values": 0.6}
    case = solved(two_products(), policies={"intensity": rule | {"denominator": {"quantity": "value_added"}}})
    assert case("activity", "Here", "clean_steel", "all", 2026) == pytest.approx(2)


def test_named_indicators() -> None:
    """An index of the scenario: tonnes of CO2 and of dirty glass, weighted 1 and 3, counted in t: 8 + 2 + 6 = 16.

    At most 10: a tonne of clean glass takes 4 away for 60 (15 each), of clean steel 2 for 50 (25 each): 1.5 Mt of glass.
    """
    parts = [{"indicator": {"quantity": "direct_co2"}}, {"weight": 3.0, "indicator": {"named": "glass"}}]
    named = {"index": {"unit": "t", "sum": parts}, "glass": {"quantity": "output", "technologies": ["dirty_glass"]}}
    rule = {"instrument": "limit", "indicator": {"named": "index"}, "values": "10 Mt/yr"}
    case = solved(two_products(), indicators=named, policies={"index": rule})
    assert case("activity", "Here", "clean_glass", "all", 2026) == pytest.approx(1.5)
    assert case.annual_price("policy_limit", "index", 2026, period=2026) == pytest.approx(-15)


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"index": {"named": "other"}}, "no indicator 'other'"),
        ({"index": {"named": "index"}}, "stated by itself"),
        ({"index": {"quantity": "direct_co2", "unit": "t"}}, "unit belongs to a sum"),
    ],
)
def test_names_that_lead_nowhere(named: dict[str, Any], words: str) -> None:
    """Unknown names and circles are refused when the scenario is read."""
    rule = {"instrument": "limit", "indicator": {"named": "index"}, "values": "10 Mt/yr"}
    with pytest.raises(InputError, match=words):
        prepared(two_products(), YEARS, indicators=named, policies={"index": rule})


def test_unlike_quantities_need_a_unit() -> None:
    """Tonnes and GJ are not added without saying what is counted."""
    parts = [{"indicator": {"quantity": "direct_co2"}}, {"indicator": {"quantity": "energy", "convention": "calorific"}}]
    rule = {"instrument": "limit", "indicator": {"sum": parts}, "values": 10}
    with pytest.raises(InputError, match="unlike quantities"):
        prepared(two_products(), YEARS, policies={"index": rule})


def test_investment_closures_and_sales() -> None:
    """Old works (100 CNY/t) give way to new ones (40, built at 200 CNY/(t/yr)) of which 1 Mt/yr is asked to close a year.

    Investment is held at 300 million a year, 1,500 in the period of 5 years: 7.5 Mt/yr, price (5 x 60 - 200) / 200 / 5 = 0.1 in
    each year per CNY. Closing 1 Mt/yr a year takes 5 of the 12 Mt/yr. Slag, 0.1 t/t of new works, is sold at 5.
    """
    problem = Problem().commodity("steel").commodity("slag", "residue").demand("steel", 10)
    problem.technology("old", "steel", variable_cost=100.0, retire="existing", new_build=False).stock("old", 12)
    new = {"capital_cost": 200.0, "first_year": 2026, "variable_cost": 40.0}
    problem.technology("new", "steel", outputs={"slag": 0.1}, **new).market("buyer", "slag", 5.0, "sell")
    problem.market("heap", "slag", 50.0, "dispose")
    rule = {"instrument": "limit", "from_year": 2026}
    policies = {
        "money": rule | {"indicator": {"quantity": "investment"}, "values": "300 MCNY/yr"},
        "closing": rule | {"indicator": {"quantity": "retirements"}, "values": "1 Mt/yr", "sense": "lower"},
        "sold": rule | {"indicator": {"quantity": "sales", "commodity": "slag", "market": "buyer"}, "values": "0.5 Mt/yr"},
    }
    case = solved(problem, policies=policies)
    assert case("new_capacity", "Here", "new", 2026) == pytest.approx(7.5)
    assert case.total("early_retirement", p3=2026) == pytest.approx(5)
    assert case.total("market_volume", p1="buyer", p2=2026) == pytest.approx(0.5)
    assert case.total("market_volume", p1="heap", p2=2026) == pytest.approx(0.25)


def test_investment_counts_conversions() -> None:
    """A limit on investment counts what a conversion costs per t/yr of TARGET, its ratio included.

    Old works (100 CNY/t) are refitted at 40 CNY per t/yr of what comes out, 0.8 t a tonne, and then run at 20 CNY/t for 5 years. A
    tonne of old works turned into 0.8 t costs 0.8 x 40 = 32 and saves 5 x (100 - 0.8 x 20 - 0.2 x 150, bought steel) = 270.
    12.8 million CNY a year, 64 in the period, refit 2 of the 10 Mt/yr, which leave 1.6: the period costs
    5 x (8 x 100 + 1.6 x 20 + 0.4 x 150) + 64 = 4,524, 2025 costs 1,000. One yuan more in the period refits 1/32 t and saves
    (270 - 32) / 32 = 7.4375 CNY; a yuan more in each of its years five times as much.
    """
    problem = Problem().commodity("steel").demand("steel", 10).market("import", "steel", 150.0)
    problem.technology("old", "steel", variable_cost=100.0, new_build=False, lifetime=100.0).stock("old", 10)
    problem.technology("fitted", "steel", variable_cost=20.0, new_build=False, lifetime=100.0)
    problem.conversion("refit", "old", "fitted", clock="kept", capital_cost=40.0, ratio=0.8, first_year=2026)
    limit = {"instrument": "limit", "from_year": 2026, "indicator": {"quantity": "investment"}, "values": "12.8 MCNY/yr"}
    case = solved(problem, policies={"money": limit})
    assert case.total("conversion") == pytest.approx(2)
    assert case.objective == pytest.approx(1000 + 4524)
    assert case.dual("policy_limit", "money", 2026) == pytest.approx(-5 * 7.4375)


def objections(ready: Any) -> tuple[list[str], list[str]]:
    """What quick and full audit object to in a broken copy."""
    case = finish(ready)
    quick = quick_audit(ready.parameters, ready.model.books, ready.program, case.solution)
    report = audit(ready.data, ready.scenario, variable_values(ready, case.solution.x), case.objective, ready.base_values)
    return quick.failures(), [check.name for check in report.failed]


def test_a_tariff_without_steps_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """A surcharge in proportion to the excess, not by begun steps: the audit from the tables objects."""
    monkeypatch.setattr(accounts, "tiers", lambda use, threshold, step, rate: max(0.0, use - threshold) / step * rate * use)
    _, full = objections(prepared(smelter(1.05, 0.05, 99.0), YEARS, base=2025, policies=TARIFF))
    assert "policy price: charged quantity" in full


def test_a_norm_read_the_wrong_way_is_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounding of 20 % lets old kilns reach the benchmark: the audit from the tables objects."""
    monkeypatch.setattr(accounts, "NEAR", 0.2)
    _, full = objections(prepared(kilns(), YEARS, base=2025, policies=graded("output", "benchmark", 0.3)))
    assert "policy limit: value" in full


def test_rows_dropped_are_seen_by_both() -> None:
    """Without its row a target is missed by nobody's leave; without its definition a denominator is anything."""
    share = {"share": graded("output", "benchmark", 0.3)["share"] | {"instrument": "target", "hard": True}}
    for row, policies, problem in (
        ("policy_target", share, kilns()),
        ("indicator_part_level", {"intensity": PER_VALUE_ADDED}, two_products()),
    ):
        ready = prepared(problem, YEARS, base=2025, policies=policies)
        ready.model.del_component(row)
        ready.program = compile_model(ready.model).at()
        quick, full = objections(ready)
        assert quick
        assert any(name.startswith("policy") for name in full)
