"""What is gained when targets of plants, cities or provinces are shared: the same total, met where it is cheapest.

    absolute    sum of the indicators <= sum of the values
    intensity   sum of the indicators <= the value x sum of the denominators        one value for all: the mean keeps it

Both runs have all other policies of the scenario.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pandas as pd

from peakmix.api.prepare import Progress, Timings, prepare, silent
from peakmix.api.running import RunResult, solve_prepared
from peakmix.api.set_up import opened
from peakmix.foundation.errors import InputError
from peakmix.results.summary import table
from peakmix.scenario import Scenario
from peakmix.scenario.fields import Quantity
from peakmix.scenario.indicators import Indicator, WeightedIndicator
from peakmix.scenario.limits import Bounded
from peakmix.tables.dataset import DataSet

SHARED = "shared"


@dataclass(frozen=True)
class Sharing:
    """System cost with each target alone and with one shared target, discounted, million money.

    ``prices`` has a row for every policy and period of both runs: policy, period, level, bound, price in money of the year and
    its unit. ``exit_code`` is 5 when a run is not certified.
    """

    alone: float
    shared: float
    prices: pd.DataFrame
    money: str = ""
    exit_code: int = 0

    @property
    def gain(self) -> float:
        """What sharing saves; never below zero but for targets that are missed at a price, and transfers."""
        return self.alone - self.shared

    @property
    def text(self) -> str:
        """Both costs, the gain, and every price."""
        share = f", {self.gain / abs(self.alone):.2%}" if self.alone else ""
        told = [
            f"system cost, million {self.money} discounted: {self.alone:,.6g} with each target alone, {self.shared:,.6g} shared",
            f"gain of sharing: {self.gain:,.6g}{share}",
        ]
        rows = [
            [row["policy"], str(row["period"]), float(row["level"]), float(row["bound"]), float(row["price"]), row["price_unit"]]
            for row in self.prices.to_dict("records")
        ]
        told += ["", *table(["policy", "period", "level", "bound", "price", "unit"], rows)]
        return "\n".join([*told, *(["NOT CERTIFIED: solve each by itself"] if self.exit_code else [])])


def gain_of_sharing(
    scenario: Path | str | Scenario,
    names: Sequence[str],
    data: DataSet | None = None,
    changes: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> Sharing:
    """Solve a scenario with its targets alone, and with one target on their sum in their place.

    Parameters
    ----------
    scenario:
        Scenario file, or a loaded scenario, with a limit or target for each place.
    names:
        Policies that are shared: absolute, or intensities of one value; per period, of one sense, with the same dates,
        slack and unit.
    data:
        Tables in place of those a loaded scenario names.
    changes:
        Scenario values by dotted key, for a file.

    Raises
    ------
    InputError
        When the policies cannot be added up.
    """
    timings = Timings(progress=progress)
    loaded, tables = opened(scenario, timings, changes, data)
    together = _together(_parts(loaded, names), names)
    kept = {name: policy for name, policy in loaded.spec.policies.items() if name not in names}
    spec = loaded.spec.model_copy(update={"policies": kept | {SHARED: together}})
    runs = [solve_prepared(prepare(one, tables, timings), False) for one in (loaded, replace(loaded, spec=spec))]
    timings.done()
    prices = pd.concat([_prices(runs[0], names), _prices(runs[1], [SHARED])], ignore_index=True)
    alone, shared = (float(run.dataset["system_cost"]) for run in runs)
    return Sharing(alone, shared, prices, tables.money_unit, 0 if all(run.certified for run in runs) else 5)


def _together(parts: list[Bounded], names: Sequence[str]) -> Bounded:
    """One policy on the sum of all; of intensities on the sums above and below."""
    first = parts[0]
    changes: dict[str, Any] = {"indicator": _sum([part.scoped(part.indicator) for part in parts])}
    if first.denominator is not None:
        changes["denominator"] = _sum([part.scoped(part.denominator) for part in parts if part.denominator is not None])
    else:
        totals = {year: sum(part.values[year].value for part in parts) for year in first.values}
        changes["values"] = {year: Quantity(value=total, unit=first.values[year].unit) for year, total in totals.items()}
    nowhere = {"location": None, "sectors": None, "technologies": None, "payer": None}
    return first.model_copy(update=changes | nowhere | {"title": f"shared: {', '.join(names)}"})


def _sum(parts: list[Indicator]) -> Indicator:
    """The sum of some indicators."""
    return Indicator(sum=tuple(WeightedIndicator(indicator=part) for part in parts))


def _parts(scenario: Scenario, names: Sequence[str]) -> list[Bounded]:
    """The policies that are shared, checked."""
    known = {name: p for name, p in scenario.spec.active_policies.items() if isinstance(p, Bounded)}
    wrong = [name for name in names if name not in known]
    if wrong:
        raise InputError(f"no limit or target {wrong[0]!r}", fix=f"known: {', '.join(known) or 'none'}")
    if len(set(names)) < 2:
        raise InputError("sharing takes at least two policies", fix="name the targets of the places that would share")
    parts: list[Bounded] = [known[name] for name in names]
    if any(part.kind == "relative_to_base" or part.span != "period" for part in parts):
        rule = "targets that are shared are absolute or intensities, and per period"
        raise InputError(rule, fix="state them in units a year, or per unit of output")
    alike = {
        (type(part).__name__, part.kind, part.sense, part.from_year, part.to_year, part.between, str(part.slack_price),
         part.reported, tuple((y, q.unit, q.value if part.kind == "intensity" else 0.0) for y, q in part.values.items()))
        for part in parts
    }  # fmt: skip
    if len(alike) > 1:
        rule = "targets that are shared have one kind and sense, the same dates, units and slack, and as intensities one value"
        raise InputError(rule, fix="write them alike")
    return parts


def _prices(result: RunResult, names: Sequence[str]) -> pd.DataFrame:
    """Level, bound and price of policies by period."""
    sheet = result.dataset
    columns = {"policy": "policy_id", "period": "policy_period", "level": "policy_level", "bound": "policy_bound",
               "price": "policy_price", "price_unit": "policy_price_unit"}  # fmt: skip
    frame = pd.DataFrame({name: sheet[column].values for name, column in columns.items()})
    return frame[frame["policy"].isin(list(names))].reset_index(drop=True)
