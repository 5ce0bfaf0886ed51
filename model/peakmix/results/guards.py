"""Guards: what a reader should look at twice before believing a run. Each gives sentences, or nothing.

Thresholds: a product price beyond twice the median of the other places; more than half of a growth that is itself more
than a tenth of today's output; a third of a fall in direct CO2 that comes back as power or hydrogen; more than half of all
fitting of measures in the first free period.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import xarray as xr

from peakmix.solve.program import FloatArray

TWICE = 2.0
HALF = 0.5
TENTH = 0.1
THIRD = 1 / 3
SHOWN = 6
"""Sentences of one kind that are shown; the rest is counted."""


def guards(dataset: xr.Dataset) -> list[str]:
    """All findings of a result, as sentences."""
    found: list[str] = []
    for guard in GUARDS:
        told = list(guard(dataset))
        found += told[:SHOWN]
        if len(told) > SHOWN:
            found.append(f"... and {len(told) - SHOWN} more of this kind")
    return found


def free_periods(dataset: xr.Dataset) -> list[int]:
    """Periods without the pinned base period."""
    base = int(dataset.attrs["base_period"])
    return [int(p) for p in dataset["period"].values if int(p) != base]


def used_slack(dataset: xr.Dataset) -> Iterator[str]:
    """Every use of a priced slack."""
    excess = dataset["policy_excess"].values
    for k in np.flatnonzero(excess > 1e-6):
        row = dataset.isel(policy_row=int(k))
        yield (
            f"policy {row['policy_id'].item()} is exceeded by {excess[k]:.4g} {row['policy_unit'].item()} "
            f"in {dated(int(row['policy_period']))}, at its stated price"
        )


def dated(period: int) -> str:
    """Name of a period in a sentence."""
    return str(period) if period else "the horizon"


def idle_policies(dataset: xr.Dataset) -> Iterator[str]:
    """Limits and peaks that no period feels."""
    names = dataset["policy_id"].values
    kind = dataset["policy_instrument"].values
    price = dataset["policy_price"].values
    undated = np.isnan(price) & (dataset["policy_binding"].values == 1)
    felt = (np.abs(np.nan_to_num(price)) > 1e-6) | undated
    for name in dict.fromkeys(names[np.isin(kind, ("limit", "peak"))]):
        if not felt[names == name].any():
            yield f"policy {name} never binds: its price is 0 in every period"


def stretched_prices(dataset: xr.Dataset) -> Iterator[str]:
    """Product prices beyond twice the median of the other places, or below zero, while a target or floor has a price."""
    kinds = dataset["commodity_kind"].values
    pushed = _pushing(dataset)
    for k in np.flatnonzero(kinds == "product"):
        name = str(dataset["commodity"].values[k])
        price = dataset["price"].values[:, k, :]
        for j, period in enumerate(dataset["period"].values.tolist()):
            column = price[:, j]
            there = np.flatnonzero(np.isfinite(column))
            because = f"; in force there: {', '.join(pushed[period][:3])}" if pushed.get(period) else ""
            for i in there:
                place = dataset["region"].values[i]
                if column[i] < 0:
                    yield f"the price of {name} in {place}, {period}, is below zero ({column[i]:.4g}){because}"
                others = column[there[there != i]]
                middle = float(np.median(others)) if len(others) else np.nan
                if because and middle > 0 and column[i] > TWICE * middle:
                    times = column[i] / middle
                    yield f"the price of {name} in {place}, {period}, is {times:.1f} times that of other places{because}"


def _pushing(dataset: xr.Dataset) -> dict[int, list[str]]:
    """Policies and limits with a price, by period."""
    found: dict[int, list[str]] = {}
    for prefix, dim, price in (("policy_id", "policy", "policy_price"), ("limit_name", "limit", "limit_rent")):
        numbers = np.nan_to_num(dataset[price].values)
        periods = dataset[f"{dim}_period"].values
        for k in np.flatnonzero(np.abs(numbers) > 1e-6):
            names = found.setdefault(int(periods[k]), [])
            name = str(dataset[prefix].values[k])
            if name not in names:
                names.append(name)
    return found


def concentrated_growth(dataset: xr.Dataset) -> Iterator[str]:
    """More than half of the growth of a product or intermediate material in one technology or one place."""
    product = dataset["technology_product"].values
    activity = dataset["activity"].values
    kind = dict(zip(dataset["commodity"].values, dataset["commodity_kind"].values, strict=True))
    for name in [n for n in dict.fromkeys(product) if kind.get(n) in ("product", "intermediate")]:
        own = activity[:, product == name, :]
        for axis, labels in (
            (1, dataset["region"].values),
            (0, dataset["technology"].values[product == name]),
        ):
            series = own.sum(axis=axis)
            growth = np.maximum(series[:, -1] - series[:, 0], 0.0)
            if len(series) < 3 or growth.sum() <= TENTH * series[:, 0].sum():
                continue
            k = int(np.argmax(growth))
            share = growth[k] / growth.sum()
            if share > HALF:
                yield f"{share:.0%} of the growth of {name} goes to {labels[k]}"


def shifted_emissions(dataset: xr.Dataset) -> Iterator[str]:
    """A fall in direct CO2 that comes back as power or hydrogen."""
    total = dataset["ledger"].sum(("region", "sector"))

    def change(name: str) -> float:
        series = total.sel(ledger_name=name).values
        return float(series[-1] - series[0])

    fall = -change("direct_co2")
    rise = max(0.0, change("purchased_power_co2")) + max(0.0, change("hydrogen_power_co2"))
    if fall > 0 and rise > THIRD * fall:
        yield f"direct CO2 falls by {fall:.4g} Mt/yr, but CO2 of power and hydrogen bought rises by {rise:.4g} Mt/yr"


def early_flood(dataset: xr.Dataset) -> Iterator[str]:
    """Most fitting of measures in the first free period."""
    free = free_periods(dataset)
    fitted: FloatArray = dataset["new_measure"].sum(("region", "measure_host")).values
    if len(free) < 2 or fitted.sum() <= 0:
        return
    share = fitted[dataset["period"].values.tolist().index(free[0])] / fitted.sum()
    if share > HALF:
        yield f"{share:.0%} of all fitting of measures falls in the first free period, {free[0]}: see their adoption rates"


GUARDS: tuple[Callable[[xr.Dataset], Iterator[str]], ...] = (
    used_slack,
    idle_policies,
    stretched_prices,
    concentrated_growth,
    shifted_emissions,
    early_flood,
)
