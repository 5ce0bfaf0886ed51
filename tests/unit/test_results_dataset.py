"""The dataset of a run: costs, quantities, ledgers, sheets, attributes and inputs, against numbers formed here."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from peakmix.foundation.units import parse
from peakmix.foundation.vocabulary import known, word


@pytest.fixture(scope="module")
def ds(mini_run) -> xr.Dataset:
    return mini_run.dataset


def at(array: xr.DataArray, **where: object) -> float:
    return float(array.sel(**where))


def test_cost_adds_up_to_the_objective(ds) -> None:
    assert float(ds.cost.sum()) == pytest.approx(float(ds.objective), rel=1e-12)
    assert float(ds.objective) == ds.attrs["objective_value"]


def test_system_cost_leaves_transfers_out_and_takes_constant_fixed_cost_in(ds) -> None:
    transfers = float(ds.cost.where(ds.transfer == 1, 0).sum())
    assert transfers > 0
    expected = float(ds.objective) - transfers + float(ds.standing_fixed_cost.sum())
    assert float(ds.system_cost) == pytest.approx(expected, rel=1e-12)
    assert set(ds.cost_component.values[ds.transfer.values == 1]) == {"hurdle_mark_up", "policy_transfer", "loan_interest"}


def test_policies_are_the_only_unplaced_cost(ds) -> None:
    unplaced = ds.cost.sel(cost_place="unplaced").sum("period")
    assert set(unplaced.cost_component.values[unplaced.values != 0]) == {"policy_transfer", "policy_slack"}


def test_weights_are_those_of_the_rule(ds) -> None:
    rate = 0.05
    for period, length in zip(ds.period.values, ds.period_length.values, strict=True):
        operating = sum((1 + rate) ** -(period + j - 2025 + 0.5) for j in range(length))
        assert at(ds.operating_weight, period=period) == pytest.approx(operating, rel=1e-12)
        assert at(ds.investment_weight, period=period) == pytest.approx((1 + rate) ** -(period - 2025), rel=1e-12)
    assert ds.period_end.values.tolist() == [2025, 2030, 2035, 2040]


def test_purchases_cost_price_times_volume(ds) -> None:
    coal = ds.market_volume.sel(market="coal_supply")
    ore = ds.market_volume.sel(market="ore_supply")
    scrap = ds.market_volume.sel(market="scrap_supply")
    power = ds.market_volume.sel(market="grid_power")
    tariff = xr.DataArray([500.0, 400.0], coords={"region": ["East", "West"]})
    expected = 30 * coal + 100 * 7 * 1.1 * ore + 2000 * 1.1 * scrap + tariff * power
    paid = ds.annual_cost.sel(cost_component="purchases", cost_place=["East", "West"]).rename(cost_place="region")
    np.testing.assert_allclose(paid.transpose(*expected.dims), expected, rtol=1e-9)


def test_running_cost_of_a_year_times_its_weight_is_the_discounted_cost(ds) -> None:
    running = ds.annual_cost.sel(cost_component="variable") * ds.operating_weight
    np.testing.assert_allclose(running, ds.cost.sel(cost_component="variable").transpose(*running.dims), rtol=1e-12)
    assert not ds.annual_cost.sel(cost_component="investment").any()


def test_material_balance_from_the_arrays(ds) -> None:
    steel = ds.activity.sum("technology") - ds.demand.sel(commodity="steel")
    sent = ds.trade.sel(commodity="steel")
    arrived = sent.sum("region").rename(region_to="region")
    np.testing.assert_allclose(steel - sent.sum("region_to") + arrived, 0, atol=1e-9)


def test_demand_is_the_share_of_the_national_one(ds) -> None:
    assert at(ds.demand, region="East", commodity="steel", period=2025) == pytest.approx(9.5 * 0.7)
    # 2026 to 2030 lie on the line from 9.5 in 2025 to 9 in 2035; their mean is that of 2028
    assert at(ds.demand, region="West", commodity="steel", period=2026) == pytest.approx((9.5 - 0.05 * 3) * 0.3)


def test_output_stays_within_capacity(ds) -> None:
    available = xr.DataArray([0.95, 0.9], coords={"technology": ["blast_route", "scrap_route"]})
    assert float((ds.activity - available * ds.capacity).max()) <= 1e-9
    tracked = ds.capacity_by_vintage.sum("vintage")
    np.testing.assert_allclose(tracked.sel(technology="blast_route"), ds.capacity.sel(technology="blast_route"))


def test_activity_by_vintage_adds_up(ds) -> None:
    own = ds.activity_by_vintage.sel(technology="scrap_route").sum("vintage")
    np.testing.assert_allclose(own, ds.activity.sel(technology="scrap_route"), atol=1e-12)
    assert not ds.activity_by_vintage.sel(technology="blast_route").any()


def test_direct_co2_is_carbon_in_less_carbon_out(ds) -> None:
    total = ds.ledger.sel(ledger_name="direct_co2").sum("sector")
    coal = ds.market_volume.sel(market="coal_supply") * 0.0946
    steel = 0.01 * (ds.activity.sum("technology") - ds.market_volume.sel(market="scrap_supply"))
    process = 0.05 * ds.activity.sel(technology="blast_route")
    np.testing.assert_allclose(total, coal - steel + process, rtol=1e-9)


def test_bought_power_carries_its_grid_factor(ds) -> None:
    power = ds.market_volume.sel(market="grid_power").sum("region")
    booked = ds.ledger.sel(ledger_name="purchased_power_co2", sector="purchased").sum("region")
    assert at(booked, period=2025) == pytest.approx(0.56 * at(power, period=2025))
    assert at(booked, period=2036) == pytest.approx(0.36 * at(power, period=2036))
    emission = ds.market_emission.sel(market="grid_power").sum("region")
    np.testing.assert_allclose(emission, booked)


def test_the_two_energy_conventions_differ(ds) -> None:
    calorific = ds.ledger.sel(ledger_name="energy_calorific").sum(("region", "sector"))
    coal = ds.market_volume.sel(market="coal_supply").sum("region")
    power = ds.market_volume.sel(market="grid_power").sum("region")
    np.testing.assert_allclose(calorific, coal + 3.6 * power, rtol=1e-9)
    equivalent = ds.ledger.sel(ledger_name="energy_coal_equivalent").sum(("region", "sector"))
    np.testing.assert_allclose(equivalent, calorific / 29.3076, rtol=1e-9)
    assert ds.ledger_unit.sel(ledger_name="energy_coal_equivalent") == "Mtce/yr"


def test_net_use_is_what_markets_deliver(ds) -> None:
    used = ds.net_use.sel(commodity="coal").sum("sector")
    np.testing.assert_allclose(used, ds.market_volume.sel(market="coal_supply"), rtol=1e-9)
    slag = ds.net_use.sel(commodity="slag").sum("sector")
    np.testing.assert_allclose(-slag, ds.market_volume.sel(market="slag_yard"), rtol=1e-9)


def test_overnight_investment_is_cost_times_new_capacity(ds) -> None:
    built = ds.new_capacity.sel(technology="blast_route", region="East")
    renewed = ds.renewal.sel(conversion_id="relining", region="East")
    spent = ds.overnight_investment.sel(technology="blast_route", region="East")
    np.testing.assert_allclose(spent, 5000 * built + 1500 * renewed, rtol=1e-9)


def test_every_array_is_in_the_vocabulary_and_has_a_unit_that_reads(ds) -> None:
    for name, array in ds.variables.items():
        kind = next((k for k in ("result", "variable", "dimension") if known(k, str(name))), None)
        assert kind is not None, name
        assert array.attrs["long_name"], name
        assert array.attrs["long_name_zh"], name
        if "units" in array.attrs:
            parse(array.attrs["units"])
        if "units_by" in array.attrs:
            assert array.attrs["units_by"] in ds.variables
        if kind != "dimension" and array.ndim and known("result", str(name)):
            assert array.dims == word("result", str(name)).dims, name


def test_units_by_names_the_coordinate_that_has_them(ds) -> None:
    assert ds.activity.attrs["units"] == "Mt/yr"
    assert ds.market_volume.attrs["units_by"] == "market_unit"
    assert ds.market_unit.sel(market="grid_power") == "TWh/yr"
    assert ds.price.attrs["units_by"] == "price_unit"
    assert ds.price_unit.sel(commodity="electricity") == "CNY2023/MWh"
    assert ds.cost.attrs["units"] == "MCNY2023"
    assert ds.activity.attrs["cell_methods"] == "period: mean"
    assert ds.capacity.attrs["cell_methods"] == "period: point"


def test_policy_sheet_has_every_policy_row_of_the_programme(ds, mini_run) -> None:
    rows = mini_run.prepared.program.rows
    count = sum(len(rows.indices(c)) for c in rows.components if c.startswith("policy_"))
    budget = 3  # one row, priced in three periods
    assert ds.sizes["policy_row"] == count - 1 + budget
    assert set(ds.policy_id.values) == set(mini_run.prepared.scenario.spec.policies)


def sheet(ds: xr.Dataset, policy: str, component: str, period: int) -> xr.Dataset:
    mask = (ds.policy_id == policy) & (ds.policy_component == component) & (ds.policy_period == period)
    return ds.isel(policy_row=int(np.flatnonzero(mask.values)[0]))


def test_policy_levels_are_the_ledgers(ds) -> None:
    direct = ds.ledger.sel(ledger_name="direct_co2").sum(("region", "sector"))
    for period, bound in ((2026, 14.6), (2031, 11.1), (2036, 9.0)):
        row = sheet(ds, "cap", "policy_limit", period)
        assert float(row.policy_level) == pytest.approx(at(direct, period=period))
        assert float(row.policy_bound) == pytest.approx(bound)
        assert float(row.policy_slack_left) == pytest.approx(bound - at(direct, period=period), abs=1e-9)
        assert bool(row.policy_binding) == (abs(bound - at(direct, period=period)) < 1e-6)
        assert float(row.policy_price) == 0 or bool(row.policy_binding)


def test_a_soft_limit_shows_its_excess_and_never_costs_more_than_its_price(ds) -> None:
    row = sheet(ds, "soft", "policy_limit", 2031)
    assert float(row.policy_excess) > 0
    assert float(row.policy_level) == pytest.approx(1.1 + float(row.policy_excess))
    assert float(row.policy_price) == pytest.approx(80)


def test_an_intensity_bound_is_the_share_of_its_denominator(ds) -> None:
    row = sheet(ds, "intensity", "policy_limit", 2031)
    output = at(ds.activity.sum("technology"), region="West", period=2031)
    assert float(row.policy_bound) == pytest.approx(1.44 * output)


def test_a_tax_shows_its_rate_and_what_it_is_charged_on(ds) -> None:
    row = sheet(ds, "tax", "policy_charged", 2031)
    assert float(row.policy_price) == pytest.approx(50)
    booked = ds.ledger.sel(ledger_name="purchased_power_co2").sum(("region", "sector"))
    assert float(row.policy_level) == pytest.approx(at(booked, period=2031))


def test_swap_flows_cover_new_capacity(ds) -> None:
    for period in (2031, 2036):
        for place in ("East", "West"):
            covered = float(ds.swap_amount.where((ds.swap_period == period) & (ds.swap_target == place), 0).sum())
            assert covered == pytest.approx(at(ds.new_capacity.sum("technology"), region=place, period=period), abs=1e-9)


def test_limits_of_tables_have_their_own_sheet(ds) -> None:
    assert {"limit", "share_limit", "market_cap"} <= set(ds.limit_component.values)
    scrap = ds.isel(limit_row=np.flatnonzero((ds.limit_name == "scrap_supply").values))
    assert scrap.limit_bound.values.tolist() == pytest.approx([3.0, 3.6, 4.6, 5.0])
    bought = ds.market_volume.sel(market="scrap_supply").sum("region")
    np.testing.assert_allclose(scrap.limit_level, bought)


def test_inputs_carry_source_and_grade(ds) -> None:
    mask = (ds.input_table == "market_parameters") & (ds.input_key == "market=grid_power; parameter=price; location=West")
    row = ds.isel(input_row=int(np.flatnonzero(mask.values)[0]))
    assert (float(row.input_value), float(row.input_low), float(row.input_high)) == (400.0, 300.0, 500.0)
    assert (row.input_unit.item(), row.input_source.item(), row.input_grade.item()) == ("CNY2023/MWh", "mini", "C")
    assert set(ds.input_source.values) <= set(ds.source_key.values)
    assert not ds.input_key.str.contains("variant=high").any()


def test_attributes_tell_where_the_numbers_come_from(ds, mini_run) -> None:
    told = ds.attrs
    assert told["scenario_hash"] == mini_run.prepared.scenario.hash
    assert told["data_hash"] == mini_run.prepared.data.hash
    assert told["data_root_kind"] == "folder"
    assert told["certified"] == "no"  # the full audit was not made
    assert json.loads(told["certificate"])["passed"] == 1
    assert json.loads(told["audits"])["quick"]["passed"] is True
    assert json.loads(told["audits"])["full"]["missing"] is True
    assert "highspy" in json.loads(told["package_versions"])
    assert told["prices"] == "basic"
    here = str(Path(__file__).parents[2])
    assert not [name for name, value in told.items() if here in str(value) and name != "scenario_yaml"]


def test_building_the_dataset_warns_of_nothing(mini_run) -> None:
    from peakmix.results.dataset import build_dataset

    with warnings.catch_warnings():
        warnings.simplefilter("error")
        again = build_dataset(mini_run.parts)
    assert again.drop_attrs().identical(mini_run.dataset.drop_attrs())
