"""Pyomo, loaded when the first component is made: who only derives numbers, or has compiled arrays, never waits for it."""

from __future__ import annotations

import importlib
import sys
from typing import Any


class _Pyomo:
    """Stands for ``pyomo.environ``; each name is looked up there on first use."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(_loaded(), name)
        setattr(self, name, found)
        return found


def _loaded() -> Any:
    """``pyomo.environ``, loaded while SciPy seems absent.

    Pyomo puts off its optional packages until they are used, but a package that is there already it takes at once, SciPy with
    all of its statistics: a second for nothing. SciPy comes back under Pyomo's hands when something asks for it.
    """
    if "pyomo.environ" in sys.modules:
        return sys.modules["pyomo.environ"]
    hidden = sys.modules.pop("scipy", None)
    try:
        return importlib.import_module("pyomo.environ")
    finally:
        if hidden is not None:
            sys.modules["scipy"] = hidden


pyo: Any = _Pyomo()
