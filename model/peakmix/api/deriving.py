"""How a member of a sweep or batch is derived: what does not depend on policies is derived once for members that share it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from peakmix.api.following import Follower
from peakmix.api.prepare import base_values, needs_base
from peakmix.formulation.build import derive_policies
from peakmix.parameters.container import Parameters
from peakmix.parameters.derive import derive
from peakmix.scenario import Scenario, check_against
from peakmix.scenario.cell_values import CellValues
from peakmix.scenario.check import known_names
from peakmix.scenario.levers import adjust
from peakmix.sweep.skeleton import Route
from peakmix.sweep.structure import Derivation
from peakmix.tables.dataset import DataSet

APART = ("policies", "name", "title", "description", "solver", "output")
"""Parts of a scenario that the derivation without policies does not look at."""


class Deriver:
    """Derives members of one data set; what does not depend on policies is derived once for members that share it."""

    def __init__(self, data: DataSet) -> None:
        self.data = data
        self._known = known_names(data)
        self._state = ""
        self._made: tuple[DataSet, Parameters, Any] | None = None
        self._levels: dict[str, dict[str, float]] = {}
        self._cells = CellValues(data)

    @staticmethod
    def state(scenario: Scenario) -> str:
        """What decides the derivation apart from policies, as text; members that share it are best derived in a row."""
        kept = {key: value for key, value in scenario.resolved.items() if key not in APART}
        return json.dumps(kept, sort_keys=True, ensure_ascii=False)

    def __call__(self, scenario: Scenario) -> Derivation:
        """Derive one member.

        Raises
        ------
        InputErrors, InfeasibleError
        """
        check_against(self.data, scenario, self._known)
        state = self.state(scenario)
        if self._made is None or state != self._state:
            data = adjust(self.data, scenario)
            parameters, context = derive(data, scenario.spec)
            self._state, self._made, self._levels = state, (data, parameters, context), {}
        data, shared, context = self._made
        active = scenario.spec.active_policies
        context.base_values = self._base_values(scenario, data, active)
        parameters = copied(shared)
        derive_policies(parameters, active, context)
        return Derivation(scenario, data, parameters, dict(context.base_values))

    def changed(self, scenario: Scenario) -> dict[str, npt.NDArray[np.bool_]]:
        """Rows of tables whose value a scenario changes; none where only a derivation can tell."""
        found = self._cells.of(scenario) or {}
        return {table: values != self._cells.base(table).value for table, values in found.items()}

    def follower(self, first: Derivation, rows: Mapping[str, npt.NDArray[np.bool_]], routes: Sequence[Route]) -> Follower:
        """A record of a derivation that members with its skeleton are derived from."""
        return Follower(first, self._cells, rows, routes, self._levels_of)

    def _levels_of(self, scenario: Scenario) -> dict[str, float]:
        """Levels of the base period of a member by itself."""
        active = scenario.spec.active_policies
        wanted = {name: policy for name, policy in active.items() if needs_base(policy)}
        return base_values(scenario, adjust(self.data, scenario), wanted)

    def _base_values(self, scenario: Scenario, data: DataSet, active: Mapping[str, Any]) -> dict[str, float]:
        """Levels of the base period that policies refer to; solved once for members that ask for the same ones."""
        wanted = {name: policy for name, policy in active.items() if needs_base(policy)}
        goals = any(policy.instrument == "goal" for policy in wanted.values())
        key = repr(active if goals else [(name, policy.measured()) for name, policy in wanted.items()])
        if key not in self._levels:
            self._levels[key] = base_values(scenario, data, wanted)
        return self._levels[key]


def copied(shared: Parameters) -> Parameters:
    """Parameters that policies can add to without touching those that other members share."""
    return Parameters(
        shared.horizon,
        shared.regions,
        shared.members,
        dict(shared.nodes),
        {name: list(entries) for name, entries in shared.sets.items()},
        {name: dict(table) for name, table in shared.values.items()},
        {name: fact.copy() if isinstance(fact, dict) else fact for name, fact in shared.facts.items()},
        shared.vintages,
        dict(shared.reports),
    )
