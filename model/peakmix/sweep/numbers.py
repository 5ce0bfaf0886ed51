"""Which numbers a sweep draws one by one, and which of the same grade it leaves out, as a CSV beside the plan."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from typing import Any

import pandas as pd

from peakmix.scenario.draws import drawable, number_names
from peakmix.scenario.levers import select
from peakmix.scenario.scenario import Scenario
from peakmix.sweep import files
from peakmix.sweep.spec import SweepSpec

NUMBERS = "numbers.csv"
COLUMNS = ("number", "unit", "low", "value", "high", "grade", "axis", "left_out_because")


def listed(spec: SweepSpec, base: Scenario, tables: Mapping[str, pd.DataFrame]) -> list[tuple[Any, ...]]:
    """Rows of ``COLUMNS``: every number of the grades that are drawn, with its axis or the reason why it has none.

    Raises
    ------
    InputError
        When a selection finds nothing.
    """
    axes = {name: axis for name, axis in spec.axes.items() if axis.numbers is not None}
    if not axes:
        return []
    grades = {grade for axis in axes.values() for grade in axis.where.get("grade", ("A", "B", "C"))}
    chosen: dict[tuple[str, Any], str] = {}
    for name, axis in axes.items():
        frame = tables[str(axis.table)]
        chosen |= {(str(axis.table), k): name for k in select(frame, axis.where, base, ("axes", name))}
    reasons: dict[tuple[str, Any], str] = {}
    for entry in reversed(spec.left_out):
        reasons |= {(entry.table, k): entry.why for k in select(tables[entry.table], entry.where, base, ("left_out",))}
    found = []
    for table, frame in tables.items():
        if not {"value", "low", "high", "grade"} <= set(frame.columns):
            continue
        rows = frame[frame["grade"].isin(list(grades))]
        facts = zip(rows.index, number_names(rows, table), drawable(rows), rows.to_dict("records"), strict=True)
        for k, name, able, row in facts:
            axis_name = chosen.get((table, k), "") if able else ""
            why = "" if axis_name else reasons.get((table, k), "not selected by an axis") if able else "no low below its high"
            found.append((name, row["unit"], row["low"], row["value"], row["high"], row["grade"], axis_name, why))
    return found


def write(spec: SweepSpec, base: Scenario, tables: Mapping[str, pd.DataFrame], folder: files.Where) -> None:
    """Write the list into the folder of a sweep, if it draws numbers one by one."""
    rows = listed(spec, base, tables)
    if not rows:
        return
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows(rows)
    files.write_bytes(folder / NUMBERS, text.getvalue().encode())
