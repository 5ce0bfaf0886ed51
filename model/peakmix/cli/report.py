"""`peakmix report`: a result or a collected sweep as one HTML page."""

from __future__ import annotations

from pathlib import Path

from peakmix.cli.plot import table_of
from peakmix.cli.reading import free, opened
from peakmix.foundation.errors import UsageError


def main(path: Path, out: Path | None, base: Path | None, language: str, weak: Path | None, overwrite: bool) -> None:
    """Write the page and print its name."""
    from peakmix.analysis.report.page import report
    from peakmix.analysis.report.sweep import sweep_report

    if path.is_dir() and not any(path.glob("*.nc")):
        if base is not None or weak is not None:
            raise UsageError("a report on a sweep has no --base and no --weak", fix="leave them out")
        from peakmix.api.opening import open_any

        stores = [path] if path.suffix == ".zarr" else sorted(path.glob("*.zarr"))
        if len(stores) != 1:
            raise UsageError(f"{path} has {len(stores)} collected sweeps", fix="collect the sweep, or name one .zarr folder")
        cube = open_any(stores[0])
        target = free(out or stores[0].parent / f"{stores[0].stem}_report.html", overwrite)
        page = sweep_report(cube, language)
    else:
        dataset = opened(path)
        beside = path if path.is_dir() else path.parent
        target = free(out or beside / f"{dataset.attrs['scenario_name']}_report.html", overwrite)
        page = report(dataset, language, None if base is None else opened(base), None if weak is None else table_of(weak))
    target.write_text(page, encoding="utf-8")
    print(target)
