"""Packages in which instruments may stand, declared by whoever stands above all rooms; the rooms know them by name only."""

from __future__ import annotations

HOMES: list[str] = []
"""Dotted names of packages; each of their modules may hold an ``INSTRUMENT``."""


def declare(home: str) -> None:
    """Add a package of instruments."""
    if home not in HOMES:
        HOMES.append(home)
