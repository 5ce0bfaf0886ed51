"""`peakmix plot`: one figure of a result, and the table behind it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

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
    others: Sequence[Path] = (),
    table: Path | None = None,
    axes: Sequence[str] = (),
    field: str = "system_cost",
) -> None:
    """Draw a figure into a file and print its name; with ``data`` also write its table."""
    from peakmix.analysis.figures.canvas import Choice
    from peakmix.analysis.figures.draw import FIGURES, TABLES

    if figure not in FIGURES:
        raise UsageError(f"no figure {figure!r}", fix=f"one of {', '.join(FIGURES)}")
    dataset, beside = _opened(path)
    called = str(dataset.attrs.get("scenario_name") or path.stem)
    name = "_".join([called, figure, *([product] if product else [])])
    target = free(out or beside / f"{name}.png", overwrite)
    written = free(data, overwrite) if data is not None else None
    given = None if table is None else table_of(table)
    compared = None if base is None else opened(base)
    choice = Choice(product, period, compared, language, tuple(map(opened, others)), given, tuple(axes), field)
    FIGURES[figure](dataset, choice).savefig(target, dpi=150)
    print(target)
    if written is not None:
        TABLES[figure](dataset, choice).to_csv(written, index=False, float_format="%.17g", lineterminator="\n")
        print(written)


def _opened(path: Path) -> tuple[Any, Path]:
    """A result, or the store of a collected sweep, and the folder beside it."""
    if path.is_dir() and path.suffix == ".zarr":
        from peakmix.api.opening import open_any

        return open_any(path), path.parent
    return opened(path), path if path.is_dir() else path.parent


def table_of(path: Path) -> Any:
    """A table that another command wrote; UsageError when it is no CSV table."""
    import pandas as pd

    try:
        return pd.read_csv(path)
    except (OSError, ValueError) as error:
        fix = "name the file that the command wrote with --csv"
        raise UsageError(f"{path} is no CSV table: {error}", fix=fix) from None
