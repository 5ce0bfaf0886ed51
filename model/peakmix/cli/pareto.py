"""`peakmix pareto`: the front of two or three objectives."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

from peakmix.cli.engine import changes_of
from peakmix.cli.progress import Phases
from peakmix.cli.reading import free


def main(
    path: Path,
    objective: Sequence[str],
    levels: int,
    most: int,
    csv: Path | None,
    setting: Sequence[str] | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Print the corners; with ``csv`` write them as a table."""
    target = free(csv, overwrite) if csv is not None else None
    module = import_module("peakmix.api.pareto")
    with Phases(quiet) as progress:
        found = module.front(path, [_read(text) for text in objective], levels, changes_of(setting), progress, most)
    print(found.text)
    if target is not None:
        found.frame.to_csv(target, index=False, float_format="%.17g", lineterminator="\n")


def _read(text: str) -> str | dict[str, Any]:
    """A name, or an indicator as YAML: '{quantity: use, commodity: scrap}'."""
    from peakmix.scenario.yamltree import read_value

    return dict(read_value(text)) if text.strip().startswith("{") else text
