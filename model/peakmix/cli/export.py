"""`peakmix export`: a result in another format."""

from __future__ import annotations

from pathlib import Path

from peakmix.cli.reading import free, opened

DEFAULTS = {"iamc": "{name}_iamc.csv", "csv": "{name}_csv", "xlsx": "{name}.xlsx"}


def main(path: Path, to: str, out: Path | None, strict: bool, whole_only: bool, overwrite: bool) -> None:
    """Write a result as exchange format, CSV tables or workbook; print what was written."""
    from peakmix.analysis.writing import write_csv, write_iamc, write_xlsx
    from peakmix.foundation.errors import UsageError

    if to not in DEFAULTS:
        raise UsageError(f"--to {to} is not known", fix=f"one of {', '.join(DEFAULTS)}")
    dataset = opened(path)
    beside = path if path.is_dir() else path.parent
    target = free(out or beside / DEFAULTS[to].format(name=dataset.attrs["scenario_name"]), overwrite)
    if to == "iamc":
        written = write_iamc(dataset, target, strict=strict, by_place=not whole_only)
    else:
        written = write_csv(dataset, target) if to == "csv" else write_xlsx(dataset, target)
    for file in written[:1] if to == "csv" else written:
        print(file.parent if to == "csv" else file)
