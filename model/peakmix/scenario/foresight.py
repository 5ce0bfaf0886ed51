"""The block of foresight: how far a planner sees, and which rules are believed until when."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, Self

from pydantic import Field, model_validator

from peakmix.scenario.fields import Block, Count, Year

ACCOUNTS = ("allowance_held",)
"""What is left in an account follows from what was emitted and traded: no window gives it up, the last one settles it."""
OWED = {"allowance_held": "lower", "allowance_lent": "upper"}
"""Allowances that are owed at the end of a period and due in the next, with the bound that forbids it: who does not see the
next period owes nothing, as at the end of the horizon."""

Whole = Annotated[int, Field(strict=True, ge=0)]


class Belief(Block):
    """Rules that are believed until a year.

    ``until`` is the first year in which the truth is known; with periods, the first period that starts in it or later.
    ``changes`` are values of this scenario's policies, by dotted key, as they are believed until then.
    """

    until: Year
    changes: dict[str, Any] = Field(min_length=1)
    title: str = ""

    @model_validator(mode="after")
    def _rules_only(self) -> Self:
        """Beliefs are about rules: what stands today, and physics, are as they are."""
        wrong = [key for key in self.changes if not key.startswith("policies.")]
        if wrong:
            raise ValueError(f"{wrong[0]!r} cannot be believed; a belief changes keys that start with policies.")
        return self


class ForesightSpec(Block):
    """How far a planner sees: the whole horizon (perfect), windows with an overlap (rolling), or one period (myopic).

    A window decides its own years, ``window_years`` or ``window_periods``, and sees the overlap beyond them. Stock, credits,
    allowances and debt carry over; money is weighted as over the whole horizon.
    """

    mode: Literal["perfect", "rolling", "myopic"] = "perfect"
    window_years: Count | None = None
    overlap_years: Whole | None = None
    window_periods: Count | None = None
    overlap_periods: Whole | None = None
    believes: tuple[Belief, ...] = ()

    @model_validator(mode="after")
    def _stated_once(self) -> Self:
        """Years or periods for rolling windows, neither for the other modes; beliefs in the order of time."""
        years = self.window_years is not None or self.overlap_years is not None
        periods = self.window_periods is not None or self.overlap_periods is not None
        if self.mode == "rolling":
            if (self.window_years is None) == (self.window_periods is None) or (years and periods):
                raise ValueError("rolling takes window_years with overlap_years, or window_periods with overlap_periods")
        elif years or periods:
            raise ValueError(f"mode {self.mode} takes no window; write mode: rolling")
        until = [belief.until for belief in self.believes]
        if until != sorted(set(until)):
            raise ValueError("believes stands in the order of its years, each once")
        return self

    @property
    def plain(self) -> bool:
        """Perfect foresight without beliefs: one programme, one optimum."""
        return self.mode == "perfect" and not self.believes

    def sight(self, periods: Sequence[int]) -> Callable[[int], tuple[int, int]]:
        """From the place of the first undecided period to the places after the last one decided and the last one seen.

        ``periods`` are first years, ascending. A period belongs to a span of years when it starts in it; a window decides at least
        one period.
        """

        def reach(at: int) -> tuple[int, int]:
            if self.mode == "perfect":
                return len(periods), len(periods)
            if self.mode == "myopic":
                return at + 1, at + 1
            if self.window_periods is not None:
                own = min(at + self.window_periods, len(periods))
                return own, min(own + (self.overlap_periods or 0), len(periods))
            end = periods[at] + (self.window_years or 1)
            own = max(at + 1, bisect_left(periods, end))
            return own, max(own, bisect_left(periods, end + (self.overlap_years or 0)))

        return reach
