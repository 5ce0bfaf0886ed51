"""`peakmix diff`: two results compared."""

from __future__ import annotations

from pathlib import Path

from peakmix.cli.reading import free, opened

TABLES = ("settings", "inputs", "policies", "cost")


def main(first: Path, second: Path, rows: int, csv: Path | None, overwrite: bool) -> None:
    """Print what differs between two results; with ``csv`` write each list whole."""
    from peakmix.analysis.difference import compare
    from peakmix.analysis.difference_text import text

    targets = {name: free(csv / f"diff_{name}.csv", overwrite) for name in TABLES} if csv is not None else {}
    difference = compare(opened(first), opened(second))
    print(text(difference, rows))
    for name, target in targets.items():
        getattr(difference, name).to_csv(target, index=False, float_format="%.17g", lineterminator="\n")
