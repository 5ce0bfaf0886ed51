"""Terms of an allowance market that add up over plants: a derived number times the activity or adoption it belongs to."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from peakmix.parameters.container import Key, Parameters

Cells = dict[tuple[str, str, int], list[Key]]


def by_plant(
    model: Any, parameters: Parameters, policy_id: str, table: str, regions: tuple[str, ...], period: int
) -> list[Any]:
    """Terms of ``table`` with activities and of ``table_measure`` with adopted measures, in some regions and one period."""
    terms = []
    for name, variable in ((table, model.activity), (f"{table}_measure", model.adopted)):
        cells = _cells(model, parameters, name)
        values = parameters.values.get(name, {})
        for region in regions:
            terms += [values[key] * variable[key[1:]] for key in cells.get((policy_id, region, period), ()) if key[1:] in variable]
    return terms


def _cells(model: Any, parameters: Parameters, table: str) -> Cells:
    """Keys of a table by (policy, region, period), grouped once a model."""
    kept: dict[str, Cells] = model.books.__dict__.setdefault("plant_cells", {})
    if table not in kept:
        found: Cells = defaultdict(list)
        for key in parameters.values.get(table, {}):
            found[key[0], key[1], key[-1]].append(key)
        kept[table] = dict(found)
    return kept[table]
