"""Page of the case upper Yangtze: planning together and alone, the claim on gas, the ledger, the loans."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

import peakmix.api
from peakmix.analysis.difference import sheet as policy_rows
from peakmix.analysis.figures.canvas import finished, sheet
from peakmix.analysis.figures.palette import COLOURS
from peakmix.analysis.fuel_switch import FuelSwitch, of_displaced, of_net_saving
from rendering.cases.runs import RUNS, solved, swept
from rendering.cases.runs import saved as keep
from rendering.marks import table

CITIES = ("Yibin", "Luzhou", "Zhaotong", "Zunyi", "Wanzhou")
COAL, GAS = 0.09078, 0.0561
"""t CO2 per GJ, commodity_properties.csv of the data set."""


def blocks(folder: Path) -> dict[str, str]:
    """Tables of the page; the figure goes to ``folder``."""
    shared = peakmix.api.cooperation(RUNS / "scenarios" / "upper_yangtze.yaml")
    alone = {c: solved("upper_yangtze", {"locations": [c]}) for c in CITIES}
    figure(shared, alone, folder / "upper_yangtze.svg")
    money = solved("upper_yangtze_finance")
    return {
        "yangtze gain": gain(shared),
        "yangtze prices": prices(shared.dataset, alone),
        "yangtze sources": sources(shared.dataset, alone),
        "yangtze gas": gas(),
        "yangtze ledger": ledger(),
        "yangtze loans": loans(money, shared.dataset),
        "yangtze sweep": uncertainty(swept("upper_yangtze")),
    }


def gain(shared: peakmix.api.planning_together.Cooperation) -> str:
    """Cost alone and together by city, and the gain both ways."""
    rows = [(c, *(f"{r[k]:,.0f}" for k in r.index)) for c, r in shared.frame.iterrows()]
    rows.append(("all", *(f"{shared.frame[k].sum():,.0f}" for k in shared.frame)))
    text = table(("million CNY", "cost alone", "pays together, at prices", "gain at prices", "gain by Shapley"), rows)
    walks = {how: [" + ".join(c for c in CITIES if c in s) for s in found] for how, found in shared.blocking.items()}
    told = {how: f"would be left by {'; '.join(found)}" if found else "nobody would leave" for how, found in walks.items()}
    return f"{text}\n\nSharing at prices: {told['at_prices']}. Shapley value: {told['shapley']}."


def energy_co2(run: xr.Dataset) -> np.ndarray:
    """CO2 of fuels and bought power, Mt/yr by period: what the cap counts."""
    book = run["ledger"].sum("region")
    return (book.sel(ledger_name="direct_co2", sector="steam") + book.sel(ledger_name="purchased_power_co2").sum("sector")).values


def prices(together: xr.Dataset, alone: dict[str, xr.Dataset]) -> str:
    """Price of the cap by period."""
    rows = []
    for name, run in {**alone, "together": together}.items():
        cap = policy_rows(run)
        own = cap[cap["policy"] == "pooled_cap"].set_index("period")["price"]
        rows.append((name, *(f"{own.get(p, 0.0):.0f}" for p in (2026, 2031, 2036))))
    return table(("CNY of 2023 per t CO2", "2026", "2031", "2036"), rows)


def sources(together: xr.Dataset, alone: dict[str, xr.Dataset]) -> str:
    """Steam and power of 2036 to 2040, all cities, alone and together."""
    runs = [*alone.values()]
    rows: list[tuple[object, ...]] = []
    kinds = ("boiler_coal_worn", "boiler_coal", "boiler_gas", "boiler_biomass", "boiler_electric")
    kinds = (*kinds, "hydropower_new", "wind_new", "pv_utility_new", "pv_rooftop", "portfolio_of_47_projects")
    for name in kinds:
        each = [float(r["activity"].sel(technology=name, period=2036).sum()) for r in runs if name in r["technology"].values]
        both = float(together["activity"].sel(technology=name, period=2036).sum())
        unit = "PJ/yr" if name.startswith("boiler") else "TWh/yr"
        rows.append((f"`{name}`, {unit}", f"{sum(each):.2f}", f"{both:.2f}"))
    bought = [float(r["market_volume"].sel(market="grid_power", period=2036).sum()) for r in [*runs, together]]
    rows.append(("power bought, TWh/yr", f"{sum(bought[:-1]):.2f}", f"{bought[-1]:.2f}"))
    rows.append(("green power traded, TWh/yr", "0.00", f"{float(together['trade'].sel(period=2036).sum()):.2f}"))
    return table(("2036 to 2040", "each alone", "together"), rows)


def gas() -> str:
    """Readings of the claim on coal to gas, in three fields."""
    readings: dict[str, FuelSwitch] = {
        "40,000 tce of coal displaced, same fuel energy": of_displaced(40_000, 0.93, 0.93, COAL, GAS),
        "40,000 tce displaced, same heat (0.78 to 0.93)": of_displaced(40_000, 0.78, 0.93, COAL, GAS),
        "40,000 tce displaced, power without CO2 (0.78 to 0.99)": of_displaced(40_000, 0.78, 0.99, COAL, 0.0),
        "40,000 tce of NET energy saved (0.65 to 0.93)": of_net_saving(40_000, 0.65, 0.93, COAL, GAS),
    }
    rows = [
        (name, *(f"{x:,.0f}" for x in (s.displaced, s.net_saved, s.co2_saved)), f"{s.co2_per_displaced:.2f}")
        for name, s in readings.items()
    ]
    rows.append(("the claim, read as coal displaced", "40,000", "-", "200,000", f"{200_000 / 40_000:.2f} (doubted above 2.85)"))
    return table(("reading", "coal displaced, tce", "net energy saved, tce", "CO2 saved, t", "t per tce displaced"), rows)


def ledger() -> str:
    """The compliance period, with and without a bank."""
    rows = []
    for name, banking in (("banked, and 0.30 Mt a year short after 2022", True), ("no banking: what is left lapses", False)):
        run = solved("wanzhou_ledger", {"policies.market.banking": banking})
        first = run.isel(allowance_row=0)
        years = float(run["period_length"].values[0])
        held, given, used = (float(first[f"allowance_{k}"]) for k in ("held", "given", "emission"))
        left = (given - used) * years
        emitted = float(run["ledger"].sel(ledger_name="direct_co2").isel(period=0).sum()) * years
        kept = (f"{held:.4f}", f"{left - held:.4f}", f"{float(first['allowance_price']):.2f}")
        rows.append((name, f"{emitted:.2f}", f"{given * years:.2f}", f"{used * years - emitted:.4f}", *kept))
    head = ("2021 to 2022, Mt", "emitted", "allocated", "traded", "banked", "lapsed", "price, CNY/t")
    return table(head, rows)


def loans(run: xr.Dataset, plain: xr.Dataset) -> str:
    """The eight loans: drawn, worth of one more yuan, what they move."""
    rows = policy_rows(run)
    line = rows[(rows["policy"] == "carbon_linked_loans") & (rows["row"] == "policy_finance_line")]
    drawn, cost = float(run["loan_draw"].sum()), float(run["system_cost"])
    moved = float(abs(run["activity"] - plain["activity"]).sum())
    public = run["payer_cost"].sel(payer="government", payer_component="policy_transfer", cost_place="Zhaotong")
    received = -float(public.sum())

    def part(component: str) -> float:
        return float(run["cost"].sel(cost_component=component).sum())

    return table(
        ("what", "value"),
        [
            ("drawn, million CNY", f"{drawn:,.0f} of 430"),
            ("worth of one more yuan lent at 3.2 %, by period", ", ".join(f"{p:.3f}" for p in line["price"])),
            ("a step of 10 basis points on 430 million", "0.43 million CNY a year"),
            ("system cost with and without, million CNY", f"{cost:,.0f} and {float(plain['system_cost']):,.0f}"),
            ("change of all activities, sum over periods (Mt, PJ, TWh)", f"{moved:.2f}"),
            ("interest above the discount rate, million CNY", f"{part('loan_interest'):,.0f}"),
            ("compensation paid by Wanzhou, million CNY", f"{part('policy_transfer'):,.1f}"),
            ("compensation received by Zhaotong, million CNY", f"{received:,.1f}"),
        ],
    )


def uncertainty(cube: xr.Dataset) -> str:
    """Objective by hydropower and cap, range over the gas price."""
    frame = cube[["objective"]].to_dataframe().join(
        cube[["hydropower_factor", "gas_price_factor", "cap_factor"]].reset_coords().to_dataframe(), rsuffix="_"
    )
    caps = sorted(frame["cap_factor"].unique())
    rows = []
    for hydro in sorted(frame["hydropower_factor"].unique()):
        cells = []
        for cap in caps:
            some = frame[(frame["hydropower_factor"] == hydro) & (frame["cap_factor"] == cap)]["objective"]
            cells.append(f"{some.min() / 1000:.1f} to {some.max() / 1000:.1f}")
        rows.append((f"x {hydro:g}", *cells))
    return table(("hydropower kept", *(f"cap x {cap:g}" for cap in caps)), rows)


def figure(shared: peakmix.api.planning_together.Cooperation, alone: dict[str, xr.Dataset], path: Path) -> None:
    """CO2 of fuels and bought power alone and together, and the gain of each city both ways."""
    drawn, axes = sheet("en", 9.5, 4.0, 2)
    run = shared.dataset
    first = run["period"].values
    edges = np.append(first, first[-1] + int(run["period_length"].values[-1]))
    each = sum(energy_co2(r) for r in alone.values())
    cap = policy_rows(run)
    cap = cap[cap["policy"] == "pooled_cap"].set_index("period")["bound"].reindex(first)
    axes[0].stairs(each, edges, baseline=None, color=COLOURS[5], lw=1.8, label="each city alone")
    axes[0].stairs(energy_co2(run), edges, baseline=None, color=COLOURS[0], lw=1.8, label="together")
    axes[0].stairs(cap.to_numpy(), edges, baseline=None, color="black", lw=1, ls="--", label="cap of the group")
    axes[0].set_ylim(0, 1.25 * float(each.max()))
    axes[0].set_ylabel("CO2 of fuels and bought power, Mt/yr")
    axes[0].legend(frameon=False, fontsize=8, loc="upper right")
    places = np.arange(len(CITIES))
    axes[1].bar(places - 0.2, shared.frame["gain_at_prices"] / 1000, 0.38, color=COLOURS[0], label="at the group's prices")
    axes[1].bar(places + 0.2, shared.frame["gain_shapley"] / 1000, 0.38, color=COLOURS[1], label="Shapley value")
    axes[1].set_xticks(places, CITIES)
    axes[1].set_ylabel("gain, thousand million CNY of 2023, discounted")
    axes[1].legend(frameon=False, fontsize=8)
    keep(finished(drawn, run, "Upper Yangtze: what planning together saves, and who gets it"), path)
