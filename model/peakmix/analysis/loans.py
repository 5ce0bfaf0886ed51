"""The loan book of a result: draws, debt service and debt by line, place and period; what one more yuan of each line is worth."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import xarray as xr

BOOK = ["policy", "line", "place", "period", "opening", "drawn", "interest", "repaid", "revalued", "closing", "service", "closed"]
SMALL = 1e-9
"""Draws below this are none."""
ROWS = {"policy_finance_line": "line", "policy_finance_own": "own funds", "policy_finance_budget": "budget"}
FLOWS = ["opening", "drawn", "interest", "repaid", "revalued", "closing", "service", "closed"]


def loan_book(dataset: xr.Dataset, by: Iterable[str] = ("policy", "line", "place")) -> pd.DataFrame:
    """Draws, interest, repayment and debt of every period, in millions of money of the price year, not discounted.

    opening + drawn + revalued - repaid = closing, and service = interest + repaid, all of them sums over the years of the period.
    ``revalued`` is what the exchange rate adds to debt in a foreign currency, zero otherwise. ``closed`` is the part of the
    service that is paid for capacity closed early. ``by`` chooses the columns that are kept apart, of policy, line, place,
    technology, kind and asset.

    Returns
    -------
    the columns of ``by``, period, opening, drawn, interest, repaid, revalued, closing, service, closed
    """
    keys = [*by, "period"]
    years = dataset["period_length"].values.astype(float)
    periods = dataset["period"].values
    names = {"policy": "policy", "line": "line", "place": "region", "technology": "technology", "kind": "kind", "asset": "asset"}
    rows: list[pd.DataFrame] = []
    for k in np.flatnonzero(dataset["loan_draw"].values > SMALL).tolist() if "loan_draw" in dataset else ():
        service, repaid = (dataset[f"loan_{n}"].values[k] * years for n in ("service", "repaid"))
        closing = dataset["loan_left"].values[k]
        drawn = np.where(periods == dataset["loan_period"].values[k], dataset["loan_draw"].values[k], 0.0)
        opening = np.concatenate(([0.0], closing[:-1]))
        foreign = bool(str(dataset["loan_currency"].values[k]))
        moved = closing - opening - drawn + repaid if foreign else np.zeros(len(periods))
        columns = {name: str(dataset[f"loan_{column}"].values[k]) for name, column in names.items()}
        amounts = {
            "period": periods, "opening": opening, "drawn": drawn, "interest": service - repaid, "repaid": repaid,
            "revalued": moved, "closing": closing, "service": service, "closed": service * _closed(dataset, k),
        }  # fmt: skip
        rows.append(pd.DataFrame(columns | amounts))
    if not rows:
        return pd.DataFrame(columns=[*keys, *FLOWS])
    return pd.concat(rows).groupby(keys, sort=False)[FLOWS].sum().reset_index()


def _closed(dataset: xr.Dataset, k: int) -> np.ndarray:
    """Share of the capacity behind a draw that has been closed early, by period; zero for conversions and measures."""
    if "loan_closed" in dataset:  # a sweep keeps the share and not every vintage
        return np.asarray(dataset["loan_closed"].values[k])
    none = np.zeros(dataset.sizes["period"])
    if str(dataset["loan_kind"].values[k]) != "new_capacity":
        return none
    at = {"region": str(dataset["loan_region"].values[k]), "technology": str(dataset["loan_technology"].values[k])}
    at["vintage"] = str(int(dataset["loan_period"].values[k]))
    if at["vintage"] not in dataset["vintage"].values:
        return none
    closed, live = (dataset[name].sel(at).values for name in ("early_retirement", "capacity_by_vintage"))
    return 1 - _kept(closed, live)


def _kept(closed: np.ndarray, live: np.ndarray) -> np.ndarray:
    """Share of a vintage that no closure has taken, period by period."""
    before = closed + live
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.cumprod(np.where(before > 0, live / before, np.where(closed > 0, 0.0, 1.0)))


def legacy_book(dataset: xr.Dataset) -> pd.DataFrame:
    """Debt of plants that stand at the start: policy, debt, place, period, service, closed (millions over the period).

    ``closed`` is the part of the service that falls on capacity closed early, where the debt names its technologies.
    """
    years = dataset["period_length"].values.astype(float)
    rows = []
    for k in range(dataset.sizes.get("legacy_row", 0)):
        service = dataset["legacy_service"].values[k] * years
        place, named = (str(dataset[f"legacy_{n}"].values[k]) for n in ("place", "technologies"))
        if not np.isfinite(service).all():
            continue  # a member of a sweep without this debt
        part = _closed_standing(dataset, k, place, named.split(", ")) if named else np.full(len(years), np.nan)
        columns = {n: str(dataset[f"legacy_{n}"].values[k]) for n in ("policy", "debt", "place")}
        rows.append(pd.DataFrame(columns | {"period": dataset["period"].values, "service": service, "closed": service * part}))
    columns_of = ["policy", "debt", "place", "period", "service", "closed"]
    return pd.concat(rows)[columns_of].reset_index(drop=True) if rows else pd.DataFrame(columns=columns_of)


def _closed_standing(dataset: xr.Dataset, k: int, place: str, named: list[str]) -> np.ndarray:
    """Share of the standing capacity of technologies (or groups of them) that has been closed early."""
    if "legacy_closed" in dataset:
        return np.asarray(dataset["legacy_closed"].values[k])
    group = dataset["technology_group_member"]
    known = [name for name in named if name in group["technology_group"].values]
    members = {t for name in known for t in group["technology"].values[group.sel(technology_group=name).values == 1]}
    chosen = [t for t in dataset["technology"].values if t in members or t in named]
    standing = [v for v in dataset["vintage"].values if "-" in str(v)]
    where = [place] if place in dataset["region"].values else list(dataset["region"].values)
    closed, live = (
        dataset[name].sel(region=where, technology=chosen, vintage=standing).sum(("region", "technology", "vintage")).values
        for name in ("early_retirement", "capacity_by_vintage")
    )
    return 1 - _kept(closed, live)


def line_values(dataset: xr.Dataset) -> pd.DataFrame:
    """What one more yuan is worth: policy, what (line, own funds, budget), line, period, value, unit, used, ceiling.

    A line in a foreign currency is valued per unit of that currency. Lines without a ceiling have no row.
    """
    chosen = np.isin(dataset["policy_component"].values, list(ROWS)) & np.isfinite(dataset["policy_price"].values)
    columns = {"policy": "id", "component": "component", "line": "case", "period": "period", "value": "price"}
    columns |= {"unit": "price_unit", "used": "level", "ceiling": "bound"}
    frame = pd.DataFrame({name: dataset[f"policy_{column}"].values[chosen] for name, column in columns.items()})
    frame.insert(1, "what", frame.pop("component").map(ROWS))
    return frame
