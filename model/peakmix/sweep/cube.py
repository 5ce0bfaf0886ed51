"""The collected sweep: one Zarr store with a `scenario` dimension, the design as coordinates, failed members kept as data."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

import numpy as np
import xarray as xr

from peakmix import __version__
from peakmix.foundation.errors import Place, UsageError
from peakmix.results.attributes import SCHEMA_VERSION
from peakmix.sweep import files
from peakmix.sweep.plan import Plan
from peakmix.sweep.running import chunk_path, stored

COLUMNS: dict[str, tuple[str, str]] = {
    "certified": ("Certificate and audits passed (1) or not (0)", ""),
    "dual_objective": ("Dual objective, recomputed outside the solver", ""),
    "audit": ("Largest relative violation of the quick audit", "1"),
    "full_audit": ("Full audit: passed (1), failed (0), not asked for (-1)", ""),
    "iterations": ("Iterations of the solver", ""),
}
SMALL = 1e-9
"""Flows below this are rounding, as in a run's file."""
CERTIFICATE = ("row", "bound", "dual", "row_dual", "complementarity", "gap")
Array = np.ndarray[Any, Any]


def texts(values: Iterable[object]) -> Array:
    """Texts as an array of objects."""
    listed = ["" if value is None else str(value) for value in values]
    array = np.empty(len(listed), dtype=object)
    array[:] = listed
    return array


def assemble(folder: files.Where, plan: Plan) -> xr.Dataset:
    """All members as one Dataset.

    Members that failed have their status and reason, and not-a-number for the rest. Arrays of members of different structures
    have the union of their labels.

    Raises
    ------
    UsageError
        When members are still to do.
    """
    chunks = []
    for chunk in plan.chunks:
        found = stored(folder, plan, chunk)
        if found is None:
            raise UsageError(
                "a sweep is collected when all its members are done",
                place=Place(files.shown(chunk_path(folder, chunk))),
                fix="give `peakmix sweep run` again; it goes on where it stopped",
            )
        chunks.append((chunk, found[0]))
    layouts = [_layout(folder / f"layout-{s.key}.json", plan.hash) for s in plan.structures]
    made = _Cube(plan, layouts, chunks)
    return made.dataset()


def _layout(path: files.Where, plan: str) -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        found = {}
    if found.get("plan") != plan:
        raise UsageError("the layouts of a sweep belong to its plan", place=Place(files.shown(path)), fix="run the sweep again")
    return found


class _Cube:
    """Arrays of the cube while it is put together."""

    def __init__(self, plan: Plan, layouts: list[dict[str, Any]], chunks: list[tuple[Any, dict[str, Array]]]) -> None:
        self.plan, self.layouts, self.chunks = plan, layouts, chunks
        self.count = len(plan.members)
        self.arrays: dict[str, xr.Variable] = {}
        self.coordinates: dict[str, xr.Variable] = {}
        self.labels: dict[str, dict[object, int]] = {}

    def dataset(self) -> xr.Dataset:
        """Put everything together."""
        self._design()
        self._columns()
        self._labels()
        for name in dict.fromkeys(name for layout in self.layouts for name in layout["quantities"]):
            self._quantity(name)
        self._gradient()
        self._used_rows()
        attributes = {
            "title": self.plan.spec.title or self.plan.spec.name,
            "description": self.plan.spec.description,
            "sweep": json.dumps(self.plan.spec.model_dump(mode="json", by_alias=True, exclude_none=True), ensure_ascii=False),
            "base_scenario": json.dumps(self.plan.resolved, ensure_ascii=False),
            "plan": self.plan.hash,
            "peakmix_version": __version__,
            "peakmix_schema_version": SCHEMA_VERSION,
            "certified": int(bool(self.arrays["certified"].values.all())),
            "tie_break": "off: of several answers of least cost each member has the one that was found",
        }
        return xr.Dataset(self.arrays, self.coordinates, attributes)

    def _design(self) -> None:
        """Names, hashes and axis values of the members."""
        members = self.plan.members
        self.coordinates["scenario"] = xr.Variable(("scenario",), texts(m.name for m in members), {"long_name": "Member"})
        for axis, spec in self.plan.spec.axes.items():
            values = [m.design[axis] for m in members]
            numeric = all(isinstance(value, float) for value in values)
            array = np.array(values, dtype=float) if numeric else texts(values)
            target = spec.field or f"{spec.table}.{spec.column}"
            told = {"long_name": spec.title or axis, "target": target, "action": spec.action}
            name = axis if axis not in self._taken() else f"axis_{axis}"
            self.coordinates[name] = xr.Variable(("scenario",), array, told | ({"units": spec.unit} if spec.unit else {}))
        keys = [self.plan.structures[m.structure].key if m.structure >= 0 else "" for m in members]
        self.arrays["structure"] = xr.Variable(("scenario",), texts(keys), {"long_name": "Structure of the programme"})
        self.arrays["member_hash"] = xr.Variable(("scenario",), texts(m.hash for m in members), {"long_name": "Content hash"})

    def _taken(self) -> set[str]:
        """Names of the cube's own arrays, which an axis cannot have."""
        own = {"scenario", "status", "reason", "objective", "system_cost", "structure", "member_hash", "lever"}
        own |= {"gradient", "lever_value", *COLUMNS}
        return own | {name for layout in self.layouts for part in ("quantities", "coordinates") for name in layout[part]}

    def _scattered(self, name: str, fill: Any, dtype: Any) -> Array:
        """One column of all chunks in the order of the design."""
        result = np.full(self.count, fill, dtype=dtype)
        for chunk, arrays in self.chunks:
            column = arrays[name]
            result[list(chunk.members)] = column if column.ndim == 1 else column[:, 0]
        return result

    def _columns(self) -> None:
        """Status, reason, objective, certificate and audits."""
        status, reason = self._scattered("status", "infeasible", object), self._scattered("reason", "", object)
        for k, member in enumerate(self.plan.members):
            if member.structure < 0:
                reason[k], status[k] = member.reason, member.status
        self.arrays["status"] = xr.Variable(("scenario",), texts(status), {"long_name": "Outcome of the solve"})
        self.arrays["reason"] = xr.Variable(("scenario",), texts(reason), {"long_name": "Why a member has no certified optimum"})
        scalars = self.layouts[0]["scalars"] if self.layouts else {}
        for name, column in (("objective", "objective"), ("system_cost", "q_system_cost")):
            values = self._scattered(column, np.nan, float)
            self.arrays[name] = xr.Variable(("scenario",), values, scalars.get(name, {}))
        for name, (told, unit) in COLUMNS.items():
            whole = name in ("certified", "full_audit", "iterations")
            values = self._scattered(name, -1 if name == "full_audit" else 0 if whole else np.nan, np.int64 if whole else float)
            attributes = {"long_name": told} | ({"units": unit} if unit else {})
            if name == "dual_objective":
                attributes = dict(scalars.get("objective", {})) | attributes
            self.arrays[name] = xr.Variable(("scenario",), values, attributes)
        for name in CERTIFICATE:
            values, told = self._scattered(f"certificate_{name}", np.nan, float), f"Certificate: {name.replace('_', ' ')}"
            self.arrays[f"certificate_{name}"] = xr.Variable(("scenario",), values, {"long_name": told, "units": "1"})

    def _labels(self) -> None:
        """The union of the structures' labels, in the order in which they are met; periods ascending."""
        beside: dict[str, dict[object, object]] = {}
        for layout in self.layouts:
            stated = layout["coordinates"]
            used = {dim for entry in layout["quantities"].values() for dim in entry["dims"]}
            for name, entry in stated.items():
                if entry["dim"] not in used:
                    continue
                dim = stated[entry["dim"]]["labels"]
                for label, value in zip(dim, entry["labels"], strict=True):
                    beside.setdefault(name, {}).setdefault(label, value)
        for name, found in beside.items():
            entry = next(layout["coordinates"][name] for layout in self.layouts if name in layout["coordinates"])
            order = list(beside[entry["dim"]])
            if entry["dim"] == "period":
                order.sort(key=lambda label: int(str(label)))
            if name == entry["dim"]:
                self.labels[name] = {label: k for k, label in enumerate(order)}
            values = [found.get(label) for label in order]
            whole = bool(values) and all(type(value) is int for value in values)
            array = np.array(values, dtype=np.int64) if whole else texts(values)
            self.coordinates[name] = xr.Variable((entry["dim"],), array, entry["attributes"])

    def _quantity(self, name: str) -> None:
        """One quantity of all members, dense; zero where a member has none of it, not a number for prices and failures."""
        first = next(layout["quantities"][name] for layout in self.layouts if name in layout["quantities"])
        dims = tuple(first["dims"])
        shape = tuple(len(self.labels.get(dim, ())) for dim in dims)
        if not all(shape):
            return
        cube = np.full((self.count, int(np.prod(shape))), np.nan)
        flats = {}
        for place, layout in enumerate(self.layouts):
            keys = layout["quantities"].get(name, {"keys": []})["keys"]
            parts = [[self.labels[dim][key[k]] for key in keys] for k, dim in enumerate(dims)]
            flats[place] = np.ravel_multi_index(parts, shape) if keys else np.empty(0, dtype=np.intp)
        for chunk, arrays in self.chunks:
            rows = np.array(chunk.members)
            solved = arrays["status"] == "optimal"
            if name != "price" and not dims[0].endswith("_row"):
                cube[rows[solved]] = 0.0
            if len(flats[chunk.structure]):
                cube[np.ix_(rows[solved], flats[chunk.structure])] = arrays[f"q_{name}"][solved]
        self.arrays[name] = xr.Variable(("scenario", *dims), cube.reshape(self.count, *shape), first["attributes"])

    def _used_rows(self) -> None:
        """Leave out possible flows of credits and draws that no member makes; one row stays where there are none at all."""
        for dim, amount in (("swap_row", "swap_amount"), ("loan_row", "loan_draw")):
            if amount not in self.arrays:
                continue
            made = (np.nan_to_num(self.arrays[amount].values) > SMALL).any(axis=0)
            used = np.flatnonzero(made) if made.any() else np.array([0])
            for kept in (self.arrays, self.coordinates):
                kept |= {name: variable.isel({dim: used}) for name, variable in kept.items() if dim in variable.dims}

    def _gradient(self) -> None:
        """Levers of every member and the slope of the optimum in them; not a number where they are none of its structure."""
        names: dict[str, int] = {}
        places = []
        for layout in self.layouts:
            shown = [f"{name}[{','.join(map(str, key))}]" for name, key in layout["levers"]]
            places.append(np.array([names.setdefault(lever, len(names)) for lever in shown], dtype=np.intp))
        if not names:
            return
        slope, value = (np.full((self.count, len(names)), np.nan) for _ in range(2))
        for chunk, arrays in self.chunks:
            rows, columns = np.array(chunk.members), places[chunk.structure]
            structure = self.plan.structures[chunk.structure]
            position = {member: k for k, member in enumerate(structure.members)}
            own = structure.values[[position[m] for m in chunk.members]][:, self.layouts[chunk.structure]["placed"]]
            value[np.ix_(rows, columns)] = own
            slope[np.ix_(rows, columns)] = arrays["q_gradient"]
        told = "Derived element that differs between members"
        self.coordinates["lever"] = xr.Variable(("lever",), texts(names), {"long_name": told})
        self.arrays["lever_value"] = xr.Variable(("scenario", "lever"), value, {"long_name": "Value of a lever"})
        told = "Slope of the optimum in a lever, million money per unit of it; at a kink, that of one side"
        self.arrays["gradient"] = xr.Variable(("scenario", "lever"), slope, {"long_name": told})
