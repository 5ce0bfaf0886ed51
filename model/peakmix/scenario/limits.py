"""Policy block limit and its kin target: an indicator below or above a value."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import model_validator

from peakmix.scenario.fields import Amount, Flag, Name
from peakmix.scenario.indicators import Indicator
from peakmix.scenario.policy_base import Valued


class Bounded(Valued):
    """What limits and targets share.

    kind absolute: the value itself; relative_to_base: a share of what is computed for the base period; intensity: the value
    per unit of the denominator. With kind relative_to_base a denominator makes the share one of the base period's intensity.
    span horizon: one value, the sum of period length times the indicator.
    """

    indicator: Indicator
    sense: Literal["upper", "lower"] = "upper"
    kind: Literal["absolute", "relative_to_base", "intensity"] = "absolute"
    denominator: Indicator | None = None
    span: Literal["period", "horizon"] = "period"
    slack_price: Amount | None = None

    @property
    def reported(self) -> bool:
        """Only reported: the level stands against the value, and nothing is bound."""
        return bool(getattr(self, "voluntary", False))

    @model_validator(mode="after")
    def _fits_kind(self) -> Self:
        """A denominator for intensities only, one value for a limit over the horizon, shares without a unit."""
        if (self.kind == "intensity") != (self.denominator is not None) and self.kind != "relative_to_base":
            raise ValueError("kind intensity and denominator go together")
        if self.span == "horizon" and self.denominator is not None:
            raise ValueError("an intensity holds in each period; span horizon has no denominator")
        if self.span == "horizon" and len(self.values) > 1:
            raise ValueError("span horizon takes one value, the total; use from_year and to_year for its years")
        if self.slack_price is not None and self.slack_price.value <= 0:
            raise ValueError("slack_price is above zero; leave it out for a hard limit")
        shares = [q for q in self.values.values() if q.unit not in (None, "1", "%")]
        if self.kind == "relative_to_base" and shares:
            raise ValueError(f"a share of the base period has unit 1 or %, not {shares[0].unit!r}")
        return self


class LimitPolicy(Bounded):
    """indicator <= or >= value: per year, or over the horizon; absolute, relative to the base period, or an intensity.

    relative_to_base: the value is a share of the indicator computed for the base period (with a denominator: of their
    ratio). intensity: the value is per unit of the denominator. span horizon: one value, the sum of period length times the
    indicator. slack_price makes the limit soft, in money per natural unit of the indicator.
    """

    instrument: Literal["limit"]


class TargetPolicy(Bounded):
    """A target of a plan: as a limit, but missing it costs ``slack_price`` unless it is ``hard`` or ``voluntary``.

    slack_price is money per natural unit by which the indicator misses; ``slack_source`` says where the number comes from.
    Every use of it stands in the headline of the summary. hard: no slack. voluntary: only reported, the level against the
    value. sense lower unless stated: the indicator reaches at least the value.
    """

    instrument: Literal["target"]
    sense: Literal["upper", "lower"] = "lower"
    hard: Flag = False
    voluntary: Flag = False
    slack_source: Name | None = None

    @model_validator(mode="after")
    def _one_way_to_miss(self) -> Self:
        """A priced slack with its source, or hard, or voluntary."""
        if [self.hard, self.voluntary, self.slack_price is not None].count(True) != 1:
            raise ValueError("a target has a slack_price, or is hard: true, or voluntary: true; exactly one of them")
        if (self.slack_price is None) != (self.slack_source is None):
            raise ValueError("slack_price and slack_source go together: a priced slack is data with a source")
        if self.span == "horizon":
            raise ValueError("a target holds in each period; a total over the horizon is an instrument limit")
        return self
