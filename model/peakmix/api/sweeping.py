"""Sweeps from the front door: how a member is derived; the rest stands in `peakmix.sweep`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from peakmix.api.prepare import base_values, needs_base
from peakmix.formulation.build import derive_policies
from peakmix.parameters.container import Parameters
from peakmix.parameters.derive import derive
from peakmix.scenario import Scenario, check_against
from peakmix.scenario.levers import adjust
from peakmix.sweep.structure import Derivation
from peakmix.tables.dataset import DataSet


class Deriver:
    """Derives members of one data set; what does not depend on policies is derived once for members that share it."""

    def __init__(self, data: DataSet) -> None:
        self.data = data
        self._state = ""
        self._made: tuple[DataSet, Parameters, Any] | None = None
        self._levels: dict[str, dict[str, float]] = {}

    @staticmethod
    def state(scenario: Scenario) -> str:
        """What decides the derivation apart from policies, as text; members that share it are best derived in a row."""
        kept = {k: v for k, v in scenario.resolved.items() if k not in ("policies", "name", "title", "description", "solver", "output")}
        return json.dumps(kept, sort_keys=True, ensure_ascii=False)

    def __call__(self, scenario: Scenario) -> Derivation:
        """Derive one member.

        Raises
        ------
        InputErrors, InfeasibleError
        """
        check_against(self.data, scenario)
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

    def _base_values(self, scenario: Scenario, data: DataSet, active: Mapping[str, Any]) -> dict[str, float]:
        """Levels of the base period that policies refer to; solved once for members that ask for the same ones."""
        wanted = {name: policy for name, policy in active.items() if needs_base(policy)}
        key = repr([(name, policy.scoped(policy.indicator)) for name, policy in wanted.items()])
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
