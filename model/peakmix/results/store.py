"""Result files: written whole or not at all, and refused when they are not what was written.

Writing   temporary name in the same folder -> netCDF -> read back and compared -> completeness mark with the SHA-256 of
          all bytes before it -> fsync -> renamed -> fsync of the folder
Reading   the mark stands at the end and the bytes have its checksum; anything else is an input error that names the file

The bytes are checked before the netCDF library sees them, because it may crash on a damaged file. The mark is a line of
text after the end of the HDF5 data, which readers of HDF5 pass over: plain ``xarray.open_dataset`` opens the same file.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import secrets
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from peakmix.foundation.errors import InputError, LimitError, Place, UsageError, display_path
from peakmix.results.attributes import SCHEMA_VERSION, plain

MARK = b"\npeakmix complete, sha256 "
MARK_LENGTH = len(MARK) + 64 + 1
PACKED = {"zlib": True, "complevel": 4, "shuffle": True}
SMALL = 500
"""Arrays of fewer entries are not compressed: the bookkeeping would take more room than they do."""
LONG_TEXT = ("input_row", "source_row", "policy_row", "limit_row", "swap_row", "allowance_row", "loan_row")
"""Dimensions along which texts are stored as fixed characters, so that they can be compressed."""


def write_result(dataset: xr.Dataset, path: Path | str, overwrite: bool = False) -> Path:
    """Write a result file.

    Parameters
    ----------
    dataset:
        What ``build_dataset`` gives.
    path:
        Name of the file; its folder is made when it does not exist.
    overwrite:
        Replace an existing file.

    Raises
    ------
    UsageError
        When the file exists and overwrite is not asked for, or the folder cannot be written.
    LimitError
        When the disk is full; nothing is left behind.
    """
    target = Path(path)
    if target.exists() and not overwrite:
        raise _exists(target)
    temporary = target.with_name(f".{target.name}.{secrets.token_hex(4)}.partial")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        _write(dataset, temporary)
        if overwrite:
            temporary.replace(target)
        else:
            _rename_new(temporary, target)
        _sync(target.parent)
    except (OSError, RuntimeError) as error:
        raise _trouble(error, target, dataset.nbytes) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
    return target


def _write(dataset: xr.Dataset, path: Path) -> None:
    """Values, check of what was written, mark, sync."""
    dataset.to_netcdf(path, engine="netcdf4", format="NETCDF4", encoding=_encoding(dataset))
    with xr.open_dataset(path, engine="netcdf4") as back:
        if checksum(back.load()) != checksum(dataset):
            differing = [str(name) for name in dataset.variables if _part(dataset, str(name)) != _part(back, str(name))]
            raise AssertionError(f"read back differs from what was written: {', '.join(differing) or 'attributes'}")
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    with path.open("ab") as file:
        file.write(MARK + digest.encode() + b"\n")
        file.flush()
        os.fsync(file.fileno())


def _encoding(dataset: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Compression of numbers and of long texts."""
    found: dict[str, dict[str, Any]] = {}
    for name, array in dataset.variables.items():
        if array.size < SMALL:
            continue
        if array.dtype == object or array.dtype.kind in "UT":
            if set(array.dims) & set(LONG_TEXT) and array.size:
                found[str(name)] = {"dtype": "S1", **PACKED}
        else:
            found[str(name)] = dict(PACKED)
    return found


def _rename_new(temporary: Path, target: Path) -> None:
    """Rename without ever replacing a file that another process made in the meantime."""
    try:
        os.link(temporary, target)
    except FileExistsError:
        raise _exists(target) from None
    except OSError:
        if target.exists():
            raise _exists(target) from None
        temporary.replace(target)


def _sync(path: Path) -> None:
    """Have the system put a file or folder on the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _exists(path: Path) -> UsageError:
    place = Place(display_path(path))
    return UsageError("an existing result is not overwritten", place=place, fix="name another file or add --overwrite")


def _trouble(error: Exception, path: Path, size: int) -> UsageError | LimitError:
    """What went wrong while writing, as an error with the path."""
    place = Place(display_path(path))
    number = getattr(error, "errno", None) or 0
    if number in (errno.EACCES, errno.EPERM, errno.EROFS, errno.ENOTDIR, errno.EISDIR, errno.EEXIST):
        rule = f"the folder of a result can be written ({os.strerror(number)})"
        return UsageError(rule, place=place, fix="name another folder")
    try:
        free = shutil.disk_usage(path.parent).free
    except OSError:
        free = 0
    room = f"{size / 1e6:.3g} MB before compression, {free / 1e6:.3g} MB are free"
    return LimitError(
        f"the result could not be written: the disk, a quota or the file size limit is full ({error}); {room}",
        place=place,
        fix="free some room or name a folder on another disk; nothing was left behind",
    )


def open_result(path: Path | str, verify: bool = True) -> xr.Dataset:
    """Open a result file.

    Parameters
    ----------
    path:
        A file that ``write_result`` wrote.
    verify:
        Compare all bytes with the checksum and read all values; without it only the completeness mark is asked for and
        values are read when they are needed.

    Raises
    ------
    InputError
        When the file is missing, cut short, altered, not a result, or of another schema.
    """
    place = Place(display_path(Path(path)))
    if not Path(path).is_file():
        raise InputError("a result file exists", place=place, fix="check the path; `peakmix run` writes results")
    _check_bytes(Path(path), place, verify)
    dataset = xr.open_dataset(path, engine="netcdf4")
    version = int(dataset.attrs["peakmix_schema_version"])
    if version != SCHEMA_VERSION:
        dataset.close()
        newer = "install a newer peakmix"
        older = f"run its scenario again, or read it with plain xarray or peakmix {dataset.attrs['peakmix_version']}"
        raise InputError(
            f"the result has schema {version}, this program reads {SCHEMA_VERSION}",
            place=place,
            fix=newer if version > SCHEMA_VERSION else older,
        )
    if verify:
        with dataset:
            dataset.load()
    return dataset


def _check_bytes(path: Path, place: Place, verify: bool) -> None:
    """Refuse a file without its mark, or whose bytes do not have its checksum."""
    size = path.stat().st_size - MARK_LENGTH
    with path.open("rb") as file:
        file.seek(max(0, size))
        tail = file.read()
        if size < 0 or not tail.startswith(MARK):
            raise _broken(place, "its completeness mark is missing: not a result, cut short, or changed afterwards")
        total = hashlib.sha256()
        file.seek(0)
        while verify and size > 0 and (block := file.read(min(size, 1 << 20))):
            total.update(block)
            size -= len(block)
    if verify and total.hexdigest().encode() != tail[len(MARK) : -1]:
        raise _broken(place, "its bytes do not have their checksum: damaged, or changed after it was written")


def _broken(place: Place, what: str) -> InputError:
    rule = f"a result file is whole and as it was written; {what}"
    return InputError(rule, place=place, fix="run the scenario again with --overwrite")


def checksum(dataset: xr.Dataset) -> str:
    """SHA-256 over names, dimensions, types, values and attributes, hexadecimal; compression does not matter."""
    total = hashlib.sha256()
    attributes = {str(k): plain(_listed(v)) for k, v in dataset.attrs.items()}
    total.update(json.dumps(attributes, sort_keys=True, ensure_ascii=False).encode())
    for name in sorted(map(str, dataset.variables)):
        total.update(_part(dataset, name))
    return total.hexdigest()


def _part(dataset: xr.Dataset, name: str) -> bytes:
    """One array with its name, dimensions, type and attributes, as bytes; empty when there is none."""
    if name not in dataset.variables:
        return b""
    array = dataset.variables[name]
    values = array.values
    if values.dtype.kind in "OUST":
        kind, content = "text", "\0".join(map(str, values.ravel().tolist())).encode()
    else:
        kind = values.dtype.newbyteorder("<").str
        content = np.ascontiguousarray(values, dtype=kind).tobytes()
    own = {str(k): plain(_listed(v)) for k, v in array.attrs.items()}
    attrs = json.dumps(own, sort_keys=True, ensure_ascii=False)
    return f"\n{name} {array.dims} {array.shape} {kind} {attrs}\n".encode() + content


def _listed(value: Any) -> Any:
    """Arrays of attributes as lists."""
    return value.tolist() if isinstance(value, np.ndarray) else value
