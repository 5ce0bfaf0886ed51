"""Page of the case carbon bank: every carbon policy by itself against a reference, the bank's book, the accounts."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.analysis.assessment import along_the_chain, assess, by_class, paid_by_sector
from peakmix.analysis.compliance import carbon_banks, compliance
from peakmix.analysis.figures.canvas import finished, sheet
from peakmix.analysis.figures.palette import COLOURS
from peakmix.analysis.saving import content_array
from rendering.cases.runs import saved, solved, swept
from rendering.marks import table

POLICIES = ("carbon_bank", "free_market", "carbon_price", "direct_cap", "energy_quota", "power_price")
CHAIN = (
    "bauxite_imported", "alumina", "aluminium", "hot_metal", "hot_rolled_steel", "blast_furnace_slag", "clinker", "cement",
    "bauxite_residue",
)  # fmt: skip
CLASSES = (
    "converter", "arc_furnace_scrap", "blast_furnace_large", "blast_furnace_mid", "blast_furnace_small", "kiln_large", "kiln_mid",
    "refinery_high_temperature_tube", "refinery_low_temperature", "cell_400_kiloampere", "cell_500_kiloampere",
    "captive_coal_power", "secondary_smelting",
)  # fmt: skip
SECTORS = ("alumina", "aluminium", "steel", "cement", "government")


def blocks(folder: Path) -> dict[str, str]:
    """Tables of the page; the figure goes to ``folder``."""
    off = {f"policies.{name}.enabled": False for name in POLICIES}
    reference = solved("carbon_bank", off)
    runs = {name: solved("carbon_bank", {**off, f"policies.{name}.enabled": True}) for name in POLICIES}
    frame = assess(reference, runs)
    figure(runs["carbon_bank"], frame, folder / "carbon_bank.svg")
    payers = paid_by_sector(reference, runs)
    payers = payers.loc[[s for s in SECTORS if s in payers.index]] / 1000
    return {
        "bank accounts": accounts(reference),
        "bank assessment": assessment(frame),
        "bank payers": spread(payers, "thousand million CNY, discounted", 1),
        "bank chain": spread(along_the_chain(reference, runs, CHAIN, 2031), "CNY of 2023 per unit, 2031 to 2035", 0),
        "bank classes": spread(by_class(reference, runs, CLASSES, 2031), "Mt/yr (power: TWh/yr), 2031 to 2035", 1),
        "bank book": book(runs["carbon_bank"], runs["free_market"]),
        "bank sweep": uncertainty(swept("carbon_bank")),
    }


def accounts(run: xr.Dataset) -> str:
    """Carbon accounts of the base year by sector: fuels, process, bought power, hydrogen.

    Fuel is the carbon of energy carriers that a sector takes in, less what it gives away in gas; process is the rest of its direct
    CO2: carbonates, anodes, and carbon that leaves in products, which counts below zero.
    """
    year = run["ledger"].sum("region").isel(period=0)
    content = content_array(run, "co2_content").reindex(commodity=run["commodity"].values).fillna(0.0).isel(period=0)
    carried = (run["net_use"].sum("region").isel(period=0) * content).where(run["commodity_kind"] == "energy", 0.0).sum("commodity")
    names = ("purchased_power_co2", "hydrogen_power_co2", "upstream_co2")
    rows = []
    for sector in ("alumina", "aluminium", "steel", "cement", "purchased"):
        if sector in year["sector"].values:
            direct, fuel = float(year.sel(ledger_name="direct_co2", sector=sector)), float(carried.sel(sector=sector))
            rest = (float(year.sel(ledger_name=n, sector=sector)) for n in names)
            rows.append((sector, *(f"{value:.1f}" for value in (direct, fuel, direct - fuel, *rest))))
    return table(("2025, Mt CO2", "direct", "of it fuel", "of it process", "bought power", "hydrogen", "upstream"), rows)


def assessment(frame: pd.DataFrame) -> str:
    """The assessment table."""
    rows = []
    for name, r in frame.iterrows():
        each = "-" if not np.isfinite(r["cost_per_tonne"]) else f"{r['cost_per_tonne']:.0f}"
        cells = (f"{r['system_cost'] / 1000:.1f}", f"{r['direct']:.0f}", f"{r['power']:.0f}", each)
        rows.append((f"`{name}`", *cells, f"{r['highest_price']:,.0f}", f"{r['transfers'] / 1000:.1f}"))
    head = ("policy alone", "cost, 10^9 CNY", "direct abated, Mt", "bought power abated, Mt", "CNY/t")
    head = (*head, "highest price", "transfers, 10^9 CNY")
    return table(head, rows)


def spread(frame: pd.DataFrame, corner: str, digits: int) -> str:
    """A frame with policies across."""
    cells = []
    for name, row in frame.iterrows():
        cells.append((f"`{name}`", *(f"{value:.{digits}f}" if np.isfinite(value) else "-" for value in row)))
    return table((corner, *(f"`{c}`" for c in frame.columns)), cells)


def book(run: xr.Dataset, free: xr.Dataset) -> str:
    """The bank's book, and the accounts with and without it."""
    rows = []
    for r in carbon_banks(run).itertuples():
        rows.append((f"{r.period}", f"{r.opened:.1f}", f"{r.bought:.1f}", f"{r.sold:.1f}", f"{r.lent:.1f}", f"{r.inventory:.1f}"))
    text = table(("period", "opened, Mt", "bought, Mt/yr", "sold, Mt/yr", "lent, Mt", "inventory, Mt"), rows)
    lines = []
    for name, one in (("with the bank", run), ("free trade", free)):
        total = compliance(one)
        total = total[total["account"] == "all accounts"]
        for r in total.itertuples():
            told = (f"{r.emission:,.0f}", f"{r.given:,.0f}", f"{r.surplus:,.0f}", f"{r.ceiling:.1f}", f"{r.price:.0f}")
            lines.append((name, r.period, *told))
    head = ("accounts, Mt/yr", "period", "emitted", "given", "surplus", "bought at the ceiling", "mean price")
    return f"{text}\n\n{table(head, lines)}"


def uncertainty(cube: xr.Dataset) -> str:
    """Direct CO2 of 2031 to 2035 and what the public purse pays, by bid and free allowances."""
    direct = cube["ledger"].sel(ledger_name="direct_co2", period=2031).sum(["region", "sector"]).values
    purse = (cube["system_cost"] - cube["objective"]).values / 1000
    bids, free = cube["bid_factor"].values.astype(float), np.array([str(x) for x in cube["tightening"].values])
    rows = []
    for bid in sorted(set(bids)):
        at = [np.flatnonzero((bids == bid) & (free == level))[0] for level in sorted(set(free), reverse=True)]
        rows.append((f"{70 * bid:.0f} and {90 * bid:.0f}", *(f"{direct[k]:,.0f}; {purse[k]:.1f}" for k in at)))
    shares = [f"allowances x {json.loads(level)['2026']:g}" for level in sorted(set(free), reverse=True)]
    return table(("bid 2026 and 2031, CNY/t", *shares), rows)


def figure(run: xr.Dataset, frame: pd.DataFrame, path: Path) -> None:
    """Abatement in two ledgers and cost of every policy."""
    drawn, axes = sheet("en", 9.5, 4.0, 2)
    places = np.arange(len(frame))
    axes[0].barh(places + 0.2, frame["direct"], 0.38, color=COLOURS[0], label="direct CO2")
    axes[0].barh(places - 0.2, frame["power"], 0.38, color=COLOURS[1], label="CO2 of bought power")
    axes[0].set_yticks(places, frame.index)
    axes[0].invert_yaxis()
    axes[0].axvline(0, color="black", lw=0.8)
    axes[0].set_xlabel("abated 2026 to 2035, Mt")
    axes[0].legend(frameon=False, fontsize=8)
    axes[1].barh(places, frame["system_cost"] / 1000, 0.5, color=COLOURS[5])
    axes[1].set_yticks(places, [])
    axes[1].invert_yaxis()
    axes[1].set_xlabel("system cost above the reference, 10^9 CNY")
    saved(finished(drawn, run, "Every carbon policy by itself: what it abates and what it costs"), path)
