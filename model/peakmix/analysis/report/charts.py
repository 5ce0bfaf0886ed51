"""Figures of the report as plain numbers: what the page draws, filters and sums, taken from the arrays of the result.

A stacked figure is ``groups`` (a product, a ledger) of ``series`` (technologies, sectors) by place and period: the page sums over
places. Values keep eight significant digits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.analysis.accounts import swaps
from peakmix.analysis.conserved import energy_prices, supply_curve
from peakmix.analysis.figures.canvas import Choice
from peakmix.analysis.figures.draw import price_table
from peakmix.analysis.figures.palette import COLOURS, DOWN, NEUTRAL, UP, sector_colour, style
from peakmix.analysis.figures.several import tornado_table
from peakmix.analysis.mix import CO2, products
from peakmix.analysis.policy_sheet import account_table
from peakmix.analysis.saving import content_array
from peakmix.analysis.words import names, word
from peakmix.foundation.errors import UsageError

PATTERN = {"": "", "////": "/", "....": ".", "xxxx": "x", "----": "-"}
LEAST = 1e-9
Chart = dict[str, Any]


def figures(dataset: xr.Dataset, language: str = "en", base: xr.Dataset | None = None) -> list[Chart]:
    """All figures that the result has something for, in the order of the page."""
    made = [
        technology_mix(dataset, language),
        ledgers(dataset, language, base),
        carriers(dataset, language),
        turnover(dataset, language),
        cost(dataset, language),
        policy_prices(dataset, language),
        conserved(dataset, language),
        swap_ledger(dataset, language),
        accounts(dataset, language),
    ]
    return [chart for chart in made if chart is not None]


def rounded(values: Any) -> Any:
    """Numbers with eight significant digits, as nested lists; those that are not finite as None."""
    if isinstance(values, float | np.floating):
        return float(f"{values:.8g}") if np.isfinite(values) else None
    return [rounded(value) for value in values]


def stacked(ident: str, title: str, by: str, groups: list[dict[str, Any]], **more: Any) -> Chart | None:
    """A stacked figure, or None when it has nothing to show."""
    return {"id": ident, "kind": "stack", "title": title, "by": by, "groups": groups} | more if groups else None


def series(label: str, colour: str, pattern: str, values: np.ndarray) -> dict[str, Any]:
    """One series of a stacked figure: values of shape (place, period)."""
    return {"label": label, "colour": colour, "pattern": pattern, "values": rounded(values.astype(float))}


def technology_mix(dataset: xr.Dataset, language: str) -> Chart | None:
    """Output by product, technology, place and period."""
    return _by_product(dataset, language, "mix", "Technology mix", [("activity", "", 1.0)])


def turnover(dataset: xr.Dataset, language: str) -> Chart | None:
    """Capacity built above zero, closed early and at the end of its life below zero."""
    parts = [("new_capacity", "built", 1.0), ("retired_early", "closed early", -1.0), ("end_of_life", "end of life", -1.0)]
    groups = []
    made = names(dataset, "commodity", language)
    product, unit = dataset["technology_product"].values.astype(str), dataset["technology_unit"].values.astype(str)
    for name in products(dataset):
        own = product == name
        found = [
            series(word(language, label), colour, "", sign * dataset[array].values[:, own, :].sum(axis=1))
            for (array, label, sign), colour in zip(parts, (COLOURS[0], UP, NEUTRAL), strict=True)
        ]
        if any(any(any(row) for row in one["values"]) for one in found):
            groups.append({"label": made.get(name, name), "unit": unit[own][0], "series": found})
    return stacked("turnover", word(language, "Capacity built and closed"), word(language, "product"), groups)


def _by_product(dataset: xr.Dataset, language: str, ident: str, title: str, parts: list[tuple[str, str, float]]) -> Chart | None:
    called, made = names(dataset, "technology", language), names(dataset, "commodity", language)
    product, unit = dataset["technology_product"].values.astype(str), dataset["technology_unit"].values.astype(str)
    technology = dataset["technology"].values.astype(str)
    groups = []
    for name in products(dataset):
        own = np.flatnonzero(product == name)
        values = dataset[parts[0][0]].values[:, own, :]
        order = np.argsort(-values.sum(axis=(0, 2)), kind="stable")
        found = []
        for k in order.tolist():
            if np.abs(values[:, k, :]).max() > LEAST:
                colour, hatch = style(str(technology[own[k]]))
                found.append(series(called[str(technology[own[k]])], colour, PATTERN[hatch], values[:, k, :]))
        if found:
            groups.append({"label": made.get(name, name), "unit": unit[own][0], "series": found})
    return stacked(ident, word(language, title), word(language, "product"), groups, share=True)


def ledgers(dataset: xr.Dataset, language: str, base: xr.Dataset | None = None) -> Chart | None:
    """Ledgers of emissions and energy by sector, place and period; the sum of the base beside it."""
    groups = []
    units = dict(zip(dataset["ledger_name"].values.astype(str), dataset["ledger_unit"].values.astype(str), strict=True))
    order = [*(name for name in CO2 if name in units), *(name for name in units if name not in CO2)]
    for name in order:
        values = dataset["ledger"].sel(ledger_name=name).values
        found = [
            series(word(language, str(sector).replace("_", " ")), sector_colour(str(sector)), "", values[:, k, :])
            for k, sector in enumerate(dataset["sector"].values.tolist())
            if np.abs(values[:, k, :]).max() > LEAST
        ]
        if found:
            group = {"label": word(language, name.replace("_", " ")), "unit": units[name], "series": found}
            groups.append(group | _base_path(base, name))
    return stacked("ledgers", word(language, "Emissions and energy"), word(language, "ledger"), groups, peak=True)


def _base_path(base: xr.Dataset | None, ledger: str) -> dict[str, Any]:
    """Sum of a ledger of the base over places and sectors, with its own periods."""
    if base is None or ledger not in base["ledger_name"].values:
        return {}
    path = base["ledger"].sel(ledger_name=ledger).sum(("region", "sector")).values
    edges = [*base["period"].values.tolist(), int(base["period_end"].values[-1]) + 1]
    return {"base": {"label": str(base.attrs["scenario_name"]), "edges": edges, "values": rounded(path.astype(float))}}


def carriers(dataset: xr.Dataset, language: str) -> Chart | None:
    """Net use of energy carriers by sector, carrier, place and period, in PJ a year; gases made and used cancel."""
    called = names(dataset, "commodity", language)
    content = content_array(dataset, "energy_content")
    energy = dataset["commodity_kind"].values.astype(str) == "energy"
    groups = []
    scale = content.reindex(commodity=dataset["commodity"].values).fillna(0.0).transpose("commodity", "period").values
    use = dataset["net_use"].transpose("sector", "region", "commodity", "period").values * scale[None, None]
    everything = [(word(language, "all"), use.sum(axis=0))]
    sectors = [(word(language, str(s).replace("_", " ")), use[k]) for k, s in enumerate(dataset["sector"].values.tolist())]
    for label, values in [*everything, *sectors]:
        found = [
            series(called[str(name)], COLOURS[n % 8], ("", "/", ".")[n // 8 % 3], values[:, k, :])
            for n, (k, name) in enumerate(
                (k, dataset["commodity"].values[k]) for k in np.flatnonzero(energy).tolist() if np.abs(use[:, :, k]).max() > LEAST
            )
            if np.abs(values[:, k, :]).max() > LEAST
        ]
        if found:
            groups.append({"label": label, "unit": "PJ/yr", "series": found})
    return stacked("carriers", word(language, "Energy by carrier"), word(language, "sector"), groups, share=False)


def cost(dataset: xr.Dataset, language: str) -> Chart | None:
    """Discounted cost by component, place and period."""
    array = dataset["cost"].transpose("cost_component", "cost_place", "period")
    where = [str(place) for place in array["cost_place"].values]
    found = [
        series(word(language, str(name).replace("_", " ")), COLOURS[n % 8], ("", "/", ".")[n // 8 % 3], array.values[k])
        for n, (k, name) in enumerate(
            (k, name) for k, name in enumerate(array["cost_component"].values.tolist()) if np.abs(array.values[k]).max() > LEAST
        )
    ]
    groups = [{"label": word(language, "all"), "unit": str(dataset["cost"].attrs["units"]), "series": found}] if found else []
    return stacked("cost", word(language, "Cost by component"), word(language, "sector"), groups, places=where)


def policy_prices(dataset: xr.Dataset, language: str) -> Chart | None:
    """Highest price of each policy that is felt, by what it bounds, policy and period."""
    try:
        table = price_table(dataset, Choice())
    except UsageError:
        return None
    groups = []
    periods = dataset["period"].values.tolist()
    for (of, unit), part in table.groupby(["of", "unit"], sort=False):
        lines = []
        for k, (name, own) in enumerate(part.groupby("policy", sort=False)):
            by = own.set_index("period")["value"]
            flat = [float(by.get(0, by.get(p, 0.0))) for p in periods]
            lines.append({"label": str(name), "colour": COLOURS[k % 8], "values": rounded(flat)})
        of = word(language, str(of).replace("_", " "))
        groups.append({"label": f"{of}, {unit}", "unit": str(unit), "lines": lines})
    groups.sort(key=lambda group: -len(group["lines"]))
    chart = {"id": "prices", "kind": "steps", "title": word(language, "Price of policies"), "by": word(language, "bounded")}
    return chart | {"groups": groups} if groups else None


def conserved(dataset: xr.Dataset, language: str) -> Chart | None:
    """Supply curve of conserved energy by period: what the run used as blocks, the static potential as a line."""
    groups, called = [], names(dataset, "commodity", language)
    for period in dataset["period"].values.tolist():
        table = supply_curve(dataset, int(period))
        if not len(table):
            continue
        prices = energy_prices(dataset, int(period))
        blocks = [
            [
                f"{row['measure']} @ {row['host']}",
                word(language, str(row["sector"])),
                *rounded([row["cost"], row["used"], row["static"]]),
            ]
            for row in table.to_dict("records")
        ]
        levels = [[called.get(name, name), rounded(float(value))] for name, value in prices.items()]
        groups.append({"label": str(period), "unit": str(table["cost_unit"].iloc[0]), "blocks": blocks, "prices": levels})
    if not groups:
        return None
    colours = {word(language, str(s)): sector_colour(str(s)) for s in dataset["sector"].values}
    labels = {key: word(language, key) for key in ("used in the run", "static potential", "energy saved")}
    title = word(language, "Cost of conserved energy")
    return {
        "id": "conserved", "kind": "supply", "title": title, "by": word(language, "period"), "groups": groups[::-1],
        "colours": colours, "labels": labels,
    }  # fmt: skip


def swap_ledger(dataset: xr.Dataset, language: str) -> Chart | None:
    """Capacity built in each place, and capacity given up for it, by swap policy; all periods."""
    if not dataset.sizes.get("swap_row"):
        return None
    table, called = swaps(dataset), names(dataset, "region", language)
    groups = []
    for policy, part in table.groupby("policy", sort=False):
        built, retired = part.groupby("target")["built"].sum(), part.groupby("source")["retired"].sum()
        both = pd.DataFrame({"built": built, "retired": retired}).fillna(0.0).sort_values("built", ascending=False)
        both = both[(both["built"] > LEAST) | (both["retired"] > LEAST)]
        if not len(both):
            continue
        bars = [
            {"label": word(language, "built"), "colour": DOWN, "values": rounded(both["built"].tolist())},
            {"label": word(language, "retired"), "colour": UP, "values": rounded((-both["retired"]).tolist())},
        ]
        told = [called.get(place, place) for place in both.index]
        groups.append({"label": str(policy), "unit": str(part["unit"].iloc[0]), "names": told, "bars": bars})
    chart = {"id": "swaps", "kind": "bars", "title": word(language, "Capacity swaps"), "by": word(language, "policy")}
    return chart | {"groups": groups} if groups else None


def accounts(dataset: xr.Dataset, language: str) -> Chart | None:
    """Allowance accounts by policy: emissions, allocation and what is held, with the price."""
    table = account_table(dataset)
    if not len(table):
        return None
    groups = []
    for (policy, account), part in table.groupby(["policy", "account"], sort=False):
        part = part.set_index("period").reindex(dataset["period"].values)
        lines = [
            {"label": word(language, name), "colour": COLOURS[k], "values": rounded(part[name].astype(float).tolist())}
            for k, name in enumerate(("emission", "given", "held", "price"))
        ]
        groups.append({"label": f"{policy}, {account}", "unit": "Mt, money/t", "lines": lines})
    return {"id": "accounts", "kind": "steps", "title": word(language, "Allowance accounts"), "by": word(language, "account"),
            "groups": groups}  # fmt: skip


def tornado(dataset: xr.Dataset, language: str, weak: pd.DataFrame) -> Chart:
    """What each weak number does to the objective at its low and at its high, the widest first."""
    table = tornado_table(dataset, Choice(table=weak))
    names = [f"{name} ({grade})" for name, grade in zip(table["number"], table["grade"], strict=True)]
    bars = [
        {"label": word(language, label), "colour": colour, "values": rounded(table[column].tolist())}
        for column, label, colour in (("low", "at low", DOWN), ("high", "at high", UP))
    ]
    group = {"label": "", "unit": f"M{dataset.attrs['money']}", "names": names, "bars": bars}
    title = word(language, "Change of the objective")
    return {"id": "tornado", "kind": "tornado", "title": title, "by": "", "groups": [group]}


def place_names(dataset: xr.Dataset, language: str, labels: Iterable[str] | None = None) -> list[str]:
    """Names of places in the language."""
    called: Mapping[str, str] = names(dataset, "region", language)
    return [called.get(str(label), str(label)) for label in (dataset["region"].values if labels is None else labels)]
