"""Upper Yangtze: the ledger of Wanzhou, the gain of planning together, loans that do not steer."""

from __future__ import annotations

import numpy as np
import pytest
import xarray as xr
from tests.cases.seeds.shipped import RUNS, priced, solved

from peakmix.analysis.fuel_switch import between, of_net_saving
from peakmix.api.planning_together import Cooperation, cooperation

CITIES = ("Yibin", "Luzhou", "Zhaotong", "Zunyi", "Wanzhou")


@pytest.fixture(scope="module")
def shared() -> Cooperation:
    return cooperation(RUNS / "scenarios" / "upper_yangtze.yaml")


def test_the_ledger_balances() -> None:
    """23.27 emitted + 0.3062 sold + 0.4038 kept = 23.98 allocated, all in Mt over two years."""
    run = solved("wanzhou_ledger").isel(allowance_row=0)
    given, used = 2 * float(run["allowance_given"]), 2 * float(run["allowance_emission"])
    assert given == pytest.approx(23.27 + 0.71)
    assert used == pytest.approx(23.27 + 0.3062)
    assert float(run["allowance_held"]) == pytest.approx(0.71 - 0.3062)


def test_a_bank_carries_the_later_price_back() -> None:
    """Two years on allowances lack and the authority sells at 62.36: today 62.36 / 1.05^2. 0.60 lack, 0.4038 are banked."""
    run = solved("wanzhou_ledger")
    assert run["allowance_price"].values.tolist() == pytest.approx([62.36 / 1.05**2, 62.36])
    assert 2 * float(run["allowance_ceiling"].sum()) == pytest.approx(0.60 - 0.4038)


def test_without_banking_the_surplus_lapses_and_is_worth_nothing() -> None:
    run = solved("wanzhou_ledger", policies__market__banking=False)
    assert float(run["allowance_price"].values[0]) == 0.0
    assert float(run["allowance_held"].values[0]) == 0.0


def test_together_costs_less_and_nobody_leaves_prices(shared: Cooperation) -> None:
    """Sharing a linear programme's cost at its prices lies in the core (Owen 1975); both ways give out the whole gain."""
    assert shared.gain > 0
    assert all(worth >= -1e-6 * shared.together for worth in shared.worth.values())
    assert shared.blocking["at_prices"] == []
    assert (shared.frame["gain_at_prices"] >= -1e-6 * shared.together).all()
    for way in ("gain_at_prices", "gain_shapley"):
        assert shared.frame[way].sum() == pytest.approx(shared.gain, rel=1e-6)


def test_a_larger_group_gains_no_less(shared: Cooperation) -> None:
    """A coalition can do what its parts do."""
    for big, worth in shared.worth.items():
        for small, less in shared.worth.items():
            if small < big and frozenset(big - small) in shared.worth:
                assert worth >= less + shared.worth[frozenset(big - small)] - 1e-6 * shared.together


def test_potentials_hold(shared: Cooperation) -> None:
    """New hydropower stays within 2.5, 0.4, 5, 0, 0 TWh; panels on roofs within theirs; green power flows between cities."""
    run = shared.dataset
    most = run["activity"].sel(technology="hydropower_new").max("period")
    for city, potential in zip(CITIES, (2.5, 0.4, 5.0, 0.0, 0.0), strict=True):
        assert float(most.sel(region=city)) <= potential + 1e-9
    assert float(run["activity"].sel(technology="pv_rooftop").sum("region").max()) <= 0.8 + 0.7 + 0.5 + 0.9 + 0.5 + 1e-9
    assert float(run["trade"].sel(period=2036).sum()) > 0
    assert float(run["trade"].sel(period=2025).sum()) == 0


def test_the_group_pays_less_for_a_tonne_than_the_outside(shared: Cooperation) -> None:
    """Together the cap is met inside the group; some city alone has to buy at 500 CNY/t."""
    cap = priced(shared.dataset, "pooled_cap", "policy_limit")
    assert (cap["price"] < 500).all()
    assert cap["price"].max() > 0
    alone = solved("upper_yangtze", locations=["Zunyi"])
    assert priced(alone, "pooled_cap", "policy_limit")["price"].max() == pytest.approx(500)


def test_loans_of_430_million_do_not_steer(shared: Cooperation) -> None:
    """All is drawn, for 3.2 % lies below 5 %; it moves less than a thousandth of the system cost, and transfers move none of it."""
    # what is below the discount rate is a transfer to the cities; what Wanzhou pays stands in the objective as a tax does
    run = solved("upper_yangtze_finance")
    assert float(run["loan_draw"].sum()) == pytest.approx(430)
    plain = float(shared.dataset["system_cost"])
    assert abs(float(run["system_cost"]) / plain - 1) < 1e-3
    assert float(run["cost"].sel(cost_component="loan_interest").sum()) < 0


@pytest.mark.parametrize("gas", [1.0, 0.8])
def test_compensation_is_a_transfer_between_two_cities(gas: float) -> None:
    """What Wanzhou pays, 20 CNY for a tonne of CO2 of its steam, is what Zhaotong receives, whatever gas costs."""
    cells = [{"table": "market_parameters", "where": {"market": "gas_supply", "parameter": "price"}, "multiply": gas}]
    run = solved("upper_yangtze_finance", **({"adjust": cells} if gas != 1.0 else {}))
    paid = run["payer_cost"].sel(payer_component="policy_transfer").sum("period")
    emitted = run["ledger"].sel(ledger_name="direct_co2", region="Wanzhou", sector="steam")
    due = 20 * float((emitted * run["operating_weight"])[run["period"] >= 2026].sum())
    assert float(paid.sel(payer="steam", cost_place="Wanzhou")) == pytest.approx(due, rel=1e-6)
    assert float(paid.sel(payer="government", cost_place="Zhaotong")) == pytest.approx(-due, rel=1e-6)
    assert float(paid.sel(cost_place=["Wanzhou", "Zhaotong"]).sum()) == pytest.approx(0, abs=1e-6 * due)


def test_coal_to_gas_between_two_results() -> None:
    """By hand: 1 PJ of coal less and 0.7 PJ of gas more are 0.3 PJ net and 90.78 - 39.27 kt of CO2."""
    dims = ("region", "sector", "commodity", "period")
    coords = {"region": ["Yibin"], "sector": ["steam"], "commodity": ["thermal_coal", "natural_gas"], "period": [2026]}

    def result(coal: float, gas: float) -> xr.Dataset:
        co2 = np.array([[[[0.09078 * coal + 0.0561 * gas]]]])
        ledger = (("ledger_name", "region", "sector", "period"), co2)
        data = {"net_use": (dims, np.array([[[[coal], [gas]]]])), "ledger": ledger}
        return xr.Dataset(data, coords | {"ledger_name": ["direct_co2"]})

    found = between(result(3.0, 1.0), result(2.0, 1.7), 2026, ["natural_gas"], "thermal_coal")
    tce = 1e6 / 29.3076
    assert (found.displaced, found.net_saved, found.fuel_after) == pytest.approx((tce, 0.3 * tce, 0.7 * tce))
    assert found.co2_saved == pytest.approx(90_780 - 39_270)
    assert of_net_saving(40_000, 0.65, 0.93, 0.09078, 0.0561).co2_saved > 200_000
