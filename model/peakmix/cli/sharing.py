"""`peakmix sharing`: what is saved when targets of plants, cities or provinces are met together."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from peakmix.cli.engine import changes_of, engine, keywords
from peakmix.cli.outcome import deliver
from peakmix.cli.progress import Phases
from peakmix.cli.reading import free


def main(
    path: Path, policy: Sequence[str], csv: Path | None, setting: Sequence[str] | None, overwrite: bool, quiet: bool
) -> int:
    """Solve with the targets alone and with one shared target; with ``csv`` write the prices as a table."""
    target = free(csv, overwrite) if csv is not None else None
    with Phases(quiet) as progress:
        outcome = engine().gain_of_sharing(path, list(policy), progress=progress, **keywords(changes=changes_of(setting)))
    if target is not None:
        outcome.prices.to_csv(target, index=False, float_format="%.17g", lineterminator="\n")
    return deliver(outcome)
