"""`peakmix sensitivity`: the numbers of the tables ranked by what they do to the optimum."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from peakmix.cli.engine import changes_of
from peakmix.cli.outcome import deliver, notices
from peakmix.cli.progress import Phases
from peakmix.cli.reading import free


def main(path: Path, top: int, csv: Path | None, setting: Sequence[str] | None, overwrite: bool, quiet: bool) -> int:
    """Rank and print; with ``csv`` write the whole lists."""
    names = ("ranked", "apart")
    targets = {name: free(csv / f"sensitivity_{name}.csv", overwrite) for name in names} if csv is not None else {}
    with Phases(quiet) as progress:
        found = import_module("peakmix.api.sensitivity").sensitivity(path, top, changes_of(setting), progress)
    notices(found, quiet)
    code = deliver(found)
    for name, target in targets.items():
        frame = getattr(found, name).drop(columns="cell", errors="ignore")
        frame.to_csv(target, index=False, float_format="%.17g", lineterminator="\n")
    return code
