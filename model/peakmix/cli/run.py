"""`peakmix run`: solve a scenario and write the result; several scenarios are a batch."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from peakmix.cli.engine import changes_of, engine, keywords
from peakmix.cli.outcome import deliver, notices
from peakmix.cli.progress import Phases
from peakmix.foundation.errors import UsageError


def main(
    paths: Sequence[Path],
    out: Path | None,
    overwrite: bool,
    store: bool,
    setting: Sequence[str] | None,
    threads: int | None,
    quiet: bool,
    sensitivity: bool = False,
) -> int:
    """Run; print where the result is and its headline, or the table of outcomes of a batch."""
    changes = changes_of(setting)
    if threads is not None:
        changes["solver.threads"] = threads
    if len(paths) > 1 or store or paths[0].is_dir():
        if sensitivity:
            raise UsageError("--sensitivity is for one scenario", fix="run the scenarios one by one")
        return deliver(_batch(paths, out, overwrite, store, changes, quiet))
    named = keywords(changes=changes) | ({"sensitivity": True} if sensitivity else {})
    with Phases(quiet) as progress:
        outcome = engine().run(paths[0], out=out, overwrite=overwrite, progress=progress, **named)
    notices(outcome, quiet)
    return deliver(outcome)


def _batch(
    paths: Sequence[Path], out: Path | None, overwrite: bool, store: bool, changes: dict[str, Any], quiet: bool
) -> Any:
    """Run a batch; faults of input are told as they are found, also when quiet."""
    from peakmix.api.batch_store import run_batch_into_store
    from peakmix.api.batching import run_batch

    def say(text: str, fault: bool = False) -> None:
        if fault or not quiet:
            print(f"  {text}" if not fault else text, file=sys.stderr, flush=True)

    if store:
        return run_batch_into_store(paths, out, overwrite, changes, say)
    return run_batch(paths, out, overwrite, changes, say)
