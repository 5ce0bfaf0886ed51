"""One golden text a constraint family and instrument: the rows it writes for a tiny model.

A golden text guards against unnoticed change; it proves nothing about being right (the hand-solved cases do that).
Write them anew, and read the difference, with

    PEAKMIX_WRITE_GOLDEN=1 python -m pytest tests/math/test_golden.py
"""

from __future__ import annotations

import importlib
import os
import pkgutil
from pathlib import Path
from typing import Any

import pytest
from tests.math.rows_as_text import as_text
from tests.math.tiny import MODELS

from peakmix.formulation import families, policies, registry

GOLDEN = Path(__file__).parent / "golden"
WRITE = os.environ.get("PEAKMIX_WRITE_GOLDEN") == "1"
AS_BOUND = {"measure_pace"}
"""Rows that are written as a bound of their variable unless the number is a lever."""

BESIDE = {"limit": ("ledger_account",), "target": ("indicator_part_level", "ledger_account"), "measures": ("ledger_account",)}
"""Rows of no family that are made on first use, shown with the models that use them."""

PARTS = ("Rows", "Symbols", "Dual", "Traps", "Source")


def registered() -> dict[str, Any]:
    """Every family and instrument with the module it stands in."""
    found = {}
    for package in (families, policies):
        for info in pkgutil.iter_modules(package.__path__):
            module = importlib.import_module(f"{package.__name__}.{info.name}")
            entry = getattr(module, "FAMILY", None) or getattr(module, "INSTRUMENT", None)
            if entry is not None:
                found[entry.name] = (entry, module)
    return found


REGISTERED = registered()


def test_nothing_is_missing() -> None:
    """Each registered family and instrument has a tiny model and a golden text, and there are no others."""
    names = {f.name for f in registry.families()} | set(registry.instruments())
    assert set(REGISTERED) == names
    assert set(MODELS) == names
    assert {p.stem for p in GOLDEN.glob("*.txt")} == names


@pytest.mark.parametrize("name", sorted(REGISTERED))
def test_docstring_has_its_parts(name: str) -> None:
    """Rows, Symbols, Dual, Traps, Source, in this order, and every row by its name."""
    entry, module = REGISTERED[name]
    text = module.__doc__ or ""
    starts = [line.split(" ")[0] for line in text.splitlines() if line[:1].isupper()]
    assert [s for s in starts if s in PARTS] == list(PARTS)
    assert [row for row in entry.rows if f"{row}(" not in text and f"{row}," not in text] == []


@pytest.mark.parametrize("name", sorted(MODELS))
def test_golden(name: str) -> None:
    """The rows of the family or instrument, and bounds of its variables where they are not open."""
    entry, _ = REGISTERED[name]
    ready = MODELS[name]()
    found = as_text(ready.program, (*entry.rows, *BESIDE.get(name, ())))
    path = GOLDEN / f"{name}.txt"
    if WRITE:
        path.write_text(found, encoding="utf-8")
    written = {line.split("[")[0].rstrip(":") for line in found.splitlines() if not line.startswith(" ")}
    assert written >= set(entry.rows) - AS_BOUND
    assert found == path.read_text(encoding="utf-8")
