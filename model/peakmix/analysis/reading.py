"""Reading a result file as tables: long frames with units, places of a scope, and the inputs the run was made from."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.foundation.errors import UsageError
from peakmix.foundation.units import fill
from peakmix.parameters.time import Horizon, Series, in_period

TCE = 29.3076
"""GJ in a tonne of coal equivalent."""
UNIT_DIMS = ("technology", "commodity", "market", "measure_host", "conversion_id")
Content = dict[str, np.ndarray]


def long_table(dataset: xr.Dataset, name: str, drop_zero: bool = False) -> pd.DataFrame:
    """One array as rows: its dimensions, ``value`` and ``unit``."""
    array = known(dataset, name)
    frame = array.to_series().rename("value").reset_index() if array.dims else pd.DataFrame({"value": [float(array)]})
    frame = frame[[*map(str, array.dims), "value"]]
    frame["unit"] = units_of(dataset, array, frame)
    return frame[frame["value"].abs() > 0].reset_index(drop=True) if drop_zero else frame


def known(dataset: xr.Dataset, name: str) -> xr.DataArray:
    """An array of a result; UsageError names the others when there is none of that name."""
    if name not in dataset:
        raise UsageError(f"the result has no {name}", fix=f"name one of {', '.join(sorted(map(str, dataset.data_vars)))}")
    return dataset[name]


def units_of(dataset: xr.Dataset, array: xr.DataArray, frame: pd.DataFrame) -> pd.Series:
    """Unit of every row of a long table, from the array's attributes and the coordinates beside its dimensions."""
    if "units" in array.attrs:
        return pd.Series(array.attrs["units"], index=frame.index)
    where = str(array.attrs.get("units_by", ""))
    if where not in dataset:
        return pd.Series("", index=frame.index)
    dim = str(dataset[where].dims[0])
    units = dict(zip(dataset[dim].values.tolist(), dataset[where].values.tolist(), strict=True))
    template = str(array.attrs.get("units_template", "M{product}/yr"))
    if where.removesuffix("_unit") in UNIT_DIMS and not template.startswith("M"):
        money = str(dataset.attrs["money"])
        units = {k: fill(template, dict.fromkeys(("product", "commodity"), natural(u)), money) for k, u in units.items()}
    return frame[dim].map(units)


def natural(unit: str) -> str:
    """Natural unit behind a yearly unit of millions: Mt/yr -> t, PJ/yr -> GJ, TWh/yr -> MWh."""
    plain = unit.removesuffix("/yr")
    return {"PJ": "GJ", "TWh": "MWh", "Mt": "t"}.get(plain, plain.removeprefix("M"))


def places(dataset: xr.Dataset, region: str | Iterable[str] | None) -> list[str]:
    """Regions of a scope, all of them for None; UsageError for one that the result does not have."""
    have = [str(name) for name in dataset["region"].values]
    if region is None:
        return have
    wanted = [region] if isinstance(region, str) else list(region)
    for name in wanted:
        if name not in have:
            raise UsageError(f"the result has no region {name!r}", fix=f"name one of {', '.join(have)}")
    return wanted


def named(dataset: xr.Dataset, dim: str, name: str) -> str:
    """A label of a dimension; UsageError names the known ones when it is none."""
    have = [str(label) for label in dataset[dim].values]
    if name not in have:
        raise UsageError(f"the result has no {dim} {name!r}", fix=f"name one of {', '.join(have)}")
    return name


def horizon_of(dataset: xr.Dataset) -> Horizon:
    """Periods of a result. Its weights are those stored in the file, not those of this object."""
    base = int(dataset.attrs["base_period"]) or None
    first, length = dataset["period"].values.tolist(), dataset["period_length"].values.tolist()
    return Horizon(tuple(first), tuple(length), float(dataset.attrs["discount_rate"]), base=base)


def inputs(dataset: xr.Dataset, table: str | None = None) -> pd.DataFrame:
    """The inputs of the run: table, value, unit, low, high, source, grade, note, and a column for every key of the table.

    Key cells that are blank in the tables, which mean all, are empty texts.
    """
    names = ("table", "key", "value", "unit", "low", "high", "source", "grade", "note")
    frame = pd.DataFrame({name: dataset[f"input_{name}"].values for name in names})
    if table is None:
        return frame
    frame = frame[frame["table"] == table].reset_index(drop=True)
    parsed = [dict(part.split("=", 1) for part in str(key).split("; ") if part) for key in frame["key"]]
    keys = pd.DataFrame(parsed, index=frame.index).fillna("")
    return pd.concat([keys, frame.drop(columns="key")], axis=1)


def series_by(frame: pd.DataFrame, keys: Iterable[str]) -> dict[tuple[str, ...], Series]:
    """Series of (year or None, value) by key; columns that the table does not fill are empty."""
    columns = [frame[k] if k in frame else pd.Series("", index=frame.index) for k in keys]
    years = frame["year"] if "year" in frame else pd.Series("", index=frame.index)
    found: dict[tuple[str, ...], list[tuple[int | None, float]]] = defaultdict(list)
    for *key, year, value in zip(*columns, years, frame["value"], strict=True):
        found[tuple(map(str, key))].append((int(year) if year else None, float(value)))
    return {key: tuple(values) for key, values in found.items()}


def by_period(dataset: xr.Dataset, series: Series) -> np.ndarray:
    """Means of the yearly values of a series over each period, shape (period,)."""
    horizon = horizon_of(dataset)
    return np.array([in_period(series, p, horizon, "linear") for p in horizon], dtype=float)


def contents(dataset: xr.Dataset, name: str) -> Content:
    """A property of commodities from the inputs of the run: commodity -> values of shape (period,).

    ``coal_equivalent`` follows from energy_content where the tables state none, at 29.3076 GJ a tce.
    """
    frame = inputs(dataset, "commodity_properties")
    found = {}
    for (commodity, stated), series in series_by(frame, ("commodity", "property")).items():
        if stated == name:
            found[commodity] = by_period(dataset, series)
    if name == "coal_equivalent":
        return {c: x / TCE for c, x in contents(dataset, "energy_content").items()} | found
    return found


def labelled(dataset: xr.Dataset, dim: str, beside: str) -> Mapping[str, str]:
    """A coordinate beside a dimension, by label."""
    return dict(zip(map(str, dataset[dim].values), map(str, dataset[beside].values), strict=True))


def ranked_slopes(dataset: xr.Dataset, most: int = 100) -> pd.DataFrame | None:
    """The inputs that the optimum hangs on, by |slope| x (high - low); None when the result holds no slopes.

    Returns
    -------
    rank, table, key, value, low, high, unit, grade, source, slope, effect, change_low, change_high (not solved: not a number)
    """
    if "input_slope" not in dataset:
        return None
    names = ("table", "key", "value", "low", "high", "unit", "grade", "source", "slope")
    frame = pd.DataFrame({name: dataset[f"input_{name}"].values for name in names})
    frame["key"] = [" ".join(cell.partition("=")[2] for cell in str(key).split("; ")) for key in frame["key"]]
    frame["effect"] = frame["slope"].abs() * (frame["high"] - frame["low"])
    frame = frame[frame["effect"] > 0].sort_values("effect", ascending=False, kind="stable", ignore_index=True).head(most)
    frame.insert(0, "rank", np.arange(1, len(frame) + 1))
    return frame.assign(change_low=np.nan, change_high=np.nan)
