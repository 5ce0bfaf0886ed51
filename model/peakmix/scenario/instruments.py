"""Instruments a scenario may name: those of the union of policy blocks, and those whose file brings its own block.

A file of an instrument may hold the class of its block, ``INSTRUMENT.block``. This room knows no such file: it looks
through the packages declared in `foundation/plugins`, and only where a scenario names an instrument it does not know.
"""

from __future__ import annotations

import functools
import importlib
import pkgutil
from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Union, get_args

from pydantic import Field, create_model

from peakmix.foundation import plugins
from peakmix.scenario.fields import PolicyName
from peakmix.scenario.policies import Policy
from peakmix.scenario.policy_base import PolicyBase
from peakmix.scenario.spec import Spec


def instrument_of(block: type[PolicyBase]) -> str:
    """The instrument a policy class stands for."""
    return str(get_args(block.model_fields["instrument"].annotation)[0])


OWN: dict[str, type[PolicyBase]] = {instrument_of(block): block for block in get_args(get_args(Policy)[0])}
"""Blocks of the union, by instrument."""


def brought() -> dict[str, type[PolicyBase]]:
    """Blocks that the files of instruments bring, by instrument."""
    return _brought(tuple(plugins.HOMES))


@functools.cache
def _brought(homes: tuple[str, ...]) -> dict[str, type[PolicyBase]]:
    found = [getattr(getattr(module, "INSTRUMENT", None), "block", None) for home in homes for module in _modules(home)]
    blocks: list[type[PolicyBase]] = [block for block in found if block is not None]
    return {instrument_of(block): block for block in blocks}


def _modules(home: str) -> Iterator[Any]:
    """Modules of a package."""
    for module in pkgutil.iter_modules(importlib.import_module(home).__path__):
        yield importlib.import_module(f"{home}.{module.name}")


def spec_for(values: Mapping[str, Any]) -> type[Spec]:
    """The class that reads these values: `Spec`, or `Spec` with the brought blocks that its policies name."""
    policies = values.get("policies")
    blocks = policies.values() if isinstance(policies, Mapping) else ()
    named = {block.get("instrument") for block in blocks if isinstance(block, Mapping)}
    strange = sorted(name for name in named if isinstance(name, str) and name not in OWN)
    return extended(tuple(block for name in strange if (block := brought().get(name)) is not None)) if strange else Spec


@functools.cache
def extended(blocks: tuple[type[PolicyBase], ...]) -> type[Spec]:
    """`Spec` whose policies may be these blocks too."""
    if not blocks:
        return Spec
    union = Annotated[Union[(*OWN.values(), *blocks)], Field(discriminator="instrument")]  # type: ignore[valid-type]
    return create_model("Spec", __base__=Spec, policies=(dict[PolicyName, union], Field(default_factory=dict)))  # type: ignore[valid-type]


def instruments() -> tuple[str, ...]:
    """Names of all instruments."""
    return (*OWN, *brought())
