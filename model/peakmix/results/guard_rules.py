"""Guards about rules: targets exceeded, policies that never bind, jagged prices, caps that hide in a swap rule."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import xarray as xr

from peakmix.foundation.telling import Said, figure, listed, say
from peakmix.results.guard_words import FELT, HALF, NAMED, TWICE, called, dated


def used_slack(dataset: xr.Dataset) -> Iterator[Said]:
    """Every use of a priced slack."""
    excess = dataset["policy_excess"].values
    for k in np.flatnonzero(excess > FELT):
        row = dataset.isel(policy_row=int(k))
        yield say(
            "policy {policy} is exceeded by {excess} {unit} in {when}, at its stated price",
            "政策 {policy} 在 {when} 超出 {excess} {unit}，按其规定价格付费",
            policy=row["policy_id"].item(), excess=figure(float(excess[k])), unit=row["policy_unit"].item(),
            when=dated(int(row["policy_period"])),
        )  # fmt: skip


def idle_policies(dataset: xr.Dataset) -> Iterator[Said]:
    """Limits and peaks that no period feels; a peak rule is slack wherever the indicator falls by itself."""
    names, kind = dataset["policy_id"].values, dataset["policy_instrument"].values
    price, level = dataset["policy_price"].values, dataset["policy_level"].values
    undated = np.isnan(price) & (dataset["policy_binding"].values == 1)
    felt = (np.abs(np.nan_to_num(price)) > FELT) | undated
    for name in dict.fromkeys(names[np.isin(kind, ("limit", "peak"))]):
        own = names == name
        if felt[own].any():
            continue
        idle = say("policy {name} never binds: its price is 0 in every period", "政策 {name} 从不起约束：各期价格均为 0", name=name)
        if kind[own][0] != "peak":
            yield idle
            continue
        unit = dataset["policy_unit"].values[own][0]
        series = level[own & (dataset["policy_component"].values == "policy_no_growth")]
        fall = (
            say(", its level falls by itself from {first} to {last} {unit}", "，其水平自行由 {first} 降至 {last} {unit}",
                first=figure(float(series[0])), last=figure(float(series[-1])), unit=unit)
            if len(series) > 1 else Said("")
        )  # fmt: skip
        yield say("{idle}{fall}; height, cap or budget would give it force", "{idle}{fall}；设定峰值高度、上限或预算才会使其生效",
                  idle=idle, fall=fall)  # fmt: skip


def jagged_prices(dataset: xr.Dataset) -> Iterator[Said]:
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
        top = int(when[int(np.argmax(price))])
        held = rows.get(top, [])
        cause = (
            say("; building is held back in {top} by {held}", "；{top} 年的新建受限于 {held}", top=top, held=listed(held[:NAMED]))
            if held else Said("")
        )  # fmt: skip
        yield say(
            "the price of {name} is jagged ({path} {unit}){cause}; banking or a budget would even it out",
            "{name} 的价格起伏不定（{path} {unit}）{cause}；允许结转或改用预算可使其平稳",
            name=name, unit=dataset["policy_price_unit"].values[order[0]], cause=cause,
            path=listed(f"{int(p)} {figure(float(x))}" for p, x in zip(when, price, strict=True)),
        )  # fmt: skip


def _building(dataset: xr.Dataset) -> dict[int, list[Said]]:
    """Limits on additions and pace rules with a rent, by period, the dearest first."""
    found: dict[int, list[tuple[float, Said]]] = {}
    rent, what = np.nan_to_num(dataset["limit_rent"].values), dataset["limit_what"].values.astype(str)
    for k in np.flatnonzero((rent > FELT) & (np.char.find(what, "additions") >= 0)) if len(rent) else ():
        place = called(dataset, "region", dataset["limit_place"].values[k])
        text = say("{name} in {place} at {rent}", "{place}的 {name}（{rent}）", name=dataset["limit_name"].values[k], place=place,
                   rent=figure(float(rent[k])))  # fmt: skip
        found.setdefault(int(dataset["limit_period"].values[k]), []).append((float(rent[k]), text))
    price = np.nan_to_num(dataset["policy_price"].values)
    for k in np.flatnonzero((dataset["policy_component"].values == "policy_pace") & (price > FELT)):
        text = say("{name} at {price}", "{name}（{price}）", name=dataset["policy_id"].values[k], price=figure(float(price[k])))
        found.setdefault(int(dataset["policy_period"].values[k]), []).append((float(price[k]), text))
    return {period: [text for _, text in sorted(rows, reverse=True)] for period, rows in found.items()}


def hidden_caps(dataset: xr.Dataset) -> Iterator[Said]:
    """A swap rule whose quota has a price where something would be built: it caps output, not only the mix."""
    price = np.nan_to_num(dataset["policy_price"].values)
    held = (dataset["policy_component"].values == "policy_swap_new") & (price > FELT)
    names, places, when = (dataset[f"policy_{name}"].values for name in ("id", "place", "period"))
    for name in dict.fromkeys(names[held]):
        own = np.flatnonzero(held & (names == name))
        dearest = {(places[k], int(when[k])): float(price[k]) for k in own[np.argsort(price[own], kind="stable")]}
        rows = listed(
            say("{place} {when} at {price}", "{place} {when} 年 {price}", place=called(dataset, "region", place), when=year,
                price=figure(x))
            for (place, year), x in sorted(dearest.items(), key=lambda item: -item[1])[:NAMED]
        )  # fmt: skip
        yield say(
            "swap rule {name} holds back building in {count} places and periods, as a cap on output would: {rows} {unit}",
            "置换规则 {name} 在 {count} 处地区与时期限制了新建，其作用如同产量上限：{rows} {unit}",
            name=name, count=len(dearest), rows=rows, unit=dataset["policy_price_unit"].values[own[0]],
        )  # fmt: skip
