"""The door to the model for commands that need it, and what their options mean."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from peakmix.foundation.errors import UsageError


def engine() -> Any:
    """The module ``peakmix.api``; importing it brings in the numerical libraries."""
    return import_module("peakmix.api")


def changes_of(setting: Sequence[str] | None) -> dict[str, Any]:
    """Values by dotted key from ``--set KEY=VALUE`` options; values are read as in a scenario file.

    Raises
    ------
    UsageError
        For an option without a key or an equals sign, a key given twice, or a value that is not YAML.
    """
    changes: dict[str, Any] = {}
    for option in setting or ():
        key, sign, text = option.partition("=")
        key = key.strip()
        if not sign or not key or not all(key.split(".")):
            raise UsageError(f"--set {option!r} is not KEY=VALUE", fix="for example --set horizon.discount_rate=0.03")
        if key in changes:
            raise UsageError(f"--set {key} stands twice", fix="keep one of them")
        changes[key] = _value(option, text)
    return changes


def _value(option: str, text: str) -> Any:
    """The value of one option."""
    from peakmix.scenario.yamltree import read_value

    try:
        return read_value(text)
    except ValueError as error:
        raise UsageError(
            f"--set {option!r}: {error}", fix="quote the value for the shell, e.g. --set 'key=[1, 2]'"
        ) from None


def keywords(**options: Any) -> dict[str, Any]:
    """Only the options that were given."""
    return {name: value for name, value in options.items() if value is not None and value is not False and value != {}}
