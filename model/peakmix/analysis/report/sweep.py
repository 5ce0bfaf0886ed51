"""Sections of the report on a sweep: how its members ended, and outcomes against the design.

Outcomes are system cost, objective, the peak year and height of direct CO2, and direct CO2 and energy of every period.
"""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.analysis.report import tables
from peakmix.analysis.report.charts import rounded
from peakmix.analysis.report.page import Section, written
from peakmix.analysis.words import chosen, word

LEDGERS = (("direct_co2", "Direct CO2"), ("energy_coal_equivalent", "Energy, coal equivalent"))


def sweep_report(cube: xr.Dataset, language: str = "en") -> str:
    """The page of a collected sweep; the cube is read, never changed.

    Raises
    ------
    UsageError
        For an unknown language, or when the packages behind the page are not installed.
    """
    chosen(language)
    design, found = axes(cube), outcomes(cube, language)
    members = [str(name) for name in cube["scenario"].values]
    sections: list[Section] = [{"title": "Headlines", "cards": _cards(cube, found, language)}]
    sections.append({"title": "Figures", "charts": _charts(members, design, found, language)})
    listed = pd.DataFrame({"member": members, **{k: v.values if _numeric(v) else texts(v) for k, v in design.items()}})
    results = pd.DataFrame({k: v.values for k, v in found.items()})
    status = pd.DataFrame({"status": texts(cube["status"])})
    sections.append({"title": "Members", "tables": [
        tables.table("members", "Outcomes", pd.concat([listed, status, results], axis=1), language)]})  # fmt: skip
    lost = texts(cube["status"]) != "optimal"
    if lost.any():
        reasons = pd.DataFrame({"reason": texts(cube["reason"])})
        rows = pd.concat([listed, status, reasons], axis=1)[lost]
        sections.append({"title": "Members not solved", "tables": [tables.table("lost", "Members not solved", rows, language)]})
    facts = [(k, str(v)) for k, v in cube.attrs.items() if k not in ("base_scenario", "sweep")]
    about = tables.table("provenance", "Provenance and certificate", pd.DataFrame(facts, columns=["attribute", "value"]), language)
    text = json.dumps(json.loads(cube.attrs["sweep"]), ensure_ascii=False, indent=2)
    sections.append({"title": "Provenance and certificate", "tables": [about], "text": text})
    head = {
        "title": str(cube.attrs["title"]),
        "name": str(json.loads(cube.attrs["sweep"])["name"]),
        "certified": bool(cube.attrs["certified"]),
        "foot": f"peakmix {cube.attrs['peakmix_version']} | plan {str(cube.attrs['plan'])[:10]}",
    }
    return written(head, sections, language, {"places": []})


def texts(array: xr.DataArray) -> np.ndarray:
    """Texts of a column as an array of objects, however the store holds them."""
    return np.array([str(value) for value in array.values], dtype=object)


def axes(cube: xr.Dataset) -> dict[str, xr.DataArray]:
    """Columns of the design by the name of their axis."""
    return {
        str(name): array
        for name, array in cube.coords.items()
        if array.dims == ("scenario",) and name != "scenario" and "target" in array.attrs
    }


def outcomes(cube: xr.Dataset, language: str = "en") -> dict[str, xr.DataArray]:
    """Numbers of every member, each of dimension (scenario,), with its label and unit; not a number where unsolved."""
    found: dict[str, xr.DataArray] = {}
    money = str(cube["objective"].attrs.get("units", ""))
    found[f"{word(language, 'System cost')}, {money}"] = cube["system_cost"]
    found[f"{word(language, 'Objective')}, {money}"] = cube["objective"]
    for ledger, label in LEDGERS:
        if "ledger" not in cube or ledger not in cube["ledger_name"].values:
            continue
        path = cube["ledger"].sel(ledger_name=ledger).sum(("region", "sector"), skipna=False)
        unit = str(cube["ledger_unit"].sel(ledger_name=ledger).item()) if "ledger_unit" in cube.coords else ""
        for period in path["period"].values.tolist():
            found[f"{word(language, label)} {period}, {unit}".rstrip(", ")] = path.sel(period=period, drop=True)
        if ledger == "direct_co2":
            found[word(language, "Peak year")] = _peak(path)
    return found


def _numeric(array: xr.DataArray) -> bool:
    return array.dtype.kind in "iuf"


def _peak(path: xr.DataArray) -> xr.DataArray:
    """First period at the highest level, for each member; equals within a millionth count as the first."""
    level = path.transpose("scenario", "period").values
    with np.errstate(invalid="ignore"):
        top = level.max(axis=1, keepdims=True)
        where = np.argmax(level >= top - 1e-6 * np.maximum(1.0, np.abs(top)), axis=1)
    year = path["period"].values[where].astype(float)
    return xr.DataArray(np.where(np.isfinite(top[:, 0]), year, np.nan), dims=("scenario",))


def _cards(cube: xr.Dataset, found: dict[str, xr.DataArray], language: str) -> list[dict[str, str]]:
    status = texts(cube["status"])
    good = (status == "optimal") & (cube["certified"].values == 1)
    kinds = ", ".join(f"{word(language, name)} {int((status == name).sum())}" for name in dict.fromkeys(status))
    made = [
        {"label": word(language, "Members"), "value": str(len(status)), "note": kinds},
        {"label": word(language, "solved and certified"), "value": str(int(good.sum())), "note": f"/ {len(status)}"},
    ]
    year = word(language, "Peak year")
    for label, array in found.items():
        values = array.values[np.isfinite(array.values)]
        if len(values) and label.split(",")[0] in (word(language, "System cost"), year):
            made.append({"label": label, "value": _span(values, label == year), "note": ""})
    return made


def _span(values: np.ndarray, year: bool) -> str:
    """Least and greatest value; years without separators."""
    low, high = float(values.min()), float(values.max())
    told = [f"{value:.0f}" if year else f"{value:,.6g}" for value in (low, high)]
    return told[0] if told[0] == told[1] else " – ".join(told)


def _charts(
    members: list[str], design: dict[str, xr.DataArray], found: dict[str, xr.DataArray], language: str
) -> list[dict[str, Any]]:
    """Outcomes against axes as points, and as a field over two axes where the design has few levels."""
    numeric = {name: array for name, array in design.items() if _numeric(array)}
    columns = [{"label": label, "values": rounded(array.values.astype(float))} for label, array in (numeric | found).items()]
    made = [{"id": "cloud", "kind": "cloud", "title": word(language, "Outcomes"), "members": members, "columns": columns,
             "first": len(numeric)}]  # fmt: skip
    grid = [axis for name, array in design.items() if 2 <= len((axis := _levels(name, array))["levels"]) <= 40]
    if len(grid) >= 2:
        values = [{"label": label, "values": rounded(array.values.astype(float))} for label, array in found.items()]
        made.append({"id": "heat", "kind": "heat", "title": word(language, "Two axes"), "axes": grid, "outcomes": values})
    return made


def _levels(name: str, array: xr.DataArray) -> dict[str, Any]:
    """Distinct levels of an axis, and which one each member has."""
    if _numeric(array):
        levels, index = np.unique(array.values.astype(float), return_inverse=True)
        return {"label": name, "levels": rounded(levels), "index": index.tolist()}
    told = texts(array).tolist()
    order = list(dict.fromkeys(told))
    return {"label": name, "levels": order, "index": [order.index(text) for text in told]}
