"""Figures over several solves: paths of scenarios, abatement curve, tornado of sensitivities, heat map of a sweep.

Each function takes a dataset and gives a matplotlib figure; ``TABLES`` holds the function that makes the table behind it.
Abatement curve and tornado draw the tables that `peakmix mac` and `peakmix sensitivity` write.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.analysis.figures.canvas import Choice, finished, sheet, thousands, years
from peakmix.analysis.figures.palette import COLOURS, DOWN, UP
from peakmix.analysis.mix import pathway
from peakmix.analysis.words import word
from peakmix.foundation.errors import UsageError
from peakmix.foundation.telling import figure as figured

BARS = 15
"""Bars of a tornado, the largest ones."""
MOST_CELLS = 120
"""Cells of a heat map up to which each has its number."""


def paths_table(dataset: xr.Dataset, choice: Choice) -> pd.DataFrame:
    """Direct CO2 of every scenario by period, with its peak: scenario, period, value, unit, peak (1 in the peak period)."""
    parts = []
    for one in (dataset, *([choice.base] if choice.base is not None else []), *choice.others):
        path = pathway(one)
        frame = pd.DataFrame({"period": path.values.index, "value": path.values.to_numpy()})
        frame["peak"] = (frame["period"] == path.peak).astype(int)
        parts.append(frame.assign(scenario=str(one.attrs["scenario_name"]), unit=path.unit, years=years(one)[1]))
    return pd.concat(parts, ignore_index=True)[["scenario", "period", "years", "value", "unit", "peak"]]


def scenario_paths(dataset: xr.Dataset, choice: Choice) -> Any:
    """Direct CO2 of several results as steps, each with its peak marked."""
    table = paths_table(dataset, choice)
    figure, axis = sheet(choice.language, 10)
    for k, (name, own) in enumerate(table.groupby("scenario", sort=False)):
        colour = COLOURS[k % 8]
        edges = np.append(own["period"], own["period"].iloc[-1] + own["years"].iloc[-1])
        look = {"color": colour, "lw": 1.6, "ls": ("-", "--", ":")[k // 8 % 3]}
        top = own[own["peak"] == 1].iloc[0]
        told = f"{name}, {word(choice.language, 'peak')} {int(top['period'])}: {figured(float(top['value']))}"
        axis.stairs(own["value"], edges, baseline=None, label=told, **look)
        axis.plot(top["period"] + top["years"] / 2, top["value"], "o", color=colour, ms=5)
    axis.set_ylim(0, 1.1 * float(table["value"].max()))
    axis.set_ylabel(str(table["unit"].iloc[0]).replace("Mt", "Mt CO2"))
    figure.legend(loc="outside right center", frameon=False, fontsize=8)
    return finished(figure, dataset, word(choice.language, "Direct CO2"))


def _given(choice: Choice, columns: tuple[str, ...], command: str) -> pd.DataFrame:
    """The table that was given; UsageError when there is none, or not of the columns."""
    fix = f"give --table with the file that `{command}` wrote"
    if choice.table is None:
        raise UsageError("this figure draws a table of another command", fix=fix)
    missing = [name for name in columns if name not in choice.table]
    if missing:
        raise UsageError(f"the table has no column {', '.join(missing)}", fix=fix)
    return choice.table


def abatement_table(dataset: xr.Dataset, choice: Choice) -> pd.DataFrame:
    """The abatement curve as blocks: period, from, to (Mt/yr below the reference), price, unit."""
    columns = ("period", "reference", "level", "price", "price_unit")
    table = _given(choice, columns, "peakmix mac SCENARIO --csv FOLDER").copy()
    order = "piece" if "piece" in table else "step"
    table["to"] = table["reference"] - table["level"]
    table = table.sort_values(["period", order])
    table["from"] = table.groupby("period")["to"].shift(fill_value=0.0)
    return table.rename(columns={"price_unit": "unit"})[["period", "from", "to", "price", "unit"]].reset_index(drop=True)


def abatement(dataset: xr.Dataset, choice: Choice) -> Any:
    """Price of CO2 against what is abated, a step line for each period."""
    table = abatement_table(dataset, choice)
    figure, axis = sheet(choice.language)
    for k, (period, own) in enumerate(table.groupby("period")):
        if float(own["to"].max()) <= 1e-9:
            continue
        look = {"color": COLOURS[k % 8], "lw": 1.6, "ls": ("-", "--", ":")[k // 8 % 3]}
        axis.step([own["from"].iloc[0], *own["to"]], [own["price"].iloc[0], *own["price"]], where="pre", label=str(period), **look)
    axis.set_xlabel(f"{word(choice.language, 'Abated')}, Mt CO2/yr")
    axis.set_ylabel(str(table["unit"].iloc[0]))
    axis.legend(title=word(choice.language, "period"), frameon=False, fontsize=8)
    return finished(figure, dataset, word(choice.language, "Abatement curve"))


def tornado_table(dataset: xr.Dataset, choice: Choice) -> pd.DataFrame:
    """Swing of the objective for the numbers that matter most: number, grade, low, high, kind, unit.

    ``kind`` is solved where both ends were solved again, first order where they are slope x distance.
    """
    columns = ("table", "key", "value", "low", "high", "slope", "change_low", "change_high", "effect", "grade")
    table = _given(choice, columns, "peakmix sensitivity SCENARIO --csv FOLDER").sort_values("effect", ascending=False).head(BARS)
    both = np.isfinite(table["change_low"]) & np.isfinite(table["change_high"])
    low = np.where(both, table["change_low"], table["slope"] * (table["low"] - table["value"]))
    high = np.where(both, table["change_high"], table["slope"] * (table["high"] - table["value"]))
    number = table["table"].astype(str) + ": " + table["key"].astype(str)
    made = pd.DataFrame({"number": number, "grade": table["grade"], "low": low, "high": high})
    made["kind"], made["unit"] = np.where(both, "solved", "first order"), f"M{dataset.attrs['money']}"
    width = made[["low", "high"]].abs().max(axis=1)
    return made.loc[width.sort_values(ascending=False, kind="stable").index].reset_index(drop=True)


def tornado(dataset: xr.Dataset, choice: Choice) -> Any:
    """What each number does to the objective when it goes to its low and to its high, the widest on top."""
    table = tornado_table(dataset, choice)
    figure, axis = sheet(choice.language, 10, 0.32 * len(table) + 1.8)
    at = np.arange(len(table))[::-1]
    first_order = (table["kind"] == "first order").to_numpy()
    for name, colour, label in (("low", DOWN, "at low"), ("high", UP, "at high")):
        for flag, hatch in ((False, ""), (True, "////")):
            chosen = first_order == flag
            told = word(choice.language, label) + (f", {word(choice.language, 'first order')}" if flag else "")
            if chosen.any():
                values = table[name].to_numpy()[chosen] / 1000
                axis.barh(at[chosen], values, 0.7, color=colour, alpha=0.85, hatch=hatch, edgecolor="white", label=told)
    axis.axvline(0, color="black", lw=0.8)
    axis.set_yticks(at, [f"{n[:64]} ({g})" for n, g in zip(table["number"], table["grade"], strict=True)], fontsize=7)
    axis.set_xlabel(f"{word(choice.language, 'change of the objective')}, 10^9 {dataset.attrs['money']}")
    axis.legend(frameon=False, fontsize=8, loc="lower right")
    return finished(figure, dataset, word(choice.language, "Which numbers matter"))


def heat_table(dataset: xr.Dataset, choice: Choice) -> pd.DataFrame:
    """A number of a sweep over two axes: the axes, value, status; the first member of a cell where further axes vary."""
    axes = [str(n) for n, a in dataset.coords.items() if a.dims == ("scenario",) and n != "scenario" and "target" in a.attrs]
    chosen = choice.axes or tuple(axes[:2])
    if len(chosen) != 2 or not set(chosen) <= set(axes):
        raise UsageError("a heat map is drawn over two axes of a sweep", fix=f"--axis twice, of {', '.join(axes) or 'a sweep'}")
    if choice.field not in dataset or dataset[choice.field].dims != ("scenario",):
        single = [str(name) for name, array in dataset.data_vars.items() if array.dims == ("scenario",)]
        raise UsageError(f"the sweep has no single number {choice.field!r} of a member", fix=f"one of {', '.join(single)}")
    table = pd.DataFrame({name: dataset[name].values for name in chosen})
    table["value"], table["status"] = dataset[choice.field].values, [str(x) for x in dataset["status"].values]
    return table.drop_duplicates(list(chosen)).reset_index(drop=True)


def heat_map(dataset: xr.Dataset, choice: Choice) -> Any:
    """A number over two axes of a sweep, cells without a solution hatched."""
    table = heat_table(dataset, choice)
    across, upward = list(table.columns[:2])
    grid = table.pivot(index=upward, columns=across, values="value")
    solved = table.assign(good=table["status"] == "optimal").pivot(index=upward, columns=across, values="good")
    figure, axis = sheet(choice.language, 7, 5)
    values = grid.to_numpy(dtype=float)
    image = axis.imshow(np.ma.masked_invalid(values), origin="lower", aspect="auto", cmap="cividis")
    for y, x in zip(*np.where(~solved.to_numpy(dtype=object).astype(bool)), strict=True):
        axis.bar(x, 1, 1, y - 0.5, color="white", edgecolor="#5F5F5F", hatch="xxxx", lw=0.5)
    axis.set_xlim(-0.5, values.shape[1] - 0.5)
    axis.set_ylim(-0.5, values.shape[0] - 0.5)
    if values.size <= MOST_CELLS:
        middle = np.nanmean([np.nanmin(values), np.nanmax(values)]) if np.isfinite(values).any() else 0.0
        for (y, x), value in np.ndenumerate(values):
            if np.isfinite(value):
                axis.text(x, y, figured(value), ha="center", va="center", fontsize=7, color="white" if value < middle else "black")
    for marks, axis_labels, name in ((axis.set_xticks, grid.columns, across), (axis.set_yticks, grid.index, upward)):
        step = max(1, len(axis_labels) // 12)
        marks(range(0, len(axis_labels), step), [_short(v) for v in axis_labels[::step]], fontsize=8)
        (axis.set_xlabel if name == across else axis.set_ylabel)(name.replace("_", " "))
    unit = str(dataset[choice.field].attrs.get("units", ""))
    shown = word(choice.language, choice.field.replace("_", " "))
    figure.colorbar(image, label=f"{shown}{f', {unit}' if unit else ''}", format=thousands)
    return finished(figure, dataset, f"{word(choice.language, 'Sweep')}: {shown}")


def _short(value: Any) -> str:
    """An axis value as a mark."""
    return f"{value:.4g}" if isinstance(value, float) else str(value)[:16]


FIGURES: Mapping[str, Callable[[xr.Dataset, Choice], Any]] = {
    "scenarios": scenario_paths,
    "abatement": abatement,
    "tornado": tornado,
    "heat-map": heat_map,
}
TABLES: Mapping[str, Callable[[xr.Dataset, Choice], pd.DataFrame]] = {
    "scenarios": paths_table,
    "abatement": abatement_table,
    "tornado": tornado_table,
    "heat-map": heat_table,
}
