"""Pydantic's findings in the words of a scenario: file, line, key, value, rule and fix."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError

from peakmix.foundation.errors import InputError, InputErrors, nearest
from peakmix.scenario.instruments import OWN, instrument_of, instruments
from peakmix.scenario.policies import Policy
from peakmix.scenario.spec import Spec
from peakmix.scenario.yamltree import Route, Tree

RULES: dict[str, tuple[str, str]] = {
    "int_type": ("a whole number stands here", "write a number without quotes or decimals"),
    "int_parsing": ("a whole number stands here", "write a number without quotes or decimals"),
    "int_from_float": ("a whole number stands here", "write a number without decimals"),
    "float_type": ("a number stands here", "write a number without quotes or unit"),
    "finite_number": ("the number is finite", "write a finite number"),
    "bool_type": ("true or false stands here", "write true or false"),
    "string_type": ("text stands here", "write a name; quote it if it looks like a number"),
    "tuple_type": ("a list stands here", "write [first, second]"),
    "list_type": ("a list stands here", "write [first, second]"),
    "dict_type": ("a map stands here", "write key: value pairs"),
    "model_type": ("a map stands here", "write key: value pairs"),
    "model_attributes_type": ("a map stands here", "write key: value pairs"),
}


def input_errors(error: ValidationError, tree: Tree, kind: type[Spec] = Spec) -> InputErrors:
    """All findings of a validation by this class, one a place."""
    tags = tags_of(kind)
    found: dict[Route, InputError] = {}
    for item in error.errors(include_url=False):
        route = route_of(tree.value, item["loc"], tags)
        found.setdefault(route, _translate(dict(item), route, tree, kind))
    return InputErrors(found.values())


def tags_of(kind: type[Spec]) -> Collection[str]:
    """Instruments whose blocks the class reads."""
    return OWN if kind is Spec else {_tag(block) for block in _blocks(kind.model_fields["policies"].annotation)}


def route_of(value: Any, loc: tuple[int | str, ...], tags: Collection[str] = OWN) -> Route:
    """The route in the tree that a pydantic location means; names of union members in it are dropped."""
    route: list[str] = []
    for k, part in enumerate(loc):
        if isinstance(value, Mapping) and str(part) in value:
            value = value[str(part)]
        elif isinstance(value, list) and isinstance(part, int) and part < len(value):
            value = value[part]
        elif k < len(loc) - 1 or not isinstance(value, Mapping) or not _is_key(part, tags):
            continue
        route.append(str(part))
    return tuple(route)


def _is_key(part: int | str, tags: Collection[str]) -> bool:
    """True for what may be a missing key rather than the name of a union member."""
    return isinstance(part, str) and part.isidentifier() and part not in (*tags, "amount", "relative", "level")


def _value_at(value: Any, route: Route) -> Any:
    """The value at a route, or None where nothing is written."""
    for part in route:
        if isinstance(value, Mapping):
            value = value.get(part)
        elif isinstance(value, list):
            value = value[int(part)]
    return value


def _translate(item: dict[str, Any], route: Route, tree: Tree, kind_of: type[Spec]) -> InputError:
    """One finding as an InputError."""
    kind, context = str(item["type"]), item.get("ctx") or {}
    written = _value_at(tree.value, route)
    shown = written if written is not None and not isinstance(written, Mapping | list) else None
    place = tree.place(route, shown)
    key = route[-1] if route else ""
    if kind == "extra_forbidden":
        return InputError(f"{key!r} is not a key here", place=place, fix=nearest(key, known_keys(item["loc"], kind_of)))
    if kind == "missing":
        return InputError(f"the key {key!r} is required", place=place, fix=f"add {key}: ...")
    if kind == "union_tag_not_found":
        return InputError(
            "a policy names its instrument", place=place, fix=f"instrument: one of {', '.join(instruments())}"
        )
    if kind == "union_tag_invalid":
        tag = str(context.get("tag"))
        return InputError(
            "the instrument is a known one",
            place=tree.place((*route, "instrument"), tag),
            fix=nearest(tag, instruments()),
        )
    if written is None and route and key in _parent(tree.value, route):
        return InputError(
            "null deletes an inherited value, and there is none here",
            place=place,
            fix="take the line out or give a value",
        )
    if kind == "literal_error":
        choices = [c.strip("' ") for c in str(context.get("expected", "")).replace(" or ", ", ").split(",")]
        return InputError(f"the value is one of {', '.join(choices)}", place=place, fix=nearest(str(shown), choices))
    if kind == "value_error":
        return InputError(str(context.get("error", item["msg"])), place=place, fix=_fix(written))
    rule, fix = RULES.get(kind, (str(item["msg"]).replace("Input should be", "the value is"), "correct the value"))
    return InputError(rule, place=place, fix=fix)


def _fix(written: Any) -> str:
    """What to do about a broken rule that is its own advice."""
    return "correct the block so that it keeps the rule" if isinstance(written, Mapping | list) else "correct the value"


def _parent(value: Any, route: Route) -> Mapping[str, Any]:
    """The map that holds the last key of a route; empty when it is no map."""
    parent = _value_at(value, route[:-1])
    return parent if isinstance(parent, Mapping) else {}


def known_keys(loc: tuple[int | str, ...], kind: type[Spec] = Spec) -> list[str]:
    """Keys that are known where the location's last part was refused."""
    models, tags = list[Any]([kind]), tags_of(kind)
    for part in loc[:-1]:
        below: list[Any] = []
        for model in models:
            below.extend(_step(model, part, tags))
        models = below or models
    return sorted({name for model in models if _is_model(model) for name in model.model_fields})


def _is_model(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _step(kind: Any, part: int | str, tags: Collection[str]) -> list[Any]:
    """The block classes that one part of a location leads to."""
    if not _is_model(kind):
        return []
    if part in kind.model_fields:
        return list(_blocks(kind.model_fields[str(part)].annotation))
    if part in tags:
        return [kind] if part == _tag(kind) else []
    return [kind]


def _tag(kind: Any) -> str:
    """The instrument a policy class stands for."""
    return instrument_of(kind) if "instrument" in kind.model_fields else ""


def _blocks(annotation: Any) -> Iterator[Any]:
    """Block classes inside an annotation."""
    if _is_model(annotation):
        yield annotation
    elif annotation is Policy or get_origin(annotation) in (Annotated, Union, UnionType, dict, tuple, list):
        for inner in get_args(annotation):
            yield from _blocks(inner)
