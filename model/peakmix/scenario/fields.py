"""Types that the blocks of a scenario share: years, numbers, quantities with a unit, selections of names."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StrictBool,
    StringConstraints,
    model_serializer,
)

QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(\S.*?)?\s*")

ALWAYS = 0
"""Key of the only value of a series that was written without years."""


class Block(BaseModel):
    """A block of a scenario: frozen, and closed to unknown keys."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Quantity(Block):
    """A number with the unit it was written in; no unit means the natural unit of the place it stands in."""

    value: float
    unit: str | None = None

    @model_serializer
    def _text(self) -> float | str:
        """Written back as it is read: a number, or a number and its unit."""
        return self.value if self.unit is None else f"{self.value:.15g} {self.unit}"

    def __str__(self) -> str:
        return f"{self.value:.15g}" if self.unit is None else f"{self.value:.15g} {self.unit}"


def parse_quantity(raw: Any) -> Any:
    """Read ``1500`` or ``"1500 Mt/yr"``.

    Raises
    ------
    ValueError
        For anything that is not a finite number with an optional unit.
    """
    if isinstance(raw, Quantity):
        return raw
    if isinstance(raw, bool) or not isinstance(raw, int | float | str):
        raise ValueError('a quantity is a number, or text such as "1500 Mt/yr"')
    if isinstance(raw, str):
        found = QUANTITY.fullmatch(raw)
        if found is None:
            raise ValueError('a quantity is a number, or text such as "1500 Mt/yr"')
        number, unit = float(found.group(1)), found.group(2)
    else:
        number, unit = float(raw), None
    if not math.isfinite(number):
        raise ValueError("a quantity is finite")
    return Quantity(value=number, unit=unit)


def parse_series(raw: Any) -> Any:
    """Read a map of year to quantity; one quantity alone holds in every year."""
    return raw if isinstance(raw, Mapping) else {ALWAYS: raw}


def parse_selection(raw: Any) -> Any:
    """Read one name, or a list of names; ``all`` becomes None."""
    if raw == "all":
        return None
    return (raw,) if isinstance(raw, str) else raw


def check_distinct(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    """Refuse an empty list and doubles."""
    if names is not None:
        if not names:
            raise ValueError("an empty list selects nothing; write all, or leave the key out")
        doubles = sorted({n for n in names if names.count(n) > 1})
        if doubles:
            raise ValueError(f"{doubles[0]!r} stands twice in the list")
    return names


Name = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]
"""A name of the tables."""

PolicyName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z][A-Za-z0-9_]*$")]
"""The id of a policy: letters, digits and underscores."""

Year = Annotated[int, Field(strict=True, ge=1900, le=2300)]
"""A calendar year."""

YearKey = Annotated[int, Field(ge=1900, le=2300)]
"""A calendar year as the key of a map."""

Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
"""A finite number."""

Positive = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
"""A finite number above zero."""

NotNegative = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
"""A finite number, zero or more."""

Share = Annotated[float, Field(strict=True, ge=0, le=1)]
"""A number between 0 and 1."""

Count = Annotated[int, Field(strict=True, ge=1)]
"""A whole number of one or more."""

Flag = StrictBool
"""true or false."""

Amount = Annotated[Quantity, BeforeValidator(parse_quantity)]
"""A number or a number with its unit."""

SeriesKey = Annotated[int, Field(ge=0, le=2300)]

AmountSeries = Annotated[dict[SeriesKey, Amount], BeforeValidator(parse_series), Field(min_length=1)]
"""Quantities by year; a single quantity is kept under the key ALWAYS."""

Selection = Annotated[tuple[Name, ...] | None, BeforeValidator(parse_selection), AfterValidator(check_distinct)]
"""Names, or None for all."""


def years_of(series: Mapping[int, Quantity]) -> Iterator[int]:
    """The years of a series, ascending; none for a series that always holds."""
    return (year for year in sorted(series) if year != ALWAYS)
