"""The calibration as text: a table for the terminal, and blocks for the documentation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from peakmix.analysis.calibration import MATCH, MISS, NOT_MODELLED, NOT_RESOLVED
from peakmix.foundation.telling import figure

HEAD = ("quantity", "of", "place", "commodity", "unit", "computed", "statistic", "differs", "tolerance", "verdict", "grade")
RIGHT = (5, 6, 7, 8)
"""Columns that are aligned to the right."""


def summary(table: pd.DataFrame) -> str:
    """One line: how many statistics are met."""
    count = table["verdict"].value_counts()
    matched, missed = int(count.get(MATCH, 0)), int(count.get(MISS, 0))
    inside = int(((table["verdict"] == MISS) & table["in_band"]).sum())
    text = f"{matched} of {matched + missed} statistics are met within their tolerance"
    if missed:
        text += f"; missed: {missed}, of which {inside} lie in the statistic's own band"
    for verdict in (NOT_MODELLED, NOT_RESOLVED):
        if count.get(verdict, 0):
            text += f"; {int(count[verdict])} {verdict}"
    return text


def table_text(table: pd.DataFrame, everything: bool = False) -> str:
    """The comparison for a terminal.

    Without ``everything`` a quantity of one group in more than three places shows its largest place, which is the nation
    where it has a row, its misses, and how many others match.
    """
    lines: list[tuple[str, ...]] = []
    for _, part in table.groupby(["quantity", "sector"], sort=False):
        met = part["verdict"] == MATCH
        long = not everything and len(part) > 3
        widest = part["statistic"] >= part["statistic"].max()
        shown = part[~met | widest] if long else part
        lines += [cells(row) for row in shown.to_dict("records")]
        hidden = len(part) - len(shown)
        if hidden:
            worst = part.loc[met & ~part.index.isin(shown.index), "difference"].abs().max()
            left = (str(part["quantity"].iloc[0]), str(part["sector"].iloc[0]), f"{hidden} other places")
            lines.append((*left, "", "", "", "", f"<= {worst:.1%}", "", MATCH, ""))
    return "\n".join(aligned(HEAD, lines, RIGHT))


def cells(row: Mapping[Any, Any]) -> tuple[str, ...]:
    """Cells of one row as text."""
    verdict = str(row["verdict"])
    compared = verdict in (MATCH, MISS)
    if verdict == MISS and row["in_band"]:
        verdict = "miss, in band"
    return (
        *(str(row[name]) for name in ("quantity", "sector", "location", "commodity", "unit")),
        figure(float(row["computed"])) if compared else "",
        figure(float(row["statistic"])),
        f"{float(row['difference']):+.1%}" if compared else "",
        f"{float(row['tolerance']):.0%}",
        verdict,
        str(row["grade"] or ""),
    )


def aligned(head: Sequence[str], rows: Sequence[Sequence[str]], right: Sequence[int]) -> list[str]:
    """Rows under a head in columns of even width."""
    every = [head, *rows]
    width = [max(len(row[k]) for row in every) for k in range(len(head))]
    return [
        "  ".join(f"{cell:>{width[k]}}" if k in right else f"{cell:<{width[k]}}" for k, cell in enumerate(row)).rstrip()
        for row in every
    ]
