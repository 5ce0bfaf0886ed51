"""The policy sheet and the allowance accounts of a result, as tables and as text.

One row a policy, rule, place and period: level, bound, what is left, excess, and the price in money of the year per natural
unit; ``binding`` rows are at their bound. A policy over the whole horizon has one price a period.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.foundation.errors import UsageError, nearest
from peakmix.results.guards import dated
from peakmix.results.summary import table

FELT = 1e-6
"""A price below this is none."""
SHEET = {
    "policy_id": "policy", "policy_instrument": "instrument", "policy_scope": "scope",
    "policy_component": "rule", "policy_place": "place",
    "policy_case": "case", "policy_period": "period", "policy_level": "level", "policy_bound": "bound",
    "policy_slack_left": "slack", "policy_excess": "excess", "policy_unit": "unit", "policy_price": "price",
    "policy_price_unit": "price_unit", "policy_binding": "binding", "policy_payer": "payer", "policy_source": "source",
}  # fmt: skip
ACCOUNTS = (
    "policy", "account", "period", "emission", "given", "offset", "ceiling", "auction", "sold", "floor", "to_bank", "from_bank",
    "lent", "interest", "lapsed", "held", "inventory", "price",
)  # fmt: skip
KEPT = (
    "allowance_emission", "allowance_trade", "allowance_sales", "carbon_bank", "finance_cover", "finance_share", "finance_cash",
    "swap_new", "swap_pool",
)  # fmt: skip
"""Rules that keep ledgers: told about when they are asked for by name."""


def policy_table(dataset: xr.Dataset, policy: str | None = None) -> pd.DataFrame:
    """Every row of the policy sheet, or those of one policy; period 0 stands for the whole horizon.

    Raises
    ------
    UsageError
        When the result has no policy of that name.
    """
    frame = pd.DataFrame({new: dataset[old].values for old, new in SHEET.items()})
    frame["rule"] = frame["rule"].astype(str).str.removeprefix("policy_")
    frame["binding"] = frame["binding"] == 1
    if policy is None:
        return frame
    names = sorted(set(frame["policy"]))
    if policy not in names:
        raise UsageError(f"the result has no policy {policy!r}", fix=nearest(policy, names))
    return frame[frame["policy"] == policy].reset_index(drop=True)


def account_table(dataset: xr.Dataset, policy: str | None = None) -> pd.DataFrame:
    """Allowance accounts: Mt/yr (or the millions a year of the indicator), what is held in Mt, price per natural unit."""
    if not dataset.sizes.get("allowance_row"):
        return pd.DataFrame(columns=list(ACCOUNTS))
    frame = pd.DataFrame({name: dataset[f"allowance_{name}"].values for name in ACCOUNTS})
    return frame if policy is None else frame[frame["policy"] == policy].reset_index(drop=True)


def sheet_text(dataset: xr.Dataset, policy: str | None = None, everything: bool = False) -> str:
    """Rows that bind, cost something or are exceeded; then the policies that are slack, each with its tightest row."""
    frame = policy_table(dataset, policy)
    told = dataset.attrs
    certified = "certified" if told["certified"] == "yes" else "NOT CERTIFIED"
    blocks = [[f"{told['scenario_name']}: {told['title']}", f"  {certified}; prices in money of the year per natural unit"]]
    if not len(frame):
        return "\n".join([*blocks[0], "  no policy stands in this scenario"])
    felt = _felt(frame) if policy is None else _felt(frame) | frame["rule"].isin(KEPT) & frame["binding"]
    shown = frame if everything else frame[felt]
    if len(shown):
        blocks.append(["policies that are felt" if not everything else "all rows of all policies", *_rows(shown)])
    slack = frame[~frame["policy"].isin(set(frame[_felt(frame)]["policy"]))]
    if len(slack) and not everything:
        blocks.append(["policies that nothing feels, each with its tightest row", *_rows(_tightest(slack))])
    hidden = 0 if everything else len(frame) - len(shown)
    if hidden:
        blocks.append([f"{hidden} rows have room or keep ledgers; --all prints them"])
    accounts = account_table(dataset, policy)
    if len(accounts):
        blocks.append(_accounts(accounts))
    return "\n\n".join("\n".join(lines) for lines in blocks)


def _felt(frame: pd.DataFrame) -> pd.Series:
    """Rows at their bound, with a price, charged, or exceeded; those that keep ledgers apart."""
    priced = frame["price"].fillna(0.0).abs() > FELT
    charged = (frame["rule"] == "charged") & (frame["level"].abs() > FELT)
    return (frame["binding"] | priced | charged | (frame["excess"] > FELT)) & ~frame["rule"].isin(KEPT)


def _tightest(frame: pd.DataFrame) -> pd.DataFrame:
    """Of every policy the row with the least room, relative to its bound."""
    room: pd.Series = frame["slack"].abs() / np.maximum(frame["bound"].abs(), 1.0)
    return frame.loc[room.groupby(frame["policy"], sort=False).idxmin()]


def _rows(frame: pd.DataFrame) -> list[str]:
    head = ["policy", "rule", "where", "period", "level", "bound", "slack", "unit", "price", "unit", "who pays"]
    return table(head, _cells(frame), left=3)


def _cells(frame: pd.DataFrame) -> Iterator[Sequence[object]]:
    for row in frame.to_dict("records"):
        where = ", ".join(part for part in (str(row["place"]), str(row["case"])) if part)
        numbers = (float(row[name]) for name in ("level", "bound", "slack"))
        price, payer = float(row["price"]), row["payer"]
        yield [
            row["policy"], row["rule"], where, dated(int(row["period"])), *numbers, row["unit"], price, row["price_unit"], payer,
        ]  # fmt: skip


def _accounts(frame: pd.DataFrame) -> list[str]:
    """The accounts of a compliance report; what no account has is left out."""
    words = {"emission": "emitted", "offset": "offsets", "ceiling": "at ceiling", "auction": "at auction", "floor": "at floor",
             "to_bank": "to bank", "from_bank": "from bank", "lent": "owed to bank", "held": "held at end",
             "inventory": "bank's stock"}  # fmt: skip
    always = ("policy", "account", "period", "emission", "given", "held", "price")
    shown = [name for name in ACCOUNTS if name in always or frame[name].abs().max() > FELT]
    rows = [[*map(str, row[:3]), *map(float, row[3:])] for row in frame[shown].itertuples(index=False, name=None)]
    head = [words.get(name, name) for name in shown]
    told = "allowance accounts, millions a year; held, owed and stock in millions; sold below zero is bought"
    return [told, *table(head, rows, left=2)]
