"""Prices against one-sided differences of the optimum: each is what one unit more, or less, would cost or save."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from peakmix.results.extract import duals, levels, reduced_costs, values
from peakmix.results.prices import weight
from peakmix.solve.highs import solve

STEP = 1e-4


def optimum(run, component: str, index: tuple, step: float, side: str = "both") -> float:
    """Optimum after moving the right-hand side of one row."""
    lp = run.prepared.program
    position = lp.rows.span(component).start + lp.rows.indices(component).index(index)
    lower, upper = lp.row_lower.copy(), lp.row_upper.copy()
    lower[position] += step if np.isfinite(lower[position]) else 0
    upper[position] += step if np.isfinite(upper[position]) else 0
    return solve(replace(lp, row_lower=lower, row_upper=upper)).objective


def slopes(run, component: str, index: tuple) -> tuple[float, float]:
    """Slopes of the optimum below and above."""
    base = run.solution.objective
    return (
        (base - optimum(run, component, index, -STEP)) / STEP,
        (optimum(run, component, index, STEP) - base) / STEP,
    )


def between(price: float, ends: tuple[float, float]) -> bool:
    low, high = sorted(ends)
    slack = 1e-3 * max(1.0, abs(low), abs(high))
    return low - slack <= price <= high + slack


@pytest.mark.parametrize("period", [2026, 2031, 2036])
@pytest.mark.parametrize("commodity", ["steel", "electricity", "slag", "scrap"])
@pytest.mark.parametrize("region", ["East", "West"])
def test_price_of_a_commodity_is_the_cost_of_one_more_unit(mini_run, region, commodity, period) -> None:
    ds = mini_run.dataset
    price = float(ds.price.sel(region=region, commodity=commodity, period=period))
    weighted = price * float(ds.operating_weight.sel(period=period))
    assert between(weighted, slopes(mini_run, "balance", (region, commodity, period)))


def test_power_costs_its_tariff_and_the_taxes_on_its_co2(mini_run) -> None:
    ds = mini_run.dataset
    price = float(ds.price.sel(region="East", commodity="electricity", period=2036))
    felt = 50 + price_of(ds, "soft", "policy_limit", 2036)
    assert price == pytest.approx(500 + felt * 0.36)


def test_a_residue_has_a_negative_price(mini_run) -> None:
    ds = mini_run.dataset
    assert float(ds.price.sel(region="East", commodity="slag", period=2031)) == pytest.approx(-10)


def test_the_base_period_has_no_price(mini_run) -> None:
    ds = mini_run.dataset
    for name in ("price", "capacity_rent", "entry_gap"):
        assert np.isnan(ds[name].sel(period=2025)).all()
    assert np.isfinite(ds.price.sel(period=2026)).all()


def relief(run, component: str, index: tuple, kind: str, period: int) -> tuple[float, float]:
    """What loosening an upper row saves, per weight, below and above."""
    divisor = weight(run.prepared.parameters, kind, period)
    below, above = slopes(run, component, index)
    return -below / divisor, -above / divisor


def price_of(ds, policy: str, component: str, period: int, place: str = "") -> float:
    mask = (ds.policy_id == policy) & (ds.policy_component == component) & (ds.policy_period == period)
    mask &= ds.policy_place == place
    return float(ds.policy_price.values[np.flatnonzero(mask.values)[0]])


@pytest.mark.parametrize("period", [2026, 2031, 2036])
def test_price_of_a_cap(mini_run, period) -> None:
    price = price_of(mini_run.dataset, "cap", "policy_limit", period)
    assert between(price, relief(mini_run, "policy_limit", ("cap", period), "annual", period))
    assert price >= 0


@pytest.mark.parametrize("period", [2026, 2031, 2036])
def test_price_of_a_budget_is_dated(mini_run, period) -> None:
    price = price_of(mini_run.dataset, "budget", "policy_budget", period)
    assert between(price, relief(mini_run, "policy_budget", ("budget",), "period_total", period))
    # the same tonne, later: the price rises with the discount rate
    assert price_of(mini_run.dataset, "budget", "policy_budget", 2036) == pytest.approx(
        price_of(mini_run.dataset, "budget", "policy_budget", 2031) * 1.05**5
    )


@pytest.mark.parametrize("period", [2031, 2036])
def test_price_of_a_pace_is_one_tonne_more(mini_run, period) -> None:
    price = price_of(mini_run.dataset, "pace", "policy_pace", period, "all")
    below, above = relief(mini_run, "policy_pace", ("pace", "all", "all", period), "one_off", period)
    growth = 1 / sum(1.05 ** (y - 2025) for y in range(period, period + 5))
    assert between(price, (below * growth, above * growth))
    assert price >= 0


@pytest.mark.parametrize("place", ["East", "West"])
@pytest.mark.parametrize("period", [2026, 2031, 2036])
def test_price_of_a_credit_is_one_more_in_the_pool(mini_run, place, period) -> None:
    price = price_of(mini_run.dataset, "swap", "policy_swap_pool", period, place)
    assert between(price, relief(mini_run, "policy_swap_pool", ("swap", place, period), "one_off", period))
    assert price >= 0


def test_rows_that_are_slack_have_the_price_zero(mini_run) -> None:
    ds = mini_run.dataset
    one_sided = ~ds.policy_component.isin(["policy_charged", "policy_swap_new", "policy_swap_pool"])
    slack = one_sided & (ds.policy_binding == 0) & np.isfinite(ds.policy_price)
    assert slack.any()
    assert (ds.policy_price.where(slack, 0) == 0).all()
    assert (ds.policy_price.where(np.isfinite(ds.policy_price), 0) >= 0).all()


def test_rent_of_a_market_limit(mini_run) -> None:
    ds = mini_run.dataset
    for k in np.flatnonzero((ds.limit_component == "market_cap").values):
        period = int(ds.limit_period[k])
        if period == 2025:
            assert np.isnan(ds.limit_rent[k])
            continue
        index = (str(ds.limit_name[k].item()), str(ds.limit_place[k].item()), period)
        assert between(float(ds.limit_rent[k]), relief(mini_run, "market_cap", index, "annual", period))


def test_entry_gap_is_zero_where_something_is_built(mini_run) -> None:
    ds = mini_run.dataset
    built = (ds.new_capacity > 1e-9) & np.isfinite(ds.entry_gap)
    assert built.any()
    assert float(np.abs(ds.entry_gap.where(built, 0)).max()) < 1e-6
    assert float(ds.entry_gap.min()) >= -1e-6


@pytest.mark.parametrize("technology", ["blast_route", "scrap_route"])
@pytest.mark.parametrize("region", ["East", "West"])
def test_capacity_does_not_enter_before_its_capital_cost_has_fallen_by_the_gap(mini_run, region, technology) -> None:
    index = (region, technology, 2036)
    gap = float(mini_run.dataset.entry_gap.sel(region=region, technology=technology, period=2036))
    lp = mini_run.prepared.program
    place = lp.cols.span("new_capacity").start + lp.cols.indices("new_capacity").index(index)
    parameters = mini_run.prepared.parameters
    charge = parameters["capital_charge"][index] / parameters["overnight_cost"][index]
    assert charge * gap == pytest.approx(mini_run.solution.col_dual[place], abs=1e-6)
    if gap > 1e-6:
        cost = lp.cost.copy()
        cost[place] -= charge * gap * 0.999
        assert solve(replace(lp, cost=cost)).x[place] < 1e-6


def test_extracts_by_name(mini_run) -> None:
    lp, solution = mini_run.prepared.program, mini_run.solution
    activity = values(lp, solution, "activity")
    total = sum(x for (_, _, _, period), x in activity.items() if period == 2031)
    assert total == pytest.approx(float(mini_run.dataset.activity.sel(period=2031).sum()))
    assert values(lp, solution, "no_such_variable") == {}
    assert set(duals(lp, solution, "balance")) == set(levels(lp, solution, "balance"))
    assert set(reduced_costs(lp, solution, "activity")) == set(activity)
