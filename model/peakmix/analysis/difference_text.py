"""The comparison of two results as text for the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pandas as pd

from peakmix.analysis.calibration_text import aligned
from peakmix.analysis.difference import Difference
from peakmix.foundation.telling import figure

MOST = 12
LONG = 60
ROUNDING = 1e-12
"""A difference below this share of all cost is rounding."""


def text(difference: Difference, most: int = MOST) -> str:
    """What differs, shortest lists first; ``most`` rows of each list."""
    blocks = [
        [f"A  {difference.a}", f"B  {difference.b}"],
        [f"look twice: {note}" for note in difference.notes],
        list(_settings(difference.settings, most)),
        list(_inputs(difference.inputs, most)),
        list(_policies(difference.policies, most)),
        list(_mix(difference.mix, most)),
        list(_cost(difference, most)),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block)


def _settings(frame: pd.DataFrame, most: int) -> Iterator[str]:
    if not len(frame):
        yield "scenarios: the same values"
        return
    yield f"scenarios: {len(frame)} values differ"
    rows = [tuple(_cut(cell) for cell in row) for row in frame.head(most).itertuples(index=False)]
    yield from _table(("key", "A", "B"), rows, len(frame) - most)


def _inputs(frame: pd.DataFrame, most: int) -> Iterator[str]:
    if not len(frame):
        yield "inputs: the same rows"
        return
    counts = ", ".join(f"{count} {kind}" for kind, count in frame["kind"].value_counts().items())
    yield f"inputs: {counts}"
    rows = [(t, _cut(k), figure(a), figure(b), u) for t, k, a, b, u, _ in frame.head(most).itertuples(index=False)]
    yield from _table(("table", "key", "A", "B", "unit"), rows, len(frame) - most)


def _policies(frame: pd.DataFrame, most: int) -> Iterator[str]:
    if not len(frame):
        yield "policies: the same rows bind"
        return
    yield "policies whose rows bind in one result only"
    rows = []
    for policy, kind in frame[["policy", "kind"]].drop_duplicates().itertuples(index=False):
        part = frame[(frame["policy"] == policy) & (frame["kind"] == kind)]
        periods = sorted(set(part["period"]))
        span = f"{periods[0]}" if len(periods) == 1 else f"{periods[0]} to {periods[-1]}"
        prices = part["price_b" if "B" in str(kind) or kind == "became binding" else "price_a"]
        rows.append((str(policy), str(kind), str(len(part)), span, figure(float(prices.max())), str(part["unit"].iloc[0])))
    yield from _table(("policy", "what", "rows", "periods", "highest price", "unit"), rows[:most], len(rows) - most)


def _mix(frame: pd.DataFrame, most: int) -> Iterator[str]:
    if not len(frame):
        yield "output: the same everywhere"
        return
    yield f"output: {len(frame)} differ by technology, place and period; largest first"
    rows = [
        (technology, place, str(period), figure(a), figure(b), f"{d:+,.4g}", unit)
        for technology, place, period, a, b, d, unit in frame.head(most).itertuples(index=False)
    ]
    yield from _table(("technology", "place", "period", "A", "B", "difference", "unit"), rows, len(frame) - most)


def _cost(difference: Difference, most: int) -> Iterator[str]:
    unit = difference.unit
    yield f"cost, {unit} discounted, B less A"
    yield f"  objective    {difference.objective:+,.4f}"
    yield f"  system cost  {difference.system:+,.4f}   without transfers"
    total = float(difference.cost[["a", "b"]].abs().sum().max())
    if not (difference.cost["difference"].abs() > ROUNDING * total).any():
        yield "  the same by component, place and period, but for rounding"
        return
    for key in ("component", "place", "period"):
        frame = difference.by(key)
        shown = frame[frame["difference"].abs() > ROUNDING * total].head(most)
        rows = [(str(k), figure(a), figure(b), _signed(d)) for k, a, b, d in shown.itertuples(index=False)]
        rest = frame["difference"].sum() - shown["difference"].sum()
        if len(frame) > len(shown) and abs(rest) > ROUNDING * total:
            rows.append(("all others", "", "", _signed(rest)))
        yield ""
        yield f"  by {key}"
        yield from _table((key, "A", "B", "difference"), rows, 0)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], hidden: int) -> Iterator[str]:
    """Indented rows; numbers to the right."""
    right = [k for k, name in enumerate(head) if name in ("A", "B", "difference", "rows", "highest price") and head[0] != "key"]
    yield from (f"  {line}" for line in aligned(head, rows, right))
    if hidden > 0:
        yield f"  ... and {hidden} more"


def _cut(cell: object) -> str:
    """Text on one line of limited length."""
    shown = " ".join(str(cell).split())
    return shown if len(shown) <= LONG else shown[: LONG - 3] + "..."


def _signed(value: float) -> str:
    """A number with its sign."""
    return f"{'+' if value >= 0 else ''}{figure(value)}"
