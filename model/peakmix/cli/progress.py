"""Phases of a run with their times, on a terminal only."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self, TextIO


class Phases:
    """Call it with the name of a phase when the phase starts; leave it to close the last one.

    On a terminal every phase is a line on standard error with its seconds. Elsewhere, and when quiet, nothing is
    printed.
    """

    def __init__(self, quiet: bool = False, stream: TextIO | None = None) -> None:
        self.stream = stream if stream is not None else sys.stderr
        self.shown = not quiet and self.stream.isatty()
        self.times: dict[str, float] = {}
        self._phase = ""
        self._since = self._start = time.perf_counter()

    def __call__(self, phase: str) -> None:
        """Start a phase and close the one before."""
        self._close()
        self._phase = phase
        self._since = time.perf_counter()
        if self.shown:
            self.stream.write(f"  {phase:<28}")
            self.stream.flush()

    def _close(self) -> None:
        """Close the phase that is open."""
        if not self._phase:
            return
        seconds = time.perf_counter() - self._since
        self.times[self._phase] = self.times.get(self._phase, 0.0) + seconds
        if self.shown:
            self.stream.write(f"{seconds:8.2f} s\n")
            self.stream.flush()
        self._phase = ""

    def __enter__(self) -> Self:
        self._since = self._start = time.perf_counter()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and self._phase:
            self._phase = ""
            if self.shown:
                self.stream.write("  stopped\n")
            return
        self._close()
        if self.shown and self.times:
            self.stream.write(f"  {'all':<28}{time.perf_counter() - self._start:8.2f} s\n")
            self.stream.flush()
