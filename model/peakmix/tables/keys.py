"""Keys: a row stands once, and of two rows that hold at the same point one is more specific.

Along the columns whose blank means all, a row is more specific than another when it is written (or lies deeper in
the tree of places) wherever they differ. Two rows that cross, each more specific along another column, are an error
unless a third row is written at their meeting point. So is a row for all years beside rows for single years.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from typing import Any

from peakmix.foundation.errors import Findings
from peakmix.tables.read import Row
from peakmix.tables.schema import Schema
from peakmix.tables.tree import Tree

Typed = tuple[Row, dict[str, Any]]
Pattern = tuple[str | None, ...]

ADDITIVE = frozenset({"limits", "share_limit_values"})
"""Tables in which a row at a node binds the node's total and stands beside rows below it; nothing overrides."""


def check_duplicates(rows: Iterable[Typed], schema: Schema, findings: Findings) -> list[Typed]:
    """Refuse rows with the same key; return the first of each."""
    if not schema.key:
        return list(rows)
    first: dict[tuple[Any, ...], Row] = {}
    kept: list[Typed] = []
    for row, typed in rows:
        key = tuple(typed[name] for name in schema.key)
        if key not in first:
            first[key] = row
            kept.append((row, typed))
            continue
        column = schema.key[-1] if typed[schema.key[-1]] is not None else schema.key[0]
        shown = ", ".join(
            f"{name} {'(all)' if part is None else part}" for name, part in zip(schema.key, key, strict=True)
        )
        rule = f"a key stands once in {schema.table}; {shown} stands at {first[key].where()} as well"
        findings.error(rule, place=row.place(column), fix="delete one of the two rows, or write where each holds")
    return kept


def _meet(left: Pattern, right: Pattern, places: Sequence[bool], tree: Tree) -> Pattern | None:
    """The pattern where both hold, None when they hold nowhere together."""
    meeting: list[str | None] = []
    for a, b, place in zip(left, right, places, strict=True):
        if a == b or b is None:
            meeting.append(a)
        elif a is None:
            meeting.append(b)
        elif place and b in tree.path(a):
            meeting.append(a)
        elif place and a in tree.path(b):
            meeting.append(b)
        else:
            return None
    return tuple(meeting)


def check_specificity(rows: Iterable[Typed], schema: Schema, tree: Tree, findings: Findings) -> None:
    """Refuse pairs of rows of which neither is more specific."""
    if schema.table in ADDITIVE or not schema.key:
        return
    patterns = schema.pattern_columns
    places = [schema.columns[name].of == "location" for name in patterns]
    groups: dict[tuple[Any, ...], dict[Pattern, list[Typed]]] = {}
    for row, typed in rows:
        exact = tuple(typed[name] for name in schema.exact_columns)
        pattern = tuple(typed[name] for name in patterns)
        groups.setdefault(exact, {}).setdefault(pattern, []).append((row, typed))
    for found in groups.values():
        if schema.year_column:
            for series in found.values():
                _check_years(series, schema, findings)
        if len(patterns) < 2 or len(found) < 2:
            continue
        for left, right in combinations(found, 2):
            meeting = _meet(left, right, places, tree)
            if meeting is not None and meeting not in found:
                _crossing(found[left][0][0], found[right][0][0], meeting, patterns, findings)


def _check_years(series: Sequence[Typed], schema: Schema, findings: Findings) -> None:
    """A series is one row for all years, or rows with years."""
    column = schema.year_column
    blank = [row for row, typed in series if typed[column] is None]
    if blank and len(blank) < len(series):
        dated = next(row for row, typed in series if typed[column] is not None)
        rule = f"a series has rows with years, or one for all years; {dated.where()} has {dated.cells[column]}"
        findings.error(
            rule, place=blank[0].place(column), fix=f"write the {column} of this row or delete one of the two"
        )


def _crossing(left: Row, right: Row, meeting: Pattern, patterns: Sequence[str], findings: Findings) -> None:
    """Error for two rows that cross."""
    shown = ", ".join(f"{name} = {part}" for name, part in zip(patterns, meeting, strict=True) if part is not None)
    rule = f"of two rows that hold at one point one is more specific; {left.where()} is as specific at {shown}"
    column = next((name for name in patterns if right.cells[name]), patterns[0])
    findings.error(rule, place=right.place(column), fix=f"add a row for {shown}, or delete one of the two")
