"""Open what a run or a sweep left behind."""

from __future__ import annotations

from pathlib import Path

import xarray as xr


def open_any(path: Path | str, verify: bool = True) -> xr.Dataset:
    """A result file, or the folder or address of a collected sweep; ``verify`` compares all values with their checksum.

    Raises
    ------
    InputError
        When it is neither, or not as it was written.
    """
    if Path(path).is_dir() or "://" in str(path):
        from peakmix.sweep.collecting import open_cube

        return open_cube(path, verify)
    from peakmix.results.store import open_result

    return open_result(path, verify)
