"""What is gained when targets of plants, cities or provinces are shared: the same total, met where it is cheapest."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import pandas as pd

from peakmix.api.running import RunResult, run_scenario
from peakmix.foundation.errors import InputError
from peakmix.scenario import Scenario
from peakmix.scenario.fields import Quantity
from peakmix.scenario.indicators import Indicator, WeightedIndicator
from peakmix.scenario.limits import Bounded
from peakmix.tables.dataset import DataSet

SHARED = "shared"


@dataclass(frozen=True)
class Sharing:
    """System cost with each target alone and with one shared target, discounted, million money.

    ``prices`` has a row for every policy and period of both runs: policy, period, level, bound, price in money of the year.
    """

    alone: float
    shared: float
    prices: pd.DataFrame

    @property
    def gain(self) -> float:
        """What sharing saves; never below zero but for targets that are missed at a price."""
        return self.alone - self.shared


def gain_of_sharing(scenario: Scenario, names: Sequence[str], data: DataSet | None = None) -> Sharing:
    """Solve a scenario with its targets alone, and with one target on their sum in their place.

    Parameters
    ----------
    scenario:
        A loaded scenario with a limit or target for each place.
    names:
        Policies that are shared: absolute, per period, of one sense, with the same dates, slack and unit.
    data:
        Tables in place of those the scenario names.

    Raises
    ------
    InputError
        When the policies cannot be added up.
    """
    parts = _parts(scenario, names)
    first = parts[0]
    members = tuple(WeightedIndicator(indicator=part.scoped(part.indicator)) for part in parts)
    values = {year: Quantity(value=sum(p.values[year].value for p in parts), unit=q.unit) for year, q in first.values.items()}
    changes = {"indicator": Indicator(sum=members), "values": values, "location": None, "sectors": None, "technologies": None}
    together = first.model_copy(update=changes | {"title": f"shared: {', '.join(names)}"})
    kept = {name: policy for name, policy in scenario.spec.policies.items() if name not in names}
    spec = scenario.spec.model_copy(update={"policies": kept | {SHARED: together}})
    alone = run_scenario(scenario, data=data)
    shared = run_scenario(replace(scenario, spec=spec), data=data)
    prices = pd.concat([_prices(alone, names), _prices(shared, [SHARED])], ignore_index=True)
    return Sharing(float(alone.dataset["system_cost"]), float(shared.dataset["system_cost"]), prices)


def _parts(scenario: Scenario, names: Sequence[str]) -> list[Bounded]:
    """The policies that are shared, checked."""
    known = {name: p for name, p in scenario.spec.active_policies.items() if isinstance(p, Bounded)}
    wrong = [name for name in names if name not in known]
    if wrong:
        raise InputError(f"no limit or target {wrong[0]!r}", fix=f"known: {', '.join(known) or 'none'}")
    if len(set(names)) < 2:
        raise InputError("sharing takes at least two policies", fix="name the targets of the places that would share")
    parts: list[Bounded] = [known[name] for name in names]
    if any(part.kind != "absolute" or part.span != "period" for part in parts):
        raise InputError("targets that are shared are absolute and per period", fix="state them in units a year")
    alike = {
        (type(part).__name__, part.sense, part.from_year, part.to_year, part.between, str(part.slack_price), part.reported,
         tuple((year, q.unit) for year, q in part.values.items()))
        for part in parts
    }  # fmt: skip
    if len(alike) > 1:
        raise InputError("targets that are shared have one sense, the same dates, units and slack", fix="write them alike")
    return parts


def _prices(result: RunResult, names: Sequence[str]) -> pd.DataFrame:
    """Level, bound and price of policies by period."""
    sheet = result.dataset
    columns = {"policy": "policy_id", "period": "policy_period", "level": "policy_level", "bound": "policy_bound",
               "price": "policy_price"}  # fmt: skip
    frame = pd.DataFrame({name: sheet[column].values for name, column in columns.items()})
    return frame[frame["policy"].isin(list(names))].reset_index(drop=True)
