"""Reads exports with pyam and checks them with nomenclature; run by the Python of the environment that has both.

    python reader.py FOLDER DEFINITIONS

FOLDER holds ``rows.csv`` (what the export should say, with a column ``extension``), ``long.csv`` with ``long_extension.csv``,
``wide.xlsx`` and ``strict.csv``. Prints what was found as one JSON object: for each way the rows that are lost, added or
different, and for nomenclature the message of what it refuses, empty when nothing.
"""

from __future__ import annotations

import json
import shutil
import sys
import traceback
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyam
import yaml
from nomenclature import DataStructureDefinition

KEYS = ["model", "scenario", "region", "variable", "unit", "year"]
CLOSE = 1e-12


def compared(found: pd.DataFrame, rows: pd.DataFrame) -> dict[str, Any]:
    """Rows of two long tables: lost, added, and the largest relative difference of a value."""
    left, right = (frame.set_index(KEYS)["value"].astype(float) for frame in (rows, found))
    both = left.index.intersection(right.index)
    a, b = left.loc[both].to_numpy(), right.loc[both].to_numpy()
    worst = float(np.max(np.abs(a - b) / np.maximum(1.0, np.abs(a)))) if len(both) else 0.0
    lost, added = left.index.difference(right.index), right.index.difference(left.index)
    return {"rows": len(right), "lost": len(lost), "added": len(added), "worst": worst, "same": worst <= CLOSE}


def round_trips(folder: Path, rows: pd.DataFrame) -> dict[str, Any]:
    """Export -> pyam, and export -> pyam -> its own CSV and workbook -> pyam."""
    long, wide = (pyam.IamDataFrame(str(folder / name)) for name in ("long.csv", "wide.xlsx"))
    long.to_csv(folder / "again.csv")
    long.to_excel(folder / "again.xlsx")
    again = {name: pyam.IamDataFrame(str(folder / name)) for name in ("again.csv", "again.xlsx")}
    frames = {"long.csv": long, "wide.xlsx": wide, **again}
    return {name: compared(frame.as_pandas(meta_cols=False), rows) for name, frame in frames.items()}


def codelists(folder: Path, definitions: Path, rows: pd.DataFrame) -> Path:
    """The official names with the extension list of the export, and the regions of the result, as nomenclature reads them."""
    target = folder / "definitions"
    shutil.copytree(definitions, target)
    own = pd.read_csv(folder / "long_extension.csv")
    listed = [{v: {"description": "extension", "unit": u}} for v, u in zip(own["variable"], own["unit"], strict=True)]
    (target / "variable" / "extension.yaml").write_text(yaml.safe_dump(listed, allow_unicode=True), encoding="utf-8")
    regions = [{"common": ["China"]}, {"peakmix": sorted(set(rows["region"]) - {"China"})}]
    (target / "region").mkdir(exist_ok=True)
    (target / "region" / "regions.yaml").write_text(yaml.safe_dump(regions, allow_unicode=True), encoding="utf-8")
    return target


def refused(definitions: Path, file: Path) -> str:
    """What nomenclature says against a file."""
    try:
        DataStructureDefinition(definitions, dimensions=["variable", "region"]).validate(pyam.IamDataFrame(str(file)))
    except Exception as error:
        return "".join(traceback.format_exception(error))
    return ""


def main(folder: Path, definitions: Path) -> None:
    """Check and print."""
    rows = pd.read_csv(folder / "rows.csv")
    found: dict[str, Any] = {"round_trips": round_trips(folder, rows)}
    whole = codelists(folder, definitions, rows)
    found["whole"] = refused(whole, folder / "long.csv")
    (whole / "variable" / "extension.yaml").unlink()
    found["strict"] = refused(whole, folder / "strict.csv")
    found["without_extension"] = refused(whole, folder / "long.csv")
    steel = pyam.IamDataFrame(str(folder / "long.csv")).filter(variable="Final Energy|Industry|Iron and Steel*")
    missing = steel.check_aggregate("Final Energy|Industry|Iron and Steel", rtol=1e-9, atol=1e-9)
    found["steel_aggregate"] = "" if missing is None else missing.to_string()
    print(json.dumps(found))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
