"""Energy and savings: what each measure saves on its host, per tonne and in all, reconciled to the energy the model counts.

    energy of a sector = sum over commodities of net use x content            the model's own ledger, and the check on it
    energy without measures = energy of the sector + sum over measures of saving
    saving of a measure = adopted host output x sum over flows of saved amount x content

Saved heat and steam count at the host. What a boiler no longer loses shows in the use of its fuel, not in the measure.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.analysis.reading import TCE, by_period, contents, inputs, labelled, natural, places, series_by
from peakmix.foundation.errors import UsageError

SIGN = {"saves_input": 1.0, "adds_input": -1.0, "adds_output": 1.0, "saves_output": -1.0}
CONVENTIONS = {"energy_calorific": "energy_content", "energy_coal_equivalent": "coal_equivalent"}
"""Ledger and the property of commodities that it follows from."""


def effects(dataset: xr.Dataset) -> xr.DataArray:
    """What a measure saves per unit of adopted host output, (measure_host, commodity, period).

    Natural units of the commodity per natural unit of the host's product; negative for what a measure uses on top.
    """
    dims = ("measure_host", "commodity", "period")
    coords = {dim: dataset[dim].values for dim in dims}
    shape = tuple(dataset.sizes[dim] for dim in dims)
    table = series_by(inputs(dataset, "measure_flows"), ("measure", "host", "commodity", "effect"))
    position = {str(name): k for k, name in enumerate(dataset["commodity"].values)}
    values = np.zeros(shape)
    pairs = zip(dataset["measure"].values, dataset["measure_host_technology"].values, strict=True)
    for row, (measure, host) in enumerate(pairs):
        own = {k[2:]: s for k, s in table.items() if k[:2] == (measure, host)}
        general = {k[2:]: s for k, s in table.items() if k[:2] == (measure, "")}
        for (commodity, effect), series in (general | own).items():
            if commodity in position:
                values[row, position[commodity]] += SIGN[effect] * by_period(dataset, series)
    return xr.DataArray(values, coords, dims, name="effect")


def content_array(dataset: xr.Dataset, name: str) -> xr.DataArray:
    """A property of commodities, (commodity, period); zero where the tables state none."""
    found = contents(dataset, name)
    empty = np.zeros(dataset.sizes["period"])
    values = np.array([found.get(str(c), empty) for c in dataset["commodity"].values]).reshape(-1, dataset.sizes["period"])
    coords = {"commodity": dataset["commodity"].values, "period": dataset["period"].values}
    return xr.DataArray(values, coords, ("commodity", "period"), name=name)


def savings(dataset: xr.Dataset, region: str | Iterable[str] | None = None) -> pd.DataFrame:
    """The saving ledger: one row a measure on its host and period.

    Returns
    -------
    sector, host, product, measure, period, adopted, host_output (both in ``unit``), then per natural unit of ADOPTED host
    output kwh (power saved, kWh/t), gj (net energy saved, GJ/t) and kgce (the same, kgce/t), then in all power (TWh/yr),
    energy (PJ/yr), tce (Mtce/yr, coal-equivalent convention) and since_base (PJ/yr more than in the first period).
    """
    where = places(dataset, region)
    effect = effects(dataset)
    power_units = dataset["commodity_unit"].values == "TWh/yr"
    unit_effect = {
        "kwh": 1000 * effect.isel(commodity=np.flatnonzero(power_units)).sum("commodity"),
        "gj": (effect * content_array(dataset, "energy_content")).sum("commodity"),
        "tce": (effect * content_array(dataset, "coal_equivalent")).sum("commodity"),
    }
    adopted = dataset["adopted"].sel(region=where).sum("region")
    hosts = dataset["measure_host_technology"].values
    output = dataset["activity"].sel(region=where).sum("region").sel(technology=hosts).drop_vars("technology").values
    made = xr.Dataset(
        {
            "adopted": adopted,
            "host_output": (("measure_host", "period"), output.reshape(adopted.shape)),
            "kwh": unit_effect["kwh"],
            "gj": unit_effect["gj"],
            "kgce": unit_effect["gj"] * 1000 / TCE,
            "power": adopted * unit_effect["kwh"] / 1000,
            "energy": adopted * unit_effect["gj"],
            "tce": adopted * unit_effect["tce"],
        }
    ).reset_coords(drop=True)
    made["since_base"] = made["energy"] - made["energy"].isel(period=0, drop=True)
    frame = made.to_dataframe().reset_index()
    frame["measure"] = frame["measure_host"].map(labelled(dataset, "measure_host", "measure"))
    frame["host"] = frame["measure_host"].map(labelled(dataset, "measure_host", "measure_host_technology"))
    for column in ("sector", "product"):
        frame[column] = frame["host"].map(labelled(dataset, "technology", f"technology_{column}"))
    frame["unit"] = frame["measure_host"].map(labelled(dataset, "measure_host", "measure_host_unit"))
    columns = ["sector", "host", "product", "measure", "period", "adopted", "host_output", "unit", "kwh", "gj", "kgce"]
    return frame[[*columns, "power", "energy", "tce", "since_base"]].sort_values(columns[:5]).reset_index(drop=True)


def reconciled(
    dataset: xr.Dataset, convention: str = "energy_calorific", region: str | Iterable[str] | None = None
) -> pd.DataFrame:
    """Energy of every sector without measures, saved by them, and with them; and the difference to the model's ledger.

    Returns
    -------
    sector, period, without, saved, energy, ledger, difference, unit; ``energy`` is computed from net use and contents,
    ``ledger`` is what the model counts, ``difference`` is energy - ledger and should be zero.
    """
    where = places(dataset, region)
    content = content_array(dataset, CONVENTIONS[convention])
    used = (dataset["net_use"].sel(region=where).sum("region") * content).sum("commodity")
    stated = dataset["ledger"].sel(ledger_name=convention, region=where).sum("region")
    saved = savings(dataset, region)
    amount = "energy" if convention == "energy_calorific" else "tce"
    by = saved.groupby(["sector", "period"])[amount].sum()
    rows = []
    for sector in (str(s) for s in dataset["sector"].values if s != "purchased"):
        for period in dataset["period"].values.tolist():
            energy = float(used.sel(sector=sector, period=period))
            ledger = float(stated.sel(sector=sector, period=period))
            less = float(by.get((sector, period), 0.0))
            rows.append((sector, period, energy + less, less, energy, ledger, energy - ledger))
    frame = pd.DataFrame(rows, columns=["sector", "period", "without", "saved", "energy", "ledger", "difference"])
    return frame.assign(unit=labelled(dataset, "ledger_name", "ledger_unit")[convention])


def waterfall(dataset: xr.Dataset, product: str, period: int, region: str | Iterable[str] | None = None) -> pd.DataFrame:
    """Energy a unit of a product, step by step: all its makers and their sector without measures, each measure, with them.

    Returns
    -------
    step, value (GJ per natural unit of the product, measures negative), kgce (the same in kgce); the first row less the
    savings is the last row, which is the sector's ledger over the product's output.
    """
    made = output_of(dataset, product, period, region)
    if made <= 0:
        raise UsageError(f"nothing makes {product!r} in {period}", fix="name a product and a period of the result with output")
    sector = _sector(dataset, product)
    balance = reconciled(dataset, region=region)
    own = balance[(balance["sector"] == sector) & (balance["period"] == period)]
    saved = savings(dataset, region)
    part = saved[(saved["sector"] == sector) & (saved["period"] == period)].groupby("measure")["energy"].sum()
    rows = [("without measures", float(own["without"].sum()))]
    rows += [(str(m), -float(x)) for m, x in part.sort_values(ascending=False).items() if abs(x) > 1e-12]
    rows += [("with measures", float(own["ledger"].sum()))]
    frame = pd.DataFrame(rows, columns=["step", "value"])
    frame["value"] /= made
    frame["kgce"] = frame["value"] * 1000 / TCE
    unit = natural(labelled(dataset, "commodity", "commodity_unit")[product])
    return frame.assign(unit=f"GJ/{unit}")


def output_of(dataset: xr.Dataset, product: str, period: int, region: str | Iterable[str] | None = None) -> float:
    """Output of a product in a period, millions of natural units a year."""
    chosen = np.flatnonzero(dataset["technology_product"].values == product)
    part = dataset["activity"].sel(region=places(dataset, region), period=period).isel(technology=chosen)
    return float(part.sum())


def _sector(dataset: xr.Dataset, product: str) -> str:
    """Sector of the first technology that makes a product."""
    makers = np.flatnonzero(dataset["technology_product"].values == product)
    return str(dataset["technology_sector"].values[makers[0]])
