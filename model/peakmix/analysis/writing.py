"""Writing a result for other programs: the exchange format, plain CSV tables, and a workbook."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from peakmix.analysis.accounts import cost_by, costs, pool_prices, residue_exchange, residues, swaps
from peakmix.analysis.difference import sheet
from peakmix.analysis.iamc import iamc, wide
from peakmix.analysis.mix import mix, paths
from peakmix.analysis.reading import inputs, long_table
from peakmix.analysis.saving import reconciled, savings
from peakmix.foundation.errors import UsageError

ANSWERS: Mapping[str, Callable[[xr.Dataset], pd.DataFrame]] = {
    "mix": mix,
    "paths": paths,
    "savings": savings,
    "energy": reconciled,
    "cost": costs,
    "cost_by_component": cost_by,
    "swaps": swaps,
    "swap_credits": pool_prices,
    "residues": residues,
    "residue_exchange": residue_exchange,
    "policies": sheet,
}
"""Table of a result -> the function that answers it."""

ROWS = "_row"
MOST_ROWS = 1_048_575
"""Rows of one sheet of a workbook below its head."""


def answers(dataset: xr.Dataset) -> dict[str, pd.DataFrame]:
    """Every answer as a table, and the inputs with their sources."""
    made = {name: answer(dataset) for name, answer in ANSWERS.items()}
    return made | {"inputs": inputs(dataset), "sources": sources(dataset)}


def sources(dataset: xr.Dataset) -> pd.DataFrame:
    """Source keys with their citations."""
    return pd.DataFrame({name: dataset[f"source_{name}"].values for name in ("key", "citation")})


def about(dataset: xr.Dataset) -> pd.DataFrame:
    """Attributes of the file: attribute, value."""
    return pd.DataFrame([(str(k), str(v)) for k, v in dataset.attrs.items()], columns=["attribute", "value"])


def write_csv(dataset: xr.Dataset, folder: Path) -> list[Path]:
    """One CSV an answer, and one an array under ``arrays``; rows of arrays that are zero or missing are left out.

    Returns
    -------
    The files, UTF-8 with a head row; numbers are written so that they read back as they were.
    """
    written = []
    for name, frame in answers(dataset).items():
        written.append(_csv(frame, folder / f"{name}.csv"))
    for label, array in dataset.data_vars.items():
        numeric = array.dtype.kind in "fi"
        if numeric and not any(str(dim).endswith(ROWS) for dim in array.dims):
            written.append(_csv(long_table(dataset, str(label), drop_zero=True), folder / "arrays" / f"{label}.csv"))
    target = folder / "about.json"
    told = {str(k): str(v) for k, v in dataset.attrs.items()}
    target.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")
    return [*written, target]


def write_iamc(dataset: xr.Dataset, path: Path, strict: bool = False, by_place: bool = True) -> list[Path]:
    """The exchange format: a long CSV, or for a name that ends in .xlsx a workbook with the sheet ``data``, a column a year.

    Beside it a table of this model's own names, unless ``strict`` leaves them out.
    """
    frame = iamc(dataset, strict=strict, by_place=by_place)
    own = frame.loc[frame["extension"] == 1, ["variable", "unit"]].drop_duplicates()
    rows = frame.drop(columns="extension")
    if path.suffix == ".xlsx":
        return [_workbook(path, {"data": wide(rows), **({} if strict else {"extension": own})})]
    written = [_csv(rows.rename(columns=str.capitalize), path)]
    return written if strict else [*written, _csv(own, path.with_name(f"{path.stem}_extension.csv"))]


def write_xlsx(dataset: xr.Dataset, path: Path) -> list[Path]:
    """A workbook with one sheet an answer."""
    return [_workbook(path, {"about": about(dataset), **answers(dataset)})]


def _csv(frame: pd.DataFrame, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    frame.to_csv(path, index=False, float_format="%.17g", lineterminator="\n", encoding="utf-8")
    return path


def _workbook(path: Path, sheets: Mapping[str, pd.DataFrame]) -> Path:
    """Sheets of a workbook; UsageError when the library that writes them is not installed."""
    _library()
    path.parent.mkdir(parents=True, exist_ok=True)
    with pd.ExcelWriter(path, engine="openpyxl") as writer:
        for name, frame in sheets.items():
            if len(frame) > MOST_ROWS:
                raise UsageError(f"{name} has {len(frame):,} rows, more than a sheet holds", fix="export to csv")
            frame.to_excel(writer, sheet_name=name[:31], index=False)
    return path


def _library() -> Any:
    """The library that writes workbooks."""
    from importlib import import_module

    try:
        return import_module("openpyxl")
    except ImportError:
        rule = "workbooks need the package openpyxl, which is not installed"
        raise UsageError(rule, fix="install it, or export to csv") from None
