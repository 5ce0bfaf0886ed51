"""Find the data home and a data set in it.

The data home is the folder that holds ``schema/`` and the shipped data sets, one folder each. It is, in this order:
an explicit argument, the environment variable PEAKMIX_DATA, the copy inside an installed package (``peakmix/_data``),
or ``data/`` beside the nearest ``pyproject.toml`` above the working folder, then above this file.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from peakmix.foundation.errors import InputError, Place, UsageError, display_path, nearest

VARIABLE = "PEAKMIX_DATA"
DESCRIPTION = "dataset.yaml"
DEFAULT = "national"


def _candidates() -> Iterator[Path]:
    """Folders that may be the data home, best first."""
    package = Path(__file__).resolve().parent.parent
    yield package / "_data"
    for start in (Path.cwd(), package):
        for folder in (start, *start.parents):
            if (folder / "pyproject.toml").is_file() and (folder / "data").is_dir():
                yield folder / "data"
                break


def data_home(explicit: Path | str | None = None) -> Path:
    """Folder with ``schema/`` and the data sets; UsageError when there is none."""
    named = explicit if explicit is not None else os.environ.get(VARIABLE)
    if named:
        home = Path(named)
        if (home / "schema").is_dir():
            return home
        raise UsageError(
            "the data home holds a folder schema/ with one YAML a table",
            place=Place(display_path(home)),
            fix=f"point {VARIABLE} (or the argument) to the folder that holds schema/ and the data sets",
        )
    for home in _candidates():
        if (home / "schema").is_dir():
            return home
    raise UsageError("no data home found", fix=f"set {VARIABLE} to the folder that holds schema/ and the data sets")


def data_set_root(root: Path | str | None = None) -> Path:
    """Root folder of a data set: a path with dataset.yaml, or the name of a folder in the data home."""
    given = Path(root) if root is not None else Path(DEFAULT)
    if root is not None and (given / DESCRIPTION).is_file():
        return given
    home = data_home()
    if not given.is_absolute() and (home / given / DESCRIPTION).is_file():
        return home / given
    place = Place(display_path(given / DESCRIPTION))
    if given.is_dir():
        raise InputError(
            f"a data set has a file {DESCRIPTION} at its root",
            place=place,
            fix="write it with the keys title, money and price_year",
        )
    known = [folder.name for folder in home.iterdir() if (folder / DESCRIPTION).is_file()]
    raise InputError(
        "the data set exists", place=place, fix=f"name a folder or a shipped data set; {nearest(given.name, known)}"
    )
