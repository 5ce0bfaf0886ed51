"""The rules across tables, gathered: ``RULES`` lists them, ``run_rules`` applies them to a data set."""

from __future__ import annotations

from peakmix.foundation.errors import Findings
from peakmix.tables import balances, coverage, links, sanity, savings, supply
from peakmix.tables.dataset import DataSet
from peakmix.tables.rules import RULES, Rule

__all__ = ["RULES", "Rule", "run_rules"]

MODULES = (links, coverage, supply, balances, savings, sanity)
"""Modules that hold rules; importing them registers the rules."""


def run_rules(dataset: DataSet, findings: Findings) -> None:
    """Run all rules; errors and notices go to ``findings``."""
    for each in RULES:
        findings.take(each.function(dataset))
