"""Scenarios without a solution, told in policy words: hand-solved shortfalls, split over periods, answers alone, exit code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.cases.kit import Problem, prepared
from tests.cases.test_swap import fleet

from peakmix.api.conflict import ConflictError
from peakmix.api.running import solve_prepared
from peakmix.cli.main import app
from peakmix.foundation.errors import InfeasibleError

DATA = Path(__file__).resolve().parents[1] / "data"
DIRECT = {"quantity": "direct_co2"}
YEARS = [[2025, 1], [2026, 5]]


def works(**numbers: Any) -> Problem:
    """10 Mt/yr of steel from works with 2 t of CO2 a tonne; 12 Mt/yr stand."""
    problem = Problem().commodity("steel").technology("works", "steel", co2=2.0, new_build=False, variable_cost=100.0, **numbers)
    return problem.stock("works", 12).demand("steel", 10)


def failed(problem: Problem, policies: dict[str, Any], periods: Any = None, **spec: Any) -> InfeasibleError:
    """The error of a run."""
    with pytest.raises(InfeasibleError) as raised:
        solve_prepared(prepared(problem, periods or YEARS, policies=policies, **spec), False)
    assert raised.value.exit_code == 4
    return raised.value


def limit(level: str, **more: Any) -> dict[str, Any]:
    """A limit on direct CO2."""
    return {"instrument": "limit", "indicator": DIRECT, "values": level} | more


def test_impossible_cap() -> None:
    """10 Mt at 2 t: 20 Mt/yr against 15, in both periods; nothing else can give way."""
    error = failed(works(), {"cap": limit("15 Mt/yr")})
    assert isinstance(error, ConflictError)
    assert error.conflict == ("cap",)
    assert error.table["needed"].tolist() == pytest.approx([20, 20])
    assert error.table["bound"].tolist() == [15, 15]
    assert error.table["period"].tolist() == [2025, 2026]
    assert error.table["unit"].tolist() == ["Mt/yr", "Mt/yr"]
    assert "cap alone cannot be met." in str(error)
    assert "cap (limit), 2026: at most 20 instead of 15 Mt/yr (33.33%)" in str(error)


def test_intensity_in_its_own_unit() -> None:
    """2 t/t against 1.5 t/t: the bound itself has to be 2, whatever the output is."""
    rule = limit("1.5 t/t", kind="intensity", denominator={"quantity": "output"})
    error = failed(works(), {"rate": rule})
    assert isinstance(error, ConflictError)
    assert error.table["needed"].tolist() == pytest.approx([2, 2])
    assert error.table["bound"].tolist() == pytest.approx([1.5, 1.5])


def test_missing_technology_names_product_place_and_period() -> None:
    """Nothing makes glass: demand is named, with 0 in its place; no policy is at fault."""
    error = failed(works().commodity("glass").demand("glass", {2025: 0.0, 2026: 3.0}), {"cap": limit("30 Mt/yr")})
    assert "Cannot be met even without any policy: demand of glass in Here, 2026." in str(error)
    assert "a diagnosis, not a proposal" in str(error)


def test_works_that_end_leave_demand_unmet() -> None:
    """The works of 2020 end after six years, nothing may be built: the demand of 2026 cannot be met in full."""
    error = failed(works(lifetime=6.0), {})
    assert "demand of steel in Here, 2026" in str(error)
    assert "demand of steel in Here, 2025" not in str(error)


def test_swap_deadlock() -> None:
    """Old works end in 2026 without credit, so that 9 Mt/yr of new ones lack quota: 9 short, or 11.25 credits at 1.25.

    What gives least: the row that ties building to quota, 9 Mt/yr.
    """
    swap = {"instrument": "swap", "rule": "r125", "group": "works", "from_year": 2026, "natural_credit": 0.0}
    error = failed(fleet(demand=9.0, old_life=6.0), {"swap": swap}, [[2025, 1], [2026, 1]], salvage="none")
    assert isinstance(error, ConflictError)
    assert error.conflict == ("swap",)
    assert error.table["change"].sum() == pytest.approx(9)
    assert "short by 9 Mt/yr" in str(error)


def test_budget_too_small() -> None:
    """20 Mt/yr over six years is 120 Mt against 100."""
    error = failed(works(), {"budget": limit("100 Mt", span="horizon")})
    assert "budget (budget), the horizon: at most 120 instead of 100 Mt (20.00%)" in str(error)


def test_quota_below_minimum_load() -> None:
    """12 Mt/yr at a least use of 0.5 make 6 Mt/yr; a quota of 4 on their output needs 2 more, whatever demand is."""
    problem = works(minimum_utilisation=0.5).market("import", "steel", 500.0).market("export", "steel", 50.0, "sell")
    quota = {"instrument": "limit", "indicator": {"quantity": "output", "technologies": ["works"]}, "values": "4 Mt/yr"}
    error = failed(problem, {"quota": quota})
    assert isinstance(error, ConflictError)
    assert error.table["needed"].tolist() == pytest.approx([6, 6])


def test_two_policies_and_each_alone() -> None:
    """Output at least 8 makes 16 Mt of CO2 against 12: the cap gives 4, or the floor 2; with imports either helps alone."""
    output = {"quantity": "output", "technologies": ["works"]}
    floor = {"instrument": "limit", "indicator": output, "sense": "lower", "values": "8 Mt/yr"}
    error = failed(works().market("import", "steel", 500.0), {"cap": limit("12 Mt/yr"), "floor": floor}, [[2025, 1]])
    assert isinstance(error, ConflictError)
    assert error.conflict == ("cap", "floor")
    assert error.diagnosis.alone["cap"].amounts == pytest.approx({"policy_limit": 4})
    assert error.diagnosis.alone["floor"].amounts == pytest.approx({"policy_limit": 2})
    assert "floor: by 2 Mt/yr (limit) in all" in str(error)


def test_a_policy_that_cannot_help_alone() -> None:
    """Imports at most 1 and output at most 2 leave 7 of 10 Mt unmet; a cap of 2 on CO2 allows 1 Mt of output more narrowly.

    Output may rise to 9 only if the cap gives way as well, so the quota cannot help alone; imports can, by 8: 10 = 9 + 1.
    """
    quota = {"instrument": "limit", "indicator": {"quantity": "output", "technologies": ["works"]}, "values": "2 Mt/yr"}
    bought = {"instrument": "limit", "indicator": {"quantity": "purchases", "commodity": ["steel"]}, "values": "1 Mt/yr"}
    policies = {"quota": quota, "imports": bought, "cap": limit("2 Mt/yr")}
    error = failed(works().market("import", "steel", 500.0), policies, [[2025, 1]])
    assert isinstance(error, ConflictError)
    assert "imports" in error.conflict
    assert error.diagnosis.alone["imports"].amounts == pytest.approx({"policy_limit": 8})
    other = next(name for name in error.conflict if name != "imports")
    assert error.diagnosis.alone[other].amounts is None
    assert f"{other}: cannot restore a solution alone" in str(error)


def test_a_base_period_without_a_solution_says_what_is_at_fault() -> None:
    """A cap relative to a base period whose demand of 20 exceeds a stock of 12: demand is named before any policy."""
    problem = works()
    problem.rows["demand"].clear()
    share = limit("1", kind="relative_to_base") | {"values": 0.9}
    error = failed(problem.demand("steel", 20), {"cap": share}, base=2025)
    assert "the base period has no solution by itself" in str(error)
    assert "demand of steel in Here, 2025" in str(error)


def test_command_line_ends_with_code_four(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`peakmix run` and `peakmix explain` say why, and nothing is written."""
    scenario = tmp_path / "tight.yaml"
    scenario.write_text(
        f"name: tight\ndata: {DATA / 'mini'}\nhorizon: {{periods: [[2025, 1], [2026, 5]], base_period: 2025}}\n"
        "policies:\n  cap: {instrument: limit, indicator: {quantity: direct_co2}, values: '1 Mt/yr'}\n",
        encoding="utf-8",
    )
    for command in (["run", str(scenario), "--out", str(tmp_path), "--quiet"], ["explain", str(scenario), "--quiet"]):
        with pytest.raises(SystemExit) as ended:
            app(command, prog_name="peakmix")
        assert ended.value.code == 4
        told = capsys.readouterr().err
        assert "cap alone cannot be met" in told
        assert "cap (limit), 2026: at most" in told
    assert not list(tmp_path.glob("*.nc"))
