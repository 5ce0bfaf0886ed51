"""Rows of an instrument without a recount of its own, as they stand in the compiled programme.

    level = sum of coefficient x variable over the row, without its priced excess        bound = the row's finite side

Levers stay levers: a coefficient or side that follows derived elements is its base part plus slope times element, so that
the members of a sweep are read from one structure. Costs are those of columns whose first index is the policy.
This is a reading, not a second calculation: that the rows say what the rule says is seen by the full audit alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from peakmix.foundation.vocabulary import known, word
from peakmix.parameters.container import Key
from peakmix.results.extract import span_of
from peakmix.results.recount.terms import Element, Term
from peakmix.solve.family import Slopes
from peakmix.solve.program import LinearProgram, refusal

PREFIX, EXCESS, BOOKED = "policy_", "policy_excess", ("policy_excess", "policy_charge")
"""Components of policies; the priced excess; columns whose cost is booked from the tables of derived elements."""

Parts = dict[int, list[tuple[float, Element]]]
"""Slopes by position: (slope, element)."""


def of_policies(component: str) -> bool:
    """Does a variable have a policy as its first index?"""
    return component.startswith(PREFIX) or (known("variable", component) and word("variable", component).dims[:1] == ("policy",))


@dataclass(frozen=True, eq=False)
class Compiled:
    """A programme, and how its numbers follow levers: ``slopes`` by array, ``elements`` in the order of the levers."""

    program: LinearProgram
    slopes: Mapping[str, Slopes] = field(default_factory=dict)
    elements: Sequence[Element] = ()

    @cached_property
    def parts(self) -> Mapping[str, Parts]:
        """Slopes of every array by position."""
        made: dict[str, Parts] = defaultdict(dict)
        for array, slopes in self.slopes.items():
            numbers = (slopes.target.tolist(), slopes.lever.tolist(), slopes.value.tolist())
            for target, lever, value in zip(*numbers, strict=True):
                made[array].setdefault(target, []).append((value, self.elements[lever]))
        return made

    @cached_property
    def entries(self) -> dict[int, list[int]]:
        """Entries of every row of a policy."""
        rows = self.program.pattern.rows
        wanted = np.zeros(self.program.shape[0], dtype=bool)
        for component in self.program.rows.components:
            if component.startswith(PREFIX):
                wanted[span_of(self.program.rows, component)] = True
        found: dict[int, list[int]] = defaultdict(list)
        for entry in np.flatnonzero(wanted[rows]).tolist():
            found[int(rows[entry])].append(entry)
        return found

    def number(self, array: str, place: int, variable: tuple[str, Key] | None, sign: float = 1.0) -> list[Term]:
        """One number of an array, times a variable: base part and slopes."""
        base = float(getattr(self.program, array)[place])
        terms: list[Term] = [(sign * base, None, variable)] if base else []
        return terms + [(sign * value, element, variable) for value, element in self.parts.get(array, {}).get(place, ())]

    def rows(self, name: str) -> Iterator[tuple[Key, int, list[Term], list[Term], list[Term]]]:
        """Label, sense, level, bound and excess of every row of a policy.

        Raises
        ------
        InputError
            For a row with two sides: its instrument needs a recount of its own, or two rows.
        """
        program, columns = self.program, self.program.pattern.columns
        for component in [c for c in program.rows.components if c.startswith(PREFIX)]:
            start = span_of(program.rows, component).start
            for offset, index in enumerate(program.rows.indices(component)):
                if index[0] != name:
                    continue
                row = start + offset
                sense, side = self._side(row)
                level: list[Term] = []
                excess: list[Term] = []
                for entry in self.entries.get(row, ()):
                    variable = program.cols[int(columns[entry])]
                    if variable[0] == EXCESS and sense:
                        excess += self.number("data", entry, variable, -float(sense))
                    else:
                        level += self.number("data", entry, variable)
                yield (component, *index), sense, level, self.number(side, row, None), excess

    def _side(self, row: int) -> tuple[int, str]:
        """Sense of a row (1: level <= bound, -1: level >= bound, 0: equal) and the array of its bound."""
        lower, upper = float(self.program.row_lower[row]), float(self.program.row_upper[row])
        if np.isfinite(lower) and np.isfinite(upper) and lower != upper:
            raise refusal(self.program.rows.text(row), "a policy row has one side", "state two rows, or write a recount")
        if np.isfinite(upper):
            return (0 if lower == upper else 1), "row_upper"
        return -1, "row_lower"

    def costs(self, name: str, policy: Any) -> Iterator[tuple[str, int, list[Term]]]:
        """Cost component, period and terms of the columns of a policy; a transfer unless it says ``transfer: false``."""
        component = "policy_transfer" if getattr(policy, "transfer", True) else "policy_cost"
        for kind in [c for c in self.program.cols.components if of_policies(c) and c not in BOOKED]:
            start = span_of(self.program.cols, kind).start
            for offset, index in enumerate(self.program.cols.indices(kind)):
                terms = self.number("cost", start + offset, (kind, index)) if index[0] == name else []
                if terms:
                    yield component, int(str(index[-1])), terms
