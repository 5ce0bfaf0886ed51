"""Checks of a result file by itself: do its arrays agree with each other and with the recipes it was made from?

objective           sum of the cost components = objective; system cost = objective less transfers
balance             net flows + bought - sold - disposed + arrivals - departures - stockpiling = demand, per commodity
ledger              direct ledgers = activity and measures times their factors; bought ones = volume times factor
policy sheet        level within bound, excess apart; slack is their difference
output              activity is not below zero

Residuals are relative to the size of the row, at least one model unit; they pass up to 1e-6.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import xarray as xr

from peakmix.analysis.solved_period import SolvedPeriod
from peakmix.api.stored_values import Values, cells
from peakmix.audit.report import Check, Tally
from peakmix.parameters.container import Parameters
from peakmix.results.recount.ledgers import PURCHASED, SCOPES

Index = tuple[Any, ...]


def recheck(dataset: xr.Dataset, parameters: Parameters, values: Values) -> tuple[Check, ...]:
    """All checks.

    Parameters
    ----------
    dataset:
        The result file.
    parameters:
        Derived elements of the resolved scenario.
    values:
        Decisions read from the file; activity, adopted, market_volume, trade and stockpile are used.
    """
    tally = Tally(tuple(parameters.horizon))
    _objective(dataset, tally)
    periods = {p: SolvedPeriod(parameters, values, p) for p in parameters.horizon}
    _balances(dataset, parameters, values, periods, tally)
    _ledgers(dataset, parameters, values, periods, tally)
    _policies(dataset, tally)
    for key, amount in values["activity"].items():
        tally.row("output", key, min(amount, 0.0), amount)
    return tally.checks()


def _objective(dataset: xr.Dataset, tally: Tally) -> None:
    """The stored costs add up."""
    parts = float(dataset["cost"].sum())
    stated = float(dataset["objective"])
    tally.row("objective", ("cost components",), parts - stated, stated)
    paid = float(dataset["cost"].where(dataset["transfer"] == 1).sum())
    tally.row("objective", ("system cost",), stated - paid - float(dataset["system_cost"]), stated)
    tally.row("objective", ("attribute objective_value",), float(dataset.attrs["objective_value"]) - stated, stated)


def _balances(dataset: xr.Dataset, parameters: Parameters, values: Values, periods: dict[int, SolvedPeriod], tally: Tally) -> None:
    """Every commodity in every place and period."""
    terms: dict[Index, list[float]] = defaultdict(list)
    for period, solved in periods.items():
        for (region, _, commodity), amount in solved.net.items():
            terms[region, commodity, period].append(amount)
    market = parameters.facts["market"]
    for (region, name, period), volume in values["market_volume"].items():
        commodity, direction, _ = market[name]
        terms[region, commodity, period].append(volume if direction == "buy" else -volume)
    for (commodity, start, end, period), amount in values["trade"].items():
        terms[start, commodity, period].append(-amount)
        terms[end, commodity, period].append(float(parameters["arrival"][commodity, start, end]) * amount)
    _stockpiles(parameters, values, terms)
    for key, amount in cells(dataset, "demand").items():
        terms[key].append(-amount)
    for key, parts in terms.items():
        tally.row("balance", key, sum(parts), sum(map(abs, parts)))


def _stockpiles(parameters: Parameters, values: Values, terms: dict[Index, list[float]]) -> None:
    """What goes into stock and comes out of it."""
    for key in values["stockpile"]:
        region, commodity, period = key
        per_year = float(parameters["stockpile_year"][key])
        before = parameters.horizon.before(period)
        terms[key].append(-per_year * values["stockpile"][key])
        opening = values["stockpile"].get((region, commodity, before), 0.0) * per_year
        terms[key].append(opening if before is not None else float(parameters["stockpile_opening_flow"][key]))


def _ledgers(dataset: xr.Dataset, parameters: Parameters, values: Values, periods: dict[int, SolvedPeriod], tally: Tally) -> None:
    """Ledgers of the file against activity and purchases."""
    own: dict[Index, float] = defaultdict(float)
    size: dict[Index, float] = defaultdict(float)
    for period, solved in periods.items():
        for (name, region, technology), amount in solved.ledgers.items():
            cell = (name, region, parameters.facts["sector"][technology], period)
            own[cell] += amount
            size[cell] += abs(amount)
    for key, factor in parameters.values.get("market_factor", {}).items():
        region, market, when = key
        ledger = SCOPES.get(parameters.facts["market"][market][2])
        if ledger is not None:
            amount = float(factor) * values["market_volume"].get(key, 0.0)
            own[ledger, region, PURCHASED, when] += amount
            size[ledger, region, PURCHASED, when] += abs(amount)
    stated = cells(dataset, "ledger")
    for cell in {*own, *stated}:
        tally.row("ledger", cell, own[cell] - stated.get(cell, 0.0), size[cell])


def _policies(dataset: xr.Dataset, tally: Tally) -> None:
    """Rows of the policy sheet."""
    names = ("id", "component", "place", "period", "level", "bound", "slack_left", "excess")
    columns = [dataset[f"policy_{name}"].values.tolist() for name in names]
    for name, component, place, period, level, bound, slack, excess in zip(*columns, strict=True):
        if not np.isfinite([level, bound, slack]).all():
            continue
        size = abs(level) + abs(bound) + abs(excess)
        if component == "policy_voluntary":
            # may be missed; the distance only has to be that between level and value
            slack = -abs(abs(slack) - abs(bound - level))
        tally.row("policy sheet", (name, component, place, period), min(slack, 0.0), size)
