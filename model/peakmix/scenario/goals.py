"""Policy block goal: an indicator instead of cost as what is minimised, or cost within what is best for the indicator."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, Tag

from peakmix.scenario.fields import Amount, Block
from peakmix.scenario.indicators import Indicator
from peakmix.scenario.policy_base import Dated


class CostCeiling(Block):
    """Largest cost as a multiple of the least cost that the scenario has without the goal."""

    relative: Annotated[float, Field(strict=True, ge=1, le=100, allow_inf_nan=False)]


def _ceiling_form(raw: Any) -> str:
    """A ceiling is a map with relative, or an amount of money."""
    return "relative" if isinstance(raw, Mapping | CostCeiling) else "amount"


Ceiling = Annotated[Annotated[Amount, Tag("amount")] | Annotated[CostCeiling, Tag("relative")], Discriminator(_ceiling_form)]


class GoalPolicy(Dated):
    """The indicator, summed over the years in force, is brought to its best value; of all plans that reach it, the cheapest.

    The best value is found first, under all other policies and, with ``cost_ceiling``, at a discounted cost that is not above
    it: an amount, or relative to the least cost without the goal. It is stored with the result. One goal a scenario.
    """

    instrument: Literal["goal"]
    indicator: Indicator
    sense: Literal["minimise", "maximise"] = "minimise"
    cost_ceiling: Ceiling | None = None
