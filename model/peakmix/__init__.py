"""peakmix: a linear scenario model of heavy industry under carbon peaking rules.

`import peakmix` is cheap; `load`, `run` and `open` bring in the numerical libraries when they are first used.
"""

from __future__ import annotations

from typing import Any

from peakmix.foundation.plugins import declare

__version__ = "0.1.0"

__all__ = ["__version__", "load", "open", "run"]

declare("peakmix.formulation.policies")

_LAZY = {"load": "peakmix.api", "run": "peakmix.api", "open": "peakmix.api"}


def __getattr__(name: str) -> Any:
    """Import a public name from its module on first use (PEP 562)."""
    if name in _LAZY:
        from importlib import import_module

        return getattr(import_module(_LAZY[name]), name)
    raise AttributeError(f"module 'peakmix' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Names shown to completion."""
    return sorted([*globals(), *_LAZY])
