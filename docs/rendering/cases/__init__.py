"""Figures and tables of the pages in docs/cases, one module a case.

A module has ``blocks(folder)``: it runs what it needs, writes its figure to ``folder`` and gives the marked blocks of its page.
"""

from __future__ import annotations

import re
from importlib import import_module
from pathlib import Path

from rendering.marks import fill, replaced

CASES = ("baise", "carbon_bank", "dalian", "national_rules", "upper_yangtze")
CHEAP = ("baise", "carbon_bank", "dalian", "upper_yangtze")
"""Cases that a slow test runs anew; the national rules take several minutes."""
NUMBER = re.compile(r"-?\d[\d,]*(?:\.\d+)?(?:e[-+]?\d+)?")


def render(name: str, docs: Path) -> int:
    """Fill the page of a case and draw its figure."""
    folder = docs / "cases"
    (folder / "figures").mkdir(parents=True, exist_ok=True)
    module = import_module(f"rendering.cases.{name}")
    return fill(folder / f"{name}.md", module.blocks(folder / "figures"))


def differences(name: str, docs: Path, figures: Path) -> list[str]:
    """Lines of a case's page that fresh runs do not give; the page is left as it is, figures go to another folder.

    Words are compared as they stand, numbers to one unit of the last digit that is printed.
    """
    figures.mkdir(parents=True, exist_ok=True)
    text = (docs / "cases" / f"{name}.md").read_text(encoding="utf-8")
    fresh = replaced(text, import_module(f"rendering.cases.{name}").blocks(figures))
    old, new = text.splitlines(), fresh.splitlines()
    if len(old) != len(new):
        return [f"{name}.md has {len(old)} lines, fresh runs give {len(new)}"]
    return [f"page: {a}\nruns: {b}" for a, b in zip(old, new, strict=True) if not _same(a, b)]


def _same(page: str, runs: str) -> bool:
    """Are two lines alike but for the rounding of their numbers?"""
    if NUMBER.sub("#", page) != NUMBER.sub("#", runs):
        return False
    pairs = zip(NUMBER.findall(page), NUMBER.findall(runs), strict=True)
    return all(abs(_value(a) - _value(b)) <= 1.001 * max(_last(a), _last(b)) for a, b in pairs)


def _value(text: str) -> float:
    return float(text.replace(",", ""))


def _last(text: str) -> float:
    """One unit of the last digit of a printed number."""
    plain = text.replace(",", "")
    mantissa, _, power = plain.lower().partition("e")
    return float(10.0 ** (int(power or 0) - len(mantissa.partition(".")[2])))
