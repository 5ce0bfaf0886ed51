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
    "rooftop_pv": "solar roofs on offer",
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
        "rules findings": findings(reference, alone, together),
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
        cut = whole(total(run) - total(reference))
        rows.append((name, f"{extra(run, reference):,.1f}", f"{penalties(run):,.1f}", cut, str(missed(run))))
    cost = BILLION * float(reference["system_cost"])
    head = ("rule", "real cost, billion CNY", "penalties for misses, billion CNY", "direct CO2 2025-60, Mt", "targets missed")
    text = table(head, rows)
    against = f"Against {cost:,.0f} billion CNY2023 (present value, 5 %) and {total(reference):,.0f} Mt of direct CO2 without rules."
    return f"{text}\n\n{against}"


def whole(number: float) -> str:
    """A whole number without a negative zero."""
    return f"{round(number) + 0:,}"


def extra(run: xr.Dataset, reference: xr.Dataset) -> float:
    """Real cost above the reference, billion CNY: system cost without penalties for misses."""
    return BILLION * (float(run["system_cost"]) - float(reference["system_cost"])) - penalties(run)


def peak(run: xr.Dataset) -> int:
    """Last period that emits as much as the highest."""
    levels = direct(run).values
    return int(run["period"].values[np.flatnonzero(levels >= levels.max() * (1 - 1e-9))[-1]])


def findings(reference: xr.Dataset, alone: dict[str, xr.Dataset], together: xr.Dataset) -> str:
    """Peak with and without the rules, overlap of the rules, cost of a tonne, and the capacity that swaps moved."""
    last = [float(direct(run)[-1]) for run in (reference, together)]
    moved = together["swap_amount"].values
    given = moved * together["swap_ratio"].values
    steel = together["swap_policy"].values == "swap_steelmaking"
    kilns = together["swap_policy"].values == "swap_clinker"
    carbon = alone["dual_control"]
    tonne = 1e3 * extra(carbon, reference) / (total(reference) - total(carbon))
    lines = (
        f"Direct CO2 is highest in {peak(reference)} without the rules and in {peak(together)} with them; in the last period "
        f"it is {last[0]:,.0f} and {last[1]:,.0f} Mt a year. The peak rule has almost nothing to do.",
        f"Dual control, which from 2031 on caps carbon, does most of the work: {tonne:,.0f} CNY (present value) a tonne "
        "of direct CO2.",
        f"Alone the rules cost {sum(extra(run, reference) for run in alone.values()):,.0f} billion in sum, together "
        f"{extra(together, reference):,.0f}: what one asks for, another has done already.",
        f"New steelmaking capacity takes {given[steel].sum():,.0f} Mt of credits for {moved[steel].sum():,.0f} Mt, new kilns "
        f"{given[kilns].sum():,.0f} for {moved[kilns].sum():,.0f} Mt. There are credits enough, because demand falls.",
    )
    return "\n".join(f"- {line}" for line in lines)


def adopted(run: xr.Dataset, words: str, period: int) -> float:
    """Output of hosts that carry measures whose name holds ``words``, Mt/yr."""
    names = [str(name) for name in run["measure_host"].values if words in str(name)]
    return float(run["adopted"].sel(measure_host=names, period=period).sum())


def measures(reference: xr.Dataset, together: xr.Dataset) -> str:
    """Solar roofs, motors, residue reuse, scrap in 2025 and under the two runs of 2031."""
    rows = []
    for label, value in (
        ("output under solar roofs, Mt/yr", lambda run, p: adopted(run, "rooftop", p)),
        ("output with energy-saving motors and drives, Mt/yr", lambda run, p: adopted(run, "motors", p)),
        ("bauxite residue used in cement, Mt/yr", residue),
        ("steel from arc furnaces, % of liquid steel", arc_share),
        ("recycled aluminium, Mt/yr", recycled),
    ):
        rows.append((label, *(figures(value(run, p)) for run, p in ((reference, 2025), (reference, 2031), (together, 2031)))))
    return table(("", "2025", "2031-35 without", "2031-35 with all rules"), rows)


def figures(number: float) -> str:
    """Three figures, whole numbers from a hundred on."""
    return f"{number:,.0f}" if number >= 100 else f"{number:.3g}"


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
        rows.append((name, f"{gap[0]:,.1f}", f"{gap[1]:,.1f}", whole(total(run) - total(best))))
    head = ("path", "system cost above perfect foresight, billion CNY", "objective above, billion CNY", "direct CO2 2025-60, Mt")
    return table(head, rows)


def uncertainty(cube: xr.Dataset) -> str:
    """Objective and direct CO2 by demand and factor on the ratios."""
    frame = cube[["objective", "demand", "swap_ratio_factor", "status"]].to_dataframe()
    itself = frame[(frame["demand"] == "reference") & (frame["swap_ratio_factor"] == 1.0)]["objective"].iloc[0]
    rows = []
    for demand in ("low", "reference", "high"):
        at = frame[frame["demand"] == demand].sort_values("swap_ratio_factor")
        both = zip(at["objective"], at["status"], strict=True)
        cells = [f"{round(BILLION * (x - itself), 1) + 0.0:+,.1f}" if status == "optimal" else str(status) for x, status in both]
        rows.append((demand, *cells))
    factors = sorted(frame["swap_ratio_factor"].unique())
    return table(("demand", *(f"ratios x {f:g}" for f in factors)), rows)


def figure(reference: xr.Dataset, alone: dict[str, xr.Dataset], together: xr.Dataset, rolling: xr.Dataset, path: Path) -> None:
    """Cost of each rule alone and of all, and direct CO2 over time."""
    drawn, axes = sheet("en", 9.5, 4.0, 2)
    runs = {RULES[name]: run for name, run in alone.items()} | {"all together": together}
    real = np.array([extra(run, reference) for run in runs.values()])
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
