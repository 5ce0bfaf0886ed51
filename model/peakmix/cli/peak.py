"""`peakmix peak`: what each possible peak year costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from peakmix.cli.engine import changes_of, engine, keywords
from peakmix.cli.outcome import deliver
from peakmix.cli.progress import Phases
from peakmix.cli.reading import free


def main(
    path: Path, policy: str | None, csv: Path | None, setting: Sequence[str] | None, overwrite: bool, quiet: bool
) -> int:
    """Solve the peak rule for every period and print the costs; with ``csv`` write them as a table."""
    target = free(csv, overwrite) if csv is not None else None
    with Phases(quiet) as progress:
        outcome = engine().peak_curve(path, policy=policy, progress=progress, **keywords(changes=changes_of(setting)))
    if target is not None:
        outcome.frame.to_csv(target, index=False, float_format="%.17g", lineterminator="\n")
    return deliver(outcome)
