"""The file dataset.yaml at the root of a data set: title, money and price year."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from peakmix.foundation.errors import InputError, Place, display_path, nearest
from peakmix.tables.locate import DESCRIPTION


@dataclass(frozen=True)
class Description:
    """Title, currency code, and year of the price level (None: money without a year)."""

    title: str
    money: str
    price_year: int | None


def read_description(root: Path) -> tuple[Description, bytes]:
    """Content of dataset.yaml, checked, and its bytes."""
    path = root / DESCRIPTION
    content = path.read_bytes()
    place = Place(display_path(path))
    try:
        block = yaml.safe_load(content.decode("utf-8"))
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + 1 if mark is not None else 0
        raise InputError(
            f"{DESCRIPTION} is valid YAML in UTF-8", place=Place(place.file, line), fix="mend the file"
        ) from None
    if not isinstance(block, dict):
        raise InputError(f"{DESCRIPTION} holds keys and values", place=place, fix="write title, money and price_year")
    return describe(block, place), content


def describe(block: Mapping[Any, Any], place: Place) -> Description:
    """Check the keys of dataset.yaml: title, money (currency code), price_year (or nothing: money without a year)."""
    known = ("title", "money", "price_year")
    for key, value in block.items():
        if key not in known:
            at = Place(place.file, 0, str(key), str(value))
            raise InputError(f"{DESCRIPTION} has known keys only", place=at, fix=nearest(str(key), known))
    title, money, price_year = (block.get(key) for key in known)
    if not isinstance(title, str) or not title.strip():
        raise InputError(
            "a data set has a title", place=Place(place.file, 0, "title", str(title)), fix="write title: ..."
        )
    if not (isinstance(money, str) and len(money) == 3 and money.isupper() and money.isascii()):
        at = Place(place.file, 0, "money", str(money))
        raise InputError("money is a currency code of three capitals", place=at, fix="write for example money: CNY")
    if price_year is not None and not (type(price_year) is int and 1900 <= price_year <= 2200):
        at = Place(place.file, 0, "price_year", str(price_year))
        raise InputError("price_year is a year", place=at, fix="write for example price_year: 2023")
    return Description(title, money, price_year)
