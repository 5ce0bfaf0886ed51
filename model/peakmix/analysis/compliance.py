"""Allowance markets read as a compliance report: what each account emits, is given, trades, keeps and owes, and that it adds up.

    brought + n (given + offset + ceiling + auction + from_bank + borrowed)
        = n (emission + sold + floor + to_bank + interest + lapsed) + held            n years of the period

The accounts of a market add up to it: what some sell others buy, and the carbon bank's inventory grows by what it buys and is paid
as interest less what it sells and lends.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.foundation.errors import UsageError, nearest
from peakmix.results.summary import table

WHOLE = "all accounts"
KEYS = ("policy", "account", "period")
STOCKS = ("brought", "held", "lent")
IN = ("given", "offset", "ceiling", "auction", "from_bank", "borrowed")
OUT = ("emission", "sold", "floor", "to_bank", "interest", "lapsed")
FLOWS = (*IN, *OUT, "surplus", "marketed")
COLUMNS = (
    *KEYS, "years", "emission", "given", "surplus", "brought", "sold", "bought", "marketed", "offset", "ceiling", "auction",
    "floor",
    "to_bank", "from_bank", "borrowed", "interest", "lapsed", "held", "lent", "inventory", "price", "difference",
)  # fmt: skip


def compliance(dataset: xr.Dataset, policy: str | None = None, totals: bool = True) -> pd.DataFrame:
    """One row an account and period of every allowance market, or of one.

    Parameters
    ----------
    dataset:
        A result, or several results of one market side by side along a dimension ``scenario``; then the first column names it.
    policy:
        Name of a market; None takes all.
    totals:
        Add a row ``all accounts`` a period where a market has several.

    Returns
    -------
    Flows in the yearly unit of the market's indicator (Mt/yr), stocks (``brought``, ``held``, ``lent``, ``inventory``) in that
    unit without /yr. ``sold`` and ``bought`` are what went to and came from other accounts; for all accounts together
    sold - bought is 0. ``marketed`` counts sales of plants with a surplus where they decide what may be kept. ``price`` is
    that of an allowance in trade, in money of the year per natural unit; over all accounts it is weighted by emissions.
    ``difference`` is what the balance above leaves, and 0 but for rounding.

    Raises
    ------
    UsageError
        When the result has no such market.
    """
    if "scenario" in dataset.dims:
        parts = {str(name): compliance(dataset.sel(scenario=name), policy, totals) for name in dataset["scenario"].values}
        return pd.concat(parts, names=["scenario"]).reset_index(level=0).reset_index(drop=True)
    frame = _accounts(dataset, policy)
    if totals:
        frame = _with_totals(frame)
    frame = frame.assign(difference=_difference(frame))
    return frame[list(COLUMNS)].reset_index(drop=True)


def _accounts(dataset: xr.Dataset, policy: str | None) -> pd.DataFrame:
    """Accounts as they stand in the file, purchases apart from sales."""
    if not dataset.sizes.get("allowance_row"):
        raise UsageError("the result has no allowance market", fix="run a scenario with a policy of instrument market")
    names = (*KEYS, *STOCKS, *FLOWS, "inventory", "inventory_start", "price")
    frame = pd.DataFrame({name: dataset[f"allowance_{name}"].values for name in names})
    frame = frame[frame["emission"].notna()].reset_index(drop=True)  # a member of a sweep may lack an account
    if policy is not None:
        if policy not in set(frame["policy"]):
            raise UsageError(f"the result has no market {policy!r}", fix=nearest(policy, sorted(set(frame["policy"]))))
        frame = frame[frame["policy"] == policy].reset_index(drop=True)
    length = dict(zip(dataset["period"].values.tolist(), dataset["period_length"].values.tolist(), strict=True))
    frame["years"] = frame["period"].map(length)
    frame["bought"] = np.maximum(-frame["sold"], 0.0)
    frame["sold"] = np.maximum(frame["sold"], 0.0)
    return frame


def _with_totals(frame: pd.DataFrame) -> pd.DataFrame:
    """The same with a row for all accounts of a market in a period, where it has several."""
    made = []
    for (policy, period), part in frame.groupby(["policy", "period"], sort=False):
        made.append(part)
        if len(part) > 1:
            row = {name: float(part[name].sum()) for name in (*STOCKS, *FLOWS, "bought")}
            weight = part["emission"].clip(lower=0.0)
            price = float((part["price"] * weight).sum() / weight.sum()) if weight.sum() > 0 else float(part["price"].mean())
            row |= {name: part[name].iloc[0] for name in ("years", "inventory", "inventory_start")} | {"price": price}
            made.append(pd.DataFrame([{"policy": policy, "account": WHOLE, "period": period} | row]))
    return pd.concat(made, ignore_index=True)


def _difference(frame: pd.DataFrame) -> pd.Series:
    """What an account has and gets, less what it uses and keeps, in the indicator's unit over the period."""
    gets = frame[list(IN)].sum(axis=1) + frame["bought"]
    return frame["brought"] + frame["years"] * (gets - frame[list(OUT)].sum(axis=1)) - frame["held"]


def carbon_banks(dataset: xr.Dataset, policy: str | None = None) -> pd.DataFrame:
    """The carbon bank of every market: bought, sold, lent out, interest received in allowances, and inventory.

    Returns
    -------
    policy, period, years, opened (inventory at the start), bought, sold, interest (a year), lent (owed to it at the end of the
    period) and inventory; ``difference`` is what the books leave, 0 but for rounding.
    """
    frame = _accounts(dataset, policy)
    made = []
    for (name, period), part in frame.groupby(["policy", "period"], sort=False):
        sums = {n: float(part[n].sum()) for n in ("to_bank", "from_bank", "borrowed", "interest", "lent")}
        stocks = {n: part[n].iloc[0] for n in ("years", "inventory", "inventory_start")}
        made.append({"policy": name, "period": period, **stocks, **sums})
    banks = pd.DataFrame(made)
    change = banks["years"] * (banks["to_bank"] - banks["from_bank"] - banks["borrowed"] + banks["interest"])
    banks["difference"] = banks["inventory_start"] + change - banks["inventory"]
    banks = banks.rename(columns={"to_bank": "bought", "from_bank": "sold", "inventory_start": "opened"})
    return banks[["policy", "period", "years", "opened", "bought", "sold", "interest", "lent", "inventory", "difference"]]


def compliance_text(dataset: xr.Dataset, policy: str | None = None) -> str:
    """The report as text: one line an account and period, columns that are zero throughout left out."""
    frame = compliance(dataset, policy)
    fixed = ["policy", "account", "period", "emission", "given", "surplus", "held", "price"]
    shown = [n for n in COLUMNS if n in fixed or (n not in ("years", "difference") and frame[n].abs().max() > 0)]
    rows = [[*map(str, row[:3]), *map(float, row[3:])] for row in frame[shown].itertuples(index=False, name=None)]
    head = "allowance accounts: flows a year, brought, held, lent and inventory in all; price in money of the year"
    return "\n".join([head, *table(shown, rows, left=2)])
