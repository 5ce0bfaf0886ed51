"""Files of a store: written under a temporary name, synced, renamed; checked when read; one run at a time."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import json
import os
import secrets
import shutil
import struct
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from peakmix.foundation.errors import LimitError, Place, UsageError, display_path
from peakmix.sweep.remote import LIVES, Remote, address, leased, watched

Arrays = Mapping[str, np.ndarray[Any, Any]]
DAMAGED = (
    OSError, ValueError, KeyError, EOFError, NotImplementedError, SyntaxError, zipfile.BadZipFile, zlib.error, struct.error,
)  # fmt: skip
"""What reading a damaged archive may raise."""

BUSY = (errno.EWOULDBLOCK, errno.EAGAIN, errno.EACCES)
"""What a lock that another process holds answers."""

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


Where = Path | Remote
"""A folder or file of a store: of the file system, or at an address."""


def store(folder: Path | str | Remote) -> Where:
    """A folder of the file system, or an address (s3://...) of one that fsspec knows; file:// is a folder."""
    if isinstance(folder, Remote):
        return folder
    found = address(folder)
    if found is None:
        return Path(folder)
    scheme, rest = found
    return Path("/" + rest) if scheme in ("file", "local") else Remote(scheme, rest)


def shown(where: Where) -> str:
    """How messages show it."""
    return str(where) if isinstance(where, Remote) else display_path(where)


def write_bytes(path: Where, content: bytes) -> None:
    """Write a file so that it is there whole or not at all; at an address, put the object.

    Raises
    ------
    LimitError
        When the disk is full; what was finished before stays.
    UsageError
        When the folder cannot be written.
    """
    if isinstance(path, Remote):
        path.write_bytes(content)
        return
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise _trouble(error, path, len(content)) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _trouble(error: OSError, path: Path, size: int) -> LimitError | UsageError:
    """What went wrong while writing, with the path."""
    place = Place(display_path(path))
    if error.errno not in FULL:
        return UsageError(f"the folder of a sweep can be written ({error})", place=place, fix="name another folder")
    with contextlib.suppress(OSError):
        free = shutil.disk_usage(path.parent).free
        return LimitError(
            f"the disk, a quota or the file size limit is full: {size / 1e6:.3g} MB are needed, {free / 1e6:.3g} MB are free",
            place=place,
            fix="free some room and give the same command again; finished chunks are kept",
        )
    return LimitError("the disk is full", place=place, fix="free some room and give the same command again")


def write_json(path: Where, value: Any) -> None:
    """Write plain data as JSON."""
    write_bytes(path, json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode())


def digest(arrays: Arrays) -> str:
    """SHA-256 over names, types, shapes and values."""
    total = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        total.update(f"{name} {array.dtype.str} {array.shape};".encode())
        total.update(array.tobytes())
    return total.hexdigest()


def write_arrays(path: Where, arrays: Arrays, header: Mapping[str, Any]) -> None:
    """Write arrays with a header that holds their checksum; texts are arrays of fixed characters."""
    whole = dict(header) | {"checksum": digest(arrays)}
    buffer = io.BytesIO()
    text = np.frombuffer(json.dumps(whole, ensure_ascii=False).encode(), dtype=np.uint8)
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, array in [("header", text), *((f"a_{name}", array) for name, array in arrays.items())]:
            with archive.open(f"{name}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asanyarray(array), allow_pickle=False)
    write_bytes(path, buffer.getvalue())


def read_arrays(path: Where) -> tuple[dict[str, np.ndarray[Any, Any]], dict[str, Any]] | None:
    """Arrays and header; None when the file is missing, cut short or altered."""
    try:
        with np.load(io.BytesIO(path.read_bytes()) if isinstance(path, Remote) else path, allow_pickle=False) as stored:
            header = json.loads(stored["header"].tobytes())
            arrays = {name[2:]: stored[name] for name in stored.files if name.startswith("a_")}
    except DAMAGED:
        return None
    return (arrays, header) if header.get("checksum") == digest(arrays) else None


def locked(folder: Where) -> contextlib.AbstractContextManager[None]:
    """Hold the store; the system lets go of it when the process ends, however it ends.

    At an address the lock is a lease, which stands still when the process ends.

    Raises
    ------
    UsageError
        When another run holds it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    rule, fix = "another run works on this sweep", "wait for it, or look with `peakmix sweep status`"
    busy = UsageError(rule, place=Place(shown(folder)), fix=fix)
    return _leased_whole(folder, busy) if isinstance(folder, Remote) else taken(folder / "lock", busy)


@contextlib.contextmanager
def _leased_whole(folder: Remote, busy: UsageError) -> Iterator[None]:
    """Hold a store at an address; shards that run there are other runs."""
    with leased(folder / "lock", busy):
        for name in folder.names():
            if name.startswith("lock-shard-") and watched(folder / name) == LIVES:
                raise busy
        yield


@contextlib.contextmanager
def taken(path: Where, busy: UsageError, shared: bool = False) -> Iterator[None]:
    """Hold a lock file, alone or with others that share it; raises ``busy`` when it cannot be had at once."""
    if isinstance(path, Remote):
        with leased(path, busy):
            yield
        return
    with _opened(path) as (file, lock, modes):
        try:
            if lock is not None:
                lock(file, (modes.LOCK_SH if shared else modes.LOCK_EX) | modes.LOCK_NB)
        except OSError as error:
            raise (busy if error.errno in BUSY else _lockless(path, error)) from None
        yield


@contextlib.contextmanager
def alone(path: Where) -> Iterator[None]:
    """Hold a lock file, waiting for it: for the short while in which several runs prepare the same thing."""
    if isinstance(path, Remote):
        with leased(path, UsageError("busy"), wait=True):
            yield
        return
    with _opened(path) as (file, lock, modes):
        try:
            if lock is not None:
                lock(file, modes.LOCK_EX)
        except OSError as error:
            raise _lockless(path, error) from None
        yield


def free(path: Path) -> bool:
    """Could a lock file be had alone?"""
    try:
        with taken(path, UsageError("busy")):
            return True
    except UsageError:
        return False


@contextlib.contextmanager
def _opened(path: Path) -> Iterator[tuple[Any, Any, Any]]:
    """A lock file with the system's way of locking; None where there is none."""
    try:
        import fcntl
    except ImportError:  # a system without file locks
        yield None, None, None
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+") as file:
        yield file, fcntl.flock, fcntl


def _lockless(path: Path, error: OSError) -> UsageError:
    """The error for a file system that has no locks."""
    rule = f"the file system of a sweep's folder has file locks ({error})"
    return UsageError(rule, place=Place(display_path(path)), fix="mount it with locks (Lustre: flock), or name another")


def remove_partial(folder: Where, start: str = "") -> None:
    """Remove what a killed run left unfinished: of files whose name starts so, or of all; objects have no unfinished ones."""
    if isinstance(folder, Remote):
        return
    for leftover in folder.glob(f".{start}*.partial"):
        leftover.unlink(missing_ok=True)
