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


def curve(
    problem: Problem, year: int, policy: str | None = None, others: Any = None, periods: Any = PERIODS, **more: Any
) -> PeakCurve:
    """Cost by peak year."""
    policies = {"peak": PEAK | {"year": year} | more} | (others or {})
    horizon = {"periods": periods, "discount_rate": 0.0, "timing": 0}
    mapping = {"name": "case", "horizon": horizon, "resolution": "nation", "policies": policies}
    return peak_curve(from_mapping(mapping), policy, data=problem.data())


def test_cost_of_every_peak_year() -> None:
    """Demand 6, 8, 10 at 100 CNY/t is 2,400. A peak in 2025 holds 6 Mt dirty: 2 + 4 Mt clean, 300 more. In 2026: 2 Mt, 100 more.

    In 2027 nothing is in the way. Peak levels are 12, 16 and 20 Mt. Not later than 2026, the cheapest is 2026.
    """
    found = curve(growing(), 2026)
    own = found.of("B")
    assert own["objective"].tolist() == pytest.approx([2700, 2500, 2400])
    assert own["extra_cost"].tolist() == pytest.approx([300, 100, 0])
    assert own["peak_level"].tolist() == pytest.approx([12, 16, 20])
    assert own["allowed"].tolist() == [True, True, False]
    assert found.frame["certified"].all()
    assert found.cheapest == 2026
    assert "cheapest in 2026" in found.text


def test_price_of_a_year_earlier_and_what_is_emitted_in_all() -> None:
    """As above: from 2027 to 2026 the peak costs 100 more, from 2026 to 2025 another 200, under each meaning.

    Emitted in all: 12 + 12 + 12 with the peak in 2025, 12 + 16 + 16 in 2026, 12 + 16 + 20 in 2027; demand grows, so that no
    earlier year is above the peak, and each later year allowed is cheaper: A, B and C are one curve.
    """
    found = curve(growing(), 2026)
    for rule in ("A", "B", "C"):
        own = found.of(rule)
        assert own["objective"].tolist() == pytest.approx([2700, 2500, 2400])
        assert own["year_earlier"].tolist()[1:] == pytest.approx([200, 100])
        assert own["cumulative"].tolist() == pytest.approx([36, 44, 48])
        assert set(own["cumulative_unit"]) == {"Mt"}
        assert own["peaks_in"].tolist() == [2025, 2026, 2027]


def test_long_periods_count_their_years() -> None:
    """Periods of 1, 4 and 5 years from 2025, 2026 and 2030; demand 6, 8, 10 from their first years on, held inside.

    A peak in 2025: 2 x 4 + 4 x 5 = 28 Mt clean, 1,400; in 2026: 2 x 5 = 10, 500. Four years earlier costs 500 / 4 a year, one
    more 900. Emitted 12 + 12 x 9, 12 + 16 x 4 + 16 x 5, 12 + 16 x 4 + 20 x 5.
    """
    problem = growing()
    problem.rows["demand"].clear()
    years = {2025: 6.0} | dict.fromkeys(range(2026, 2030), 8.0) | dict.fromkeys(range(2030, 2035), 10.0)
    own = curve(problem.demand("steel", years), 2030, periods=[[2025, 1], [2026, 4], [2030, 5]]).of("B")
    assert own["extra_cost"].tolist() == pytest.approx([1400, 500, 0])
    assert own["year_earlier"].tolist()[1:] == pytest.approx([900, 125])
    assert own["cumulative"].tolist() == pytest.approx([120, 156, 176])
    assert own["last_year"].tolist() == [2025, 2029, 2034]


def test_the_cheapest_year_may_come_before_the_stated_one() -> None:
    """Demand 10, 6, 8. A peak in 2025 may fall to 12 Mt and not rise again: 2 Mt clean in 2027, 100 M CNY above 2,400.

    In 2026 (12 Mt) 2025 may not exceed it either: 4 Mt clean, 300 in all. In 2027 (16 Mt) only 2025 is cut, by 2 Mt: 100. With 9 in
    2025 and 7 in 2026 the three cost 50, 150 and 50: 1 Mt in 2027; 2 in 2025 and 1 in 2027; 1 in 2025. Ties go to the first.

    Under A nothing binds before the peak: 2026 costs what 2025 does, 2027 nothing. Under C the cheapest is that of 2025 in every
    row: the peak that a later year allows is no cheaper, so a year earlier costs nothing, while under B it is -200 and 200.
    """
    for demand, step in (({2025: 10, 2026: 6, 2027: 8}, 100.0), ({2025: 9, 2026: 7, 2027: 8}, 50.0)):
        problem = growing()
        problem.rows["demand"].clear()
        found = curve(problem.demand("steel", demand), 2027)
        assert found.of("A")["objective"].tolist() == pytest.approx([2400 + step, 2400 + step, 2400])
        assert found.of("B")["objective"].tolist() == pytest.approx([2400 + step, 2400 + 3 * step, 2400 + step])
        assert found.of("B")["extra_cost"].tolist() == pytest.approx([0, 2 * step, 0], abs=1e-9)
        assert found.of("B")["year_earlier"].tolist()[1:] == pytest.approx([-2 * step, 2 * step])
        assert found.of("C")["objective"].tolist() == pytest.approx([2400 + step] * 3)
        assert found.of("C")["year_earlier"].tolist()[1:] == pytest.approx([0, 0], abs=1e-9)
        assert found.of("C")["peaks_in"].tolist() == [2025, 2025, 2025]
        assert found.cheapest == 2025


def test_a_plateau_after_the_peak() -> None:
    """25 % above the peak allowed until 2027: a peak in 2025 (12 Mt) leaves 15 Mt in 2026 and 2027: 0.5 and 2.5 Mt clean, 150.

    A peak in 2026 (16 Mt) leaves 20 Mt: nothing is in the way.
    """
    found = curve(growing(), 2026, plateau={"until": 2027, "tolerance": 0.25})
    for rule in ("A", "B"):
        assert found.of(rule)["extra_cost"].tolist() == pytest.approx([150, 0, 0], abs=1e-9)
    assert found.frame["certified"].all()


def test_a_tax_is_not_a_system_cost() -> None:
    """10 CNY/t of CO2 on what is left: 12 x 3, 12 + 16 x 2, 12 + 16 + 20 Mt; system cost as without the tax."""
    tax = {"instrument": "price", "indicator": {"quantity": "direct_co2"}, "values": 10.0, "unit": "CNY/t"}
    found = curve(growing(), 2027, "peak", {"tax": tax})
    assert found.of("B")["system_cost"].tolist() == pytest.approx([2700, 2500, 2400])
    assert found.of("B")["objective"].tolist() == pytest.approx([3060, 2940, 2880])


def test_years_that_cannot_be_met_stay_in_the_table() -> None:
    """A height of 14 Mt and a floor of 8 Mt dirty in 2027 (16 Mt): no peak year can do both; nothing is allowed."""
    floor = {"instrument": "limit", "sense": "lower", "values": "8 Mt/yr", "from_year": 2027}
    floor |= {"indicator": {"quantity": "output", "technologies": ["dirty"]}}
    found = curve(growing(), 2027, "peak", {"floor": floor}, height="14 Mt/yr")
    assert found.cheapest is None
    assert found.frame["status"].str.contains("infeasible", case=False).all()
    assert found.exit_code == 4


def test_some_years_cannot_be_met() -> None:
    """At least 8 Mt dirty in 2027, and no height: a peak in 2025 (12 Mt) is impossible, in 2026 it needs 16 Mt, which it has.

    B and C start in 2026; a year earlier has no price there.
    """
    floor = {"instrument": "limit", "sense": "lower", "values": "8 Mt/yr", "from_year": 2027}
    floor |= {"indicator": {"quantity": "output", "technologies": ["dirty"]}}
    found = curve(growing(), 2026, "peak", {"floor": floor})
    for rule in ("A", "B", "C"):
        own = found.of(rule)
        assert own["status"].tolist() == ["infeasible", "optimal", "optimal"]
        assert own["objective"].tolist()[1:] == pytest.approx([2500, 2400])
        assert own["year_earlier"].isna().tolist() == [True, True, False]
    assert (found.cheapest, found.exit_code) == (2026, 0)


def test_which_rule_is_meant() -> None:
    two = {"second": PEAK | {"year": 2026}}
    with pytest.raises(UsageError, match="there are 2: peak, second"):
        curve(growing(), 2026, None, two)
    with pytest.raises(UsageError, match="no peak rule 'third'"):
        curve(growing(), 2026, "third", two)
