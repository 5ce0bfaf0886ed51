"""Telling: sentences that know their words in English and in Chinese, and numbers with as many digits as their size asks for."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

DIGITS = 4
"""Significant digits of a number below a thousand."""


class Said(str):
    """A sentence, or a part of one, in English; ``chinese`` says the same in Chinese."""

    chinese: str

    def __new__(cls, english: str, chinese: str = "") -> Said:
        """``chinese`` is the English text itself unless given: names and numbers are the same in both."""
        made = super().__new__(cls, english)
        made.chinese = chinese or english
        return made


def say(english: str, chinese: str, **values: object) -> Said:
    """A sentence from its two templates; values that were said themselves come in the language of the template."""
    return Said(english.format(**values), chinese.format(**{name: in_chinese(value) for name, value in values.items()}))


def in_chinese(value: object) -> object:
    """The Chinese words of what was said; anything else as it is."""
    return value.chinese if isinstance(value, Said) else value


def listed(parts: Iterable[str]) -> Said:
    """Parts one after the other, with the comma of the language."""
    found = list(parts)
    return Said(", ".join(found), "、".join(str(in_chinese(part)) for part in found))


def told(sentence: str, language: str) -> str:
    """A sentence in a language, en or zh."""
    return str(in_chinese(sentence)) if language == "zh" else str(sentence)


def named(names: Mapping[str, str], label: object) -> Said:
    """A label, which is English, with its Chinese name where there is one."""
    return Said(str(label), names.get(str(label), ""))


def figure(value: float, missing: str = "-", digits: int = DIGITS) -> str:
    """A number as a reader wants it: with four significant digits, or as many as asked for, and no decimals beyond them."""
    if not math.isfinite(value):
        return missing
    return f"{value:,.0f}" if abs(value) >= 10 ** (digits - 1) else f"{value:,.{digits}g}"
