"""What is told about a program without a solution."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from peakmix.foundation.errors import InfeasibleError
from peakmix.solve.program import FloatArray

Kind = Literal["policies", "relaxable", "physics", "feasible", "undecided"]


@dataclass(frozen=True)
class Change:
    """One bound that gives way: group, row and its position, side, the bound as stated and as needed.

    relative   the change over the bound, or over what flows through a row bounded by zero
    """

    group: str
    row: str
    side: Literal["lower", "upper"]
    bound: float
    needed: float
    relative: float
    position: int = -1

    def text(self) -> str:
        """The change in one line."""
        words = "at least" if self.side == "lower" else "at most"
        return f"{self.group}: {self.row} {words} {self.needed:.6g} instead of {self.bound:.6g} ({self.relative:.2%})"


@dataclass(frozen=True)
class Alone:
    """What one policy has to give when all others hold: amounts by component of its rows; None when it cannot.

    relative   the same over the sizes of the rows, added up
    """

    amounts: Mapping[str, float] | None
    relative: float

    def text(self) -> str:
        """The answer in a few words."""
        if self.amounts is None:
            return "cannot help alone"
        return ", ".join(f"{amount:.6g} of {component}" for component, amount in self.amounts.items())


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """Why there is no solution.

    kind         policies: relaxing policies helps; relaxable: it does not, demand or the like must give way even
                 without any policy; physics: nothing that may be relaxed helps; feasible: the relaxation needs no
                 change, so the solver's verdict is not confirmed; undecided: a limit was hit
    conflict     names that cannot hold together (for physics: names of rows of the proof)
    irreducible  whether every member of the conflict is needed for it
    changes      the least change, split at least cost, in the order of the rows
    total        sum of the relative changes
    alone        by policy of the conflict, what it has to give if all others hold
    x            values of the program's columns at the least change, empty where none was found
    solves, seconds   number of solves, and the solver's seconds by what they were for
    """

    kind: Kind
    conflict: tuple[str, ...]
    irreducible: bool
    changes: tuple[Change, ...]
    total: float
    alone: Mapping[str, Alone] = field(default_factory=dict)
    x: FloatArray | None = field(default=None, repr=False)
    solves: int = 0
    seconds: Mapping[str, float] = field(default_factory=dict)

    def head(self) -> str:
        """The first sentence."""
        names = ", ".join(self.conflict)
        if self.kind == "undecided":
            return "The reason was not found within the limits."
        if self.kind == "feasible":
            return "The relaxed model needs no change: the conflict is below the tolerances of the solver."
        if self.kind == "policies":
            return f"{names} alone cannot be met." if len(self.conflict) == 1 else f"Cannot hold together: {names}."
        if self.kind == "relaxable":
            return f"Cannot be met even without any policy: {names}."
        return f"Balances and limits contradict each other, whatever policies and demand are: {names}."

    def text(self) -> list[str]:
        """The diagnosis in plain language, one statement a line."""
        if self.kind in ("undecided", "feasible"):
            return [self.head()]
        least = {
            "policies": "Least change of policies that restores a solution:",
            "relaxable": "Least change that restores a solution without policies (a diagnosis, not a proposal):",
        }.get(self.kind, "Rows that fall short (a diagnosis, not a proposal):")
        lines = [self.head(), least, *(f"  {change.text()}" for change in self.changes)]
        if self.alone:
            lines += ["Relaxed alone, the others held:", *(f"  {name}: {told.text()}" for name, told in self.alone.items())]
        return lines if self.irreducible or self.kind == "physics" else [*lines, "The list may hold more than needed."]

    def error(self) -> InfeasibleError:
        """The diagnosis as an error for the command line."""
        head, *rest = self.text()
        return InfeasibleError(head, fix="\n       ".join(rest))
