"""Names of rows and columns, cheap to load and to share between the members of a family."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence

import numpy as np
import numpy.typing as npt

IntArray = npt.NDArray[np.int32]
Name = tuple[str, tuple[object, ...]]


class NameTable(Sequence[Name]):
    """Names of rows or columns: one (component, index tuple) each; a component's members stand together.

    Decoding a stored table is put off until a name is asked for, so loading a large family stays fast.
    """

    def __init__(self, blocks: Sequence[tuple[str, Sequence[tuple[object, ...]]]]) -> None:
        self.components: tuple[str, ...] = tuple(component for component, _ in blocks)
        self._starts = np.concatenate(([0], np.cumsum([len(members) for _, members in blocks]))).astype(np.int64)
        self._members: list[tuple[object, ...]] | None = [index for _, members in blocks for index in members]
        self._codes: IntArray | None = None
        self._labels: list[object] = []

    @classmethod
    def decode(cls, header: str, codes: IntArray) -> NameTable:
        """Rebuild a table from `encode`'s answer; codes has shape (length, longest index)."""
        stored = json.loads(header)
        table = cls([])
        table.components = tuple(stored["components"])
        table._starts = np.asarray(stored["starts"], dtype=np.int64)
        table._members, table._codes, table._labels = None, codes, stored["labels"]
        return table

    def encode(self) -> tuple[str, IntArray]:
        """Header (JSON) and codes (length, longest index; -1 = no label there)."""
        members = self.members
        labels: dict[tuple[type, object], int] = {}
        codes = np.full((len(members), max(map(len, members), default=0)), -1, dtype=np.int32)
        for position, index in enumerate(members):
            for place, label in enumerate(index):
                codes[position, place] = labels.setdefault((type(label), label), len(labels))
        plain = [label.item() if isinstance(label, np.generic) else label for _, label in labels]
        header = {"components": self.components, "starts": self._starts.tolist(), "labels": plain}
        return json.dumps(header, ensure_ascii=False), codes

    @property
    def members(self) -> list[tuple[object, ...]]:
        """Index tuples in order, without their component."""
        if self._members is None:
            assert self._codes is not None
            labels = self._labels
            self._members = [tuple(labels[code] for code in row if code >= 0) for row in self._codes.tolist()]
        return self._members

    def span(self, component: str) -> slice:
        """Positions of a component's members; KeyError if there is no such component."""
        try:
            place = self.components.index(component)
        except ValueError:
            raise KeyError(component) from None
        return slice(int(self._starts[place]), int(self._starts[place + 1]))

    def indices(self, component: str) -> list[tuple[object, ...]]:
        """Index tuples of one component, in order."""
        return self.members[self.span(component)]

    def extended(self, component: str, members: Sequence[tuple[object, ...]]) -> NameTable:
        """The same table with one more component at the end."""
        blocks = [(name, self.indices(name)) for name in self.components]
        return NameTable([*blocks, (component, list(members))])

    def text(self, position: int) -> str:
        """Readable name of one member, as `component[a,b]`."""
        component, index = self[position]
        return f"{component}[{','.join(map(str, index))}]" if index else component

    def __len__(self) -> int:
        return int(self._starts[-1])

    def __getitem__(self, position):  # type: ignore[no-untyped-def]
        if isinstance(position, slice):
            return [self[i] for i in range(*position.indices(len(self)))]
        wanted = range(len(self))[position]
        place = int(np.searchsorted(self._starts, wanted, side="right")) - 1
        if self._members is None and self._codes is not None:
            return self.components[place], tuple(self._labels[code] for code in self._codes[wanted] if code >= 0)
        return self.components[place], self.members[wanted]

    def __iter__(self) -> Iterator[Name]:
        members = self.members
        for place, component in enumerate(self.components):
            for position in range(self._starts[place], self._starts[place + 1]):
                yield component, members[position]


def as_tuple(index: object) -> tuple[object, ...]:
    """A Pyomo index as a tuple: () for a scalar component."""
    return index if isinstance(index, tuple) else () if index is None else (index,)
