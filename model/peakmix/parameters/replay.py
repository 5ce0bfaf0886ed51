"""Replay: derived elements for other numbers, from the record of one derivation, many at once.

Of the record only what lies between the inputs that move and what is asked for is done again; the rest keeps its value. Operations
are formed side by side, for many operations and many sets of numbers in one go: an operation waits for those it needs, so
all of one depth are formed together. Each is the operation that the derivation did, on the same two numbers, so no bit differs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from peakmix.parameters.recording import ABS, ADD, DIV, EQ, GE, GT, INPUT, LE, LT, MUL, NE, NEG, POW, SUB, Record

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SIDE_BY_SIDE = 8_000_000
"""Numbers that are held at a time while members are replayed."""

_FORM: dict[int, Any] = {ADD: np.add, SUB: np.subtract, MUL: np.multiply, DIV: np.divide}
_COMPARE: dict[int, Any] = {
    LT: np.less, LE: np.less_equal, GT: np.greater, GE: np.greater_equal, EQ: np.equal, NE: np.not_equal,
}  # fmt: skip


class Replay:
    """A record cut down to what depends on some inputs.

    Parameters
    ----------
    record:
        Of one derivation.
    moving:
        Inputs that may move.
    wanted:
        Places whose numbers are asked for.
    """

    def __init__(self, record: Record, moving: Sequence[Any], wanted: Sequence[int]) -> None:
        code = np.array(record.code, dtype=np.int8)
        one, two = (np.array(parents, dtype=np.int64) for parents in (record.one, record.two))
        self._value = np.array(record.value)
        sources = np.array([record.inputs[key] for key in moving], dtype=np.int64)
        depth = _depths(record, sources)
        decisions = np.array(record.decisions, dtype=np.int64).reshape(-1, 4)
        decisions = decisions[(depth[decisions[:, 1]] >= 0) | (depth[decisions[:, 2]] >= 0)]
        held = np.array(sorted(record.held), dtype=np.int64)
        self._held_places = held[depth[held] >= 0]
        asked = np.array(wanted, dtype=np.int64)
        self.moved = depth[asked] >= 0
        "Which of the wanted places depend on what moves, shape (wanted,)."
        self.before = self._value[asked[self.moved]]
        "Their numbers in the record, shape (moved,)."
        ends = np.concatenate([decisions[:, 1], decisions[:, 2], self._held_places, asked[self.moved]])
        needed = _needed(one, two, depth, ends)
        self._compact(code, one, two, depth, needed, sources)
        self._decisions = [
            (_COMPARE[c], self._at(rows[:, 1]), self._at(rows[:, 2]), rows[:, 3].astype(bool))
            for c in _COMPARE
            if len(rows := np.unique(decisions[decisions[:, 0] == c], axis=0))
        ]
        self._held = self._at(self._held_places)
        self._asked = self._at(asked[self.moved])
        self.width = max(1, SIDE_BY_SIDE // max(1, len(self._start)))

    def _compact(
        self, code: npt.NDArray[np.int8], one: IntArray, two: IntArray, depth: IntArray, needed: npt.NDArray[np.bool_],
        sources: IntArray,
    ) -> None:  # fmt: skip
        """Places that are formed again, and the constants they meet, numbered anew; operations by depth and kind."""
        formed = np.flatnonzero(needed & (depth > 0))
        met = np.concatenate([one[formed], two[formed]])
        rest = np.unique(np.concatenate([met[(met >= 0)], sources, self._held_places]))
        rest = rest[(depth[rest] <= 0)]
        order = formed[np.lexsort((formed, code[formed], depth[formed]))]
        self._number = np.full(len(code), -1, dtype=np.int64)
        self._places = np.concatenate([rest, order])
        self._number[self._places] = np.arange(len(self._places))
        self._start = self._value[self._places]
        self._sources = self._number[sources]
        key = depth[order] * 16 + code[order]
        cuts = np.flatnonzero(np.diff(key, prepend=-1))
        ends = np.append(cuts[1:], len(order)) if len(cuts) else cuts
        left, right = self._number[one[order]], self._number[two[order]]
        self._steps = [
            (int(code[order[a]]), len(rest) + a, len(rest) + b, left[a:b], right[a:b])
            for a, b in zip(cuts.tolist(), ends.tolist(), strict=True)
        ]

    def _at(self, places: IntArray) -> IntArray:
        """Numbers of places; those that no step formed are taken up as constants."""
        new = np.unique(places[self._number[places] < 0])
        if len(new):
            self._number[new] = len(self._places) + np.arange(len(new))
            self._places = np.concatenate([self._places, new])
            self._start = np.concatenate([self._start, self._value[new]])
        return self._number[places]

    def values(self, inputs: FloatArray) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        """Numbers of the wanted places that move, for many members.

        Parameters
        ----------
        inputs:
            Shape (moving, members).

        Returns
        -------
        numbers, sound
            Shapes (moved, members) and (members,). The numbers of a member that is not sound mean nothing: something was
            decided in another way, or a held number moved.
        """
        found = np.empty((len(self._asked), inputs.shape[1]))
        sound = np.empty(inputs.shape[1], dtype=bool)
        for begin in range(0, inputs.shape[1], self.width):
            part = slice(begin, begin + self.width)
            found[:, part], sound[part] = self._some(inputs[:, part])
        return found, sound

    def _some(self, inputs: FloatArray) -> tuple[FloatArray, npt.NDArray[np.bool_]]:
        """A few members at a time."""
        work = np.repeat(self._start[:, None], inputs.shape[1], axis=1)
        work[self._sources] = inputs
        with np.errstate(all="ignore"):
            for code, begin, end, one, two in self._steps:
                work[begin:end] = _formed(code, work, one, two)
        sound = np.isfinite(work[self._asked]).all(axis=0)
        sound &= (work[self._held] == self._start[self._held][:, None]).all(axis=0)
        for compare, left, right, outcome in self._decisions:
            sound &= (compare(work[left], work[right]) == outcome[:, None]).all(axis=0)
        return work[self._asked], sound


def _formed(code: int, work: FloatArray, one: IntArray, two: IntArray) -> FloatArray:
    """Some operations of one kind."""
    if code in _FORM:
        return np.asarray(_FORM[code](work[one], work[two]))
    if code == NEG:
        return -work[one]
    if code == ABS:
        return np.abs(work[one])
    assert code == POW
    pairs = zip(work[one].ravel().tolist(), work[two].ravel().tolist(), strict=True)
    return np.array([_power(a, b) for a, b in pairs]).reshape(len(one), work.shape[1])  # numpy's own power rounds in another way


def _power(base: float, exponent: float) -> float:
    """Power as the derivation forms it; not a number where that would be an error."""
    try:
        found = base**exponent
    except (OverflowError, ZeroDivisionError):
        return float("nan")
    return found if isinstance(found, float) else float("nan")


def _depths(record: Record, sources: IntArray) -> IntArray:
    """Depth of every place below the sources: 0 for themselves, -1 where it does not depend on them."""
    depth = [-1] * len(record.code)
    for place in sources.tolist():
        depth[place] = 0
    for place, (code, a, b) in enumerate(zip(record.code, record.one, record.two, strict=True)):
        if code > INPUT and a >= 0:
            deepest = depth[a] if b < 0 or depth[a] > depth[b] else depth[b]
            if deepest >= 0:
                depth[place] = deepest + 1
    return np.array(depth, dtype=np.int64)


def _needed(one: IntArray, two: IntArray, depth: IntArray, ends: IntArray) -> npt.NDArray[np.bool_]:
    """Which places lead to the ends."""
    marks = [False] * len(one)
    for place in ends.tolist():
        marks[place] = True
    parents = list(zip(one.tolist(), two.tolist(), depth.tolist(), strict=True))
    for place in range(len(marks) - 1, -1, -1):
        if marks[place] and parents[place][2] > 0:
            a, b, _ = parents[place]
            marks[a] = True
            if b >= 0:
                marks[b] = True
    return np.array(marks, dtype=bool)


def moving_inputs(first: Mapping[Any, float], others: Sequence[Mapping[Any, float]]) -> list[Any]:
    """Inputs that differ from the first's in any of the others."""
    return [key for key, value in first.items() if any(other[key] != value for other in others)]
