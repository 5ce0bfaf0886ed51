"""The library's front door: load, check, build, run, window, verify, open.

Each function is what the command of the same name does; errors are ``peakmix.foundation.errors``.
"""

from peakmix.api.checking import check
from peakmix.api.running import RunResult, run, run_scenario
from peakmix.api.sizing import build
from peakmix.api.verifying import verify
from peakmix.api.window import window
from peakmix.results.store import open_result as open  # noqa: A004
from peakmix.tables.loading import load

__all__ = ["RunResult", "build", "check", "load", "open", "run", "run_scenario", "verify", "window"]
