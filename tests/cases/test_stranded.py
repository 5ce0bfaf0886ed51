"""Stranded value: what is left of the annuities of capacity closed early; the full audit counts it by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.cases.kit import Problem, prepared
from tests.cases.test_finance import DEAR, RATE, YEARS, finance, works

from peakmix.api.running import solve_prepared, variable_values
from peakmix.audit.full import audit


def payments(years: int) -> float:
    """Worth of one yuan at the start of each year at 8 %."""
    return sum(1.08**-k for k in range(years))


def solved(problem: Problem, **more: Any) -> Any:
    result = solve_prepared(prepared(problem, YEARS, RATE, **more), False)
    assert result.certified, result.text
    return result.dataset


def test_new_works_closed_after_a_year() -> None:
    """10 Mt at 1,000 CNY of 2026 close in 2027, one of 20 payments made: 10,000 x P(19) / P(20) = 9,781.5 M in money of 2027."""
    problem = works({2025: 0.0, 2026: 10.0, 2027: 0.0}, fixed_cost=50.0, retire="all")
    ds = solved(problem, salvage="none", policies=finance("6000 MCNY/yr", bank=DEAR))
    expected = 10_000 * payments(19) / payments(20)
    assert expected == pytest.approx(9781.5, abs=0.05)
    assert ds["stranded_value"].sel(technology="new", period=2027).item() == pytest.approx(expected)
    assert float(ds["stranded_value"].sum()) == pytest.approx(expected)
    assert float(ds["stranded_existing"].sum()) == 0


def old_works(**capital: float) -> Problem:
    """10 Mt of 2010 to 2019 that last 20 years, 50 CNY/t to keep; from 2027 on nobody asks for them."""
    problem = Problem().commodity("steel").demand("steel", {2025: 10.0, 2026: 10.0, 2027: 0.0})
    numbers = {"lifetime": 20.0, "fixed_cost": 50.0} | capital
    return problem.technology("old", "steel", retire="existing", new_build=False, **numbers).stock("old", 10, (2010, 2019))


def test_standing_works_closed_early() -> None:
    """Units of 2010 to 2019 have 3 to 12 payments left in 2027: 10 x 800 x mean of P(n) / P(20) over n = 3 .. 12."""
    ds = solved(old_works(capital_cost=800.0))
    expected = 8000 * np.mean([payments(n) / payments(20) for n in range(3, 13)])
    assert ds["stranded_existing"].sel(technology="old", period=2027).item() == pytest.approx(expected)
    assert float(ds["stranded_value"].sum()) == 0


def test_units_past_their_life_have_nothing_left() -> None:
    """Units of 2000 to 2009 last to 2020 .. 2029 and stand through 2025, the base period; in 2027 those of 2008 and 2009 stand.

    Two tenths of 10 Mt close and have 1 and 2 payments left.
    """
    problem = Problem().commodity("steel").demand("steel", {2025: 10.0, 2026: 3.0, 2027: 0.0})
    numbers = {"lifetime": 20.0, "fixed_cost": 50.0, "capital_cost": 800.0}
    problem.technology("old", "steel", retire="existing", new_build=False, **numbers).stock("old", 10, (2000, 2009))
    ds = solved(problem, base=2025)
    alive = float(ds["early_retirement"].sum())
    expected = 800 * (payments(1) + payments(2)) / payments(20)
    assert alive == pytest.approx(2)
    assert float(ds["stranded_existing"].sum()) == pytest.approx(expected)


def test_a_value_that_is_not_right_is_seen() -> None:
    """The audit counts payments unit by unit; a reported value that is one percent off, or missing, fails it."""
    ready = prepared(old_works(capital_cost=800.0), YEARS, RATE)
    result = solve_prepared(ready, False)
    found = {("Here", "old", 2027): float(result.dataset["stranded_existing"].sel(technology="old", period=2027).sum())}
    from peakmix.solve.certificate import solve_certified

    solution, _ = solve_certified(ready.program)
    values = variable_values(ready, solution.x)
    for reported, passes in ((found, True), ({k: 1.01 * v for k, v in found.items()}, False), ({}, False)):
        report = audit(ready.data, ready.scenario, values, solution.objective, {}, stranded=({}, reported))
        assert report.passed is passes
