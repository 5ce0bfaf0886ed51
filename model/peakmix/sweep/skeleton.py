"""A scenario as its skeleton and its numbers: members with one skeleton differ in numbers that a derivation computes with.

Numbers are the discount rate, the numbers of policies that may become derived elements, and what ``adjust`` makes of the tables.
Everything else is part of the skeleton. Skeletons say which members may share the record of one derivation; they do not say
that these have one structure.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from peakmix.scenario.fields import Block, Quantity
from peakmix.scenario.scenario import POLICY_TEXT, TEXT_ONLY, Scenario
from peakmix.scenario.spec import Spec
from peakmix.sweep.structure import NUMBERS

Route = tuple[Any, ...]
RATE: Route = ("horizon", "discount_rate")


def skeleton(scenario: Scenario) -> tuple[str, dict[Route, float]]:
    """Digest of everything but the numbers, and the numbers by route into the specification."""
    numbers: dict[Route, float] = {RATE: float(scenario.spec.horizon.discount_rate)}
    rest = {key: value for key, value in scenario.resolved.items() if key not in (*TEXT_ONLY, "policies", "adjust")}
    rest["horizon"] = {key: value for key, value in rest["horizon"].items() if key != RATE[1]}
    policies = [(name, _policy(policy, ("policies", name), numbers)) for name, policy in scenario.spec.policies.items()]
    text = json.dumps(rest, sort_keys=True, ensure_ascii=False) + repr(policies)
    return hashlib.sha256(text.encode()).hexdigest(), numbers


def _policy(policy: Any, route: Route, numbers: dict[Route, float]) -> Any:
    """A policy without the numbers that become derived elements."""
    own = policy.structure() if hasattr(policy, "structure") else None
    shown: list[Any] = [type(policy).__name__, own]
    for name in type(policy).model_fields:
        if name in POLICY_TEXT:
            continue
        value = getattr(policy, name)
        shown.append(_bones(value, (*route, name), numbers) if own is not None or name in NUMBERS else value)
    return shown


def _bones(value: Any, route: Route, numbers: dict[Route, float]) -> Any:
    """A value without its numbers, which are noted."""
    if isinstance(value, Quantity):
        numbers[route] = value.value
        return ("quantity", value.unit)
    if isinstance(value, float):
        numbers[route] = value
        return "number"
    if isinstance(value, Block):
        return [type(value).__name__, *(_bones(getattr(value, name), (*route, name), numbers) for name in type(value).model_fields)]
    if isinstance(value, Mapping):
        return [(key, _bones(entry, (*route, key), numbers)) for key, entry in value.items()]
    if isinstance(value, tuple | list):
        return [_bones(entry, (*route, k), numbers) for k, entry in enumerate(value)]
    return value


def with_numbers(spec: Spec, numbers: Mapping[Route, float]) -> Spec:
    """A copy of a specification with some numbers replaced, unchecked."""
    made: Spec = _replaced(spec, dict(numbers))
    return made


def _replaced(value: Any, numbers: Mapping[Route, float]) -> Any:
    """A value with the numbers below it replaced; ``numbers`` by the rest of their route."""
    if not numbers:
        return value
    if () in numbers:
        return value.model_copy(update={"value": numbers[()]}) if isinstance(value, Quantity) else numbers[()]
    below: dict[Any, dict[Route, float]] = {}
    for route, number in numbers.items():
        below.setdefault(route[0], {})[route[1:]] = number
    if isinstance(value, Block):
        return value.model_copy(update={name: _replaced(getattr(value, name), part) for name, part in below.items()})
    if isinstance(value, Mapping):
        return {key: _replaced(entry, below.get(key, {})) for key, entry in value.items()}
    return type(value)(_replaced(entry, below.get(k, {})) for k, entry in enumerate(value))
