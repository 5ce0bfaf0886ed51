"""The decisions of a run read back from its result file, by the names and indices of the model.

Most decisions stand in the file as they are. Three follow from what stands there:

    conversion   by vintage, from the stock:  F[v,p] = g[v,p] K[v,p-1] - R[v,p] - K[v,p],  shared by the converted totals
    delivery     demand served in a place less the demand stated there
    policies     excess, charged quantity and pools, from the policy sheet; allowances from their accounts

Where a decision does not follow it is left out and named: two conversions that keep the clock and draw on the same
vintage, or two demand nodes over one place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import Any

import numpy as np
import xarray as xr

from peakmix.formulation.indicators import PURCHASE_LEDGERS, PURCHASED
from peakmix.parameters.container import Parameters
from peakmix.results.accounts import DECISIONS

Index = tuple[Any, ...]
Values = dict[str, dict[Index, float]]
SMALL = 1e-9
"""Volumes below this are rounding."""


def cells(dataset: xr.Dataset, name: str) -> dict[Index, float]:
    """Cells of an array that are not zero, by their labels."""
    array = dataset[name]
    numbers = array.values
    labels = [dataset[dim].values.tolist() for dim in array.dims]
    return {
        tuple(labels[axis][k] for axis, k in enumerate(place)): float(numbers[tuple(place)]) for place in np.argwhere(numbers != 0)
    }


def stored_values(dataset: xr.Dataset, parameters: Parameters) -> tuple[Values, list[str]]:
    """All decisions of a result file, and what can not be told from it.

    Parameters
    ----------
    dataset:
        What ``open_result`` gives.
    parameters:
        Derived elements of the resolved scenario: which indices exist, and what survives from period to period.
    """
    gaps: list[str] = []
    values: Values = {name: cells(dataset, name) for name in (
        "new_capacity", "early_retirement", "renewal", "market_volume", "trade",
    )}  # fmt: skip
    balances = set(parameters.sets["balances"])
    stored = cells(dataset, "stockpile")
    places = [key for key in parameters.values.get("stockpile_capacity", {}) if key[:2] in balances]
    values["stockpile"] = {key: stored.get(key, 0.0) for key in places}
    values["ledger"] = {key: x for key, x in cells(dataset, "ledger").items() if key[2] != PURCHASED or key[0] in PURCHASE_LEDGERS}
    dated = parameters.facts["by_vintage"]
    values["activity"] = {
        (region, technology, "all", period): x
        for (region, technology, period), x in cells(dataset, "activity").items()
        if technology not in dated
    }
    values["activity"] |= cells(dataset, "activity_by_vintage") if "activity_by_vintage" in dataset else {}
    stock = cells(dataset, "capacity_by_vintage")
    tracked = parameters.facts["tracked"]
    values["stock"] = {k: stock.get(k, 0.0) for k in parameters.values.get("live", {}) if k[:3] in tracked}
    for name in ("adopted", "new_measure"):
        values[name] = _measures(dataset, name)
    values["delivery"] = _deliveries(dataset, parameters, gaps)
    values["conversion"] = _conversions(cells(dataset, "converted"), values, parameters, gaps)
    values |= _policies(dataset)
    return values, gaps


def _measures(dataset: xr.Dataset, name: str) -> dict[Index, float]:
    """Adoption by place, measure, host and period."""
    pairs = zip(dataset["measure"].values.tolist(), dataset["measure_host_technology"].values.tolist(), strict=True)
    parts = dict(zip(dataset["measure_host"].values.tolist(), pairs, strict=True))
    return {(region, *parts[label], period): x for (region, label, period), x in cells(dataset, name).items()}


def _deliveries(dataset: xr.Dataset, parameters: Parameters, gaps: list[str]) -> dict[Index, float]:
    """What places supply to demand that is stated at a node above them."""
    pooled = parameters.values.get("pooled_demand", {})
    nodes: dict[tuple[str, str], set[str]] = defaultdict(set)
    for node, commodity, _ in pooled:
        for region in parameters.regions_of(node):
            nodes[region, commodity].add(node)
    found: dict[Index, float] = {}
    for (region, commodity, period), served in cells(dataset, "demand").items():
        above = nodes.get((region, commodity), set())
        rest = served - float(parameters.get("demand", (region, commodity, period)))
        if len(above) > 1 and abs(rest) > SMALL:
            gaps.append(f"to which of the nodes {', '.join(sorted(above))} {region} delivers {commodity}")
        elif above:
            found[next(iter(above)), commodity, region, period] = rest
    return found


def _conversions(total: dict[Index, float], values: Values, parameters: Parameters, gaps: list[str]) -> dict[Index, float]:
    """Conversions of live capacity by vintage, from what each vintage has lost."""
    facts = parameters.facts["conversion"]
    named: dict[Index, list[str]] = defaultdict(list)
    for (region, name, period), amount in total.items():
        if amount > SMALL:
            named[region, facts[name][0], period].append(name)
    found: dict[Index, float] = {}
    for (region, source, period), names in named.items():
        received = [n for n, (_, target, draws, clock) in facts.items() if (target, draws, clock) == (source, "live", "kept")]
        if any(total.get((region, n, p), 0.0) > SMALL for n in received for p in parameters.horizon):
            gaps.append(f"which vintages of {source} in {region} were converted after having been converted")
            continue
        if len(names) > 1 and any(facts[n][3] == "kept" for n in names):
            gaps.append(f"which vintages of {source} in {region} went to which of {', '.join(names)}")
            continue
        volume = sum(total[region, n, period] for n in names)
        for label, lost in _lost(values, parameters, region, source, period).items():
            for name in names:
                found[region, name, label, period] = lost * total[region, name, period] / volume
    return found


def _lost(values: Values, parameters: Parameters, region: str, technology: str, period: int) -> dict[str, float]:
    """What the vintages of a technology lost in a period beyond natural end and early closure."""
    stock, closed = values["stock"], values["early_retirement"]
    before = parameters.horizon.before(period)
    found = {}
    for (r, t, label, p), carry in parameters.values.get("carry", {}).items():
        if (r, t, p) == (region, technology, period) and (r, t, label, p) in stock:
            kept = carry * stock.get((r, t, label, before), 0.0)
            lost = kept - closed.get((r, t, label, p), 0.0) - stock[r, t, label, p]
            if lost > SMALL:
                found[label] = lost
    return found


def _policies(dataset: xr.Dataset) -> Values:
    """Excess, charged quantities, pools and flows of credits, from the sheets."""
    values: Values = {"policy_excess": {}, "policy_charge": {}, "swap_pool": {}, "swap_flow": {}}
    columns = ("id", "instrument", "component", "place", "period", "level", "slack_left", "excess")
    for name, instrument, component, place, period, level, slack, excess in _rows(dataset, "policy", columns):
        if component == "policy_swap_pool":
            values["swap_pool"][name, place, period] = slack
        elif component == "policy_finance_cash":
            values.setdefault("cash_flow", {})[name, period] = level
        elif instrument == "price":
            values["policy_charge"][name, period] = level
        elif excess:
            values["policy_excess"][name, 0 if component == "policy_budget" else period] = excess
    names = ("policy", "source", "target", "case", "period", "amount")
    for name, source, target, case, period, amount in _rows(dataset, "swap", names):
        values["swap_flow"][name, source, target, case, period] = amount
    if dataset.sizes.get("loan_row"):
        loans = _rows(dataset, "loan", ("policy", "line", "region", "asset", "period", "draw"))
        values["loan_draw"] = {(*index,): amount for *index, amount in loans}
    if dataset.sizes.get("allowance_row"):
        kept = ("policy", "account", "period", *DECISIONS)
        for name, account, period, *amounts in _rows(dataset, "allowance", kept):
            for decision, amount in zip(DECISIONS, amounts, strict=True):
                values.setdefault(f"allowance_{decision}", {})[name, account, period] = amount
        stock = _rows(dataset, "allowance", ("policy", "period", "inventory"))
        values["allowance_inventory"] = {(name, period): amount for name, period, amount in stock}
    return values


def _rows(dataset: xr.Dataset, prefix: str, columns: Iterable[str]) -> Iterable[tuple[Any, ...]]:
    """Rows of a sheet."""
    return zip(*(dataset[f"{prefix}_{column}"].values.tolist() for column in columns), strict=True)
