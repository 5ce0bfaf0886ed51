"""Guards after a run: each fires on a case made for it, names rows and prices, and is silent on a clean one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from tests.cases.kit import prepared
from tests.cases.test_swap import fleet
from tests.unit.conftest import run_mini

from peakmix.api.running import solve_prepared
from peakmix.results import guards


@pytest.fixture
def mini(mini_run) -> xr.Dataset:
    """A copy of the small result that a test may bend."""
    return mini_run.dataset.copy(deep=True)


@pytest.fixture(scope="module")
def plain() -> xr.Dataset:
    """The small problem without policies."""
    return run_mini({}).dataset


def swap(rule: str, demand: float) -> xr.Dataset:
    """Old works of 10 Mt/yr, new ones need credits at the rule's ratio."""
    policies = {"swap": {"instrument": "swap", "rule": rule, "group": "works", "from_year": 2026}}
    return solve_prepared(prepared(fleet(demand), [[2025, 1], [2026, 1]], salvage="none", policies=policies), False).dataset


def test_a_target_that_is_exceeded(mini) -> None:
    told = list(guards.used_slack(mini))
    assert any(line.startswith("policy soft is exceeded by 0.0885") and "in 2031" in line for line in told)
    mini["policy_excess"][:] = 0.0
    assert not list(guards.used_slack(mini))


def test_a_policy_that_never_binds(mini) -> None:
    assert not [line for line in guards.idle_policies(mini) if "policy cap" in line]
    mini["policy_price"][(mini.policy_id == "cap").values] = 0.0
    mini["policy_binding"][(mini.policy_id == "cap").values] = 0
    assert "policy cap never binds" in " ".join(guards.idle_policies(mini))


def test_a_peak_rule_where_the_level_falls_by_itself(mini) -> None:
    """The levels of its rows stand in the sentence."""
    assert not [line for line in guards.idle_policies(mini) if "policy peak" in line]
    own = (mini.policy_id == "peak").values
    mini["policy_price"][own] = 0.0
    rows = own & (mini.policy_component == "policy_no_growth").values
    mini["policy_level"][rows] = [5.0, 4.0][: int(rows.sum())]
    (line,) = (line for line in guards.idle_policies(mini) if "policy peak" in line)
    assert "falls by itself from 5 to 4 Mtce/yr" in line
    assert "height, cap or budget" in line


def test_a_price_far_from_its_neighbours(mini, mini_run) -> None:
    """Three times the price of the other place, with the policies that have a price there and how high it is."""
    mini["price"].loc[{"region": "West", "commodity": "steel", "period": 2031}] *= 3
    (line,) = guards.stretched_prices(mini)
    assert "steel in West, 2031" in line
    row = (mini.policy_id == "cap").values & (mini.policy_period == 2031).values
    assert f"cap at {float(mini['policy_price'][row].item()):.4g} CNY2023/t" in line
    assert not list(guards.stretched_prices(mini_run.dataset))


def test_a_negative_price_of_what_is_no_waste(mini, mini_run) -> None:
    assert not list(guards.negative_prices(mini_run.dataset))
    mini["price"].loc[{"region": "East", "commodity": "steel", "period": 2036}] = -1.0
    (line,) = guards.negative_prices(mini)
    assert "steel in East, 2036, is below zero (-1)" in line
    mini["commodity_kind"][(mini.commodity == "steel").values] = "residue"
    assert not list(guards.negative_prices(mini))


def test_growth_in_one_place(mini) -> None:
    """Three times today's output in one of four places: 100 % of the growth, with the amounts."""
    ds = mini.isel(region=[0, 1, 1, 1], region_to=[0, 1, 1, 1]).assign_coords(
        region=["East", "West", "North", "South"], region_to=["East", "West", "North", "South"]
    )
    ds["activity"].loc[{"period": 2036}] = ds["activity"].sel(period=2025).values
    assert not list(guards.concentrated_growth(ds))
    now = float(ds["activity"].sel(period=2025, region="North").sum())
    ds["activity"].loc[{"period": 2036, "region": "North"}] *= 3
    line = next(guards.concentrated_growth(ds))
    assert "100% of the growth" in line
    assert f"goes to North: {now:.4g} to {3 * now:.4g} Mt/yr" in line


def test_emissions_that_come_back_as_power(mini) -> None:
    """The three ledgers stand side by side in the sentence."""
    assert not list(guards.shifted_emissions(mini))
    mini["ledger"].loc[{"ledger_name": "hydrogen_power_co2", "region": "East", "sector": "purchased", "period": 2036}] = 4.0
    (line,) = guards.shifted_emissions(mini)
    assert "power and hydrogen bought rises" in line
    assert all(part in line for part in ("direct ", "power bought ", "hydrogen's power 0 to 4"))


def test_early_fitting_of_measures(mini) -> None:
    assert "first free period, 2026" in next(guards.early_flood(mini))
    assert "variable_drive @ blast_route" in next(guards.early_flood(mini))
    mini["new_measure"].loc[{"period": 2036}] = mini["new_measure"].sel(period=2026).values * 2
    assert not list(guards.early_flood(mini))


def test_what_is_taken_without_any_price(mini, plain) -> None:
    """Without policies every measure pays by itself; a price in every period silences the guard."""
    (line,) = guards.taken_unpriced(plain)
    assert "in 2026, 2031, 2036" in line
    assert "variable_drive @ blast_route 8.19 Mt/yr" in line
    assert not list(guards.taken_unpriced(mini))


def test_jagged_prices_with_the_limits_on_building(mini, mini_run) -> None:
    """20, 200, 30: doubled and halved; the pace rule that has a price at the top is named."""
    assert not list(guards.jagged_prices(mini_run.dataset))
    rows = (mini.policy_id == "cap").values
    mini["policy_price"][rows] = [20.0, 200.0, 30.0]
    pace = (mini.policy_id == "pace").values & (mini.policy_period == 2031).values
    mini["policy_price"][pace] = 77.0
    (line,) = guards.jagged_prices(mini)
    assert "price of cap is jagged (2026 20, 2031 200, 2036 30 CNY2023/t)" in line
    assert "building is held back in 2031 by pace at 77" in line
    mini["policy_price"][rows] = [20.0, 60.0, 90.0]
    assert not list(guards.jagged_prices(mini))


def test_a_swap_rule_that_caps_output() -> None:
    """Demand 9 of 10 standing at ratio 1.5: a tonne of quota more is worth 570 (680 less 110); at ratio 1 it is free.

    One more tonne of new capacity without credits makes steel at 110 instead of 680: 570 CNY per t/yr.
    """
    (line,) = guards.hidden_caps(swap("r150", 9.0))
    assert "swap rule swap holds back building in 1 places and periods" in line
    assert "Here 2026 at 570 CNY/(t/yr)" in line
    assert not list(guards.hidden_caps(swap("r100", 6.0)))
    bound = swap("r150", 9.0)
    twice = bound.isel(policy_row=np.repeat(np.arange(bound.sizes["policy_row"]), 2))
    assert list(guards.hidden_caps(twice)) == [line], "two cases in one place and period are named once"


def test_a_choice_that_a_small_cost_would_flip(mini, mini_run) -> None:
    """A gap of a twentieth of a tonne's price is told, one of half a price is not; what is built is no open choice."""
    assert not list(guards.close_choices(mini_run.dataset))
    mini["new_capacity"].loc[{"technology": "scrap_route"}] = 0.0
    price = float(mini["price"].sel(region="West", commodity="steel", period=2031))
    mini["entry_gap"].loc[{"technology": "scrap_route"}] = np.nan
    mini["entry_gap"].loc[{"technology": "scrap_route", "region": "West", "period": 2031}] = price / 20
    (line,) = guards.close_choices(mini)
    assert f"a capital cost lower by {price / 20:.4g} CNY2023/(t/yr) would bring in scrap_route in West, 2031" in line
    mini["entry_gap"].loc[{"technology": "scrap_route", "region": "West", "period": 2031}] = price / 2
    assert not list(guards.close_choices(mini))


def test_every_guard_has_a_test() -> None:
    """A guard that is added without a case here fails."""

    text = Path(__file__).read_text(encoding="utf-8")
    assert [guard.__name__ for guard in guards.GUARDS if f"guards.{guard.__name__}(" not in text] == []
