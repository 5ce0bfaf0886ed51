"""Compiled arrays kept on disk, so that the same structure is never compiled twice, not even by another run.

A file is named by the hash of everything that decides its arrays: the package's own source, the versions of what compiles
and solves, and the content of the derived parameters. It is written under a temporary name, synced and renamed, and holds a
checksum of its arrays; a damaged one is compiled anew and replaced. A wrong answer would need two contents of one SHA-256.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import platform
import sys
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from peakmix.foundation.errors import InputError
from peakmix.foundation.log import get_logger
from peakmix.solve.family import AffineFamily

VARIABLE = "PEAKMIX_CACHE"
"""Environment variable that names the folder; `off` keeps nothing."""

VERSIONS = ("pyomo", "highspy", "numpy", "scipy")
LARGEST = 2 * 10**9
"""Bytes that are kept; beyond them the files that were not used for longest go."""

SUFFIX = ".family.npz"
_log = get_logger(__name__)


def folder() -> Path | None:
    """Where compiled arrays are kept: `PEAKMIX_CACHE`, else the user's cache folder; None when it is switched off."""
    stated = os.environ.get(VARIABLE, "")
    if stated.lower() == "off":
        return None
    if stated:
        return Path(stated)
    if sys.platform == "darwin":
        base = Path.home() / "Library" / "Caches"
    elif sys.platform == "win32":
        base = Path(os.environ.get("LOCALAPPDATA") or Path.home() / "AppData" / "Local")
    else:
        base = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    return base / "peakmix"


@functools.cache
def code_hash() -> str:
    """Hash of the package's source and of the versions that compiled arrays depend on."""
    root = Path(__file__).resolve().parents[1]
    total = hashlib.sha256(f"{platform.python_version()} {sys.byteorder}".encode())
    for name in VERSIONS:
        with contextlib.suppress(PackageNotFoundError):
            total.update(f"{name} {version(name)};".encode())
    for path in sorted(root.rglob("*.py")):
        total.update(path.relative_to(root).as_posix().encode())
        total.update(path.read_bytes())
    return total.hexdigest()


def entry(content: str) -> tuple[Path, str] | None:
    """File and key of the arrays that belong to a content hash; None when nothing is kept."""
    where = folder()
    if where is None:
        return None
    key = hashlib.sha256(f"{code_hash()} {content}".encode()).hexdigest()
    return where / f"{key[:32]}{SUFFIX}", key


def load(content: str) -> AffineFamily | None:
    """The compiled family of a content hash; None when it is not kept, or was damaged (which is logged)."""
    found = entry(content)
    if found is None or not found[0].is_file():
        return None
    path, key = found
    try:
        family = AffineFamily.load(path, key)
    except InputError as error:
        _log.warning("compiled arrays in %s cannot be used (%s); they are compiled anew", path, error.rule)
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        return None
    with contextlib.suppress(OSError):
        os.utime(path)
    return family


def save(content: str, family: AffineFamily) -> None:
    """Keep a compiled family; a folder that cannot be written is logged and does no harm."""
    found = entry(content)
    if found is None:
        return
    path, key = found
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        family.save(path, key)
        _trim(path.parent, path)
    except OSError as error:
        _log.warning("compiled arrays are not kept: %s", error)


def compiled(content: str, make: Callable[[], AffineFamily]) -> AffineFamily:
    """The family of a content hash, from disk or made and kept."""
    family = load(content)
    if family is None:
        family = make()
        save(content, family)
    return family


def clear() -> int:
    """Remove all kept arrays; returns how many files went."""
    where = folder()
    found = [] if where is None or not where.is_dir() else [*where.glob(f"*{SUFFIX}"), *where.glob(f".*{SUFFIX}.*")]
    for path in found:
        path.unlink(missing_ok=True)
    return len(found)


def _trim(where: Path, newest: Path) -> None:
    """Remove what was not used for longest until the rest fits."""
    aged = []
    for path in where.glob(f"*{SUFFIX}"):
        with contextlib.suppress(OSError):
            told = path.stat()
            aged.append((told.st_mtime, told.st_size, path))
    room = LARGEST
    for _, size, path in sorted(aged, reverse=True, key=lambda item: (item[2] == newest, item[0])):
        room -= size
        if room < 0:
            path.unlink(missing_ok=True)
