"""`peakmix loan-steps`: what each rate step of whole loans costs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from peakmix.cli.engine import changes_of, engine, keywords
from peakmix.cli.outcome import deliver
from peakmix.cli.progress import Phases


def main(path: Path, policy: str | None, setting: Sequence[str] | None, quiet: bool) -> int:
    """Solve a finance policy for every choice of steps and print the costs."""
    with Phases(quiet) as progress:
        outcome = engine().loan_steps(path, policy=policy, progress=progress, **keywords(changes=changes_of(setting)))
    return deliver(outcome)
