"""What must not change the answer: cutting a period, doubling a place, other units, other order, other names."""

from __future__ import annotations

import random
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.cases.kit import Problem, prepared, solve
from tests.math.rows_as_text import content, difference
from tests.property.worlds import PERIODS, World, few, worlds

from peakmix.tables.loading import from_frames


@few
@given(worlds, st.integers(1, 3), st.integers(1, 5))
def test_a_period_may_be_split(world: World, near: int, far: int) -> None:
    """Flat data, whole vintages at the borders, no rule on pace: cutting both later periods changes nothing."""
    whole = solve(world.problem(), PERIODS, **world.money, policies=world.policies())
    cut = [[2025, 1], [2026, near], [2026 + near, 4 - near], [2030, far], [2030 + far, 6 - far]]
    parts = solve(world.problem(), cut, **world.money, policies=world.policies())
    assert parts.objective == pytest.approx(whole.objective, rel=1e-9)


@few
@given(worlds)
def test_a_place_may_be_doubled(world: World) -> None:
    """Two places with half of everything, or their sum: same cost."""
    one = solve(world.problem(), PERIODS, **world.money, policies=world.policies())
    two = world.problem(("North", "South"))
    for resolution in ("province", "nation"):
        case = solve(two, PERIODS, **world.money, policies=world.policies(), resolution=resolution)
        assert case.objective == pytest.approx(one.objective, rel=1e-9)


DEFLATOR = 1.25
OTHER = {
    "Mt/yr": ("kt/yr", 1000.0), "t/t": ("kg/t", 1000.0), "GJ/t": ("kWh/t", 1000 / 3.6), "CNY/t": ("CNY2015/kg", 0.001 / DEFLATOR),
    "CNY/GJ": ("CNY2015/tce", 29.3076 / DEFLATOR), "CNY/(t/yr)": ("CNY2015/(Mt/yr)", 1e6 / DEFLATOR), "1": ("%", 100.0),
    "CNY/(t/yr)/yr": ("kCNY2015/(kt/yr)/yr", 1 / DEFLATOR), "t/GJ": ("kg/MWh", 3600.0), "GJ/GJ": ("MWh/GJ", 1 / 3.6),
}  # fmt: skip
"""Unit of the kit -> another unit and the number of those in one of it; a CNY of 2015 buys 1.25 of 2023."""


def in_other_units(frames: dict[str, pd.DataFrame]) -> dict[str, pd.DataFrame]:
    result = {}
    for name, frame in frames.items():
        frame = frame.copy()
        if "unit" in frame and name != "commodities":
            factor = frame["unit"].map(lambda u: OTHER.get(u, (u, 1.0))[1])
            for column in ("value", "low", "high"):
                frame[column] = frame[column] * factor
            frame["unit"] = frame["unit"].map(lambda u: OTHER.get(u, (u, 1.0))[0])
        result[name] = frame
    return result


@few
@given(worlds)
def test_units_do_not_matter(world: World) -> None:
    """kt, kg, kWh, tce, per cent and money of 2015 instead of Mt, t, GJ, 1 and money of 2023: the same programme."""
    frames = world.problem().frames()
    money = {"currency": "CNY", "parameter": "deflator", "unit": "1", "source": "hand", "grade": "A", "note": ""}
    levels = [money | {"year": y, "value": v, "low": v, "high": v} for y, v in ((2015, DEFLATOR), (2023, 1.0))]
    other = in_other_units(frames) | {"money": pd.DataFrame(levels)}
    plain = {n: f.assign(unit=f["unit"].str.replace("CNY", "CNY2023")) if n != "commodities" and "unit" in f else f
             for n, f in frames.items()}  # fmt: skip
    programs = []
    for tables in (plain, other):
        data = from_frames(tables, title="units", money="CNY", price_year=2023, check=False)
        ready = prepared(world.problem(), PERIODS, **world.money, data=data, policies=world.policies())
        programs.append(content(ready.program))
    assert difference(*programs, tolerance=1e-12) == ""


@few
@given(worlds, st.integers(0, 1000))
def test_order_of_rows_does_not_matter(world: World, seed: int) -> None:
    """Shuffled tables give the same programme, and the same optimum."""
    plain = prepared(world.problem(), PERIODS, **world.money, policies=world.policies())
    shuffled = world.problem()
    for name, rows in shuffled.rows.items():
        random.Random(f"{name}{seed}").shuffle(rows)
    other = prepared(shuffled, PERIODS, **world.money, policies=world.policies())
    assert difference(content(plain.program), content(other.program), tolerance=1e-13) == ""


NAMES = {
    "Here": "Zhaotong", "steel": "a product", "coal": "zz fuel", "slag": "A residue", "scrap": "old iron", "arc": "0 furnace",
    "furnace": "zz works", "ageing": "mid works", "recovery": "a kit", "import": "abroad", "heap": "0 heap",
}  # fmt: skip
TEXT = {"sector", "location", "parent", "technology", "commodity", "product", "market", "measure", "host", "name"}


@few
@given(worlds)
def test_names_do_not_matter(world: World) -> None:
    """Other names, in another alphabetical order: the same programme with the names changed."""
    plain = prepared(world.problem(), PERIODS, **world.money, policies=world.policies())
    renamed = world.problem()
    for rows in renamed.rows.values():
        rows[:] = [{k: NAMES.get(v, v) if k in TEXT else v for k, v in row.items()} for row in rows]
    other = prepared(renamed, PERIODS, **world.money, policies=world.policies())

    def called(name: tuple[str, tuple[Any, ...]]) -> tuple[str, tuple[Any, ...]]:
        component, index = name
        if component == "bounds":
            return component, called(index)  # type: ignore[arg-type]
        return component, tuple(NAMES.get(i, i) for i in index)

    expected = {}
    for name, (cells, *sides) in content(plain.program).items():
        expected[called(name)] = ({called(c): v for c, v in cells.items()}, *sides)
    assert difference(expected, content(other.program), tolerance=1e-13) == ""


def test_two_runs_are_identical() -> None:
    """The same inputs twice give the same arrays, bit by bit."""
    world = World((10.0, 12.0, 9.0), 25.0, 900.0, 10.0, 250.0, 4.0, 20.0, 0.08, 0.5, 15.0)
    first, second = (solve(world.problem(), PERIODS, **world.money, policies=world.policies()) for _ in range(2))
    assert first.solution.x.tobytes() == second.solution.x.tobytes()
    assert first.solution.row_dual.tobytes() == second.solution.row_dual.tobytes()


def test_free_conversion_never_adds_capacity() -> None:
    """Works that may turn into each other for nothing, both ways, never exceed the 10 Mt/yr that stand; 12 are wanted."""
    problem = Problem().commodity("steel").demand("steel", 12).market("import", "steel", 500.0).stock("a", 10)
    for name in ("a", "b"):
        problem.technology(name, "steel", new_build=False).yearly(name, "variable_cost", {2026: 100.0, 2027: 100.0 + ord(name)})
    problem.conversion("there", "a", "b", first_year=2026).conversion("back", "b", "a", first_year=2027)
    case = solve(problem, [[2025, 1], [2026, 1], [2027, 1], [2028, 1]])
    for period in (2025, 2026, 2027, 2028):
        assert case("market_volume", "Here", "import", period) == pytest.approx(2)
