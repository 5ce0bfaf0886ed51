"""Pyomo, loaded when the first component is made: who only derives numbers, or has compiled arrays, never waits for it."""

from __future__ import annotations

import importlib
from typing import Any


class _Pyomo:
    """Stands for ``pyomo.environ``; each name is looked up there on first use."""

    def __getattr__(self, name: str) -> Any:
        found = getattr(importlib.import_module("pyomo.environ"), name)
        setattr(self, name, found)
        return found


pyo: Any = _Pyomo()
