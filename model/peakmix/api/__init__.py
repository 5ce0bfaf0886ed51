"""The library's front door: load, check, build, run, window, explain, compliance, cooperation, foresight_cost, gain_of_sharing,
loan_steps, peak_curve, sensitivity, verify, open.

Each function is what the command of the same name does; errors are ``peakmix.foundation.errors``. Names load on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

HOMES = {
    "RunResult": ("peakmix.api.running", "RunResult"),
    "build": ("peakmix.api.sizing", "build"),
    "check": ("peakmix.api.checking", "check"),
    "compliance": ("peakmix.analysis.compliance", "compliance"),
    "cooperation": ("peakmix.api.planning_together", "cooperation"),
    "explain": ("peakmix.api.explaining", "explain"),
    "foresight_cost": ("peakmix.api.rolling", "foresight_cost"),
    "gain_of_sharing": ("peakmix.api.sharing", "gain_of_sharing"),
    "load": ("peakmix.tables.loading", "load"),
    "loan_steps": ("peakmix.api.rate_steps", "loan_steps"),
    "open": ("peakmix.api.opening", "open_any"),
    "peak_curve": ("peakmix.api.peak_years", "peak_curve"),
    "run": ("peakmix.api.running", "run"),
    "run_scenario": ("peakmix.api.running", "run_scenario"),
    "sensitivity": ("peakmix.api.sensitivity", "sensitivity"),
    "verify": ("peakmix.api.verifying", "verify"),
    "window": ("peakmix.api.window", "window"),
}
__all__ = [
    "RunResult", "build", "check", "compliance", "cooperation", "explain", "foresight_cost", "gain_of_sharing", "load",
    "loan_steps", "open", "peak_curve", "run", "run_scenario", "sensitivity", "verify", "window",
]  # fmt: skip


def __getattr__(name: str) -> Any:
    """Import a public name on first use (PEP 562)."""
    if name not in HOMES:
        raise AttributeError(f"module 'peakmix.api' has no attribute {name!r}")
    module, attribute = HOMES[name]
    return getattr(import_module(module), attribute)
