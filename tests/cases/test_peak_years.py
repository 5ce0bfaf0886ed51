"""Rule C: the cheapest peak year, and what every other one costs, by hand."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem
from tests.cases.test_peak import growing

from peakmix.api.peak_years import PeakCurve, peak_curve
from peakmix.foundation.errors import UsageError
from peakmix.scenario import from_mapping

PERIODS = [[2025, 1], [2026, 1], [2027, 1]]
PEAK = {"instrument": "peak", "indicator": {"quantity": "direct_co2"}}


def curve(problem: Problem, year: int, policy: str | None = None, others: Any = None, **more: Any) -> PeakCurve:
    """Cost by peak year."""
    policies = {"peak": PEAK | {"year": year} | more} | (others or {})
    horizon = {"periods": PERIODS, "discount_rate": 0.0, "timing": 0}
    mapping = {"name": "case", "horizon": horizon, "resolution": "nation", "policies": policies}
    return peak_curve(from_mapping(mapping), policy, data=problem.data())


def test_cost_of_every_peak_year() -> None:
    """Demand 6, 8, 10 at 100 CNY/t is 2,400. A peak in 2025 holds 6 Mt dirty: 2 + 4 Mt clean, 300 more. In 2026: 2 Mt, 100 more.

    In 2027 nothing is in the way. Peak levels are 12, 16 and 20 Mt. Not later than 2026, the cheapest is 2026.
    """
    found = curve(growing(), 2026)
    assert found.frame["objective"].tolist() == pytest.approx([2700, 2500, 2400])
    assert found.frame["extra_cost"].tolist() == pytest.approx([300, 100, 0])
    assert found.frame["peak_level"].tolist() == pytest.approx([12, 16, 20])
    assert found.frame["allowed"].tolist() == [True, True, False]
    assert found.frame["certified"].all()
    assert found.cheapest == 2026
    assert "cheapest in 2026" in found.text


def test_the_cheapest_year_may_come_before_the_stated_one() -> None:
    """Demand 10, 6, 8. A peak in 2025 may fall to 12 Mt and not rise again: 2 Mt clean in 2027, 100 M CNY above 2,400.

    In 2026 (12 Mt) 2025 may not exceed it either: 4 Mt clean, 300 in all. In 2027 (16 Mt) only 2025 is cut, by 2 Mt: 100. With 9 in
    2025 and 7 in 2026 the three cost 50, 150 and 50: 1 Mt in 2027; 2 in 2025 and 1 in 2027; 1 in 2025. Ties go to the first.
    """
    for demand, extra in (({2025: 10, 2026: 6, 2027: 8}, [0, 200, 0]), ({2025: 9, 2026: 7, 2027: 8}, [0, 100, 0])):
        problem = growing()
        problem.rows["demand"].clear()
        found = curve(problem.demand("steel", demand), 2027)
        assert found.frame["extra_cost"].tolist() == pytest.approx(extra, abs=1e-9)
        assert found.frame["objective"].min() == pytest.approx(2400 + (100 if demand[2025] == 10 else 50))
    assert found.cheapest == 2025


def test_a_tax_is_not_a_system_cost() -> None:
    """10 CNY/t of CO2 on what is left: 12 x 3, 12 + 16 x 2, 12 + 16 + 20 Mt; system cost as without the tax."""
    tax = {"instrument": "price", "indicator": {"quantity": "direct_co2"}, "values": 10.0, "unit": "CNY/t"}
    found = curve(growing(), 2027, "peak", {"tax": tax})
    assert found.frame["system_cost"].tolist() == pytest.approx([2700, 2500, 2400])
    assert found.frame["objective"].tolist() == pytest.approx([3060, 2940, 2880])


def test_years_that_cannot_be_met_stay_in_the_table() -> None:
    """A height of 14 Mt and a floor of 8 Mt dirty in 2027 (16 Mt): no peak year can do both; nothing is allowed."""
    floor = {"instrument": "limit", "sense": "lower", "values": "8 Mt/yr", "from_year": 2027}
    floor |= {"indicator": {"quantity": "output", "technologies": ["dirty"]}}
    found = curve(growing(), 2027, "peak", {"floor": floor}, height="14 Mt/yr")
    assert found.cheapest is None
    assert found.frame["status"].str.contains("infeasible", case=False).all()
    assert found.exit_code == 4


def test_which_rule_is_meant() -> None:
    two = {"second": PEAK | {"year": 2026}}
    with pytest.raises(UsageError, match="there are 2: peak, second"):
        curve(growing(), 2026, None, two)
    with pytest.raises(UsageError, match="no peak rule 'third'"):
        curve(growing(), 2026, "third", two)
