"""Opening result files for the commands that read them, and writing what they make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from peakmix.foundation.errors import UsageError


def opened(path: Path) -> Any:
    """The result of a file, or of a folder that has one result file, as an xarray Dataset."""
    from peakmix.results.store import open_result

    if path.is_dir():
        found = sorted(path.glob("*.nc"))
        if len(found) != 1:
            raise UsageError(f"{path} has {len(found)} result files", fix="name one of its .nc files")
        path = found[0]
    return open_result(path)


def free(path: Path, overwrite: bool) -> Path:
    """A path that may be written; UsageError when it exists and is not to be replaced."""
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists", fix="name another one, or add --overwrite")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
