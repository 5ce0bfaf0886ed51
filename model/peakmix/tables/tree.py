"""The tree of places: parents, paths, subtrees and leaves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Tree:
    """Places and their parents; ``parents[root]`` is None.

    Every place, also one with children, is a part of its own: its rows exclude what is written at its children.
    """

    parents: Mapping[str, str | None]
    children: Mapping[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        children: dict[str, list[str]] = {name: [] for name in self.parents}
        for name, parent in self.parents.items():
            if parent is not None and parent in children:
                children[parent].append(name)
        object.__setattr__(self, "children", {name: tuple(below) for name, below in children.items()})

    def __contains__(self, name: object) -> bool:
        return name in self.parents

    @property
    def root(self) -> str:
        """The one place without a parent (empty when there is no place)."""
        return next((name for name, parent in self.parents.items() if parent is None), "")

    def path(self, name: str) -> tuple[str, ...]:
        """The place, its parent, ... up to the root; ends early at a cycle or an unknown parent."""
        path: list[str] = []
        here: str | None = name
        while here is not None and here in self.parents and here not in path:
            path.append(here)
            here = self.parents[here]
        return tuple(path)

    def subtree(self, name: str) -> tuple[str, ...]:
        """The place and everything below it, parents first."""
        found = [name] if name in self.parents else []
        for here in found:
            found.extend(child for child in self.children[here] if child not in found)
        return tuple(found)

    def leaves(self, name: str | None = None) -> tuple[str, ...]:
        """Places without children below ``name`` (default: the root)."""
        return tuple(place for place in self.subtree(name or self.root) if not self.children[place])

    def depth(self, name: str) -> int:
        """Number of steps to the root."""
        return len(self.path(name)) - 1

    def cycles(self) -> list[str]:
        """Places whose path upwards does not end at a place without a parent."""
        return [name for name in self.parents if self.parents.get(self.path(name)[-1]) is not None]
