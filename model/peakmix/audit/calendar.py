"""Years, weights, annuities and lives of the audit, each by counting years one by one.

Nothing here is a closed formula: a weight is a sum over the years of a period, an annuity a sum of payments, a survival
a count of building years that still stand in a calendar year.

    operating weight   D[p] = sum over the years y of p of (1+i)^-(y - y0 + h)
    investment weight  d[p] = (1+i)^-(first year of p - y0)
    charged share      payments of the annuity before the horizon's end / all payments
    survival           mean over the years of p of the share of the building years whose units stand
"""

from __future__ import annotations

import numpy as np

from peakmix.audit.report import Floats
from peakmix.scenario import Spec


def payments(rate: float, count: float) -> float:
    """Value today of one payment at the start of each of ``count`` years.

    A broken last year counts as that part of a steady stream through the year.
    """
    whole = int(count)
    value = sum((1 + rate) ** -year for year in range(whole))
    part = count - whole
    if part > 0:
        share = part if rate == 0 else (1 - (1 + rate) ** -part) / (1 - 1 / (1 + rate))
        value += share * (1 + rate) ** -whole
    return float(value)


def repayment(rate: float, life: float) -> float:
    """Level payment at the end of each year of ``life`` that repays one unit of money."""
    return (1 + rate) / payments(rate, life)


class Calendar:
    """Periods of a scenario, year by year.

    first, length  (periods) first years and years in each period
    years          (years) all calendar years of the horizon
    end            first year after the horizon
    is_base        (periods) true for the pinned base period
    """

    def __init__(self, spec: Spec) -> None:
        horizon = spec.horizon
        self.first = tuple(int(first) for first, _ in horizon.pairs)
        self.lengths = tuple(int(length) for _, length in horizon.pairs)
        self.length: Floats = np.array(self.lengths, dtype=np.float64)
        self.count = len(self.first)
        self.end = self.first[-1] + self.lengths[-1]
        self.years = np.arange(self.first[0], self.end)
        self.owner = np.repeat(np.arange(self.count), self.lengths)
        self.rate = float(horizon.discount_rate)
        self.salvage = horizon.salvage
        self.base = horizon.base_period
        self.is_base = np.array([first == self.base for first in self.first])
        self.origin = self.first[0] if horizon.price_origin is None else int(horizon.price_origin)
        self.by_hand = {(w.technology, w.period): float(w.weight) for w in spec.weights.investment}
        self.position = {first: k for k, first in enumerate(self.first)}
        self._standing: dict[tuple[int, int, float, bool], Floats] = {}
        self.operating = self._operating(float(horizon.timing), dict(spec.weights.operating))
        self.investment: Floats = np.array([(1 + self.rate) ** -(first - self.origin) for first in self.first])

    def _operating(self, timing: float, by_hand: dict[int, float]) -> Floats:
        """Operating weights D, a year at a time; weights given by hand win."""
        weight = np.zeros(self.count)
        for year, period in zip(self.years.tolist(), self.owner.tolist(), strict=True):
            weight[period] += (1 + self.rate) ** -(year - self.origin + timing)
        for first, value in by_hand.items():
            weight[self.position[first]] = value
        return weight

    def mean(self, yearly: Floats) -> Floats:
        """Means over the years of each period: (years) -> (periods)."""
        return np.bincount(self.owner, weights=yearly, minlength=self.count) / self.length

    def zeros(self) -> Floats:
        """A fresh array (periods)."""
        return np.zeros(self.count)

    def start_of_change(self) -> int:
        """First year in which units older than their life leave: after the base period, else the first year."""
        return self.first[0] if self.base is None else self.base + self.lengths[self.position[self.base]]

    def capital_weight(self, name: str, period: int, life: float) -> float:
        """Weight on money invested in a period: what the annuity pays before the horizon's end, or a weight by hand."""
        if (name, period) in self.by_hand:
            return self.by_hand[name, period]
        weight = float(self.investment[self.position[period]])
        if self.salvage == "none":
            return weight
        return weight * payments(self.rate, min(life, self.end - period)) / payments(self.rate, life)

    def mark_up(self, rate: float, life: float) -> float:
        """How much more than the discount rate's annuity an investor's rate asks for, as a share."""
        return repayment(rate, life) / repayment(self.rate, life) - 1.0

    def survival(self, build_from: int, build_to: int, life: float, existing: bool) -> Floats:
        """Share of a vintage that stands in each period (periods).

        Existing units were built evenly over ``build_from`` to ``build_to``; the share is of those that stand at the
        start. What is past its life then still stands through the base period.
        """
        key = (build_from, build_to, life, existing)
        if key not in self._standing:
            self._standing[key] = self._count(*key)
        return self._standing[key]

    def _count(self, build_from: int, build_to: int, life: float, existing: bool) -> Floats:
        """Count building years (rows) that stand in calendar years (columns)."""
        standing = np.array([[built <= year < built + life for year in self.years] for built in range(build_from, build_to + 1)])
        if not existing:
            return self.mean(standing.mean(axis=0))
        if self.base is not None:
            standing |= self.years < self.start_of_change()
        at_start = int(standing[:, 0].sum())
        return self.mean(standing.sum(axis=0) / at_start) if at_start else self.zeros()


def step(years: Floats, values: Floats, wanted: Floats) -> Floats:
    """Latest value at or before each wanted year; the first value before the first year."""
    place = np.searchsorted(years, wanted, side="right") - 1
    return np.asarray(values[np.maximum(place, 0)], dtype=np.float64)


def straight(years: Floats, values: Floats, wanted: Floats) -> Floats:
    """Straight line between years, flat outside."""
    return np.asarray(np.interp(wanted, years, values), dtype=np.float64)
