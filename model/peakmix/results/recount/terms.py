"""Sums of element times variable over rows, kept as flat arrays so that a recount is a few vector operations.

    value[row] = sum over the terms of the row of factor x element x variable

A term without a variable is a constant, one without an element has the element 1. Elements live in one vector, so that
a member of a sweep recounts with its own levers by changing entries of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from peakmix.parameters.container import Key, Parameters
from peakmix.results.extract import column_map
from peakmix.solve.program import FloatArray, IntArray, NameTable, weighted_count

Element = tuple[str, Key]
Term = tuple[float, Element | None, tuple[str, Key] | None]
"""(factor, derived element or None, variable or None)."""


class Elements:
    """The derived elements that a recount uses, as one vector with 1.0 at its end."""

    def __init__(self, parameters: Parameters) -> None:
        self._values = parameters.values
        self._position: dict[Element, int] = {}
        self._numbers: list[float] = []
        self._base = np.ones(1)

    def position(self, element: Element) -> int:
        """Position of an element in the vector, registered on first use."""
        place = self._position.get(element)
        if place is None:
            place = self._position[element] = len(self._numbers)
            self._numbers.append(float(self._values[element[0]][element[1]]))
        return place

    def place(self, element: Element) -> int | None:
        """Position of an element that is registered; None for any other."""
        return self._position.get(element)

    def vector(self, levers: Mapping[Element, float] | None = None) -> FloatArray:
        """The vector, with the given elements replaced."""
        if len(self._base) != len(self._numbers) + 1:
            self._base = np.array([*self._numbers, 1.0])
        if not levers:
            return self._base
        vector = self._base.copy()
        for element, value in levers.items():
            if element in self._position:
                vector[self._position[element]] = value
        return vector


class Variables:
    """Columns by component and index; the position past the last column stands for the constant 1."""

    def __init__(self, names: NameTable) -> None:
        self._names = names
        self._maps: dict[str, Mapping[Key, int]] = {}

    def of(self, component: str) -> Mapping[Key, int]:
        """Index -> column of a component; empty when there is no such variable."""
        found = self._maps.get(component)
        if found is None:
            found = self._maps[component] = column_map(self._names, component)
        return found

    def has(self, component: str, index: Key) -> bool:
        """Does the model have this variable?"""
        return index in self.of(component)


@dataclass(frozen=True, eq=False)
class Block:
    """Rows of one kind: labels (rows,), and the terms as arrays (terms,).

    ``sense`` (rows,): 0 for an equality to zero, 1 for a value <= 0, -1 for a value >= 0; for plain quantities unused.
    """

    name: str
    labels: list[Key]
    row: IntArray
    column: IntArray
    element: IntArray
    factor: FloatArray
    sense: IntArray

    def parts(self, x: FloatArray, elements: FloatArray) -> FloatArray:
        """Every term, shape (terms,); x ends with 1.0, elements as from ``Elements.vector``."""
        return np.asarray(self.factor * elements[self.element] * x[self.column])

    def values(self, x: FloatArray, elements: FloatArray) -> FloatArray:
        """Sum of every row, shape (rows,)."""
        return weighted_count(self.row, self.parts(x, elements), len(self.labels))

    def sizes(self, x: FloatArray, elements: FloatArray) -> FloatArray:
        """Sum of the absolute terms of every row, shape (rows,)."""
        return weighted_count(self.row, np.abs(self.parts(x, elements)), len(self.labels))

    def by_label(self, x: FloatArray, elements: FloatArray) -> dict[Key, float]:
        """Sum of every row by label."""
        return dict(zip(self.labels, self.values(x, elements).tolist(), strict=True))


class Builder:
    """Collects terms by row label and makes a block of them."""

    def __init__(self, name: str, elements: Elements, variables: Variables) -> None:
        self.name = name
        self._elements = elements
        self._variables = variables
        self._rows: dict[Key, int] = {}
        self._sense: list[int] = []
        self._row: list[int] = []
        self._column: list[int] = []
        self._element: list[int] = []
        self._factor: list[float] = []

    def __contains__(self, label: Key) -> bool:
        return label in self._rows

    def row(self, label: Key, sense: int = 0) -> int:
        """Number of a row, made on first use."""
        row = self._rows.get(label)
        if row is None:
            row = self._rows[label] = len(self._rows)
            self._sense.append(sense)
        return row

    def add(self, label: Key, terms: Iterable[Term], factor: float = 1.0, sense: int = 0) -> None:
        """Add terms to a row, times a factor."""
        row = self.row(label, sense)
        for number, element, variable in terms:
            self._row.append(row)
            self._column.append(-1 if variable is None else self._variables.of(variable[0])[variable[1]])
            self._element.append(-1 if element is None else self._elements.position(element))
            self._factor.append(number * factor)

    def block(self) -> Block:
        """The rows collected so far."""
        return Block(
            self.name,
            list(self._rows),
            np.array(self._row, dtype=np.int32),
            np.array(self._column, dtype=np.int32),
            np.array(self._element, dtype=np.int32),
            np.array(self._factor, dtype=np.float64),
            np.array(self._sense, dtype=np.int32),
        )
