"""`peakmix mac`: the abatement curve of a scenario, with all its breakpoints or swept in steps."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from peakmix.cli.engine import changes_of
from peakmix.cli.progress import Phases
from peakmix.cli.reading import free


def main(
    path: Path,
    steps: int | None,
    deepest: float,
    from_year: int,
    location: str | None,
    sector: Sequence[str] | None,
    csv: Path | None,
    setting: Sequence[str] | None,
    overwrite: bool,
    quiet: bool,
    most: int = 5000,
) -> None:
    """Print the curve, exact or swept in steps; with ``csv`` write its two tables."""
    names = ("pieces" if steps is None else "steps", "points")
    targets = {name: free(csv / f"mac_{name}.csv", overwrite) for name in names} if csv is not None else {}
    indicator = {"quantity": "direct_co2", "location": location, "sectors": list(sector) if sector else None}
    given = {key: value for key, value in indicator.items() if value is not None}
    with Phases(quiet) as progress:
        if steps is None:
            exact = import_module("peakmix.api.mac_exact").exact_curve
            curve = exact(path, deepest, given, changes_of(setting), progress, from_year, most)
        else:
            curve = import_module("peakmix.api.mac").mac(path, steps, deepest, given, changes_of(setting), progress, from_year)
    print(curve.text)
    for name, target in targets.items():
        getattr(curve, name).to_csv(target, index=False, float_format="%.17g", lineterminator="\n")
