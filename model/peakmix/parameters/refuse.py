"""One way to refuse an input while deriving."""

from __future__ import annotations

from peakmix.foundation.errors import InputError


def refuse(what: str, *, rule: str, fix: str) -> InputError:
    """An input error about something that only shows once tables and scenario meet."""
    return InputError(f"{what}; {rule}", fix=fix)
