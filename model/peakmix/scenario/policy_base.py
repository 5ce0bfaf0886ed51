"""What every policy block has: title, scope, source and payer; dates; values by year."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, Self

from pydantic import model_validator

from peakmix.scenario.fields import AmountSeries, Block, Flag, Name, Selection, Year, years_of
from peakmix.scenario.indicators import Indicator


class PolicyBase(Block):
    """What every policy says: what it is called, where and on what it holds, where it comes from and who pays."""

    title: str = ""
    enabled: Flag = True
    source: str | None = None
    note: str | None = None
    location: Name | None = None
    sectors: Selection = None
    technologies: Selection = None
    payer: Name | None = None

    def scoped(self, indicator: Indicator) -> Indicator:
        """An indicator with the filters it leaves open taken from the policy."""
        return indicator.within(self.location, self.sectors, self.technologies)

    def measured(self) -> list[Indicator]:
        """All indicators of the policy, with its scope."""
        return [self.scoped(indicator) for indicator in indicators_in(self)]

    def resolved(self, known: Mapping[str, Indicator]) -> Self:
        """The policy with named indicators replaced by what they stand for.

        Raises
        ------
        ValueError
            When a name is not known, or stands for itself in the end.
        """
        resolved: Self = _resolved(self, known)
        return resolved


def indicators_in(block: Any) -> list[Indicator]:
    """Indicators that stand in a block or in blocks inside it."""
    if isinstance(block, Indicator):
        return [block]
    if isinstance(block, Block):
        return [found for name in type(block).model_fields for found in indicators_in(getattr(block, name))]
    if isinstance(block, tuple | list):
        return [found for part in block for found in indicators_in(part)]
    return [found for part in block.values() for found in indicators_in(part)] if isinstance(block, Mapping) else []


def _resolved(block: Any, known: Mapping[str, Indicator]) -> Any:
    """A block with its named indicators resolved; what holds none is returned as it is."""
    if isinstance(block, Indicator):
        return block.resolve(known)
    if isinstance(block, tuple):
        return tuple(_resolved(part, known) for part in block)
    if not isinstance(block, Block) or not indicators_in(block):
        return block
    values = {name: getattr(block, name) for name in type(block).model_fields}
    return block.model_copy(update={name: _resolved(value, known) for name, value in values.items()})


class Dated(PolicyBase):
    """A policy with a first and a last year."""

    from_year: Year | None = None
    to_year: Year | None = None

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        """from_year is not after to_year."""
        if self.from_year is not None and self.to_year is not None and self.from_year > self.to_year:
            raise ValueError(f"from_year {self.from_year} lies after to_year {self.to_year}")
        return self


class Valued(Dated):
    """A dated policy with values by year."""

    values: AmountSeries
    between: Literal["linear", "step"] = "linear"

    @property
    def start_year(self) -> int | None:
        """First year the policy holds in: from_year, else the first year of its values, else None (always)."""
        return self.from_year if self.from_year is not None else next(years_of(self.values), None)

    @model_validator(mode="after")
    def _dated_values(self) -> Self:
        """Years of values are calendar years."""
        wrong = [y for y in years_of(self.values) if y < 1900]
        if wrong:
            raise ValueError(f"{wrong[0]} is not a calendar year; values are written as year: value")
        return self
