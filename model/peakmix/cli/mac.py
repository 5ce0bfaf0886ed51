"""`peakmix mac`: an abatement curve by solving a scenario along tighter caps."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from peakmix.cli.engine import changes_of
from peakmix.cli.progress import Phases
from peakmix.cli.reading import free


def main(
    path: Path,
    steps: int,
    deepest: float,
    from_year: int,
    location: str | None,
    sector: Sequence[str] | None,
    csv: Path | None,
    setting: Sequence[str] | None,
    overwrite: bool,
    quiet: bool,
) -> None:
    """Sweep the curve and print it; with ``csv`` write its two tables."""
    names = ("steps", "points")
    targets = {name: free(csv / f"mac_{name}.csv", overwrite) for name in names} if csv is not None else {}
    indicator = {"quantity": "direct_co2", "location": location, "sectors": list(sector) if sector else None}
    given = {key: value for key, value in indicator.items() if value is not None}
    with Phases(quiet) as progress:
        curve = import_module("peakmix.api.mac").mac(path, steps, deepest, given, changes_of(setting), progress, from_year)
    print(curve.text)
    for name, target in targets.items():
        getattr(curve, name).to_csv(target, index=False, float_format="%.17g", lineterminator="\n")
