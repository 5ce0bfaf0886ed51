"""`peakmix ranges`: what nearly cheapest answers have in common."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from peakmix.cli.engine import changes_of
from peakmix.cli.progress import Phases
from peakmix.cli.reading import free


def main(
    path: Path,
    within: Sequence[float] | None,
    period: Sequence[int] | None,
    product: Sequence[str] | None,
    quantity: str,
    csv: Path | None,
    setting: Sequence[str] | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Print the ranges; with ``csv`` write them as a table."""
    target = free(csv, overwrite) if csv is not None else None
    module = import_module("peakmix.api.ranges")
    with Phases(quiet) as progress:
        found = module.ranges(path, within or module.SHARES, period, product, quantity, changes_of(setting), progress)
    print(found.text)
    if target is not None:
        found.frame.to_csv(target, index=False, float_format="%.17g", lineterminator="\n")
