"""The aggregation error: spreads of weighted numbers, by hand."""

from __future__ import annotations

import pytest

from peakmix.parameters.aggregation import Spreads


def test_spread_by_hand() -> None:
    """Weights 0.25 and 0.75 of 100 and 200: mean 175, deviations 75 and 25, weighted 37.5, so 37.5 / 175."""
    spreads = Spreads()
    spreads.add("price", "North", [(0.25, 100.0), (0.75, 200.0)])
    assert spreads.found["price", "North"] == pytest.approx(37.5 / 175)
    assert spreads.report()["mean_spread"] == pytest.approx(37.5 / 175)


def test_equal_places_have_none() -> None:
    """The same value everywhere is counted, and has no spread."""
    spreads = Spreads()
    spreads.add("price", "North", [(0.5, 100.0), (0.5, 100.0)])
    spreads.add("price", "South", [(1.0, 50.0)])
    assert spreads.report() == {"weighted": 1, "differing": 0, "mean_spread": 0.0, "largest": []}


def test_largest_come_first() -> None:
    """Two numbers, 10 and 50 % apart on average."""
    spreads = Spreads()
    spreads.add("a", "North", [(0.5, 90.0), (0.5, 110.0)])
    spreads.add("b", "North", [(0.5, 50.0), (0.5, 150.0)])
    assert [row["what"] for row in spreads.report()["largest"]] == ["b", "a"]
    assert spreads.report()["mean_spread"] == pytest.approx((0.1 + 0.5) / 2)
