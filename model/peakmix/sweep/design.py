"""From axes to the design: one row a member, the value of every axis in it."""

from __future__ import annotations

import csv
import itertools
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from peakmix.foundation.errors import InputError, Place, display_path, nearest
from peakmix.scenario.fields import parse_quantity
from peakmix.scenario.scenario import Scenario
from peakmix.sweep.spec import Axis, SweepSpec

Row = dict[str, Any]
LARGEST = 1_000_000
"""Members of one sweep at most."""


def design_rows(spec: SweepSpec, folder: Path) -> list[Row]:
    """The members' axis values in the order of the design; ``folder`` is where a design table is looked for."""
    if spec.design not in ("product", "zip"):
        return _from_table(spec, folder)
    blocks: list[list[Row]] = []
    sampled = {name: axis for name, axis in spec.axes.items() if axis.drawn}
    for name, axis in spec.axes.items():
        if name in sampled:
            if name == next(iter(sampled)):
                blocks.append(_sampled(sampled, spec))
        else:
            blocks.append([{name: value} for value in _listed(axis)])
    lengths = [len(block) for block in blocks]
    if spec.design == "zip" and len(set(lengths)) > 1:
        raise InputError(f"axes that are zipped are equally long, not {lengths}", place=Place(spec.name), fix="use product")
    if spec.design == "product" and np.prod(lengths, dtype=float) > LARGEST:
        raise InputError(f"a sweep has at most {LARGEST:,} members", place=Place(spec.name), fix="sample the axes")
    combined = zip(*blocks, strict=True) if spec.design == "zip" else itertools.product(*blocks)
    return [{name: row[name] for name in spec.axes} for row in (dict(_merged(parts)) for parts in combined)]


def _merged(parts: Sequence[Row]) -> Row:
    return {name: value for part in parts for name, value in part.items()}


def _listed(axis: Axis) -> list[Any]:
    """Values of a list or a range."""
    if axis.list is not None:
        return list(axis.list)
    assert axis.range is not None
    return [float(x) for x in np.linspace(axis.range.low, axis.range.high, axis.range.count or 1)]


def _sampled(axes: Mapping[str, Axis], spec: SweepSpec) -> list[Row]:
    """A joint sample of all sampled axes; the same for the same seed."""
    count = spec.samples or 1
    numbered = {name: [float(k) for k in range(1, count + 1)] for name, axis in axes.items() if axis.numbers is not None}
    axes = {name: axis for name, axis in axes.items() if name not in numbered}
    if not axes:
        return [{name: float(k + 1) for name in numbered} for k in range(count)]
    from scipy.stats import qmc

    width, random = len(axes), np.random.default_rng(spec.seed)
    if next(iter(axes.values())).sobol is not None:
        power = max(0, (count - 1).bit_length())
        unit = qmc.Sobol(d=width, rng=random).random_base2(power)[:count]
    else:
        unit = qmc.LatinHypercube(d=width, rng=random).random(count)
    spans = [axis.sampled for axis in axes.values()]
    low = np.array([span.low for span in spans if span is not None])
    high = np.array([span.high for span in spans if span is not None])
    scaled = low + unit * (high - low)
    rows = [dict(zip(axes, row.tolist(), strict=True)) for row in scaled]
    return [row | {name: values[k] for name, values in numbered.items()} for k, row in enumerate(rows)]


def _from_table(spec: SweepSpec, folder: Path) -> list[Row]:
    """The rows of a design table; its columns are the axes."""
    path = folder / spec.design
    place = Place(display_path(path))
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            columns, lines = list(reader.fieldnames or ()), list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError("design is product, zip or a CSV file", place=place, fix=str(error)) from None
    for name in spec.axes:
        if name not in columns:
            raise InputError(f"the design table has a column {name!r}", place=place, fix=nearest(name, columns))
    if not lines:
        raise InputError("a design table has at least one row", place=place, fix="add rows")
    found = []
    for number, line in enumerate(lines, start=2):
        for name in spec.axes:
            if not line[name]:
                raise InputError("a cell of a design table is filled", place=Place(display_path(path), number, name), fix="fill it")
        found.append({name: _cell(line[name]) for name in spec.axes})
    return found


def _cell(text: str) -> Any:
    """A cell as a number where it is one."""
    try:
        return float(text)
    except ValueError:
        return text


def label(value: Any) -> float | str:
    """A value of an axis as a coordinate: a number, or a text."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return value if isinstance(value, str) else json.dumps(value, sort_keys=True, ensure_ascii=False)
    return float(value)


def changes_of(spec: SweepSpec, base: Scenario, row: Row) -> dict[str, Any]:
    """Changes by dotted key that make the base the member of a design row."""
    changes: dict[str, Any] = {}
    adjustments = list(base.resolved.get("adjust", ()))
    for name, value in row.items():
        axis = spec.axes[name]
        if axis.field is not None:
            changes[axis.field] = _field(base, name, axis, value)
        elif axis.numbers is not None:
            where = {column: list(cells) for column, cells in axis.where.items()}
            draw = {"sample": int(value) - 1, "of": spec.samples, "seed": spec.seed}
            adjustments.append({"table": axis.table, "where": where, "draw": draw})
        else:
            amount = value if axis.unit is None else f"{value} {axis.unit}"
            where = {column: list(cells) for column, cells in axis.where.items()}
            adjustments.append({"table": axis.table, "where": where, "column": axis.column, axis.action: amount})
    if len(adjustments) > len(base.resolved.get("adjust", ())):
        changes["adjust"] = adjustments
    return changes


def _field(base: Scenario, name: str, axis: Axis, value: Any) -> Any:
    """The new value of a field."""
    assert axis.field is not None
    if axis.action == "set":
        return value if axis.unit is None else f"{value} {axis.unit}"
    stated: Any = base.resolved
    for part in axis.field.split("."):
        if isinstance(stated, list) and part.isdigit() and int(part) < len(stated):
            stated = stated[int(part)]
            continue
        found = {str(key): entry for key, entry in stated.items()} if isinstance(stated, Mapping) else {}
        if part not in found:
            raise InputError(f"axis {name}: the base states {axis.field}", place=Place(base.name), fix=nearest(part, found))
        stated = found[part]
    return _moved(stated, name, axis, value)


def _moved(stated: Any, name: str, axis: Axis, value: Any) -> Any:
    """A number, a quantity or a map of them, with the value added or multiplied; the written unit is kept."""
    if isinstance(stated, Mapping):
        return {str(key): _moved(entry, name, axis, value) for key, entry in stated.items()}
    try:
        quantity = parse_quantity(stated)
        number = float(value)
    except (ValueError, TypeError) as error:
        raise InputError(f"axis {name}: only numbers can be added or multiplied", fix=str(error)) from None
    if axis.action == "add" and axis.unit is not None and axis.unit != quantity.unit:
        raise InputError(f"axis {name}: it adds in the unit of the base, {quantity.unit}", fix="leave unit out, or set")
    after = quantity.value * number if axis.action == "multiply" else quantity.value + number
    return after if quantity.unit is None else f"{after!r} {quantity.unit}"
