"""The block of an allowance market: who gets allowances, and what may be done with them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from peakmix.scenario.fields import ALWAYS, Amount, AmountSeries, Block, Flag, Name, NotNegative, Quantity, Selection, Share
from peakmix.scenario.indicators import Indicator
from peakmix.scenario.policy_base import Dated

BAND_QUANTITIES = ("direct_co2", "pollutant")
"""Quantities that a single plant has; what is bought stands beside the plants."""


NUMBER = "number"
"""Mark of a number, or of a series of numbers, in the structure of a block."""


def structure(block: Any) -> Any:
    """A block with its numbers and series replaced by a mark: what is left decides which rows there are."""
    if isinstance(block, Indicator):
        return block.model_dump(mode="json")
    if isinstance(block, Block) and not isinstance(block, Quantity):
        return {name: structure(getattr(block, name)) for name in type(block).model_fields}
    if isinstance(block, Mapping):
        dated = any(isinstance(key, int) for key in block)
        return NUMBER if dated else {key: structure(value) for key, value in block.items()}
    if isinstance(block, tuple):
        return [structure(part) for part in block]
    return NUMBER if isinstance(block, Quantity | float) else block


def always(number: float) -> AmountSeries:
    """A series that holds one number in every year."""
    return {ALWAYS: Quantity(value=number)}


class Band(Block):
    """Allowances close to verified emissions: a plant of intensity e is given ``e (1 + a)`` per unit of output.

    ``a = slope (balance - e) / balance``, kept within ``-clamp`` and ``+clamp``. ``balance`` is an intensity, per unit of the main
    output of the ``technologies``. ``attributed``: emissions that other technologies book belong to the plant, so much per
    unit of a commodity that the plant takes in or gives away; ``through`` names the technologies that book them. A clamp of
    0 gives what is emitted. Default slope and clamp: China's national market for steel, cement and aluminium from 2025 on.
    """

    technologies: Selection
    balance: AmountSeries
    slope: AmountSeries = always(0.15)
    clamp: AmountSeries = always(0.03)
    attributed: dict[Name, AmountSeries] = Field(default_factory=dict)
    through: Selection = None

    @model_validator(mode="after")
    def _signs(self) -> Self:
        """Technologies are named; intensities above zero, slope and clamp not below it."""
        if self.technologies is None:
            raise ValueError("a band names its technologies")
        if any(q.value <= 0 for q in self.balance.values()):
            raise ValueError("the balance of a band lies above zero")
        if any(q.value < 0 for series in (self.slope, self.clamp) for q in series.values()):
            raise ValueError("slope and clamp of a band are not below zero")
        if self.through is not None and not self.attributed:
            raise ValueError("through needs attributed: the commodities whose emissions belong to the plant")
        return self


class Allocation(Block):
    """Free allowances: ``benchmark`` per unit of ``output`` (an indicator of quantity output), a ``band``, or an ``amount`` a year.

    An amount names its ``location`` where the market keeps accounts by place. ``tightening`` is a factor by year on the
    benchmark, on the amount, or on the balance of the band.
    """

    benchmark: AmountSeries | None = None
    output: Indicator | None = None
    amount: AmountSeries | None = None
    band: Band | None = None
    location: Name | None = None
    tightening: AmountSeries | None = None

    @model_validator(mode="after")
    def _one_kind(self) -> Self:
        """A benchmark with its output, a band, or an amount."""
        if sum(kind is not None for kind in (self.benchmark, self.amount, self.band)) != 1:
            raise ValueError("an allocation is either a benchmark or an amount or a band")
        if (self.benchmark is None) != (self.output is None):
            raise ValueError("benchmark and output go together")
        if self.output is not None and any(leaf.quantity != "output" for _, leaf in self.output.leaves()):
            raise ValueError("a benchmark multiplies an indicator of quantity output")
        if self.output is not None and self.location is not None:
            raise ValueError("the location of a benchmark stands in its output")
        if self.band is not None and self.location is not None:
            raise ValueError("a band holds wherever the market does")
        return self


class Offsets(Block):
    """Credits from outside the market: their price, and the share of emissions they may cover."""

    price: AmountSeries
    quota: Share


class Auction(Block):
    """Allowances that the authority sells: at most ``amount`` a year at the price of the market, none below ``reserve``.

    What nobody buys at the reserve stays with the authority. Free allocation is lowered by hand, or by its tightening.
    """

    amount: AmountSeries
    reserve: AmountSeries = always(0.0)


class Lending(Block):
    """Allowances lent by a carbon bank: ``interest`` a year on what is owed at the end of a period, due in the next.

    ``paid_in: money`` charges interest x ask price, ``allowances`` are paid into the bank's inventory. ``limit`` bounds what
    one account owes; nothing is owed at the end of the last period.
    """

    interest: AmountSeries
    paid_in: Literal["money", "allowances"] = "money"
    limit: Amount | None = None


class CarbonBank(Block):
    """An institution that buys allowances at ``bid``, sells them at ``ask``, and may lend what it holds.

    ``opening`` is its inventory at the start, ``limit`` the largest at the end of a period. It never sells or lends what it does
    not hold.
    """

    bid: AmountSeries
    ask: AmountSeries
    opening: Amount = Quantity(value=0.0)
    limit: Amount | None = None
    lending: Lending | None = None


class MarketPolicy(Dated):
    """Allowances: emissions are covered by free allocation, banked and borrowed allowances, trade, offsets and a collar.

    ``accounts: one`` keeps one account for the whole scope, ``place`` one for each region, with trade between them; ``trade:
    bank`` leaves only the carbon bank to trade with. ``opening`` is what is in the accounts at the start, by place.
    ``banking_limit`` and ``borrowing_limit`` bound each account at the end of a period; nothing is owed at the end of the
    last one. ``banking_sales`` adds that many times the period's sales of plants with a surplus to ``banking_limit``.
    ``tightening``: a factor by year on every allocation. ``ceiling``: the authority sells at that price without limit;
    ``floor``: it buys at that price. ``auction``: it sells a stated amount at the market's price. Values by year are means
    over the period, unless ``between`` says step.
    """

    instrument: Literal["market"]
    indicator: Indicator = Indicator(quantity="direct_co2")
    between: Literal["linear", "step"] = "linear"
    accounts: Literal["one", "place"] = "one"
    trade: Literal["free", "bank"] = "free"
    allocation: Annotated[tuple[Allocation, ...], Field(min_length=1)]
    tightening: AmountSeries | None = None
    opening: dict[Name, Amount] = Field(default_factory=dict)
    banking: Flag = True
    banking_limit: Amount | None = None
    banking_sales: NotNegative | None = None
    borrowing: Flag = False
    borrowing_limit: Amount | None = None
    offsets: Offsets | None = None
    auction: Auction | None = None
    floor: AmountSeries | None = None
    ceiling: AmountSeries | None = None
    carbon_bank: CarbonBank | None = None

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        """Limits only on what is allowed; amounts have a place where accounts do."""
        if self.banking_limit is not None and not self.banking:
            raise ValueError("banking_limit needs banking: true")
        if self.borrowing_limit is not None and not self.borrowing:
            raise ValueError("borrowing_limit needs borrowing: true")
        if self.accounts == "place" and any(a.amount is not None and a.location is None for a in self.allocation):
            raise ValueError("with accounts by place an amount names its location")
        if self.trade == "bank" and (self.carbon_bank is None or self.accounts == "one"):
            raise ValueError("trade: bank needs a carbon_bank and accounts: place")
        return self

    @model_validator(mode="after")
    def _by_plant(self) -> Self:
        """What depends on single plants needs an indicator and allocations that single plants have."""
        if self.banking_sales is not None:
            if self.banking_limit is None:
                raise ValueError("banking_sales is added to banking_limit; state it, if need be as 0")
            if any(entry.amount is not None for entry in self.allocation):
                raise ValueError("banking_sales needs an allocation by plant: benchmarks or bands, no amounts")
            outputs = [entry.output for entry in self.allocation if entry.output is not None]
            if any(leaf.norm is not None for output in outputs for _, leaf in output.leaves()):
                raise ValueError("banking_sales needs benchmarks on all output, not on what reaches a norm")
            if self.borrowing:
                raise ValueError("banking_sales needs borrowing: false")
        plain = all(leaf.quantity in (*BAND_QUANTITIES, None) for _, leaf in self.indicator.leaves())
        if not plain and (self.banking_sales is not None or any(entry.band is not None for entry in self.allocation)):
            raise ValueError(f"a band and banking_sales need an indicator of {' or '.join(BAND_QUANTITIES)}")
        return self

    def structure(self) -> dict[str, Any]:
        """What decides rows beside the derived numbers: every number of a market is one of them."""
        found: dict[str, Any] = structure(self)
        return {name: part for name, part in found.items() if name not in ("title", "source", "note", "payer", "between")}
