"""A store at an address: the few operations of a path that a sweep needs, on any file system of fsspec.

put        an object is written whole; object stores show it whole or not at all. Where a file system writes into place, a kill
           may leave part of it: every file of a store carries a checksum or does not parse when cut short, and is done again
create     put, if nothing is there yet: by the file system's own condition where it has one, and read back in any case
lease      a lock: an object that its holder writes anew every few seconds. A run that finds one waits until it is written
           again, and refuses; one that stands still for long enough was left by a killed run, and is taken over
"""

from __future__ import annotations

import contextlib
import errno
import json
import os
import platform
import re
import secrets
import threading
import time
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from peakmix.foundation.errors import LimitError, Place, UsageError

BEAT = 3.0
"""Seconds between two writings of a lease."""
PATIENCE = 5
"""Beats that a lease stands still before it counts as left behind."""
SETTLE = 0.2
"""Seconds before a created object is read back."""
ADDRESS = re.compile(r"([a-zA-Z][a-zA-Z0-9+.-]+):/+(.*)")
LIVES, GONE, LEFT = "lives", "gone", "left"
FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
ALONE = ("memory",)
"""File systems that other processes do not see."""


def address(folder: object) -> tuple[str, str] | None:
    """Scheme and rest of an address; None for a folder. A path made of an address has lost one of its slashes."""
    found = ADDRESS.fullmatch(str(folder))
    return (found.group(1), found.group(2).rstrip("/")) if found else None


class Remote:
    """An object, or a folder of objects, at an address such as ``s3://bucket/sweep``."""

    def __init__(self, scheme: str, rest: str) -> None:
        self.scheme, self.rest = scheme, rest

    def __truediv__(self, name: str) -> Remote:
        return Remote(self.scheme, f"{self.rest}/{name}")

    def __str__(self) -> str:
        return f"{self.scheme}://{self.rest}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Remote) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))

    @property
    def name(self) -> str:
        """Last part of the address."""
        return self.rest.rsplit("/", 1)[-1]

    @property
    def parent(self) -> Remote:
        """The folder that it lies in."""
        return Remote(self.scheme, self.rest.rsplit("/", 1)[0])

    def with_name(self, name: str) -> Remote:
        """Another name in the same folder."""
        return self.parent / name

    def resolve(self) -> Remote:
        """Itself: an address is absolute."""
        return self

    @property
    def shared(self) -> bool:
        """Do other processes see it?"""
        return self.scheme not in ALONE

    def mkdir(self, parents: bool = False, exist_ok: bool = False) -> None:
        """Nothing: folders come with the objects in them."""

    def exists(self) -> bool:
        """Is there an object, or anything below?"""
        with self._told():
            return bool(self._system().exists(self._path))

    def read_bytes(self) -> bytes:
        """The object; FileNotFoundError when there is none."""
        with self._told():
            return bytes(self._system().cat_file(self._path))

    def read_text(self, encoding: str = "utf-8") -> str:
        """The object as text."""
        return self.read_bytes().decode(encoding)

    def write_bytes(self, content: bytes) -> None:
        """Put the object whole."""
        with self._told():
            self._put(content, "overwrite")

    def create(self, content: bytes) -> bool:
        """Put the object if there is none; False when another one is there."""
        with self._told():
            if self._system().exists(self._path):
                return False
            try:
                self._put(content, "create")
            except FileExistsError:
                return False
            except (TypeError, NotImplementedError, ValueError):  # a file system without conditions
                self._put(content, "overwrite")
        time.sleep(SETTLE)
        with contextlib.suppress(FileNotFoundError):
            return self.read_bytes() == content
        return False

    def unlink(self, missing_ok: bool = False) -> None:
        """Remove the object."""
        with self._told():
            try:
                self._system().rm_file(self._path)
            except FileNotFoundError:
                if not missing_ok:
                    raise

    def names(self) -> list[str]:
        """Names of what lies below, at any depth."""
        with self._told():
            start = self._path.rstrip("/") + "/"
            return sorted(str(path)[len(start) :] for path in self._system().find(self._path) if str(path).startswith(start))

    def _put(self, content: bytes, mode: str) -> None:
        """Put, making the folders where the file system wants them."""
        system = self._system()
        try:
            system.pipe_file(self._path, content, mode=mode)
        except FileNotFoundError:
            system.makedirs(system._parent(self._path), exist_ok=True)
            system.pipe_file(self._path, content, mode=mode)

    @property
    def _path(self) -> str:
        return str(self._system()._strip_protocol(str(self)))

    def _system(self) -> Any:
        """The file system: one a process, since a forked one does not work in the child."""
        try:
            system, _ = import_module("fsspec").core.url_to_fs(str(self), use_listings_cache=False)
        except (ImportError, ValueError) as error:
            rule = f"an address is one of a file system that fsspec knows ({error})"
            raise UsageError(rule, place=Place(str(self)), fix="pip install 'peakmix[remote]' and its package") from None
        return system

    @contextlib.contextmanager
    def _told(self) -> Iterator[None]:
        """What a file system raises, in words; a missing object stays a FileNotFoundError."""
        try:
            yield
        except (UsageError, FileNotFoundError, FileExistsError, TypeError, NotImplementedError):
            raise
        except Exception as error:  # every file system has errors of its own
            if isinstance(error, OSError) and error.errno in FULL:
                fix = "free some room and give the same command again; finished chunks are kept"
                raise LimitError(f"the store is full ({error})", place=Place(str(self)), fix=fix) from error
            rule = f"the store can be reached and written ({type(error).__name__}: {error})"
            raise UsageError(rule, place=Place(str(self)), fix="check address and rights, give the command again") from error


class Lease:
    """A lock object while it is held: a thread writes it anew every ``BEAT`` seconds."""

    def __init__(self, place: Remote, facts: Mapping[str, Any]) -> None:
        self.place, self.facts = place, dict(facts)
        self.token = f"{platform.node()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._beat, self._over = 0, threading.Event()
        self._thread = threading.Thread(target=self._beats, daemon=True)

    def content(self) -> bytes:
        """What the object says: who holds it, and how often it was written."""
        return json.dumps({"holder": self.token, "beat": self._beat} | self.facts).encode()

    def take(self, busy: UsageError, wait: bool) -> None:
        """Get the lock; raises ``busy`` when its holder lives, or waits for it."""
        while not self.place.create(self.content()):
            seen = watched(self.place)
            if seen == LIVES and not wait:
                raise busy
            if seen == LEFT:
                self.place.unlink(missing_ok=True)
        self._thread.start()

    def _beats(self) -> None:
        """Write the object anew until it is let go of, or another one has it."""
        while not self._over.wait(BEAT):
            with contextlib.suppress(OSError, UsageError, LimitError):
                if facts_of(self.place).get("holder") != self.token:
                    return
                self._beat += 1
                self.place.write_bytes(self.content())

    def let_go(self) -> None:
        """Remove the object, if it is still this run's."""
        self._over.set()
        self._thread.join()
        with contextlib.suppress(OSError, UsageError, LimitError):
            if facts_of(self.place).get("holder") == self.token:
                self.place.unlink(missing_ok=True)


def facts_of(place: Remote) -> dict[str, Any]:
    """What a lease says; empty when there is none."""
    try:
        found = json.loads(place.read_bytes())
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def watched(place: Remote) -> str:
    """Whether a lease is written anew while one looks, is gone, or stands still: left by a run that was killed."""
    before = facts_of(place)
    end = time.monotonic() + PATIENCE * BEAT
    while before and time.monotonic() < end:
        time.sleep(min(0.2, BEAT / 4))
        now = facts_of(place)
        if now != before:
            return LIVES if now else GONE
    return LEFT if before else GONE


@contextlib.contextmanager
def leased(place: Remote, busy: UsageError, wait: bool = False, facts: Mapping[str, Any] | None = None) -> Iterator[None]:
    """Hold a lock object."""
    lease = Lease(place, facts or {})
    lease.take(busy, wait)
    try:
        yield
    finally:
        lease.let_go()
