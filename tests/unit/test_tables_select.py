"""The resolver: which row holds, interpolation, periods, defaults; and what counts as equally specific."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from peakmix.foundation.errors import InputError, InputErrors
from peakmix.tables import DataSet, Resolver, load
from peakmix.tables.savings import joint_saving
from peakmix.tables.select import Series, most_specific

MINI = Path(__file__).parents[1] / "data" / "mini"
SCRAP = {"technology": "scrap_route", "commodity": "electricity", "direction": "input"}
COST = {"technology": "scrap_route", "parameter": "capital_cost"}


@pytest.fixture(scope="module")
def mini() -> DataSet:
    return load(MINI)


@pytest.fixture(scope="module")
def resolver(mini: DataSet) -> Resolver:
    return Resolver(mini)


def test_linear_between_years_and_flat_outside(resolver: Resolver) -> None:
    # 0.6 MWh/t for plants of 2000, 0.4 for plants of 2030
    found = [resolver.value("flows", year=year, **SCRAP) for year in (1990, 2000, 2015, 2030, 2050)]
    assert found == pytest.approx([0.6, 0.6, 0.5, 0.4, 0.4])


def test_the_most_specific_place_wins(resolver: Resolver) -> None:
    assert resolver.value("technology_parameters", location="West", year=2030, **COST) == 3300
    assert resolver.value("technology_parameters", location="East", year=2030, **COST) == pytest.approx(2750)
    assert resolver.value("technology_parameters", year=2030, **COST) == pytest.approx(2750)


def test_a_period_is_the_mean_of_its_years(resolver: Resolver) -> None:
    # 3000 in 2025, 2500 in 2035: 2026 to 2030 fall from 2950 by 50 a year, mean 2850
    mean = resolver.mean("technology_parameters", first_year=2026, length=5, location="East", **COST)
    assert mean == pytest.approx(2850)
    flat = resolver.mean("technology_parameters", first_year=2026, length=5, location="West", **COST)
    assert flat == 3300


def test_rows_hold_in_the_subtree(mini: DataSet) -> None:
    places = pd.concat(
        [mini["locations"], pd.DataFrame({"location": ["Port"], "parent": ["West"], "level": ["city"]})],
        ignore_index=True,
    )
    resolver = Resolver(load(MINI, frames={"locations": places}))
    assert resolver.value("technology_parameters", location="Port", year=2025, **COST) == 3300


def test_defaults_and_missing_values(resolver: Resolver) -> None:
    keys = {"technology": "blast_route", "parameter": "minimum_utilisation"}
    assert resolver.value("technology_parameters", year=2025, **keys) == 0
    assert resolver.value("technology_parameters", year=2025, missing=7.0, **keys) == 7
    keys["parameter"] = "hurdle_rate"
    with pytest.raises(InputError, match="missing is an error, never zero"):
        resolver.value("technology_parameters", year=2025, **keys)
    assert resolver.find("technology_parameters", **keys) is None


def test_misspelt_keys_are_refused(resolver: Resolver) -> None:
    with pytest.raises(TypeError, match="unknown keys"):
        resolver.find("flows", tecnology="x", commodity="coal", direction="input")
    with pytest.raises(TypeError, match="missing keys"):
        resolver.find("flows", technology="blast_route")
    with pytest.raises(ValueError, match="add up"):
        resolver.find("limits", limit="x", quantity="additions", group="scrap_route")


def test_low_and_high(mini: DataSet) -> None:
    keys = {"technology": "blast_route", "commodity": "coal", "direction": "input"}
    assert Resolver(mini, "low").value("flows", **keys) == 16
    assert Resolver(mini, "high").value("flows", **keys) == 20


def test_many_points_at_once(resolver: Resolver) -> None:
    points = pd.DataFrame(
        {"technology": ["scrap_route"] * 3, "parameter": ["capital_cost"] * 3, "location": ["East", "West", None]}
    )
    found = resolver.values("technology_parameters", points, [2025, 2035])
    assert found.tolist() == [[3000, 2500], [3300, 3300], [3000, 2500]]


def test_series_of_additive_tables(resolver: Resolver) -> None:
    ((point, series),) = resolver.series("limits")
    assert point == {"limit": "scrap_route_pace", "quantity": "additions", "group": "scrap_route", "location": "Land"}
    assert series.at([2020, 2026, 2035]).tolist() == pytest.approx([0.3, 0.3, 0.6])
    blank = list(resolver.series("market_parameters", market="grid_power", parameter="price", location=None))
    assert [series.values.tolist() for _, series in blank] == [[500.0]]


def series(between: str) -> Series:
    return Series(np.array([2021, 2024]), np.array([1.5, 2.0]), between, (0, 1))


def test_steps_hold_from_their_year(resolver: Resolver) -> None:
    step = series("step")
    assert step.at([2020, 2021, 2023, 2024, 2030]).tolist() == [1.5, 1.5, 1.5, 2.0, 2.0]
    assert np.isnan(step.at([2020], before="none")[0])
    # a step takes effect in the first period that starts at or after its date
    assert step.mean(2022, 5) == 1.5
    assert step.mean(2024, 5) == 2.0


def test_no_rule_between_years_means_the_years_written() -> None:
    found = series("none").at([2021, 2022, 2024, 2025])
    assert found[[0, 2]].tolist() == [1.5, 2.0]
    assert np.isnan(found[[1, 3]]).all()


def test_most_specific_rows_of_a_frame() -> None:
    frame = pd.DataFrame({"location": pd.Series(["Land", "West", None], dtype=object), "value": [1, 2, 3]})
    assert most_specific(frame, ["Port", "West", "Land"])["value"].tolist() == [2]
    assert most_specific(frame, ["East", "Land"])["value"].tolist() == [1]
    assert most_specific(frame, ["Abroad"])["value"].tolist() == [3]


def drive(mini: DataSet, *rows: tuple[str | None, str | None, float]) -> DataSet:
    """The small set with more rows of applicability of variable_drive: host, location, value."""
    keys = {"measure": "variable_drive", "parameter": "applicability", "unit": "1", "source": "mini", "grade": "C"}
    more = [{**keys, "host": host, "location": place, "value": v, "low": v, "high": v} for host, place, v in rows]
    return load(MINI, frames={"measure_parameters": pd.concat([mini["measure_parameters"], pd.DataFrame(more)])})


def test_crossing_rows_need_a_row_where_they_meet(mini: DataSet) -> None:
    with pytest.raises(InputErrors, match="is as specific at host = scrap_route, location = East"):
        drive(mini, ("scrap_route", None, 0.8), (None, "East", 0.7))
    resolver = Resolver(drive(mini, ("scrap_route", None, 0.8), (None, "East", 0.7), ("scrap_route", "East", 0.6)))
    keys = {"measure": "variable_drive", "parameter": "applicability"}
    found = [
        resolver.value("measure_parameters", host=host, location=place, **keys)
        for host, place in (
            ("scrap_route", "East"),
            ("scrap_route", "West"),
            ("blast_route", "East"),
            ("blast_route", None),
        )
    ]
    assert found == [0.6, 0.8, 0.7, 0.9]


def test_nested_places_do_not_cross(mini: DataSet) -> None:
    resolver = Resolver(
        drive(mini, ("scrap_route", "Land", 0.8), ("scrap_route", "East", 0.7), ("blast_route", "East", 0.6))
    )
    keys = {"measure": "variable_drive", "parameter": "applicability", "host": "scrap_route"}
    assert resolver.value("measure_parameters", location="East", **keys) == 0.7
    assert resolver.value("measure_parameters", location="West", **keys) == 0.8


def test_joint_savings() -> None:
    # apart: 2 x 0.5 + 1 x 0.8; in one group: the better first, 0.5 of the host is left for the other
    assert joint_saving([(2.0, 0.5, ()), (1.0, 0.8, ())]) == pytest.approx(1.8)
    assert joint_saving([(2.0, 0.5, ("g",)), (1.0, 0.8, ("g",))]) == pytest.approx(1.5)
    assert joint_saving([(1.0, 0.8, ("g",)), (2.0, 0.9, ("g",)), (5.0, 0.1, ())]) == pytest.approx(2.4)
    assert joint_saving([]) == 0
