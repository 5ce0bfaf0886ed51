"""Figures and tables of the pages in docs/cases, one module a case.

A module has ``blocks(folder)``: it runs what it needs, writes its figure to ``folder`` and gives the marked blocks of its page.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

from rendering.marks import fill

CASES = ("baise", "carbon_bank", "dalian", "national_rules", "upper_yangtze")


def render(name: str, docs: Path) -> int:
    """Fill the page of a case and draw its figure."""
    folder = docs / "cases"
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    module = import_module(f"rendering.cases.{name}")
    return fill(folder / f"{name}.md", module.blocks(folder / "figures"))
