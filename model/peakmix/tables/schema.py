"""Schemas: one YAML a table, read into frozen records.

A schema drives the reader's checks, the data dictionary and the resolver, so a misspelt key in it is an error.

    title, meaning     text
    key                columns that identify a row
    columns            name -> type (name, choice, parameter, year, number, text), of, defines, blank, choices, range,
                       unit, between, meaning
    values: none       the table has no value columns
    value              unit, range, meaning of the column value
    parameters         name -> unit, range, between, default, meaning, where the column of type parameter picks one
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from peakmix.foundation.errors import InputError, Place, display_path, nearest

VALUE_COLUMNS = ("value", "unit", "low", "high", "source", "grade", "note")
TYPES = ("name", "choice", "parameter", "year", "number", "text")
BLANKS = ("all", "none", "root")
BETWEEN = ("linear", "step", "none")
GRADES = ("A", "B", "C")

_TOP = {"title", "meaning", "key", "columns", "values", "value", "parameters"}
_COLUMN = {"type", "of", "defines", "blank", "choices", "range", "unit", "between", "meaning"}
_PARAMETER = {"unit", "range", "between", "default", "meaning"}
_VALUE = {"unit", "range", "meaning"}


@dataclass(frozen=True)
class Column:
    """One column. ``blank``: all (a blank cell means every one), none (may be left out), root, or empty: required."""

    name: str
    type: str
    of: str = ""
    defines: str = ""
    blank: str = ""
    choices: tuple[str, ...] = ()
    range: tuple[float, float] | None = None
    unit: str = ""
    between: str = ""
    meaning: str = ""


@dataclass(frozen=True)
class Quantity:
    """What a value means: unit template, range in that unit, rule between years, default when no row is given."""

    name: str
    unit: str
    range: tuple[float, float]
    between: str = ""
    default: float | None = None
    meaning: str = ""


@dataclass(frozen=True)
class Schema:
    """One table: its columns in file order, its key, and the quantities its values may be."""

    table: str
    title: str
    meaning: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]
    has_values: bool
    value: Quantity | None
    parameters: Mapping[str, Quantity]
    file: str

    @property
    def header(self) -> tuple[str, ...]:
        """Columns of the CSV file, in order."""
        return (*self.columns, *(VALUE_COLUMNS if self.has_values else ()))

    @property
    def parameter_column(self) -> str:
        """Name of the column of type parameter, empty when there is none."""
        return next((column.name for column in self.columns.values() if column.type == "parameter"), "")

    @property
    def year_column(self) -> str:
        """The one key column of type year, along which values form a series; empty when there is no such column."""
        years = [name for name in self.key if self.columns[name].type == "year"]
        return years[0] if len(years) == 1 else ""

    @property
    def pattern_columns(self) -> tuple[str, ...]:
        """Key columns, years apart, whose blank cell means all: the more specific row wins along them."""
        return tuple(
            name for name in self.key if self.columns[name].blank == "all" and self.columns[name].type != "year"
        )

    @property
    def exact_columns(self) -> tuple[str, ...]:
        """Key columns, years apart, that must be written."""
        return tuple(name for name in self.key if self.columns[name].blank != "all" and name != self.year_column)

    def quantity(self, parameter: str | None = None) -> Quantity | None:
        """The quantity a row holds: of its parameter, or of the table's value."""
        return self.parameters.get(parameter or "") if self.parameter_column else self.value

    def between(self, parameter: str | None = None) -> str:
        """Rule between years: linear, step or none (none: only the years written)."""
        quantity = self.quantity(parameter)
        if quantity is not None and quantity.between:
            return quantity.between
        return self.columns[self.year_column].between or "none" if self.year_column else "none"


class _Reader:
    """Reads one schema file and knows its place for messages."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = display_path(path)

    def fail(self, rule: str, where: str, value: object, fix: str) -> InputError:
        return InputError(rule, place=Place(self.file, 0, where, str(value)), fix=fix)

    def keys(self, block: Mapping[str, Any], known: set[str], where: str) -> None:
        for key in block:
            if key not in known:
                raise self.fail(
                    "schema files have known keys only", f"{where}{key}", block[key], nearest(str(key), known)
                )

    def one_of(self, block: Mapping[str, Any], key: str, known: tuple[str, ...], where: str) -> str:
        found = str(block.get(key, ""))
        if found and found not in known:
            raise self.fail(f"{key} is one of {', '.join(known)}", f"{where}{key}", found, nearest(found, known))
        return found

    def bounds(self, block: Mapping[str, Any], where: str) -> tuple[float, float] | None:
        if "range" not in block:
            return None
        try:
            low, high = (float(bound) for bound in block["range"])
        except (TypeError, ValueError):
            raise self.fail("range is [low, high]", f"{where}range", block["range"], "write two numbers") from None
        if not low < high:
            raise self.fail("range has low < high", f"{where}range", block["range"], "swap the two numbers")
        return low, high

    def column(self, name: str, block: Mapping[str, Any]) -> Column:
        where = f"columns.{name}."
        self.keys(block, _COLUMN, where)
        kind = self.one_of(block, "type", TYPES, where)
        if not kind:
            raise self.fail("every column has a type", where + "type", "", "one of " + ", ".join(TYPES))
        return Column(
            name=name,
            type=kind,
            of=str(block.get("of", "")),
            defines=str(block.get("defines", "")),
            blank=self.one_of(block, "blank", BLANKS, where),
            choices=tuple(str(choice) for choice in block.get("choices", ())),
            range=self.bounds(block, where),
            unit=str(block.get("unit", "")),
            between=self.one_of(block, "between", BETWEEN, where),
            meaning=str(block.get("meaning", "")).strip(),
        )

    def quantity(self, name: str, block: Mapping[str, Any], known: set[str], where: str) -> Quantity:
        self.keys(block, known, where)
        bounds = self.bounds(block, where)
        if bounds is None or "unit" not in block:
            raise self.fail("every quantity has a unit and a range", where, dict(block), "add unit and range")
        default = block.get("default")
        return Quantity(
            name=name,
            unit=str(block["unit"]),
            range=bounds,
            between=self.one_of(block, "between", BETWEEN, where),
            default=None if default is None else float(default),
            meaning=str(block.get("meaning", "")).strip(),
        )

    def read(self) -> Schema:
        try:
            block = yaml.safe_load(self.path.read_text(encoding="utf-8"))
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise self.fail(
                "a schema is valid YAML in UTF-8", "", str(error).splitlines()[0], "mend the file"
            ) from None
        self.keys(block, _TOP, "")
        columns = {str(name): self.column(str(name), part) for name, part in block["columns"].items()}
        key = tuple(str(name) for name in block.get("key", ()))
        for name in key:
            if name not in columns:
                raise self.fail("key columns are columns of the table", "key", name, nearest(name, columns))
        has_values = block.get("values", "") != "none"
        value = self.quantity("value", block["value"], _VALUE, "value.") if "value" in block else None
        parameters = {
            str(name): self.quantity(str(name), part, _PARAMETER, f"parameters.{name}.")
            for name, part in block.get("parameters", {}).items()
        }
        if has_values and (value is None) == (not parameters):
            raise self.fail("a table with values states value or parameters", "value", "", "write one of the two")
        title, meaning = str(block.get("title", "")), " ".join(str(block.get("meaning", "")).split())
        return Schema(self.path.stem, title, meaning, key, columns, has_values, value, parameters, self.file)


def read_schema(path: Path) -> Schema:
    """Read one schema file; InputError names the file and the key."""
    return _Reader(path).read()


def read_schemas(folder: Path) -> dict[str, Schema]:
    """All schemas of a folder by table name, sorted; read once while the files stay the same."""
    stamps = tuple((path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(folder.glob("*.yaml")))
    return dict(_read_schemas(folder.resolve(), stamps))


@lru_cache(maxsize=8)
def _read_schemas(folder: Path, stamps: tuple[tuple[str, int, int], ...]) -> dict[str, Schema]:
    """``read_schemas`` for files with the given names, times and sizes."""
    schemas = {path.stem: read_schema(path) for path in sorted(folder.glob("*.yaml"))}
    if not schemas:
        raise InputError("the folder holds schemas", place=Place(display_path(folder)), fix="one YAML a table")
    return schemas
