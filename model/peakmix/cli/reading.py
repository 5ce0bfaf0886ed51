"""Opening result files for the commands that read them, and writing what they make."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from peakmix.foundation.errors import UsageError


def opened(path: Path) -> Any:
    """The result of a file, or of a folder that has one result file, as an xarray Dataset."""
    from peakmix.results.store import open_result

    return open_result(result_file(path))


def result_file(path: Path) -> Path:
    """A result file, or the one in a folder; UsageError when there are none or several."""
    if not path.is_dir():
        return path
    found = sorted(path.glob("*.nc"))
    if len(found) != 1:
        raise UsageError(f"{path} has {len(found)} result files", fix="name one of its .nc files")
    return found[0]


def free(path: Path, overwrite: bool) -> Path:
    """A path that may be written; UsageError when it exists and is not to be replaced."""
    if path.exists() and not overwrite:
        raise UsageError(f"{path} exists", fix="name another one, or add --overwrite")
    path.parent.mkdir(parents=True, exist_ok=True)
    return path
