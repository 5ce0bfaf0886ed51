"""The rules across tables: each a small function with a name and a meaning, registered in ``RULES``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from peakmix.foundation.errors import Findings, InputError, Notice
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


def run_rules(dataset: DataSet, findings: Findings) -> None:
    """Run all rules; errors and notices go to ``findings``."""
    for each in RULES:
        findings.take(each.function(dataset))
