"""Stranded value: what is left of the annuities of capacity that is closed early, in money of the year of closing.

    stranded = R / S  x  c  x  P(years left) / P(L)       P(n) = sum over j < n of (1+i)^-j, the worth of n yearly payments

R / S is closed capacity as it was built, c what one unit of the vintage cost: for what the model builds the mean of its new
capacity, renewals and conversions with a new clock; for what stands at the start the capital cost of its year of building in the
tables, over the units that stood then, whose ends differ. Years left run from the first year of the period of closing.
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from peakmix.parameters.container import Key, Parameters
from peakmix.parameters.time import Vintage
from peakmix.results.extract import values
from peakmix.solve.program import LinearProgram
from peakmix.solve.solution import Solution

Cells = dict[tuple[str, str, int], float]
SMALL = 1e-9
"""Closures below this are rounding."""


def stranded(parameters: Parameters, lp: LinearProgram, solution: Solution) -> tuple[Cells, Cells]:
    """Of capacity that the model built, and of what stood at the start: by (region, technology, period), million money.

    Standing capacity whose technology has no capital cost has the value NaN.
    """
    cost = _unit_costs(parameters, lp, solution)
    built: Cells = defaultdict(float)
    standing: Cells = defaultdict(float)
    for (region, technology, label, period), closed in values(lp, solution, "early_retirement").items():
        if closed <= SMALL:
            continue
        key = (str(region), str(technology), str(label))
        cell = (key[0], key[1], int(str(period)))
        original = closed / float(parameters["alive"][*key, period])
        if key in parameters.facts["existing"]:
            price = float(parameters.values.get("book_cost", {}).get(key, np.nan))
            vintage = next(v for v in parameters.vintages[key[:2]] if v.label == key[2])
            standing[cell] += original * price * _standing_share(parameters, vintage, key, cell[2])
        else:
            left = int(key[2]) + float(parameters["lifetime"][key]) - cell[2]
            built[cell] += original * cost[key[0], key[1], int(key[2])] * _left_share(parameters, left, key)
    return dict(built), dict(standing)


def _unit_costs(parameters: Parameters, lp: LinearProgram, solution: Solution) -> dict[tuple[str, str, int], float]:
    """Money for one unit that entered, by (region, technology, period), not discounted."""
    money: dict[Key, float] = defaultdict(float)
    entered: dict[Key, float] = defaultdict(float)
    for key, amount in values(lp, solution, "new_capacity").items():
        money[key] += amount * float(parameters["overnight_cost"][key])
        entered[key] += amount
    conversions = parameters.facts["conversion"]
    for component in ("renewal", "conversion"):
        for index, amount in values(lp, solution, component).items():
            _, target, _, clock = conversions[index[1]]
            if component == "renewal" or clock == "reset":
                own, cell = (index[0], index[1], index[-1]), (index[0], target, index[-1])
                money[cell] += amount * float(parameters["conversion_cost"][own])
                entered[cell] += amount * float(parameters.get("conversion_ratio", own, 1.0))
    return {key: money[key] / total for key, total in entered.items() if total > SMALL}


def _worth(rate: float, years: float) -> float:
    """Worth of yearly payments, the first one now."""
    if years <= 0:
        return 0.0
    return years if rate == 0 else (1 - (1 + rate) ** -years) / (1 - 1 / (1 + rate))


def _left_share(parameters: Parameters, left: float, key: tuple[str, str, str]) -> float:
    """Payments that are left over all payments."""
    rate = parameters.horizon.rate
    return _worth(rate, left) / _worth(rate, float(parameters["lifetime"][key]))


def _standing_share(parameters: Parameters, vintage: Vintage, key: tuple[str, str, str], period: int) -> float:
    """Mean of the payments left over the units that stood at the start."""
    horizon, life = parameters.horizon, float(parameters["lifetime"][key])
    floor = horizon.first[0] if horizon.base is None else horizon.base + horizon.n(horizon.base)
    shares = []
    for year in range(vintage.build_from, vintage.build_to + 1):
        end = year + life if horizon.base is None else max(year + life, floor)
        if end > horizon.first[0]:
            shares.append(_left_share(parameters, year + life - period, key))
    return sum(shares) / len(shares)
