"""Runs of shipped scenarios and sweeps for the pages of cases."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import xarray as xr

import peakmix.api

RUNS = Path(__file__).resolve().parents[3] / "runs"


def solved(name: str, changes: dict[str, Any] | None = None) -> xr.Dataset:
    """Dataset of a shipped scenario; ``changes`` are scenario values by dotted key."""
    with tempfile.TemporaryDirectory() as folder:
        run = peakmix.api.run(RUNS / "scenarios" / f"{name}.yaml", out=folder, changes=changes)
        return run.dataset.load()


def swept(name: str) -> xr.Dataset:
    """Cube of a shipped sweep; members without a solution stay in it."""
    source = RUNS / "sweeps" / f"{name}.yaml"
    with tempfile.TemporaryDirectory() as parent:
        folder = Path(parent) / name
        for words in (["run", str(source), "--out", str(folder)], ["collect", str(folder)]):
            done = subprocess.run([sys.executable, "-m", "peakmix", "sweep", *words], capture_output=True, text=True, check=False)
            if done.returncode not in (0, 6):
                raise RuntimeError(done.stderr)
        return xr.open_zarr(next(folder.glob("*.zarr")), consolidated=False).load()


def saved(figure: Any, path: Path) -> None:
    """A figure as SVG whose bytes do not depend on the clock."""
    import matplotlib as mpl

    with mpl.rc_context({"svg.hashsalt": path.stem, "svg.fonttype": "none"}):
        figure.savefig(path, metadata={"Date": None})
