"""Units: a small grammar, exact factors, and money with currency and year.

Grammar   products (blank or *) and quotients (/) of symbols, brackets, plain numbers:
          ``kWh/t``, ``CNY2023/(t/yr)/yr``, ``CNY2023/(t km)``, ``1e6``, ``%``
Meaning   a/b/c is (a/b)/c; a/b c is (a/b) x c; write brackets for a/(b c)
Factors   exact fractions to the base units t, GJ, yr, km, unit and one unit of money

Sources of the constants
    kWh      3.6 MJ, by definition of the watt (SI brochure, 9th edition, 2019)
    tce      29.3076 GJ: 7,000 kcal/kg with the international table calorie 4.1868 J (GB/T 2589-2020, China)
    yr       365 days of 24 h (8,760 h), the convention of annual energy statistics; GWa = 1 GW through 8,760 h
    m2       1e-6 km2; SI prefixes k, M, G, T, P, E = 1e3 ... 1e18

A money symbol is a currency code and the year of its price level: CNY2023, USD2005, with k, M or G in front for
thousands, millions and thousands of millions. A code without a year is refused unless the target has none either.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction
from functools import lru_cache

DIMENSIONS = ("mass", "energy", "time", "length", "money", "count")

HOURS_PER_YEAR = 8760
GJ_PER_MWH = Fraction("3.6")
"""SI: 1 W h = 3,600 J."""
GJ_PER_TCE = Fraction("29.3076")
"""Tonne of coal equivalent, GB/T 2589-2020 (7,000 kcal/kg, 4.1868 kJ/kcal)."""

_SYMBOLS: dict[str, tuple[str, int, Fraction]] = {
    "g": ("mass", 1, Fraction(1, 10**6)),
    "kg": ("mass", 1, Fraction(1, 1000)),
    "t": ("mass", 1, Fraction(1)),
    "kt": ("mass", 1, Fraction(10**3)),
    "Mt": ("mass", 1, Fraction(10**6)),
    "Gt": ("mass", 1, Fraction(10**9)),
    "kJ": ("energy", 1, Fraction(1, 10**6)),
    "MJ": ("energy", 1, Fraction(1, 1000)),
    "GJ": ("energy", 1, Fraction(1)),
    "TJ": ("energy", 1, Fraction(10**3)),
    "PJ": ("energy", 1, Fraction(10**6)),
    "EJ": ("energy", 1, Fraction(10**9)),
    "kWh": ("energy", 1, GJ_PER_MWH / 1000),
    "MWh": ("energy", 1, GJ_PER_MWH),
    "GWh": ("energy", 1, GJ_PER_MWH * 10**3),
    "TWh": ("energy", 1, GJ_PER_MWH * 10**6),
    "kWa": ("energy", 1, GJ_PER_MWH * HOURS_PER_YEAR / 1000),
    "MWa": ("energy", 1, GJ_PER_MWH * HOURS_PER_YEAR),
    "GWa": ("energy", 1, GJ_PER_MWH * HOURS_PER_YEAR * 1000),
    "gce": ("energy", 1, GJ_PER_TCE / 10**6),
    "kgce": ("energy", 1, GJ_PER_TCE / 1000),
    "tce": ("energy", 1, GJ_PER_TCE),
    "ktce": ("energy", 1, GJ_PER_TCE * 10**3),
    "Mtce": ("energy", 1, GJ_PER_TCE * 10**6),
    "h": ("time", 1, Fraction(1, HOURS_PER_YEAR)),
    "day": ("time", 1, Fraction(1, 365)),
    "yr": ("time", 1, Fraction(1)),
    "m": ("length", 1, Fraction(1, 1000)),
    "km": ("length", 1, Fraction(1)),
    "m2": ("length", 2, Fraction(1, 10**6)),
    "Mm2": ("length", 2, Fraction(1)),
    "km2": ("length", 2, Fraction(1)),
    "unit": ("count", 1, Fraction(1)),
    "kunit": ("count", 1, Fraction(10**3)),
    "Munit": ("count", 1, Fraction(10**6)),
    "%": ("", 0, Fraction(1, 100)),
}

_MILLIONS = {"t": "Mt", "GJ": "PJ", "MWh": "TWh", "m2": "Mm2", "unit": "Munit"}
_MONEY = re.compile(r"(?P<prefix>[kMG]?)(?P<currency>[A-Z]{3})(?P<year>[12][0-9]{3})?\Z")
_PREFIX = {"": Fraction(1), "k": Fraction(10**3), "M": Fraction(10**6), "G": Fraction(10**9)}
_TOKEN = re.compile(
    r"\s*(?:(?P<number>[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?(?![A-Za-z]))"
    r"|(?P<name>[A-Za-z%][A-Za-z0-9]*)|(?P<sign>[()/*]))"
)


class UnitError(ValueError):
    """A unit that cannot be read, or cannot be converted to what is expected; the message says why."""


@dataclass(frozen=True)
class Unit:
    """A parsed unit: exponents in the order of ``DIMENSIONS``, factor to base units, currency, price year (0: none)."""

    exponents: tuple[int, ...]
    factor: Fraction
    currency: str = ""
    year: int = 0

    def power(self, dimension: str) -> int:
        """Exponent of a dimension."""
        return self.exponents[DIMENSIONS.index(dimension)]

    def dimension(self) -> str:
        """Dimension in words, e.g. ``energy / mass``; ``1`` when there is none."""
        parts = [(name, power) for name, power in zip(DIMENSIONS, self.exponents, strict=True) if power]
        above = " x ".join(name + (f"^{power}" if power > 1 else "") for name, power in parts if power > 0)
        below = " / ".join(name + (f"^{-power}" if power < -1 else "") for name, power in parts if power < 0)
        return " / ".join(part for part in (above or "1", below) if part)


@dataclass(frozen=True)
class MoneyTable:
    """Price levels: everything becomes ``currency`` of ``price_year`` (None: money without a year).

    deflators       year -> factor from base money of that year to base money of the price year
    exchange_rates  (currency, year) -> base money per unit of the currency in that year
    """

    currency: str
    price_year: int | None = None
    deflators: Mapping[int, float] = field(default_factory=dict)
    exchange_rates: Mapping[tuple[str, int], float] = field(default_factory=dict)

    @property
    def symbol(self) -> str:
        """Canonical money symbol, e.g. CNY2023."""
        return f"{self.currency}{self.price_year or ''}"

    def factor(self, currency: str, year: int) -> float:
        """Base money of the price year per unit of ``currency`` of ``year``; UnitError names the missing row."""
        if self.price_year is None:
            if currency == self.currency and year == 0:
                return 1.0
            raise UnitError(f"the data set's money is {self.currency} without a year, not {currency}{year or ''}")
        if year == 0:
            raise UnitError(f"{currency} has no year of price level; write for example {currency}{self.price_year}")
        rate = 1.0 if currency == self.currency else self.exchange_rates.get((currency, year))
        if rate is None:
            raise UnitError(f"money.csv has no exchange_rate of {currency} in {year}")
        level = 1.0 if year == self.price_year else self.deflators.get(year)
        if level is None:
            raise UnitError(f"money.csv has no deflator of {self.currency} in {year}")
        return rate * level


def _product(left: Unit, right: Unit, sign: int) -> Unit:
    """left x right^sign."""
    if left.currency and right.currency and (left.currency, left.year) != (right.currency, right.year):
        raise UnitError("two kinds of money in one unit")
    exponents = tuple(a + sign * b for a, b in zip(left.exponents, right.exponents, strict=True))
    money = left if left.currency else right
    return Unit(exponents, left.factor * right.factor**sign, money.currency, money.year)


def _symbol(name: str) -> Unit:
    """Unit of one symbol."""
    if name in _SYMBOLS:
        dimension, power, factor = _SYMBOLS[name]
        return Unit(tuple(power if dimension == known else 0 for known in DIMENSIONS), factor)
    money = _MONEY.match(name)
    if money:
        exponents = tuple(int(known == "money") for known in DIMENSIONS)
        return Unit(exponents, _PREFIX[money["prefix"]], money["currency"], int(money["year"] or 0))
    raise UnitError(f"unknown unit symbol {name!r}")


def _tokens(text: str) -> list[str]:
    """Split a unit text; numbers, symbols, brackets and signs."""
    tokens: list[str] = []
    position = 0
    text = text.strip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise UnitError(f"{text!r} is not a unit: cannot read {text[position:]!r}")
        tokens.append(match.group().strip())
        position = match.end()
    return tokens


class _Reader:
    """Recursive descent over the tokens of one unit."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.tokens = _tokens(text)
        self.position = 0

    def here(self) -> str:
        return self.tokens[self.position] if self.position < len(self.tokens) else ""

    def expression(self) -> Unit:
        unit = self.atom()
        while self.here() and self.here() != ")":
            sign = -1 if self.here() == "/" else 1
            if self.here() in ("/", "*"):
                self.position += 1
            unit = _product(unit, self.atom(), sign)
        return unit

    def atom(self) -> Unit:
        token = self.here()
        self.position += 1
        if token == "(":
            unit = self.expression()
            if self.here() != ")":
                raise UnitError(f"{self.text!r} is not a unit: a bracket is open")
            self.position += 1
            return unit
        if token[:1].isdigit():
            factor = Fraction(token)
            if not factor:
                raise UnitError(f"{self.text!r} is not a unit: zero")
            return Unit((0,) * len(DIMENSIONS), factor)
        if not token or token in ")/*":
            raise UnitError(f"{self.text!r} is not a unit: a symbol is missing")
        return _symbol(token)


@lru_cache(maxsize=4096)
def parse(text: str) -> Unit:
    """Read a unit text; UnitError says what cannot be read.

    >>> parse("kWh/t").dimension()
    'energy / mass'
    """
    if not text.strip():
        raise UnitError("the unit is empty")
    reader = _Reader(text)
    unit = reader.expression()
    if reader.here():
        raise UnitError(f"{text!r} is not a unit: unexpected {reader.here()!r}")
    return unit


def convert_factor(unit: str, target: str, money: MoneyTable | None = None) -> float:
    """Number that turns a value in ``unit`` into a value in ``target``; UnitError when the dimensions differ.

    >>> convert_factor("kWh/t", "MWh/t")
    0.001
    """
    given, wanted = parse(unit), parse(target)
    if given.exponents != wanted.exponents:
        raise UnitError(f"{unit} ({given.dimension()}) is not convertible to {target} ({wanted.dimension()})")
    factor = float(given.factor / wanted.factor)
    power = given.power("money")
    if power == 0 or (given.currency, given.year) == (wanted.currency, wanted.year):
        if power and given.year == 0 and money is not None and money.price_year is not None:
            money.factor(given.currency, given.year)
        return factor
    if money is None:
        raise UnitError(f"{unit} is not convertible to {target} without a table of price levels")
    return factor * (money.factor(given.currency, given.year) / money.factor(wanted.currency, wanted.year)) ** power


def million(natural: str) -> str:
    """Symbol of a million natural units: t -> Mt, GJ -> PJ, MWh -> TWh."""
    if natural not in _MILLIONS:
        raise UnitError(f"{natural!r} is not a natural unit; known: {', '.join(_MILLIONS)}")
    return _MILLIONS[natural]


def fill(template: str, names: Mapping[str, str], money: str) -> str:
    """Canonical unit of a schema's template; a leading M means millions.

    names   natural unit of what stands in braces: commodity, product
    money   what the word money stands for, e.g. CNY2023

    >>> fill("M{product}/yr", {"product": "GJ"}, "CNY2023")
    'PJ/yr'
    """

    def natural(match: re.Match[str]) -> str:
        unit = names[match["name"]]
        return million(unit) if match["million"] else unit

    filled = re.sub(r"(?P<million>M?)\{(?P<name>[a-z]+)\}", natural, template)
    return re.sub(r"\b(M?)money\b", lambda match: match[1] + money, filled)
