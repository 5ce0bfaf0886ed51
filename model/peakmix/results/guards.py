"""Guards: what a reader should look at twice before believing a run. Each gives sentences, or nothing.

Thresholds: a product price beyond twice the median of the other places; more than half of a growth that is itself more
than a tenth of today's output; a third of a fall in direct CO2 that comes back as power or hydrogen; more than half of all
fitting of measures in the first free period; a price of a limit that doubles and halves again; a choice that a fall of capital
cost by a tenth of one unit's price would flip.
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
FELT = 1e-6
SHOWN = 6
"""Sentences of one kind that are shown; the rest is counted."""
NAMED = 3
"""Rows, measures or places named in one sentence."""
LEDGERS = {"direct": "direct_co2", "power bought": "purchased_power_co2", "hydrogen's power": "hydrogen_power_co2"}


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
    for k in np.flatnonzero(excess > FELT):
        row = dataset.isel(policy_row=int(k))
        yield (
            f"policy {row['policy_id'].item()} is exceeded by {excess[k]:.4g} {row['policy_unit'].item()} "
            f"in {dated(int(row['policy_period']))}, at its stated price"
        )


def dated(period: int) -> str:
    """Name of a period in a sentence."""
    return str(period) if period else "the horizon"


def idle_policies(dataset: xr.Dataset) -> Iterator[str]:
    """Limits and peaks that no period feels; a peak rule is slack wherever the indicator falls by itself."""
    names, kind = dataset["policy_id"].values, dataset["policy_instrument"].values
    price, level = dataset["policy_price"].values, dataset["policy_level"].values
    undated = np.isnan(price) & (dataset["policy_binding"].values == 1)
    felt = (np.abs(np.nan_to_num(price)) > FELT) | undated
    for name in dict.fromkeys(names[np.isin(kind, ("limit", "peak"))]):
        own = names == name
        if felt[own].any():
            continue
        if kind[own][0] != "peak":
            yield f"policy {name} never binds: its price is 0 in every period"
            continue
        unit = dataset["policy_unit"].values[own][0]
        series = level[own & (dataset["policy_component"].values == "policy_no_growth")]
        told = f", its level falls by itself from {series[0]:.4g} to {series[-1]:.4g} {unit}" if len(series) > 1 else ""
        yield f"policy {name} never binds: its price is 0 in every period{told}; height, cap or budget would give it force"


def stretched_prices(dataset: xr.Dataset) -> Iterator[str]:
    """Product prices beyond twice the median of the other places while a policy or limit has a price there."""
    kinds = dataset["commodity_kind"].values
    pushed = _pushing(dataset)
    for k in np.flatnonzero(kinds == "product"):
        name = str(dataset["commodity"].values[k])
        price = dataset["price"].values[:, k, :]
        for j, period in enumerate(dataset["period"].values.tolist()):
            column = price[:, j]
            there = np.flatnonzero(np.isfinite(column))
            for i in there if pushed.get(period) else ():
                others = column[there[there != i]]
                middle = float(np.median(others)) if len(others) else np.nan
                if middle > 0 and column[i] > TWICE * middle:
                    place, times = dataset["region"].values[i], column[i] / middle
                    yield (
                        f"the price of {name} in {place}, {period}, is {times:.1f} times that of other places "
                        f"({column[i]:.4g}, not {middle:.4g}){_because(pushed, period)}"
                    )


def negative_prices(dataset: xr.Dataset) -> Iterator[str]:
    """Prices below zero of anything but residues, pollutants and gases."""
    pushed = _pushing(dataset)
    for k in np.flatnonzero(np.isin(dataset["commodity_kind"].values, ("product", "intermediate", "energy"))):
        price = np.nan_to_num(dataset["price"].values[:, k, :])
        for i, j in np.argwhere(price < -FELT):
            period = int(dataset["period"].values[j])
            name, place = dataset["commodity"].values[k], dataset["region"].values[i]
            yield f"the price of {name} in {place}, {period}, is below zero ({price[i, j]:.4g}){_because(pushed, period)}"


def _because(pushed: dict[int, list[str]], period: int) -> str:
    return f"; in force there: {', '.join(pushed[period][:NAMED])}" if pushed.get(period) else ""


def _pushing(dataset: xr.Dataset) -> dict[int, list[str]]:
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
        period: [f"{name} at {x:.4g} {unit}" for name, (x, unit) in sorted(names.items(), key=lambda item: -item[1][0])]
        for period, names in found.items()
    }


def concentrated_growth(dataset: xr.Dataset) -> Iterator[str]:
    """More than half of the growth of a product or intermediate material in one technology or one place."""
    product = dataset["technology_product"].values
    activity = dataset["activity"].values
    kind = dict(zip(dataset["commodity"].values, dataset["commodity_kind"].values, strict=True))
    for name in [n for n in dict.fromkeys(product) if kind.get(n) in ("product", "intermediate")]:
        own = activity[:, product == name, :]
        unit = dataset["technology_unit"].values[product == name][0]
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
                yield (
                    f"{share:.0%} of the growth of {name} goes to {labels[k]}: {series[k, 0]:.4g} to {series[k, -1]:.4g} {unit}, "
                    f"of {growth.sum():.4g} in all"
                )


def shifted_emissions(dataset: xr.Dataset) -> Iterator[str]:
    """A fall in direct CO2 that comes back as power or hydrogen; the ledgers side by side, never added."""
    total = dataset["ledger"].sum(("region", "sector"))
    ends = {label: total.sel(ledger_name=name).values[[0, -1]] for label, name in LEDGERS.items()}
    fall = float(ends["direct"][0] - ends["direct"][1])
    rise = sum(max(0.0, float(last - first)) for label, (first, last) in ends.items() if label != "direct")
    if fall > 0 and rise > THIRD * fall:
        told = "; ".join(f"{label} {first:.4g} to {last:.4g}" for label, (first, last) in ends.items())
        yield f"direct CO2 falls by {fall:.4g} Mt/yr, but CO2 of power and hydrogen bought rises by {rise:.4g} Mt/yr ({told})"


def early_flood(dataset: xr.Dataset) -> Iterator[str]:
    """Most fitting of measures in the first free period."""
    free = free_periods(dataset)
    fitted: FloatArray = dataset["new_measure"].sum(("region", "measure_host")).values
    if len(free) < 2 or fitted.sum() <= 0:
        return
    share = fitted[dataset["period"].values.tolist().index(free[0])] / fitted.sum()
    if share > HALF:
        largest = _largest_measures(dataset, [free[0]])
        told = f"{share:.0%} of all fitting of measures falls in the first free period, {free[0]}"
        yield f"{told}: see their adoption rates; {largest}"


def _largest_measures(dataset: xr.Dataset, periods: list[int]) -> str:
    """The measures fitted most in some periods, with amounts."""
    fitted = dataset["new_measure"].sel(period=periods).sum(("region", "period")).values
    order = [k for k in np.argsort(-fitted, kind="stable")[:NAMED] if fitted[k] > FELT]
    units = dataset["measure_host_unit"].values
    return ", ".join(f"{dataset['measure_host'].values[k]} {fitted[k]:.4g} {units[k]}" for k in order)


def taken_unpriced(dataset: xr.Dataset) -> Iterator[str]:
    """Measures fitted in periods in which no policy has a price: they pay by themselves in the model."""
    priced = np.abs(np.nan_to_num(dataset["policy_price"].values)) > FELT
    felt = {int(p) for p in dataset["policy_period"].values[priced]}
    free = [p for p in free_periods(dataset) if p not in felt and 0 not in felt]
    told = _largest_measures(dataset, free) if free else ""
    if told:
        when = ", ".join(str(p) for p in free)
        yield f"taken without any policy price in {when}: {told}; hurdle rates or adoption rates decide, not policy"


def jagged_prices(dataset: xr.Dataset) -> Iterator[str]:
    """The price of a limit that more than doubles and then more than halves, or the reverse; with the limits on building then."""
    limits = dataset["policy_component"].values == "policy_limit"
    names, rows = dataset["policy_id"].values, _building(dataset)
    for name in dict.fromkeys(names[limits]):
        own = np.flatnonzero(limits & (names == name))
        order = own[np.argsort(dataset["policy_period"].values[own])]
        price, when = np.nan_to_num(dataset["policy_price"].values[order]), dataset["policy_period"].values[order]
        up = [k for k in range(1, len(price)) if price[k] > TWICE * max(price[k - 1], 1.0)]
        down = [k for k in range(1, len(price)) if price[k] < HALF * price[k - 1] and price[k - 1] > 1.0]
        if not up or not down:
            continue
        top = int(np.argmax(price))
        held = rows.get(int(when[top]), [])
        cause = f"; building is held back in {int(when[top])} by {', '.join(held[:NAMED])}" if held else ""
        told = ", ".join(f"{int(p)} {x:.4g}" for p, x in zip(when, price, strict=True))
        yield (
            f"the price of {name} is jagged ({told} {dataset['policy_price_unit'].values[order[0]]}){cause}; "
            "banking or a budget would even it out"
        )


def _building(dataset: xr.Dataset) -> dict[int, list[str]]:
    """Limits on additions and pace rules with a rent, by period, the dearest first."""
    found: dict[int, list[tuple[float, str]]] = {}
    rent, what = np.nan_to_num(dataset["limit_rent"].values), dataset["limit_what"].values.astype(str)
    for k in np.flatnonzero((rent > FELT) & np.char.find(what, "additions") >= 0) if len(rent) else ():
        if rent[k] > FELT and "additions" in what[k]:
            text = f"{dataset['limit_name'].values[k]} in {dataset['limit_place'].values[k]} at {rent[k]:.4g}"
            found.setdefault(int(dataset["limit_period"].values[k]), []).append((float(rent[k]), text))
    price = np.nan_to_num(dataset["policy_price"].values)
    for k in np.flatnonzero((dataset["policy_component"].values == "policy_pace") & (price > FELT)):
        text = f"{dataset['policy_id'].values[k]} at {price[k]:.4g}"
        found.setdefault(int(dataset["policy_period"].values[k]), []).append((float(price[k]), text))
    return {period: [text for _, text in sorted(rows, reverse=True)] for period, rows in found.items()}


def hidden_caps(dataset: xr.Dataset) -> Iterator[str]:
    """A swap rule whose quota has a price where something would be built; a place and period is named once, at its dearest case."""
    price = np.nan_to_num(dataset["policy_price"].values)
    held = (dataset["policy_component"].values == "policy_swap_new") & (price > FELT)
    names = dataset["policy_id"].values
    for name in dict.fromkeys(names[held]):
        own = np.flatnonzero(held & (names == name))
        cells: dict[tuple[str, int], float] = {}
        for k in own[np.argsort(-price[own], kind="stable")]:
            cells.setdefault((str(dataset["policy_place"].values[k]), int(dataset["policy_period"].values[k])), float(price[k]))
        rows = ", ".join(f"{place} {period} at {dear:.4g}" for (place, period), dear in list(cells.items())[:NAMED])
        unit = dataset["policy_price_unit"].values[own[0]]
        yield f"swap rule {name} holds back building in {len(cells)} places and periods, as a cap on output would: {rows} {unit}"


def close_choices(dataset: xr.Dataset) -> Iterator[str]:
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
            unit = dataset["price_unit"].values[commodity[product]].replace("/", "/(") + "/yr)"
            yield (
                f"a capital cost lower by {gap[i, k, j]:.4g} {unit} would bring in {dataset['technology'].values[k]} "
                f"in {dataset['region'].values[i]}, {int(dataset['period'].values[j])}"
            )


GUARDS: tuple[Callable[[xr.Dataset], Iterator[str]], ...] = (
    used_slack,
    idle_policies,
    stretched_prices,
    negative_prices,
    concentrated_growth,
    shifted_emissions,
    early_flood,
    taken_unpriced,
    jagged_prices,
    hidden_caps,
    close_choices,
)
