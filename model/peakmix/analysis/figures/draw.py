"""The figures: technology mix, emission path, cost waterfall, prices of policies, supply curve of conserved energy.

Each function takes a dataset and gives a matplotlib figure; ``TABLES`` holds the function that makes the table behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.analysis.conserved import energy_prices, supply_curve
from peakmix.analysis.difference import compare
from peakmix.analysis.difference import sheet as policy_rows
from peakmix.analysis.figures import ledgers, several
from peakmix.analysis.figures.canvas import Choice, finished, sheet, thousands, years
from peakmix.analysis.figures.palette import COLOURS, DOWN, NEUTRAL, TOTAL, UP, sector_colour, style
from peakmix.analysis.mix import CO2, mix, paths, pathway, products
from peakmix.analysis.words import names, word
from peakmix.foundation.errors import UsageError
from peakmix.foundation.telling import figure as figured

LEAST_SHARE = 0.01
PRICED = (
    "policy_limit",
    "policy_charged",
    "policy_budget",
    "policy_height",
    "policy_no_growth",
    "policy_below_peak",
    "policy_swap_pool",
)
MOST_PANELS = 5


def _product(dataset: xr.Dataset, choice: Choice) -> str:
    """The product asked for, or the first one of the result."""
    return choice.product if choice.product is not None else products(dataset)[0]


def mix_table(dataset: xr.Dataset, choice: Choice) -> pd.DataFrame:
    """Output by technology and period; technologies that never reach one per cent are added up as other."""
    frame = mix(dataset, _product(dataset, choice))
    top = frame.groupby("technology")["share"].transform("max")
    frame["technology"] = frame["technology"].where(top >= LEAST_SHARE, "other")
    return frame.groupby(["technology", "period", "unit"], sort=False)["value"].sum().reset_index()


def mix_area(dataset: xr.Dataset, choice: Choice) -> Any:
    """Output of one product by technology, each bar as wide as its period; shares beside it."""
    product, frame = _product(dataset, choice), mix_table(dataset, choice)
    called = names(dataset, "technology", choice.language)
    table = frame.pivot(index="technology", columns="period", values="value")
    table = table.loc[table.sum(axis=1).sort_values(ascending=False).index]
    table = table[table.sum(axis=1) > 0]
    figure, axes = sheet(choice.language, 10, 4.8, 2)
    first, length = years(dataset)
    total = table.sum().to_numpy()
    for axis, scale in ((axes[0], np.ones(len(total))), (axes[1], 100 / np.where(total > 0, total, np.nan))):
        floor = np.zeros(len(total))
        for name, row in table.iterrows():
            colour, hatch = (NEUTRAL, "") if name == "other" else style(str(name))
            label = word(choice.language, "other") if name == "other" else called[str(name)]
            height = np.nan_to_num(row.to_numpy() * scale)
            axis.bar(first, height, length, floor, align="edge", color=colour, hatch=hatch, edgecolor="white", lw=0.6, label=label)
            floor = floor + height
    axes[0].set_ylabel(str(frame["unit"].iloc[0]))
    axes[1].set_ylabel("%")
    handles, labels = axes[0].get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside right center", frameon=False, fontsize=8)
    title = names(dataset, "commodity", choice.language).get(product, product)
    return finished(figure, dataset, f"{word(choice.language, 'Output')}: {title}")


def path_table(dataset: xr.Dataset, choice: Choice) -> pd.DataFrame:
    """Direct CO2 by sector, the sum, and the sum with bought power and hydrogen: series, period, value, unit."""
    every = paths(dataset)
    rows = every[(every["ledger"] == "direct_co2") & (every["sector"] != "purchased")].rename(columns={"sector": "series"})
    parts = [rows.drop(columns="ledger")]
    for name, named in (("direct", ("direct_co2",)), ("with power and hydrogen", CO2)):
        path = pathway(dataset, named)
        columns = {"period": path.values.index, "value": path.values.to_numpy()}
        parts.append(pd.DataFrame(columns).assign(series=name, unit=path.unit)[["series", "period", "value", "unit"]])
    return pd.concat(parts, ignore_index=True)


def emission_path(dataset: xr.Dataset, choice: Choice) -> Any:
    """CO2 over the periods with the peak marked; sectors stacked, all scopes as a line, the cap as a step."""
    figure, axis = sheet(choice.language)
    first, length = years(dataset)
    table = path_table(dataset, choice).pivot(index="series", columns="period", values="value")
    floor = np.zeros(len(first))
    for name in map(str, dataset["sector"].values):
        if name in table.index and table.loc[name].any():
            height = table.loc[name].to_numpy()
            look = {"color": sector_colour(name), "edgecolor": "white", "lw": 0.6, "label": word(choice.language, name)}
            axis.bar(first, height, length, floor, align="edge", **look)
            floor = floor + height
    edges = np.append(first, first[-1] + length[-1])
    label = word(choice.language, "With bought power and hydrogen")
    axis.stairs(table.loc["with power and hydrogen"].to_numpy(), edges, baseline=None, color="black", ls="--", lw=1.4, label=label)
    if choice.base is not None:
        other, span = pathway(choice.base), years(choice.base)
        ends = np.append(span[0], span[0][-1] + span[1][-1])
        told = f"{choice.base.attrs['scenario_name']}: {word(choice.language, 'Direct CO2')}"
        axis.stairs(other.values.to_numpy(), ends, baseline=None, color=COLOURS[5], lw=1.6, label=told)
    path = pathway(dataset)
    where = path.peak + length[first.tolist().index(path.peak)] / 2
    unit = path.unit.replace("Mt", "Mt CO2")
    mark = f"{word(choice.language, 'Peak')} {path.peak}: {figured(path.height)} {unit}"
    axis.annotate(mark, (where, path.height), (0.35, 0.95), textcoords="axes fraction", arrowprops={"arrowstyle": "->"}, fontsize=8)
    axis.set_ylabel(unit)
    axis.set_ylim(0, 1.12 * float(table.loc["with power and hydrogen"].to_numpy().max()))
    handles, labels = axis.get_legend_handles_labels()
    figure.legend(handles[::-1], labels[::-1], loc="outside right center", frameon=False, fontsize=8)
    return finished(figure, dataset, word(choice.language, "Direct CO2"))


def waterfall_table(dataset: xr.Dataset, choice: Choice) -> pd.DataFrame:
    """System cost of the base, the difference of each component, and system cost of the result: step, value, unit."""
    if choice.base is None:
        raise UsageError("a cost waterfall compares two results", fix="name the other one with --base")
    difference = compare(choice.base, dataset)
    parts = difference.cost[difference.cost["account"] == "system"].groupby("component")["difference"].sum()
    parts = parts[parts.abs() > 1e-9].sort_values(ascending=False)
    rows = [(difference.a, float(choice.base["system_cost"])), *((str(k), float(x)) for k, x in parts.items())]
    rows.append((difference.b, float(dataset["system_cost"])))
    return pd.DataFrame(rows, columns=["step", "value"]).assign(unit=difference.unit)


def cost_waterfall(dataset: xr.Dataset, choice: Choice) -> Any:
    """From the system cost of a base to that of the result, component by component."""
    table = waterfall_table(dataset, choice)
    figure, axis = sheet(choice.language, 9)
    level, value = 0.0, table["value"].to_numpy() / 1000
    last = len(table) - 1
    lows = []
    for k, amount in enumerate(value):
        ends = k in (0, last)
        floor = 0.0 if ends else level
        axis.bar(k, amount, 0.7, floor, color=TOTAL if ends else UP if amount > 0 else DOWN)
        if not ends:
            told = f"{'+' if amount > 0 else ''}{figured(amount)}"
            axis.text(k, max(floor, floor + amount), told, ha="center", va="bottom", fontsize=7)
        level = amount if k == 0 else level + amount
        lows.append(min(level, value[0]))
    low, high = min(lows), max(value[0], value[last], *(np.cumsum(value[:-1])))
    floor = max(0.0, low - 0.5 * (high - low))
    axis.set_ylim(floor, high + 0.15 * (high - low))
    steps = [word(choice.language, str(s).replace("_", " ")) for s in table["step"]]
    axis.set_xticks(range(len(table)), steps, rotation=35, ha="right", fontsize=8)
    axis.yaxis.set_major_formatter(thousands)
    cut = f", {word(choice.language, 'axis cut below')}" if floor > 0 else ""
    axis.set_ylabel(f"10^9 {str(table['unit'].iloc[0]).removeprefix('M')}{cut}")
    return finished(figure, dataset, word(choice.language, "System cost"))


def price_table(dataset: xr.Dataset, choice: Choice) -> pd.DataFrame:
    """Highest price over the rows of every policy with a price, by period: policy, of, period, value, unit.

    ``of`` is what the policy bounds: an indicator, a pollutant, or capacity credits.
    """
    rows = policy_rows(dataset)
    felt = rows[rows["row"].isin(PRICED) & (rows["price"].abs() > 1e-6) & np.isfinite(rows["price"])]
    table = felt.groupby(["policy", "period", "price_unit"])["price"].max().reset_index()
    bounded = _bounded(dataset)
    table["of"] = [bounded.get(str(name), "") for name in table["policy"]]
    named: pd.DataFrame = table.rename(columns={"price": "value", "price_unit": "unit"})
    return named[["policy", "of", "period", "value", "unit"]]


def _bounded(dataset: xr.Dataset) -> dict[str, str]:
    """What each policy of the scenario bounds."""
    import yaml

    policies = (yaml.safe_load(str(dataset.attrs["scenario_yaml"])) or {}).get("policies") or {}
    found = {}
    for name, policy in policies.items():
        indicator = policy.get("indicator") or {}
        kind = "capacity credits" if policy.get("instrument") == "swap" else str(policy.get("instrument", ""))
        found[name] = str(indicator.get("pollutant") or indicator.get("quantity") or kind)
    return found


def policy_price(dataset: xr.Dataset, choice: Choice) -> Any:
    """Price of every policy that is felt, a panel for each unit and thing bounded, those with most policies first."""
    table = price_table(dataset, choice)
    if not len(table):
        raise UsageError("no policy of the result has a price", fix="see the policy sheet")
    table["panel"] = table["of"].str.replace("_", " ") + ", " + table["unit"]
    panels = table.groupby("panel")["policy"].nunique().sort_values(ascending=False, kind="stable").index[:MOST_PANELS].tolist()
    figure, axes = sheet(choice.language, 3.4 * len(panels) + 1, 4.5, len(panels))
    first, length = years(dataset)
    edges = np.append(first, first[-1] + length[-1])
    for axis, panel in zip(np.atleast_1d(axes), panels, strict=True):
        own = table[table["panel"] == panel].pivot(index="policy", columns="period", values="value")
        own = own.reindex(columns=first).fillna(0.0)
        for k, (name, row) in enumerate(own.iterrows()):
            lines = {"color": COLOURS[k % 8], "ls": ("-", "--", ":")[k // 8 % 3], "lw": 1.6}
            axis.stairs(row.to_numpy(), edges, baseline=None, label=str(name), **lines)
        of, _, unit = str(panel).rpartition(", ")
        axis.set_title(f"{word(choice.language, of)}, {unit}", fontsize=8, loc="left")
        axis.yaxis.set_major_formatter(thousands)
        axis.set_ylim(bottom=min(0.0, float(own.to_numpy().min())), top=1.3 * float(own.to_numpy().max()) or None)
        axis.legend(frameon=False, fontsize=7, loc="upper right")
    return finished(figure, dataset, word(choice.language, "Price of policies"))


def supply_table(dataset: xr.Dataset, choice: Choice) -> pd.DataFrame:
    """The supply curve of conserved energy."""
    return supply_curve(dataset, choice.period)


def supply(dataset: xr.Dataset, choice: Choice) -> Any:
    """Cost of conserved energy: what the run used as blocks, the static potential as a line, energy prices across."""
    table = supply_table(dataset, choice)
    figure, axis = sheet(choice.language, 9)
    used = table[table["used"] > 1e-9]
    left = used["used_to"].to_numpy() - used["used"].to_numpy()
    colours = [sector_colour(str(s)) for s in used["sector"]]
    axis.bar(left, used["cost"], used["used"], align="edge", color=colours, edgecolor="white", lw=0.4)
    for sector in dict.fromkeys(map(str, used["sector"])):
        label = f"{word(choice.language, 'used in the run')}: {word(choice.language, sector)}"
        axis.bar(0, 0, 0, color=sector_colour(sector), label=label)
    static = word(choice.language, "static potential")
    axis.step([0, *table["static_to"]], [table["cost"].iloc[0], *table["cost"]], where="pre", color="black", lw=1.2, label=static)
    when = int(table["period"].iloc[0])
    called = names(dataset, "commodity", choice.language)
    for k, (name, price) in enumerate(energy_prices(dataset, when).items()):
        label = f"{called.get(name, name)}: {figured(price)}"
        axis.axhline(price, color="#5F5F5F", lw=1, ls=("--", ":", "-.", (0, (5, 5)))[k % 4], label=label)
    axis.set_xlabel(f"{word(choice.language, 'Energy saved')}, PJ/yr")
    axis.set_ylabel(str(table["cost_unit"].iloc[0]))
    figure.legend(loc="outside right center", frameon=False, fontsize=8)
    title = f"{word(choice.language, 'Cost of conserved energy')}, {word(choice.language, 'period')} {when}"
    return finished(figure, dataset, title)


FIGURES: Mapping[str, Callable[[xr.Dataset, Choice], Any]] = {
    "mix": mix_area,
    "emissions": emission_path,
    "cost": cost_waterfall,
    "policy-price": policy_price,
    "supply-curve": supply,
    **ledgers.FIGURES,
    **several.FIGURES,
}
TABLES: Mapping[str, Callable[[xr.Dataset, Choice], pd.DataFrame]] = {
    "mix": mix_table,
    "emissions": path_table,
    "cost": waterfall_table,
    "policy-price": price_table,
    "supply-curve": supply_table,
    **ledgers.TABLES,
    **several.TABLES,
}
