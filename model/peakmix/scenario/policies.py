"""Policy blocks: a rule on an indicator over a scope, one class an instrument.

Values by year are held flat after their last year and start in their first one. A value written without years holds
from the first period after the base period. What follows a step (rules, ratios, bans) takes effect in the first period
whose first year is at or after its date.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import Discriminator, Field, Tag, model_validator

from peakmix.scenario.fields import (
    Amount,
    Block,
    Flag,
    Name,
    Positive,
    Quantity,
    Selection,
    Share,
    Year,
)
from peakmix.scenario.finance import FinancePolicy
from peakmix.scenario.goals import GoalPolicy
from peakmix.scenario.indicators import Indicator
from peakmix.scenario.limits import LimitPolicy, TargetPolicy
from peakmix.scenario.market import MarketPolicy
from peakmix.scenario.policy_base import Dated, PolicyBase, Valued


class Height(Block):
    """Height of a peak as a share of the base period's indicator."""

    relative_to_base: Positive


def _height_form(raw: Any) -> str:
    """A height is a map with relative_to_base, or an amount."""
    return "relative" if isinstance(raw, Mapping | Height) else "amount"


PeakHeight = Annotated[
    Annotated[Amount, Tag("amount")] | Annotated[Height, Tag("relative")], Discriminator(_height_form)
]


class Plateau(Block):
    """Years after the peak in which the indicator may still move, up to (1 + tolerance) times its peak."""

    until: Year
    tolerance: Share = 0.0


class PeakPolicy(PolicyBase):
    """The indicator does not rise after the period that contains ``year`` (rule A), and peaks there (rule B).

    ``before: true`` reads the year as "before the year": the last period that ends before it counts.
    """

    instrument: Literal["peak"]
    indicator: Indicator
    year: Year
    before: Flag = False
    rule: Literal["A", "B"] = "A"
    height: PeakHeight | None = None
    plateau: Plateau | None = None

    @model_validator(mode="after")
    def _after_peak(self) -> Self:
        """A plateau ends after the peak year."""
        if self.plateau is not None and self.plateau.until <= self.year:
            raise ValueError(f"the plateau ends in {self.plateau.until}, not after the peak year {self.year}")
        return self


class SwapPolicy(PolicyBase):
    """New capacity of the group needs retired capacity, at ratios from swap_ratios.csv (design rule 3.7).

    ``group`` names the technologies counted in the pools, ``cases`` gives technologies or groups their case in the rule
    (others take the case ``other``), ``exempt`` those that need no quota. ``lag_years`` 0: old out in the same period,
    above 0: new first, below 0: old first. ``natural_credit`` is the share of capacity that reaches its end of life
    which earns credit; ``opening`` the credit at the start by place, in millions of the natural unit a year.
    ``expiry_years``: a credit may be used until that many years after the last year of the period it was earned in, opening
    credit after the first year of the rule; then it lapses. Without it credits keep for ever.
    """

    instrument: Literal["swap"]
    rule: Name
    group: Name
    cases: dict[Name, Name] = Field(default_factory=dict)
    exempt: Selection = None
    from_year: Year
    to_year: Year | None = None
    natural_credit: Share = 1.0
    lag_years: Annotated[int, Field(strict=True, ge=-30, le=30)] = 0
    suspended_from: Year | None = None
    suspended_to: Year | None = None
    "Swaps are halted in periods whose first year lies between the two: nothing that needs quota is built; pools go on."
    expiry_years: Annotated[int, Field(strict=True, ge=0, le=60)] | None = None
    opening: dict[Name, Amount] = Field(default_factory=dict)
    inflow_ban: Selection = None
    key_areas_no_inflow: Flag = False
    "true: capacity retired elsewhere opens nothing in a region of which at least half is key area."
    key_areas_no_growth: Flag = False

    @model_validator(mode="after")
    def _swap_dates(self) -> Self:
        """The rule ends after it starts."""
        if self.to_year is not None and self.to_year < self.from_year:
            raise ValueError(f"from_year {self.from_year} lies after to_year {self.to_year}")
        if self.suspended_to is not None and (self.suspended_from is None or self.suspended_to < self.suspended_from):
            raise ValueError(f"suspended_to {self.suspended_to} needs a suspended_from at or before it")
        if self.expiry_years is not None and self.expiry_years < -self.lag_years:
            raise ValueError(f"expiry_years {self.expiry_years} ends before lag_years {self.lag_years} lets a credit count")
        return self

    def suspended(self, period: int) -> bool:
        """Are swaps halted in the period that starts in this year?"""
        last = self.suspended_to
        return self.suspended_from is not None and self.suspended_from <= period and (last is None or period <= last)


class PricePolicy(Valued):
    """A price on the indicator: a tax (above zero) or a subsidy (below zero), in money per natural unit.

    ``transfer: true`` books it as a transfer: part of the objective and of the payer's cost, not of the system cost.
    ``counterparty`` is the place whose public purse receives what is paid (of a subsidy: pays what is received), such as a
    city that another one compensates; without it the purse of the payer's own place. What one pays the other receives,
    whatever the plan: it reaches the counterparty as a sum, not as a price on anything it does.
    """

    instrument: Literal["price"]
    indicator: Indicator
    unit: Name | None = None
    transfer: Flag = True
    counterparty: Name | None = None

    @model_validator(mode="after")
    def _between_two(self) -> Self:
        """Only a transfer has another side."""
        if self.counterparty is not None and not self.transfer:
            raise ValueError("counterparty needs transfer: true; what is no transfer is received by nobody")
        return self

    def quantities(self) -> dict[int, Quantity]:
        """Values by year, each with the policy's unit where it has none of its own."""
        return {y: q.model_copy(update={"unit": q.unit or self.unit}) for y, q in self.values.items()}


class PacePolicy(Dated):
    """How fast additions, closures or activity of a group may grow from period to period (design rule 3.10).

    additions, net_additions, closures: ``N_p / G_p <= N_{p-1} / G_{p-1} + seed``, with ``historical`` the yearly
    additions before the first period. activity: ``act[p] <= act[p-1] (1+g)^(years between) + seed``. Seeds and
    historical additions are in millions of the natural unit a year (activity: the same).
    """

    instrument: Literal["pace"]
    quantity: Literal["additions", "net_additions", "closures", "activity"] = "additions"
    growth: Annotated[float, Field(strict=True, ge=-1, le=10, allow_inf_nan=False)]
    seed: Amount = Quantity(value=0.0)
    historical: Amount | None = None
    each: Flag = False
    "true: every technology of the group on its own; false: the group as a whole."

    @model_validator(mode="after")
    def _grows_from_something(self) -> Self:
        """Growth needs something to grow from, and a group to grow."""
        if self.technologies is None:
            raise ValueError("a pace rule names technologies: a technology, or a technology group")
        if self.quantity != "activity" and self.historical is None and self.seed.value == 0:
            raise ValueError("without historical or seed nothing could ever be built; state one of them")
        return self


Policy = Annotated[
    LimitPolicy | TargetPolicy | GoalPolicy | PeakPolicy | SwapPolicy | PricePolicy | PacePolicy | MarketPolicy | FinancePolicy,
    Field(discriminator="instrument"),
]
