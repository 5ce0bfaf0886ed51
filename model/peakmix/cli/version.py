"""`peakmix version`."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError
from importlib.metadata import version as installed

from peakmix import __version__

LIBRARIES = ("pyomo", "highspy", "numpy", "scipy", "pandas", "xarray", "netCDF4", "pydantic", "PyYAML", "typer")


def main(verbose: bool) -> None:
    """Print the version of peakmix, and on request those of Python, the libraries and the data home."""
    print(f"peakmix {__version__}")
    if not verbose:
        return
    print(f"python {platform.python_version()} on {platform.system()} {platform.machine()}")
    for library in LIBRARIES:
        try:
            print(f"{library} {installed(library)}")
        except PackageNotFoundError:
            print(f"{library} is missing")
    from peakmix.tables.locate import data_home

    print(f"data home {data_home()}")
