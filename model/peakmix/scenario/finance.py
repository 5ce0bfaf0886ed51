"""The block of finance: own funds a year and loan lines for new capacity."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from peakmix.scenario.fields import Amount, AmountSeries, Block, Count, Name, NotNegative, Selection, Share
from peakmix.scenario.policy_base import Dated


class LoanLine(Block):
    """A loan line: level debt service over ``tenor`` years after the year of drawing, at ``rate`` a year.

    ``ceiling`` bounds all draws of the horizon, in millions of money; ``share`` is the part of an investment that the line may
    cover; ``technologies`` says which investments are eligible, all of the policy's scope unless stated.
    """

    rate: NotNegative
    tenor: Count
    ceiling: Amount | None = None
    share: Share = 1.0
    technologies: Selection = None


class FinancePolicy(Dated):
    """Investment in new capacity is paid from own funds and loans; debt service comes out of own funds.

    ``own_funds`` are millions of money a year; left out, they are not limited. Debt is served whether the plant still
    runs or not.
    """

    instrument: Literal["finance"]
    own_funds: AmountSeries | None = None
    between: Literal["linear", "step"] = "linear"
    lines: dict[Name, LoanLine] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        """Own funds, a line, or both."""
        if self.own_funds is None and not self.lines:
            raise ValueError("finance states own_funds, lines or both")
        return self
