"""What a recount looks up again and again: cohorts, vintages, measures and conversions of each place."""

from __future__ import annotations

from collections import defaultdict
from functools import cached_property

from peakmix.parameters.container import Key, Parameters
from peakmix.results.recount.terms import Builder, Elements, Term, Variables
from peakmix.solve.program import NameTable

Pair = tuple[str, str]
Cell = tuple[str, str, int]


class Scope:
    """Derived parameters and variables of one structure, with the lookups of a recount."""

    def __init__(self, parameters: Parameters, columns: NameTable) -> None:
        self.parameters = parameters
        self.variables = Variables(columns)
        self.elements = Elements(parameters)
        self._ledger_keys: dict[str, dict[tuple[str, str, int], list[Key]]] = {}
        self._plant_keys: dict[str, dict[tuple[str, str, int], list[Key]]] = {}

    def builder(self, name: str) -> Builder:
        """An empty block."""
        return Builder(name, self.elements, self.variables)

    def table(self, name: str) -> dict[Key, float]:
        """One table of derived elements; empty when there is none."""
        return self.parameters.values.get(name, {})

    def term(self, element: str | None, key: Key, variable: str, index: Key, factor: float = 1.0) -> list[Term]:
        """factor x element x variable as a list of one term; empty when the variable does not exist."""
        if not self.variables.has(variable, index):
            return []
        return [(factor, None if element is None else (element, key), (variable, index))]

    def constant(self, element: str, key: Key, factor: float = 1.0) -> list[Term]:
        """A derived element as a constant; empty when it is not stated."""
        return [(factor, (element, key), None)] if key in self.table(element) else []

    @cached_property
    def cohorts(self) -> dict[Pair, list[str]]:
        """Cohorts of activity of each (region, technology)."""
        found: dict[Pair, dict[str, None]] = defaultdict(dict)
        for region, technology, cohort, _ in self.table("flow"):
            found[region, technology][cohort] = None
        return {pair: list(cohorts) for pair, cohorts in found.items()}

    @cached_property
    def alive(self) -> dict[tuple[str, str, str], dict[int, float]]:
        """Share alive by period, of each (region, technology, vintage)."""
        found: dict[tuple[str, str, str], dict[int, float]] = defaultdict(dict)
        for (region, technology, label, period), share in self.table("alive").items():
            found[region, technology, label][period] = share
        return found

    @cached_property
    def labels(self) -> dict[Cell, list[str]]:
        """Vintages with a live capacity term, of each (region, technology, period)."""
        found: dict[Cell, list[str]] = defaultdict(list)
        for region, technology, label, period in self.table("live"):
            found[region, technology, period].append(label)
        return found

    @cached_property
    def expiring(self) -> dict[Cell, list[str]]:
        """Vintages of which a part reaches its end of life, of each (region, technology, period)."""
        found: dict[Cell, list[str]] = defaultdict(list)
        for region, technology, label, period in self.table("expiring"):
            found[region, technology, period].append(label)
        return found

    @cached_property
    def measures(self) -> dict[Pair, list[str]]:
        """Measures of each (region, host)."""
        found: dict[Pair, list[str]] = defaultdict(list)
        for region, measure, host in self.parameters.sets["measures"]:
            found[region, host].append(measure)
        return found

    @cached_property
    def leaving(self) -> dict[Cell, list[tuple[str, Key]]]:
        """(component, index) of conversions and renewals out of each (region, source technology, period)."""
        return self._moves(0)

    @cached_property
    def arriving(self) -> dict[Cell, list[tuple[str, Key]]]:
        """(component, index) of conversions and renewals into each (region, target technology, period)."""
        return self._moves(1)

    def _moves(self, side: int) -> dict[Cell, list[tuple[str, Key]]]:
        facts = self.parameters.facts["conversion"]
        found: dict[Cell, list[tuple[str, Key]]] = defaultdict(list)
        for component in ("conversion", "renewal"):
            for index in self.variables.of(component):
                found[index[0], facts[index[1]][side], index[-1]].append((component, index))
        return found

    def ledger_keys(self, table: str) -> dict[tuple[str, str, int], list[Key]]:
        """Keys of ``ledger_factor`` or ``measure_ledger`` by (ledger, region, period)."""
        if table not in self._ledger_keys:
            found: dict[tuple[str, str, int], list[Key]] = defaultdict(list)
            for key in self.table(table):
                found[key[0], key[1], key[-1]].append(key)
            self._ledger_keys[table] = found
        return self._ledger_keys[table]

    def plant_keys(self, table: str) -> dict[tuple[str, str, int], list[Key]]:
        """Keys of a table of an allowance market by (policy, region, period)."""
        if table not in self._plant_keys:
            found: dict[tuple[str, str, int], list[Key]] = defaultdict(list)
            for key in self.table(table):
                found[key[0], key[1], key[-1]].append(key)
            self._plant_keys[table] = found
        return self._plant_keys[table]

    def activity(self, region: str, technology: str, period: int) -> list[Term]:
        """Activity of all cohorts, M{product}/yr."""
        terms: list[Term] = []
        for cohort in self.cohorts.get((region, technology), []):
            terms += self.term(None, (), "activity", (region, technology, cohort, period))
        return terms

    def technologies(self, group: str) -> tuple[str, ...]:
        """Members of a technology group, or the technology itself."""
        members: tuple[str, ...] = self.parameters.facts["groups"].get(group, (group,))
        return members
