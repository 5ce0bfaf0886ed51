"""Levers on tables: selection, set, add and multiply, units, bands, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from peakmix.foundation.errors import InputErrors
from peakmix.scenario import from_mapping
from peakmix.scenario.levers import adjust
from peakmix.tables import DataSet, load

MINI = Path(__file__).resolve().parents[1] / "data" / "mini"


@pytest.fixture(scope="module")
def mini() -> DataSet:
    return load(MINI)


def changed(dataset: DataSet, *adjustments: dict[str, Any]) -> DataSet:
    return adjust(dataset, from_mapping({"horizon": {"periods": [[2025, 1]]}, "adjust": list(adjustments)}))


def rows(dataset: DataSet, table: str, **where: Any) -> pd.DataFrame:
    frame = dataset.tables[table]
    for column, cell in where.items():
        frame = frame[frame[column] == cell]
    return frame


def test_no_adjustment_is_the_same_object(mini: DataSet) -> None:
    assert changed(mini) is mini


def test_multiply_changes_the_selected_rows_and_their_bands(mini: DataSet) -> None:
    after = changed(mini, {"table": "demand", "where": {"variant": "high", "year": 2035}, "multiply": 1.5})
    before = rows(mini, "demand", variant="high", year=2035).iloc[0]
    row = rows(after, "demand", variant="high", year=2035).iloc[0]
    assert row["value"] == pytest.approx(1.5 * before["value"])
    assert (row["low"], row["high"]) == (pytest.approx(1.5 * before["low"]), pytest.approx(1.5 * before["high"]))
    assert "multiplied by 1.5" in row["note"]
    untouched = mini.tables["demand"].index.difference(rows(mini, "demand", variant="high", year=2035).index)
    pd.testing.assert_frame_equal(after.tables["demand"].loc[untouched], mini.tables["demand"].loc[untouched])


def test_the_original_is_left_alone(mini: DataSet) -> None:
    before = mini.tables["stock"].copy()
    changed(mini, {"table": "stock", "multiply": 0.5})
    pd.testing.assert_frame_equal(mini.tables["stock"], before)


def test_set_converts_to_the_unit_of_the_row(mini: DataSet) -> None:
    after = changed(
        mini,
        {"table": "flows", "where": {"technology": "blast_route", "commodity": "electricity"}, "set": "250 kWh/t"},
    )
    row = rows(after, "flows", technology="blast_route", commodity="electricity").iloc[0]
    assert row["unit"] == "MWh/t"
    assert row["value"] == row["low"] == row["high"] == pytest.approx(0.25)


def test_money_of_another_year_is_converted(mini: DataSet) -> None:
    where = {"technology": "blast_route", "parameter": "capital_cost"}
    after = changed(mini, {"table": "technology_parameters", "where": where, "add": "100 CNY2020/(t/yr)"})
    before = rows(mini, "technology_parameters", **where).iloc[0]["value"]
    assert rows(after, "technology_parameters", **where).iloc[0]["value"] == pytest.approx(before + 110)


def test_adjustments_apply_in_order(mini: DataSet) -> None:
    where = {"technology": "blast_route", "parameter": "availability"}
    first = {"table": "technology_parameters", "where": where, "set": 0.8}
    second = {"table": "technology_parameters", "where": where, "multiply": 0.5}
    after = changed(mini, first, second)
    assert rows(after, "technology_parameters", **where).iloc[0]["value"] == pytest.approx(0.4)


def test_all_selects_blank_cells_and_lists_select_several(mini: DataSet) -> None:
    after = changed(
        mini, {"table": "flows", "where": {"location": "all", "commodity": ["coal", "ore"]}, "multiply": 0.9}
    )
    touched = after.tables["flows"]["value"] != mini.tables["flows"]["value"]
    assert set(after.tables["flows"].loc[touched, "commodity"]) == {"coal", "ore"}


@pytest.mark.parametrize(
    ("adjustment", "rule"),
    [
        ({"table": "demnd", "multiply": 1}, "'demand'"),
        ({"table": "sectors", "multiply": 1}, "has a column 'value'"),
        ({"table": "demand", "where": {"yr": 2030}, "multiply": 1}, "'year'"),
        ({"table": "demand", "where": {"year": 2031}, "multiply": 1}, "leaves none"),
        ({"table": "demand", "where": {"commodity": "stel"}, "multiply": 1}, "'steel'"),
        ({"table": "demand", "where": {"year": [2025, 2031]}, "multiply": 1}, "'2031' leaves none"),
        ({"table": "demand", "set": "5 GJ/yr"}, "not convertible"),
        ({"table": "technology_parameters", "where": {"parameter": "availability"}, "multiply": 9}, "lies in 0 to 1.5"),
    ],
)
def test_what_is_refused(mini: DataSet, adjustment: dict[str, Any], rule: str) -> None:
    with pytest.raises(InputErrors, match=rule):
        changed(mini, adjustment)


def test_all_faults_are_told_at_once(mini: DataSet) -> None:
    with pytest.raises(InputErrors) as caught:
        changed(mini, {"table": "demnd", "multiply": 1}, {"table": "demand", "where": {"year": 2031}, "multiply": 1})
    assert len(caught.value.errors) == 2
