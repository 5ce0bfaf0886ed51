"""The tables of calibration.md: the computed base year of the shipped data set beside its statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from peakmix.analysis.calibration import misses
from peakmix.analysis.calibration_text import summary
from peakmix.foundation.telling import figure
from rendering.marks import table

NATION = "China"
HEAD = ("quantity", "of", "unit", "computed", "statistic", "differs", "tolerance", "verdict", "grade", "source")
PLACES = ("of", "place", "computed", "statistic", "differs", "tolerance", "verdict", "grade")
MISSED = ("quantity", "of", "place", "differs", "band of the statistic", "in it", "what the table says")


def blocks(compared: pd.DataFrame) -> dict[str, str]:
    """Contents of the blocks summary, nation, places and misses."""
    rows = compared.to_dict("records")
    return {
        "summary": summary(compared) + ".",
        "misses": table(MISSED, [_missed(row) for row in misses(compared).to_dict("records")]),
        "nation": table(HEAD, [_national(row) for row in rows if row["location"] == NATION]),
        "places": table(PLACES, [_place(row) for row in rows if row["location"] != NATION]),
    }


def _name(row: Mapping[Any, Any]) -> str:
    """Group, with the commodity where one is named."""
    return f"{row['sector']}, {row['commodity']}" if row["commodity"] else str(row["sector"])


def _numbers(row: Mapping[Any, Any]) -> tuple[str, str, str, str, str]:
    """Computed, statistic, difference, tolerance, verdict."""
    differs = f"{row['difference']:+.1%}"
    verdict = f"**{row['verdict']}**" if row["verdict"] == "miss" else str(row["verdict"])
    return figure(row["computed"]), figure(row["statistic"]), differs, f"{row['tolerance']:.0%}", verdict


def _national(row: Mapping[Any, Any]) -> tuple[object, ...]:
    return (row["quantity"], _name(row), row["unit"], *_numbers(row), row["grade"], f"`{row['source']}`")


def _place(row: Mapping[Any, Any]) -> tuple[object, ...]:
    return (_name(row), row["location"], *_numbers(row), row["grade"])


def _missed(row: Mapping[Any, Any]) -> tuple[object, ...]:
    band = f"{figure(row['low'])} to {figure(row['high'])} {row['unit']}"
    differs = f"{row['difference']:+.1%}"
    return (row["quantity"], _name(row), row["location"], differs, band, "yes" if row["in_band"] else "no", row["note"])
