"""`peakmix supply-curve`: cost of conserved energy by measure, from the tables and as used in a run."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from peakmix.cli.reading import free, opened


def main(
    path: Path,
    period: int | None,
    region: str | None,
    csv: Path | None,
    overwrite: bool,
    sector: Sequence[str] | None = None,
    by: Sequence[str] | None = None,
) -> None:
    """Print the curve of one period, or a line for each place, sector or period; with ``csv`` write it as a table."""
    from peakmix.analysis.conserved import curve_text, curves_text, energy_prices, supply_curve, supply_curves

    target = free(csv, overwrite) if csv is not None else None
    dataset = opened(path)
    if by:
        frame = supply_curves(dataset, by, period, region, sector)
        print(curves_text(frame, by))
    else:
        frame = supply_curve(dataset, period, region, sector)
        when = int(frame["period"].iloc[0]) if len(frame) else int(dataset["period"].values[-1])
        print(curve_text(frame, energy_prices(dataset, when)))
    if target is not None:
        frame.to_csv(target, index=False, float_format="%.17g", lineterminator="\n")
