"""From what a command does to an exit code; errors become messages on standard error, not tracebacks."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from typing import Any

from peakmix.foundation.errors import PeakmixError

INTERRUPTED = 130
BUG = 1
DEBUG = "PEAKMIX_DEBUG"
"""Environment variable that asks for tracebacks."""


def guarded(body: Callable[[], Any]) -> int:
    """Run a command's body and return the exit code; a body returns None for 0."""
    try:
        code = body()
        sys.stdout.flush()
        return 0 if code is None else int(code)
    except PeakmixError as error:
        say(f"error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        say("interrupted; finished files are complete, unfinished ones were not written")
        return INTERRUPTED
    except BrokenPipeError:
        # the reader of the pipe has gone: keep Python from complaining about it at exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        if os.environ.get(DEBUG):
            raise
        say(f"internal error: {type(error).__name__}: {error} ({_where(error)})")
        say(f"this is a bug; please report it with the command and the output of {DEBUG}=1 peakmix ...")
        return BUG


def say(text: str) -> None:
    """A line on standard error."""
    print(f"peakmix: {text}", file=sys.stderr, flush=True)


def _where(error: BaseException) -> str:
    """Module and line in which an unexpected error arose."""
    trace = error.__traceback__
    if trace is None:
        return "unknown place"
    while trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_globals.get('__name__', '?')}:{trace.tb_lineno}"


def deliver(outcome: Any) -> int:
    """Print an outcome's text on standard output and return its exit code (0 unless it has one)."""
    text = getattr(outcome, "text", None)
    shown = text() if callable(text) else text if text is not None else str(outcome)
    if shown:
        print(shown)
    return int(getattr(outcome, "exit_code", 0))


def notices(outcome: Any, quiet: bool) -> None:
    """Print an outcome's notices on standard error."""
    for notice in () if quiet else getattr(outcome, "notices", ()):
        print(f"note: {notice}", file=sys.stderr)
