"""The collected sweep on disk: a Zarr store, written whole or not at all, with a checksum over its values."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from pathlib import Path
from typing import Any

import xarray as xr

from peakmix.foundation.errors import InputError, LimitError, Place, UsageError, display_path
from peakmix.results.store import checksum
from peakmix.sweep.cube import assemble
from peakmix.sweep.plan import Plan

CHECKSUM = "checksum"


def collect(folder: Path, plan: Plan, out: Path, overwrite: bool = False) -> Path:
    """Write the cube as a Zarr store, whole or not at all.

    Raises
    ------
    UsageError, LimitError
    """
    if out.exists() and not overwrite:
        raise UsageError(f"{display_path(out)} exists", fix="name another folder, or add --overwrite")
    if out.exists() and not (out / "zarr.json").is_file():
        raise UsageError(f"{display_path(out)} is no Zarr store", fix="name another folder; nothing else is ever replaced")
    dataset = assemble(folder, plan)
    dataset.attrs[CHECKSUM] = checksum(dataset)
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.{secrets.token_hex(4)}.partial")
    chunks = {"scenario": min(250, max(1, len(plan.members)))}
    encoding: dict[str, Any] = {}
    for name, array in dataset.variables.items():
        encoding[str(name)] = {"chunks": tuple(chunks.get(str(dim), size) or 1 for dim, size in array.sizes.items())}
    try:
        dataset.to_zarr(temporary, mode="w", encoding=encoding, consolidated=False, zarr_format=3)
        _sync(temporary)
        if out.exists():
            shutil.rmtree(out)
        temporary.rename(out)
    except OSError as error:
        rule, place = f"the collected sweep can be written: {error}", Place(display_path(out))
        raise LimitError(rule, place=place, fix="free some room and collect again; the chunks are kept") from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return out


def _sync(folder: Path) -> None:
    """Have the system put every file below a folder on the disk."""
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def open_cube(path: Path | str, verify: bool = True) -> xr.Dataset:
    """Open a collected sweep; plain ``xarray.open_zarr(path, consolidated=False)`` opens it as well.

    ``verify`` reads all values and compares them with the checksum.

    Raises
    ------
    InputError
        When the folder is no collected sweep, or is not as it was written.
    """
    place = Place(display_path(Path(path)))
    try:
        dataset: xr.Dataset = xr.open_zarr(Path(path), consolidated=False)
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"the folder is a collected sweep ({error})", place=place, fix="peakmix sweep collect") from None
    told = dataset.attrs.get(CHECKSUM)
    if told is None:
        raise InputError("a collected sweep holds its checksum", place=place, fix="peakmix sweep collect --overwrite")
    if verify:
        try:
            dataset.load()
        except (OSError, ValueError, RuntimeError) as error:
            rule = f"a collected sweep can be read ({error})"
            raise InputError(rule, place=place, fix="collect again with --overwrite") from None
        plain = dataset.copy()
        del plain.attrs[CHECKSUM]
        if checksum(plain) != told:
            raise InputError("a collected sweep is as it was written", place=place, fix="collect again with --overwrite")
    return dataset
