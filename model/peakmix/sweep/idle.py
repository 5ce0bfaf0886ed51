"""Axes that move nothing: their numbers stand in no row and in no cost of the programme, so that members come out alike.

An axis acts when two members that differ in it alone differ in their structure, in a number that the compiled programme holds, or
in whether they can be solved at all. Designs without such pairs (a Latin hypercube over several axes) are not judged.
"""

from __future__ import annotations

import json
from collections import defaultdict

import numpy as np

from peakmix.sweep import files
from peakmix.sweep.plan import Plan


def idle_axes(folder: files.Where, plan: Plan) -> list[str]:
    """Names of the axes that have pairs to judge by and act in none; empty while a structure is not compiled."""
    programmes = _programmes(folder, plan)
    if programmes is None:
        return []
    names = sorted({name for member in plan.members for name in member.design})
    return [name for name in names if _acts(plan, name, programmes) is False]


def told(folder: files.Where, plan: Plan) -> list[str]:
    """A sentence an idle axis."""
    return [
        f"axis {name} moves nothing: the numbers it sets stand in no row and in no cost of this programme"
        for name in idle_axes(folder, plan)
    ]


def _programmes(folder: files.Where, plan: Plan) -> list[bytes] | None:
    """What tells the programme of each member from the others; None when a layout is missing."""
    found = [f"{member.status}: {member.reason}".encode() for member in plan.members]
    for structure in plan.structures:
        try:
            layout = json.loads((folder / f"layout-{structure.key}.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        if layout.get("plan") != plan.hash:
            return None
        values = np.ascontiguousarray(structure.values[:, layout["placed"]])
        for member, row in zip(structure.members, values, strict=True):
            found[member] = structure.key.encode() + row.tobytes()
    return found


def _acts(plan: Plan, name: str, programmes: list[bytes]) -> bool | None:
    """Does the axis act; None when no two members differ in it alone."""
    alike: dict[tuple[tuple[str, float | str], ...], list[int]] = defaultdict(list)
    for number, member in enumerate(plan.members):
        alike[tuple(sorted((k, v) for k, v in member.design.items() if k != name))].append(number)
    judged = None
    for group in alike.values():
        if len({plan.members[number].design.get(name) for number in group}) < 2:
            continue
        if len({programmes[number] for number in group}) > 1:
            return True
        judged = False
    return judged
