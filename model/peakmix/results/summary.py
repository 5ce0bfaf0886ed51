"""A result as text for the terminal: cost, mix, emission paths, policies with prices, swap, guards, certificate."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from textwrap import wrap
from typing import Any

import numpy as np
import xarray as xr

from peakmix.foundation.telling import figure
from peakmix.results.guards import dated, look_twice
from peakmix.results.missed import missed
from peakmix.results.summary_accounts import loans, payers, stranded
from peakmix.results.trust import aggregation, trust
from peakmix.results.windows import foresight_lines
from peakmix.solve.program import FloatArray

LEAST_SHARE = 0.005
"""Technologies below this share of a product in every period are added up as ``other``."""
MOST_ROWS = 8
KEPT = (
    "policy_allowance_emission", "policy_allowance_trade", "policy_allowance_sales", "policy_carbon_bank",
    "policy_finance_cover", "policy_finance_share", "policy_finance_cash",
)  # fmt: skip
"""Rows that keep accounts and say nothing by themselves."""
MOST_POLICY_ROWS = 40
WIDTH = 132
LEDGERS = (
    ("direct_co2", "direct"),
    ("purchased_power_co2", "power bought"),
    ("purchased_heat_co2", "heat bought"),
    ("hydrogen_power_co2", "hydrogen's power"),
    ("upstream_co2", "upstream"),
    ("energy_calorific", "energy, calorific"),
    ("energy_coal_equivalent", "energy, coal equivalent"),
)


def summarise(dataset: xr.Dataset) -> str:
    """The summary of one result, as lines of text."""
    parts = (
        _heading(dataset),
        foresight_lines(dataset),
        _mix(dataset),
        _paths(dataset),
        _cost(dataset),
        payers(dataset, table),
        loans(dataset, table),
        stranded(dataset, table),
        _policies(dataset),
        _swap(dataset),
        _rents(dataset),
        _nearest(dataset),
        _guards(dataset),
        aggregation(dataset),
        trust(dataset),
    )
    return "\n\n".join("\n".join(lines) for lines in parts if lines)


def table(head: Sequence[str], rows: Iterable[Sequence[object]], left: int = 1) -> list[str]:
    """Aligned lines: the first ``left`` columns to the left, numbers to the right."""
    cells = [[_cell(entry) for entry in row] for row in (head, *rows)]
    widths = [max(len(row[k]) for row in cells) for k in range(len(head))]
    return [
        "  " + "  ".join(c.ljust(w) if k < left else c.rjust(w) for k, (c, w) in enumerate(zip(row, widths, strict=True)))
        for row in cells
    ]


def _cell(entry: object) -> str:
    """A number with four figures, a missing one as a dash, rounding as zero."""
    if isinstance(entry, float):
        return figure(0.0 if abs(entry) < 5e-7 else entry)
    return str(entry)


def _periods(dataset: xr.Dataset) -> list[str]:
    return [str(p) for p in dataset["period"].values]


def _heading(dataset: xr.Dataset) -> list[str]:
    told = dataset.attrs
    ends = f"{dataset['period'].values[0]} to {int(dataset['period_end'].values[-1])}"
    lines = [
        f"{told['scenario_name']}: {told['title']}",
        f"  {dataset.sizes['region']} places, {dataset.sizes['technology']} technologies, "
        f"{dataset.sizes['period']} periods, {ends}; data: {told['data_title']}",
        f"  {'certified' if told['certified'] == 'yes' else 'NOT CERTIFIED'}; status {told['termination_condition']}",
    ]
    return [*lines, *missed(dataset)]


def _mix(dataset: xr.Dataset) -> list[str]:
    """Output of products with the shares of their technologies, by sector."""
    product = dataset["technology_product"].values
    sector = dataset["technology_sector"].values
    kind = dict(zip(dataset["commodity"].values, dataset["commodity_kind"].values, strict=True))
    unit = dataset["technology_unit"].values
    total = dataset["activity"].sum("region").values
    rows: list[Sequence[object]] = []
    for name in dict.fromkeys(product[np.lexsort((np.arange(len(product)), sector))]):
        own = np.flatnonzero(product == name)
        amount = total[own].sum(axis=0)
        if not amount.any() or (len(own) < 2 and kind.get(name) != "product"):
            continue
        rows.append([f"{name} ({sector[own[0]]}, {unit[own[0]]})", *amount.tolist()])
        if len(own) > 1:
            rows += _shares(dataset["technology"].values[own], total[own], amount)
    head = ["", *_periods(dataset)]
    return ["output, and shares of technologies in %", *table(head, rows)] if rows else []


def _shares(names: Any, total: FloatArray, amount: FloatArray) -> list[Sequence[object]]:
    with np.errstate(divide="ignore", invalid="ignore"):
        share = np.where(amount > 0, total / amount, 0.0)
    order = np.argsort(-share.max(axis=1), kind="stable")
    shown = [k for k in order[:MOST_ROWS] if share[k].max() >= LEAST_SHARE]
    rest = [k for k in order if k not in shown]
    rows: list[Sequence[object]] = [[f"  {names[k]}", *(f"{100 * s:.1f}" for s in share[k])] for k in shown]
    if rest and share[rest].max() > 0:
        rows.append(["  other", *(f"{100 * s:.1f}" for s in share[rest].sum(axis=0))])
    return rows


def _paths(dataset: xr.Dataset) -> list[str]:
    """Emissions by sector and the ledgers side by side, each with the period of its highest level."""
    ledger = dataset["ledger"].sum("region")
    unit = dict(zip(dataset["ledger_name"].values, dataset["ledger_unit"].values, strict=True))
    rows: list[Sequence[object]] = []
    direct = ledger.sel(ledger_name="direct_co2")
    for sector in direct["sector"].values:
        series = direct.sel(sector=sector).values
        if sector != "purchased" and series.any():
            rows.append([f"direct, {sector} (Mt/yr)", *series.tolist(), _highest(dataset, series)])
    for name, label in LEDGERS:
        if name not in unit:
            continue
        series = ledger.sel(ledger_name=name).sum("sector").values
        if series.any():
            rows.append([f"{label} ({unit[name]})", *series.tolist(), _highest(dataset, series)])
    head = ["", *_periods(dataset), "highest in"]
    return ["emissions and energy: ledgers side by side, never added", *table(head, rows)] if rows else []


def _highest(dataset: xr.Dataset, series: FloatArray) -> str:
    """Period of the highest level; the first one of equals."""
    top = series.max()
    k = int(np.argmax(series >= top - 1e-9 * max(1.0, abs(top))))
    return str(dataset["period"].values[k])


def _cost(dataset: xr.Dataset) -> list[str]:
    """The accounts, and the objective by component."""
    money = dataset.attrs["money"]
    by = dataset["cost"].sum(("cost_place", "period"))
    transfer = dataset["transfer"].values == 1
    objective, system = float(dataset["objective"]), float(dataset["system_cost"])
    rows: list[Sequence[object]] = [["objective", objective]]
    paid = float(by.values[transfer].sum())
    rows += [["  less transfers", -paid], ["system cost", system]]
    parts = [(str(n), float(x)) for n, x in zip(by["cost_component"].values, by.values, strict=True) if abs(x) > 1e-9]
    rows += [[f"    {name}", amount] for name, amount in sorted(parts, key=lambda part: -abs(part[1]))]
    rate = 100 * float(dataset.attrs["discount_rate"])
    return [f"cost, million {money}, discounted at {rate:g} %", *table(["", "million"], rows)]


def _policies(dataset: xr.Dataset) -> list[str]:
    """Rows that bind or have a price, and how many do not."""
    price = dataset["policy_price"].values
    binding = dataset["policy_binding"].values == 1
    level = dataset["policy_level"].values
    charged = (dataset["policy_component"].values == "policy_charged") & (np.abs(level) > 0)
    felt = np.abs(np.nan_to_num(price)) > 1e-6
    component = dataset["policy_component"].values.astype(str)
    moved = ~np.char.startswith(component, "policy_swap") & ~np.isin(component, KEPT)
    shown = np.flatnonzero(((binding | felt) & moved) | charged).tolist()
    if not len(price):
        return []
    lines = ["policies in force: price in money of the year (0 where nothing is felt)"]
    rows = [
        [
            _text(dataset, "policy_id", k) + _where(dataset, k),
            dated(int(dataset["policy_period"].values[k])),
            float(level[k]),
            float(dataset["policy_bound"].values[k]),
            _text(dataset, "policy_unit", k),
            float(price[k]),
            _text(dataset, "policy_price_unit", k),
        ]
        for k in shown[:MOST_POLICY_ROWS]
    ]
    lines += table(["policy", "period", "level", "bound", "unit", "price", "unit"], rows, left=2) if rows else []
    if len(shown) > MOST_POLICY_ROWS:
        lines.append(f"  ... and {len(shown) - MOST_POLICY_ROWS} more rows in force")
    return [*lines, f"  {len(price) - len(shown)} other rows are slack or keep the swap ledger"]


def _text(dataset: xr.Dataset, name: str, k: int) -> str:
    return str(dataset[name].values[k])


def _where(dataset: xr.Dataset, k: int) -> str:
    parts = [_text(dataset, name, k) for name in ("policy_place", "policy_case")]
    row = _text(dataset, "policy_component", k).removeprefix("policy_")
    shown = ", ".join([row, *(part for part in parts if part)])
    return f" ({shown})"


def _swap(dataset: xr.Dataset) -> list[str]:
    """New capacity under swap rules: from the same place and from others, and the credits it took."""
    if not dataset.sizes["swap_row"]:
        return []
    amount, ratio = dataset["swap_amount"].values, dataset["swap_ratio"].values
    own = dataset["swap_source"].values == dataset["swap_target"].values
    policy, period = dataset["swap_policy"].values, dataset["swap_period"].values
    rows: list[Sequence[object]] = []
    for name in dict.fromkeys(policy):
        for label, chosen, weight in (
            ("new capacity, same place", own, np.ones_like(ratio)),
            ("new capacity, other places", ~own, np.ones_like(ratio)),
            ("capacity given up", np.ones_like(own), ratio),
        ):
            mask = chosen & (policy == name)
            series = [float((amount * weight)[mask & (period == p)].sum()) for p in dataset["period"].values]
            rows.append([f"{name}: {label}", *series])
    return ["capacity swap, Mt/yr built in the period", *table(["", *_periods(dataset)], rows)]


def _rents(dataset: xr.Dataset) -> list[str]:
    """The physical limits with the highest rents."""
    rent = np.nan_to_num(dataset["limit_rent"].values)
    order = [k for k in np.argsort(-rent, kind="stable")[:MOST_ROWS] if rent[k] > 1e-6]
    rows = [
        [
            f"{_text(dataset, 'limit_name', k)} ({_text(dataset, 'limit_what', k)})",
            _text(dataset, "limit_place", k),
            _text(dataset, "limit_period", k),
            float(rent[k]),
            _text(dataset, "limit_rent_unit", k),
        ]
        for k in order
    ]
    return ["highest rents of limits", *table(["limit", "place", "period", "rent", "unit"], rows, left=3)] if rows else []


def _nearest(dataset: xr.Dataset) -> list[str]:
    """Technologies that are built nowhere, with the least that their capital cost would have to fall by."""
    gap = dataset["entry_gap"].values
    names = dataset["technology"].values
    unit = dict(zip(dataset["commodity"].values, dataset["price_unit"].values, strict=True))
    built = dataset["new_capacity"].sum(("region", "period")).values > 1e-9
    rows: list[tuple[str, str, str, float, str]] = []
    for k in np.flatnonzero(~built & np.isfinite(gap).any(axis=(0, 2))).tolist():
        i, j = np.unravel_index(int(np.nanargmin(gap[:, k, :])), gap[:, k, :].shape)
        place, period = str(dataset["region"].values[i]), str(dataset["period"].values[j])
        money, _, natural = unit[dataset["technology_product"].values[k]].partition("/")
        rows.append((str(names[k]), place, period, float(gap[i, k, j]), f"{money}/({natural}/yr)"))
    held = [row[0] for row in rows if row[3] <= 1e-6]
    rest = sorted((row for row in rows if row[3] > 1e-6), key=lambda row: row[3])[:MOST_ROWS]
    lines = table(["technology", "place", "period", "gap", "unit"], rest, left=3) if rest else []
    if held:
        more = f" and {len(held) - MOST_ROWS} more" if len(held) > MOST_ROWS else ""
        lines.append(f"  no gap, yet held back by a limit or just not needed: {', '.join(held[:MOST_ROWS])}{more}")
    return ["nearest choices not taken: least fall of capital cost that would bring each in", *lines] if lines else []


def _guards(dataset: xr.Dataset) -> list[str]:
    told = look_twice(dataset)
    lines = [line for sentence in told for line in wrap(sentence, WIDTH, initial_indent="  - ", subsequent_indent="    ")]
    return ["look twice", *lines] if told else []
