"""`peakmix check`: tables, scenario, and on request the comparison of the base year with statistics."""

from __future__ import annotations

from collections.abc import Sequence

from peakmix.cli.engine import changes_of, engine, keywords
from peakmix.cli.outcome import deliver, notices


def main(target: str, calibration: bool, setting: Sequence[str] | None, quiet: bool) -> int:
    """Check a scenario file, a data folder or a data set by name; print what was found to hold."""
    outcome = engine().check(target, **keywords(calibration=calibration, changes=changes_of(setting)))
    notices(outcome, quiet)
    return deliver(outcome)
