"""Rules on coverage: so much of the output carries a measure, whatever it saves.

Ten tonnes of steel take a tonne of coal each, at 40 CNY/t. Recovery saves 0.2 t for 20 CNY per t/yr in the one year there is: 8 are
won, 20 paid, so nobody wants it; 12 CNY a tonne is what a tonne more of coverage costs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from tests.cases.kit import Problem, infeasible, solve

from peakmix.api.running import variable_values
from peakmix.audit.full import audit
from peakmix.foundation.errors import InputErrors
from peakmix.results.quick_audit import quick_audit

SAVES = {("coal", "saves_input"): 0.2}
YEAR = [[2025, 1]]


def works(applicability: float = 1.0) -> Problem:
    """An old and a new furnace of five tonnes each; both may be fitted."""
    problem = Problem().commodity("steel").commodity("coal", "energy", co2_content=2.5).demand("steel", 10.0)
    problem.market("coal", "coal", 40.0)
    for name in ("old", "new"):
        problem.technology(name, "steel", inputs={"coal": 1.0}, new_build=False).stock(name, 5)
        problem.measure("recovery", name, SAVES, capital_cost=20.0, applicability=applicability)
    return problem


def covered(share: float, **more: Any) -> dict[str, Any]:
    """At least this share of the output carries recovery."""
    rule: dict[str, Any] = {"instrument": "limit", "kind": "intensity", "sense": "lower", "values": share}
    rule |= {"indicator": {"quantity": "adopted", "measures": ["recovery"]}, "denominator": {"quantity": "output"}}
    return {"coverage": rule | more}


def test_a_tonne_of_coverage_costs_what_the_measure_does_not_save() -> None:
    case = solve(works(), YEAR, salvage="none", policies=covered(0.4))
    assert case.total("adopted") == pytest.approx(4.0)
    assert case.objective == pytest.approx(10 * 40 + 4 * 12)
    assert case.annual_price("policy_limit", "coverage", 2025, period=2025) == pytest.approx(12.0)
    assert case.certified


def test_technologies_name_the_hosts() -> None:
    """Half of the old furnace's five tonnes; the new one stays as it is."""
    case = solve(works(), YEAR, salvage="none", policies=covered(0.5, technologies=["old"]))
    assert case("adopted", "Here", "recovery", "old", 2025) == pytest.approx(2.5)
    assert case.objective == pytest.approx(400 + 2.5 * 12)


def test_no_more_than_is_applicable() -> None:
    assert infeasible(works(0.3), YEAR, salvage="none", policies=covered(0.4))


def test_both_audits_see_what_is_missing() -> None:
    """A tonne less of coverage in a copy, all else left as it is."""
    case = solve(works(), YEAR, salvage="none", policies=covered(0.4))
    ready, x = case.prepared, case.solution.x.copy()
    span = ready.program.cols.span("adopted")
    place = span.start + int(x[span].argmax())
    for moved, said in ((0.0, False), (-1.0, True)):
        x[place] += moved
        solution = replace(case.solution, values=replace(case.solution.values, x=x))
        quick = quick_audit(ready.parameters, None, ready.program, solution)
        assert any(text.startswith("policies") for text in quick.failures()) is said
        full = audit(ready.data, ready.scenario, variable_values(ready, x), case.objective, ready.base_values)
        assert any(check.name.startswith("policy limit") for check in full.failed) is said


def test_it_names_its_measures() -> None:
    with pytest.raises(InputErrors, match="quantity adopted needs measures"):
        solve(works(), YEAR, policies=covered(0.4, indicator={"quantity": "adopted"}))
