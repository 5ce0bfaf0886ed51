"""Load a data set: the stages from files to a checked ``DataSet``.

    read, frames   raw rows with places
    names          what is defined, and that every reference is known
    cells          names, choices, years, numbers
    values         canonical units, ranges, bands
    keys           duplicates and equally specific rows
    check          the rules across tables

Errors of the first five stages are shown together; the rules across tables run on rows that are sound by themselves.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pandas as pd

from peakmix.foundation.errors import Findings, Place, display_path, nearest
from peakmix.foundation.log import get_logger
from peakmix.foundation.units import MoneyTable
from peakmix.tables.cells import type_rows
from peakmix.tables.dataset import DataSet
from peakmix.tables.description import Description, describe, read_description
from peakmix.tables.fingerprint import content_hash, frame_bytes
from peakmix.tables.frames import SOURCE, rows_of_frame
from peakmix.tables.keys import Typed, check_duplicates, check_specificity
from peakmix.tables.locate import data_home, data_set_root
from peakmix.tables.names import check_references, collect
from peakmix.tables.read import Row, read_files
from peakmix.tables.schema import Schema, read_schemas
from peakmix.tables.tree import Tree
from peakmix.tables.values import Converter, Value

REQUIRED = ("locations", "commodities", "technologies")
_ORDER = ("value", "unit", "low", "high")

logger = get_logger(__name__)


def load(
    root: Path | str | None = None, frames: Mapping[str, pd.DataFrame] | None = None, *, check: bool = True
) -> DataSet:
    """Load a data set.

    root    folder with dataset.yaml, or the name of a shipped data set (None: national)
    frames  tables that replace those of the folder; their errors name ``frame:<table>`` and the row
    check   run the rules across tables (False for data sets under construction)

    Raises InputErrors with everything that is wrong; soft findings are in ``DataSet.notices``.
    """
    folder = data_set_root(root)
    description, content = read_description(folder)
    schemas = read_schemas(data_home() / "schema")
    findings = Findings()
    given = dict(frames or {})
    tables, contents = read_files(folder, schemas, findings, tuple(given))
    contents["dataset.yaml"] = content
    return _finish(description, schemas, tables, contents, given, folder, findings, check)


def from_frames(
    frames: Mapping[str, pd.DataFrame], *, title: str, money: str, price_year: int | None = None, check: bool = True
) -> DataSet:
    """Load a data set of pandas frames alone; ``money``: a currency code, ``price_year`` None: money without a year."""
    block = {"title": title, "money": money, "price_year": price_year}
    description = describe(block, Place("frame:dataset"))
    schemas = read_schemas(data_home() / "schema")
    tables: dict[str, list[Row]] = {name: [] for name in schemas}
    contents = {"dataset.yaml": repr(description).encode()}
    return _finish(description, schemas, tables, contents, dict(frames), None, Findings(), check)


def _finish(
    description: Description,
    schemas: Mapping[str, Schema],
    tables: dict[str, list[Row]],
    contents: dict[str, bytes],
    frames: Mapping[str, pd.DataFrame],
    root: Path | None,
    findings: Findings,
    check: bool,
) -> DataSet:
    """From raw rows to the data set."""
    for name, frame in frames.items():
        if name not in schemas:
            place = Place(f"frame:{name}", 0, "", name)
            findings.error("the name of a frame is the name of a table", place=place, fix=nearest(name, schemas))
            continue
        tables[name] = rows_of_frame(frame, schemas[name], findings)
        contents[f"frame:{name}"] = frame_bytes(frame)
    where = "frame:dataset" if root is None else display_path(root)
    unreadable = {name for name in schemas for error in findings.errors if Path(error.place.file).stem == name}
    for name in REQUIRED:
        if not tables[name] and name not in unreadable:
            fix = f"add a file {name}.csv: {schemas[name].title.lower()}"
            findings.error(f"a data set has a table {name}", place=Place(where, 0, "", name), fix=fix)
            unreadable.add(name)
    built, prices = _tables(description, schemas, tables, findings, unreadable)
    findings.stop()
    dataset = DataSet(
        description.title,
        description.money,
        description.price_year,
        schemas,
        built,
        content_hash(contents),
        root,
        prices,
    )
    if check:
        from peakmix.tables.check import run_rules

        run_rules(dataset, findings)
        findings.stop()
    count = sum(len(rows) for rows in tables.values())
    logger.debug("%s: %d rows in %d tables, hash %s", description.title, count, len(built), dataset.hash[:12])
    return replace(dataset, notices=tuple(sorted(findings.notices)))


def _tables(
    description: Description,
    schemas: Mapping[str, Schema],
    tables: Mapping[str, list[Row]],
    findings: Findings,
    unreadable: Collection[str],
) -> tuple[dict[str, pd.DataFrame], MoneyTable]:
    """Typed frames of all tables and the table of price levels."""
    names = collect(tables, schemas)
    framed = (row for rows in tables.values() for row in rows if row.file.startswith("frame:"))
    if any(row.cells.get("source") == SOURCE for row in framed):
        stand_in = Row("sources", "frame:sources", "frame:sources", 0, {})
        names.defined.setdefault("source", {}).setdefault(SOURCE, stand_in)
    hidden = {column.defines for table in unreadable for column in schemas[table].columns.values() if column.defines}
    typed = {table: type_rows(rows, schemas[table], findings) for table, rows in tables.items()}
    tree = _tree(typed["locations"], findings)
    prices = MoneyTable(description.money, description.price_year)
    built: dict[str, pd.DataFrame] = {}
    for table in sorted(schemas, key=lambda name: name != "money"):
        schema = schemas[table]
        check_references(tables[table], schema, names, findings, hidden)
        kept = check_duplicates(typed[table], schema, findings)
        check_specificity(kept, schema, tree, findings)
        built[table] = _frame(kept, schema, _values(kept, schema, Converter(names, prices, findings)))
        if table == "money":
            prices = _prices(description, built[table])
    return {table: built[table] for table in schemas}, prices


def _tree(rows: Sequence[Typed], findings: Findings) -> Tree:
    """The tree of places; errors unless it has one root and no cycle."""
    tree = Tree({typed["location"]: typed["parent"] for _, typed in rows})
    roots = [(row, typed) for row, typed in rows if typed["parent"] is None]
    for row, typed in roots[1:]:
        rule = f"one place has no parent; {roots[0][1]['location']} has none at {roots[0][0].where()}"
        fix = f"write the parent of {typed['location']}"
        findings.error(rule, place=row.place("parent"), fix=fix)
    circling = set(tree.cycles())
    for row, typed in rows:
        if typed["location"] in circling and typed["parent"] in tree:
            rule = "places form a tree: following parents upwards ends at the root"
            findings.error(rule, place=row.place("parent"), fix="break the circle; the root has a blank parent")
    return tree


def _values(rows: Sequence[Typed], schema: Schema, converter: Converter) -> list[Value | None]:
    """Value columns of all rows, None where the table has none."""
    if not schema.has_values:
        return [None] * len(rows)
    return [converter.convert(row, typed, schema) for row, typed in rows]


def _prices(description: Description, money: pd.DataFrame) -> MoneyTable:
    """Price levels from the table money."""
    deflators: dict[int, float] = {}
    rates: dict[tuple[str, int], float] = {}
    for currency, parameter, year, value in zip(
        money["currency"], money["parameter"], money["year"], money["value"], strict=True
    ):
        if parameter == "exchange_rate":
            rates[str(currency), int(year)] = float(value)
        elif currency == description.money:
            deflators[int(year)] = float(value)
    return MoneyTable(description.money, description.price_year, deflators, rates)


def _frame(rows: Sequence[Typed], schema: Schema, values: Sequence[Value | None]) -> pd.DataFrame:
    """Frame of one table: columns of the schema, then what was given, then file and line."""
    columns: dict[str, Any] = {}
    for name, column in schema.columns.items():
        cells = [typed[name] for _, typed in rows]
        kind = {"number": "float64", "year": "object" if column.blank else "int64"}.get(column.type, "object")
        columns[name] = pd.Series(cells, dtype=kind)
    if schema.has_values:
        for name in _ORDER:
            kind = "object" if name == "unit" else "float64"
            columns[name] = pd.Series([None if value is None else getattr(value, name) for value in values], dtype=kind)
        for name in ("source", "grade", "note"):
            columns[name] = pd.Series([row.cells[name] or None for row, _ in rows], dtype="object")
        columns["unit_given"] = pd.Series([value and value.unit_given for value in values], dtype="object")
        columns["value_given"] = pd.Series([value and value.value_given for value in values], dtype="float64")
    columns["_file"] = pd.Series([row.path for row, _ in rows], dtype="object")
    columns["_line"] = pd.Series([row.line for row, _ in rows], dtype="int64")
    return pd.DataFrame(columns)
