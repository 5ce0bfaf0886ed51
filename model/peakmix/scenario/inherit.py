"""Inheritance: `extends` is applied left to right, maps merge, lists and single values replace, null deletes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from peakmix.foundation.errors import InputError, display_path, nearest
from peakmix.scenario.yamltree import Route, Tree, read_yaml

OWN = ("name", "title", "description", "extends")
"""Keys that a file says about itself and that are not inherited."""

SUFFIXES = ("", ".yaml", ".yml")


def resolve_chain(path: Path, above: tuple[Path, ...] = ()) -> tuple[Tree, list[Path]]:
    """Read a scenario file and everything it extends.

    Parameters
    ----------
    path:
        The scenario file.
    above:
        Files that are being read, outermost first; a file that stands among them is a cycle.

    Returns
    -------
    tree:
        The merged tree with the origin of every value.
    files:
        The files that took part, bases first, each once.
    """
    path = path.resolve()
    tree = read_yaml(path)
    names = _extends(tree)
    merged = Tree({})
    files: list[Path] = []
    for k, name in enumerate(names):
        base = _find(path, name, tree, k)
        if base in (*above, path):
            circle = " -> ".join(display_path(p) for p in (*above, path, base))
            raise InputError(
                f"extends does not go in a circle: {circle}",
                place=tree.place(("extends", str(k)), name),
                fix="cut one link",
            )
        below, read = resolve_chain(base, (*above, path))
        for key in OWN:
            below.value.pop(key, None)
            below.cut((key,))
        merge(merged, below)
        files.extend(f for f in read if f not in files)
    tree.value.pop("extends", None)
    tree.cut(("extends",))
    merge(merged, tree)
    return merged, [*files, path]


def _extends(tree: Tree) -> list[str]:
    """The names in `extends`, one or a list."""
    raw = tree.value.get("extends")
    names = [raw] if isinstance(raw, str) else ([] if raw is None else raw)
    if not isinstance(names, list) or not all(isinstance(n, str) and n for n in names):
        raise InputError(
            "extends is a file name or a list of file names",
            place=tree.place(("extends",), raw),
            fix="extends: [base, policy]",
        )
    return names


def _find(path: Path, name: str, tree: Tree, position: int) -> Path:
    """The file that a name in `extends` means: beside the file that says it, with or without the suffix."""
    for suffix in SUFFIXES:
        found = path.parent / f"{name}{suffix}"
        if found.is_file():
            return found.resolve()
    known = [p.stem for p in path.parent.glob("*.y*ml") if p != path]
    route = ("extends", str(position)) if ("extends", str(position)) in tree.origins else ("extends",)
    raise InputError("an extended scenario exists", place=tree.place(route, name), fix=nearest(name, known))


def merge(base: Tree, over: Tree) -> None:
    """Merge a tree into another in place: maps deeply, lists and values replace, null deletes what was inherited."""
    base.value = _merge(base, over, base.value, over.value, ())
    base.origins.setdefault((), over.origins.get((), next(iter(over.origins.values()))))


def _merge(base: Tree, over: Tree, old: dict[str, Any], new: dict[str, Any], route: Route) -> dict[str, Any]:
    """Merge two maps at a route."""
    result = dict(old)
    for key, value in new.items():
        path = (*route, key)
        if value is None and key in result:
            del result[key]
            base.cut(path)
        elif isinstance(value, dict) and isinstance(result.get(key), dict):
            result[key] = _merge(base, over, result[key], value, path)
        elif isinstance(value, dict):
            base.cut(path)
            base.origins[path] = over.origins[path]
            result[key] = _merge(base, over, {}, value, path)
        else:
            base.cut(path)
            base.graft(over, path)
            result[key] = value
    return result
