"""Reading YAML with the file, line and character of every value.

A stricter reading than YAML's own: duplicate keys, anchors, aliases and tags are refused; ``on``, ``off``, ``yes`` and
``no`` are refused because readers disagree on them; numbers are decimal, so ``010`` and ``1:30`` are refused too. Keys
are kept as text, also years.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

import yaml

from peakmix.foundation.errors import InputError, Place, display_path, nearest

Route = tuple[str, ...]
"""The keys that lead to a value, list positions written as text."""

SWITCH = re.compile(r"(?i:on|off|yes|no|y|n)")
INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)")
DECIMAL = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
UNCLEAR = re.compile(r"[-+]?(?:0[0-9_]+|0[xob][0-9a-fA-F_]+|[0-9]+(?:_[0-9]+)+|[0-9]+(?::[0-9]+)+|\.(?i:inf|nan))")


class Origin(NamedTuple):
    """Where a value was set: file as messages show it, line and character, both from 1."""

    file: str
    line: int
    character: int = 0


@dataclass(frozen=True)
class YamlPlace(Place):
    """A place in a YAML file; ``column`` is the key path and ``character`` the position in the line."""

    character: int = 0

    def __str__(self) -> str:
        spot = ":".join(str(part) for part in (self.file, self.line, self.character) if part)
        key = f": {self.column}" if self.column else ""
        return f"{spot}{key}" + (f" = {self.value!r}" if self.value is not None else "")

    def __lt__(self, other: Place) -> bool:
        return (self.file, self.line, self.column) < (other.file, other.line, other.column)

    def __gt__(self, other: Place) -> bool:
        return (self.file, self.line, self.column) > (other.file, other.line, other.column)


@dataclass
class Tree:
    """A tree of plain values and the origin of every node of it."""

    value: Any
    origins: dict[Route, Origin] = field(default_factory=dict)

    def place(self, route: Route, value: object = None) -> Place:
        """Place of a route for messages; of its nearest known parent where the route itself is not written."""
        known = route
        while known and known not in self.origins:
            known = known[:-1]
        origin = self.origins.get(known, Origin("", 0, 0))
        text = None if value is None else str(value)
        return YamlPlace(origin.file, origin.line, ".".join(route), text, origin.character)

    def cut(self, route: Route) -> None:
        """Forget the origins of a route and everything below it."""
        for known in [r for r in self.origins if r[: len(route)] == route]:
            del self.origins[known]

    def graft(self, other: Tree, route: Route) -> None:
        """Take over the origins of a route and everything below it from another tree."""
        self.origins.update({r: o for r, o in other.origins.items() if r[: len(route)] == route})


class _Reader:
    """Turns the nodes of one file into plain values and origins."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.origins: dict[Route, Origin] = {}

    def origin(self, node: yaml.Node) -> Origin:
        return Origin(self.file, node.start_mark.line + 1, node.start_mark.column + 1)

    def fail(self, node: yaml.Node, route: Route, rule: str, fix: str, value: str | None = None) -> InputError:
        origin = self.origin(node)
        return InputError(
            rule, place=YamlPlace(self.file, origin.line, ".".join(route), value, origin.character), fix=fix
        )

    def read(self, node: yaml.Node, route: Route = ()) -> Any:
        self.origins.setdefault(route, self.origin(node))
        if isinstance(node, yaml.MappingNode):
            return self.mapping(node, route)
        if isinstance(node, yaml.SequenceNode):
            return [self.read(child, (*route, str(k))) for k, child in enumerate(node.value)]
        return self.scalar(node, route)

    def mapping(self, node: yaml.MappingNode, route: Route) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key_node, value_node in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                raise self.fail(key_node, route, "a key is a name or a year", "write key: value")
            self.scalar(key_node, route)
            key = str(key_node.value)
            path = (*route, key)
            if key in found:
                first = self.origins[path]
                raise self.fail(
                    key_node, path, "a key stands once in a map", f"keep one of them; the first is in line {first.line}"
                )
            self.origins[path] = self.origin(key_node)
            found[key] = self.read(value_node, path)
        return found

    def scalar(self, node: yaml.Node, route: Route) -> Any:
        text = str(node.value)
        if not isinstance(node, yaml.ScalarNode) or node.style is not None:
            return text
        if SWITCH.fullmatch(text):
            rule = "yes, no, on and off mean different things to different readers"
            raise self.fail(node, route, rule, f'write true or false, or quote it: "{text}"', text)
        if UNCLEAR.fullmatch(text):
            raise self.fail(node, route, "numbers are finite and decimal, without leading zeros", "write it out", text)
        if text in ("", "~", "null", "Null", "NULL"):
            return None
        if text.lower() in ("true", "false"):
            return text.lower() == "true"
        if INTEGER.fullmatch(text):
            return int(text)
        return float(text) if DECIMAL.fullmatch(text) else text


def _refuse_references(text: str, file: str) -> None:
    """Anchors, aliases and tags are refused: one value stands in one line, and is what it looks like."""
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        mark = getattr(event, "anchor", None) or getattr(event, "tag", None)
        if mark is not None:
            start = event.start_mark
            place = YamlPlace(file, start.line + 1 if start else 0, "", str(mark), start.column + 1 if start else 0)
            raise InputError(
                "anchors, aliases and tags are not used in scenarios",
                place=place,
                fix="write the value, or use extends",
            )


def read_yaml(path: Path) -> Tree:
    """Read one YAML file whose top level is a map.

    Raises
    ------
    InputError
        When the file is missing, not UTF-8, not YAML, or breaks one of the rules of this module; with file, line and
        character.
    """
    file = display_path(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise InputError("the file exists", place=Place(file), fix=_similar_files(path)) from None
    except (OSError, UnicodeDecodeError) as error:
        raise InputError("the file can be read as UTF-8 text", place=Place(file), fix=str(error)) from None
    try:
        _refuse_references(text, file)
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        spot = YamlPlace(file, mark.line + 1 if mark else 0, "", None, mark.column + 1 if mark else 0)
        raise InputError(f"the file is valid YAML: {error.problem}", place=spot, fix="mend the line") from None
    except yaml.YAMLError as error:
        raise InputError("the file is valid YAML", place=Place(file), fix=str(error).splitlines()[0]) from None
    if not isinstance(node, yaml.MappingNode):
        raise InputError("a scenario is a map of keys to values", place=Place(file, 1), fix="start with name: ...")
    reader = _Reader(file)
    value = reader.read(node)
    return Tree(value, reader.origins)


def _similar_files(path: Path) -> str:
    """Names of the YAML files beside a missing file."""
    folder = path.parent
    if not folder.is_dir():
        return f"the folder {display_path(folder)} does not exist either"
    return nearest(path.name, [p.name for p in folder.glob("*.y*ml")])


def leaves(value: Any, route: Route = ()) -> Iterator[tuple[Route, Any]]:
    """(route, value) of every leaf of a tree; empty maps and lists count as leaves."""
    if isinstance(value, Mapping) and value:
        for key, below in value.items():
            yield from leaves(below, (*route, str(key)))
    elif isinstance(value, list | tuple) and value:
        for k, below in enumerate(value):
            yield from leaves(below, (*route, str(k)))
    else:
        yield route, value


def read_value(text: str) -> Any:
    """A value as a scenario file would read it, e.g. ``0.03``, ``[1, 2]``, ``null``, ``1500 Mt/yr``.

    Raises
    ------
    ValueError
        When the text is not YAML or breaks a rule of this module.
    """
    try:
        _refuse_references(text, "")
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        return None if node is None else _Reader("").read(node)
    except yaml.YAMLError as error:
        raise ValueError(str(error).splitlines()[0]) from None
    except InputError as error:
        raise ValueError(f"{error.rule}; {error.fix}") from None
