"""Energy-conservation supply curve: cost of conserved energy by measure against the energy saved.

    cost of conserved energy = (CRF(i, L) x capital cost + fixed cost + running cost) / net energy saved        money/GJ
    static potential         = (applicability - penetration today) x host output of the first period x saving    PJ/yr
    used in the run          = output that carries what the run fitted x saving                                 PJ/yr

i is the discount rate of the run, L the life of the measure; net energy is calorific and what a measure uses on top is
deducted. The static potential takes every measure as if alone: members of an exclusion group overlap in it. The used amount
has no such flaw: stock turnover, exclusion and interaction are inside the run. It may exceed the static one, because what
stands today comes to its end and is fitted again, and because hosts grow. Measures that save no net energy (capture,
cleaning of flue gas) are left out. Flows that carry no energy are not valued.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.analysis.reading import horizon_of, inputs, labelled, named, places, series_by
from peakmix.analysis.saving import content_array, effects
from peakmix.foundation.errors import UsageError
from peakmix.foundation.telling import figure
from peakmix.parameters.time import Horizon, Series, at_year, in_period, recovery_factor, survival
from peakmix.results.summary import table

PARAMETERS = ("capital_cost", "fixed_cost", "variable_cost", "lifetime", "applicability", "penetration")
KEPT_APART = ("place", "sector", "period")
Key = tuple[str, ...]
FUELS = ("electricity", "thermal_coal", "coking_coal", "natural_gas", "coal")


def supply_curve(
    dataset: xr.Dataset,
    period: int | None = None,
    region: str | Iterable[str] | None = None,
    sector: str | Iterable[str] | None = None,
) -> pd.DataFrame:
    """The curve of one period, default the last, cheapest measure first; of all places and sectors, or of some.

    Returns
    -------
    sector, host, measure, period, cost, cost_unit, static, used (both PJ/yr), static_to, used_to (cumulative), gj (net energy
    saved per natural unit of host output), power_share (of the saving), lifetime. Costs of places are weighted by host output.
    """
    when = int(dataset["period"].values[-1]) if period is None else period
    if when not in dataset["period"].values:
        raise UsageError(f"no period starts in {when}", fix=f"one of {', '.join(map(str, dataset['period'].values))}")
    arrays = _Arrays.of(dataset, places(dataset, region))
    content = content_array(dataset, "energy_content")
    by_flow = (effects(dataset) * content).sel(period=when)
    saving = by_flow.sum("commodity").values
    power = by_flow.isel(commodity=np.flatnonzero(dataset["commodity_unit"].values == "TWh/yr")).sum("commodity").values
    stated = series_by(inputs(dataset, "measure_parameters"), ("measure", "host", "parameter", "location"))
    rows = []
    hosts = dataset["measure_host_technology"].values
    for k, (measure, host) in enumerate(zip(dataset["measure"].values, hosts, strict=True)):
        if saving[k] <= 0:
            continue
        cost, static, used, life = _amounts(arrays, stated, str(measure), str(host), k, when)
        amounts = (cost / saving[k], static * saving[k], used * saving[k], saving[k], power[k] / saving[k], life)
        rows.append((str(host), str(measure), *amounts))
    names = ["host", "measure", "cost", "static", "used", "gj", "power_share", "lifetime"]
    frame = pd.DataFrame(rows, columns=names).sort_values("cost", kind="stable").reset_index(drop=True)
    frame["sector"] = frame["host"].map(labelled(dataset, "technology", "technology_sector"))
    if sector is not None:
        wanted = [named(dataset, "sector", name) for name in ([sector] if isinstance(sector, str) else sector)]
        frame = frame[frame["sector"].isin(wanted)].reset_index(drop=True)
    frame = frame.assign(period=when, cost_unit=f"{dataset.attrs['money']}/GJ")
    frame["static_to"], frame["used_to"] = frame["static"].cumsum(), frame["used"].cumsum()
    ordered = ["sector", "host", "measure", "period", "cost", "cost_unit", "static", "used", "static_to", "used_to"]
    return frame[[*ordered, "gj", "power_share", "lifetime"]]


def supply_curves(
    dataset: xr.Dataset,
    by: Sequence[str],
    period: int | None = None,
    region: str | None = None,
    sector: str | Iterable[str] | None = None,
) -> pd.DataFrame:
    """A curve for each place, sector or period, or each combination of them: ``by`` names which, of place, sector, period.

    Returns
    -------
    place (``all`` where places are not kept apart), then the columns of ``supply_curve``; cumulative within each curve.
    """
    if wrong := [name for name in by if name not in KEPT_APART]:
        raise UsageError(f"curves are not kept apart by {wrong[0]!r}", fix=f"one of {', '.join(KEPT_APART)}")
    when = [int(p) for p in dataset["period"].values] if "period" in by and period is None else [period]
    where = places(dataset, region) if "place" in by else [region]
    made = [supply_curve(dataset, p, r, sector).assign(place=r or "all") for r in where for p in when]
    frame = pd.concat(made, ignore_index=True)
    if "sector" in by:
        for to, amount in (("static_to", "static"), ("used_to", "used")):
            frame[to] = frame.groupby(["place", "sector", "period"])[amount].cumsum()
    return frame[["place", *(name for name in frame if name != "place")]]


@dataclass(frozen=True)
class _Arrays:
    """What is read once for all measures: periods, places, and the arrays (region, technology or measure_host, period)."""

    horizon: Horizon
    rate: float
    places: list[str]
    technology: dict[str, int]
    activity: np.ndarray
    new: np.ndarray
    adopted: np.ndarray

    @classmethod
    def of(cls, dataset: xr.Dataset, where: list[str]) -> _Arrays:
        """The arrays of a result in some places."""
        own = dataset.sel(region=where)
        technology = {str(name): k for k, name in enumerate(dataset["technology"].values)}
        activity = own["activity"].transpose("region", "technology", "period").values
        new = own["new_measure"].transpose("region", "measure_host", "period").values
        adopted = own["adopted"].transpose("region", "measure_host", "period").values
        rate = float(dataset.attrs["discount_rate"])
        return cls(horizon_of(dataset), rate, where, technology, activity, new, adopted)


def _amounts(
    arrays: _Arrays, stated: dict[Key, Series], measure: str, host: str, k: int, when: int
) -> tuple[float, float, float, float]:
    """Yearly cost per unit of host output, static and used host output in millions, and life; means over places by output."""
    horizon, where = arrays.horizon, arrays.places
    output = arrays.activity[:, arrays.technology[host], :]
    weight = output[:, horizon.first.index(when)] + 1e-9
    cost, lives = np.zeros(len(where)), np.zeros(len(where))
    static = used = 0.0
    for row, region in enumerate(where):
        found = {name: _series(stated, measure, host, name, region) for name in PARAMETERS}
        value = {name: in_period(series, when, horizon, "linear") for name, series in found.items()}
        lives[row] = at_year(found["lifetime"], when, "step")
        cost[row] = recovery_factor(arrays.rate, lives[row]) * value["capital_cost"] + value["fixed_cost"] + value["variable_cost"]
        static += max(0.0, value["applicability"] - value["penetration"]) * float(output[row, 0])
        used += _fitted(arrays, found["lifetime"], row, k, when)
    return float(np.average(cost, weights=weight)), static, used, float(np.average(lives, weights=weight))


def _series(stated: dict[Key, Series], measure: str, host: str, name: str, region: str) -> Series:
    """The rows of a parameter that hold in a place: its own, then those for all places, then those of a wider node."""
    for key in ((measure, host, name, region), (measure, "", name, region), (measure, host, name, ""), (measure, "", name, "")):
        if key in stated:
            return stated[key]
    wider = [series for key, series in stated.items() if key[0] == measure and key[1] in (host, "") and key[2] == name]
    return wider[0] if wider else ((None, 1.0 if name == "lifetime" else 0.0),)


def _fitted(arrays: _Arrays, lifetime: Series, row: int, k: int, when: int) -> float:
    """Host output that carries what the run itself fitted and that still stands, at most what is adopted."""
    horizon = arrays.horizon
    alive = sum(
        float(new) * survival(horizon.vintage(p), at_year(lifetime, p, "step"), when, horizon)
        for p, new in zip(horizon, arrays.new[row, k], strict=True)
        if p <= when and new
    )
    return min(alive, float(arrays.adopted[row, k, horizon.first.index(when)]))


def energy_prices(dataset: xr.Dataset, period: int, commodities: Iterable[str] = FUELS) -> dict[str, float]:
    """Price of energy carriers a GJ in a period: the run's own prices, weighted by what sectors take in, in money/GJ.

    Carriers that nobody takes or that have no energy content are left out.
    """
    content = content_array(dataset, "energy_content").sel(period=period)
    made = {}
    for name in (c for c in commodities if c in dataset["commodity"].values):
        price = dataset["price"].sel(commodity=name, period=period)
        taken = dataset["net_use"].sel(commodity=name, period=period).sum("sector").clip(min=0).where(np.isfinite(price), 0.0)
        energy = float(content.sel(commodity=name))
        if energy > 0 and float(taken.sum()) > 0:
            made[name] = float((price.fillna(0.0) * taken).sum() / taken.sum()) / energy
    return made


def curve_text(frame: pd.DataFrame, prices: dict[str, float]) -> str:
    """The curve as lines, with the energy prices it is read against."""
    if not len(frame):
        return "no measure of the result saves energy"
    unit = str(frame["cost_unit"].iloc[0])
    lines = [f"cost of conserved energy, {unit}, against PJ/yr; period {frame['period'].iloc[0]}"]
    names = [f"{measure} @ {host}" for measure, host in zip(frame["measure"], frame["host"], strict=True)]
    wide = max(map(len, names)) + 1
    lines.append(f"  {'measure @ host':<{wide}}{'cost':>9}{'static':>10}{'used':>10}{'static to':>11}{'used to':>10}")
    columns = (("cost", 9), ("static", 10), ("used", 10), ("static_to", 11), ("used_to", 10))
    for name, row in zip(names, frame.to_dict("records"), strict=True):
        lines.append(f"  {name:<{wide}}" + "".join(f"{figure(float(row[column])):>{width}}" for column, width in columns))
    lines.append(f"prices in the run, {unit}: " + ", ".join(f"{name} {figure(value)}" for name, value in prices.items()))
    lines.append("static: every measure as if alone, on the first period's output; used: fitted by the run, renewals included")
    return "\n".join(lines)



def curves_text(frame: pd.DataFrame, by: Sequence[str]) -> str:
    """Curves kept apart as one line each: energy saved, its mean cost, and the dearest measure that was used."""
    kept = [name for name in KEPT_APART if name in by]
    rows: list[Sequence[object]] = []
    for key, own in frame.groupby(kept, sort=False):
        used = own[own["used"] > 0]
        total = float(used["used"].sum())
        mean = float((used["cost"] * used["used"]).sum() / total) if total else float("nan")
        dearest = float(used["cost"].max()) if total else float("nan")
        rows.append([*map(str, key), float(own["static"].sum()), total, len(used), mean, dearest])
    unit = str(frame["cost_unit"].iloc[0]) if len(frame) else ""
    head = [*kept, "static, PJ/yr", "used, PJ/yr", "measures used", f"mean cost, {unit}", "dearest used"]
    return "\n".join(["energy saved, each measure as if alone (static) and as the run used it", *table(head, rows, left=len(kept))])
