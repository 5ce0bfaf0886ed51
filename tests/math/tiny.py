"""Tiny models, one a constraint family or instrument, that hold at least one row of every kind it can write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tests.cases.kit import Prepared, Problem, prepared

DIRECT = {"quantity": "direct_co2"}
PERIODS = [[2025, 1], [2026, 4], [2030, 5]]


def stock() -> Prepared:
    """Closures, a kept and a reset conversion with ratio and limit, renewals of what expires, a hurdle rate."""
    problem = Problem().commodity("steel").demand("steel", 6).market("import", "steel", 500.0)
    numbers = {"variable_cost": 300.0, "fixed_cost": 5.0, "closure_cost": 2.0, "lifetime": 12.0}
    problem.technology("old", "steel", retire="existing", new_build=False, **numbers)
    problem.technology("fitted", "steel", variable_cost=200.0, fixed_cost=4.0, lifetime=12.0, new_build=False)
    new = {"variable_cost": 100.0, "fixed_cost": 3.0, "capital_cost": 50.0, "lifetime": 6.0, "hurdle_rate": 0.12}
    problem.technology("new", "steel", retire="all", first_year=2026, **new)
    problem.stock("old", 8, (2014, 2019)).stock("new", 1, (2021, 2021))
    problem.conversion("refit", "old", "fitted", capital_cost=10.0, first_year=2026, limit=0.5)
    problem.conversion("rebuild", "old", "new", clock="reset", capital_cost=20.0, ratio=0.8, first_year=2030)
    problem.technology("kiln", "steel", new_build=False, fixed_cost=6.0, lifetime=12.0).stock("kiln", 2, (2014, 2019))
    for name in ("fitted", "kiln"):
        problem.conversion(f"reline_{name}", name, name, draws="expiring", clock="reset", capital_cost=5.0)
    return prepared(problem, PERIODS, 0.08, timing=0.5)


def service() -> Prepared:
    """Pooled and dated works, a least utilisation of standing and of new capacity."""
    problem = Problem().commodity("steel").commodity("coal", "energy").market("coal", "coal", 10.0).demand("steel", 6)
    numbers = {"availability": 0.9, "minimum_utilisation": 0.3, "fixed_cost": 2.0}
    problem.technology("pooled", "steel", capital_cost=30.0, first_year=2026, lifetime=8.0, **numbers)
    problem.stock("pooled", 4, (2016, 2019))
    problem.technology("closing", "steel", retire="existing", new_build=False, variable_cost=1.0, **numbers)
    problem.stock("closing", 2, (2018, 2018))
    problem.technology("dated", "steel", capital_cost=40.0, lifetime=20.0)
    problem.flow("dated", "coal", 2.0, build_year=2000).flow("dated", "coal", 1.0, build_year=2020)
    problem.stock("dated", 3, (2010, 2010))
    return prepared(problem, PERIODS, 0.08)


def balances() -> Prepared:
    """Two places: trade with loss, pooled demand, limited markets, a by-product, a stockpile."""
    problem = Problem(("West", "East")).commodity("steel").commodity("ore", "intermediate").commodity("slag", "residue")
    problem.technology("furnace", "steel", inputs={"ore": 1.5}, outputs={"slag": 0.3}, variable_cost=7.0)
    problem.stock("furnace", 3, place="West").stock("furnace", 5, place="East")
    problem.demand("steel", 4, place="Land").demand("steel", 1, place="East").demand("ore", 0.5, place="West")
    problem.market("mine", "ore", 10.0, limit=4.0, place="West").market("spot", "ore", {2025: 40.0, 2034: 58.0})
    problem.market("heap", "slag", 3.0, "dispose").market("sale", "slag", 5.0, "sell", limit=0.2)
    keys = {"market": "spot", "parameter": "limit", "location": "Land", "year": ""}
    problem.value("market_parameters", 9.0, "Mt/yr", **keys)
    problem.road("ore", "West", "East", 400.0, 0.05, terminal=5.0, loss=0.1)
    problem.stockpile("ore", 2.0, 1.0, 0.5)
    return prepared(problem, PERIODS, 0.08)


def measures() -> Prepared:
    """Two measures of one group on a pinned host: penetration, applicability, pace, a limited life."""
    problem = Problem().commodity("steel").commodity("coal", "energy", co2_content=2.5).demand("steel", 10)
    problem.technology("furnace", "steel", inputs={"coal": 1.0}).stock("furnace", 20).base_output("furnace", 10.0)
    problem.market("coal", "coal", 100.0)
    numbers = {"capital_cost": 10.0, "fixed_cost": 1.0, "variable_cost": 2.0, "applicability": 0.8, "lifetime": 5.0}
    standing = {"penetration": 0.3, "adoption_rate": 0.04}
    problem.measure("recovery", "furnace", {("coal", "saves_input"): 0.2}, "heat", **numbers, **standing)
    problem.measure("redesign", "furnace", {("coal", "saves_input"): 0.3}, "heat", capital_cost=30.0, applicability=0.7)
    policies = {"cap": {"instrument": "limit", "indicator": DIRECT, "values": "22 Mt/yr"}}
    return prepared(problem, PERIODS, 0.08, base=2025, policies=policies)


def base_year() -> Prepared:
    """A group and a technology held at statistics."""
    problem = Problem().commodity("steel").demand("steel", 10).group("works", "old", "new")
    problem.technology("old", "steel").technology("new", "steel").stock("old", 20).stock("new", 20)
    problem.base_output("works", 10.0, tolerance=0.02).base_output("new", 3.0)
    return prepared(problem, PERIODS, base=2025)


def limits() -> Prepared:
    """Every limited quantity, both senses, over a place and a node; shares place by place and pooled."""
    problem = Problem(("West", "East")).commodity("steel").commodity("coal", "energy").market("coal", "coal", 9.0)
    for name in ("old", "new"):
        problem.technology(name, "steel", inputs={"coal": 1.0}, lifetime=20.0, capital_cost=10.0)
        problem.stock(name, 4, (2010, 2010), "West").stock(name, 5, (2015, 2015), "East")
    problem.measure("recovery", "old", {("coal", "saves_input"): 0.2}).group("works", "old", "new")
    problem.demand("steel", 3, place="West").demand("steel", 4, place="East")
    problem.bound("activity", "old", 1.0, "lower").bound("capacity", "works", {2026: 30.0, 2034: 38.0}, place="Land")
    problem.bound("additions", "new", 0.5, place="").bound("net_additions", "works", 0.7, place="Land")
    problem.bound("adopted", "recovery", 2.0, place="East")
    problem.share("mix", ["new"], ["old", "new"], 0.4).share("floor", ["old"], ["new"], 0.2, "lower", "yes")
    return prepared(problem, PERIODS, base=2025)


def plants() -> Problem:
    """Clean and dirty works with direct CO2, bought power with CO2, old stock and new build."""
    problem = Problem(("West", "East")).commodity("steel").commodity("power", "energy", unit="MWh")
    numbers = {"capital_cost": 30.0, "lifetime": 20.0, "first_year": 2026}
    power = {"power": 0.5}
    problem.technology("clean", "steel", inputs=power, units={"power": "MWh"}, variable_cost=150.0, **numbers)
    problem.technology("dirty", "steel", variable_cost=100.0, co2=2.0, **(numbers | {"retire": "existing"}))
    problem.market("grid", "power", 60.0, scope="purchased_power", factor=0.6, unit="MWh")
    for place, amount in (("West", 8.0), ("East", 6.0)):
        problem.stock("dirty", amount, (2005, 2010), place).stock("clean", 1.0, (2020, 2020), place)
        problem.demand("steel", {2025: 5.0, 2030: 6.0}, place)
        problem.base_output("dirty", 4.5, place)
    return problem.group("works", "clean", "dirty")


def ruled(problem: Problem | None = None, **policies: Any) -> Prepared:
    """The plants under some policies, with a pinned base year."""
    return prepared(problem or plants(), PERIODS, 0.08, base=2025, policies=policies)


def limit() -> Prepared:
    """A cap by year, a soft cap on one place, an intensity, a share of the base year, a floor, a budget over two scopes."""
    rule = {"instrument": "limit", "indicator": DIRECT}
    both = {"quantity": "co2", "scopes": ["direct", "purchased_power"]}
    return ruled(
        cap=rule | {"values": {2026: "14 Mt/yr", 2034: "10 Mt/yr"}},
        soft=rule | {"values": "7 Mt/yr", "location": "West", "slack_price": "40 CNY/t", "from_year": 2030},
        intensity=rule | {"kind": "intensity", "values": "1.5 t/t", "denominator": {"quantity": "output"}},
        relative=rule | {"kind": "relative_to_base", "values": 0.9, "between": "step"},
        floor=rule | {"sense": "lower", "values": "1 Mt/yr", "indicator": {"quantity": "output", "technologies": ["clean"]}},
        budget=rule | {"span": "horizon", "values": "120 Mt", "indicator": both},
    )


def target() -> Prepared:
    """A share with a priced miss, a hard ceiling relative to the base year's intensity, a voluntary target per value added."""
    problem = plants().value("value_added", 80.0, "CNY/t", commodity="steel", location="", year="")
    rule, output = {"instrument": "target"}, {"quantity": "output"}
    clean = {"quantity": "output", "technologies": ["clean"]}
    return ruled(
        problem,
        share=rule | {"indicator": clean, "kind": "intensity", "denominator": output, "values": {2026: 0.2, 2034: 0.4},
                      "slack_price": "50 CNY/t", "slack_source": "hand"},
        intensity=rule | {"indicator": DIRECT, "denominator": output, "kind": "relative_to_base", "values": 0.9,
                          "sense": "upper", "hard": True, "from_year": 2030},
        pledge=rule | {"indicator": DIRECT, "denominator": {"quantity": "value_added"}, "kind": "intensity", "values": "0.01 t/CNY",
                       "sense": "upper", "voluntary": True, "location": "West"},
    )  # fmt: skip


def goal() -> Prepared:
    """Least CO2 of two scopes at 3 % more than the least cost, from 2030 on."""
    both = {"quantity": "co2", "scopes": ["direct", "purchased_power"]}
    return ruled(least={"instrument": "goal", "indicator": both, "cost_ceiling": {"relative": 1.03}, "from_year": 2030})


def peak() -> Prepared:
    """Rule A with a height, rule B, a plateau."""
    rule = {"instrument": "peak", "indicator": DIRECT, "year": 2026}
    return ruled(
        rule_a=rule | {"height": "18.5 Mt/yr"},
        rule_b=rule | {"rule": "B", "height": {"relative_to_base": 1.02}},
        plateau=rule | {"plateau": {"until": 2030, "tolerance": 0.05}},
    )


def price() -> Prepared:
    """A tax on two scopes that rises, and a subsidy on output as a real cost."""
    both = {"quantity": "co2", "scopes": ["direct", "purchased_power"]}
    clean = {"quantity": "output", "technologies": ["clean"]}
    return ruled(
        tax={"instrument": "price", "indicator": both, "values": {2026: 20.0, 2034: 60.0}, "unit": "CNY/t"},
        subsidy={"instrument": "price", "indicator": clean, "values": -9.0, "unit": "CNY/t", "transfer": False},
    )


def swap() -> Prepared:
    """Ratios by place class and origin, natural credit, an opening, an exempt technology, a key area, credits of three years."""
    problem = plants()
    for cells in (("key", "same", 1.25), ("key", "cross", 1.5), ("other", "", 1.0)):
        target, origin, ratio = cells
        problem.value("swap_ratios", ratio, "1", rule="r", case="other", target_class=target, origin=origin, year=2020)
    keys = {"location": "East", "attribute": "key_area_share", "year": ""}
    problem.value("location_attributes", 1.0, "1", **keys)
    rule = {"instrument": "swap", "rule": "r", "group": "works", "from_year": 2026, "natural_credit": 0.8}
    more = {"opening": {"West": "0.5 Mt/yr"}, "exempt": ["clean"], "key_areas_no_growth": True, "expiry_years": 3}
    return ruled(problem, swap=rule | more)


def pace() -> Prepared:
    """Additions of a group with history and seed, activity of each technology, net additions, closures."""
    rule = {"instrument": "pace", "technologies": ["works"], "growth": 0.1}
    return ruled(
        additions=rule | {"historical": "2 Mt/yr", "seed": "0.5 Mt/yr"},
        activity=rule | {"quantity": "activity", "each": True, "technologies": ["clean"], "seed": "1 Mt/yr"},
        net=rule | {"quantity": "net_additions", "location": "West", "historical": "0.5 Mt/yr"},
        closures=rule | {"quantity": "closures", "technologies": ["dirty"], "seed": "0.3 Mt/yr"},
    )


def market() -> Prepared:
    """One account with bank, loan, offsets and collar on two scopes; accounts by place with a benchmark, amounts and trade;
    bands with measures and sales that may be kept; carbon banks that lend, for allowances and for money."""
    both = {"quantity": "co2", "scopes": ["direct", "purchased_power"]}
    output = {"quantity": "output"}
    one = {"indicator": both, "allocation": [{"amount": {2026: "15 Mt/yr", 2034: "11 Mt/yr"}}], "from_year": 2026}
    one |= {"opening": {"West": "2 Mt"}, "banking_limit": "3 Mt", "borrowing": True, "borrowing_limit": "4 Mt"}
    one |= {"offsets": {"price": "20 CNY/t", "quota": 0.05}, "floor": "5 CNY/t", "ceiling": {2026: "60 CNY/t", 2034: "90 CNY/t"}}
    given = [{"benchmark": "1.2 t/t", "output": output}, {"amount": "0.5 Mt/yr", "location": "West"}]
    rule = {"instrument": "market"}
    attributed = {"balance": "1.9 t/t", "attributed": {"steam": "0.25 t/t"}, "through": ["boiler"]}
    bands = [{"band": {"technologies": ["works"]} | attributed, "tightening": {2026: 1.0, 2034: 0.8}}]
    bands.append({"benchmark": "0.02 t/t", "output": output})
    banded = {"accounts": "place", "allocation": bands, "banking_limit": "0.5 Mt", "banking_sales": 1.5, "ceiling": "80 CNY/t"}
    bank = {"bid": "10 CNY/t", "ask": {2026: "30 CNY/t", 2034: "40 CNY/t"}, "opening": "4 Mt", "limit": "9 Mt"}
    lender = {"accounts": "place", "trade": "bank", "allocation": given, "tightening": {2026: 1.2, 2034: 1.1}}
    lender |= {"ceiling": "95 CNY/t"}
    auction = {"amount": {2026: "1 Mt/yr", 2034: "0.5 Mt/yr"}, "reserve": "8 CNY/t"}
    lent = {"interest": 0.02, "paid_in": "allowances", "limit": "3 Mt"}
    money = bank | {"lending": {"interest": 0.03}}
    problem = plants().commodity("steam", "intermediate").flow("dirty", "steam", 0.5)
    problem.technology("boiler", "steam", capacity=False, co2=0.3, variable_cost=9.0)
    problem.measure("scrubber", "dirty", {}, removes={"CO2_process": 0.3}, capital_cost=20.0, applicability=0.5)
    problem.measure("lagging", "dirty", {("steam", "saves_input"): 0.1}, capital_cost=3.0)
    return ruled(
        problem,
        national=rule | one,
        local=rule | {"accounts": "place", "allocation": given, "banking": False, "auction": auction},
        banded=rule | banded,
        lender=rule | lender | {"carbon_bank": bank | {"lending": lent}},
        reserve=rule | {"allocation": [{"amount": "16 Mt/yr"}], "carbon_bank": money},
    )


def finance() -> Prepared:
    """Own funds and a budget, a line in yen with a share for clean works, a dear one with a tranche and a step; cash, old debt."""
    low = {"rate": 0.08, "indicator": DIRECT, "reference": "20 Mt/yr", "per_abatement": "2 CNY/t", "counts": "outstanding"}
    step = {"rate": 0.1, "indicator": DIRECT, "target": "15 Mt/yr"}
    yen = {"currency": "JPY", "exchange_rate": {2026: 0.05, 2034: 0.06}, "grace": 2, "repayment": "equal_principal"}
    lines = {
        "green": {"rate": 0.02, "tenor": 6, "ceiling": 1200, "share": 0.5, "technologies": ["clean"]} | yen,
        "bank": {"rate": 0.12, "tenor": 10, "tranches": {"low": low}, "steps": {"lower": step}, "taken": "lower"},
    }
    cash = {"prices": {"steel": "250 CNY/t", "power": "60 CNY/MWh"}, "share": 0.1, "cover": 1.2, "source": "stated for the test"}
    more = {"budget": "300 MCNY/yr", "cash": cash, "legacy": {"mill": {"service": {2026: "2 MCNY/yr", 2034: "1 MCNY/yr"}}}}
    cap = {"instrument": "limit", "indicator": DIRECT, "values": {2026: "14 Mt/yr", 2034: "6 Mt/yr"}}
    funds = {2026: "20 MCNY/yr", 2030: "40 MCNY/yr"}
    problem = plants().measure("fan", "clean", {("power", "saves_input"): 0.1}, units={"power": "MWh"}, capital_cost=2.0)
    problem.conversion("refit", "dirty", "clean", capital_cost=10.0, first_year=2026)
    return ruled(problem, funds={"instrument": "finance", "own_funds": funds, "between": "step", "lines": lines} | more, cap=cap)


MODELS: dict[str, Callable[[], Prepared]] = {
    f.__name__: f
    for f in (stock, service, balances, measures, base_year, limits, limit, target, goal, peak, price, swap, pace, market, finance)
}
"""By the name of the family or instrument."""
