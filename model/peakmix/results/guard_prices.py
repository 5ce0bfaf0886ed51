"""Guards about prices and choices: far from their neighbours, below zero, or nearly bringing something in."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from peakmix.foundation.telling import Said, figure, listed, say
from peakmix.results.guard_words import FELT, NAMED, TENTH, TWICE, called


def stretched_prices(dataset: xr.Dataset) -> Iterator[Said]:
    """Product prices beyond twice the median of the other places while a policy or limit has a price there."""
    kinds = dataset["commodity_kind"].values
    pushed = _pushing(dataset)
    for k in np.flatnonzero(kinds == "product"):
        name = called(dataset, "commodity", dataset["commodity"].values[k])
        price = dataset["price"].values[:, k, :]
        for j, period in enumerate(dataset["period"].values.tolist()):
            column = price[:, j]
            there = np.flatnonzero(np.isfinite(column))
            for i in there if pushed.get(period) else ():
                others = column[there[there != i]]
                middle = float(np.median(others)) if len(others) else np.nan
                if middle > 0 and column[i] > TWICE * middle:
                    yield say(
                        "the price of {name} in {place}, {period}, is {times:.1f} times that of other places "
                        "({price}, not {middle}){because}",
                        "{period} 年{place}的{name}价格为其他地区的 {times:.1f} 倍（{price}，而非 {middle}）{because}",
                        name=name, place=called(dataset, "region", dataset["region"].values[i]), period=period,
                        times=column[i] / middle, price=figure(float(column[i])), middle=figure(middle),
                        because=_because(pushed, period),
                    )  # fmt: skip


def negative_prices(dataset: xr.Dataset) -> Iterator[Said]:
    """Prices below zero of anything but residues, pollutants and gases."""
    pushed = _pushing(dataset)
    for k in np.flatnonzero(np.isin(dataset["commodity_kind"].values, ("product", "intermediate", "energy"))):
        price = np.nan_to_num(dataset["price"].values[:, k, :])
        for i, j in np.argwhere(price < -FELT):
            period = int(dataset["period"].values[j])
            yield say(
                "the price of {name} in {place}, {period}, is below zero ({price}){because}",
                "{period} 年{place}的{name}价格为负（{price}）{because}",
                name=called(dataset, "commodity", dataset["commodity"].values[k]),
                place=called(dataset, "region", dataset["region"].values[i]), period=period, price=figure(float(price[i, j])),
                because=_because(pushed, period),
            )  # fmt: skip


def _because(pushed: dict[int, list[Said]], period: int) -> Said:
    if not pushed.get(period):
        return Said("")
    return say("; in force there: {rules}", "；当期起作用的有 {rules}", rules=listed(pushed[period][:NAMED]))


def _pushing(dataset: xr.Dataset) -> dict[int, list[Said]]:
    """Policies and limits with a price, by period, each with its highest price there, the dearest first."""
    found: dict[int, dict[str, tuple[float, str]]] = {}
    for name_of, dim, price in (("policy_id", "policy", "policy_price"), ("limit_name", "limit", "limit_rent")):
        unit = f"{price}_unit"
        numbers = np.abs(np.nan_to_num(dataset[price].values))
        for k in np.flatnonzero(numbers > FELT):
            names = found.setdefault(int(dataset[f"{dim}_period"].values[k]), {})
            name = str(dataset[name_of].values[k])
            names[name] = max(names.get(name, (0.0, "")), (float(numbers[k]), str(dataset[unit].values[k])))
    return {
        period: [
            say("{name} at {price} {unit}", "{name}（{price} {unit}）", name=name, price=figure(x), unit=unit)
            for name, (x, unit) in sorted(names.items(), key=lambda item: -item[1][0])
        ]
        for period, names in found.items()
    }


def close_choices(dataset: xr.Dataset) -> Iterator[Said]:
    """Technologies built nowhere that a fall of capital cost below a tenth of one unit's price would bring in."""
    gap, price = dataset["entry_gap"].values, dataset["price"].values
    built = dataset["new_capacity"].sum(("region", "period")).values > 1e-9
    commodity = {str(name): k for k, name in enumerate(dataset["commodity"].values)}
    for k in np.flatnonzero(~built & np.isfinite(gap).any(axis=(0, 2))):
        product = str(dataset["technology_product"].values[k])
        worth = price[:, commodity[product], :] if product in commodity else np.full(gap[:, k, :].shape, np.nan)
        close = (gap[:, k, :] > FELT) & (gap[:, k, :] < TENTH * worth)
        if close.any():
            i, j = np.unravel_index(int(np.argmin(np.where(close, gap[:, k, :], np.inf))), close.shape)
            yield say(
                "a capital cost lower by {gap} {unit} would bring in {technology} in {place}, {period}",
                "投资成本再降 {gap} {unit}，{period} 年{place}就会采用{technology}",
                gap=figure(float(gap[i, k, j])), period=int(dataset["period"].values[j]),
                unit=dataset["price_unit"].values[commodity[product]].replace("/", "/(") + "/yr)",
                technology=called(dataset, "technology", dataset["technology"].values[k]),
                place=called(dataset, "region", dataset["region"].values[i]),
            )  # fmt: skip
