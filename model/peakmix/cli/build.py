"""`peakmix build`: the linear programme without solving it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from peakmix.cli.engine import changes_of, engine, keywords
from peakmix.cli.outcome import deliver
from peakmix.cli.progress import Phases
from peakmix.foundation.errors import UsageError


def main(path: Path, lp: Path | None, setting: Sequence[str] | None, overwrite: bool, quiet: bool) -> int:
    """Build a scenario's programme, print its size, and write it in LP format on request."""
    if lp is not None and lp.exists() and not overwrite:
        raise UsageError(f"{lp} exists", fix="name another file, or add --overwrite")
    with Phases(quiet) as progress:
        outcome = engine().build(path, progress=progress, **keywords(lp=lp, changes=changes_of(setting)))
    return deliver(outcome)
