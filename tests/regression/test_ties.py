"""The national case has many answers of least cost; the declared one comes out of every method, certified and audited twice."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr

from peakmix.analysis.difference import Difference, compare
from peakmix.api.prepare import Timings, prepare, read
from peakmix.api.running import RunResult, solve_prepared
from peakmix.scenario import with_changes

REFERENCE = Path(__file__).parents[2] / "runs" / "scenarios" / "national_reference.yaml"
CHANGES = {"simplex": "simplex", "interior": "ipm"}
DECISIONS = ("activity", "new_capacity", "capacity_by_vintage", "early_retirement", "adopted", "market_volume", "ledger")


@pytest.fixture(scope="module")
def runs() -> dict[str, RunResult]:
    """National reference as one place: by simplex, by interior point, and by simplex with ties left as they fall."""
    scenario, data = read(REFERENCE, timings := Timings(), {"resolution": "nation"})
    ready = prepare(scenario, data, timings)
    found = {}
    for name, method in CHANGES.items():
        ready.scenario = with_changes(scenario, {"solver.method": method})
        found[name] = solve_prepared(ready, False)
    ready.scenario = with_changes(scenario, {"solver.tie_break": False})
    found["off"] = solve_prepared(ready, False)
    return found


def difference(a: RunResult, b: RunResult) -> Difference:
    return compare(a.dataset, b.dataset)


@pytest.mark.slow
def test_both_methods_give_one_mix(runs: dict[str, RunResult]) -> None:
    a, b = (runs[name].dataset for name in CHANGES)
    assert [runs[name].certified for name in runs] == [True] * 3
    assert a.attrs["solver_method"] != b.attrs["solver_method"]
    assert [x.attrs["tie_break"] for x in (a, b)] == ["on", "on"]
    assert [x.attrs["optimum_unique"] for x in (a, b)] == ["no", "no"]
    for name in DECISIONS:
        np.testing.assert_allclose(a[name].values, b[name].values, rtol=1e-9, atol=1e-9, err_msg=name)
    xr.testing.assert_allclose(a["cost"], b["cost"], rtol=1e-9, atol=1e-6)


@pytest.mark.slow
def test_cost_is_that_of_the_first_answer(runs: dict[str, RunResult]) -> None:
    first = float(runs["off"].dataset["objective"])
    assert abs(float(runs["simplex"].dataset["objective"]) - first) <= 1e-9 * abs(first)


@pytest.mark.slow
def test_a_run_solved_the_other_way_does_not_differ(runs: dict[str, RunResult]) -> None:
    found = difference(runs["simplex"], runs["interior"])
    assert found.notes == ()
    assert not len(found.settings)
    assert not len(found.inputs)
    assert not len(found.mix)
    assert not len(found.policies)
    assert float(found.cost["difference"].abs().max()) <= 1e-9 * abs(float(runs["simplex"].dataset["objective"]))


@pytest.mark.slow
def test_without_a_tie_break_the_comparison_warns(runs: dict[str, RunResult]) -> None:
    notes = " ".join(difference(runs["simplex"], runs["off"]).notes)
    assert "B may not be unique: ties were not broken" in notes
    assert "A may not" not in notes
