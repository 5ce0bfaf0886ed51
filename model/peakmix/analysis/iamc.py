"""Export in the exchange format of integrated assessment models: long rows of model, scenario, region, variable, unit, year.

Levels of a period are written at its first year; the year's value is the mean over the period for flows, the level in it for
capacity. Energy is in EJ/yr, mass in Mt/yr, prices in USD_2010 where the money table of the run reaches that year, otherwise in
the money of the run under an extension name. Regions are ``China`` for the whole result and ``peakmix <version>|<place>``.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.analysis import iamc_names as names
from peakmix.analysis.reading import inputs, labelled
from peakmix.analysis.saving import content_array

COLUMNS = ["model", "scenario", "region", "variable", "unit", "year", "value"]
WHOLE = "China"
EJ = 1e-3
"""EJ in a PJ."""

Variable = tuple[str, str, bool, xr.DataArray | None]
"""Name, unit, whether the name is official, and values of dims (region, period)."""


def iamc(dataset: xr.Dataset, strict: bool = False, whole: str = WHOLE, by_place: bool = True) -> pd.DataFrame:
    """The result as long rows.

    Parameters
    ----------
    strict:
        Leave out every name that is not an official one.
    whole:
        Region name of the sum over all places.
    by_place:
        Also write each place.

    Returns
    -------
    model, scenario, region, variable, unit, year, value, and ``extension`` (1 where the name is this model's own).
    """
    version = str(dataset.attrs["peakmix_version"])
    model = f"peakmix {'.'.join(version.split('.')[:2])}"
    scenario = legal(str(dataset.attrs["scenario_name"]))
    years = dataset["period"].values.tolist()
    rows: list[tuple[Any, ...]] = []
    for name, unit, official, array in variables(dataset):
        if array is None or (strict and not official):
            continue
        parts = [(whole, array.sum("region") if "region" in array.dims else array)]
        if by_place and "region" in array.dims:
            parts += [(f"{model}|{legal(str(r))}", array.sel(region=r)) for r in array["region"].values]
        for region, values in parts:
            head = (model, scenario, region, legal(name), unit)
            rows += [(*head, y, x, int(not official)) for y, x in zip(years, values.values.tolist(), strict=True)]
    frame = pd.DataFrame(rows, columns=[*COLUMNS, "extension"])
    kept: pd.DataFrame = frame.loc[np.isfinite(frame["value"].to_numpy())]
    return kept.sort_values(["region", "variable", "year"], kind="stable").reset_index(drop=True)


def wide(frame: pd.DataFrame) -> pd.DataFrame:
    """Rows with a column for every year, headed as the format asks: Model, Scenario, Region, Variable, Unit, 2025, ..."""
    table = frame.pivot(index=["model", "scenario", "region", "variable", "unit"], columns="year", values="value").reset_index()
    table.columns = [str(c).capitalize() if isinstance(c, str) else int(c) for c in table.columns]
    return table


def legal(name: str) -> str:
    """A name without characters that the format forbids."""
    return "".join("_" if c in names.ILLEGAL else c for c in name)


def variables(dataset: xr.Dataset) -> Iterator[Variable]:
    """Every variable of the export."""
    yield from _production(dataset)
    yield from _energy(dataset)
    yield from _carbon(dataset)
    yield from _intensities(dataset)
    yield from _technologies(dataset)
    yield from _prices(dataset)


def output(dataset: xr.Dataset, *products: str, only: tuple[str, ...] | None = None) -> xr.DataArray | None:
    """Output of products, (region, period), of all technologies or only of some; None when nothing makes them."""
    made = np.isin(dataset["technology_product"].values.astype(str), products)
    if only is not None:
        made &= np.isin(dataset["technology"].values.astype(str), only)
    return dataset["activity"].isel(technology=np.flatnonzero(made)).sum("technology") if made.any() else None


def _production(dataset: xr.Dataset) -> Iterator[Variable]:
    unit = labelled(dataset, "commodity", "commodity_unit")
    for product, name in names.PRODUCTS.items():
        whole = output(dataset, product)
        if whole is None or unit.get(product) != "Mt/yr":
            continue
        yield name, "Mt/yr", True, whole
        if product in names.SECONDARY:
            secondary = output(dataset, product, only=names.SECONDARY[product])
            if secondary is not None:
                yield f"{name}|Secondary", "Mt/yr", True, secondary
                yield f"{name}|Primary", "Mt/yr", True, whole - secondary
    yield names.SPONGE_IRON_NAME, "Mt/yr", True, output(dataset, *names.SPONGE_IRON)


def _sectors(dataset: xr.Dataset) -> Iterator[tuple[str, str]]:
    """(sector, its part of a name) of the sectors that have technologies."""
    for sector in map(str, dataset["sector"].values):
        if sector != "purchased":
            yield sector, names.SECTORS.get(sector, sector.replace("_", " ").title())


def _energy(dataset: xr.Dataset) -> Iterator[Variable]:
    """Energy of each sector as the model counts it, by carrier; what no carrier holds stands under Other."""
    used = dataset["net_use"] * content_array(dataset, "energy_content") * EJ
    whole = dataset["ledger"].sel(ledger_name="energy_calorific", drop=True) * EJ
    for sector, part in _sectors(dataset):
        official = sector in names.OFFICIAL_ENERGY_SECTORS
        total = whole.sel(sector=sector, drop=True)
        yield f"{names.FINAL_ENERGY}|{part}", "EJ/yr", official, total
        carriers: dict[str, xr.DataArray] = {}
        for commodity in map(str, dataset["commodity"].values):
            if commodity in names.CARRIERS:
                amount = used.sel(sector=sector, commodity=commodity, drop=True)
                carrier = names.CARRIERS[commodity]
                carriers[carrier] = carriers[carrier] + amount if carrier in carriers else amount
        rest = total - sum(carriers.values()) if carriers else total
        for parent in dict.fromkeys(names.PARENTS.values()):
            below = [x for carrier, x in carriers.items() if names.PARENTS.get(carrier) == parent]
            if below:
                carriers[parent] = sum(below[1:], below[0])
        for carrier, amount in carriers.items():
            if float(abs(amount).max()) > 0:
                yield f"{names.FINAL_ENERGY}|{part}|{carrier}", "EJ/yr", official, amount
        if float(abs(rest).max()) > 1e-9:
            yield f"{names.FINAL_ENERGY}|{part}|{names.OTHER}", "EJ/yr", False, rest
    yield names.ENERGY_TOTAL, "EJ/yr", False, whole.sum("sector")


def _carbon(dataset: xr.Dataset) -> Iterator[Variable]:
    """CO2 of fuels and processes by sector, of bought power, and captured CO2."""
    direct = dataset["ledger"].sel(ledger_name="direct_co2", drop=True)
    captured = [c for c in dataset["commodity"].values.astype(str) if c == "co2_captured"]
    for sector, part in _sectors(dataset):
        yield f"{names.EMISSIONS}|{part}", "Mt CO2/yr", False, direct.sel(sector=sector, drop=True)
        if captured:
            given = -dataset["net_use"].sel(sector=sector, commodity="co2_captured", drop=True)
            yield f"{names.CAPTURE}|{part}", "Mt CO2/yr", False, given
    yield names.EMISSIONS, "Mt CO2/yr", False, direct.sum("sector")
    for ledger, name in (("purchased_power_co2", "Electricity"), ("hydrogen_power_co2", "Hydrogen")):
        yield f"{names.INDIRECT}|{name}", "Mt CO2/yr", False, dataset["ledger"].sel(ledger_name=ledger, drop=True).sum("sector")


def _intensities(dataset: xr.Dataset) -> Iterator[Variable]:
    """Energy and CO2 a tonne of product, for the whole result only: shares do not add up over places."""
    for sector, (product, part) in names.INTENSITY_OF.items():
        made = output(dataset, product)
        if made is None or sector not in dataset["sector"].values:
            continue
        total = made.sum("region")
        for ledger, name, unit, scale in (
            ("energy_calorific", names.ENERGY_INTENSITY, "EJ/Mt", EJ),
            ("direct_co2", names.EMISSION_INTENSITY, "Mt CO2/Mt", 1.0),
        ):
            level = dataset["ledger"].sel(ledger_name=ledger, sector=sector, drop=True).sum("region") * scale
            yield f"{name}|{part}", unit, True, level / total.where(total > 0)


def _technologies(dataset: xr.Dataset) -> Iterator[Variable]:
    """Output, capacity and additions by technology, all extensions; additions are a year's mean over the period."""
    unit = labelled(dataset, "technology", "technology_unit")
    sector = labelled(dataset, "technology", "technology_sector")
    for technology in map(str, dataset["technology"].values):
        part = names.SECTORS.get(sector[technology], sector[technology].replace("_", " ").title())
        for array, name in (("activity", names.BY_TECHNOLOGY), ("capacity", names.CAPACITY)):
            values = dataset[array].sel(technology=technology, drop=True)
            if float(abs(values).max()) > 0:
                yield f"{name}|{part}|{technology}", unit[technology], False, values
        built = dataset["new_capacity"].sel(technology=technology, drop=True) / dataset["period_length"]
        if float(built.max()) > 0:
            yield f"{names.ADDITIONS}|{part}|{technology}", unit[technology], False, built


def dollars(dataset: xr.Dataset) -> float:
    """USD of 2010 for one unit of the run's money, from the money table of the run; NaN when the table does not reach there.

    1 USD of 2010 = exchange rate of 2010 x deflator of 2010 (money of 2010 to money of the run's price year).
    """
    frame = inputs(dataset, "money")
    if not len(frame):
        return float("nan")
    found = {(str(r["currency"]), str(r["parameter"]), str(r["year"])): float(r["value"]) for r in frame.to_dict("records")}
    price_year = str(dataset.attrs["price_year"])
    currency = str(dataset.attrs["money"]).removesuffix(price_year)
    level = 1.0 if price_year == "2010" else found.get((currency, "deflator", "2010"), float("nan"))
    rate = found.get(("USD", "exchange_rate", "2010"), float("nan"))
    return 1 / (rate * level)


def _prices(dataset: xr.Dataset) -> Iterator[Variable]:
    """The carbon price of rules on all direct CO2 of the whole result, in USD_2010; and the price of each policy."""
    money = dollars(dataset)
    total = None
    for policy, array in policy_prices(dataset).items():
        unit = str(array.attrs["units"])
        yield f"{names.POLICY_PRICE}|{policy}", unit, False, array
        if array.attrs["carbon"]:
            total = array if total is None else total + array
    if total is not None and np.isfinite(money):
        yield names.CARBON_PRICE, "USD_2010/t CO2", True, total * money


def policy_prices(dataset: xr.Dataset) -> dict[str, xr.DataArray]:
    """Price of every policy with one row a period, (period); attribute ``carbon`` where it holds for all direct CO2.

    A peak's rows date the price of growth between two periods, so they are no price of a tonne and are not counted.
    """
    import yaml

    spec = (yaml.safe_load(str(dataset.attrs["scenario_yaml"])) or {}).get("policies") or {}
    periods = dataset["period"].values.tolist()
    columns = [dataset[f"policy_{name}"].values.tolist() for name in ("id", "component", "period", "price", "price_unit")]
    found: dict[str, dict[int, float]] = {}
    units: dict[str, str] = {}
    for policy, component, period, price, unit in zip(*columns, strict=True):
        if component in ("policy_limit", "policy_charged", "policy_budget") and np.isfinite(price):
            own = found.setdefault(policy, {})
            own[int(period)] = own.get(int(period), 0.0) + float(price)
            units[policy] = unit
    made = {}
    for policy, values in found.items():
        array = xr.DataArray([values.get(p, 0.0) for p in periods], {"period": periods}, ("period",))
        array.attrs = {"units": units[policy], "carbon": _whole_carbon(spec.get(policy, {}))}
        made[policy] = array
    return made


def _whole_carbon(policy: dict[str, Any]) -> bool:
    """Is this a rule on direct CO2 of everything, in money a tonne?"""
    indicator = policy.get("indicator") or {}
    narrowed = any(part.get(key) for part in (policy, indicator) for key in ("location", "sectors", "technologies"))
    upper = policy.get("sense", "upper") == "upper" and policy.get("kind", "absolute") != "intensity"
    return indicator.get("quantity") == "direct_co2" and upper and not narrowed

