"""What the scenario needs to know of a data set, without importing it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from peakmix.foundation.units import MoneyTable

if TYPE_CHECKING:
    import pandas as pd


class TableSet(Protocol):
    """A loaded data set: frames by table, schemas by table, price levels."""

    @property
    def tables(self) -> Mapping[str, pd.DataFrame]:
        """Frames in canonical units; blank key cells are None."""

    @property
    def schemas(self) -> Mapping[str, Any]:
        """Schemas by table; ``quantity(parameter)`` gives unit and range of a value."""

    @property
    def prices(self) -> MoneyTable:
        """Price levels and exchange rates."""

    @property
    def root(self) -> Path | None:
        """Folder of the data set."""


def column_names(dataset: TableSet, table: str, column: str) -> list[str]:
    """Distinct names in a column of a table, sorted; empty when the table has no rows."""
    frame = dataset.tables.get(table)
    if frame is None or column not in frame.columns:
        return []
    return sorted({str(cell) for cell in frame[column] if cell is not None and cell == cell and cell != ""})
