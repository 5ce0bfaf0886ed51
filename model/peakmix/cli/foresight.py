"""`peakmix foresight`: what short sight and old beliefs cost."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from peakmix.cli.engine import changes_of, engine, keywords
from peakmix.cli.outcome import deliver
from peakmix.cli.progress import Phases


def main(path: Path, setting: Sequence[str] | None, quiet: bool) -> int:
    """Run the scenario as it foresees and with perfect foresight, and print the difference."""
    with Phases(quiet) as progress:
        outcome = engine().foresight_cost(path, progress=progress, **keywords(changes=changes_of(setting)))
    return deliver(outcome)
