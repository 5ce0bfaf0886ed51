"""The collected sweep on disk: a Zarr store, written whole or not at all, with a checksum over its values."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from pathlib import Path
from typing import Any

import xarray as xr

from peakmix.foundation.errors import InputError, LimitError, Place, UsageError
from peakmix.results.store import checksum
from peakmix.sweep import files
from peakmix.sweep.cube import assemble
from peakmix.sweep.plan import Plan
from peakmix.sweep.remote import Remote

CHECKSUM = "checksum"


ROOT = "zarr.json"
"""The object without which nothing opens as a Zarr store: it goes first when a store is replaced, and comes last."""

UNFINISHED = ".unfinished"
"""The object that says that a store is being put; with it, what is there may be replaced."""


def collect(folder: files.Where, plan: Plan, out: files.Where, overwrite: bool = False) -> files.Where:
    """Write the cube as a Zarr store, whole or not at all.

    At an address the store is put object by object, its root last; until then nothing opens there.

    Raises
    ------
    UsageError, LimitError
    """
    present = out.exists() and not (isinstance(out, Remote) and (out / UNFINISHED).exists())
    if present and not overwrite:
        raise UsageError(f"{files.shown(out)} exists", fix="name another folder, or add --overwrite")
    if present and not (out / ROOT).exists():
        raise UsageError(f"{files.shown(out)} is no Zarr store", fix="name another folder; nothing else is ever replaced")
    dataset = assemble(folder, plan)
    dataset.attrs[CHECKSUM] = checksum(dataset)
    if isinstance(out, Remote):
        with tempfile.TemporaryDirectory() as scratch:
            _write(dataset, Path(scratch) / "cube", len(plan.members), files.shown(out))
            _put(Path(scratch) / "cube", out)
        return out
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".{out.name}.{secrets.token_hex(4)}.partial")
    try:
        _write(dataset, temporary, len(plan.members), files.shown(out))
        if out.exists():
            shutil.rmtree(out)
        temporary.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return out


def _write(dataset: xr.Dataset, target: Path, members: int, shown: str) -> None:
    """Write the store and have it on the disk."""
    chunks = {"scenario": min(250, max(1, members))}
    encoding: dict[str, Any] = {}
    for name, array in dataset.variables.items():
        encoding[str(name)] = {"chunks": tuple(chunks.get(str(dim), size) or 1 for dim, size in array.sizes.items())}
    try:
        dataset.to_zarr(target, mode="w", encoding=encoding, consolidated=False, zarr_format=3)
        _sync(target)
    except OSError as error:
        rule = f"the collected sweep can be written: {error}"
        raise LimitError(rule, place=Place(shown), fix="free some room and collect again; the chunks are kept") from error


def _put(store: Path, out: Remote) -> None:
    """Put a store at an address; what was there before and is not part of it goes."""
    (out / UNFINISHED).write_bytes(b"collect again")
    (out / ROOT).unlink(missing_ok=True)
    names = [path.relative_to(store).as_posix() for path in store.rglob("*") if path.is_file()]
    for name in out.names():
        if name not in (*names, UNFINISHED):
            (out / name).unlink(missing_ok=True)
    for name in sorted(names, key=lambda name: name == ROOT):
        (out / name).write_bytes((store / name).read_bytes())
    (out / UNFINISHED).unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """Have the system put every file below a folder on the disk."""
    for path in folder.rglob("*"):
        with contextlib.suppress(OSError):
            handle = os.open(path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)


def open_cube(path: Path | str | Remote, verify: bool = True) -> xr.Dataset:
    """Open a collected sweep, in a folder or at an address; plain ``xarray.open_zarr(path, consolidated=False)`` opens it as well.

    ``verify`` reads all values and compares them with the checksum.

    Raises
    ------
    InputError
        When the folder is no collected sweep, or is not as it was written.
    """
    where = files.store(path)
    place = Place(files.shown(where))
    try:
        dataset: xr.Dataset = xr.open_zarr(str(where) if isinstance(where, Remote) else where, consolidated=False)
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
