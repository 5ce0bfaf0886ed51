"""Planning together against each on its own: the cost of every coalition of places, the gain, and two ways to share it.

A coalition is the scenario cut down to its places: the same rows, trade inside the coalition only, and policies without a place of
their own pooled over it. Worth of a coalition = cost of its members alone less its cost together.

    at prices  a place pays its own cost, what it brings in less what it sends out at the group's prices, and what it emits above
               its part of a pooled limit at the price of that limit; the payments add up to the cost of all together
    Shapley    mean of what a place adds over all orders of joining

Costs are objectives, million money discounted. A pooled limit is an upper one relative to the base period, so that the parts of
the places add up to the limit of the whole.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from peakmix.analysis.sharing import blocking, coalitions, shapley
from peakmix.api.prepare import Prepared, Progress, Timings, prepare, silent
from peakmix.api.running import solve_prepared
from peakmix.api.set_up import opened
from peakmix.foundation.errors import UncertifiedError, UsageError
from peakmix.results.quick_audit import quick_audit
from peakmix.results.recount.indicators import indicator
from peakmix.scenario import Scenario
from peakmix.scenario.limits import LimitPolicy
from peakmix.solve.certificate import solve_certified
from peakmix.solve.solution import Status
from peakmix.tables.dataset import DataSet

ADDS_UP = 1e-6
"""Payments at prices add up to the cost together within this share."""


@dataclass(frozen=True)
class Cooperation:
    """What a group of places gains by planning together, million money discounted.

    frame      one row a place: ``alone``, ``at_prices`` (what it pays together), ``gain_at_prices``, ``gain_shapley``
    worth      gain of every coalition
    together   cost of all together;  gain  what they save in all
    blocking   coalitions that could do better alone, by way of sharing
    dataset    result of all together
    """

    frame: pd.DataFrame
    worth: Mapping[frozenset[str], float]
    together: float
    gain: float
    blocking: Mapping[str, list[frozenset[str]]]
    dataset: xr.Dataset


def cooperation(
    scenario: Path | str | Scenario,
    changes: Mapping[str, Any] | None = None,
    data: DataSet | None = None,
    progress: Progress = silent,
) -> Cooperation:
    """Solve every coalition of the places named in ``locations`` of a scenario, and share the gain.

    UsageError when the scenario names fewer than two places, or a policy has a place of its own; UncertifiedError when a coalition
    has no certified optimum.
    """
    timings = Timings(progress=progress)
    loaded, data = opened(scenario, timings, changes, data)
    members = _members(loaded)
    cost: dict[frozenset[str], float] = {}
    bounds: dict[str, dict[tuple[str, int], float]] = {}
    for coalition in coalitions(members):
        timings.phase(" + ".join(m for m in members if m in coalition))
        ready = _ready(loaded, data, [m for m in members if m in coalition])
        cost[coalition], _ = _solved(ready)
        if len(coalition) == 1:
            bounds[next(iter(coalition))] = _bounds(ready, loaded)
    alone = {m: cost[frozenset([m])] for m in members}
    worth = {s: sum(alone[m] for m in s) - cost[s] for s in cost}
    everybody = frozenset(members)
    dataset, pays = _at_prices(loaded, data, members, bounds)
    if abs(sum(pays.values()) - cost[everybody]) > ADDS_UP * abs(cost[everybody]):
        raise UncertifiedError(f"payments at prices add up to {sum(pays.values()):.6g}, the cost together is {cost[everybody]:.6g}")
    timings.done()
    value = shapley(worth)
    gains = {m: alone[m] - pays[m] for m in members}
    frame = pd.DataFrame(
        {
            "alone": alone,
            "at_prices": pays,
            "gain_at_prices": gains,
            "gain_shapley": {m: value[m] for m in members},
        }
    ).loc[members]
    tolerance = ADDS_UP * abs(cost[everybody])
    stopped = {"at_prices": blocking(worth, gains, tolerance), "shapley": blocking(worth, value, tolerance)}
    return Cooperation(frame, worth, cost[everybody], worth[everybody], stopped, dataset)


def _members(scenario: Scenario) -> list[str]:
    """Places of the scenario; policies with a place of their own would not be pooled."""
    places = scenario.spec.locations
    if places is None or len(places) < 2:
        raise UsageError("planning together needs two places or more", fix="name them under locations in the scenario")
    for name, policy in scenario.spec.active_policies.items():
        if policy.location is not None:
            raise UsageError(f"policy {name} has a place of its own", fix="leave its location out, or switch it off")
        if not (isinstance(policy, LimitPolicy) and policy.kind == "relative_to_base" and policy.sense == "upper"):
            raise UsageError(f"policy {name} cannot be pooled", fix="use upper limits of kind relative_to_base")
    return [str(place) for place in places]


def _ready(scenario: Scenario, data: DataSet, places: Sequence[str]) -> Prepared:
    """The scenario of one coalition, built."""
    spec = scenario.spec.model_copy(update={"locations": tuple(places)})
    return prepare(replace(scenario, spec=spec), data, Timings())


def _solved(ready: Prepared) -> tuple[float, Any]:
    """Cost of a coalition and its solution."""
    solution, certificate = solve_certified(ready.program)
    if solution.status is not Status.OPTIMAL or not certificate.passed:
        raise UncertifiedError(f"a coalition has no certified optimum: {solution.status}", fix="solve it by itself: set locations")
    return solution.objective, solution


def _bounds(ready: Prepared, scenario: Scenario) -> dict[tuple[str, int], float]:
    """Bound of every pooled limit by period, in the indicator's yearly unit."""
    ceilings = ready.parameters.values.get("policy_value", {})
    return {(str(key[0]), int(key[-1])): value for key, value in ceilings.items() if key[0] in scenario.spec.active_policies}


def _at_prices(
    scenario: Scenario, data: DataSet, members: Sequence[str], bounds: Mapping[str, Mapping[tuple[str, int], float]]
) -> tuple[xr.Dataset, dict[str, float]]:
    """Result of all together, and what each place pays at its prices."""
    ready = _ready(scenario, data, members)
    run = solve_prepared(ready, False)
    dataset = run.dataset
    _, solution = _solved(ready)
    weight = {int(p): float(w) for p, w in zip(dataset["period"].values, dataset["operating_weight"].values, strict=True)}
    pays = {}
    for member in members:
        own = dataset["cost"].sel(cost_place=member).sum("period")
        pays[member] = float(own.drop_sel(cost_component="freight").sum()) + _traded(dataset, ready, member, weight)
    recount = quick_audit(ready.parameters, ready.model.books, ready.program, solution).recount
    assert recount is not None
    rows = zip(dataset["policy_id"].values, dataset["policy_period"].values, dataset["policy_price"].values, strict=True)
    for name, period, price in ((str(a), int(b), float(c)) for a, b, c in rows):
        policy = scenario.spec.policies[name]
        for member in members:
            builder = recount.scope.builder("part")
            builder.add(("part",), indicator(recount.scope, policy.scoped(policy.indicator), period, region=member))  # type: ignore[union-attr]
            block = builder.block()
            level = float(recount.point(solution.x).values(block)[0]) if len(block.row) else 0.0
            pays[member] += weight[period] * price * (level - bounds[member][name, period])
    return dataset, pays


def _traded(dataset: xr.Dataset, ready: Prepared, member: str, weight: Mapping[int, float]) -> float:
    """What comes in less what goes out, at the prices of the place, discounted."""
    paid = 0.0
    arrival = ready.parameters.values.get("arrival", {})
    flows = ready.parameters.values.get("trade_charge", {})
    price, trade = dataset["price"], dataset["trade"]
    for commodity, start, end, period in flows:
        if member not in (start, end):
            continue
        sent = float(trade.sel(commodity=commodity, region=start, region_to=end, period=period))
        if sent == 0.0:
            continue
        amount = sent * arrival.get((commodity, start, end), 1.0) if member == end else -sent
        paid += weight[int(period)] * amount * float(price.sel(region=member, commodity=commodity, period=period))
    return paid
