"""The Pyomo model with the books that families write into: cost terms and grouped index sets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from functools import cached_property
from typing import Any

from peakmix.formulation.modelling import pyo
from peakmix.parameters.container import Key, Parameters

ALL = "all"
CostTerm = tuple[Key, Any, Any]


def new_model() -> Any:
    """An empty Pyomo model; `build` gives it ``books``, which hold the cost terms by account component."""
    return pyo.ConcreteModel()


class Books:
    """Lookups shared by families while one model is built, and the terms of the objective.

    ``cost_terms[component]`` is a list of (key, derived element, variable); the objective is the sum of all of them, so
    that reported costs are the very terms that are minimised.
    """

    def __init__(self, parameters: Parameters) -> None:
        self.parameters = parameters
        self.cost_terms: dict[str, list[CostTerm]] = defaultdict(list)
        self.converted: dict[Key, list[Any]] = defaultdict(list)
        self.brought: dict[Key, list[Any]] = {}
        self.moves: dict[Key, list[tuple[Any, str]]] | None = None

    def cost(self, component: str, key: Key, element: Any, variable: Any) -> None:
        """Book one term of the objective."""
        self.cost_terms[component].append((key, element, variable))

    @cached_property
    def cohorts(self) -> dict[tuple[str, str], list[str]]:
        """Activity cohorts of each pair."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for region, technology, cohort, _ in self.parameters["flow"]:
            if cohort not in found[region, technology]:
                found[region, technology].append(cohort)
        return dict(found)

    @cached_property
    def vintages(self) -> dict[tuple[str, str, int], list[str]]:
        """Vintages with live capacity terms of each pair and period."""
        found: dict[tuple[str, str, int], list[str]] = defaultdict(list)
        for region, technology, label, period in self.parameters.values.get("live", {}):
            found[region, technology, period].append(label)
        return found

    @cached_property
    def expiring(self) -> dict[tuple[str, str, int], list[str]]:
        """Vintages of which a part reaches its end of life, of each pair and period."""
        found: dict[tuple[str, str, int], list[str]] = defaultdict(list)
        for region, technology, label, period in self.parameters.values.get("expiring", {}):
            found[region, technology, period].append(label)
        return found

    @cached_property
    def conversions(self) -> dict[tuple[str, str, int], list[str]]:
        """Conversions by (region, source technology, period)."""
        found: dict[tuple[str, str, int], list[str]] = defaultdict(list)
        for region, name, period in self.parameters.sets["conversions"]:
            found[region, self.parameters.facts["conversion"][name][0], period].append(name)
        return found

    @cached_property
    def measures(self) -> dict[tuple[str, str], list[str]]:
        """Measures by (region, host)."""
        found: dict[tuple[str, str], list[str]] = defaultdict(list)
        for region, measure, host in self.parameters.sets["measures"]:
            found[region, host].append(measure)
        return found

    @cached_property
    def ledger_entries(self) -> dict[tuple[str, str, str, int], list[tuple[str, Key]]]:
        """Entries of (ledger, region, sector, period): ("activity" or "adopted", index of the variable)."""
        sector = self.parameters.facts["sector"]
        found: dict[tuple[str, str, str, int], list[tuple[str, Key]]] = defaultdict(list)
        for ledger, region, technology, cohort, period in self.parameters["ledger_factor"]:
            found[ledger, region, sector[technology], period].append(("activity", (region, technology, cohort, period)))
        for ledger, region, measure, host, period in self.parameters.values.get("measure_ledger", {}):
            found[ledger, region, sector[host], period].append(("adopted", (region, measure, host, period)))
        return found


def total(terms: Iterable[Any]) -> Any:
    """Sum of Pyomo terms; 0.0 when there is none."""
    return pyo.quicksum(terms)


def filled(model: Any, expression: Any) -> Any:
    """The expression, or the variable that is always zero where nothing is left: a rule on nothing still is a row."""
    return expression if has_terms(expression) else model.nothing + expression


def has_terms(expression: Any) -> bool:
    """Does the expression contain a variable (a plain number cannot be a row)?"""
    return not isinstance(expression, (int, float))


def rows(model: Any, name: str) -> Any:
    """The indexed constraint of that name, made on first use."""
    if not hasattr(model, name):
        setattr(model, name, pyo.Constraint(pyo.Any))
    return getattr(model, name)
