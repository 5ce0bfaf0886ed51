"""The scenario as a typed, frozen tree: horizon, places, technologies, policies, changes to tables, solver."""

from __future__ import annotations

import itertools
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag, model_validator

from peakmix.scenario.fields import (
    Amount,
    Block,
    Count,
    Flag,
    Name,
    NotNegative,
    Number,
    PolicyName,
    Positive,
    Selection,
    Year,
    YearKey,
)
from peakmix.scenario.foresight import ForesightSpec
from peakmix.scenario.indicators import Indicator
from peakmix.scenario.policies import Policy

PeriodPair = tuple[Year, Count]


def _check_timing(timing: float) -> float:
    """Operating money moves at the start, in the middle or at the end of its year."""
    if timing not in (0, 0.5, 1):
        raise ValueError("timing is 0, 0.5 or 1")
    return timing


Timing = Annotated[Number, AfterValidator(_check_timing)]


class HorizonSpec(Block):
    """Periods and how money of different years is made comparable.

    Either ``periods`` as [first year, length] pairs, or ``first_years`` with ``end``, the last year of the last period.
    ``timing``: operating money moves at the start (0), in the middle (0.5) or at the end (1) of its year.
    ``base_period`` is the first year of the period whose activity is pinned to statistics; left out, none is.
    ``price_origin`` is the year that money is discounted to; left out, the first year of the horizon.
    """

    periods: tuple[PeriodPair, ...] | None = None
    first_years: tuple[Year, ...] | None = None
    end: Year | None = None
    discount_rate: Annotated[float, Field(strict=True, ge=0, le=0.5)] = 0.05
    timing: Timing = 0.5
    salvage: Literal["annuity", "none"] = "annuity"
    base_period: Year | None = None
    price_origin: Year | None = None

    @property
    def pairs(self) -> tuple[tuple[int, int], ...]:
        """(first year, length in years) of every period."""
        if self.periods is not None:
            return self.periods
        starts = self.first_years or ()
        ends = (*starts[1:], (self.end or 0) + 1)
        return tuple((a, b - a) for a, b in zip(starts, ends, strict=True))

    @model_validator(mode="after")
    def _follows(self) -> Self:
        """One way of writing, and periods that follow each other without gaps."""
        if (self.periods is None) == (self.first_years is None):
            raise ValueError("write either periods, or first_years with end (null deletes an inherited one)")
        if (self.first_years is None) != (self.end is None):
            raise ValueError("first_years and end go together")
        pairs = self.pairs
        if not pairs:
            raise ValueError("a horizon has at least one period")
        for (first, length), (following, _) in itertools.pairwise(pairs):
            if first + length != following:
                raise ValueError(
                    f"the period {first} of {length} years ends with {first + length - 1}, the next starts {following}"
                )
        if pairs[-1][1] < 1:
            raise ValueError(f"end {self.end} lies before the last first year {pairs[-1][0]}")
        if self.base_period is not None and self.base_period not in [first for first, _ in pairs]:
            raise ValueError(f"base_period {self.base_period} is not the first year of a period")
        return self


class InvestmentWeight(Block):
    """Investment weight of a technology and build period, given by hand."""

    technology: Name
    period: Year
    weight: NotNegative


class WeightsSpec(Block):
    """Weights by hand, for problems whose money is weighted in another way (design rule 3.1)."""

    operating: dict[YearKey, NotNegative] = Field(default_factory=dict)
    investment: tuple[InvestmentWeight, ...] = ()


class GroupingResolution(Block):
    """The groups of a grouping as the places that the model keeps apart."""

    grouping: Name


Level = Literal["site", "city", "province", "nation"]


def _resolution_form(raw: Any) -> str:
    """A resolution is a map with a grouping, or a level of the tree."""
    return "level" if isinstance(raw, str) else "grouping"


Resolution = Annotated[
    Annotated[Level, Tag("level")] | Annotated[GroupingResolution, Tag("grouping")], Discriminator(_resolution_form)
]


class MeasuresSpec(Block):
    """Measures that may be adopted."""

    include: Selection = None
    exclude: tuple[Name, ...] = ()


class TechnologiesSpec(Block):
    """Technologies that are left out altogether."""

    exclude: tuple[Name, ...] = ()


def parse_cells(raw: Any) -> Any:
    """Read one cell value or a list of them as text; a blank key cell is written ``all``."""
    cells = raw if isinstance(raw, list | tuple) else (raw,)
    if not cells or any(isinstance(c, bool) or not isinstance(c, str | int | float) for c in cells):
        raise ValueError("a selection is a value or a list of values; write all for a blank cell")
    return tuple(c if isinstance(c, str) else f"{c:.15g}" for c in cells)


CellChoice = Annotated[tuple[str, ...], BeforeValidator(parse_cells)]


class Draw(Block):
    """One of the samples of a Latin hypercube in which every selected number is an axis, from its low to its high."""

    sample: Annotated[int, Field(strict=True, ge=0)]
    of: Count
    seed: Annotated[int, Field(strict=True, ge=0)] = 1

    @model_validator(mode="after")
    def _inside(self) -> Self:
        """The samples are counted from 0."""
        if self.sample >= self.of:
            raise ValueError(f"of {self.of} samples the last one is {self.of - 1}")
        return self


class Adjustment(Block):
    """A change to cells of a table: the rows that ``where`` selects, and set, add, multiply or draw.

    ``where`` maps columns to a value or a list of values; ``all`` selects blank key cells. ``set`` and ``add`` may
    carry a unit; without one they are in the unit that the table is read in. ``column`` is the column that changes,
    ``value`` unless stated. ``draw`` takes each selected number by itself to a place between its own low and high; rows
    that lack them, or whose low is their high, keep their value.
    """

    table: Name
    where: dict[Name, CellChoice] = Field(default_factory=dict)
    column: Literal["value", "tolerance"] = "value"
    set: Amount | None = None
    add: Amount | None = None
    multiply: Number | None = None
    draw: Draw | None = None
    note: str | None = None

    @model_validator(mode="after")
    def _one_change(self) -> Self:
        """Exactly one of set, add, multiply and draw; a draw is of values."""
        given = [k for k in ("set", "add", "multiply", "draw") if getattr(self, k) is not None]
        if len(given) != 1:
            raise ValueError("an adjustment has exactly one of set, add, multiply and draw")
        if self.draw is not None and self.column != "value":
            raise ValueError("only values are drawn between low and high")
        return self


class SolverSpec(Block):
    """How the linear programme is solved.

    ``tie_break``: of several answers of least cost the one that a declared order chooses, the same from every method; members
    of a sweep are taken as they fall, their files as stated here.
    """

    method: Literal["auto", "simplex", "ipm"] = "auto"
    time_limit: Positive | None = None
    threads: Count = 1
    tie_break: Flag = True


class OutputSpec(Block):
    """Where results go."""

    directory: Name | None = None


class Spec(Block):
    """A resolved scenario. Unknown keys are refused; what is left out has the default shown here."""

    name: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
    title: str = ""
    description: str = ""
    data: Name = "national"
    horizon: HorizonSpec
    weights: WeightsSpec = WeightsSpec()
    resolution: Resolution = "province"
    locations: Selection = None
    sectors: Selection = None
    demand_variant: Literal["low", "reference", "high"] = "reference"
    measures: MeasuresSpec = MeasuresSpec()
    technologies: TechnologiesSpec = TechnologiesSpec()
    adjust: tuple[Adjustment, ...] = ()
    indicators: dict[PolicyName, Indicator] = Field(default_factory=dict)
    policies: dict[PolicyName, Policy] = Field(default_factory=dict)
    foresight: ForesightSpec | None = None
    solver: SolverSpec = SolverSpec()
    output: OutputSpec = OutputSpec()

    @model_validator(mode="after")
    def _weights_fit(self) -> Self:
        """Weights by hand name periods of the horizon."""
        first = [year for year, _ in self.horizon.pairs]
        named = [*self.weights.operating, *(w.period for w in self.weights.investment)]
        wrong = [year for year in named if year not in first]
        if wrong:
            raise ValueError(f"weights: {wrong[0]} is not the first year of a period")
        return self

    @model_validator(mode="after")
    def _named_indicators(self) -> Self:
        """One goal at most; named indicators inside policies are replaced by what they stand for."""
        goals = [name for name, policy in self.active_policies.items() if policy.instrument == "goal"]
        if len(goals) > 1:
            raise ValueError(f"a scenario has one goal, not {' and '.join(goals)}; state the others as limits")
        for indicator in self.indicators.values():
            indicator.resolve(self.indicators)
        if self.indicators:
            resolved = {name: policy.resolved(self.indicators) for name, policy in self.policies.items()}
            object.__setattr__(self, "policies", resolved)
        else:
            for policy in self.policies.values():
                policy.resolved({})
        return self

    @model_validator(mode="after")
    def _beliefs_end(self) -> Self:
        """Every belief ends inside the horizon, so that the truth decides something."""
        last = self.horizon.pairs[-1][0]
        late = [belief.until for belief in (self.foresight.believes if self.foresight else ()) if belief.until > last]
        if late:
            raise ValueError(f"foresight: a belief until {late[0]} leaves no period to the truth; the last one starts in {last}")
        return self

    @property
    def rolls(self) -> bool:
        """Is the horizon solved in windows, or under beliefs?"""
        return self.foresight is not None and not self.foresight.plain

    @property
    def active_policies(self) -> dict[str, Policy]:
        """Policies that are not switched off."""
        return {name: policy for name, policy in self.policies.items() if policy.enabled}

    @property
    def grouping(self) -> str | None:
        """The grouping that serves as resolution, or None for a level of the tree."""
        return self.resolution.grouping if isinstance(self.resolution, GroupingResolution) else None

    @property
    def level(self) -> str:
        """The level of the tree that serves as resolution; province under a grouping."""
        return self.resolution if isinstance(self.resolution, str) else "province"
