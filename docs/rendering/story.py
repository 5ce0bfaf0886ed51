"""Tables of docs/national-case.md, read from result files.

Each block compares the runs that are given, in their order. Sums run over all places; shares are of yearly output.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import xarray as xr

import peakmix
from rendering.marks import table

MIXES = (
    ("Steelmaking", "steelmaking"),
    ("Ironmaking", "ironmaking"),
    ("Clinker kilns", "kilns"),
    ("Aluminium metal", "aluminium_metal"),
    ("Alumina refineries", "refineries"),
    ("Process steam of refineries", "process_steam_supply"),
    ("Power of smelters", "smelter_power_supply"),
)
"""Heading and technology group of the tables of the mix."""

LEDGERS = ("direct_co2", "purchased_power_co2", "hydrogen_power_co2", "upstream_co2", "energy_calorific")
PRODUCTS = ("hot_rolled_steel", "steel_scrap", "cement", "clinker", "aluminium", "alumina", "flat_glass")
SMALL = 0.005
"""Technologies that never reach this share of their group are summed as others."""


def blocks(paths: Sequence[Path]) -> dict[str, str]:
    """Content of every block of the page by its mark."""
    runs = {}
    for path in paths:
        dataset = peakmix.open(path)
        runs[str(dataset.attrs["scenario_name"])] = dataset
    return {
        "story runs": runs_table(runs),
        "story emissions": emissions(runs),
        "story mix": "\n\n".join(mix(title, group, runs) for title, group in MIXES),
        "story prices": prices(runs),
        "story policies": policies(runs),
        "story places": places(runs),
        "story inputs": grades(runs),
    }


def years(dataset: xr.Dataset) -> list[int]:
    """First years of the periods."""
    return [int(year) for year in dataset["period"].values]


def runs_table(runs: dict[str, xr.Dataset]) -> str:
    """What was run, and whether it is certified."""
    rows = []
    for name, run in runs.items():
        attributes = run.attrs
        seconds = sum(json.loads(attributes["timings"]).values())
        rows.append((
            f"`{name}`", attributes["certified"], attributes["prices"], attributes["solver_method"],
            f"{float(run['objective']) / 1e6:,.3f}", f"{float(run['system_cost']) / 1e6:,.3f}", f"{seconds:.0f}",
            attributes["data_hash"][:12],
        ))  # fmt: skip
    head = ("run", "certified", "prices", "method", "objective", "system cost", "seconds", "hash of the tables")
    return table(head, rows) + "\n\nObjective and system cost in million million CNY of 2023, discounted."


def emissions(runs: dict[str, xr.Dataset]) -> str:
    """Ledgers side by side, never added."""
    rows = []
    for ledger in LEDGERS:
        for name, run in runs.items():
            if ledger not in run["ledger_name"]:
                continue
            level = run["ledger"].sel(ledger_name=ledger).sum(("region", "sector"))
            unit = str(run["ledger_unit"].sel(ledger_name=ledger).item())
            rows.append((f"`{ledger}`, {unit}", name, *(f"{float(x):,.0f}" for x in level)))
    first = next(iter(runs.values()))
    parts = [table(("ledger", "run", *map(str, years(first))), rows)]
    sectors = []
    for name, run in runs.items():
        level = run["ledger"].sel(ledger_name="direct_co2").sum("region")
        for sector in level["sector"].values:
            row = level.sel(sector=sector).values
            if np.abs(row).max() >= 0.5:
                sectors.append((f"{sector}", name, *(f"{x:,.0f}" for x in row)))
    parts.append("Direct CO2 by sector, Mt/yr:\n\n" + table(("sector", "run", *map(str, years(first))), sorted(sectors)))
    return "\n\n".join(parts)


def mix(title: str, group: str, runs: dict[str, xr.Dataset]) -> str:
    """Output of the technologies of a group."""
    rows = []
    unit = ""
    for name, run in runs.items():
        if group not in run["technology_group"]:
            continue
        member = run["technology_group_member"].sel(technology_group=group).values == 1
        output = run["activity"].sum("region").isel(technology=member)
        unit = str(run["technology_unit"].isel(technology=member).values[0])
        whole = output.sum("technology").values
        shown = (output.values > SMALL * np.maximum(whole, 1e-9)).any(axis=1)
        for technology in output["technology"].values[shown]:
            values = output.sel(technology=technology).values
            rows.append((f"`{technology}`", name, *(f"{x:,.1f}" for x in values)))
        rest = output.values[~shown].sum(axis=0)
        if rest.max(initial=0.0) >= 0.05:
            rows.append(("others", name, *(f"{x:,.1f}" for x in rest)))
        rows.append(("all", name, *(f"{x:,.1f}" for x in whole)))
    first = next(iter(runs.values()))
    return f"{title}, {unit}:\n\n" + table(("technology", "run", *map(str, years(first))), rows)


def prices(runs: dict[str, xr.Dataset]) -> str:
    """Prices of products: mean over the places that make them, weighted with what they make."""
    rows = []
    for commodity in PRODUCTS:
        for name, run in runs.items():
            if commodity not in run["commodity"]:
                continue
            price = run["price"].sel(commodity=commodity)
            made = run["activity"].where(run["technology_product"] == commodity, 0).sum("technology")
            weight = made.where(price.notnull(), 0)
            total = weight.sum("region")
            mean = (price.fillna(0) * weight).sum("region") / total.where(total > 0)
            plain = price.mean("region")
            values = mean.fillna(plain).values
            unit = str(run["price_unit"].sel(commodity=commodity).item())
            rows.append((f"{commodity}, {unit}", name, *("" if np.isnan(x) else f"{x:,.0f}" for x in values)))
    first = next(iter(runs.values()))
    return table(("price", "run", *map(str, years(first))), rows)


def policies(runs: dict[str, xr.Dataset]) -> str:
    """Policy sheet: one line a policy row that names no place; of rows by place the number and the highest price."""
    rows = []
    for name, run in runs.items():
        columns = [run[f"policy_{c}"].values.tolist() for c in ("id", "component", "place", "case", "period")]
        numbers = [run[f"policy_{c}"].values.tolist() for c in ("level", "bound", "price", "binding")]
        units = zip(run["policy_unit"].values.tolist(), run["policy_price_unit"].values.tolist(), strict=True)
        placed: dict[tuple[str, str, int, str], list[float]] = {}
        for (policy, row, place, _case, period), (level, bound, price, binding), (unit, money) in zip(
            zip(*columns, strict=True), zip(*numbers, strict=True), units, strict=True
        ):
            if place:
                placed.setdefault((policy, row, period, money), []).append(price)
                continue
            held = "yes" if binding else "no"
            rows.append(
                (name, policy, f"`{row}`", period or "all", f"{level:,.1f}", f"{bound:,.1f} {unit}", held, f"{price:,.0f} {money}")
            )
        for (policy, row, period, money), found in sorted(placed.items()):
            above = sum(price > 1e-6 for price in found)
            if above:
                told = f"{above} of {len(found)} rows have a price"
                rows.append((name, policy, f"`{row}`", period, "", told, "yes", f"at most {max(found):,.0f} {money}"))
    if not rows:
        return "None of the runs has a policy."
    return table(("run", "policy", "row", "period", "level", "bound", "binding", "price"), rows)


def places(runs: dict[str, xr.Dataset]) -> str:
    """Where output is made: largest places first, in the first and the last period, and their share of what grew."""
    rows = []
    for title, group in MIXES[:5]:
        for name, run in runs.items():
            member = run["technology_group_member"].sel(technology_group=group).values == 1
            output = run["activity"].isel(technology=member).sum("technology")
            first, last = output.isel(period=0), output.isel(period=-1)
            rows.append((title, name, _largest(first), _largest(last), _growth(last - first)))
    return table(("group", "run", "first period", "last period", "places that grew"), rows)


def _largest(output: xr.DataArray, count: int = 3) -> str:
    """The largest places with their shares."""
    total = float(output.sum())
    order = np.argsort(-output.values)[:count]
    found = [f"{output['region'].values[k]} {output.values[k] / total:.0%}" for k in order if output.values[k] > 0]
    return ", ".join(found) if total > 0 else "none"


def _growth(change: xr.DataArray, count: int = 3) -> str:
    """Places whose output grew, with their share of all growth."""
    grown = change.clip(min=0)
    return _largest(grown.where(grown > 0.05, 0), count)


def grades(runs: dict[str, xr.Dataset]) -> str:
    """Share of grades among the inputs that a run used."""
    rows = []
    for name, run in runs.items():
        found = run["input_grade"].values
        shares = [f"{np.mean(found == grade):.0%}" for grade in ("A", "B", "C")]
        rows.append((name, f"{found.size:,}", *shares))
    return table(("run", "inputs used", "grade A", "grade B", "grade C"), rows)
