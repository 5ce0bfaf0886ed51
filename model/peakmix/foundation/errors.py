"""Errors and notices: what every layer says when an input, a run or a result is not acceptable.

An error names the place (file, line, column, value), the rule that is broken and the fix. Each class carries
the exit code of the command line, so that no command has to translate:

    2 usage   3 bad input   4 infeasible   5 no certified solution within limits   6 sweep with failed members

``Findings`` collects many input errors and notices, so that one run shows everything that is wrong.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from pathlib import Path
from typing import Any, ClassVar

SHOWN = 20
"""Number of errors that a collected message prints in full."""


@dataclass(frozen=True, order=True)
class Place:
    """Where something stands: file, line (1 = first line), column name and the cell as written.

    ``file`` may be ``frame:<table>`` for a table given as a pandas frame; ``line`` is then the row number (1 = first).
    """

    file: str = ""
    line: int = 0
    column: str = ""
    value: str | None = field(default=None, compare=False)

    def __str__(self) -> str:
        where = f"{self.file}:{self.line}" if self.line else self.file
        if self.file.startswith("frame:") and self.line:
            where = f"{self.file} row {self.line}"
        if not self.column and self.value is None:
            return where
        what = f"column {self.column!r}" if self.column else "value"
        shown = f" = {self.value!r}" if self.value is not None else ""
        return f"{where}: {what}{shown}" if where else f"{what}{shown}"


class PeakmixError(Exception):
    """Base of all errors a user can act on.

    ``place`` says where, ``rule`` what must hold, ``fix`` what to do. ``str()`` gives all three in three lines.
    """

    exit_code: ClassVar[int] = 1

    def __init__(self, rule: str, *, place: Place | None = None, fix: str = "") -> None:
        super().__init__(rule)
        self.place = place if place is not None else Place()
        self.rule = rule
        self.fix = fix

    def __str__(self) -> str:
        where = str(self.place)
        lines = [f"{where}\n  rule: {self.rule}" if where else self.rule]
        if self.fix:
            lines.append(f"  fix: {self.fix}")
        return "\n".join(lines)


class UsageError(PeakmixError):
    """The command or call is wrong: unknown option, missing file name, wrong type of argument."""

    exit_code = 2


class InputError(PeakmixError):
    """A table, scenario or sweep file breaks a rule."""

    exit_code = 3


class InputErrors(InputError):
    """Many input errors at once; ``errors`` holds all of them, sorted by place."""

    def __init__(self, errors: Iterable[InputError]) -> None:
        self.errors: tuple[InputError, ...] = tuple(sorted(errors, key=lambda error: error.place))
        first = self.errors[0] if self.errors else InputError("no error")
        super().__init__(first.rule, place=first.place, fix=first.fix)

    def __reduce__(self) -> tuple[Any, ...]:
        """Made again from its errors, so that worker processes can send it."""
        return type(self), (self.errors,)

    def __str__(self) -> str:
        count = len(self.errors)
        lines = [str(error) for error in self.errors[:SHOWN]]
        if count > SHOWN:
            lines.append(f"... and {count - SHOWN} more")
        lines.append(f"{count} error{'s' if count != 1 else ''} in the input")
        return "\n".join(lines)


class InfeasibleError(PeakmixError):
    """No solution meets all rules; the message names the rules in conflict."""

    exit_code = 4


class UncertifiedError(PeakmixError):
    """A solution exists but failed the certificate or the audit."""

    exit_code = 5


class LimitError(PeakmixError):
    """No solution within the time, iteration or memory limit."""

    exit_code = 5


class SweepError(PeakmixError):
    """A sweep finished with failed members."""

    exit_code = 6


@dataclass(frozen=True, order=True)
class Notice:
    """A soft finding: acceptable, yet worth a look. Same fields as an error."""

    place: Place
    rule: str
    fix: str = ""

    def __str__(self) -> str:
        lines = [f"{self.place}\n  note: {self.rule}" if str(self.place) else self.rule]
        if self.fix:
            lines.append(f"  see: {self.fix}")
        return "\n".join(lines)


class Findings:
    """Collects errors and notices; ``stop`` raises them together."""

    def __init__(self) -> None:
        self.errors: list[InputError] = []
        self.notices: list[Notice] = []

    def error(self, rule: str, *, place: Place, fix: str = "") -> None:
        """Add an input error at a place."""
        self.errors.append(InputError(rule, place=place, fix=fix))

    def notice(self, rule: str, *, place: Place, fix: str = "") -> None:
        """Add a soft finding at a place."""
        self.notices.append(Notice(place, rule, fix))

    def take(self, findings: Iterable[InputError | Notice]) -> None:
        """Add what a rule yields."""
        for finding in findings:
            if isinstance(finding, InputErrors):
                self.errors.extend(finding.errors)
            elif isinstance(finding, InputError):
                self.errors.append(finding)
            else:
                self.notices.append(finding)

    def stop(self) -> None:
        """Raise ``InputErrors`` when there is any error, do nothing otherwise."""
        if self.errors:
            raise InputErrors(self.errors)


def nearest(name: str, known: Iterable[str], limit: int = 3) -> str:
    """Sentence that names the known names nearest to ``name``, or lists a few when none is near.

    >>> nearest("alumnia", ["alumina", "cement"])
    "nearest known: 'alumina'"
    """
    names = sorted(set(known))
    folded = {candidate.casefold(): candidate for candidate in names}
    close = get_close_matches(name.casefold(), list(folded), n=limit, cutoff=0.6)
    if close:
        return "nearest known: " + ", ".join(repr(folded[candidate]) for candidate in close)
    if not names:
        return "none is defined"
    shown = ", ".join(repr(candidate) for candidate in names[:8])
    return f"known: {shown}" + (f", ... ({len(names)} in all)" if len(names) > 8 else "")


def display_path(path: Path) -> str:
    """Path as messages show it: relative to the working folder when it lies below it, else absolute."""
    absolute = os.path.abspath(path)
    here = os.getcwd()
    if absolute == here or absolute.startswith(here + os.sep):
        return os.path.relpath(absolute, here).replace(os.sep, "/")
    return absolute
