"""Guards about quantities: growth in one place, emissions that move, measures all at once or without any price."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from peakmix.foundation.telling import Said, figure, listed, say
from peakmix.results.guard_words import FELT, HALF, NAMED, TENTH, THIRD, called
from peakmix.solve.program import FloatArray

LEDGERS = {
    Said("direct", "直接"): "direct_co2",
    Said("power bought", "外购电力"): "purchased_power_co2",
    Said("hydrogen's power", "制氢用电"): "hydrogen_power_co2",
}


def free_periods(dataset: xr.Dataset) -> list[int]:
    """Periods without the pinned base period."""
    base = int(dataset.attrs["base_period"])
    return [int(p) for p in dataset["period"].values if int(p) != base]


def concentrated_growth(dataset: xr.Dataset) -> Iterator[Said]:
    """More than half of the growth of a product or intermediate material in one technology or one place."""
    product = dataset["technology_product"].values
    activity = dataset["activity"].values
    kind = dict(zip(dataset["commodity"].values, dataset["commodity_kind"].values, strict=True))
    for name in [n for n in dict.fromkeys(product) if kind.get(n) in ("product", "intermediate")]:
        own = activity[:, product == name, :]
        unit = dataset["technology_unit"].values[product == name][0]
        for axis, dim, labels in (
            (1, "region", dataset["region"].values),
            (0, "technology", dataset["technology"].values[product == name]),
        ):
            series = own.sum(axis=axis)
            growth = np.maximum(series[:, -1] - series[:, 0], 0.0)
            if len(series) < 3 or growth.sum() <= TENTH * series[:, 0].sum():
                continue
            k = int(np.argmax(growth))
            share = growth[k] / growth.sum()
            if share > HALF:
                yield say(
                    "{share:.0%} of the growth of {name} goes to {where}: {first} to {last} {unit}, of {total} in all",
                    "{name}增量的 {share:.0%} 集中于{where}：由 {first} 增至 {last} {unit}，增量合计 {total}",
                    share=share, name=called(dataset, "commodity", name), where=called(dataset, dim, labels[k]), unit=unit,
                    first=figure(float(series[k, 0])), last=figure(float(series[k, -1])), total=figure(float(growth.sum())),
                )  # fmt: skip


def shifted_emissions(dataset: xr.Dataset) -> Iterator[Said]:
    """A fall in direct CO2 that comes back as power or hydrogen; the ledgers side by side, never added."""
    total = dataset["ledger"].sum(("region", "sector"))
    ends = {label: total.sel(ledger_name=name).values[[0, -1]] for label, name in LEDGERS.items()}
    fall = float(ends["direct"][0] - ends["direct"][1])  # type: ignore[index]
    rise = sum(max(0.0, float(last - first)) for label, (first, last) in ends.items() if label != "direct")
    if fall > 0 and rise > THIRD * fall:
        lines = [
            say("{label} {first} to {last}", "{label} {first} 至 {last}", label=label, first=figure(float(first)),
                last=figure(float(last)))
            for label, (first, last) in ends.items()
        ]  # fmt: skip
        yield say(
            "direct CO2 falls by {fall} Mt/yr, but CO2 of power and hydrogen bought rises by {rise} Mt/yr ({ledgers})",
            "直接二氧化碳减少 {fall} Mt/yr，但外购电力与制氢的二氧化碳增加 {rise} Mt/yr（{ledgers}）",
            fall=figure(fall), rise=figure(rise), ledgers=listed(lines),
        )  # fmt: skip


def early_flood(dataset: xr.Dataset) -> Iterator[Said]:
    """Most fitting of measures in the first free period."""
    free = free_periods(dataset)
    fitted: FloatArray = dataset["new_measure"].sum(("region", "measure_host")).values
    if len(free) < 2 or fitted.sum() <= 0:
        return
    share = fitted[dataset["period"].values.tolist().index(free[0])] / fitted.sum()
    if share > HALF:
        yield say(
            "{share:.0%} of all fitting of measures falls in the first free period, {first}: see their adoption rates; {largest}",
            "全部措施改造的 {share:.0%} 集中在首个可决策时期 {first}：请核对其推广速度；{largest}",
            share=share, first=free[0], largest=_largest_measures(dataset, [free[0]]),
        )  # fmt: skip


def _largest_measures(dataset: xr.Dataset, periods: list[int]) -> Said:
    """The measures fitted most in some periods, with amounts."""
    fitted = dataset["new_measure"].sel(period=periods).sum(("region", "period")).values
    order = [k for k in np.argsort(-fitted, kind="stable")[:NAMED] if fitted[k] > FELT]
    units = dataset["measure_host_unit"].values
    return listed(f"{dataset['measure_host'].values[k]} {figure(float(fitted[k]))} {units[k]}" for k in order)


def taken_unpriced(dataset: xr.Dataset) -> Iterator[Said]:
    """Measures fitted in periods in which no policy has a price: they pay by themselves in the model."""
    priced = np.abs(np.nan_to_num(dataset["policy_price"].values)) > FELT
    felt = {int(p) for p in dataset["policy_period"].values[priced]}
    free = [p for p in free_periods(dataset) if p not in felt and 0 not in felt]
    largest = _largest_measures(dataset, free) if free else Said("")
    if largest:
        yield say(
            "taken without any policy price in {when}: {largest}; hurdle rates or adoption rates decide, not policy",
            "{when} 年在没有任何政策价格时仍被采用：{largest}；起决定作用的是门槛收益率或推广速度，而非政策",
            when=listed(map(str, free)), largest=largest,
        )  # fmt: skip
