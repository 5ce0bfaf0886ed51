"""`peakmix peak`: what each possible peak year costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from peakmix.cli.engine import changes_of, engine, keywords
from peakmix.cli.outcome import deliver
from peakmix.cli.progress import Phases


def main(path: Path, policy: str | None, setting: Sequence[str] | None, quiet: bool) -> int:
    """Solve the peak rule for every period and print the costs."""
    with Phases(quiet) as progress:
        outcome = engine().peak_curve(path, policy=policy, progress=progress, **keywords(changes=changes_of(setting)))
    return deliver(outcome)
