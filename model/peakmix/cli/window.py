"""`peakmix window`: what the reference emits and what is least reachable, by period."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from peakmix.cli.engine import changes_of, engine, keywords
from peakmix.cli.outcome import deliver
from peakmix.cli.progress import Phases


def main(path: Path, policy: str | None, setting: Sequence[str] | None, quiet: bool) -> int:
    """Print the window of one limited indicator of a scenario, the first without a name."""
    with Phases(quiet) as progress:
        outcome = engine().window(path, progress=progress, **keywords(changes=changes_of(setting), policy=policy))
    return deliver(outcome)
