"""Prices from duals: divided by the weight in force, dated, signed (design rule 3.9).

    annual  dual / D_p         one-off  dual / d_p         accumulated  dual n_p / D_p

A balance's price is signed, positive = scarce. The price of an inequality is what relaxing it by one natural unit
saves, never below zero. Base-period rows carry no price, and a weight of zero gives none either: both are NaN.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from peakmix.foundation.vocabulary import Weight
from peakmix.parameters.container import Parameters
from peakmix.results.extract import Index, Labels, dense, span_of
from peakmix.solve.program import FloatArray, LinearProgram
from peakmix.solve.solution import Solution


def weight(parameters: Parameters, kind: Weight, period: int) -> float:
    """What a dual of a row of this kind and period is divided by; NaN where there is no price."""
    horizon = parameters.horizon
    if kind == "none" or period == horizon.base:
        return float("nan")
    if kind == "one_off":
        found = float(parameters["investment_weight"][period,])
    else:
        found = float(parameters["operating_weight"][period,])
        found = found / horizon.n(period) if kind == "period_total" else found
    return found if found > 0 else float("nan")


def period_weights(parameters: Parameters, kind: Weight, periods: Sequence[object]) -> FloatArray:
    """Weights of a list of periods."""
    found = {period: weight(parameters, kind, period) for period in parameters.horizon}
    return np.array([found[int(str(period))] for period in periods])


def clean(prices: FloatArray) -> FloatArray:
    """Prices without negative zeros."""
    return np.asarray(prices + 0.0)


def balance_prices(
    parameters: Parameters, lp: LinearProgram, solution: Solution, dims: Sequence[Labels]
) -> FloatArray:
    """Prices of commodities, money per natural unit, shape (region, commodity, period); NaN without a balance."""
    return _dated(parameters, lp, solution, "balance", "annual", dims, 1.0)


def capacity_rents(
    parameters: Parameters, lp: LinearProgram, solution: Solution, dims: Sequence[Labels]
) -> FloatArray:
    """Rents of capacity, money per unit of yearly output, shape (region, technology, period); NaN without the row."""
    return _dated(parameters, lp, solution, "capacity_limit", "annual", dims, -1.0)


def _dated(
    parameters: Parameters,
    lp: LinearProgram,
    solution: Solution,
    component: str,
    kind: Weight,
    dims: Sequence[Labels],
    sign: float,
) -> FloatArray:
    span = span_of(lp.rows, component)
    keys: list[Index] = lp.rows.members[span]
    weights = period_weights(parameters, kind, [key[-1] for key in keys])
    return dense(keys, clean(sign * solution.row_dual[span] / weights), dims, fill=float("nan"))


def entry_gaps(parameters: Parameters, lp: LinearProgram, solution: Solution, dims: Sequence[Labels]) -> FloatArray:
    """Least fall of the capital cost that would make new capacity worth building, money per unit of capacity.

    The reduced cost divided by what one unit of capital cost is charged (weight, horizon share and hurdle included).
    Shape (region, technology, period); zero where it is built, NaN where it may not be or costs no capital.
    """
    span = span_of(lp.cols, "new_capacity")
    keys: list[Index] = lp.cols.members[span]
    hurdle = parameters.values.get("hurdle_charge", {})
    charge = np.array([float(parameters["capital_charge"][key]) + float(hurdle.get(key, 0.0)) for key in keys])
    cost = np.array([float(parameters["overnight_cost"][key]) for key in keys])
    with np.errstate(divide="ignore", invalid="ignore"):
        gaps = np.where((charge > 0) & (cost > 0), solution.col_dual[span] * cost / charge, np.nan)
    return dense(keys, clean(gaps), dims, fill=float("nan"))
