"""Page of the case Baise: two readings of 1,000 kWh, residue and land, three kinds of target, who stays on the stage."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.analysis.figures.canvas import finished, sheet
from peakmix.analysis.figures.palette import COLOURS
from rendering.cases.runs import saved, solved, swept
from rendering.marks import table

REFINERIES = {"refinery_tube": "tube digestion", "refinery_autoclave": "autoclaves"}
LITRES = 7.0
"""Fuel saved over a car's life per kg of aluminium: 0.35 l per 100 km and 100 kg over 200,000 km; judged."""


def blocks(folder: Path) -> dict[str, str]:
    """Tables of the page; the figure goes to ``folder``."""
    runs = {name: solved(name) for name in ("baise", "baise_binding", "baise_shared")}
    cube = swept("baise")
    figure(runs["baise"], cube, folder / "baise.svg")
    return {
        "baise readings": readings(runs["baise"]),
        "baise residue": residue(runs["baise"]),
        "baise targets": targets(runs),
        "baise stage": stage(cube),
        "baise use": use_phase(runs["baise"]),
    }


def last(run: xr.Dataset, name: str, **at: str) -> float:
    """Sum of an array in the last period."""
    return float(run[name].isel(period=-1).sel(at).sum())


def co2(run: xr.Dataset) -> float:
    """Direct CO2 and CO2 of bought power side by side would be two fields; a saving counts both here, Mt/yr of the last period."""
    return last(run, "ledger", ledger_name="direct_co2") + last(run, "ledger", ledger_name="purchased_power_co2")


def readings(run: xr.Dataset) -> str:
    """What each feasible reading saves, against the same run without the measure."""
    rows = []
    for title, measure, hosts in (
        ("(a) final energy, package on refineries", "final_energy_package", tuple(REFINERIES)),
        ("(b) novel cathode, per tonne of aluminium", "novel_cathode", ("cell",)),
    ):
        without = solved("baise", {"measures.exclude": [measure]})
        taken = sum(last(run, "adopted", measure_host=m) for m in run["measure_host"].values if str(m).startswith(f"{measure} @"))
        made = sum(last(run, "activity", technology=h) for h in hosts)
        power = last(without, "market_volume", market="grid_power") - last(run, "market_volume", market="grid_power")
        energy = last(without, "ledger", ledger_name="energy_calorific") - last(run, "ledger", ledger_name="energy_calorific")
        cost = float(without["system_cost"] - run["system_cost"])
        less = co2(without) - co2(run)
        rows.append((title, f"{taken / made:.0%}", f"{energy:.1f}", f"{power:.2f}", f"{less:.2f}", f"{cost:,.0f}"))
    rows.append(("literal: electricity of alumina", "refused", "-", "-", "-", "-"))
    head = ("reading, 2016 to 2020", "adopted", "PJ/yr saved", "of it TWh/yr", "Mt CO2/yr saved", "million CNY saved, discounted")
    return table(head, rows)


def residue(run: xr.Dataset) -> str:
    """Where residue goes, and land made arable, by period."""
    volume = run["market_volume"].sum("region").to_pandas()
    activity = run["activity"].sum("region").to_pandas()
    made = 1.1 * activity.loc[list(REFINERIES)].sum()
    taken = activity.loc["iron_recovery"]
    lines = {
        "residue made, Mt/yr": made,
        "iron concentrate to the steelworks, Mt/yr": taken,
        "to clinker, Mt/yr": activity.loc["meal_from_residue"],
        "to bricks, Mt/yr": volume.loc["residue_bricks"],
        "stacked, Mt/yr": volume.loc["residue_stacking"],
        "share used": 1 - volume.loc["residue_stacking"] / made,
        "land made arable, ha/yr": volume.loc["reclamation"] * 100,
    }
    periods = [int(p) for p in run["period"].values]
    form = {"share used": "{:.0%}", "land made arable, ha/yr": "{:.0f}"}
    rows = [(name, *(form.get(name, "{:.2f}").format(float(row[p])) for p in periods)) for name, row in lines.items()]
    return table(("", *map(str, periods)), rows)


def targets(runs: dict[str, xr.Dataset]) -> str:
    """Voluntary, binding and shared: energy per tonne by enterprise, and cost."""
    names = {"baise": "voluntary: what pays", "baise_binding": "binding on each", "baise_shared": "one shared target"}
    rows = []
    for name, title in names.items():
        run = runs[name]
        energy = run["ledger"].sel(ledger_name="energy_calorific", sector="alumina").isel(period=-1).to_series()
        made = run["activity"].sel(technology=list(REFINERIES)).isel(period=-1).sum("technology").to_series()
        each = [f"{energy[site] / made[site]:.2f}" for site in ("Pingguo", "Debao", "Jingxi")]
        total = f"{energy.sum() / made.sum():.2f}"
        extra = float(run["system_cost"]) - float(runs["baise"]["system_cost"])
        rows.append((title, *each, total, f"{extra:,.0f}"))
    return table(("GJ/t alumina, 2016 to 2020", "Pingguo", "Debao", "Jingxi", "all", "extra cost, million CNY"), rows)


def survivors(cube: xr.Dataset) -> pd.DataFrame:
    """Capacity of the refineries that live in the last period by price elsewhere, at the middle price of coal."""
    middle = cube.isel(scenario=np.flatnonzero(cube["coal_price"].values == 38))
    live = middle["capacity"].isel(period=-1).sum("region").sel(technology=list(REFINERIES))
    return pd.DataFrame(live.values, index=middle["price_elsewhere"].values.astype(float), columns=list(REFINERIES)).sort_index()


def stage(cube: xr.Dataset) -> str:
    """Live capacity by price of alumina from elsewhere, and how coal moves it."""
    rows = []
    for price, row in survivors(cube).iterrows():
        cells = []
        for coal in (28, 52):
            pick = np.flatnonzero((cube["coal_price"].values == coal) & (cube["price_elsewhere"].values == price))
            live = cube["capacity"].isel(scenario=pick, period=-1).sel(technology=list(REFINERIES)).sum()
            cells.append(f"{float(live):.2f}")
        rows.append((f"{price:,.0f}", *(f"{row[t]:.2f}" for t in REFINERIES), *cells))
    head = ("CNY/t elsewhere", "tube digestion, Mt/yr", "autoclaves, Mt/yr", "all at coal 28", "all at coal 52")
    return table(head, rows)


def use_phase(run: xr.Dataset) -> str:
    """Fuel saved in use by aluminium of the last period, if it goes into cars."""
    metal = last(run, "activity", technology="cell") + last(run, "activity", technology="remelting")
    rows = [
        ("fuel saved per tonne over its life", f"{LITRES:.0f},000 l, about {LITRES * 32.3:.0f} GJ"),
        ("CO2 of that fuel per tonne", f"{LITRES * 2.3:.0f} t"),
        ("metal of the city, 2016 to 2020", f"{metal:.2f} Mt/yr"),
        ("if a tenth goes into cars", f"{metal * 0.1 * LITRES * 32.3:.0f} PJ over their lives for each year's metal"),
        ("energy of a tonne of primary metal, power as 3.6 GJ/MWh", f"{13.2 * 3.6 + 1.92 * 8.4:.0f} GJ"),
    ]
    return table(("indicator", "value"), rows)


def figure(run: xr.Dataset, cube: xr.Dataset, path: Path) -> None:
    """Alumina by technology, and what survives by price elsewhere."""
    drawn, axes = sheet("en", 9.5, 4.0, 2)
    volume = run["market_volume"].sum("region").to_pandas()
    activity = run["activity"].sum("region").to_pandas()
    periods = run["period"].values
    edges = np.append(periods, periods[-1] + int(run["period_length"].values[-1]))
    below = np.zeros(len(periods))
    used = {"iron concentrate": activity.loc["iron_recovery"], "clinker": activity.loc["meal_from_residue"]}
    used |= {"bricks": volume.loc["residue_bricks"], "stacked": volume.loc["residue_stacking"]}
    for k, (name, row) in enumerate(used.items()):
        colour = COLOURS[7] if name == "stacked" else COLOURS[k]
        axes[0].stairs(below + row.to_numpy(), edges, baseline=below, fill=True, color=colour, label=name)
        below = below + row.to_numpy()
    axes[0].set_ylabel("bauxite residue, Mt/yr")
    axes[0].set_ylim(0, 1.3 * below.max())
    axes[0].legend(frameon=False, fontsize=8, ncols=2, loc="upper left")
    live = survivors(cube)
    axes[1].plot(live.index, live["refinery_tube"], "o-", color=COLOURS[0], label="tube digestion")
    axes[1].plot(live.index, live["refinery_autoclave"], "s-", color=COLOURS[5], label="autoclaves")
    axes[1].set_xlabel("price of alumina from elsewhere, CNY/t")
    axes[1].set_ylabel("capacity alive in 2016 to 2020, Mt/yr")
    axes[1].set_ylim(0, None)
    axes[1].legend(frameon=False, fontsize=8)
    saved(finished(drawn, run, "Baise: where the residue goes, and who stays on the stage"), path)
