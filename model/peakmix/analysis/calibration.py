"""Calibration: the base year computed from activity alone, beside the statistics of ``calibration.csv``.

Activity of the base period is held at statistics; energy, emissions and scrap follow from the recipes and are compared
here, never constrained (design 3.4). A row is a match when |computed / statistic - 1| <= its tolerance.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from peakmix.analysis.gross_flows import by_products, own_outputs
from peakmix.analysis.route_energy import route_energy
from peakmix.analysis.solved_period import SolvedPeriod, Values
from peakmix.foundation.errors import InputError
from peakmix.foundation.units import UnitError, convert_factor, million
from peakmix.parameters.container import Parameters
from peakmix.parameters.context import Context
from peakmix.tables.dataset import DataSet

MATCH, MISS = "match", "miss"
NOT_MODELLED, NOT_RESOLVED = "not modelled", "not resolved"
LEDGERS = ("direct_co2", "SO2", "NOx", "PM", "PFC_physical", "PFC_compliance")
NUMBERS = ("computed", "statistic", "low", "high", "difference", "tolerance")
COLUMNS = (
    "quantity", "sector", "location", "year", "commodity", "unit", *NUMBERS, "verdict", "in_band", "source", "grade",
    "note",
)  # fmt: skip
ZERO = 1e-9
"""Size below which a statistic counts as zero."""


def calibrate(context: Context, parameters: Parameters, values: Values) -> pd.DataFrame:
    """Compare a solved base period with the statistics.

    Parameters
    ----------
    context:
        Tables and structure of the derivation; the table ``calibration`` holds the statistics.
    parameters:
        Derived elements of the solved structure; its horizon has a base period.
    values:
        Value of every variable by component name and index.

    Returns
    -------
    One row a statistic, with the columns ``COLUMNS``; computed, statistic, low and high in the unit of the statistic.
    ``verdict`` is match, miss, not modelled (no technology of it takes part) or not resolved (the place is cut by the
    resolution); ``in_band`` tells whether computed lies between low and high.

    Raises
    ------
    InputError
        When a row names what the data set does not know, or its unit does not fit.
    """
    period = parameters.horizon.base
    if period is None:
        raise ValueError("the horizon has no base period")
    data = context.dataset
    solved = SolvedPeriod(parameters, values, period, own_outputs(context, parameters), by_products(context))
    frame = data["calibration"]
    rows = [_compare(data, solved, position, row) for position, row in enumerate(frame.to_dict("records"))]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def misses(table: pd.DataFrame) -> pd.DataFrame:
    """Rows outside their tolerance, largest difference first."""
    wrong = table[table["verdict"] == MISS]
    return wrong.reindex(wrong["difference"].abs().sort_values(ascending=False, kind="stable").index)


def _compare(data: DataSet, solved: SolvedPeriod, position: int, row: dict[Any, Any]) -> dict[str, Any]:
    """One row of the comparison."""
    found = {name: row[name] for name in ("quantity", "sector", "location", "year", "source", "grade")}
    found |= {"commodity": row["commodity"] or "", "unit": row["unit"], "note": row["note"] or ""}
    found |= {"statistic": row["value"], "low": row["low"], "high": row["high"], "tolerance": row["tolerance"]}
    _known(data, position, row["sector"])
    technologies, regions = solved.technologies(row["sector"]), solved.regions(row["location"])
    computed = float("nan")
    if not technologies:
        verdict = NOT_MODELLED
    elif not regions:
        verdict = NOT_RESOLVED
    else:
        number, unit = _quantity(data, solved, position, row, regions, technologies)
        computed = number * _factor(data, position, unit, row["unit"])
        verdict = ""
    statistic = float(row["value"])
    difference = computed / statistic - 1 if statistic > ZERO else (0.0 if abs(computed) <= ZERO else np.inf)
    if not verdict:
        verdict = MATCH if abs(difference) <= row["tolerance"] + ZERO else MISS
    in_band = bool(row["low"] - ZERO <= computed <= row["high"] + ZERO)
    compared = verdict in (MATCH, MISS)
    difference = difference if compared else float("nan")
    return found | {"computed": computed, "difference": difference, "verdict": verdict, "in_band": in_band}


def _known(data: DataSet, position: int, name: str) -> None:
    """The name is a sector, group or technology of the data set; an error when not."""
    sectors = set(data["technologies"]["sector"])
    if name not in sectors and name not in data.groups:
        place = data.place("calibration", position, "sector")
        fix = "name a sector with technologies, a technology group or a technology"
        raise InputError("calibration counts technologies that are known", place=place, fix=fix)


def _factor(data: DataSet, position: int, unit: str, wanted: str) -> float:
    """Factor from the unit of what is computed to that of the statistic."""
    try:
        return convert_factor(unit, wanted)
    except UnitError as error:
        place = data.place("calibration", position, "unit")
        raise InputError(f"the statistic is in {unit}: {error}", place=place, fix=f"write it in {unit}") from None


def _quantity(
    data: DataSet, solved: SolvedPeriod, position: int, row: dict[Any, Any], regions: Sequence[str], technologies: Any
) -> tuple[float, str]:
    """Number and unit of what a row asks for."""
    quantity, commodity = row["quantity"], row["commodity"]
    if quantity in LEDGERS:
        return solved.ledger(quantity, regions, technologies), "Mt/yr"
    if quantity == "power_co2":
        return solved.power_co2(regions, technologies), "Mt/yr"
    if quantity in ("use", "output_ratio", "heat_intensity") and not commodity:
        place = data.place("calibration", position, "commodity")
        raise InputError(f"{quantity} counts one commodity", place=place, fix="fill the cell commodity")
    if quantity == "use":
        return solved.gross_use(regions, technologies, commodity), f"{million(solved.unit(commodity))}/yr"
    per = commodity if quantity in ("output", "energy_intensity", "route_energy") else None
    product = _product(data, solved, position, technologies, per)
    output, unit = solved.produced(regions, technologies, product), solved.unit(product)
    if quantity == "output":
        return output, f"{million(unit)}/yr"
    if quantity == "route_energy":
        return route_energy(solved, regions, technologies, product), f"GJ/{unit}"
    if quantity == "energy_intensity":
        return _ratio(solved.ledger("energy_calorific", regions, technologies), output), f"GJ/{unit}"
    if quantity == "output_ratio":
        sectors = {solved.parameters.facts["sector"][t] for t in technologies}
        made = solved.produced(regions, [t for s in sorted(sectors) for t in solved.technologies(s)], commodity)
        return _ratio(made, output), f"{solved.unit(commodity)}/{unit}"
    counted = [commodity] if commodity else _electricity(solved)
    taken = sum(solved.gross_use(regions, technologies, name) for name in counted)
    return _ratio(taken, output), f"{solved.unit(counted[0])}/{unit}"


def _product(
    data: DataSet, solved: SolvedPeriod, position: int, technologies: Sequence[str], named: str | None
) -> str:
    """The product that output is counted in: the named one, or the one product of all technologies."""
    if named:
        return named
    products = solved.products(technologies)
    if len(products) > 1:
        place = data.place("calibration", position, "sector")
        what = f"the technologies counted make one product; these make {', '.join(sorted(products))}"
        raise InputError(what, place=place, fix="name a group with one product, or fill the cell commodity")
    return products.pop()


def _electricity(solved: SolvedPeriod) -> list[str]:
    """Commodities that are counted in MWh."""
    return [name for name, facts in solved.parameters.facts["commodities"].items() if facts["unit"] == "MWh"]


def _ratio(above: float, below: float) -> float:
    """Quotient, NaN when nothing is made."""
    return above / below if below > 0 else float("nan")
