"""Mix and pathway: who makes a product, and how a ledger runs over the periods with its peak, height and plateau."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.analysis.reading import labelled, named, places
from peakmix.foundation.errors import UsageError

SAME = 1e-6
"""Levels are equal when they differ by less than this share."""
CO2 = ("direct_co2", "purchased_power_co2", "hydrogen_power_co2")


def mix(dataset: xr.Dataset, product: str | None = None, region: str | Iterable[str] | None = None) -> pd.DataFrame:
    """Output of every technology with its share of the product.

    Returns
    -------
    sector, product, technology, period, value, unit, share, capacity, use; value and capacity in the unit of the row
    (Mt/yr, PJ/yr, TWh/yr), share and use between 0 and 1, NaN where nothing is made or nothing stands.
    """
    if product is not None and product not in set(map(str, dataset["technology_product"].values)):
        raise UsageError(f"no technology of the result makes {product!r}", fix="see the coordinate technology_product")
    chosen = dataset[["activity", "capacity"]].sel(region=places(dataset, region)).sum("region")
    frame = chosen.to_dataframe().reset_index()[["technology", "period", "activity", "capacity"]]
    for column in ("sector", "product", "unit"):
        frame[column] = frame["technology"].map(labelled(dataset, "technology", f"technology_{column}"))
    if product is not None:
        frame = frame[frame["product"] == product]
    frame = frame.rename(columns={"activity": "value"})
    total = frame.groupby(["product", "period"])["value"].transform("sum")
    frame["share"] = (frame["value"] / total).where(total > 0)
    frame["use"] = (frame["value"] / frame["capacity"]).where(frame["capacity"] > 0)
    columns = ["sector", "product", "technology", "period", "value", "unit", "share", "capacity", "use"]
    return frame[columns].sort_values(["sector", "product", "technology", "period"]).reset_index(drop=True)


@dataclass(frozen=True)
class Pathway:
    """One ledger over the periods.

    values    level by period, in ``unit``; means over the years of a period
    peak      first year of the first period at the highest level
    height    that level
    plateau   first years of the periods that stand within the tolerance of the height, the peak among them
    rises     first years of periods after the peak whose level is above that of the period before
    total     sum over all years of the horizon, in the unit without /yr
    """

    name: str
    unit: str
    values: pd.Series
    peak: int
    height: float
    plateau: tuple[int, ...]
    rises: tuple[int, ...]
    total: float

    def text(self) -> str:
        """One line for a reader."""
        told = f"{self.name}: highest {self.height:,.4g} {self.unit} in the period that starts {self.peak}"
        if len(self.plateau) > 1:
            told += f", plateau over {', '.join(map(str, self.plateau))}"
        if self.rises:
            told += f"; rises again in {', '.join(map(str, self.rises))}"
        return f"{told}; {self.total:,.5g} {self.unit.removesuffix('/yr')} over the horizon"


def pathway(
    dataset: xr.Dataset,
    ledger: str | Iterable[str] = "direct_co2",
    sector: str | Iterable[str] | None = None,
    region: str | Iterable[str] | None = None,
    tolerance: float = 0.01,
) -> Pathway:
    """A ledger, or the sum of ledgers in one unit, with its peak.

    Parameters
    ----------
    ledger:
        Name or names of ``ledger_name``. Scopes that count one tonne twice are the caller's own doing.
    sector, region:
        Parts of the result; None takes all. CO2 of bought power stands in the sector ``purchased``.
    tolerance:
        Share of the height within which a period belongs to the plateau.
    """
    names = [ledger] if isinstance(ledger, str) else list(ledger)
    units = {labelled(dataset, "ledger_name", "ledger_unit")[named(dataset, "ledger_name", name)] for name in names}
    if len(units) > 1:
        raise UsageError(f"ledgers in {', '.join(sorted(units))} are not added", fix="name ledgers of one unit")
    sectors = list(map(str, dataset["sector"].values)) if sector is None else [sector] if isinstance(sector, str) else list(sector)
    for name in sectors:
        named(dataset, "sector", name)
    part = dataset["ledger"].sel(ledger_name=names, sector=sectors, region=places(dataset, region))
    level = part.sum(("ledger_name", "sector", "region")).values
    years = list(map(int, dataset["period"].values))
    height = float(level.max())
    peak = int(np.argmax(level >= height - SAME * max(1.0, abs(height))))
    flat = tuple(y for y, x in zip(years, level, strict=True) if x >= height - tolerance * abs(height))
    slack = SAME * max(1.0, abs(height))
    rises = tuple(years[k] for k in range(peak + 1, len(years)) if level[k] > level[k - 1] + slack)
    total = float((level * dataset["period_length"].values).sum())
    series = pd.Series(level, index=pd.Index(years, name="period"), name="value")
    return Pathway(" + ".join(names), units.pop(), series, years[peak], height, flat, rises, total)


def paths(dataset: xr.Dataset) -> pd.DataFrame:
    """Every ledger by sector and period, summed over places: ledger, sector, period, value, unit."""
    frame = dataset["ledger"].sum("region").rename("value").to_series().reset_index()
    frame["unit"] = frame["ledger_name"].map(labelled(dataset, "ledger_name", "ledger_unit"))
    return frame.rename(columns={"ledger_name": "ledger"})[["ledger", "sector", "period", "value", "unit"]]


def products(dataset: xr.Dataset) -> list[str]:
    """Products, those of the kind product first, then those that most technologies make."""
    labels = dataset["technology_product"].values.astype(str)
    kinds = zip(dataset["commodity"].values.astype(str), dataset["commodity_kind"].values.astype(str), strict=True)
    final = {name for name, kind in kinds if kind == "product"}
    found, counts = np.unique(labels, return_counts=True)
    count = dict(zip(found.tolist(), counts.tolist(), strict=True))
    return sorted(count, key=lambda name: (name not in final, -count[name], name))
