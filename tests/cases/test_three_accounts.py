"""Objective, system cost and the payer's account add up, with taxes, hurdle rates, loans, allowances and credits at work.

    system cost = sum over all payers
    objective   = sum over sectors, delivery and what cannot be attributed, less debt service of plants that stand at the start
    objective   = system cost + transfers                                   interest of loans included
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.cases.kit import Problem, prepared
from tests.cases.test_finance import DEAR, RATE, SERVICE, WORTH, YEARS, finance, works
from tests.math.test_broken_copies import CASE, COVERED, LINKED, LOANS, MARKET, SHORT, small

from peakmix.analysis.payers import payer_costs, who_pays
from peakmix.api.running import run_scenario, solve_prepared
from peakmix.foundation.errors import InputError, InputErrors
from peakmix.scenario import from_mapping

TAX = {
    "policies.carbon_price.enabled": False,
    "policies.tax": {
        "instrument": "price", "indicator": {"quantity": "direct_co2"}, "values": "50 CNY2023/t", "payer": "emitters",
    },
}  # fmt: skip
POWER = {"policies.levy": {"instrument": "price", "indicator": {"quantity": "purchased_power_co2"}, "values": "20 CNY2023/t"}}
RECEIVE = ("government", "lender", "investor")


@pytest.mark.parametrize("changes", [TAX | POWER, LOANS | TAX, SHORT, LINKED, COVERED, MARKET], ids=range(6))
def test_identities(changes: dict[str, Any]) -> None:
    ds = run_scenario(from_mapping(CASE, changes), data=small()).dataset
    cost = ds["payer_cost"]
    size = float(abs(cost).sum())
    assert float(cost.sum()) == pytest.approx(float(ds["system_cost"]), rel=1e-10)
    paid = cost.sel(payer=[p for p in cost["payer"].values if p not in RECEIVE])
    assert float(paid.sum()) == pytest.approx(float(ds["objective"]), rel=1e-10)
    transfers = float(ds["cost"].where(ds["transfer"] == 1, 0).sum())
    assert float(ds["system_cost"]) + transfers == pytest.approx(float(ds["objective"]), rel=1e-10)
    for component in (c for c in cost["payer_component"].values if c in ds["cost_component"].values):
        own = cost.sel(payer=paid["payer"], payer_component=component).sum()
        assert float(own) == pytest.approx(float(ds["cost"].sel(cost_component=component).sum()), abs=1e-10 * size), component
    both = cost.sel(payer_component=["loan_draw", "debt_service"])
    interest = float(ds["cost"].sel(cost_component="loan_interest").sum())
    assert float(both.sel(payer=paid["payer"]).sum()) == pytest.approx(interest, abs=1e-10 * size)
    for component in ("loan_draw", "debt_service", "allowance_trade", "swap_credit"):
        assert float(cost.sel(payer_component=component).sum()) == pytest.approx(0, abs=1e-10 * size), component
    assert float(abs(cost.sel(payer="not attributed")).sum()) <= 1e-9 * size
    frame = payer_costs(ds)
    assert frame["value"].sum() == pytest.approx(float(ds["system_cost"]), rel=1e-10)


def test_a_tax_stands_at_the_emitter_and_below_zero_at_the_government() -> None:
    """Each sector and place pays 50 CNY for each of its tonnes, discounted; the government receives all of it."""
    ds = run_scenario(from_mapping(CASE, TAX), data=small()).dataset
    tax = ds["payer_cost"].sel(payer_component="policy_transfer")
    periods = [p for p in ds["period"].values if p != ds.attrs["base_period"]]
    for sector in ("iron", "steel"):
        for place in ds["region"].values:
            emitted = ds["ledger"].sel(ledger_name="direct_co2", region=place, sector=sector, period=periods)
            owed = float((50 * emitted * ds["operating_weight"].sel(period=periods)).sum())
            assert float(tax.sel(payer=sector, cost_place=place).sum()) == pytest.approx(owed, rel=1e-9, abs=1e-9)
    emitted = ds["ledger"].sel(ledger_name="direct_co2", period=periods).sum(("region", "sector"))
    owed = float((50 * emitted * ds["operating_weight"]).sum())
    assert float(tax.sel(payer="government").sum()) == pytest.approx(-owed, rel=1e-9)
    burden = who_pays(ds)
    own = burden[burden["policy"] == "tax"]
    assert set(own["payer"]) <= {"iron", "steel", "power"}
    assert own.groupby("period")["share"].sum().tolist() == pytest.approx([1.0] * len(periods))


def two_cities(plan: Any = None, **price: Any) -> Any:
    """Down makes 10 Mt with 2 t/t at 100 CNY/t or none at 150; Up makes 5 Mt. Down pays 20 CNY/t of CO2 to Up."""
    problem = Problem(("Down", "Up")).commodity("steel")
    for name, cost, co2 in (("dirty", 100.0, 2.0), ("clean", 150.0, 0.0)):
        problem.technology(name, "steel", variable_cost=cost, co2=co2, new_build=False)
        for place in ("Down", "Up"):
            problem.stock(name, 20, place=place)
    problem.demand("steel", 10.0, place="Down").demand("steel", 5.0, place="Up")
    indicator = {"quantity": "direct_co2", "location": "Down"}
    rule = {"instrument": "price", "indicator": indicator, "values": "20 CNY/t", "counterparty": "Up"}
    return prepared(problem, [[2025, 1]], policies={"compensation": rule | price} | (plan or {}))


@pytest.mark.parametrize("cap", [20.0, 8.0, 0.0])
def test_a_compensation_between_two_cities_sums_to_zero_for_any_plan(cap: float) -> None:
    """At 20 CNY/t dirty steel pays 40 and stays cheaper; a cap on Down leaves ``cap`` Mt: it pays 20 x cap, Up receives as much.

    Down makes cap / 2 dirty: 1,500 - 25 cap of its own, Up 500. The system pays 2,000 - 25 cap, compensation or not.
    """
    limit = {"instrument": "limit", "indicator": {"quantity": "direct_co2", "location": "Down"}, "values": f"{cap} Mt/yr"}
    ds = solve_prepared(two_cities({"cap": limit}), False).dataset
    paid = ds["payer_cost"].sel(payer_component="policy_transfer").sum("period")
    assert float(paid.sel(payer="industry", cost_place="Down")) == pytest.approx(20 * cap)
    assert float(paid.sel(payer="government", cost_place="Up")) == pytest.approx(-20 * cap)
    assert float(paid.sum()) == pytest.approx(0, abs=1e-9)
    both = ds["payer_cost"].sum(("payer", "payer_component", "period"))
    assert [float(both.sel(cost_place=c)) for c in ("Down", "Up")] == pytest.approx([1500 - 5 * cap, 500 - 20 * cap])
    assert float(ds["system_cost"]) == pytest.approx(2000 - 25 * cap)
    assert float(ds["objective"]) == pytest.approx(2000 - 5 * cap)


def test_a_subsidy_is_paid_by_its_counterparty() -> None:
    """Up pays Down 60 CNY/t of clean steel: it costs 50 more, all 10 Mt turn clean. Down bears 1,500 - 600, Up 500 + 600."""
    green = {"indicator": {"quantity": "output", "technologies": ["clean"], "location": "Down"}, "values": "-60 CNY/t"}
    ds = solve_prepared(two_cities(**green), False).dataset
    both = ds["payer_cost"].sum(("payer", "payer_component", "period"))
    assert [float(both.sel(cost_place=c)) for c in ("Down", "Up")] == pytest.approx([900, 1100])
    assert float(ds["system_cost"]) == pytest.approx(2000)


def test_a_counterparty_that_is_not_there() -> None:
    """A place that the resolution does not tell apart is refused, and so is the other side of what is no transfer."""
    with pytest.raises(InputError, match="Far is no place of its own"):
        two_cities(counterparty="Far")
    with pytest.raises(InputErrors, match="counterparty needs transfer: true"):
        two_cities(transfer=False)


def test_debt_service_in_the_payers_account() -> None:
    """4,000 M of 10,000 borrowed at 12 %: works pay 10,000 of investment, get 4,000 and pay back 4,220.6 in present value.

    Works bear 10,220.6 / 1.08 in all, the lender -220.6 / 1.08, the system 10,000 / 1.08. Standing debt of 300 M a year is paid on
    top, by whom the debt names; it is sunk and no part of objective or system cost.
    """
    debt = {"mill": {"service": "300 MCNY/yr", "technologies": ["new"], "location": "Here"}}
    policies = {"funds": finance("6300 MCNY/yr", bank=DEAR)["funds"] | {"legacy": debt}}
    ds = solve_prepared(prepared(works(), YEARS, RATE, salvage="none", policies=policies), False).dataset
    cost = ds["payer_cost"].sum(("cost_place", "period"))
    amount = {c: float(cost.sel(payer="industry", payer_component=c)) for c in ("investment", "loan_draw", "debt_service")}
    assert amount["investment"] == pytest.approx(10_000 / 1.08)
    assert amount["loan_draw"] == pytest.approx(-4000 / 1.08)
    assert amount["debt_service"] == pytest.approx(4000 * SERVICE * (1 / 1.08 + 1 / 1.08**2) / 1.08)
    assert pytest.approx(4220.6, abs=0.1) == 4000 * WORTH
    standing = 300 * sum(1.08**-k for k in range(4))
    assert float(cost.sel(payer="industry").sum()) == pytest.approx((6000 + 4000 * WORTH) / 1.08 + standing)
    assert float(cost.sel(payer="lender").sum()) == pytest.approx(-4000 * (WORTH - 1) / 1.08 - standing)
    assert float(cost.sum()) == pytest.approx(10_000 / 1.08)
    assert float(ds["system_cost"]) == pytest.approx(10_000 / 1.08)


def test_what_is_bought_is_shared_by_those_who_take_it() -> None:
    """In each place every sector's part of what is bought of electricity is its part of what sectors take there."""
    ds = run_scenario(from_mapping(CASE), data=small()).dataset
    at = {"commodity": "electricity", "period": 2036}
    use = ds["net_use"].sel(**at)
    taken = use.where(use > 0, 0)
    assert float(taken.sum()) > 0
    assert np.isfinite(ds["payer_cost"].values).all()
    bought = ds["payer_cost"].sel(payer_component="purchases").sum(("cost_place", "period"))
    assert float(bought.sum()) == pytest.approx(float(ds["cost"].sel(cost_component="purchases").sum()), rel=1e-10)
