"""Content hashes of data sets: the same bytes in the same files give the same hash on every machine."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

import pandas as pd


def content_hash(contents: Mapping[str, bytes]) -> str:
    """SHA-256 over names and bytes, sorted by name.

    Line ends count as LF, so that the settings of a checkout do not matter.
    """
    total = hashlib.sha256()
    for name in sorted(contents):
        content = contents[name].replace(b"\r\n", b"\n")
        total.update(f"{name}\0{len(content)}\0".encode())
        total.update(content)
    return total.hexdigest()


def frame_bytes(frame: pd.DataFrame) -> bytes:
    """Bytes that stand for a frame in the content hash."""
    return frame.to_csv(index=False, lineterminator="\n").encode()
