"""Members grouped by structure, and what differs between the members of a group.

Two members have one structure when their index sets, the facts that decide rows, and the keys of their derived elements are
the same. Their derived elements may differ: those that do become levers. A policy's own numbers reach the model through derived
elements only where ``NUMBERS`` names them; any other difference of a policy makes another structure.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from peakmix import __version__
from peakmix.foundation.errors import InputError
from peakmix.parameters.container import Key, Parameters
from peakmix.parameters.contents import canonical
from peakmix.scenario.scenario import Scenario
from peakmix.solve.program import FloatArray
from peakmix.tables.dataset import DataSet

Element = tuple[str, Key]

NUMBERS = ("values", "height", "growth", "seed", "historical", "slack_price", "opening", "title", "source", "note")
"""Fields of policies that reach the model as derived elements, or not at all."""


@dataclass(frozen=True, eq=False)
class Derivation:
    """A member derived: its scenario, its tables with the scenario's changes, parameters with policies, base values."""

    scenario: Scenario
    data: DataSet
    parameters: Parameters
    base_values: Mapping[str, float]


Derive = Callable[[Scenario], Derivation]
"""From a scenario to its derivation; may raise InfeasibleError when the base period alone has no solution."""


@dataclass(eq=False)
class Group:
    """Members of one structure; the first one stands for it.

    ``moved[member]`` holds the elements that differ from the first member's, with their values.
    """

    first: Derivation
    rules: Any
    members: list[int] = field(default_factory=list)
    moved: list[dict[Element, float]] = field(default_factory=list)

    def accepts(self, derivation: Derivation, rules: Any) -> bool:
        """Is this member of the same structure?"""
        return rules == self.rules and same_structure(derivation.parameters, self.first.parameters)

    def add(self, member: int, derivation: Derivation) -> None:
        """Take a member in."""
        self.members.append(member)
        self.moved.append(differences(derivation.parameters, self.first.parameters))

    def levers(self) -> tuple[list[Element], FloatArray]:
        """Elements that differ anywhere in the group, and their values (members, elements)."""
        base = self.first.parameters.values
        found = dict.fromkeys(element for moved in self.moved for element in moved)
        elements = sorted(found, key=lambda e: (e[0], tuple(map(str, e[1]))))
        start = np.array([float(base[name][key]) for name, key in elements])
        matrix = np.tile(start, (len(self.members), 1))
        place = {element: k for k, element in enumerate(elements)}
        for row, moved in enumerate(self.moved):
            for element, value in moved.items():
                matrix[row, place[element]] = value
        return elements, matrix

    def key(self) -> str:
        """Hash of the structure: periods, places, sets, facts, keys of elements, and the version of the model."""
        p = self.first.parameters
        parts = [__version__, p.horizon.first, p.horizon.length, p.horizon.base, p.regions, p.members, p.nodes, p.sets]
        parts += [{name: list(table) for name, table in p.values.items()}, self.rules, facts_of(p)]
        return hashlib.sha256(canonical(parts).encode()).hexdigest()[:16]


def rules_of(parameters: Parameters) -> dict[str, Any]:
    """Policies without the numbers that become derived elements."""
    policies = parameters.facts.get("policies", {})
    return {
        name: policy.structure() if hasattr(policy, "structure") else policy.model_dump(mode="json", exclude=set(NUMBERS))
        for name, policy in policies.items()
    }


def foresight_of(scenario: Scenario) -> dict[str, Any]:
    """How far members see, as plain data; empty for perfect foresight.

    Raises
    ------
    InputError
        For beliefs: a belief is a programme of its own, and members of a sweep have one each.
    """
    foresight = scenario.spec.foresight
    if foresight is None or foresight.plain:
        return {}
    if foresight.believes:
        rule = "a sweep takes windows, not beliefs"
        fix = "settings: foresight.believes: []; or run the scenarios one by one"
        raise InputError(rule, place=scenario.tree.place(("foresight", "believes"), None), fix=fix)
    return foresight.model_dump(mode="json")


def facts_of(parameters: Parameters) -> dict[str, Any]:
    """Facts that decide rows, policies apart."""
    return {name: fact for name, fact in parameters.facts.items() if name != "policies"}


def same_structure(one: Parameters, two: Parameters) -> bool:
    """Do two members differ in numbers only?"""
    frames = [(p.horizon.first, p.horizon.length, p.horizon.base, p.regions, p.members, p.nodes, p.sets) for p in (one, two)]
    if frames[0] != frames[1] or one.vintages != two.vintages or facts_of(one) != facts_of(two):
        return False
    if one.values.keys() != two.values.keys():
        return False
    return all(table.keys() == two.values[name].keys() for name, table in one.values.items())


def differences(member: Parameters, first: Parameters) -> dict[Element, float]:
    """Elements of a member that differ from those of the first."""
    found: dict[Element, float] = {}
    for name, table in member.values.items():
        base = first.values[name]
        if table is base or table == base:
            continue
        found.update({(name, key): float(value) for key, value in table.items() if value != base[key]})
    return found
