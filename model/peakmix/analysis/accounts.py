"""Money, capacity credits and residues: cost by component and place, the swap ledger, residues between sectors."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.analysis.reading import labelled, places

ZERO = 1e-9
TRANSFER, SYSTEM = "transfer", "system"


def costs(dataset: xr.Dataset) -> pd.DataFrame:
    """Discounted cost: component, place, period, account, value, unit; the values add up to the objective.

    ``account`` is system, or transfer for taxes and mark-ups that are no cost of the system.
    """
    frame = dataset["cost"].to_series().rename("value").reset_index()
    frame = frame.rename(columns={"cost_component": "component", "cost_place": "place"})
    flags = zip(dataset["cost_component"].values, dataset["transfer"].values, strict=True)
    account = {str(name): TRANSFER if flag else SYSTEM for name, flag in flags}
    frame["account"] = frame["component"].map(account)
    frame["unit"] = dataset["cost"].attrs["units"]
    frame = frame[frame["value"] != 0]
    return frame[["component", "place", "period", "account", "value", "unit"]].reset_index(drop=True)


def cost_by(dataset: xr.Dataset, *keys: str) -> pd.DataFrame:
    """Discounted cost summed over everything but the keys, which are component, place, period or account."""
    frame = costs(dataset)
    return frame.groupby([*(keys or ("component",)), "unit"], sort=False)["value"].sum().reset_index()


def swaps(dataset: xr.Dataset) -> pd.DataFrame:
    """The swap ledger: who retires for whom.

    Returns
    -------
    policy, source, target, case, period, built (capacity built in the target), ratio, retired (given up in the source, which
    is built x ratio), unit, price (of a credit in the source's pool), price_unit; price NaN where no pool row stands.
    """
    names = ("policy", "source", "target", "case", "period", "amount", "ratio")
    frame = pd.DataFrame({name: dataset[f"swap_{name}"].values for name in names}).rename(columns={"amount": "built"})
    frame = frame[frame["built"] > ZERO].reset_index(drop=True)
    frame["retired"] = frame["built"] * frame["ratio"]
    pools = pool_prices(dataset).set_index(["policy", "place", "period"])
    key = pd.MultiIndex.from_frame(frame[["policy", "source", "period"]])
    frame["unit"] = _unit_by_policy(dataset, frame["policy"])
    found = pools.reindex(key)
    return frame.assign(price=found["price"].to_numpy(), price_unit=found["price_unit"].fillna("").to_numpy())


def pool_prices(dataset: xr.Dataset) -> pd.DataFrame:
    """Credits left and lapsed, and the price of one more, by swap policy, place and period.

    A pool row carries what is left to the next one, so that its price is that of a credit used in the period or later:
    no other row is added. Where credits expire, ``outliving_price`` is what one credit more that outlives the period
    would save; a credit earned in a period is worth ``price`` and the outliving prices of the periods it outlives.
    Credits without any worth may be let go before their years are over: where both prices are 0, ``lapsed`` and ``left`` are one
    of several equal answers.

    Returns
    -------
    policy, place, period, left, lapsed, unit, price, outliving_price (0 where nothing expires), price_unit
    """
    sheet = {name: dataset[f"policy_{name}"].values for name in ("id", "place", "period", "level", "bound", "unit", "price")}
    table = pd.DataFrame(sheet).assign(price_unit=dataset["policy_price_unit"].values)
    component = np.where(np.isfinite(table["level"]), dataset["policy_component"].values, "")
    frame: pd.DataFrame = table[component == "policy_swap_pool"].rename(columns={"id": "policy", "level": "left"})
    ends = table[component == "policy_swap_expiry"].rename(columns={"id": "policy", "price": "outliving_price"})
    key = ["policy", "place", "period"]
    frame = frame.merge(ends[[*key, "outliving_price"]], on=key, how="left")
    expires = frame["outliving_price"].notna()
    frame["lapsed"] = (frame["bound"] - frame["left"]).where(expires, 0.0)
    frame["outliving_price"] = frame["outliving_price"].fillna(0.0)
    return frame.reindex(columns=[*key, "left", "lapsed", "unit", "price", "outliving_price", "price_unit"])


def _unit_by_policy(dataset: xr.Dataset, policies: pd.Series) -> pd.Series:
    units = dict(zip(dataset["policy_id"].values, dataset["policy_unit"].values, strict=True))
    return policies.map(units).fillna("")


def residues(dataset: xr.Dataset, region: str | Iterable[str] | None = None) -> pd.DataFrame:
    """Who gives and who takes each residue: commodity, party, role, period, value, unit.

    ``role`` is gives or takes; ``party`` a sector, ``market <name>``, or ``stock and freight`` for what stays on a pile, is
    lost on the way, or crosses the border of the chosen places. Given and taken amounts of a commodity and period are equal.
    """
    where = places(dataset, region)
    kinds = labelled(dataset, "commodity", "commodity_kind")
    periods = dataset["period"].values
    parts = []
    for commodity in (c for c, kind in kinds.items() if kind == "residue"):
        use = dataset["net_use"].sel(commodity=commodity, region=where).sum("region")
        net = {str(sector): use.sel(sector=sector).values for sector in dataset["sector"].values}
        for market, direction in _markets(dataset, commodity):
            volume = dataset["market_volume"].sel(market=market, region=where).sum("region").values
            net[f"market {market}"] = -volume if direction == "buy" else volume
        net["stock and freight"] = -np.sum(list(net.values()), axis=0)
        for party, amounts in net.items():
            parts.append(pd.DataFrame({"commodity": commodity, "party": party, "period": periods, "net": amounts}))
    columns = ["commodity", "party", "role", "period", "value", "unit"]
    if not parts:
        return pd.DataFrame(columns=columns)
    every = pd.concat(parts, ignore_index=True)
    every = every[every["net"].abs() > ZERO]
    every["role"] = np.where(every["net"] > 0, "takes", "gives")
    every["unit"] = every["commodity"].map(labelled(dataset, "commodity", "commodity_unit"))
    return every.assign(value=every["net"].abs())[columns].reset_index(drop=True)


def residue_exchange(dataset: xr.Dataset, region: str | Iterable[str] | None = None) -> pd.DataFrame:
    """Residues from giver to taker: commodity, giver, taker, period, value, unit.

    Balances pool a commodity, so who gives to whom is shared out: each taker draws on every giver by the giver's share.
    """
    frame = residues(dataset, region)
    keys = ["commodity", "period", "unit"]
    gives, takes = (frame[frame["role"] == role].drop(columns="role") for role in ("gives", "takes"))
    gives = gives.rename(columns={"party": "giver", "value": "given"})
    gives["part"] = gives["given"] / gives.groupby(keys)["given"].transform("sum")
    both = gives.merge(takes.rename(columns={"party": "taker"}), on=keys)
    both["value"] = both["value"] * both["part"]
    return both[["commodity", "giver", "taker", "period", "value", "unit"]]


def _markets(dataset: xr.Dataset, commodity: str) -> list[tuple[str, str]]:
    """(market, direction) of a commodity."""
    names = zip(dataset["market"].values, dataset["market_commodity"].values, dataset["market_direction"].values, strict=True)
    return [(str(m), str(d)) for m, c, d in names if c == commodity]
