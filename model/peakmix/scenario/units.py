"""Natural units of indicators, and the conversion of stated quantities to them."""

from __future__ import annotations

from peakmix.foundation.units import UnitError, convert_factor, million
from peakmix.scenario.against import TableSet
from peakmix.scenario.fields import Quantity
from peakmix.scenario.indicators import Indicator

CARBON = ("direct_co2", "purchased_power_co2", "purchased_heat_co2", "hydrogen_power_co2", "co2", "pollutant")


def natural_unit(indicator: Indicator, dataset: TableSet) -> str:
    """Natural unit of an indicator without its million and its year: t, GJ, MWh, ...

    Raises
    ------
    UnitError
        When the commodities or technologies of the indicator do not share one unit, or none is named.
    """
    if indicator.sum is not None:
        return natural_unit(indicator.sum[0].indicator, dataset)
    if indicator.quantity in CARBON:
        return "t"
    if indicator.quantity == "energy":
        return "GJ"
    frame = dataset.tables["commodities"]
    unit_of = dict(zip(frame["commodity"], frame["unit"], strict=True))
    named = indicator.commodity or _products(indicator, dataset)
    units = {str(unit_of[name]) for name in named if name in unit_of}
    if len(units) != 1:
        raise UnitError(
            f"{indicator.quantity} needs commodities or technologies of one unit; here {sorted(units) or 'none'}"
        )
    return units.pop()


def _products(indicator: Indicator, dataset: TableSet) -> list[str]:
    """Products of the indicator's technologies and sectors."""
    frame, groups = dataset.tables["technologies"], dataset.tables["technology_groups"]
    if indicator.technologies is not None:
        wanted = {*indicator.technologies, *groups.loc[groups["group"].isin(indicator.technologies), "technology"]}
        frame = frame[frame["technology"].isin(wanted)]
    if indicator.sectors is not None:
        frame = frame[frame["sector"].isin(indicator.sectors)]
    return [str(product) for product in frame["product"]]


def annual_unit(indicator: Indicator, dataset: TableSet) -> str:
    """Unit that the model counts an indicator in: Mt/yr, PJ/yr, TWh/yr."""
    return f"{million(natural_unit(indicator, dataset))}/yr"


def in_unit(quantity: Quantity, unit: str, dataset: TableSet) -> float:
    """A stated quantity in a unit; without a unit of its own it already is.

    Raises
    ------
    UnitError
        When the units do not convert.
    """
    return (
        quantity.value
        if quantity.unit is None
        else quantity.value * convert_factor(quantity.unit, unit, dataset.prices)
    )
