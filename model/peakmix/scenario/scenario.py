"""Loading: a scenario file and what it extends become a validated Scenario."""

from __future__ import annotations

import copy
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from peakmix.foundation.errors import InputError
from peakmix.scenario.inherit import merge, resolve_chain
from peakmix.scenario.instruments import spec_for
from peakmix.scenario.messages import input_errors
from peakmix.scenario.spec import Spec
from peakmix.scenario.yamltree import Origin, Route, Tree, leaves

TEXT_ONLY = ("name", "title", "description", "output")
"""Parts that do not change what is solved and are left out of the hash."""

SELECTIONS = ("locations", "sectors", "measures.include")
"""Keys whose absence means all."""

PERIOD_KEYS = ("horizon.periods", "horizon.first_years", "horizon.end")
"""The two ways of writing periods; only the one in use is shown."""

POLICY_TEXT = ("title", "source", "note")
"""Parts of a policy that do not change what is solved."""


@dataclass(frozen=True)
class Scenario:
    """A resolved scenario.

    Attributes
    ----------
    spec:
        The typed, frozen tree.
    tree:
        The merged tree as written, with the origin of every value.
    files:
        The files that took part, bases first.
    """

    spec: Spec
    tree: Tree
    files: tuple[Path, ...] = ()

    @property
    def name(self) -> str:
        """Name of the scenario."""
        return self.spec.name

    @cached_property
    def origins(self) -> dict[str, Origin]:
        """(file, line, character) by dotted key, e.g. ``policies.cap.values.2030``; defaults have none."""
        return {".".join(route): origin for route, origin in self.tree.origins.items()}

    def origin(self, *route: str | int) -> Origin | None:
        """Where a value, or the nearest block around it, was set."""
        path = tuple(str(part) for part in route)
        while path and path not in self.tree.origins:
            path = path[:-1]
        return self.tree.origins.get(path) if path else None

    def error(self, rule: str, *route: str | int, value: object = None, fix: str = "") -> InputError:
        """An error at the place where a value was set."""
        return InputError(rule, place=self.tree.place(tuple(str(part) for part in route), value), fix=fix)

    @cached_property
    def resolved(self) -> dict[str, Any]:
        """All values in force, defaults included, as plain data; it is itself a scenario without extends."""
        plain: dict[str, Any] = self.spec.model_dump(mode="json", exclude_none=True)
        return plain

    @cached_property
    def resolved_yaml(self) -> str:
        """The resolved scenario as YAML text, the same for the same values."""
        return yaml.safe_dump(self.resolved, sort_keys=False, allow_unicode=True, width=110)

    @cached_property
    def hash(self) -> str:
        """SHA-256 of the resolved values that decide what is solved; titles and the output folder do not count."""
        decisive = {key: value for key, value in self.resolved.items() if key not in TEXT_ONLY}
        decisive["policies"] = {
            name: {key: value for key, value in policy.items() if key not in POLICY_TEXT}
            for name, policy in self.resolved["policies"].items()
        }
        text = json.dumps(decisive, sort_keys=True, ensure_ascii=False, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()

    @property
    def data(self) -> str:
        """Name of a data set, or the path to one: a relative path is taken from the file that states it."""
        text = self.spec.data
        origin = self.tree.origins.get(("data",))
        if origin is None or not ("/" in text or text.startswith(".")):
            return text
        shown = Path(origin.file).absolute()
        beside = next((f.parent for f in self.files if f == shown.resolve()), Path())
        return str((beside / text).resolve())

    def values(self) -> list[tuple[str, Any, Origin | None]]:
        """(dotted key, value, origin) of every value in force; the origin is None for defaults.

        Selections that were left out are shown as ``all``; inside policies only what is stated or has a default is
        shown.
        """
        plain = self.spec.model_dump(mode="json")
        plain["policies"] = self.resolved["policies"]
        rows = []
        for route, value in leaves(plain):
            key = ".".join(route)
            if value is None and key in PERIOD_KEYS:
                continue
            shown = value if value is not None else "all" if key in SELECTIONS else "none"
            rows.append((key, shown, self._leaf_origin(route)))
        return rows

    def _leaf_origin(self, route: Route) -> Origin | None:
        """Origin of a leaf: its own, or that of the single value it was expanded from."""
        if route in self.tree.origins:
            return self.tree.origins[route]
        written: Any = self.tree.value
        for k, part in enumerate(route):
            if isinstance(written, Mapping) and part in written:
                written = written[part]
            else:
                return None if isinstance(written, Mapping | list) else self.tree.origins.get(route[:k])
        return None


def load(path: Path | str, changes: Mapping[str, Any] | None = None) -> Scenario:
    """Load a scenario file with everything it extends.

    Parameters
    ----------
    path:
        The YAML file; its name without suffix is the scenario's name unless ``name`` is stated.
    changes:
        Values by dotted key that override the file, e.g. ``{"horizon.discount_rate": 0.03}``; None deletes.

    Raises
    ------
    InputErrors
        All faults found, each with file, line, key, value, rule and fix.
    """
    tree, files = resolve_chain(Path(path))
    tree.value.setdefault("name", Path(path).stem)
    return _finish(tree, changes, tuple(files))


def from_mapping(values: Mapping[str, Any], changes: Mapping[str, Any] | None = None) -> Scenario:
    """A scenario from plain Python data, without files; ``extends`` is not available."""
    plain = json.loads(json.dumps(values))
    plain.setdefault("name", "scenario")
    return _finish(_as_tree(plain, Origin("mapping", 0)), changes, ())


def with_changes(scenario: Scenario, changes: Mapping[str, Any]) -> Scenario:
    """A copy of a scenario with values changed by dotted key."""
    tree = Tree(copy.deepcopy(scenario.tree.value), dict(scenario.tree.origins))  # origins are tuples: the map alone is copied
    return _finish(tree, changes, scenario.files)


def _as_tree(values: dict[str, Any], origin: Origin) -> Tree:
    """Plain data as a tree with one origin for all of it."""
    tree = Tree(values, {(): origin})
    for route, _ in leaves(values):
        for k in range(len(route)):
            tree.origins[route[: k + 1]] = origin
    return tree


def _finish(tree: Tree, changes: Mapping[str, Any] | None, files: tuple[Path, ...]) -> Scenario:
    """Apply changes and validate."""
    for key, value in (changes or {}).items():
        _apply(tree, key, value)
    kind = spec_for(tree.value)
    try:
        spec = kind.model_validate(tree.value)
    except ValidationError as error:
        raise input_errors(error, tree, kind) from None
    return Scenario(spec, tree, files)


def _apply(tree: Tree, key: str, value: Any) -> None:
    """Apply one change at a dotted key; list positions are numbers, and must exist."""
    origin, route = Origin(f"set {key}", 0), tuple(key.split("."))
    holder: Any = tree.value
    for k, part in enumerate(route[:-1]):
        holder = _enter(tree, holder, route[:k], part)
        if holder is None:
            break
    if not isinstance(holder, list) and not _passes_list(tree.value, route):
        nested: Any = value
        for part in reversed(route):
            nested = {part: nested}
        merge(tree, _as_tree(nested, origin))
        return
    last: Any = route[-1]
    if isinstance(holder, list):
        _enter(tree, holder, route[:-1], last)
        last = int(last)
    tree.cut(route)
    holder[last] = value
    for below, _ in leaves(value, route):
        for k in range(len(route), len(below) + 1):
            tree.origins[below[:k]] = origin


def _enter(tree: Tree, holder: Any, route: Route, part: str) -> Any:
    """The value below one part of a route; None where a map does not have it yet."""
    if isinstance(holder, list):
        if not part.isdigit() or int(part) >= len(holder):
            raise InputError(
                f"{'.'.join(route)} has {len(holder)} entries, counted from 0",
                place=tree.place((*route, part)),
                fix="name an entry that exists",
            )
        return holder[int(part)]
    return holder.get(part) if isinstance(holder, Mapping) else None


def _passes_list(value: Any, route: Route) -> bool:
    """True when a list lies on the route."""
    for part in route:
        if isinstance(value, list):
            return True
        value = value.get(part) if isinstance(value, Mapping) else None
    return False
