"""`peakmix run`: solve a scenario and write the result."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from peakmix.cli.engine import changes_of, engine, keywords
from peakmix.cli.outcome import deliver, notices
from peakmix.cli.progress import Phases


def main(
    path: Path, out: Path | None, overwrite: bool, setting: Sequence[str] | None, threads: int | None, quiet: bool
) -> int:
    """Run a scenario; print where the result is and its headline."""
    changes = changes_of(setting)
    if threads is not None:
        changes["solver.threads"] = threads
    with Phases(quiet) as progress:
        outcome = engine().run(path, out=out, overwrite=overwrite, progress=progress, **keywords(changes=changes))
    notices(outcome, quiet)
    return deliver(outcome)
