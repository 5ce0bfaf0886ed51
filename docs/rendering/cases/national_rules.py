"""Page of the national rules: what each costs and cuts alone and together, what short sight and old beliefs cost."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import xarray as xr

from peakmix.analysis.figures.canvas import finished, sheet
from peakmix.analysis.figures.palette import COLOURS
from rendering.cases.runs import saved, solved, swept
from rendering.marks import table

RULES = {
    "swap": "capacity swap",
    "peak": "peak before 2030",
    "dual_control": "dual control",
    "stable_output": "stable output share",
    "plan_targets": "targets of the plans",
    "benchmark_shares": "benchmark shares",
    "smelter_tariff": "tiered power price",
    "carbon_market": "carbon market",
}
BILLION = 1e-3


def blocks(folder: Path) -> dict[str, str]:
    """Tables of the page; the figure goes to ``folder``."""
    reference = solved("national_rules/reference")
    alone = {name: solved(f"national_rules/{name}") for name in RULES}
    together = solved("national_rules/all")
    rolling = solved("national_rules")
    myopic = solved("national_rules", {"foresight": {"mode": "myopic", "window_years": None, "overlap_years": None}})
    steel = (solved("national_rules_believed", {"foresight": None}), solved("national_rules_believed"))
    carbon = solved("national_rules_believed_carbon")
    figure(reference, alone, together, rolling, folder / "national_rules.svg")
    return {
        "rules one by one": one_by_one(reference, alone, together),
        "rules measures": measures(reference, together),
        "rules foresight": foresight(together, rolling, myopic, steel, carbon),
        "rules findings": findings(reference, together),
        "rules sweep": uncertainty(swept("national_rules")),
    }


def direct(run: xr.Dataset) -> xr.DataArray:
    """Direct CO2 by period, Mt/yr."""
    return run["ledger"].sel(ledger_name="direct_co2").sum(("region", "sector"))


def total(run: xr.Dataset) -> float:
    """Direct CO2 over the horizon, Mt."""
    return float(direct(run) @ run["period_length"])


def missed(run: xr.Dataset) -> int:
    """Policies that are missed at their price in some period."""
    excess = run["policy_excess"].values > 1e-6
    return len(set(run["policy_id"].values[excess].tolist()))


def penalties(run: xr.Dataset) -> float:
    """What was paid for missing targets, billion CNY."""
    return BILLION * float(run["cost"].sel(cost_component="policy_slack").sum())


def one_by_one(reference: xr.Dataset, alone: dict[str, xr.Dataset], together: xr.Dataset) -> str:
    """Cost and direct CO2 against the reference."""
    runs = {RULES[name]: run for name, run in alone.items()} | {"all together": together}
    rows = []
    for name, run in runs.items():
        extra = BILLION * (float(run["system_cost"]) - float(reference["system_cost"]))
        paid = penalties(run)
        rows.append((name, f"{extra - paid:,.1f}", f"{paid:,.1f}", f"{total(run) - total(reference):,.0f}", str(missed(run))))
    cost = BILLION * float(reference["system_cost"])
    head = ("rule", "real cost, billion CNY", "penalties for misses, billion CNY", "direct CO2 2025-60, Mt", "targets missed")
    text = table(head, rows)
    return f"{text}\n\nAgainst a reference of {cost:,.0f} billion CNY2023 (present value, 5 %) and {total(reference):,.0f} Mt of direct CO2."


def findings(reference: xr.Dataset, together: xr.Dataset) -> str:
    """Peak with and without the rules, and the capacity that swaps moved."""
    peaks = [int(run["period"].values[int(np.argmax(direct(run).values))]) for run in (reference, together)]
    last = [float(direct(run)[-1]) for run in (reference, together)]
    moved = together["swap_amount"].values
    given = moved * together["swap_ratio"].values
    steel = together["swap_policy"].values == "swap_steelmaking"
    kilns = together["swap_policy"].values == "swap_clinker"
    return "\n".join(
        (
            f"- Direct CO2 is highest in {peaks[0]} without the rules and in {peaks[1]} with them; in the last period it is {last[0]:,.0f} and "
            f"{last[1]:,.0f} Mt a year.",
            f"- New steelmaking capacity takes {given[steel].sum():,.0f} Mt of credits for {moved[steel].sum():,.0f} Mt, new kilns "
            f"{given[kilns].sum():,.0f} for {moved[kilns].sum():,.0f} Mt.",
        )
    )


def adopted(run: xr.Dataset, words: str, period: int) -> float:
    """Output of hosts that carry measures whose name holds ``words``, Mt/yr."""
    names = [str(name) for name in run["measure_host"].values if words in str(name)]
    return float(run["adopted"].sel(measure_host=names, period=period).sum())


def measures(reference: xr.Dataset, together: xr.Dataset) -> str:
    """Motors, residue reuse, scrap in 2025 and under the two runs of 2031."""
    rows = []
    for label, value in (
        ("output with energy-saving motors and drives, Mt/yr", lambda run, p: adopted(run, "motors", p)),
        ("bauxite residue used in cement, Mt/yr", residue),
        ("steel from arc furnaces, % of liquid steel", arc_share),
        ("recycled aluminium, Mt/yr", recycled),
    ):
        rows.append((label, *(f"{value(run, p):,.3g}" for run, p in ((reference, 2025), (reference, 2031), (together, 2031)))))
    return table(("", "2025", "2031-35 without", "2031-35 with all rules"), rows)


def residue(run: xr.Dataset, period: int) -> float:
    """Bauxite residue that is used and not stacked, Mt/yr."""
    use = run["net_use"].sel(commodity="bauxite_residue", period=period).sum("region")
    return float(use.where(use > 0, 0.0).sum())


def made(run: xr.Dataset, words: tuple[str, ...], period: int) -> float:
    """Output of technologies whose name starts with one of ``words``."""
    names = [str(t) for t in run["technology"].values if str(t).startswith(words)]
    return float(run["activity"].sel(technology=names, period=period).sum())


def arc_share(run: xr.Dataset, period: int) -> float:
    """Share of arc furnaces in liquid steel, %."""
    product = run["technology_product"].values == "liquid_steel"
    whole = run["activity"].isel(technology=np.flatnonzero(product)).sel(period=period)
    arc = [str(t) for t in whole["technology"].values if str(t).startswith("arc_furnace")]
    return 100 * float(whole.sel(technology=arc).sum() / whole.sum())


def recycled(run: xr.Dataset, period: int) -> float:
    """Secondary aluminium, Mt/yr."""
    return made(run, ("secondary_smelting",), period)


def foresight(
    together: xr.Dataset, rolling: xr.Dataset, myopic: xr.Dataset, steel: tuple[xr.Dataset, xr.Dataset], carbon: xr.Dataset
) -> str:
    """Paths against the optimum with the same rules."""
    rows = []
    for name, run, best in (
        ("fifteen years at a time (5 decided, 10 more seen)", rolling, together),
        ("one period at a time", myopic, together),
        ("old steel ratios believed until 2031", steel[1], steel[0]),
        ("no rule on carbon believed until 2031", carbon, together),
    ):
        gap = [BILLION * (float(run[x]) - float(best[x])) for x in ("system_cost", "objective")]
        rows.append((name, f"{gap[0]:,.2f}", f"{gap[1]:,.2f}", f"{total(run) - total(best):,.0f}"))
    head = ("path", "system cost above perfect foresight, billion CNY", "objective above, billion CNY", "direct CO2 2025-60, Mt")
    return table(head, rows)


def uncertainty(cube: xr.Dataset) -> str:
    """Objective and direct CO2 by demand and factor on the ratios."""
    frame = cube[["objective", "demand", "swap_ratio_factor", "status"]].to_dataframe()
    itself = frame[(frame["demand"] == "reference") & (frame["swap_ratio_factor"] == 1.0)]["objective"].iloc[0]
    rows = []
    for demand in ("low", "reference", "high"):
        at = frame[frame["demand"] == demand].sort_values("swap_ratio_factor")
        cells = [f"{BILLION * (x - itself):+,.1f}" if s == "optimal" else str(s) for x, s in zip(at["objective"], at["status"], strict=True)]
        rows.append((demand, *cells))
    factors = sorted(frame["swap_ratio_factor"].unique())
    return table(("demand", *(f"ratios x {f:g}" for f in factors)), rows)


def figure(reference: xr.Dataset, alone: dict[str, xr.Dataset], together: xr.Dataset, rolling: xr.Dataset, path: Path) -> None:
    """Cost of each rule alone and of all, and direct CO2 over time."""
    drawn, axes = sheet("en", 9.5, 4.0, 2)
    runs = {RULES[name]: run for name, run in alone.items()} | {"all together": together}
    real = np.array([BILLION * (float(r["system_cost"]) - float(reference["system_cost"])) - penalties(r) for r in runs.values()])
    paid = np.array([penalties(r) for r in runs.values()])
    place = np.arange(len(runs))[::-1]
    axes[0].barh(place, real, color=COLOURS[0], label="real cost")
    axes[0].barh(place, paid, left=np.maximum(real, 0), color=COLOURS[1], label="penalties for targets missed")
    axes[0].set_yticks(place, list(runs))
    axes[0].set_xlabel("billion CNY2023 above no rules, 2025 to 2060, present value")
    axes[0].legend(frameon=False, fontsize=7)
    lines = {"no rules": reference, "all rules": together, "all rules, seen 15 years at a time": rolling}
    years = reference["period"].values
    for k, (name, run) in enumerate(lines.items()):
        axes[1].plot(years, direct(run).values, color=COLOURS[k], label=name, ls="--" if k == 2 else "-", marker="o", ms=3)
    axes[1].set_ylim(0, None)
    axes[1].set_ylabel("direct CO2 of the sectors, Mt/yr")
    axes[1].legend(frameon=False, fontsize=7)
    saved(finished(drawn, rolling, "National rules: what each costs, and what they do to emissions"), path)
