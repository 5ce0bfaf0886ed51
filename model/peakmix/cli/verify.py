"""`peakmix verify`: audit a result file again."""

from __future__ import annotations

from pathlib import Path

from peakmix.cli.engine import engine
from peakmix.cli.outcome import deliver, notices


def main(path: Path, quiet: bool) -> int:
    """Audit a result from the tables it was made from; print each check."""
    outcome = engine().verify(path)
    notices(outcome, quiet)
    return deliver(outcome)
