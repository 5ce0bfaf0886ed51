"""One audited case: tables, scenario, calendar, places, decisions, and where residuals are written down."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import Any

import numpy as np

from peakmix.audit.calendar import Calendar
from peakmix.audit.places import Places, Weights
from peakmix.audit.report import Floats, Tally
from peakmix.audit.rows import Key, Rows, Series
from peakmix.foundation.vocabulary import vocabulary
from peakmix.scenario import Spec
from peakmix.tables import DataSet

Index = tuple[Any, ...]
Values = Mapping[str, Mapping[Index, float]]

COMPONENTS = (
    "activity", "stock", "new_capacity", "entering_capacity", "early_retirement", "conversion", "renewal",
    "market_volume", "trade", "delivery", "stockpile", "adopted", "new_measure", "ledger",
)  # fmt: skip
"""Decisions that the audit knows, beside those of policies in the vocabulary; the last index of each is the period."""
NOTHING = "nothing"
"""A variable that is always zero and stands where a rule has nothing to hold on."""
FREE = ("ledger", "policy_charge", "allowance_emission", "allowance_held", "allowance_sold", "cash_flow")
"""Decisions that may be below zero, beside those of policies to whose sign the vocabulary gives a meaning."""


class Decisions:
    """The solution's variables as arrays along periods. What is not in the solution is zero."""

    def __init__(self, values: Values, calendar: Calendar, tally: Tally) -> None:
        ruled = [word for (kind, _), word in vocabulary().items() if kind == "variable" and word.dims[:1] == ("policy",)]
        free = {*FREE, *(word.name for word in ruled if word.sign)}
        self._arrays: dict[str, dict[Index, Floats]] = {name: {} for name in (*COMPONENTS, *(word.name for word in ruled))}
        self.whole: dict[Index, float] = {}
        self.zero = calendar.zeros()
        self.summed: dict[Index, Any] = {}
        for name, members in values.items():
            if name == NOTHING:
                for index, value in members.items():
                    tally.row("decisions known", (name, *index), value)
                continue
            if name not in self._arrays:
                tally.row("decisions known", (name,), np.inf if members else 0.0)
                continue
            sign = 0.0 if name in free else 1.0
            arrays = self._arrays[name]
            for index, value in members.items():
                if not np.isfinite(value):
                    tally.row("decisions finite", (name, *index), np.inf)
                    value = 0.0
                tally.row("decisions not negative", (name, *index), sign * min(value, 0.0), value)
                self._store(name, arrays, index, float(value), calendar, tally)

    def _store(self, name: str, arrays: dict[Index, Floats], index: Index, value: float, calendar: Calendar, tally: Tally) -> None:
        """One value into its array."""
        *key, period = index
        place = calendar.position.get(period)
        if place is not None:
            arrays.setdefault(tuple(key), calendar.zeros())[place] = value
            if name == "entering_capacity":
                self.summed.setdefault(tuple(key), calendar.zeros() > 0)[place] = True
        elif name == "policy_excess" and period == 0:
            self.whole[tuple(key)] = value
        else:
            tally.row("decisions known", (name, *index), np.inf)

    def all(self, component: str) -> Mapping[Index, Floats]:
        """Arrays of a component by index without the period."""
        return self._arrays[component]

    def of(self, component: str, *key: Any) -> Floats:
        """One array; zeros where the solution has none."""
        return self._arrays[component].get(key, self.zero)


class Case:
    """What every part of the audit reads.

    sector, product, capacity, retire, new_build  attributes of the technologies that take part
    groups                                        group or technology -> its technologies that take part
    given_ledgers                                 ledger cells that the solution has (ledger, region, sector, period)
    """

    def __init__(self, data: DataSet, spec: Spec, values: Values, base_values: Mapping[str, float]) -> None:
        self.data, self.spec, self.base_values = data, spec, base_values
        self.calendar = Calendar(spec)
        self.tally = Tally(self.calendar.first)
        self.decisions = Decisions(values, self.calendar, self.tally)
        self.given_ledgers = set(values.get("ledger", ()))
        frame = data.tables["technologies"]
        wanted = ~frame["technology"].isin(spec.technologies.exclude)
        if spec.sectors is not None:
            wanted &= frame["sector"].isin(spec.sectors)
        records = frame[wanted].to_dict("records")
        self.sector = {str(r["technology"]): str(r["sector"]) for r in records}
        self.product = {str(r["technology"]): str(r["product"]) for r in records}
        self.holds_capacity = {str(r["technology"]): r["capacity"] == "yes" for r in records}
        self.new_build = {str(r["technology"]): r["new_build"] == "yes" for r in records}
        self.retire = {str(r["technology"]): str(r["retire"]) for r in records}
        self.groups = {name: tuple(t for t in members if t in self.sector) for name, members in data.groups.items()}
        self.places = Places(data, spec)
        self.weights = Weights(data, self.places, self.sector)
        self._rows: dict[tuple[str, str], Rows] = {}
        self._values: dict[tuple[Any, ...], Floats | None] = {}

    @cached_property
    def commodity_unit(self) -> dict[str, str]:
        """Natural unit of each commodity."""
        return self.data.natural_units

    def rows(self, table: str, column: str = "value") -> Rows:
        """Series of a table, read once."""
        if (table, column) not in self._rows:
            self._rows[table, column] = Rows(self.data, table, column)
        return self._rows[table, column]

    def mean(self, table: str, keys: tuple[Key, ...], weights: dict[str, float]) -> Floats | None:
        """Weighted mean over places of the period values; None when no weighted place has a row."""
        rows = self.rows(table)
        return self._mean(rows, keys, weights, lambda series: series.periods(self.calendar))

    def at_year(self, table: str, keys: tuple[Key, ...], weights: dict[str, float], year: float) -> float | None:
        """Weighted mean over places of the values in one year; None when no weighted place has a row."""
        found = self._mean(self.rows(table), keys, weights, lambda series: series.at(year))
        return None if found is None else float(found)

    def _mean(self, rows: Rows, keys: tuple[Key, ...], weights: dict[str, float], read: Callable[[Series], Any]) -> Any | None:
        """Mean over places; one without a row counts with the default, or stays out where there is none."""
        painted = rows.painted(*keys)
        if not any(place in painted for place in weights):
            return None
        default = rows.default_of(keys[0])
        total, norm = 0.0, 0.0
        for place, weight in weights.items():
            value = read(painted[place]) if place in painted else default
            if value is not None:
                total, norm = total + weight * value, norm + weight
        return total / norm

    def technology(self, region: str, technology: str, parameter: str) -> Floats:
        """A parameter of a technology in a region (periods)."""
        key = ("technology", region, technology, parameter)
        if key not in self._values:
            weights = self.weights.of_technology(region, technology)
            self._values[key] = self.mean("technology_parameters", ((technology, parameter),), weights)
        return self.or_default("technology_parameters", parameter, self._values[key], technology, region)

    def or_default(self, table: str, parameter: str, value: Floats | None, *where: str) -> Floats:
        """The value, else the schema's default; where there is none either a decision has no number, and the check fails."""
        if value is not None:
            return value
        default = self.rows(table).default(parameter)
        if default is None:
            self.tally.row("numbers stated", (table, parameter, *where), np.inf)
        return np.full(self.calendar.count, default or 0.0)

    def life(self, region: str, technology: str, year: float) -> float:
        """Life of what is built in a year, years."""
        weights = self.weights.of_technology(region, technology)
        life = self.at_year("technology_parameters", ((technology, "lifetime"),), weights, year)
        if life is None:
            self.or_default("technology_parameters", "lifetime", None, technology, region)
        return life or 1.0

    def expand(self, names: tuple[str, ...] | None) -> set[str]:
        """Technologies that take part, of names of technologies and groups; all for None."""
        if names is None:
            return set(self.sector)
        return {technology for name in names for technology in self.groups.get(name, ())}

    def sum(self, arrays: Any) -> Floats:
        """Sum of arrays along periods."""
        total = self.calendar.zeros()
        for array in arrays:
            total = total + array
        return total
