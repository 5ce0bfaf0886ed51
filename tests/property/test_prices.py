"""Prices and accounts: slack rules are free, a dual is what one unit more costs, a cap and its price are one optimum."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cases.kit import Problem, Solved, solve
from tests.property.worlds import DIRECT, PERIODS, World, few, worlds

LENGTH = dict(PERIODS)


def emissions(case: Solved, period: int) -> float:
    return case("ledger", "direct_co2", "Here", "industry", period)


def open_run(world: World, policies: dict[str, Any]) -> Solved:
    return solve(world.problem(), PERIODS, **world.money, policies=policies)


@few
@given(worlds)
def test_costs_add_up(world: World) -> None:
    """The components of cost are the objective, and the certificate holds."""
    case = open_run(world, world.policies())
    assert sum(case.costs.values()) == pytest.approx(case.objective, rel=1e-12)
    assert case.certified


@few
@given(worlds)
def test_a_slack_cap_is_free(world: World) -> None:
    """A cap just above what is emitted anyway has price exactly 0 and costs nothing."""
    watched = open_run(world, world.policies() | {"cap": world.policies()["cap"] | {"values": "1000 Mt/yr"}})
    path = {p: f"{emissions(watched, p) * 1.001 + 0.001} Mt/yr" for p in (2026, 2030)}
    capped = open_run(world, {"cap": {"instrument": "limit", "indicator": DIRECT, "values": path, "between": "step"}})
    assert [capped.dual("policy_limit", "cap", p) for p in (2026, 2030)] == [0.0, 0.0]
    assert capped.objective == pytest.approx(watched.objective, rel=1e-9)


STEP = 1e-3


def between(below: float, price: float, above: float) -> None:
    """One-sided differences of a convex optimum enclose every dual."""
    slack = 1e-5 * max(1.0, abs(below), abs(above))
    assert below - slack <= price <= above + slack


@few
@given(worlds, st.sampled_from([2025, 2026, 2030]))
def test_price_of_steel_is_what_a_tonne_costs(world: World, period: int) -> None:
    """Annual price times the period's weight = change of the optimum with one tonne a year more or less of demand."""
    case = open_run(world, world.policies())
    place = [p for p, _ in PERIODS].index(period)
    costs = []
    for step in (-STEP, STEP):
        moved = tuple(d + step * (k == place) for k, d in enumerate(world.demand))
        costs.append(open_run(replace(world, demand=moved), world.policies()).objective)
    weight = case.prepared.parameters.horizon.operating_weight(period)
    below, above = (case.objective - costs[0]) / STEP / weight, (costs[1] - case.objective) / STEP / weight
    between(below, case.annual_price("balance", "Here", "steel", period, period=period), above)


def cap_path(levels: dict[int, float]) -> dict[str, Any]:
    values = {p: f"{x!r} Mt/yr" for p, x in levels.items()}
    return {"cap": {"instrument": "limit", "indicator": DIRECT, "values": values, "between": "step"}}


@few
@given(worlds, st.sampled_from([2026, 2030]))
def test_price_of_a_cap_is_what_a_tonne_saves(world: World, period: int) -> None:
    """The dual of a cap, divided by the weight, lies between the one-sided differences of the optimum."""
    levels = {2026: world.cap, 2030: world.cap * 0.8}
    case = open_run(world, cap_path(levels))
    lower, upper = (open_run(world, cap_path(levels | {period: levels[period] + s})).objective for s in (-STEP, STEP))
    weight = case.prepared.parameters.horizon.operating_weight(period)
    below, above = (case.objective - lower) / STEP / weight, (upper - case.objective) / STEP / weight
    between(below, case.annual_price("policy_limit", "cap", period, period=period), above)


@few
@given(worlds)
def test_a_cap_is_a_tax_at_its_price(world: World) -> None:
    """Taxed at the cap's prices, the optimum less the tax on the capped amount is the capped optimum."""
    levels = {2026: world.cap, 2030: world.cap * 0.8}
    capped = open_run(world, cap_path(levels))
    prices = {p: -capped.annual_price("policy_limit", "cap", p, period=p) for p in levels}
    values = {2026: prices[2026], 2030: prices[2030]}
    tax = {"instrument": "price", "indicator": DIRECT, "values": values, "unit": "CNY/t", "between": "step"}
    taxed = open_run(world, {"tax": tax})
    weights = capped.prepared.parameters.horizon.operating_weight
    revenue = sum(prices[p] * levels[p] * weights(p) for p in levels)
    assert taxed.objective - revenue == pytest.approx(capped.objective, rel=1e-8)


@few
@given(worlds)
def test_budget_and_caps(world: World) -> None:
    """A budget is never dearer than caps of the same sum; caps at the budget's own path cost the same as the budget."""
    total = sum(world.cap * LENGTH[p] for p in (2026, 2030))
    rule = {"instrument": "limit", "indicator": DIRECT, "values": f"{total!r} Mt", "span": "horizon", "from_year": 2026}
    budget = open_run(world, {"budget": rule})
    caps = open_run(world, cap_path({2026: world.cap}))
    assert budget.objective <= caps.objective * (1 + 1e-9)
    path = {p: emissions(budget, p) + 1e-9 for p in (2026, 2030)}
    assert sum(path[p] * LENGTH[p] for p in path) <= total + 1e-6
    assert open_run(world, cap_path(path)).objective == pytest.approx(budget.objective, rel=1e-7)


@few
@given(worlds)
def test_budget_price_is_constant_in_present_value(world: World) -> None:
    """lambda n_p / D_p taken as a tax in every period leaves the optimum where the budget put it."""
    total = sum(world.cap * LENGTH[p] for p in (2026, 2030))
    rule = {"instrument": "limit", "indicator": DIRECT, "values": f"{total!r} Mt", "span": "horizon", "from_year": 2026}
    budget = open_run(world, {"budget": rule})
    worth = -budget.dual("policy_budget", "budget")
    weight = budget.prepared.parameters.horizon.operating_weight
    values = {p: worth * LENGTH[p] / weight(p) for p in (2026, 2030)}
    tax = {"instrument": "price", "indicator": DIRECT, "values": values, "unit": "CNY/t", "between": "step"}
    taxed = open_run(world, {"tax": tax})
    assert taxed.objective - worth * total == pytest.approx(budget.objective, rel=1e-8)


def swapped(demand: float, opening: float) -> Solved:
    """Old works at 300 and new at 100 CNY/t under a swap of 1.5, demand above what is left of the stock."""
    problem = (
        Problem()
        .commodity("steel")
        .technology("old", "steel", variable_cost=300.0, retire="existing", new_build=False)
        .technology("new", "steel", variable_cost=100.0, capital_cost=10.0, first_year=2026)
        .stock("old", 10)
        .demand("steel", {2025: 9.0, 2026: demand})
        .value("swap_ratios", 1.5, "1", rule="r", case="other", target_class="", origin="", year=2020)
        .group("works", "old", "new")
    )
    rule = {"instrument": "swap", "rule": "r", "group": "works", "from_year": 2026, "opening": {"Here": f"{opening} Mt/yr"}}
    return solve(problem, [[2025, 1], [2026, 3]], 0.05, salvage="none", policies={"swap": rule})


def test_price_of_a_swap_credit() -> None:
    """One-sided differences by the opening credit, at d_p: what a credit is worth once, and of steel by its demand."""
    case = swapped(9.0, 0.5)
    lower, upper = (swapped(9.0, 0.5 + s).objective for s in (-STEP, STEP))
    weight = case.prepared.parameters.horizon.investment_weight(2026)
    price = -abs(case.one_off_price("policy_swap_pool", "swap", "Here", 2026, period=2026))
    between((case.objective - lower) / STEP / weight, price, (upper - case.objective) / STEP / weight)
    lower, upper = (swapped(9.0 + s, 0.5).objective for s in (-STEP, STEP))
    weight = case.prepared.parameters.horizon.operating_weight(2026)
    price = case.annual_price("balance", "Here", "steel", 2026, period=2026)
    between((case.objective - lower) / STEP / weight, price, (upper - case.objective) / STEP / weight)
