"""Figures of what passes from one to another: capacity swaps, allowances, energy and materials.

Each function takes a dataset and gives a matplotlib figure; ``TABLES`` holds the function that makes the table behind it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.analysis.accounts import swaps
from peakmix.analysis.compliance import WHOLE, compliance
from peakmix.analysis.figures.canvas import Choice, finished, sheet, years
from peakmix.analysis.figures.palette import COLOURS, DOWN, NEUTRAL, UP, sector_colour
from peakmix.analysis.flows import REST, SECTOR, flows
from peakmix.analysis.words import names, word
from peakmix.foundation.errors import UsageError

LEAST = 1e-9
UNITS = ("PJ/yr", "Mt/yr")
SMALL = 0.004
"""Share of a diagram's height below which a node has no label."""
GAP = 0.03
"""Room between two nodes, as a share of the diagram's height."""
FEW = 14
"""Commodities that have a node of their own; smaller ones are one node together, so that labels stay apart."""
OTHER = "other"
LONGEST = 28
"""Letters of a label in the middle; a longer one ends at its first comma."""
LEFT, MIDDLE, RIGHT, WIDTH = 0.0, 0.5, 1.0, 0.02


def swap_table(dataset: xr.Dataset, choice: Choice) -> pd.DataFrame:
    """Capacity built and given up over the horizon: policy, place, built, retired, ratio, unit.

    ``retired`` is given up in the place, for whomever; ``ratio`` is what was given up anywhere for one unit built in the place.
    """
    frame = swaps(dataset)
    frame = frame[(frame["built"] > LEAST) | (frame["retired"] > LEAST)]
    if not len(frame):
        raise UsageError("no capacity was swapped in the result", fix="see the swap policies of the scenario")
    keys = ["policy", "unit"]
    into = frame.groupby([*keys, "target"])[["built", "retired"]].sum().rename_axis([*keys, "place"])
    out = frame.groupby([*keys, "source"])["retired"].sum().rename_axis([*keys, "place"])
    table = pd.DataFrame({"built": into["built"], "retired": out, "ratio": into["retired"] / into["built"]})
    table[["built", "retired"]] = table[["built", "retired"]].fillna(0.0)
    return table.reset_index()[["policy", "place", "built", "retired", "ratio", "unit"]]


def swap_ledger(dataset: xr.Dataset, choice: Choice) -> Any:
    """Capacity built against capacity given up by place, with the ratio as a line; a panel for each swap policy."""
    table = swap_table(dataset, choice)
    policies = list(dict.fromkeys(table["policy"]))
    called = names(dataset, "region", choice.language)
    most = int(table.groupby("policy").size().max())
    figure, axes = sheet(choice.language, max(7.0, 0.32 * most + 3), 2.8 * len(policies) + 1, rows=len(policies))
    for axis, policy in zip(np.atleast_1d(axes), policies, strict=True):
        own = table[table["policy"] == policy].sort_values("built", ascending=False)
        at = np.arange(len(own))
        axis.bar(at - 0.2, own["built"], 0.4, color=DOWN, label=word(choice.language, "built"))
        axis.bar(at + 0.2, own["retired"], 0.4, color=UP, label=word(choice.language, "retired"))
        axis.set_xticks(at, [called.get(p) or p for p in own["place"]], rotation=45, ha="right", fontsize=8)
        axis.set_ylabel(str(own["unit"].iloc[0]))
        axis.set_title(policy, loc="left", fontsize=9)
        right = axis.twinx()
        right.spines["right"].set_visible(True)
        label = word(choice.language, "given up for one unit built here")
        right.plot(at, own["ratio"], color="black", marker="o", ms=4, lw=0, label=label)
        right.set_ylabel(word(choice.language, "ratio"))
        right.set_ylim(0, 1.3 * float(np.nanmax(own["ratio"])))
    handles = [axis.get_legend_handles_labels() for axis in figure.axes if axis.get_legend_handles_labels()[0]]
    named = {label: handle for group in handles for handle, label in zip(*group, strict=True)}
    figure.legend(named.values(), named.keys(), loc="outside right center", frameon=False, fontsize=8)
    return finished(figure, dataset, word(choice.language, "Capacity swaps"))


SUPPLY = ("given", "brought", "offset", "ceiling", "auction", "from_bank", "borrowed")
USE = ("emission", "held", "floor", "to_bank", "interest", "lapsed")
STOCKS = ("brought", "held")


def market_table(dataset: xr.Dataset, choice: Choice) -> pd.DataFrame:
    """The allowance balance of every market: policy, flow, period, value, unit; supply above zero, use below, and the price.

    Amounts kept from period to period are spread over the years of the period, so supply and use are equal.
    """
    frame = compliance(dataset)
    several = frame.groupby(["policy", "period"])["account"].transform("nunique") > 1
    frame = frame[~several | (frame["account"] == WHOLE)]
    rows = []
    for row in frame.to_dict("records"):
        for flowing, sign in ((SUPPLY, 1.0), (USE, -1.0)):
            for name in flowing:
                value = sign * float(row[name]) / (float(row["years"]) if name in STOCKS else 1.0)
                rows.append((row["policy"], name, int(row["period"]), value, "Mt/yr"))
        rows.append((row["policy"], "price", int(row["period"]), float(row["price"]), f"{dataset.attrs['money']}/t"))
    return pd.DataFrame(rows, columns=["policy", "flow", "period", "value", "unit"])


def market_balance(dataset: xr.Dataset, choice: Choice) -> Any:
    """Allowances given, kept and used by period, with the price as a line; a panel for each market."""
    table = market_table(dataset, choice)
    policies = list(dict.fromkeys(table["policy"]))
    figure, axes = sheet(choice.language, 7 * len(policies), 4.8, len(policies))
    first, length = years(dataset)
    for axis, policy in zip(np.atleast_1d(axes), policies, strict=True):
        own = table[table["policy"] == policy].pivot(index="flow", columns="period", values="value").reindex(columns=first)
        for k, flowing in enumerate((SUPPLY, USE)):
            floor = np.zeros(len(first))
            for j, name in enumerate(flowing):
                height = np.nan_to_num(own.loc[name].to_numpy())
                if np.abs(height).max() > LEAST:
                    look = {"color": COLOURS[j], "hatch": "////" if k else "", "edgecolor": "white", "lw": 0.6}
                    axis.bar(first, height, length, floor, align="edge", label=word(choice.language, name), **look)
                    floor = floor + height
        axis.axhline(0, color="black", lw=0.8)
        axis.set_ylabel(str(table["unit"].iloc[0]))
        axis.set_title(policy, loc="left", fontsize=9)
        beside = axis.twinx()
        beside.spines["right"].set_visible(True)
        price = np.nan_to_num(own.loc["price"].to_numpy())
        label = word(choice.language, "price")
        beside.stairs(price, np.append(first, first[-1] + length[-1]), baseline=None, color="black", lw=1.4, label=label)
        top = 1.2 * max(float(price.max()), 1.0)
        low, high = axis.get_ylim()
        beside.set_ylim(top * low / high if high > 0 else 0, top)
        beside.set_yticks([tick for tick in beside.get_yticks() if 0 <= tick <= top])
        beside.set_ylabel(f"{dataset.attrs['money']}/t")
    found = [axis.get_legend_handles_labels() for axis in figure.axes]
    named = {label: handle for group in found for handle, label in zip(*group, strict=True)}
    figure.legend(named.values(), named.keys(), loc="outside right center", frameon=False, fontsize=8)
    return finished(figure, dataset, word(choice.language, "Allowance balance"))


def flow_table(dataset: xr.Dataset, choice: Choice) -> pd.DataFrame:
    """Flows of a period, the last one when none is named: unit, source, target, value; a sector's name follows ``sector: ``."""
    period = int(dataset["period"].values[-1]) if choice.period is None else choice.period
    if period not in dataset["period"].values:
        raise UsageError(f"no period {period}", fix=f"one of {', '.join(map(str, dataset['period'].values))}")
    rows = [(unit, *flow) for unit in UNITS for flow in flows(dataset, period, unit)]
    return pd.DataFrame(rows, columns=["unit", "source", "target", "value"])


def flow_diagram(dataset: xr.Dataset, choice: Choice) -> Any:
    """Who sends what to whom: makers at the left, commodities between, takers at the right; band widths are amounts."""
    table = flow_table(dataset, choice)
    units = [unit for unit in UNITS if (table["unit"] == unit).any()]
    figure, axes = sheet(choice.language, 8 * len(units), 7, len(units))
    called = names(dataset, "commodity", choice.language)
    for axis, unit in zip(np.atleast_1d(axes), units, strict=True):
        own = table[table["unit"] == unit]
        own = _joined(own)
        middle = [end for end in dict.fromkeys([*own["source"], *own["target"]]) if not _outer(end)]
        largest = float(max(own.loc[own["target"].isin(middle), "value"].sum(), own.loc[own["source"].isin(middle), "value"].sum()))
        for side, near, far, at in (("source", "source", "target", LEFT), ("target", "target", "source", RIGHT)):
            part = own[~own[far].map(_outer) & own[near].map(_outer)]
            ends = _stacked(part.groupby(side)["value"].sum(), largest)
            goods = _stacked(_heights(own, middle), largest)
            _bands(axis, part, side, (ends, goods), largest, at)
            for name, (low, high) in ends.items():
                label = word(choice.language, str(name).removeprefix(SECTOR)).replace("_", " ")
                _node(axis, at, low, high, _colour(str(name)), label, at)
        for name, (low, high) in goods.items():
            label = word(choice.language, OTHER) if name == OTHER else called.get(str(name)) or str(name).replace("_", " ")
            _node(axis, MIDDLE, low, high, NEUTRAL, re.split(", |: ", label)[0] if len(label) > LONGEST else label, MIDDLE)
        axis.set_xlim(-0.28, 1.28)
        axis.invert_yaxis()
        axis.axis("off")
        axis.set_title(unit, loc="left", fontsize=9)
    period = int(dataset["period"].values[-1]) if choice.period is None else choice.period
    return finished(figure, dataset, f"{word(choice.language, 'Flows')}, {word(choice.language, 'period')} {period}")


def _joined(own: pd.DataFrame) -> pd.DataFrame:
    """The flows of one unit, with those of the smallest commodities added up by maker and taker."""
    middle = [end for end in dict.fromkeys([*own["source"], *own["target"]]) if not _outer(end)]
    kept = set(_heights(own, middle).sort_values(ascending=False).index[: FEW if len(middle) > FEW + 1 else len(middle)])
    ends = {name: name if name in kept or _outer(name) else OTHER for name in {*own["source"], *own["target"]}}
    joined = own.assign(source=own["source"].map(ends), target=own["target"].map(ends))
    return joined.groupby(["unit", "source", "target"], sort=False)["value"].sum().reset_index()


def _outer(end: str) -> bool:
    """Is an end of a flow no commodity?"""
    return end.startswith(SECTOR) or end in ("bought", "sold or disposed", "demand", REST)


def _colour(end: str) -> str:
    """Colour of an end: that of its sector, or none of a sector's."""
    return sector_colour(end.removeprefix(SECTOR)) if end.startswith(SECTOR) else NEUTRAL


def _heights(own: pd.DataFrame, middle: list[str]) -> pd.Series:
    """Size of every commodity: the larger of what comes and what goes."""
    into, out = own.groupby("target")["value"].sum(), own.groupby("source")["value"].sum()
    return pd.Series({name: max(float(into.get(name, 0.0)), float(out.get(name, 0.0))) for name in middle})


def _stacked(sizes: pd.Series, largest: float) -> dict[str, tuple[float, float]]:
    """Places of nodes from top to bottom, largest first, with room for a label each."""
    level, found = 0.0, {}
    for name, size in sizes.sort_values(ascending=False).items():
        found[str(name)] = (level, level + float(size) / largest)
        level += float(size) / largest + GAP
    return found


def _bands(axis: Any, part: pd.DataFrame, side: str, nodes: tuple[Any, Any], largest: float, at: float) -> None:
    """Curved bands between the ends of one side and the commodities."""
    ends, goods = nodes
    other = "target" if side == "source" else "source"
    used = {name: low for name, (low, _) in ends.items()}
    filled = {name: low for name, (low, _) in goods.items()}
    start, stop = (at + WIDTH, MIDDLE - WIDTH) if at < MIDDLE else (at - WIDTH, MIDDLE + WIDTH)
    along = np.linspace(0, 1, 40)
    ease = along * along * (3 - 2 * along)
    order = sorted(part.to_dict("records"), key=lambda row: (ends[row[side]][0], goods[row[other]][0]))
    for row in order:
        size = float(row["value"]) / largest
        a, b = used[row[side]], filled[row[other]]
        used[row[side]], filled[row[other]] = a + size, b + size
        curve = a + (b - a) * ease
        axis.fill_between(start + (stop - start) * along, curve, curve + size, color=_colour(str(row[side])), alpha=0.45, lw=0)


def _node(axis: Any, at: float, low: float, high: float, colour: str, label: str, side: float) -> None:
    """A bar with its name beside it: outside at the ends, to the right in the middle."""
    axis.bar(at, high - low, 2 * WIDTH, low, color=colour, edgecolor="black", lw=0.4)
    if side == MIDDLE:
        paper = {"facecolor": "white", "alpha": 0.75, "edgecolor": "none", "pad": 0.6}
        axis.text(at + 1.6 * WIDTH, (low + high) / 2, label, ha="left", va="center", fontsize=7, bbox=paper)
    else:
        away, align = (-2 * WIDTH, "right") if side == LEFT else (2 * WIDTH, "left")
        axis.text(at + away, (low + high) / 2, label, ha=align, va="center", fontsize=8)


FIGURES: Mapping[str, Callable[[xr.Dataset, Choice], Any]] = {
    "swap-ledger": swap_ledger,
    "market-balance": market_balance,
    "flows": flow_diagram,
}
TABLES: Mapping[str, Callable[[xr.Dataset, Choice], pd.DataFrame]] = {
    "swap-ledger": swap_table,
    "market-balance": market_table,
    "flows": flow_table,
}
