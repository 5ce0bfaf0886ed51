"""Constraint families and policy instruments register themselves here; no builder knows them all."""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from peakmix.foundation import plugins
from peakmix.parameters.container import Parameters
from peakmix.scenario.policy_base import PolicyBase


@dataclass(frozen=True)
class Family:
    """A constraint family: its place in the order of building, the components it adds and its builder."""

    name: str
    order: int
    rows: tuple[str, ...]
    build: Callable[[Any, Parameters], None]


@dataclass(frozen=True)
class Instrument:
    """A policy instrument: how its numbers are derived and how it is built.

    ``derive(policy_id, policy, parameters, context)`` stores derived elements; ``build(model, parameters, policy_id, policy)``
    adds rows. ``rows`` names its components: first index is always the policy id. ``books`` are those of them that define
    what the policy counts; they never give way when a conflict is explained. ``block`` is the class of its block in a
    scenario, where that does not stand in the scenario's own union.
    """

    name: str
    rows: tuple[str, ...]
    derive: Callable[[str, Any, Parameters, Any], None]
    build: Callable[[Any, Parameters, str, Any], None]
    books: tuple[str, ...] = ()
    block: type[PolicyBase] | None = None


@functools.cache
def _modules(package: str) -> list[Any]:
    root = importlib.import_module(package)
    return [importlib.import_module(f"{package}.{m.name}") for m in pkgutil.iter_modules(root.__path__)]


def families() -> list[Family]:
    """All families in building order."""
    found = [m.FAMILY for m in _modules("peakmix.formulation.families") if hasattr(m, "FAMILY")]
    return sorted(found, key=lambda family: family.order)


def instruments() -> dict[str, Instrument]:
    """All instruments by name."""
    found = [m.INSTRUMENT for home in plugins.HOMES for m in _modules(home) if hasattr(m, "INSTRUMENT")]
    return {instrument.name: instrument for instrument in found}
