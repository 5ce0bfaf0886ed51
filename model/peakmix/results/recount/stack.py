"""All checks of a structure in one pair of arrays, so that auditing a member is a handful of vector operations."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from peakmix.parameters.container import Key
from peakmix.results.recount.policies import PolicyBlocks
from peakmix.results.recount.terms import Block, Variables
from peakmix.solve.program import FloatArray, IntArray, weighted_count


@dataclass(frozen=True, eq=False)
class Stack:
    """Blocks on top of each other: ``slices`` gives the rows of each block, the arrays are as in ``Block``."""

    slices: dict[str, slice]
    labels: dict[str, list[Key]]
    row: IntArray
    column: IntArray
    element: IntArray
    factor: FloatArray
    sense: IntArray

    def evaluate(self, x: FloatArray, elements: FloatArray) -> tuple[FloatArray, FloatArray]:
        """Sum and sum of absolute terms of every row, each of shape (rows,)."""
        parts = self.factor * elements[self.element] * x[self.column]
        rows = len(self.sense)
        return weighted_count(self.row, parts, rows), weighted_count(self.row, np.abs(parts), rows)


def stack(blocks: Sequence[Block]) -> Stack:
    """Put blocks on top of each other."""
    starts = np.cumsum([0, *(len(block.labels) for block in blocks)]).tolist()
    pairs = list(zip(blocks, starts, strict=False))
    return Stack(
        slices={block.name: slice(start, start + len(block.labels)) for block, start in pairs},
        labels={block.name: block.labels for block in blocks},
        row=np.concatenate([block.row + np.int32(start) for block, start in pairs]).astype(np.int32),
        column=np.concatenate([block.column for block in blocks]),
        element=np.concatenate([block.element for block in blocks]),
        factor=np.concatenate([block.factor for block in blocks]),
        sense=np.concatenate([block.sense for block in blocks]),
    )


def joined(name: str, parts: Sequence[tuple[Block, FloatArray | float]]) -> Block:
    """One block of several that share their labels, each times a factor (one for all rows, or one a row)."""
    first = parts[0][0]
    factors = [block.factor * (factor if isinstance(factor, float) else factor[block.row]) for block, factor in parts]
    return Block(
        name,
        first.labels,
        np.concatenate([block.row for block, _ in parts]),
        np.concatenate([block.column for block, _ in parts]),
        np.concatenate([block.element for block, _ in parts]),
        np.concatenate(factors),
        first.sense,
    )


def policy_check(blocks: PolicyBlocks) -> Block:
    """Level less bound less excess of every policy row, on the side that its sense asks for."""
    sense = blocks.level.sense.astype(np.float64)
    return joined("policies", [(blocks.level, 1.0), (blocks.bound, -1.0), (blocks.excess, -sense)])


def ledger_check(ledger: Block, variables: Variables) -> Block:
    """Accounting variables less the ledgers recounted."""
    columns = variables.of("ledger")
    labels = list(columns)
    place = {label: k for k, label in enumerate(labels)}
    target = np.array([place.get(label, -1) for label in ledger.labels], dtype=np.int32)
    row = target[ledger.row] if len(ledger.row) else ledger.row
    kept = row >= 0
    own = np.arange(len(labels), dtype=np.int32)
    return Block(
        "ledgers",
        labels,
        np.concatenate([own, row[kept]]),
        np.concatenate([np.fromiter(columns.values(), np.int32, len(labels)), ledger.column[kept]]),
        np.concatenate([np.full(len(labels), -1, dtype=np.int32), ledger.element[kept]]),
        np.concatenate([np.ones(len(labels)), -ledger.factor[kept]]),
        np.zeros(len(labels), dtype=np.int32),
    )


def by_component(cost: Block) -> Block:
    """The cost block with one row a component."""
    names = list(dict.fromkeys(str(label[0]) for label in cost.labels))
    place = {name: k for k, name in enumerate(names)}
    target = np.array([place[str(label[0])] for label in cost.labels], dtype=np.int32)
    row = target[cost.row] if len(cost.row) else cost.row
    labels: list[Key] = [(name,) for name in names]
    return replace(cost, name="cost", labels=labels, row=row, sense=np.zeros(len(names), dtype=np.int32))
