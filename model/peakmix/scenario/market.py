"""The block of an allowance market: who gets allowances, and what may be done with them."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from peakmix.scenario.fields import Amount, AmountSeries, Block, Flag, Name, Share
from peakmix.scenario.indicators import Indicator
from peakmix.scenario.policy_base import Dated


class Allocation(Block):
    """Free allowances: ``benchmark`` per unit of ``output`` (an indicator of quantity output), or an ``amount`` a year.

    An amount names its ``location`` where the market keeps accounts by place.
    """

    benchmark: AmountSeries | None = None
    output: Indicator | None = None
    amount: AmountSeries | None = None
    location: Name | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        """A benchmark with its output, or an amount."""
        if (self.benchmark is None) == (self.amount is None):
            raise ValueError("an allocation is either a benchmark or an amount")
        if (self.benchmark is None) != (self.output is None):
            raise ValueError("benchmark and output go together")
        if self.output is not None and any(leaf.quantity != "output" for _, leaf in self.output.leaves()):
            raise ValueError("a benchmark multiplies an indicator of quantity output")
        if self.output is not None and self.location is not None:
            raise ValueError("the location of a benchmark stands in its output")
        return self


class Offsets(Block):
    """Credits from outside the market: their price, and the share of emissions they may cover."""

    price: AmountSeries
    quota: Share


class MarketPolicy(Dated):
    """Allowances: emissions are covered by free allocation, banked and borrowed allowances, trade, offsets and a collar.

    ``accounts: one`` keeps one account for the whole scope, ``place`` one for each region, with trade between them.
    ``opening`` is what is in the accounts at the start, by place. ``banking_limit`` and ``borrowing_limit`` bound each
    account at the end of a period; nothing is owed at the end of the last one. ``ceiling``: the authority sells at that
    price without limit; ``floor``: it buys at that price. Values by year are means over the period, unless ``between``
    says step.
    """

    instrument: Literal["market"]
    indicator: Indicator = Indicator(quantity="direct_co2")
    between: Literal["linear", "step"] = "linear"
    accounts: Literal["one", "place"] = "one"
    allocation: Annotated[tuple[Allocation, ...], Field(min_length=1)]
    opening: dict[Name, Amount] = Field(default_factory=dict)
    banking: Flag = True
    banking_limit: Amount | None = None
    borrowing: Flag = False
    borrowing_limit: Amount | None = None
    offsets: Offsets | None = None
    floor: AmountSeries | None = None
    ceiling: AmountSeries | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Limits only on what is allowed; amounts have a place where accounts do."""
        if self.banking_limit is not None and not self.banking:
            raise ValueError("banking_limit needs banking: true")
        if self.borrowing_limit is not None and not self.borrowing:
            raise ValueError("borrowing_limit needs borrowing: true")
        if self.accounts == "place" and any(a.amount is not None and a.location is None for a in self.allocation):
            raise ValueError("with accounts by place an amount names its location")
        return self
