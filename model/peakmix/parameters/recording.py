"""Recording: every operation and every decision of a derivation, so that it can be done again for other numbers at once.

The numbers of the value tables are replaced by recorded ones. The record of one derivation holds

    operations  z = x op y       with op one of + - * / ** neg abs
    decisions   x op y is true   every comparison, and its outcome
    held        x                numbers that left the record: lives, dates, keys

Another set of numbers for which all decisions come out as they did, and no held number moves, has the same index sets and the
same operations: its derived elements follow from the record by the same floating point operations in the same order, so
they are the numbers that a derivation of its own gives, to the last bit (:mod:`peakmix.parameters.replay`).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import pandas as pd

from peakmix.parameters.tracing import UNTRACED, Followed, bare
from peakmix.tables.dataset import DataSet

INPUT, CONSTANT, ADD, SUB, MUL, DIV, POW, NEG, ABS = range(9)
LT, LE, GT, GE, EQ, NE = range(6)

Decision = tuple[int, int, int, bool]
"""Comparison, place of the left and of the right number, outcome."""


@dataclass(eq=False)
class Record:
    """The record. A place is a number: an input (a cell, or a named number), a constant, or the result of an operation."""

    inputs: dict[Any, int] = field(default_factory=dict)
    """Place of every input: (table, row) for a cell, other keys for other numbers."""
    code: list[int] = field(default_factory=list)
    one: list[int] = field(default_factory=list)
    two: list[int] = field(default_factory=list)
    value: list[float] = field(default_factory=list)
    decisions: list[Decision] = field(default_factory=list)
    held: set[int] = field(default_factory=set)
    _constants: dict[str, int] = field(default_factory=dict)

    def put(self, code: int, value: float, one: int = -1, two: int = -1) -> Recorded:
        """A number at a new place."""
        made = Recorded(value)
        made.record, made.place = self, len(self.code)
        self.code.append(code)
        self.one.append(one)
        self.two.append(two)
        self.value.append(value)
        return made

    def input(self, key: Any, value: float) -> Recorded:
        """A number that may be another one next time."""
        made = self.put(INPUT, value)
        self.inputs[key] = made.place
        return made

    def place_of(self, value: Any) -> int:
        """Place of a number; plain ones are constants, told apart to the last bit."""
        if type(value) is Recorded:
            return value.place
        named = float(value).hex()
        if named not in self._constants:
            self._constants[named] = self.put(CONSTANT, float(value)).place
        return self._constants[named]


def _number(value: Any) -> bool:
    return isinstance(value, int | float)


def _operation(code: int, plain: Callable[[float, float], Any], mirrored: bool = False) -> Callable[[Recorded, Any], Any]:
    """An operation of two numbers that writes itself down; mirrored: the recorded number stands on the right."""

    def done(self: Recorded, other: Any) -> Any:
        if not _number(other):
            return NotImplemented
        one, two = (other, self) if mirrored else (self, other)
        record = self.record
        return record.put(code, plain(bare(one), bare(two)), record.place_of(one), record.place_of(two))

    return done


def _comparison(code: int, plain: Callable[[float, float], bool]) -> Callable[[Recorded, Any], Any]:
    """A comparison that writes its outcome down."""

    def done(self: Recorded, other: Any) -> Any:
        if not _number(other):
            return NotImplemented
        if type(other) is Recorded and other.place == self.place:
            return plain(1.0, 1.0)
        outcome = plain(float.__float__(self), bare(other))
        self.record.decisions.append((code, self.place, self.record.place_of(other), outcome))
        return outcome

    return done


class Recorded(Followed):
    """A float that writes down what is done with it and what is decided by it."""

    __slots__ = ("place", "record")
    record: Record
    place: int

    __add__ = _operation(ADD, operator.add)
    __radd__ = _operation(ADD, operator.add, True)
    __sub__ = _operation(SUB, operator.sub)
    __rsub__ = _operation(SUB, operator.sub, True)
    __mul__ = _operation(MUL, operator.mul)
    __rmul__ = _operation(MUL, operator.mul, True)
    __truediv__ = _operation(DIV, operator.truediv)
    __rtruediv__ = _operation(DIV, operator.truediv, True)
    __lt__ = _comparison(LT, operator.lt)
    __le__ = _comparison(LE, operator.le)
    __gt__ = _comparison(GT, operator.gt)
    __ge__ = _comparison(GE, operator.ge)
    __eq__ = _comparison(EQ, operator.eq)
    __ne__ = _comparison(NE, operator.ne)

    def __pow__(self, other: Any, modulus: None = None) -> Any:
        return _power(self, other)

    def __rpow__(self, other: Any, modulus: None = None) -> Any:
        return _mirrored_power(self, other)

    def __neg__(self) -> Any:
        return self.record.put(NEG, -float.__float__(self), self.place)

    def __pos__(self) -> Any:
        return self

    def __abs__(self) -> Any:
        return self.record.put(ABS, abs(float.__float__(self)), self.place)

    def __bool__(self) -> bool:
        return bool(self != 0.0)

    def _hold(self) -> float:
        """The number leaves the record: it may not move."""
        self.record.held.add(self.place)
        return float.__float__(self)

    def __float__(self) -> float:
        return self._hold()

    def __hash__(self) -> int:
        return hash(self._hold())

    def __int__(self) -> int:
        return int(self._hold())

    __trunc__ = __int__

    def __round__(self, digits: Any = None) -> Any:
        return round(self._hold(), digits)

    def __floordiv__(self, other: Any) -> Any:
        return self._hold() // float(other)

    def __mod__(self, other: Any) -> Any:
        return self._hold() % float(other)

    def __floor__(self) -> int:
        return self._hold().__floor__()

    def __ceil__(self) -> int:
        return self._hold().__ceil__()

    def __format__(self, form: str) -> str:
        return float.__float__(self).__format__(form)

    def __repr__(self) -> str:
        return repr(self._hold())

    def __str__(self) -> str:
        return str(self._hold())


_power = _operation(POW, operator.pow)
_mirrored_power = _operation(POW, operator.pow, True)


def recorded(dataset: DataSet) -> tuple[DataSet, Record]:
    """A copy of the data set whose values are recorded, and the record that the derivation will write."""
    record, tables = Record(), dict(dataset.tables)
    for name, frame in dataset.tables.items():
        if name in UNTRACED or not dataset.schemas[name].has_values or frame.empty:
            continue
        values = [record.input((name, row), float(value)) for row, value in enumerate(frame["value"].tolist())]
        copy = frame.copy()
        copy["value"] = pd.Series(values, index=frame.index, dtype="object")
        tables[name] = copy
    return replace(dataset, tables=tables), record


def hold_all(things: Iterable[Any]) -> None:
    """Hold every recorded number found in plain containers: facts that decide rows may not move."""
    for thing in things:
        if type(thing) is Recorded:
            thing._hold()
        elif isinstance(thing, dict):
            hold_all(thing.keys())
            hold_all(thing.values())
        elif isinstance(thing, list | tuple | set | frozenset):
            hold_all(thing)
        elif hasattr(thing, "__dict__"):
            hold_all(vars(thing).values())
