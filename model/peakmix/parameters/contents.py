"""What decides the arrays of a compiled structure, as one hash: index sets, facts, keys, and the numbers that are no levers."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from peakmix.parameters.container import Key, Parameters


def canonical(value: Any) -> str:
    """Text of nested plain data that does not depend on the order of maps and sets."""
    if isinstance(value, Mapping):
        return "{" + ",".join(sorted(f"{canonical(k)}:{canonical(v)}" for k, v in value.items())) + "}"
    if isinstance(value, set | frozenset):
        return "<" + ",".join(sorted(map(canonical, value))) + ">"
    if isinstance(value, list | tuple):
        return "[" + ",".join(map(canonical, value)) + "]"
    return repr(value)


def content_hash(parameters: Parameters, rules: Any, levers: Iterable[tuple[str, Key]]) -> str:
    """Hash of derived parameters with policies stated as ``rules``; numbers of levers, in their order, are left open.

    The order of keys counts: it is the order of rows and columns.
    """
    p = parameters
    chosen = list(levers)
    total = hashlib.sha256()
    facts = {name: fact for name, fact in p.facts.items() if name != "policies"}
    frame = [repr(p.horizon), p.regions, p.members, p.nodes, p.sets, p.vintages, facts, rules, list(rules), chosen]
    total.update(canonical(frame).encode())
    open_keys: dict[str, set[Key]] = {}
    for name, key in chosen:
        open_keys.setdefault(name, set()).add(key)
    for name, table in p.values.items():
        free = open_keys.get(name, set())
        numbers = np.array([0.0 if key in free else float(value) for key, value in table.items()])
        total.update(f"{name} {list(table)!r};".encode())
        total.update(numbers.tobytes())
    return total.hexdigest()
