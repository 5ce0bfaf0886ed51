"""Value columns: numbers, units, ranges and bands; everything ends in the canonical unit of its schema."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peakmix.foundation import units
from peakmix.foundation.errors import Findings
from peakmix.tables.cells import CellError, number
from peakmix.tables.names import Names, canonical_unit
from peakmix.tables.read import Row
from peakmix.tables.schema import Quantity, Schema

ANY = "any"
"""Schema unit of values that keep the unit they are given in (calibration)."""

_EXAMPLES = {"1": "1 or %", "yr": "yr", "km": "km"}
SMALLEST = 1e-9
"""Size below which HiGHS drops a matrix coefficient (its option small_matrix_value)."""
_SLACK = 1e-9
"""Relative room for rounding in comparisons of converted numbers."""


@dataclass(slots=True)
class Value:
    """Value columns of one row in canonical units, and as given."""

    value: float
    unit: str
    low: float
    high: float
    unit_given: str
    value_given: float


class Converter:
    """Converts the value columns of rows; remembers factors, since few pairs of units make up a data set."""

    def __init__(self, names: Names, money: units.MoneyTable, findings: Findings) -> None:
        self.names = names
        self.money = money
        self.findings = findings
        self._factors: dict[tuple[str, str], float | str] = {}

    def factor(self, unit: str, target: str) -> float | str:
        """Factor between two units, or the reason why there is none."""
        pair = (unit, target)
        if pair not in self._factors:
            try:
                self._factors[pair] = units.convert_factor(unit, target, self.money)
            except units.UnitError as error:
                self._factors[pair] = str(error)
        return self._factors[pair]

    def numbers(self, row: Row) -> tuple[float, float, float] | None:
        """value, low, high as given; None after an error."""
        found: list[float] = []
        for column in ("value", "low", "high"):
            try:
                found.append(number(row.cells[column]))
            except CellError as error:
                self.findings.error(error.rule, place=row.place(column), fix=error.fix)
        if len(found) < 3:
            return None
        value, low, high = found
        if not low <= value <= high:
            rule = f"low <= value <= high; here {low:g}, {value:g}, {high:g}"
            self.findings.error(
                rule, place=row.place("low" if low > value else "high"), fix="correct the band or the value"
            )
            return None
        return value, low, high

    def convert(self, row: Row, typed: dict[str, Any], schema: Schema) -> Value | None:
        """Value columns of a row in canonical units; None after an error."""
        quantity = schema.quantity(typed.get(schema.parameter_column))
        given = self.numbers(row)
        unit = row.cells["unit"]
        if quantity is None or given is None:
            return None
        target = (
            unit
            if quantity.unit == ANY
            else canonical_unit(quantity.unit, row, self.names, self.money.symbol, self.findings)
        )
        if not target and unit:
            return None
        factor = self.factor(unit, target) if unit else "every value has a unit"
        if isinstance(factor, str):
            fix = f"write the value in {_EXAMPLES.get(target, target)}" + (
                ", or a unit of the same dimension" if target else ""
            )
            rule = f"{quantity.name} of {schema.table} is in {target or 'a unit'}: {factor}"
            self.findings.error(rule, place=row.place("unit"), fix=fix)
            return None
        if quantity.unit == ANY:
            factor = 1.0
        value, low, high = (part * factor for part in given)
        if not self.in_range(row, quantity, value, target):
            return None
        if not self.band(row, quantity, (low, high), target):
            return None
        self.tiny(row, value, target)
        return Value(value, target, low, high, unit, given[0])

    def in_range(self, row: Row, quantity: Quantity, value: float, unit: str) -> bool:
        """Is the value in the schema's range? An error when not."""
        bottom, top = quantity.range
        room = _SLACK * max(abs(bottom), abs(top))
        if bottom - room <= value <= top + room:
            return True
        converted = "" if row.cells["unit"] == unit else f" (here {value:g} {unit})"
        rule = f"{quantity.name} lies in {bottom:g} to {top:g} {unit}{converted}"
        self.findings.error(rule, place=row.place("value"), fix=f"check the number and its unit {row.cells['unit']!r}")
        return False

    def band(self, row: Row, quantity: Quantity, band: tuple[float, float], unit: str) -> bool:
        """Do low and high keep the schema's range? An error when not, since sweeps draw from the band."""
        bottom, top = quantity.range
        room = _SLACK * max(abs(bottom), abs(top))
        fine = True
        for column, bound in zip(("low", "high"), band, strict=True):
            if not bottom - room <= bound <= top + room:
                rule = f"{column} of {quantity.name} lies in {bottom:g} to {top:g} {unit} as the value does"
                self.findings.error(rule, place=row.place(column), fix="narrow the band")
                fine = False
        return fine

    def tiny(self, row: Row, value: float, unit: str) -> None:
        """A notice on numbers so small that the solver drops them."""
        if 0 < abs(value) < SMALLEST:
            rule = f"coefficients below {SMALLEST:g} count as zero in the solver; this is {value:g} {unit}"
            self.findings.notice(rule, place=row.place("value"), fix="check the unit, or write 0")
