"""`peakmix explain`: the policy sheet of a result or scenario, or why a scenario has no solution."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from peakmix.cli.engine import changes_of, engine, keywords
from peakmix.cli.outcome import deliver
from peakmix.cli.progress import Phases


def main(path: Path, policy: str | None, everything: bool, setting: Sequence[str] | None, quiet: bool) -> int:
    """Print what each policy bounds, what is left, and its price."""
    from peakmix.cli.reading import opened

    changes = changes_of(setting)
    target = opened(path) if path.is_dir() else path
    with Phases(quiet) as progress:
        outcome = engine().explain(
            target, policy=policy, everything=everything, progress=progress, **keywords(changes=changes)
        )
    return deliver(outcome)
