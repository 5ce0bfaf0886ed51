"""Carbon bank: what holds of any carbon policy against its reference, and of any bank that sells what it has."""

from __future__ import annotations

import pytest
import xarray as xr
from tests.cases.seeds.shipped import ledger, solved

from peakmix.analysis.assessment import along_the_chain, assess, by_class, paid_by_sector
from peakmix.analysis.compliance import carbon_banks, compliance

POLICIES = ("carbon_bank", "free_market", "carbon_price", "direct_cap", "energy_quota", "power_price")
ASSESSED = ("carbon_bank", "carbon_price", "direct_cap")
OFF = {f"policies__{name}__enabled": False for name in POLICIES}

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def reference() -> xr.Dataset:
    return solved("carbon_bank", **OFF)


@pytest.fixture(scope="module")
def runs() -> dict[str, xr.Dataset]:
    return {name: solved("carbon_bank", **(OFF | {f"policies__{name}__enabled": True})) for name in ASSESSED}


def test_no_policy_is_cheaper_than_none(reference: xr.Dataset, runs: dict[str, xr.Dataset]) -> None:
    """The reference minimises system cost; a price or a cap on direct CO2 never raises it (law of demand)."""
    table = assess(reference, runs)
    assert (table["system_cost"] >= -1e-6 * float(reference["system_cost"])).all()
    assert table.loc["carbon_price", "direct"] > 0
    assert table.loc["direct_cap", "direct"] > 0


def test_a_tonne_costs_no_more_than_its_price(reference: xr.Dataset, runs: dict[str, xr.Dataset]) -> None:
    """What a price of 90 to 115 CNY/t brings about costs less than that a tonne; the cap lies on its bound."""
    table = assess(reference, runs)
    assert 0 <= table.loc["carbon_price", "cost_per_tonne"] <= 115
    run = runs["direct_cap"]
    sectors = ["alumina", "aluminium", "steel", "cement"]
    direct = run["ledger"].sel(ledger_name="direct_co2", sector=sectors).sum(["region", "sector"])
    assert float(direct.sel(period=2031)) <= 0.76 * float(direct.sel(period=2025)) * (1 + 1e-6)


def test_the_bank_sells_what_it_holds(runs: dict[str, xr.Dataset]) -> None:
    """Opening 60 Mt + years x (bought - sold) - what it lent = inventory, never below zero; nothing is owed at the end."""
    book = carbon_banks(runs["carbon_bank"])
    lent = book["lent"].diff().fillna(book["lent"])
    assert float(book["opened"].iloc[0]) == pytest.approx(60)
    left = book["opened"] + book["years"] * (book["bought"] - book["sold"]) - lent
    assert left.tolist() == pytest.approx(book["inventory"].tolist(), abs=1e-6)
    assert (book["inventory"] >= -1e-9).all()
    assert float(book["lent"].iloc[-1]) == pytest.approx(0, abs=1e-6)


def test_prices_lie_between_bid_and_ceiling(runs: dict[str, xr.Dataset]) -> None:
    """A place with a surplus gets at least the bid of 70; nobody pays more than the authority's 400."""
    accounts = compliance(runs["carbon_bank"], totals=False)
    assert accounts["price"].between(70 - 1e-6, 400 + 1e-6).all()
    assert accounts["difference"].abs().max() < 1e-6


def test_a_benchmark_leaves_most_of_the_money_with_the_payers(reference: xr.Dataset, runs: dict[str, xr.Dataset]) -> None:
    """Under a price the sectors pay it on every tonne; under a market only on what lies above free allowances."""
    paid = paid_by_sector(reference, runs)
    assert -paid.loc["government", "carbon_price"] > -paid.loc["government", "carbon_bank"]
    price = float(runs["carbon_price"]["objective"] - runs["carbon_price"]["system_cost"])
    assert -paid.loc["government", "carbon_price"] == pytest.approx(price, rel=1e-6)


def test_the_price_goes_down_the_chain(reference: xr.Dataset, runs: dict[str, xr.Dataset]) -> None:
    """Under a price on direct CO2 clinker gets dearer, cement and alumina with it; small furnaces make no more than before."""
    change = along_the_chain(reference, runs, ["clinker", "cement", "alumina"], 2031)
    assert change.loc["clinker", "carbon_price"] > 0
    assert change.loc["cement", "carbon_price"] > 0
    assert change.loc["alumina", "carbon_price"] > 0
    classes = by_class(reference, runs, ["blast_furnace_small", "no_such_technology"], 2031)
    assert (classes.loc["no_such_technology"] == 0).all()
    assert classes.loc["blast_furnace_small", "carbon_price"] <= 1e-6


def test_ledgers_are_not_added(reference: xr.Dataset) -> None:
    """Direct CO2 of the three sectors in 2025 lies within 5 % of 2.9 Gt; bought power is a ledger of its own."""
    assert ledger(reference, "direct_co2", 2025) == pytest.approx(2950, rel=0.05)
    assert ledger(reference, "purchased_power_co2", 2025) > 0


def test_the_bank_seen_one_period_at_a_time(runs: dict[str, xr.Dataset]) -> None:
    """A planner of single periods is lent nothing, and pays more: the path is certified, the books of the bank add up."""
    myopic = solved("carbon_bank", foresight={"mode": "myopic"})
    book = carbon_banks(myopic)
    assert (book["lent"].abs() <= 1e-9).all()
    left = book["opened"] + book["years"] * (book["bought"] - book["sold"])
    assert left.tolist() == pytest.approx(book["inventory"].tolist(), abs=1e-6)
    assert float(myopic["objective"]) >= float(runs["carbon_bank"]["objective"])
