"""Sweeps: members of one compilation equal fresh builds, whatever varies; failures are kept; any order and number of workers."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import yaml

from peakmix.api.prepare import Timings, prepare
from peakmix.api.sweeping import Sweep
from peakmix.scenario.levers import adjust
from peakmix.solve.highs import solve
from peakmix.sweep.cube import assemble
from peakmix.sweep.engine import Engine
from peakmix.sweep.plan import Plan
from peakmix.sweep.running import status
from peakmix.sweep.workers import Worker, _give

SMALL = Path(__file__).resolve().parents[1] / "data" / "small"
BASE: dict[str, Any] = {
    "data": str(SMALL),
    "horizon": {"periods": [[2025, 1], [2026, 4], [2030, 6], [2036, 5]], "base_period": 2025},
    "policies": {
        "tax": {"instrument": "price", "indicator": {"quantity": "direct_co2"}, "values": {2026: 60, 2040: 90}},
        "cap": {
            "instrument": "limit",
            "indicator": {"quantity": "direct_co2"},
            "kind": "relative_to_base",
            "values": {2026: 0.98, 2040: 0.6},
            "slack_price": "1100 CNY2023/t",
        },
        "swap": {"instrument": "swap", "rule": "iron_swap", "group": "ironmaking", "from_year": 2026},
    },
}

MINI: dict[str, Any] = {
    "data": str(SMALL.parent / "mini"),
    "horizon": {"periods": [[2025, 1], [2026, 5], [2031, 5], [2036, 5]], "base_period": 2025},
    "policies": {
        "swap": {
            "instrument": "swap",
            "rule": "steel_swap",
            "group": "steelmaking",
            "cases": {"scrap_route": "scrap_route"},
            "from_year": 2026,
        }
    },
}
"""A data set in which the swap rule binds."""


def factor(*values: float, **target: Any) -> dict[str, Any]:
    return {**target, "action": "multiply", "list": list(values)}


def table(name: str, *values: float, **where: Any) -> dict[str, Any]:
    return factor(*values, table=name, where=where)


KINDS: dict[str, dict[str, Any]] = {
    "carbon_price": {"tax": factor(0.0, 0.5, 1.0, 3.0, field="policies.tax.values")},
    "cap": {"cap": factor(0.7, 0.85, 1.0, field="policies.cap.values")},
    "fuel_price": {"coal": table("market_parameters", 0.7, 1.0, 1.6, market="coal_supply", parameter="price")},
    "demand": {"steel": table("demand", 0.97, 1.0, 1.02, commodity="hot_metal")},
    "variant": {"variant": {"field": "demand_variant", "list": ["low", "reference", "high"]}},
    "capital_cost": {"furnace": table("technology_parameters", 0.6, 1.4, technology="arc_furnace", parameter="capital_cost")},
    "recipe": {"power": table("flows", 0.9, 1.1, technology="arc_furnace", commodity="electricity")},
    "swap_ratio": {"ratio": table("swap_ratios", 1.0, 3.0, rule="steel_swap")},
    "availability": {"ready": table("technology_parameters", 0.98, 1.02, technology="arc_furnace", parameter="availability")},
    "discount_rate": {"rate": {"field": "horizon.discount_rate", "list": [0.02, 0.05, 0.08]}},
    "mixed": {
        "tax": factor(0.5, 2.0, field="policies.tax.values"),
        "rate": {"field": "horizon.discount_rate", "list": [0.03, 0.07]},
        "coal": table("market_parameters", 0.8, 1.3, market="coal_supply", parameter="price"),
    },
}


def sweep(folder: Path, axes: dict[str, Any], base: dict[str, Any] = BASE, store: str = "store", **more: Any) -> Sweep:
    """A sweep of the small data set."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "base.yaml").write_text(yaml.safe_dump(base), encoding="utf-8")
    (folder / "sweep.yaml").write_text(yaml.safe_dump({"base": "base.yaml", "axes": axes} | more), encoding="utf-8")
    return Sweep(folder / "sweep.yaml", folder / store)


def fresh_objective(made: Sweep, member: int) -> float:
    """The optimum of a member built by itself."""
    scenario = made.source.scenario(member)
    return solve(prepare(scenario, adjust(made.derive.data, scenario), Timings()).program).objective


def collected(made: Sweep) -> xr.Dataset:
    return assemble(made.folder, made.plan())


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_objectives_equal_fresh_builds(kind: str, tmp_path: Path) -> None:
    made = sweep(tmp_path, KINDS[kind], MINI if kind == "swap_ratio" else BASE)
    plan = made.plan()
    assert len(plan.structures) == 1
    done = made.run()
    assert (done.done, done.failed) == (len(plan.members), 0), status(made.folder, plan)
    cube = collected(made)
    for member, objective in enumerate(cube["objective"].values):
        assert objective == pytest.approx(fresh_objective(made, member), rel=1e-10, abs=1e-7)
    assert cube["certified"].values.all()
    assert len(np.unique(cube["objective"].values.round(9))) == len(plan.members)
    assert float(abs(cube["cost"].sum(["cost_component", "cost_place", "period"]) / cube["objective"] - 1).max()) < 1e-9


def test_what_changes_index_sets_makes_structures(tmp_path: Path) -> None:
    axes = {
        "life": {
            "table": "technology_parameters",
            "where": {"technology": "arc_furnace", "parameter": "lifetime"},
            "list": [22.0, 25.0],
        },
        "tax": factor(1.0, 2.0, field="policies.tax.values"),
    }
    made = sweep(tmp_path, axes)
    assert [len(s.members) for s in made.plan().structures] == [2, 2]
    made.run()
    cube = collected(made)
    for member in range(4):
        assert cube["objective"].values[member] == pytest.approx(fresh_objective(made, member), rel=1e-10)


def test_failed_members_are_data(tmp_path: Path) -> None:
    base = yaml.safe_load(yaml.safe_dump(BASE))
    base["policies"]["cap"] = {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "values": {2026: 20.0}}
    made = sweep(tmp_path, {"cap": {"field": "policies.cap.values.2026", "list": [0.01, 30.0, 40.0]}}, base)
    done = made.run()
    assert done.failed == 1
    cube = collected(made)
    assert cube["status"].values.tolist() == ["infeasible", "optimal", "optimal"]
    assert "cap" in cube["reason"].values[0]
    assert np.isnan(cube["objective"].values).tolist() == [True, False, False]
    assert np.isnan(cube["activity"].values[0]).all()
    counts, failures = status(made.folder, made.plan())
    assert counts == {"optimal": 2, "infeasible": 1}
    assert failures[0][0] == "sweep-0001"


def test_any_number_of_workers_gives_the_same_values(tmp_path: Path) -> None:
    axes = {"tax": {"field": "policies.tax.values", "action": "multiply", "range": {"from": 0.0, "to": 3.0, "count": 24}}}
    one, two = sweep(tmp_path, axes, store="one"), sweep(tmp_path, axes, store="two")
    assert len(one.plan().chunks) == 8
    one.run()
    two.run(jobs=3)
    xr.testing.assert_identical(collected(one), collected(two))


def test_structures_are_compiled_by_the_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Several structures: no compilation in the parent, each worker stays with its structure, the values are the same."""
    life = {"table": "technology_parameters", "where": {"technology": "arc_furnace", "parameter": "lifetime"}}
    axes = {"life": life | {"list": [20.0, 22.0, 25.0]}, "tax": factor(0.5, 1.0, 2.0, field="policies.tax.values")}
    one, two = sweep(tmp_path, axes, store="one"), sweep(tmp_path, axes, store="two")
    one.run()
    plan, made = two.plan(), tmp_path / "made"
    made.mkdir()
    engine = Sweep.engine

    def noted(self: Sweep, plan: Plan, place: int) -> Engine:
        (made / f"{os.getpid()}-{place}-{time.monotonic_ns()}").touch()
        return engine(self, plan, place)

    monkeypatch.setattr(Sweep, "engine", noted)
    done = two.run(jobs=2)
    assert (done.done, done.failed) == (len(plan.members), 0)
    compiled = [tuple(path.name.split("-")[:2]) for path in made.iterdir()]
    assert {place for _, place in compiled} == {"0", "1", "2"}
    assert str(os.getpid()) not in {process for process, _ in compiled}
    assert len({process for process, _ in compiled}) == 2
    xr.testing.assert_identical(collected(one), collected(two))
    for layout in two.folder.glob("layout-*"):
        layout.unlink()
    two.run(jobs=2)
    xr.testing.assert_identical(collected(one), collected(two))


def test_a_worker_stays_with_its_group() -> None:
    worker, other = Worker(None, Pipe()), Worker(None, Pipe(), group="b")
    waiting, tried = ["c2", "b2", "a2", "b1", "a1"], dict.fromkeys(["a1", "a2", "b1", "b2", "c2"], 0)
    taken = []
    while waiting:
        _give(worker, waiting, tried, lambda chunk: chunk[0], [worker, other])
        taken.append(worker.chunk)
    assert taken == ["a1", "a2", "c2", "b1", "b2"]


class Pipe:
    """Takes what is sent."""

    def send(self, chunk: str) -> None:
        self.last = chunk


def test_gradient_is_the_slope_of_the_optimum(tmp_path: Path) -> None:
    made = sweep(tmp_path, {"tax": factor(1.0, 1.0001, field="policies.tax.values")})
    made.run()
    cube = collected(made)
    step = cube["lever_value"].values[1] - cube["lever_value"].values[0]
    gained = float(cube["objective"][1] - cube["objective"][0])
    ends = sorted(float(cube["gradient"].values[k] @ step) for k in (0, 1))
    assert ends[0] - 1e-6 <= gained <= ends[1] + 1e-6


@pytest.mark.parametrize("fails", [1, 2, 3])
def test_a_member_that_fails_its_audit_is_solved_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails: int) -> None:
    """The solver may pass what the audit does not: solved on with fresh factors, then anew with presolve, then without."""
    from peakmix.results.recount.many import QuickAudits
    from peakmix.solve.living import LivingModel
    from peakmix.sweep import walking

    honest, tightly, again, solved = QuickAudits.worst, walking.solve_tightly, LivingModel.again, []
    real, seen = walking.quick_audit, []

    def doubtful(self: Any, *arguments: Any) -> Any:
        return honest(self, *arguments) + 1.0

    def anew(program: Any, options: Any, presolve: bool) -> Any:
        solved.append("presolve" if presolve else "no presolve")
        return tightly(program, options, presolve)

    def on(self: Any) -> Any:
        solved.append("again")
        return again(self)

    def first_fail(*arguments: Any) -> Any:
        seen.append(1)
        answer = real(*arguments)
        monkeypatch.setattr(type(answer), "passed", property(lambda self: len(seen) > fails))
        return answer

    monkeypatch.setattr(QuickAudits, "worst", doubtful)
    monkeypatch.setattr(walking, "solve_tightly", anew)
    monkeypatch.setattr(LivingModel, "again", on)
    monkeypatch.setattr(walking, "quick_audit", first_fail)
    done = sweep(tmp_path, {"tax": factor(1.0, field="policies.tax.values")}).run()
    assert done.failed == 0
    assert solved == ["again", "presolve", "no presolve"][:fails]


def test_far_from_the_first_basis_a_large_structure_starts_cold(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A twentieth of the path away the first basis is taken, at the end of the path it is not; small programmes always take it."""
    from peakmix.sweep import engine as engines

    made = sweep(tmp_path, {"tax": factor(1.0, 1.05, 2.0, field="policies.tax.values")})
    plan = made.plan()
    engine = made.engine(plan, 0)
    engine.start(tmp_path / "basis.npz", "key")
    members = plan.structures[0].members

    def warm() -> list[bool]:
        return [engine.fresh(engine.program(member), member).basis is not None for member in members]

    assert warm() == [True, True, True]
    monkeypatch.setattr(engines, "chosen_method", lambda *_: "interior")
    assert warm() == [True, True, False]


def test_the_full_audit_of_a_member_goes_by_its_own_levers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Levels and bounds of a member's policies are those of its tables; with the levers of the first member they are not."""
    made = sweep(tmp_path, KINDS["cap"], audit_share=1.0)
    done = made.run()
    assert (done.members, done.failed) == (3, 0)
    engine = made.engine(made.plan(), 0)
    last = engine.structure.members[-1]
    solution = solve(engine.program(last))
    assert engine.audited(last, solution) == ""
    monkeypatch.setitem(engine.position, last, 0)
    assert engine.audited(last, solution) == "full audit: policies: sheet against tables"
