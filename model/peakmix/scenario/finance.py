"""The block of finance: own funds, investment budget, loan lines, debt that stands, and what the cash of a year covers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from peakmix.scenario.fields import Amount, AmountSeries, Block, Count, Name, NotNegative, Positive, Quantity, Selection, Share
from peakmix.scenario.indicators import Indicator
from peakmix.scenario.policy_base import Dated

Kind = Literal["new_capacity", "conversion", "measure"]
Between = Literal["linear", "step"]
LABEL = "/"
"""Between the name of a line and that of its tranche."""


def _plain_above_zero(series: dict[int, Quantity]) -> dict[int, Quantity]:
    """Numbers above zero without a unit."""
    for year, quantity in series.items():
        if quantity.unit is not None or quantity.value <= 0:
            raise ValueError(f"{year}: an exchange rate is a number above zero without a unit, money for one unit of the currency")
    return series


ExchangeRate = Annotated[AmountSeries, AfterValidator(_plain_above_zero)]


class Tranche(Block):
    """A part of a line at a rate of its own, as large as verified abatement allows.

    In every period volume <= per_abatement x (reference - indicator): ``reference`` is a stated path, ``per_abatement`` money
    for one natural unit of abatement a year. ``counts`` says what the volume is: what the period draws, or all principal left
    of the tranche. The row bounds the indicator by its reference as well, since no volume lies below zero.
    """

    rate: NotNegative
    indicator: Indicator
    reference: AmountSeries
    per_abatement: Amount
    between: Between = "linear"
    counts: Literal["drawn", "outstanding"] = "drawn"
    source: str | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _lends(self) -> Self:
        """A tranche lends something for abatement."""
        if self.per_abatement.value <= 0:
            raise ValueError("per_abatement is above zero: money lent at the rate for one unit of abatement a year")
        return self


class Step(Block):
    """Another rate for the whole line while the indicator keeps at or below its target in every period in force."""

    rate: NotNegative
    indicator: Indicator
    target: AmountSeries
    between: Between = "linear"
    source: str | None = None
    note: str | None = None


class LoanLine(Block):
    """A loan line, paid back in ``tenor`` years after the year of drawing, at ``rate`` a year.

    In the first ``grace`` years only interest is paid; then level payments (annuity) or equal parts of the principal.
    ``ceiling`` bounds all draws of the horizon, in millions; ``share`` is the part of an investment that the line may cover.
    ``assets``, ``technologies`` (of a conversion its target, of a measure its host) and ``names`` (of measures and conversions)
    say which investments are eligible, all of the policy's scope unless stated. A line in a foreign ``currency`` has a path of
    exchange rates, money for one unit; its ceiling is in millions of that currency, and so is its debt.
    ``tranches`` have a lower rate for verified abatement and share ceiling and share of the line. ``steps`` are rates of the
    whole loan; ``taken`` names the one that is tried, and `peakmix loan-steps` compares them.
    """

    rate: NotNegative
    tenor: Count
    grace: Annotated[int, Field(strict=True, ge=0)] = 0
    repayment: Literal["annuity", "equal_principal"] = "annuity"
    ceiling: Amount | None = None
    share: Share = 1.0
    assets: tuple[Kind, ...] | None = None
    technologies: Selection = None
    names: Selection = None
    currency: Name | None = None
    exchange_rate: ExchangeRate | None = None
    between: Between = "linear"
    tranches: dict[Name, Tranche] = Field(default_factory=dict)
    steps: dict[Name, Step] = Field(default_factory=dict)
    taken: Name | None = None
    source: str | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _fits(self) -> Self:
        """Grace ends before the loan does, a currency has a path, the step taken is one of the steps."""
        if self.grace >= self.tenor:
            raise ValueError(f"grace {self.grace} leaves no year of tenor {self.tenor} to repay in")
        if (self.currency is None) != (self.exchange_rate is None):
            raise ValueError("currency and exchange_rate go together: the currency's name, and money for one unit by year")
        if self.currency is not None and self.ceiling is not None and self.ceiling.unit is not None:
            raise ValueError(f"the ceiling of a line in {self.currency} is a number without a unit, millions of {self.currency}")
        if self.taken is not None and self.taken not in self.steps:
            raise ValueError(f"taken: {self.taken!r} is not one of the steps {sorted(self.steps) or 'none'}")
        if any(LABEL in name for name in self.tranches):
            raise ValueError(f"the name of a tranche has no {LABEL!r}")
        return self

    @property
    def rate_taken(self) -> float:
        """Rate of the line, or of the step that is taken."""
        return self.rate if self.taken is None else self.steps[self.taken].rate


class LegacyDebt(Block):
    """Debt service of plants that stand at the start, in millions of money a year; it goes on when they close early.

    ``location`` and ``technologies`` say whose debt it is, for the loan book.
    """

    service: AmountSeries
    between: Between = "linear"
    location: Name | None = None
    technologies: Selection = None
    source: str | None = None
    note: str | None = None


class Cash(Block):
    """What the works of the scope earn in a year at stated prices: outputs less inputs, running and fixed cost.

    ``prices`` are money per natural unit of each commodity that the works buy or sell, with their ``source``; what only works of
    the scope touch may be left out. ``share`` of the cash adds to own funds. ``cover``: cash is at least so many times the
    debt service.
    """

    prices: dict[Name, AmountSeries]
    between: Between = "linear"
    share: Share | None = None
    cover: Positive | None = None
    source: str
    note: str | None = None

    @model_validator(mode="after")
    def _used(self) -> Self:
        """Cash pays, or covers."""
        if self.share is None and self.cover is None:
            raise ValueError("cash states share, cover or both")
        return self


@dataclass(frozen=True)
class Strand:
    """A line, or a tranche of one: what a draw is made on."""

    label: str
    line: str
    terms: LoanLine
    rate: float
    tranche: Tranche | None = None


class FinancePolicy(Dated):
    """Investment is paid from own funds and loans; debt service comes out of own funds.

    ``own_funds`` and ``budget`` are millions of money a year: what investors have, and the most that is invested; left out,
    they are not limited. New capacity, conversions and measures of the scope take part, or only the ``assets`` named. Debt is
    served whether the plant still runs or not.
    """

    instrument: Literal["finance"]
    assets: tuple[Kind, ...] = ("new_capacity", "conversion", "measure")
    own_funds: AmountSeries | None = None
    budget: AmountSeries | None = None
    between: Between = "linear"
    lines: dict[Name, LoanLine] = Field(default_factory=dict)
    legacy: dict[Name, LegacyDebt] = Field(default_factory=dict)
    cash: Cash | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        """Own funds, a budget, lines or cash; names of lines do without the mark of a tranche."""
        if self.own_funds is None and self.budget is None and self.cash is None and not self.lines:
            raise ValueError("finance states own_funds, lines, budget or cash")
        if any(LABEL in name for name in self.lines):
            raise ValueError(f"the name of a line has no {LABEL!r}")
        return self

    def strands(self) -> Iterator[Strand]:
        """Lines and their tranches."""
        for name, terms in self.lines.items():
            yield Strand(name, name, terms, terms.rate_taken)
            for part, tranche in terms.tranches.items():
                yield Strand(f"{name}{LABEL}{part}", name, terms, tranche.rate, tranche)

    def structure(self) -> dict[str, Any]:
        """What decides rows beside the derived numbers: eligibility, indicators of tranches, the step taken."""
        kept = self.model_dump(
            mode="json",
            include={"instrument", "enabled", "location", "sectors", "technologies", "from_year", "to_year", "assets"},
        )
        choice = {"assets", "technologies", "names", "currency", "taken"}
        lines = {
            name: line.model_dump(mode="json", include=choice)
            | {part: [t.indicator.model_dump(mode="json"), t.counts] for part, t in line.tranches.items()}
            | {"step": line.steps[line.taken].indicator.model_dump(mode="json") if line.taken else None}
            for name, line in self.lines.items()
        }
        return kept | {"lines": lines, "legacy": list(self.legacy), "cash": self.cash is not None}
