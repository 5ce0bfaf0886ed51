"""`peakmix diff`: two results compared."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from peakmix.cli.reading import free, opened, result_file

TABLES = ("settings", "inputs", "policies", "mix", "cost")


def main(
    first: Path,
    second: Path,
    rows: int,
    csv: Path | None,
    overwrite: bool,
    by_input: bool = False,
    order: Sequence[str] | None = None,
    data: Path | None = None,
    quiet: bool = False,
) -> None:
    """Print what differs between two results; with ``csv`` write each list whole."""
    if by_input:
        _by_input(first, second, csv, overwrite, order or (), data, quiet)
        return
    from peakmix.analysis.difference import compare
    from peakmix.analysis.difference_text import text

    targets = {name: free(csv / f"diff_{name}.csv", overwrite) for name in TABLES} if csv is not None else {}
    difference = compare(opened(first), opened(second))
    print(text(difference, rows))
    for name, target in targets.items():
        getattr(difference, name).to_csv(target, index=False, float_format="%.17g", lineterminator="\n")


def _by_input(
    first: Path, second: Path, csv: Path | None, overwrite: bool, order: Sequence[str], data: Path | None, quiet: bool
) -> None:
    """Print what each change contributes to the cost difference."""
    from peakmix.api.attribution import attribute
    from peakmix.cli.progress import Phases

    target = free(csv / "diff_by_input.csv", overwrite) if csv is not None else None
    with Phases(quiet) as progress:
        found = attribute(result_file(first), result_file(second), order, data, progress)
    print(found.text)
    if target is not None:
        found.frame.to_csv(target, index=False, float_format="%.17g", lineterminator="\n")
