"""The data set: all tables of a folder, typed and in canonical units. ``peakmix.tables.loading`` makes it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import pandas as pd

from peakmix.foundation.errors import Notice, Place, display_path, nearest
from peakmix.foundation.units import MoneyTable
from peakmix.tables.schema import Schema
from peakmix.tables.tree import Tree


@dataclass(frozen=True, eq=False)
class DataSet:
    """A checked data set.

    tables    name -> frame with the columns of its schema, then (tables with values) ``unit_given, value_given``, then
              ``_file, _line``. value, low, high are in the canonical unit that ``unit`` names; blank keys are
              None, years int.
    hash      SHA-256 over the bytes of all files (and frames) read
    root      folder, None for a data set made of frames alone
    notices   soft findings
    """

    title: str
    money: str
    price_year: int | None
    schemas: Mapping[str, Schema]
    tables: Mapping[str, pd.DataFrame]
    hash: str
    root: Path | None = None
    prices: MoneyTable = field(default_factory=lambda: MoneyTable("CNY"))
    notices: tuple[Notice, ...] = ()

    def __getitem__(self, table: str) -> pd.DataFrame:
        """Frame of a table."""
        if table not in self.tables:
            raise KeyError(f"no table {table!r}; {nearest(table, self.tables)}")
        return self.tables[table]

    @property
    def money_unit(self) -> str:
        """Canonical money symbol, e.g. CNY2023."""
        return self.prices.symbol

    @cached_property
    def places(self) -> Tree:
        """The tree of places."""
        frame = self.tables["locations"]
        return Tree(dict(zip(frame["location"], frame["parent"], strict=True)))

    @cached_property
    def products(self) -> dict[str, str]:
        """Technology -> main product."""
        frame = self.tables["technologies"]
        return dict(zip(frame["technology"], frame["product"], strict=True))

    @cached_property
    def natural_units(self) -> dict[str, str]:
        """Commodity -> natural unit."""
        frame = self.tables["commodities"]
        return dict(zip(frame["commodity"], frame["unit"], strict=True))

    @cached_property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Technology group -> members; every technology is also a group of itself."""
        found: dict[str, tuple[str, ...]] = {name: (name,) for name in self.products}
        for group, part in self.tables["technology_groups"].groupby("group", sort=False):
            found[str(group)] = tuple(part["technology"])
        return found

    def place(self, table: str, index: int, column: str = "") -> Place:
        """Place of a row (by its position in the table) for messages; the value as the table holds it."""
        row = self[table].iloc[index]
        path = str(row["_file"])
        file = path if self.root is None or path.startswith("frame:") else display_path(self.root / path)
        given = f"{column}_given" if f"{column}_given" in row else column
        value = None if not column or row[given] is None else row[given]
        shown = "" if value is None else f"{value:g}" if isinstance(value, float) else str(value)
        return Place(file, int(row["_line"]), column, shown if column else None)
