"""From text to typed cells: names, choices, years and numbers, each with its own explanation of what is wrong."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Any

from peakmix.foundation.errors import Findings, nearest
from peakmix.tables.read import Row
from peakmix.tables.schema import GRADES, Column, Schema

FIRST_YEAR, LAST_YEAR = 1900, 2200
LARGEST = 1e15
"""Numbers at or above this are refused; the solver's own infinity starts at 1e15 to 1e20."""

COMMA = "\uff0c"
"""The full-width comma of Chinese text."""

_NUMBER = re.compile(r"[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\Z")
_THOUSANDS = re.compile(r"[+-]?[0-9]{1,3}(?:[, '_\u00a0\u202f\uff0c][0-9]{3})+(?:\.[0-9]+)?\Z")
_COMMA = re.compile(r"[+-]?[0-9]+[,\uff0c][0-9]+\Z")
_MISSING = {"nan", "na", "n/a", "#n/a", "null", "none", "-", "--", "?", "n.a.", "...", "\u2014"}


class CellError(ValueError):
    """A cell that cannot be typed: (rule, fix)."""

    def __init__(self, rule: str, fix: str) -> None:
        super().__init__(rule)
        self.rule, self.fix = rule, fix


def number(text: str) -> float:
    """A finite number below 1e15 in plain notation; CellError explains what else it looks like.

    >>> number("1e3")
    1000.0
    """
    if _NUMBER.match(text):
        value = float(text)
        if abs(value) >= LARGEST:
            raise CellError("numbers are smaller than 1e15", "check the number and its unit")
        return value
    bare = text.strip().lower()
    if not text:
        raise CellError("a number is missing; missing is never read as zero", "write the number (0 if it is zero)")
    if bare in _MISSING:
        raise CellError("a value is a number; missing is never read as zero", "write the number or delete the row")
    if bare.lstrip("+-") in ("inf", "infinity", "1.#inf", "\u221e"):
        raise CellError("numbers are finite", "leave the row out where there is no limit")
    if _THOUSANDS.match(text):
        plain = re.sub(r"[, '_\u00a0\u202f\uff0c]", "", text)
        raise CellError("numbers have no thousands separators or decimal comma", f"write {plain} (or a decimal point)")
    if _COMMA.match(text):
        raise CellError("the decimal sign is a point", f"write {text.replace(',', '.').replace(COMMA, '.')}")
    if text.endswith("%") and _NUMBER.match(text[:-1].strip()):
        raise CellError("a value is a plain number", f"write {text[:-1].strip()} here and % in the column unit")
    if text[0] in "\u2212\u2013" and _NUMBER.match(text[1:]):
        raise CellError("the minus sign is the plain hyphen", f"write -{text[1:]}")
    raise CellError("a value is a number, not a text", "write digits with a decimal point, and the unit in its column")


def year(text: str) -> int:
    """A whole year between 1900 and 2200."""
    if re.fullmatch(r"[0-9]{4}", text) and FIRST_YEAR <= int(text) <= LAST_YEAR:
        return int(text)
    raise CellError(f"a year is a whole number from {FIRST_YEAR} to {LAST_YEAR}", "write four digits, e.g. 2025")


def _choice(text: str, choices: Collection[str], what: str) -> str:
    """One of the choices."""
    if text in choices:
        return text
    raise CellError(f"{what} is one of {', '.join(choices)}", nearest(text, choices))


def cell(text: str, column: Column, parameters: Collection[str]) -> Any:
    """Typed value of a cell: str, int (years), float (numbers), or None where a blank is allowed; else CellError."""
    if not text:
        if column.blank:
            return None
        raise CellError(f"{column.name} is not blank in this table", f"write it: {column.meaning}")
    if column.type == "choice":
        return _choice(text, column.choices, column.name)
    if column.type == "parameter":
        return _choice(text, parameters, column.name)
    if column.type == "year":
        return year(text)
    if column.type == "number":
        value = number(text)
        if column.range is not None and not column.range[0] <= value <= column.range[1]:
            low, high = column.range
            raise CellError(
                f"{column.name} lies in {low:g} to {high:g} {column.unit}".rstrip(), "check the number and its unit"
            )
        return value
    return text


def type_rows(rows: list[Row], schema: Schema, findings: Findings) -> list[tuple[Row, dict[str, Any]]]:
    """Rows with typed key and fact columns (not the value columns); rows with an error are left out."""
    good: list[tuple[Row, dict[str, Any]]] = []
    columns = list(schema.columns.values())
    known: Mapping[str, Any] = schema.parameters
    for row in rows:
        typed: dict[str, Any] = {}
        fine = True
        for column in columns:
            try:
                typed[column.name] = cell(row.cells[column.name], column, known)
            except CellError as error:
                findings.error(error.rule, place=row.place(column.name), fix=error.fix)
                fine = False
        if schema.has_values and row.cells["grade"] not in GRADES:
            fix = "A official or peer-reviewed, B model database or trade press, C judgement"
            findings.error("grade is A, B or C", place=row.place("grade"), fix=fix)
            fine = False
        if fine:
            good.append((row, typed))
    return good
