"""Page of the case Dalian: dust by source with and without the programme, subsets of projects, uncertainty."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.analysis.difference import sheet as policy_rows
from peakmix.analysis.figures.canvas import finished, sheet
from peakmix.analysis.figures.palette import COLOURS
from peakmix.analysis.reading import inputs
from peakmix.analysis.subsets import ranking
from rendering.cases.runs import saved, solved, swept
from rendering.marks import table

PROJECTS = {
    "furnace_bag_houses": "furnace bag houses",
    "kiln_filters": "kiln filters",
    "thermal_plant": "thermal plant 2",
    "chemical_thermal_plant": "chemical plant's thermal plant",
    "relocated_furnaces": "furnaces move",
    "relocated_cement_works": "cement works move",
}
SOURCES = {
    "steel furnaces": ("furnace_gas_release", "furnace_gas_bag_house", "arc_furnace_relocated"),
    "cement works": ("kiln_gas_old_collectors", "kiln_gas_bag_filter", "cement_works_relocated"),
    "small boilers": ("boiler_small_coal",),
    "thermal plants": ("thermal_plant_existing", "thermal_plant_phase_2", "chemical_thermal_plant"),
}


def pollution(run: xr.Dataset, pollutant: str) -> pd.DataFrame:
    """Emission of a pollutant by source and period, kt/yr: activity times the factors of the tables."""
    rows = inputs(run, "emissions")
    own = rows[rows["pollutant"] == pollutant]
    found = dict(zip(own["technology"], own["value"].astype(float), strict=True))
    activity = run["activity"].sum("region").to_pandas()
    sums = {name: sum(1e3 * found.get(t, 0.0) * activity.loc[t] for t in members) for name, members in SOURCES.items()}
    return pd.DataFrame(sums).T


def blocks(folder: Path) -> dict[str, str]:
    """Tables of the page; the figure goes to ``folder``."""
    run, without = solved("dalian"), solved("dalian_without")
    order = ranking(swept("dalian_projects"), list(PROJECTS))
    figure(run, without, order, folder / "dalian.svg")
    return {
        "dalian answer": answer(run, without),
        "dalian prices": prices(run),
        "dalian subsets": subsets(run, order),
        "dalian sweep": uncertainty(swept("dalian")),
    }


def ledger(run: xr.Dataset, name: str) -> float:
    """A ledger of the last period, all places and sectors."""
    return float(run["ledger"].sel(ledger_name=name).isel(period=-1).sum())


def answer(run: xr.Dataset, without: xr.Dataset) -> str:
    """Pollutants, CO2 and cost with and without the programme in 2006 to 2010."""
    rows = [(f"{name}, kt/yr", *(f"{1e3 * ledger(r, name):.1f}" for r in (without, run))) for name in ("PM", "SO2", "NOx")]
    rows.append(("direct CO2, Mt/yr", *(f"{ledger(r, 'direct_co2'):.2f}" for r in (without, run))))
    rows.append(("CO2 of bought power, Mt/yr", *(f"{ledger(r, 'purchased_power_co2'):.2f}" for r in (without, run))))
    rows.append(("system cost, million CNY of 2000", *(f"{float(r['system_cost']):,.0f}" for r in (without, run))))
    return table(("2006 to 2010", "without", "with the programme"), rows)


def prices(run: xr.Dataset) -> str:
    """What binds and what one unit more is worth."""
    rows = policy_rows(run)
    felt = rows[(rows["price"].abs() > 1e-6) & np.isfinite(rows["price"])]
    felt = felt[felt["row"].isin(["policy_limit", "policy_finance_line", "policy_finance_own"])]
    return table(
        ("policy", "period", "price", "unit"),
        [(r.policy, r.period, f"{r.price:,.3g}" if r.price < 1 else f"{r.price:,.0f}", r.price_unit) for r in felt.itertuples()],
    )


def subsets(run: xr.Dataset, order: pd.DataFrame) -> str:
    """The first subsets, and the linear programme as their lower bound."""
    rows: list[tuple[object, ...]] = [("any part of each (linear programme)", f"{float(run['objective']):,.0f}")]
    rows += [(", ".join(PROJECTS[p] for p in r.built) or "none", f"{r.objective:,.0f}") for r in order.head(6).itertuples()]
    text = table(("built whole", "objective, million CNY of 2000"), rows)
    return f"{text}\n\n{len(order)} of {2 ** len(PROJECTS)} subsets keep the targets and the budget."


def uncertainty(cube: xr.Dataset) -> str:
    """Share of members with a solution and the cost of the target, by dust factor of the kilns and own funds."""
    frame = cube[["objective", "kiln_dust_factor", "own_funds_factor", "dust_target"]].to_dataframe()
    frame["target"] = [json.loads(str(x))["2003"] for x in frame["dust_target"]]
    rows = []
    for target in sorted(frame["target"].unique(), reverse=True):
        at = frame[frame["target"] == target]
        cells = []
        for funds in sorted(at["own_funds_factor"].unique()):
            some = at[at["own_funds_factor"] == funds]["objective"]
            low, high = (f"{x:,.0f}" for x in (some.min(), some.max()))
            cells.append(f"{some.notna().sum()} of {len(some)}; {low} to {high}" if some.notna().any() else f"0 of {len(some)}")
        rows.append((f"{target:.0%}", *cells))
    return table(("dust against 1998", "own funds x 0.8", "x 1", "x 1.2"), rows)


def figure(run: xr.Dataset, without: xr.Dataset, order: pd.DataFrame, path: Path) -> None:
    """Dust by source, and the cost of subsets above the linear programme."""
    drawn, axes = sheet("en", 9.5, 4.0, 2)
    bars = {"1998": pollution(run, "PM")[1998], "2006-10\nwithout": pollution(without, "PM")[2006]}
    bars["2006-10\nprogramme"] = pollution(run, "PM")[2006]
    below = np.zeros(len(bars))
    for k, source in enumerate(SOURCES):
        heights = np.array([bar[source] for bar in bars.values()])
        axes[0].bar(list(bars), heights, bottom=below, color=COLOURS[k], label=source, width=0.6)
        below += heights
    axes[0].axhline(0.7 * below[0], color="black", lw=1, ls="--", label="target: 70 % of 1998")
    axes[0].set_ylabel("dust, kt/yr")
    axes[0].set_ylim(0, 1.35 * below.max())
    axes[0].legend(frameon=False, fontsize=7, ncols=2, loc="upper left")
    first = order.head(8)[::-1]
    axes[1].barh(range(len(first)), first["objective"] - float(run["objective"]), color=COLOURS[4])
    axes[1].set_yticks(range(len(first)), ["\n".join(_halves(r.built)) for r in first.itertuples()], fontsize=6.5)
    axes[1].set_xlabel("million CNY above the linear programme")
    saved(finished(drawn, run, "Dalian: who lowers the dust, and what whole projects cost"), path)


def _halves(built: tuple[str, ...]) -> list[str]:
    """Names of projects in two lines."""
    names = [PROJECTS[name] for name in built]
    cut = (len(names) + 1) // 2
    return [", ".join(names[:cut]), ", ".join(names[cut:])]
