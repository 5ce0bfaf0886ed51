"""Allowance markets: price, bank, benchmark, collar, offsets, trade, each with its quantities and prices by hand."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem, Solved, finish, infeasible, prepared, solve

from peakmix.api.running import solve_prepared, variable_values
from peakmix.api.stored_values import stored_values
from peakmix.audit.full import audit
from peakmix.foundation.errors import InputError, InputErrors
from peakmix.scenario import from_mapping

ONE_YEAR = [[2025, 1]]
TWO_YEARS = [[2025, 1], [2026, 1]]
OUTPUT = {"quantity": "output"}


def market(amount: Any = None, **more: Any) -> dict[str, Any]:
    """One market that gives an amount, or what ``allocation`` says."""
    given = {} if amount is None else {"allocation": [{"amount": amount}]}
    return {"ets": {"instrument": "market"} | given | more}


def plants(place: str = "Here", problem: Problem | None = None, demand: float = 10) -> Problem:
    """Dirty: 100 CNY/t with 2 t CO2/t; gas: 120 with 1 t; clean: 150 with none. Abatement costs 20, then 30 CNY/t."""
    if problem is None:
        problem = Problem().commodity("steel")
        for name, cost, co2 in (("dirty", 100.0, 2.0), ("gas", 120.0, 1.0), ("clean", 150.0, 0.0)):
            problem.technology(name, "steel", variable_cost=cost, co2=co2)
    for name in ("dirty", "gas", "clean"):
        problem.stock(name, 20, place=place)
    return problem.demand("steel", demand, place=place)


def price(case: Solved, period: int, account: str = "all") -> float:
    """Price of an allowance in money of the year."""
    return -case.annual_price("policy_allowance_account", "ets", account, period, period=period)


def test_price_is_the_marginal_abatement_cost() -> None:
    """12 Mt for 10 Mt of steel: 2 dirty, 8 gas; the next tonne costs 20. 8 Mt: 8 gas, 2 clean; the next tonne costs 30.

    Free allowances move no money: the optimum is that of a cap, 10 x 100 + 8 x 20 and 10 x 120 + 2 x 30.
    """
    for given, cost, objective in ((12, 20.0, 1160.0), (8, 30.0, 1260.0)):
        case = solve(plants(), ONE_YEAR, policies=market(f"{given} Mt/yr"))
        cap = {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "values": f"{given} Mt/yr"}
        assert price(case, 2025) == pytest.approx(cost)
        assert case.objective == pytest.approx(objective)
        assert case.objective == pytest.approx(solve(plants(), ONE_YEAR, policies={"cap": cap}).objective)


def test_what_is_not_needed_lapses() -> None:
    """25 Mt for 20 emitted: price 0; without a bank and with one."""
    for banking in (True, False):
        case = solve(plants(), ONE_YEAR, policies=market("25 Mt/yr", banking=banking))
        assert case.objective == pytest.approx(1000)
        assert price(case, 2025) == pytest.approx(0, abs=1e-9)


def test_too_few_allowances() -> None:
    """All clean needs none; a floor of 5 Mt of gas emits 5, and 4 cannot cover it, with a ceiling price they can be bought."""
    floor = {"instrument": "limit", "indicator": OUTPUT, "technologies": ["gas"], "sense": "lower", "values": "5 Mt/yr"}
    assert infeasible(plants(), ONE_YEAR, policies=market("4 Mt/yr") | {"floor": floor})
    case = solve(plants(), ONE_YEAR, policies=market("4 Mt/yr", ceiling="50 CNY/t") | {"floor": floor})
    assert case("allowance_ceiling", "ets", "all", 2025) == pytest.approx(1)
    assert price(case, 2025) == pytest.approx(50)


@pytest.mark.parametrize(
    ("offered", "reserve", "bought", "cost", "above"),
    [(3.0, 5.0, 3.0, 30.0, 25.0), (3.0, 40.0, 0.0, 30.0, 0.0), (9.0, 5.0, 9.0, 20.0, 15.0), (30.0, 5.0, 16.0, 5.0, 0.0)],
)
def test_auction(offered: float, reserve: float, bought: float, cost: float, above: float) -> None:
    """4 Mt are free for 10 Mt of steel; a tonne abated costs 20 up to 10 Mt, then 30.

    3 Mt offered at 5: 7 Mt emitted, price 30, 25 of it above the reserve. At 40 nobody buys: 4 Mt, price 30. 9 Mt: 13 emitted,
    price 20. 30 Mt: all dirty, 16 bought, and the price is the reserve. The objective has the reserve; what is above it only says
    who pays, so the optimum is that of the cap plus reserve x bought.
    """
    auction = {"amount": f"{offered} Mt/yr", "reserve": f"{reserve} CNY/t"}
    case = solve(plants(), ONE_YEAR, policies=market("4 Mt/yr", auction=auction))
    emitted = 4 + bought
    assert case("allowance_auction", "ets", "all", 2025) == pytest.approx(bought, abs=1e-9)
    assert price(case, 2025) == pytest.approx(cost)
    assert case.annual_price("policy_allowance_auction", "ets", 2025, period=2025) == pytest.approx(-above, abs=1e-9)
    abated = 1000 + 20 * min(10.0, 20 - emitted) + 30 * max(0.0, 10 - emitted)
    assert case.objective == pytest.approx(abated + reserve * bought)


def test_who_pays_at_an_auction() -> None:
    """3 Mt at 30 CNY/t: 90 million from industry to the government, 15 of it in the objective; the system pays for abatement."""
    auction = {"amount": "3 Mt/yr", "reserve": "5 CNY/t"}
    result = solve_prepared(prepared(plants(), ONE_YEAR, policies=market("4 Mt/yr", auction=auction)), False)
    paid = result.dataset["payer_cost"].sel(payer_component=["policy_transfer", "allowance_trade"])
    paid = paid.sum(("payer_component", "cost_place", "period"))
    assert float(paid.sel(payer="industry")) == pytest.approx(90.0)
    assert float(paid.sel(payer="government")) == pytest.approx(-90.0)
    assert float(result.dataset["system_cost"]) == pytest.approx(1000 + 200 + 90)
    assert float(result.dataset["allowance_auction"].sum()) == pytest.approx(3.0)


def test_an_auction_below_the_floor_is_refused() -> None:
    """Bought at 5 and given back at 8, allowances would earn 3 without end."""
    auction = {"amount": "3 Mt/yr", "reserve": "5 CNY/t"}
    with pytest.raises(InputError, match="the floor 8 lies above the auction 5"):
        solve(plants(), ONE_YEAR, policies=market("4 Mt/yr", auction=auction, floor="8 CNY/t"))


def test_hotelling_path_of_a_bank() -> None:
    """16 Mt in 2025 and 5 Mt in 2026. Without a bank: 4 abated at 20, 15 at up to 30 CNY/t; 30 / 1.08 > 20, so it pays to bank.

    It stops when 2026 runs all on gas (10 Mt): 5 Mt are banked, 2025 emits 11 (1 dirty, 9 gas) at 20 CNY/t, and in 2026 the
    price is 20 x 1.08 = 21.6, between the two steps. Cost 1,180 + 1,200 / 1.08.
    """
    case = solve(plants(), TWO_YEARS, 0.08, policies=market({2025: "16 Mt/yr", 2026: "5 Mt/yr"}))
    assert case("allowance_held", "ets", "all", 2025) == pytest.approx(5)
    assert case("allowance_emission", "ets", "all", 2025) == pytest.approx(11)
    assert price(case, 2025) == pytest.approx(20)
    assert price(case, 2026) == pytest.approx(21.6)
    assert case.objective == pytest.approx(1180 + 1200 / 1.08)


def test_banking_limit() -> None:
    """The same with room for 2 Mt: 2025 emits 14 at 20 CNY/t, 2026 emits 7 (7 gas, 3 clean) at 30.

    One more tonne of room is worth 30 / 1.08 - 20 in 2025.
    """
    rules = market({2025: "16 Mt/yr", 2026: "5 Mt/yr"}, banking_limit="2 Mt")
    case = solve(plants(), TWO_YEARS, 0.08, policies=rules)
    assert [price(case, p) for p in (2025, 2026)] == pytest.approx([20, 30])
    assert -case.annual_price("policy_allowance_bank", "ets", "all", 2025, period=2025) == pytest.approx(30 / 1.08 - 20)
    assert case.objective == pytest.approx(1000 + 6 * 20 + (1200 + 3 * 30) / 1.08)


def test_borrowing_limit() -> None:
    """5 Mt and then 16: without borrowing 30 and 20 CNY/t. Room for 2 Mt of debt: 2025 emits 7 at 30, 2026 14 at 20.

    A tonne more of debt is worth 30 - 20 / 1.08; after the last period nothing is owed, whatever the limit.
    """
    rules = market({2025: "5 Mt/yr", 2026: "16 Mt/yr"}, borrowing=True, borrowing_limit="2 Mt")
    case = solve(plants(), TWO_YEARS, 0.08, policies=rules)
    assert case("allowance_held", "ets", "all", 2025) == pytest.approx(-2)
    assert case("allowance_held", "ets", "all", 2026) == pytest.approx(0)
    assert [price(case, p) for p in (2025, 2026)] == pytest.approx([30, 20])
    assert -case.annual_price("policy_allowance_loan", "ets", "all", 2025, period=2025) == pytest.approx(30 - 20 / 1.08)


def test_budget_is_a_market_with_free_bank_and_loan() -> None:
    """14 Mt a year for 10 years in unequal periods are a budget of 140 Mt: same cost, and price D / n is one number in all.

    All of the 60 Mt are abated last, where money is worth least (12 a year of 2030 to 2034: 8 Mt/yr left, 30 CNY/t). With a bank
    alone nothing can be put off: 6 Mt a year at 20.
    """
    periods = [[2025, 1], [2026, 4], [2030, 5]]
    rules = market("14 Mt/yr", borrowing=True)
    case = solve(plants(), periods, 0.08, policies=rules)
    budget = {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "span": "horizon", "values": "140 Mt"}
    whole = solve(plants(), periods, 0.08, policies={"budget": budget})
    assert case.objective == pytest.approx(whole.objective)
    weights = [sum(1.08**-k for k in years) for years in (range(1), range(1, 5), range(5, 10))]
    worth = [price(case, p) * w / n for (p, n), w in zip(periods, weights, strict=True)]
    assert worth == pytest.approx([-whole.dual("policy_budget", "budget")] * 3)
    alone = solve(plants(), periods, 0.08, policies=market("14 Mt/yr"))
    assert alone.objective == pytest.approx(1120 * sum(weights))


def test_opening_is_used_once() -> None:
    """5 Mt at the start on top of 12 a year for two years, no interest: 24 + 5 of 40, so 11 abated at 20: 2,000 + 220."""
    case = solve(plants(), TWO_YEARS, policies=market("12 Mt/yr", opening={"Here": "5 Mt"}))
    assert case.objective == pytest.approx(2220)
    assert [price(case, p) for p in (2025, 2026)] == pytest.approx([20, 20])


@pytest.mark.parametrize("given", [{"amount": "12 Mt/yr"}, {"benchmark": "1.2 t/t", "output": OUTPUT}])
def test_a_benchmark_pays_for_output(given: dict[str, Any]) -> None:
    """12 Mt either way, 20 CNY/t. A tonne of steel more, made by gas and by abating 1 t elsewhere: 100 + 20 x 2 = 140.

    With a benchmark it brings 1.2 t of allowances: 140 - 20 x 1.2 = 116. The subsidy of output is price x benchmark.
    """
    case = solve(plants(), ONE_YEAR, policies=market(allocation=[given]))
    assert price(case, 2025) == pytest.approx(20)
    steel = case.dual("balance", "Here", "steel", 2025)
    assert steel == pytest.approx(140 - 24 * ("benchmark" in given))
    assert case.objective == pytest.approx(1160)


def test_ceiling() -> None:
    """12 Mt, ceiling 18: cheaper than any abatement. 8 Mt are bought; price 18; 144 M CNY are a transfer, 1,000 the system's.

    At 25 the step of 20 is taken to its end (E = 10, nothing bought); with 8 Mt given 2 are bought at 25 instead of 30.
    """
    case = solve(plants(), ONE_YEAR, policies=market("12 Mt/yr", ceiling="18 CNY/t"))
    assert price(case, 2025) == pytest.approx(18)
    assert case.costs["policy_transfer"] == pytest.approx(144)
    assert case.costs["variable"] == pytest.approx(1000)
    case = solve(plants(), ONE_YEAR, policies=market("8 Mt/yr", ceiling="25 CNY/t"))
    assert case("allowance_ceiling", "ets", "all", 2025) == pytest.approx(2)
    assert price(case, 2025) == pytest.approx(25)
    assert case.objective == pytest.approx(1200 + 50)


def test_floor() -> None:
    """25 Mt for 20 emitted. At a floor of 10 the 5 left over are given back: price 10, minus 50 M CNY.

    At 22 the step of 20 pays as well: all gas, 10 emitted, 15 given back: 1,200 - 330. At 31 all is clean: 1,500 - 775.
    """
    for level, objective in ((10, 950), (22, 870), (31, 725)):
        case = solve(plants(), ONE_YEAR, policies=market("25 Mt/yr", floor=f"{level} CNY/t"))
        assert price(case, 2025) == pytest.approx(level)
        assert case.objective == pytest.approx(objective)


def test_offset_quota() -> None:
    """Offsets at 10 CNY/t for up to 5 % of emissions: 12 Mt given cover E = 12 / 0.95.

    An allowance more lets 1 / 0.95 t more be emitted, of which 5 % are bought: (20 - 0.05 x 10) / 0.95 CNY. A tonne more of
    quota is worth that less 10. Offsets at 25 are dearer than abatement: none is used.
    """
    case = solve(plants(), ONE_YEAR, policies=market("12 Mt/yr", offsets={"price": "10 CNY/t", "quota": 0.05}))
    emitted, worth = 12 / 0.95, (20 - 0.5) / 0.95
    assert case("allowance_offset", "ets", "all", 2025) == pytest.approx(0.05 * emitted)
    assert price(case, 2025) == pytest.approx(worth)
    assert -case.dual("policy_allowance_offset", "ets", "all", 2025) == pytest.approx(worth - 10)
    assert case.costs["policy_cost"] == pytest.approx(0.5 * emitted)
    assert case.objective == pytest.approx(1000 + 20 * (20 - emitted) + 0.5 * emitted)
    dear = solve(plants(), ONE_YEAR, policies=market("12 Mt/yr", offsets={"price": "25 CNY/t", "quota": 0.05}))
    assert dear.objective == pytest.approx(1160)


def test_trade_between_places() -> None:
    """West makes 10 Mt and is given 26; East makes 5 and is given none. Together that is a cap of 26 on 30 Mt: 4 abated at 20.

    West emits at most 20, so East emits and buys at least 6; both accounts have the price 20. Without trade West could not use
    its surplus and East would have to run clean.
    """
    problem = Problem(("West", "East")).commodity("steel")
    for name, cost, co2 in (("dirty", 100.0, 2.0), ("gas", 120.0, 1.0), ("clean", 150.0, 0.0)):
        problem.technology(name, "steel", variable_cost=cost, co2=co2)
    plants("East", plants("West", problem), 5)
    given = [{"amount": "26 Mt/yr", "location": "West"}, {"amount": "0 Mt/yr", "location": "East"}]
    case = solve(problem, ONE_YEAR, policies=market(allocation=given, accounts="place"))
    assert case.objective == pytest.approx(1500 + 80)
    assert [price(case, 2025, a) for a in ("West", "East")] == pytest.approx([20, 20])
    assert -case.dual("policy_allowance_trade", "ets", 2025) == pytest.approx(20)
    bought = -case("allowance_sold", "ets", "East", 2025)
    assert bought == pytest.approx(case("allowance_emission", "ets", "East", 2025))
    assert bought >= 6 - 1e-9
    assert solve(problem, ONE_YEAR, policies=market("26 Mt/yr")).objective == pytest.approx(case.objective)


def test_the_ledger_of_a_result_says_all() -> None:
    """The file has the accounts; read back they pass the full audit, and the ledger adds up: given + offsets - emitted = kept."""
    rules = market({2025: "16 Mt/yr", 2026: "5 Mt/yr"}, offsets={"price": "5 CNY/t", "quota": 0.1}, ceiling="60 CNY/t")
    ready = prepared(plants(), TWO_YEARS, 0.08, policies=rules)
    result = solve_prepared(ready, False)
    assert result.certified
    values, gaps = stored_values(result.dataset, ready.parameters)
    assert not gaps
    for name in ("emission", "held", "offset"):
        solved = variable_values(ready, finish(ready).solution.x)[f"allowance_{name}"]
        assert values[f"allowance_{name}"] == pytest.approx(solved)
    report = audit(ready.data, ready.scenario, values, float(result.dataset["objective"]), {})
    assert report.passed, report
    ledger = {n: result.dataset[f"allowance_{n}"].values for n in ("given", "offset", "ceiling", "emission", "held", "price")}
    assert ledger["given"] == pytest.approx([16, 5])
    kept = (ledger["given"] + ledger["offset"] + ledger["ceiling"] - ledger["emission"]).cumsum()
    assert ledger["held"] == pytest.approx(kept)
    assert ledger["price"][1] == pytest.approx(1.08 * ledger["price"][0])


@pytest.mark.parametrize(
    ("block", "said"),
    [
        ({"allocation": [{"benchmark": 1.2}]}, "benchmark and output go together"),
        ({"allocation": [{"benchmark": 1.2, "output": {"quantity": "direct_co2"}}]}, "quantity output"),
        ({"allocation": [{"amount": 3, "benchmark": 1.2}]}, "either a benchmark or an amount"),
        ({"allocation": [{"amount": 3}], "accounts": "place"}, "names its location"),
        ({"allocation": [{"amount": 3}], "banking": False, "banking_limit": 3}, "banking_limit needs banking"),
        ({"allocation": [{"amount": 3}], "borrowing_limit": 3}, "borrowing_limit needs borrowing"),
    ],
)
def test_blocks_that_contradict_themselves(block: dict[str, Any], said: str) -> None:
    with pytest.raises(InputErrors, match=said):
        from_mapping({"name": "x", "horizon": {"periods": ONE_YEAR}, "policies": {"ets": {"instrument": "market"} | block}})


def test_floor_above_ceiling_is_refused() -> None:
    """Buying at 10 and selling at 20 without end is no market."""
    with pytest.raises(Exception, match="the floor 20 lies above the ceiling 10"):
        solve(plants(), ONE_YEAR, policies=market("12 Mt/yr", floor="20 CNY/t", ceiling="10 CNY/t"))
