"""`peakmix plot`: one figure of a result, and the table behind it."""

from __future__ import annotations

from pathlib import Path

from peakmix.cli.reading import free, opened
from peakmix.foundation.errors import UsageError


def main(
    path: Path,
    figure: str,
    out: Path | None,
    product: str | None,
    period: int | None,
    base: Path | None,
    language: str,
    data: Path | None,
    overwrite: bool,
) -> None:
    """Draw a figure into a file and print its name; with ``data`` also write its table."""
    from peakmix.analysis.figures.draw import FIGURES, TABLES, Choice

    if figure not in FIGURES:
        raise UsageError(f"no figure {figure!r}", fix=f"one of {', '.join(FIGURES)}")
    dataset = opened(path)
    name = "_".join([str(dataset.attrs["scenario_name"]), figure, *([product] if product else [])])
    beside = path if path.is_dir() else path.parent
    target = free(out or beside / f"{name}.png", overwrite)
    table = free(data, overwrite) if data is not None else None
    choice = Choice(product, period, None if base is None else opened(base), language)
    FIGURES[figure](dataset, choice).savefig(target, dpi=150)
    print(target)
    if table is not None:
        TABLES[figure](dataset, choice).to_csv(table, index=False, float_format="%.17g", lineterminator="\n")
        print(table)
