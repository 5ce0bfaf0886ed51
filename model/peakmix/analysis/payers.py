"""Who pays: the payer's account of a result by payer, place, component and period, and who bears each priced policy."""

from __future__ import annotations

import pandas as pd
import xarray as xr

COLUMNS = ["payer", "place", "component", "period", "value", "unit"]
RECEIVERS = ("government", "lender", "investor")
"""Payers that stand on the other side of transfers."""


def payer_costs(dataset: xr.Dataset) -> pd.DataFrame:
    """Discounted cost by who bears it: payer, place, component, period, value, unit; below zero is received.

    Payers are sectors; ``delivery`` for what no sector of the place takes; government, lender and investor, who receive
    transfers. Over all payers the values add up to the system cost, without the receivers to the objective (and debt service
    of plants that stand at the start, where a finance policy states it).
    """
    frame = dataset["payer_cost"].to_series().rename("value").reset_index()
    frame = frame.rename(columns={"cost_place": "place", "payer_component": "component"})
    frame = frame[frame["value"] != 0]
    return frame.assign(unit=dataset["payer_cost"].attrs["units"])[COLUMNS].reset_index(drop=True)


def payer_totals(dataset: xr.Dataset) -> pd.DataFrame:
    """Cost by payer, million money discounted: payer, own (not passed on), paid (transfers), received, value."""
    frame = payer_costs(dataset)
    moved = frame["component"].isin(transfer_components(dataset))
    parts = {
        "own": frame["value"].where(~moved, 0.0),
        "paid": frame["value"].where(moved & (frame["value"] > 0), 0.0),
        "received": frame["value"].where(moved & (frame["value"] < 0), 0.0),
        "value": frame["value"],
    }
    return pd.DataFrame(parts).groupby(frame["payer"], sort=False).sum().reset_index()


def transfer_components(dataset: xr.Dataset) -> list[str]:
    """Components that one payer pays to another."""
    flags = zip(dataset["cost_component"].values, dataset["transfer"].values, strict=True)
    between = ["loan_draw", "debt_service", "legacy_debt", "allowance_trade", "swap_credit"]
    return [str(name) for name, flag in flags if flag] + between


def who_pays(dataset: xr.Dataset) -> pd.DataFrame:
    """Who makes up what each policy on an indicator bounds or prices: policy, period, payer, place, share; shares add up to 1.

    It is by them that the price of the policy is paid. Policies that name nothing to share out (finance, pace, swap) are left
    out: loans and credits stand in the payer's account itself. ``text`` gives one line a policy.
    """
    names = ("policy", "period", "payer", "place", "share")
    frame = pd.DataFrame({name: dataset[f"burden_{name}"].values for name in names})
    return frame.astype({"share": float})


def who_pays_text(dataset: xr.Dataset, policy: str) -> str:
    """Payers of a policy with their mean share over its periods, largest first, e.g. ``steel 71 %, cement 29 %``."""
    frame = who_pays(dataset)
    own = frame[frame["policy"] == policy]
    if not len(own):
        return ""
    share = own.groupby("payer")["share"].sum() / own["period"].nunique()
    shown = share.sort_values(ascending=False, kind="stable")
    return ", ".join(f"{name} {100 * part:.0f} %" for name, part in shown.items() if abs(part) >= 0.005)
