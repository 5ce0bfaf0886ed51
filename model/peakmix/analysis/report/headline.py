"""The first lines of the report: the few numbers that people ask for first."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr

from peakmix.analysis.mix import pathway
from peakmix.analysis.policy_sheet import policy_table
from peakmix.analysis.reading import inputs
from peakmix.analysis.words import word

Card = dict[str, str]


def cards(dataset: xr.Dataset, language: str, base: xr.Dataset | None = None) -> list[Card]:
    """Cost, peak, paths, policies that bind, targets exceeded, weak data: label, value, note."""
    made = [_cost(dataset, language, base), *_paths(dataset, language)]
    sheet = policy_table(dataset)
    if len(sheet):
        felt = int(sheet["binding"].sum())
        named = sheet.loc[sheet["binding"], "policy"].nunique()
        note = f"{word(language, 'of')} {len(sheet):,}; {named} {word(language, 'policies')}"
        made.append(_card(language, "Policy rows that bind", f"{felt}", note))
    over = sheet.loc[sheet["excess"] > 1e-6, "policy"].unique().tolist() if len(sheet) else []
    if over:
        made.append(_card(language, "Targets exceeded at a price", str(len(over)), ", ".join(map(str, over))))
    grades = inputs(dataset)["grade"]
    note = f"{len(grades):,} {word(language, 'rows')}"
    made.append(_card(language, "Rows of grade C", f"{100 * float((grades == 'C').mean()):.0f} %", note))
    return made


def _card(language: str, label: str, value: str, note: str) -> Card:
    return {"label": word(language, label), "value": value, "note": note}


def _cost(dataset: xr.Dataset, language: str, base: xr.Dataset | None) -> Card:
    """System cost, and how far above the base."""
    value = float(dataset["system_cost"])
    note = f"10^9 {dataset.attrs['money']}, {word(language, 'discounted')}"
    if base is not None:
        before = float(base["system_cost"])
        change = f"{value / before - 1:+.2%}" if before else f"{value - before:+,.4g}"
        note = f"{note}; {word(language, 'more than the base')} {change}"
    return _card(language, "System cost", f"{value / 1000:,.1f}", note)


def _paths(dataset: xr.Dataset, language: str) -> list[Card]:
    """Peak of direct CO2, and the way of CO2 and energy from the first to the last period."""
    direct = pathway(dataset)
    note = f"{direct.height:,.0f} {direct.unit}; {word(language, 'in the period from')} {direct.peak}"
    made = [_card(language, "Direct CO2, highest", f"{direct.peak}", note)]
    for label, path in (("Direct CO2", direct), ("Energy, coal equivalent", _energy(dataset))):
        if path is None:
            continue
        first, last = path.values.index[0], path.values.index[-1]
        start, end = float(path.values.iloc[0]), float(path.values.iloc[-1])
        change = f" ({end / start - 1:+.0%})" if abs(start) > 1e-12 else ""
        made.append(_card(language, label, f"{start:,.4g} → {end:,.4g}", f"{path.unit}, {first} → {last}{change}"))
    return made


def _energy(dataset: xr.Dataset) -> Any:
    name = "energy_coal_equivalent"
    there = name in dataset["ledger_name"].values and np.abs(dataset["ledger"].sel(ledger_name=name).values).max() > 0
    return pathway(dataset, name) if there else None
