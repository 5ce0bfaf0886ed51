"""Loans: what is paid, repaid and left of one unit drawn, year by year, in the money of the model.

Service    S[k] = interest on what is left + principal, at the end of the k-th year after the year of drawing, k = 1 .. tenor
           grace years pay interest only; then level payments, or equal parts of the principal
Currency   a payment of year y on a draw of year q costs x[y] / x[q]:  the debt is kept in the foreign currency
Worth      sum over k of S[k] x[q+k]/x[q] (1+i)^-k                      present value in the year of drawing
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

from peakmix.parameters.time import Horizon, recovery_factor

Rate = Callable[[int], float]
"""Money of the model for one unit of the currency, by calendar year."""


@dataclass(frozen=True)
class Schedule:
    """Payments on one unit of the currency drawn, in the currency.

    ``paid`` and ``repaid`` (tenor,) are debt service and its part of principal at the end of year k = 1, 2, ...
    """

    rate: float
    tenor: int
    grace: int = 0
    repayment: str = "annuity"

    @cached_property
    def _years(self) -> list[tuple[float, float]]:
        left, years = 1.0, []
        level = recovery_factor(self.rate, self.tenor - self.grace)
        for k in range(1, self.tenor + 1):
            interest = self.rate * left
            if k <= self.grace:
                principal = 0.0
            elif self.repayment == "annuity":
                principal = level - interest
            else:
                principal = 1 / (self.tenor - self.grace)
            years.append((interest + principal, principal))
            left -= principal
        return years

    @property
    def paid(self) -> list[float]:
        """Debt service of each year."""
        return [paid for paid, _ in self._years]

    @property
    def repaid(self) -> list[float]:
        """Principal repaid in each year."""
        return [principal for _, principal in self._years]

    def left(self, years: int) -> float:
        """Principal left after so many years."""
        return 0.0 if years >= self.tenor else 1.0 - sum(self.repaid[: max(0, years)])


@dataclass(frozen=True)
class Loan:
    """A schedule drawn in the first year of a period, in the money of the model."""

    schedule: Schedule
    drawn: int
    exchange: Rate

    def _at(self, year: int) -> float:
        return self.exchange(year) / self.exchange(self.drawn)

    def worth(self, discount: float) -> float:
        """Present value of the whole debt service in the year of drawing."""
        paid = enumerate(self.schedule.paid, start=1)
        return sum(x * self._at(self.drawn + k) * (1 + discount) ** -k for k, x in paid)

    def mean(self, amounts: list[float], period: int, horizon: Horizon) -> float:
        """Mean over the years of a period of amounts that fall in the years after drawing; money a year."""
        years = [y for y in horizon.years(period) if self.drawn < y <= self.drawn + len(amounts)]
        return sum(amounts[y - self.drawn - 1] * self._at(y) for y in years) / horizon.n(period)

    def left(self, period: int, horizon: Horizon) -> float:
        """Debt at the end of a period, at the exchange rate of its last year."""
        last = horizon.years(period)[-1]
        return self.schedule.left(last - self.drawn) * self._at(last)

    def pays_in(self, period: int, horizon: Horizon) -> bool:
        """Does any year of the period carry debt service?"""
        return any(self.drawn < y <= self.drawn + self.schedule.tenor for y in horizon.years(period))
