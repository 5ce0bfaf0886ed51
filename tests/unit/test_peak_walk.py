"""The curve of peak years is one programme walked warm: the same as fresh cold solves, each compiled by itself."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.conftest import MINI, POLICIES

from peakmix.api import peak_years, prepare
from peakmix.api.peak_years import PeakCurve, peak_curve
from peakmix.foundation.errors import InfeasibleError, UsageError
from peakmix.scenario import Scenario, from_mapping, load
from peakmix.solve.certificate import solve_certified
from peakmix.solve.program import LinearProgram
from peakmix.solve.solution import SolveOptions, Status
from peakmix.solve.switching import Switchboard
from peakmix.tables.dataset import DataSet
from peakmix.tables.loading import load as load_tables

ROOT = Path(__file__).parents[2]


def mini(height: str | None = None) -> Scenario:
    """The small problem under all its policies."""
    peak = {name: value for name, value in POLICIES["peak"].items() if name != "height"} | ({"height": height} if height else {})
    periods = [[2025, 1], [2026, 5], [2031, 5], [2036, 5]]
    spec: dict[str, Any] = {"name": "mini", "data": str(MINI), "horizon": {"periods": periods, "base_period": 2025}}
    return from_mapping(spec | {"policies": POLICIES | {"peak": peak}})


def fresh(scenario: Scenario, tables: DataSet, name: str, rule: str, period: int) -> float:
    """Objective of one peak year, compiled and solved by itself; NaN without a solution."""
    policy = scenario.spec.policies[name].model_copy(update={"year": period, "before": False, "rule": rule})
    spec = scenario.spec.model_copy(update={"policies": {**scenario.spec.policies, name: policy}})
    try:
        solution, certificate = solve_certified(prepare.prepare(replace(scenario, spec=spec), tables, prepare.Timings()).program)
    except InfeasibleError:
        return float("nan")
    assert solution.status is not Status.OPTIMAL or certificate.passed
    return solution.objective


def compared(scenario: Scenario, tables: DataSet, name: str, tolerance: float) -> PeakCurve:
    """The curve, each of its points equal to a fresh solve; NaN where that has none."""
    found = peak_curve(scenario, name, data=tables)
    best = float("inf")
    for period in found.of("B")["period"]:
        alone = {rule: fresh(scenario, tables, name, rule, period) for rule in ("A", "B")}
        best = min(best, alone["B"]) if np.isfinite(alone["B"]) else best
        for rule, wanted in (alone | {"C": best if np.isfinite(best) else float("nan")}).items():
            row = found.of(rule).set_index("period").loc[period]
            assert row["objective"] == pytest.approx(wanted, rel=tolerance, nan_ok=True), (rule, period)
            assert row["certified"] == np.isfinite(wanted)
            assert row["status"] == ("optimal" if np.isfinite(wanted) else "infeasible")
    return found


@pytest.mark.parametrize("height", [None, "5.6 Mtce/yr"])
def test_every_point_equals_a_fresh_solve(height: str | None) -> None:
    """All meanings, all periods, with a height and without, to 1e-10."""
    scenario = mini(height)
    found = compared(scenario, load_tables(scenario.spec.data), "peak", 1e-10)
    assert (found.frame["method"] == "simplex warm").sum() >= 3


@pytest.mark.slow
def test_every_point_of_the_nation_equals_a_fresh_solve() -> None:
    """The national peak case as one place, to 1e-8; peaks after 2030 cannot be met under B and are told so."""
    local = {f"policies.peak_{name}.enabled": False for name in ("hebei_alumina", "yunnan_aluminium")}
    scenario = load(ROOT / "runs" / "scenarios" / "national_peak_2030.yaml", changes={"resolution": "nation"} | local)
    compared(scenario, load_tables(scenario.spec.data), "peak_2030", 1e-8)


def test_one_structure_is_compiled(monkeypatch: pytest.MonkeyPatch) -> None:
    """One for all years and meanings; the model is built once as well."""
    counted: list[str] = []
    for module, name in ((peak_years, "compile_model"), (peak_years, "build_model"), (prepare, "compile_model")):
        plain = getattr(module, name)
        monkeypatch.setattr(module, name, lambda *a, _plain=plain, _name=name: (counted.append(_name), _plain(*a))[1])
    scenario = mini()
    peak_curve(scenario, "peak", data=load_tables(scenario.spec.data))
    assert counted == ["build_model", "compile_model"]


def test_a_rule_that_is_not_held_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Candidates whose rows before the peak are never switched on: the recount objects, the points are not certified."""
    honest = peak_years.candidate
    scenario = mini()
    tables = load_tables(scenario.spec.data)
    monkeypatch.setattr(peak_years, "candidate", lambda p, n, policy, rule, peak: honest(p, n, policy, "A", peak))
    found = peak_curve(scenario, "peak", data=tables)
    assert found.exit_code == 5
    assert found.of("A")["certified"].all()
    assert not found.of("B")["certified"].all()


def board() -> Switchboard:
    """Least of x + y with three rows that can be switched: x >= 1, y >= 2, x + y <= 2."""
    program = LinearProgram.from_dense(
        [1, 1], [[1, 0], [0, 1], [1, 1]], [(1, np.inf), (2, np.inf), (-np.inf, 2)], [(0, 10), (0, 10)]
    )
    return Switchboard(program, ["row"], SolveOptions())


def test_rows_are_switched_by_their_limits() -> None:
    """None: 0; x >= 1: 1; both: 3; both with the ceiling of 2: no solution; back again: 3. One pattern serves all."""
    switches = board()
    objectives = []
    for on in ([], [0], [0, 1], [0, 1, 2], [0, 1], [1, 2]):
        answer = switches.solve({("row", (k,)) for k in on})
        assert answer.certificate.passed == (answer.solution.status is Status.OPTIMAL)
        assert answer.program.pattern is switches.whole.pattern
        objectives.append(answer.solution.objective)
    assert objectives == pytest.approx([0, 1, 3, float("nan"), 3, 2], nan_ok=True)


def test_an_answer_that_is_not_sound_is_sought_again() -> None:
    """The caller's check refuses the first answer: the second comes from a cold solve with tight tolerances."""
    asked: list[str] = []

    def sound(answer: Any) -> bool:
        asked.append(answer.solution.method)
        return len(asked) > 1

    switches = board()
    switches.solve(set())
    answer = switches.solve({("row", (0,))}, sound=sound)
    assert asked == ["simplex warm", "simplex"]
    assert answer.solution.objective == pytest.approx(1)


def test_the_command_writes_the_curves(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Three meanings in the text, one row each and period in the file; an existing file is left alone."""
    from peakmix.cli import peak

    path = tmp_path / "mini.yaml"
    path.write_text(mini().resolved_yaml, encoding="utf-8")
    given: dict[str, Any] = {"policy": None, "csv": tmp_path / "peak.csv", "setting": None, "quiet": True}
    assert peak.main(path, overwrite=False, **given) == 0
    told = capsys.readouterr().out
    assert all(f"rule {rule}, " in told for rule in "ABC")
    assert len((tmp_path / "peak.csv").read_text(encoding="utf-8").splitlines()) == 1 + 3 * 4
    with pytest.raises(UsageError, match="exists"):
        peak.main(path, overwrite=False, **given)
