"""The register of rules across tables: each rule is a small function with a name and a meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from peakmix.foundation.errors import InputError, Notice
from peakmix.tables.dataset import DataSet

Finding = InputError | Notice
Function = Callable[[DataSet], Iterator[Finding]]


@dataclass(frozen=True)
class Rule:
    """One rule: its name, what must hold, and the function that yields what breaks it."""

    name: str
    meaning: str
    function: Function


RULES: list[Rule] = []


def rule(meaning: str) -> Callable[[Function], Function]:
    """Register a rule under the name of its function."""

    def register(function: Function) -> Function:
        RULES.append(Rule(function.__name__, meaning, function))
        return function

    return register


def broken(dataset: DataSet, table: str, row: int, column: str, what: str, fix: str) -> InputError:
    """Error at a cell; ``row`` is the position in the table."""
    return InputError(what, place=dataset.place(table, row, column), fix=fix)


def doubtful(dataset: DataSet, table: str, row: int, column: str, what: str, fix: str) -> Notice:
    """Notice at a cell; ``row`` is the position in the table."""
    return Notice(dataset.place(table, row, column), what, fix)


def where(dataset: DataSet, table: str, row: int) -> str:
    """File and line of a row, for messages that name a second row."""
    return str(dataset.place(table, row))
