"""Sensitivity: which numbers of the tables the optimum hangs on, ranked by |slope| x (high - low)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peakmix.api.prepare import Progress, Timings, read, silent
from peakmix.api.slopes import Optimum
from peakmix.api.verifying import stored_scenario, stored_tables
from peakmix.foundation.errors import UsageError
from peakmix.foundation.telling import figure
from peakmix.parameters.tracing import DATES_AND_LIVES, UNTRACED
from peakmix.results.store import open_result
from peakmix.scenario.levers import adjust
from peakmix.tables.dataset import DataSet

AGREES = 0.01
"""Relative distance up to which a re-solved slope is the one of first order."""
STEP = 1e-4
"""Share of a number's band that it is moved by to see the side of its slope."""
UNCERTIFIED = 5
THROUGH = "weighs a life too, which the slope holds"


@dataclass
class Sensitivity:
    """The ranking.

    ranked   one row a number that acts: table, key, value, low, high, unit, grade, source, place, slope (million money per
             unit), effect (|slope| x (high - low), million money), and for the first ones, re-solved: change_low, change_high
             (optimum at low and high less the optimum), side (up, down, both, neither), note
    apart    numbers whose effect is not one of first order: lives, dates, zeros, the discount rate, with the reason
    text     readable summary
    """

    ranked: pd.DataFrame
    apart: pd.DataFrame
    objective: float
    text: str
    notices: tuple[str, ...] = ()
    exit_code: int = 0


def sensitivity(
    target: Path | str,
    top: int = 20,
    changes: Mapping[str, Any] | None = None,
    progress: Progress = silent,
    data: DataSet | None = None,
) -> Sensitivity:
    """Rank the numbers of the tables behind a result file or a scenario.

    Parameters
    ----------
    target:
        Result file, or scenario file; either is solved again with all derived elements symbolic.
    top:
        How many of the first are confirmed by re-solves.
    changes:
        Scenario values by dotted key; for a scenario file only.
    data:
        The tables of a result when they are not where its scenario says.

    Raises
    ------
    InputErrors, InfeasibleError, UsageError
    """
    timings, notices = Timings(progress=progress), []
    if str(target).endswith((".yaml", ".yml")):
        scenario, tables = read(Path(target), timings, changes)
    elif changes:
        raise UsageError("--set changes a scenario, not a result", fix="name the scenario file")
    else:
        timings.phase("read")
        dataset = open_result(Path(target))
        scenario = stored_scenario(dataset)
        tables = stored_tables(dataset, Path(target), scenario, data)
        if tables.hash != dataset.attrs["data_hash"]:
            notices.append("the tables have changed since the run: slopes are those of the tables as they are now")
        tables = adjust(tables, scenario)
    timings.phase("trace and solve")
    optimum = Optimum(scenario, tables)
    notices += _held(optimum)
    timings.phase("rank")
    ranked, apart = rank(optimum), listed_apart(optimum)
    timings.phase(f"solve again, {min(top, len(ranked))} numbers")
    confirm(optimum, ranked, top)
    timings.done()
    text = render(optimum, ranked, apart, top)
    return Sensitivity(ranked, apart, optimum.objective, text, tuple(notices), 0 if optimum.certified else UNCERTIFIED)


def _held(optimum: Optimum) -> list[str]:
    """What the slopes leave out."""
    found = []
    if optimum.held:
        found.append(f"slopes hold the base level of {', '.join(optimum.held)}; re-solves let it move")
    if not optimum.prices:
        found.append("prices are interior, not those of a vertex")
    return found


def describe(data: DataSet, table: str, row: int) -> dict[str, Any]:
    """What a row of the tables says: key, value with band and unit, grade, source, file and line."""
    frame, schema = data.tables[table], data.schemas[table]
    cells = frame.iloc[row]
    keys = [column for column in schema.key if column in frame.columns]
    shown = " ".join(str(cells[column]) for column in keys if cells[column] not in (None, "") and cells[column] == cells[column])
    told = {name: cells[name] for name in ("value", "low", "high", "unit", "grade", "source")}
    return {"table": table, "key": shown} | told | {"place": str(data.place(table, row))}


def rank(optimum: Optimum) -> pd.DataFrame:
    """All numbers with a slope, the largest effect first; equal ones in the order of the tables."""
    rows, lives = [], optimum.lives()
    for place, (cell, slope) in enumerate(zip(optimum.cells, optimum.slopes.tolist(), strict=True)):
        if slope:
            told = describe(optimum.data, *cell)
            rows.append(told | {"slope": slope, "effect": abs(slope) * (told["high"] - told["low"]), "cell": place})
            rows[-1]["note"] = THROUGH if place in lives else ""
    columns = ["table", "key", "value", "low", "high", "unit", "grade", "source", "place", "slope", "effect", "cell", "note"]
    frame = pd.DataFrame(rows, columns=columns).sort_values("effect", ascending=False, kind="stable", ignore_index=True)
    frame.insert(0, "rank", np.arange(1, len(frame) + 1))
    for name in ("change_low", "change_high"):
        frame[name] = np.nan
    frame["side"] = pd.Series([""] * len(frame), dtype="object")
    return frame


def confirm(optimum: Optimum, ranked: pd.DataFrame, top: int) -> None:
    """Re-solve the first ones at low and at high, and on either side of their value; fills the columns in place."""
    for row, told in enumerate(ranked.head(top).to_dict("records")):
        place, slope, notes = int(told["cell"]), float(told["slope"]), [told["note"]] if told["note"] else []
        low, high, value = float(told["low"]), float(told["high"]), float(told["value"])
        for name, bound in (("change_low", low), ("change_high", high)):
            objective, note = (optimum.objective, "") if bound == value else optimum.at(optimum.cells[place], bound)
            ranked.at[row, name] = objective - optimum.objective
            notes += [f"{name.removeprefix('change_')}: {note}"] if note else []
        width = high - low
        if width > 0:
            ranked.at[row, "side"] = _side(slope, *optimum.sides(place, STEP * width))
        ranked.at[row, "note"] = "; ".join(notes)


def _side(slope: float, up: float, down: float) -> str:
    """The side on which a slope of first order holds; with no solution on a side it cannot hold there."""
    room = AGREES * abs(slope)
    fits = [name for name, found in (("up", up), ("down", down)) if abs(found - slope) <= room]
    return "both" if len(fits) == 2 else fits[0] if fits else "between" if min(up, down) < slope < max(up, down) else "neither"


def listed_apart(optimum: Optimum) -> pd.DataFrame:
    """Numbers with a band that no slope speaks for, and the discount rate."""
    rate = optimum.scenario.spec.horizon.discount_rate
    empty = {"low": np.nan, "high": np.nan, "unit": "1/yr", "grade": "", "source": "scenario", "place": "horizon.discount_rate"}
    rows = [{"table": "scenario", "key": "discount_rate", "value": rate} | empty | {"reason": "the discount rate"}]
    reaching = {optimum.cells[place] for place in optimum.reaching()}
    lives = {optimum.cells[place] for place in optimum.lives()}
    used = {optimum.cells[place] for place in optimum.tape.used()}
    for table, frame in optimum.data.tables.items():
        schema = optimum.data.schemas[table]
        if table in UNTRACED or not schema.has_values:
            continue
        column = schema.parameter_column
        kinds = frame[column].tolist() if column else [""] * len(frame)
        bands = zip(frame["low"].tolist(), frame["value"].tolist(), frame["high"].tolist(), kinds, strict=True)
        for row, (low, value, high, kind) in enumerate(bands):
            reason = _reason((table, row) in reaching, (table, row) in used, kind, low, value, high)
            if not reason and (table, row) in lives and low < high:
                reason = "lives: it weighs the places that a life is the mean of (ranked by the rest of its effect)"
            if reason:
                rows.append(describe(optimum.data, table, row) | {"reason": reason})
    return pd.DataFrame(rows)


def _reason(reaching: bool, used: bool, kind: str, low: float, value: float, high: float) -> str:
    """Why a number stands apart; an empty text when it does not."""
    if kind in DATES_AND_LIVES:
        return "a life" if kind == "lifetime" else "a date"
    if not low < high:
        return ""
    if reaching:
        return "index sets: its band holds zero" if low <= 0 <= high and value else ""
    if value == 0:
        return "index sets: it is zero, so that nothing of it is in the programme"
    return "index sets: read, but nothing in the programme depends on it" if used else ""


def render(optimum: Optimum, ranked: pd.DataFrame, apart: pd.DataFrame, top: int) -> str:
    """The ranking as text."""
    money = f"million {optimum.data.money_unit}"
    total = float(ranked["effect"].sum())
    lines = [
        f"sensitivity of {optimum.scenario.name}: optimum {optimum.objective:,.1f} {money}"
        + ("" if optimum.certified else ", NOT CERTIFIED"),
        f"{len(optimum.cells):,} numbers traced, {len(ranked):,} with a slope; first order: effect = |slope| x (high - low)",
        "",
        f"{'':>4} {'effect':>12} {'at low':>12} {'at high':>12}  side     gr  number  [{money}]",
    ]
    for row in ranked.head(top).to_dict("records"):
        ends = [figure(row[name], "nan") for name in ("change_low", "change_high")]
        band = f"{row['value']:g} [{row['low']:g}, {row['high']:g}] {row['unit']}"
        lines.append(
            f"{row['rank']:>4} {figure(row['effect']):>12} {ends[0]:>12} {ends[1]:>12}  "
            f"{row['side']:<8} {row['grade']}   {row['table']}: {row['key']} = {band}, {row['source']}"
            + (f" ({row['note']})" if row["note"] else "")
        )
    lines += ["", "effect by grade"]
    for grade, part in ranked.groupby("grade", sort=True):
        share = float(part["effect"].sum()) / total if total else 0.0
        lines.append(f"  {grade}  {len(part):>6,} numbers  {share:>6.1%} of all effects")
    lines += ["", "apart, since no slope speaks for them"]
    for reason, part in apart.groupby("reason", sort=True):
        lines.append(f"  {len(part):>6,}  {reason}")
    lines += [
        "",
        "at low, at high: change of the optimum when the number is moved to its bound and everything is derived and solved again.",
        "side: where the slope holds for a small step: both, up, down; between: it lies between the slopes of the two sides.",
    ]
    return "\n".join(lines)


