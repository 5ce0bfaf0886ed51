"""Units: grammar, exact factors, money."""

from __future__ import annotations

import pytest

from peakmix.foundation.units import MoneyTable, UnitError, convert_factor, fill, million, parse

MONEY = MoneyTable("CNY", 2023, {2020: 1.1, 2005: 1.6}, {("USD", 2020): 7.0, ("USD", 2023): 7.2, ("JPY", 2010): 0.08})


@pytest.mark.parametrize(
    ("unit", "target", "factor"),
    [
        ("kWh/t", "MWh/t", 0.001),
        ("kWh/t", "GJ/t", 0.0036),
        ("MWh", "GJ", 3.6),
        ("%", "1", 0.01),
        ("1e6", "1", 1e6),
        ("kg/t", "t/t", 0.001),
        ("g/kWh", "t/MWh", 0.001),
        ("kgce/t", "GJ/t", 0.0293076),
        ("tce", "MWh", 29.3076 / 3.6),
        ("Mtce/yr", "PJ/yr", 29.3076),
        ("GWa", "TWh", 8.76),
        ("EJ/yr", "PJ/yr", 1000.0),
        ("kt/day", "Mt/yr", 0.365),
        ("MWh/h", "GJ/yr", 3.6 * 8760),
        ("Mm2", "km2", 1.0),
        ("m2/t", "Mm2/t", 1e-6),
        ("Munit/yr", "unit/yr", 1e6),
        ("CNY2023/kWh", "CNY2023/MWh", 1000.0),
        ("MCNY2023/yr", "CNY2023/yr", 1e6),
        ("CNY2023/(t km)", "CNY2023/(kg km)", 0.001),
        ("CNY2023/t/yr", "CNY2023/(t yr)", 1.0),
        ("CNY2023/(t/yr)/yr", "CNY2023/t", 1.0),
        ("t * km", "kg km", 1000.0),
    ],
)
def test_factors(unit: str, target: str, factor: float) -> None:
    assert convert_factor(unit, target) == pytest.approx(factor, rel=1e-15)


def test_common_factors_are_exact() -> None:
    assert convert_factor("kWh/t", "MWh/t") == 0.001
    assert convert_factor("%", "1") == 0.01
    assert convert_factor("MWh", "GJ") == 3.6


@pytest.mark.parametrize(
    ("unit", "target"),
    [("t/t", "GJ/t"), ("CNY2023/t", "t/t"), ("t/yr", "t"), ("CNY2023/t/km", "CNY2023/t"), ("tce", "t"), ("m2", "km")],
)
def test_other_dimensions_are_refused(unit: str, target: str) -> None:
    with pytest.raises(UnitError, match="is not convertible to"):
        convert_factor(unit, target)


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        ("", "empty"),
        ("kWhh", "unknown unit symbol 'kWhh'"),
        ("t/", "a symbol is missing"),
        ("CNY2023/(t/yr", "a bracket is open"),
        ("t)", "unexpected '\\)'"),
        ("t^2", "cannot read"),
        ("0 t", "zero"),
        ("CNY2023 USD2020", "two kinds of money"),
        ("cny2023", "unknown unit symbol"),
    ],
)
def test_unreadable_units(unit: str, reason: str) -> None:
    with pytest.raises(UnitError, match=reason):
        parse(unit)


def test_money_of_another_year_and_currency() -> None:
    assert convert_factor("CNY2020/t", "CNY2023/t", MONEY) == pytest.approx(1.1)
    # 1 USD of 2020 = 7 CNY of 2020 = 7.7 CNY of 2023
    assert convert_factor("USD2020/t", "CNY2023/t", MONEY) == pytest.approx(7.7)
    assert convert_factor("USD2023/kWh", "CNY2023/MWh", MONEY) == pytest.approx(7200)
    # money below the line: tonnes per CNY shrink as money swells
    assert convert_factor("tce/CNY2020", "tce/CNY2023", MONEY) == pytest.approx(1 / 1.1)


@pytest.mark.parametrize(
    ("unit", "reason"),
    [
        ("CNY/t", "CNY has no year of price level; write for example CNY2023"),
        ("USD2019/t", "no exchange_rate of USD in 2019"),
        ("JPY2010/t", "no deflator of CNY in 2010"),
        ("CNY1990/t", "no deflator of CNY in 1990"),
    ],
)
def test_money_that_cannot_be_converted(unit: str, reason: str) -> None:
    with pytest.raises(UnitError, match=reason):
        convert_factor(unit, "CNY2023/t", MONEY)


def test_money_without_a_year_needs_a_data_set_without_one() -> None:
    bare = MoneyTable("USD")
    assert bare.symbol == "USD"
    assert convert_factor("USD/kWa", "USD/GWa", bare) == pytest.approx(1e6)
    with pytest.raises(UnitError, match="USD without a year, not USD2005"):
        convert_factor("USD2005/t", "USD/t", bare)


def test_templates() -> None:
    assert fill("M{product}/yr", {"product": "GJ"}, "CNY2023") == "PJ/yr"
    assert fill("M{commodity}/yr", {"commodity": "MWh"}, "CNY2023") == "TWh/yr"
    assert fill("money/({product}/yr)/yr", {"product": "t"}, "CNY2023") == "CNY2023/(t/yr)/yr"
    assert fill("Mmoney/yr", {}, "CNY2023") == "MCNY2023/yr"
    assert fill("{commodity}/{product}", {"commodity": "MWh", "product": "t"}, "CNY2023") == "MWh/t"


@pytest.mark.parametrize("natural", ["t", "GJ", "MWh", "m2", "unit"])
def test_a_million_natural_units(natural: str) -> None:
    assert convert_factor(million(natural), natural) == 1e6


def test_dimensions_in_words() -> None:
    assert parse("kWh/t").dimension() == "energy / mass"
    assert parse("CNY2023/(t/yr)").dimension() == "time x money / mass"
    assert parse("%").dimension() == "1"
