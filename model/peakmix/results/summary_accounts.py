"""Lines of the summary on money: who bears the cost, what loans carry, what early closure strands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import numpy as np
import xarray as xr

Table = Callable[[Sequence[str], Iterable[Sequence[object]], int], list[str]]
MOST = 8
LEAST = 1e-6


def payers(dataset: xr.Dataset, table: Table) -> list[str]:
    """The payer's account by payer: own cost, what is paid to others and received from them."""
    if "payer_cost" not in dataset:
        return []
    cost = dataset["payer_cost"].sum(("cost_place", "period"))
    transfer = dict(zip(dataset["cost_component"].values, dataset["transfer"].values == 1, strict=True))
    moved = np.array([bool(transfer.get(name, True)) for name in cost["payer_component"].values])
    rows: list[Sequence[object]] = []
    for payer, values in zip(cost["payer"].values, cost.transpose("payer", "payer_component").values, strict=True):
        if np.abs(values).max(initial=0.0) > LEAST:
            passed = values[moved]
            parts = (values[~moved].sum(), passed[passed > 0].sum(), passed[passed < 0].sum(), values.sum())
            rows.append([str(payer), *(float(part) for part in parts)])
    if len(rows) < 2:
        return []
    rows.append(["sum: system cost", *(float(sum(float(str(row[k])) for row in rows)) for k in range(1, 5))])
    head = ["", "own cost", "paid to others", "received", "in all"]
    return ["who bears the cost, million, discounted", *table(head, rows, 1)]


def loans(dataset: xr.Dataset, table: Table) -> list[str]:
    """Draws by line, debt at the end of each period, and debt service of a year."""
    if not dataset.sizes.get("loan_row"):
        return []
    line = np.array([f"{p}: {n}" for p, n in zip(dataset["loan_policy"].values, dataset["loan_line"].values, strict=True)])
    period = dataset["loan_period"].values
    rows: list[Sequence[object]] = []
    for name in dict.fromkeys(line.tolist()):
        own = line == name
        drawn = [float(dataset["loan_draw"].values[own & (period == p)].sum()) for p in dataset["period"].values]
        rows.append([f"{name}: drawn", *drawn])
        rows.append(["  debt service a year", *dataset["loan_service"].values[own].sum(axis=0).tolist()])
        rows.append(["  left at the end", *dataset["loan_left"].values[own].sum(axis=0).tolist()])
    return ["loans, million", *table(["", *map(str, dataset["period"].values)], rows, 1)]


def stranded(dataset: xr.Dataset, table: Table) -> list[str]:
    """What is left of annuities of capacity closed early, the largest first."""
    rows: list[tuple[str, float]] = []
    for name, label in (("stranded_value", "built"), ("stranded_existing", "standing")):
        if name in dataset:
            by = dataset[name].sum(("region", "period"))
            rows += [(f"{label}: {t}", float(v)) for t, v in zip(by["technology"].values, by.values, strict=True) if v > LEAST]
    rows.sort(key=lambda row: -row[1])
    shown: list[Sequence[object]] = [list(row) for row in rows[:MOST]]
    if len(rows) > MOST:
        shown.append(["others", sum(value for _, value in rows[MOST:])])
    if not shown:
        return []
    head = "stranded value: annuities left of what closes early, million, money of the year of closing"
    return [head, *table(["", "million"], shown, 1)]
