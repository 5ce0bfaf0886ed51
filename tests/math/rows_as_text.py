"""A compiled program as content that does not depend on the order of rows and columns, and as readable text."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection
from typing import Any

from peakmix.solve.program import LinearProgram

Name = tuple[str, tuple[Any, ...]]
OPEN = ((0.0, math.inf), (-math.inf, math.inf))
Content = dict[Name, tuple[dict[Name, float], float, float]]


def content(program: LinearProgram) -> Content:
    """Coefficients and both sides of every row, the objective under ("cost", ()), bounds under ("bounds", (name,))."""
    rows, cols = list(program.rows), list(program.cols)
    filled: dict[int, dict[Name, float]] = defaultdict(dict)
    pattern = program.pattern
    for row, column, value in zip(pattern.rows.tolist(), pattern.columns.tolist(), program.data.tolist(), strict=True):
        if value != 0.0:
            filled[row][cols[column]] = value
    found: Content = {
        name: (filled[i], float(program.row_lower[i]), float(program.row_upper[i])) for i, name in enumerate(rows)
    }
    costs = {name: float(c) for name, c in zip(cols, program.cost.tolist(), strict=True) if c != 0.0}
    found["cost", ()] = (costs, float(program.offset), float(program.offset))
    for i, name in enumerate(cols):
        found["bounds", name] = ({}, float(program.col_lower[i]), float(program.col_upper[i]))
    return found


def difference(left: Content, right: Content, tolerance: float) -> str:
    """First difference beyond a relative tolerance in words, or an empty text."""
    if left.keys() != right.keys():
        return f"rows of one side only: {sorted(map(str, left.keys() ^ right.keys()))[:5]}"
    for name, (cells, *sides) in left.items():
        others, *other_sides = right[name]
        keys = cells.keys() | others.keys()
        pairs = [(str(k), cells.get(k, 0.0), others.get(k, 0.0)) for k in sorted(keys, key=str)]
        pairs += [(side, a, b) for side, a, b in zip(("lower", "upper"), sides, other_sides, strict=True)]
        for what, a, b in pairs:
            if not math.isclose(a, b, rel_tol=tolerance, abs_tol=tolerance):
                return f"{label(name)}, {what}: {a!r} against {b!r}"
    return ""


def label(name: Name) -> str:
    """component[index, index]."""
    component, index = name
    return f"{component}[{', '.join(map(str, index))}]" if index else component


def number(value: float) -> str:
    """Ten significant digits, no minus before zero."""
    return f"{value + 0.0:.10g}"


def as_text(program: LinearProgram, components: Collection[str]) -> str:
    """Rows of the named components, sorted: name: coefficients, sense and right-hand side; then bounds that are set."""
    lines = []
    bounds = []
    for name, (cells, lower, upper) in content(program).items():
        if name[0] == "bounds" and (lower, upper) not in (*OPEN, (0.0, 0.0)):
            bounds.append(f"bound of {label(name[1])}: {number(lower)} to {number(upper)}")  # type: ignore[arg-type]
        if name[0] not in components:
            continue
        terms = " ".join(f"{'+' if v >= 0 else '-'} {number(abs(v))} {label(k)}" for k, v in sorted(cells.items(), key=str))
        if lower == upper:
            side = f"= {number(lower)}"
        elif lower == -math.inf:
            side = f"<= {number(upper)}"
        elif upper == math.inf:
            side = f">= {number(lower)}"
        else:
            side = f"in [{number(lower)}, {number(upper)}]"
        lines.append(f"{label(name)}:\n    {terms or '0'}\n    {side}")
    return "\n".join([*sorted(lines), *sorted(bounds)]) + "\n"
