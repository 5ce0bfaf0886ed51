"""Periods, discount weights, survival of vintages and annuities.

All formulas are those of design rules 3.1 to 3.3. Years are calendar years; a period has a first year and a length.

Operating weight   D_p = sum_{j<n_p} (1+i)^-(y_p + j - y_0 + h)        years, discounted to y_0
Investment weight  d_p = (1+i)^-(y_p - y_0)                            1
Survival           S[v,p] = mean over the years y of p of the share of vintage v that is alive in y
Annuity share      sigma = sum_{j<min(L, H-y)} (1+i)^-j / sum_{j<L} (1+i)^-j
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from peakmix.parameters.tracing import number


@dataclass(frozen=True)
class Vintage:
    """A cohort of capacity: an existing bracket of building years, or what one period builds.

    ``label`` is "2006-2010" for a bracket and "2031" for the vintage of the period that starts in 2031.
    """

    label: str
    build_from: int
    build_to: int
    existing: bool

    @property
    def build_year(self) -> float:
        """Middle of the building years: the year at which vintage-dependent values are read."""
        return (self.build_from + self.build_to) / 2


@dataclass(frozen=True)
class Horizon:
    """The periods of a run and their weights.

    Parameters
    ----------
    first:
        First year of each period, ascending; the periods follow each other without gaps.
    length:
        Years in each period.
    rate:
        Discount rate i per year.
    timing:
        h in {0, 0.5, 1}: start, middle or end of the year in which operating money moves.
    base:
        First year of the pinned base period, or None.
    salvage:
        "annuity" charges the share of the annuity stream inside the horizon, "none" charges investment whole.
    """

    first: tuple[int, ...]
    length: tuple[int, ...]
    rate: float
    timing: float = 0.5
    base: int | None = None
    salvage: str = "annuity"
    origin: int | None = None
    operating_by_hand: Mapping[int, float] = field(default_factory=dict)
    memory: dict[tuple[object, ...], float] = field(default_factory=dict, compare=False, repr=False)
    """Weights and survival shares already computed: they are asked for tens of thousands of times."""

    @property
    def end(self) -> int:
        """First year after the horizon."""
        return self.first[-1] + self.length[-1]

    @property
    def y0(self) -> int:
        """Year that all money is discounted to."""
        return self.first[0] if self.origin is None else self.origin

    def __iter__(self) -> Iterator[int]:
        return iter(self.first)

    def n(self, period: int) -> int:
        """Length of the period in years."""
        return self.length[self.first.index(period)]

    def years(self, period: int) -> range:
        """Calendar years of the period."""
        return range(period, period + self.n(period))

    def before(self, period: int) -> int | None:
        """The period before, or None."""
        k = self.first.index(period)
        return self.first[k - 1] if k else None

    def upto(self, period: int) -> tuple[int, ...]:
        """All periods up to and with this one."""
        return self.first[: self.first.index(period) + 1]

    def containing(self, year: int) -> int | None:
        """The period that contains a year, or None outside the horizon."""
        return next((p for p in self.first if p <= year < p + self.n(p)), None)

    def operating_weight(self, period: int) -> float:
        """D_p, in discounted years; a weight given by hand wins."""
        if (period,) not in self.memory:
            self.memory[period,] = self._operating_weight(period)
        return self.memory[period,]

    def _operating_weight(self, period: int) -> float:
        if period in self.operating_by_hand:
            return self.operating_by_hand[period]
        return number(sum((1 + self.rate) ** -(y - self.y0 + self.timing) for y in self.years(period)))

    def investment_weight(self, period: int) -> float:
        """d_p, dimensionless."""
        return number((1 + self.rate) ** -(period - self.y0))

    def vintage(self, period: int) -> Vintage:
        """The vintage that a period builds."""
        return Vintage(str(period), period, period, existing=False)


def horizon_of(spec: Any) -> Horizon:
    """The horizon a scenario asks for."""
    periods = [(int(first), int(length)) for first, length in spec.horizon.pairs]
    return Horizon(
        first=tuple(f for f, _ in periods),
        length=tuple(n for _, n in periods),
        rate=spec.horizon.discount_rate,
        timing=spec.horizon.timing,
        base=spec.horizon.base_period,
        salvage=spec.horizon.salvage,
        origin=spec.horizon.price_origin,
        operating_by_hand=dict(spec.weights.operating),
    )


def survival(vintage: Vintage, life: float, period: int, horizon: Horizon) -> float:
    """Share of a vintage alive in a period, in [0, 1].

    New capacity serves from the first year of its period for ``life`` years. An existing bracket was built evenly over its
    years; the stock stated is what stands at the start of the base year, so the share is taken of the units alive then. A
    unit older than its life at that moment stands through the base period and leaves at its end.
    """
    key = (vintage, life, period)
    if key not in horizon.memory:
        horizon.memory[key] = _survival(vintage, life, period, horizon)
    return horizon.memory[key]


def _survival(vintage: Vintage, life: float, period: int, horizon: Horizon) -> float:
    years = horizon.years(period)
    if not vintage.existing:
        return sum(vintage.build_from <= y < vintage.build_from + life for y in years) / len(years)
    floor = horizon.first[0] if horizon.base is None else horizon.base + horizon.n(horizon.base)
    ends = [b + life for b in range(vintage.build_from, vintage.build_to + 1)]
    if horizon.base is not None:
        ends = [max(e, floor) for e in ends]
    standing = [e for e in ends if e > horizon.first[0]]
    if not standing:
        return 0.0
    return sum(e > y for e in standing for y in years) / (len(standing) * len(years))


def recovery_factor(rate: float, life: float) -> float:
    """Capital recovery factor CRF(rate, life), per year: the level end-of-year payment that repays 1."""
    if rate == 0:
        return 1 / life
    return number(rate / (1 - (1 + rate) ** -life))


def charged_share(period: int, life: float, horizon: Horizon) -> float:
    """sigma: share of the annuity stream of an investment in ``period`` that falls before the horizon's end."""
    if horizon.salvage == "none":
        return 1.0
    inside = min(life, horizon.end - period)
    if horizon.rate == 0:
        return inside / life
    shrink = 1 / (1 + horizon.rate)
    return number((1 - shrink**inside) / (1 - shrink**life))


Series = Sequence[tuple[int | None, float]]


def at_year(series: Series, year: float, between: str) -> float:
    """Value of a series in a year: linear between given years and flat outside, or the latest step at or before it.

    A series of one value without a year holds always. ``between`` is "linear", "step" or "none" (one value only).
    """
    if len(series) == 1:
        return series[0][1]
    points = sorted((y, x) for y, x in series if y is not None)
    if year <= points[0][0]:
        return points[0][1]
    for (y1, x1), (y2, x2) in itertools.pairwise(points):
        if year < y2:
            return x1 if between == "step" else x1 + (x2 - x1) * (year - y1) / (y2 - y1)
    return points[-1][1]


def in_period(series: Series, period: int, horizon: Horizon, between: str) -> float:
    """Mean of the yearly values of a period (linear), or the value of its first year (step)."""
    if len(series) == 1:
        return series[0][1]
    if between != "linear":
        return at_year(series, period, between)
    years = horizon.years(period)
    return sum(at_year(series, y, between) for y in years) / len(years)
