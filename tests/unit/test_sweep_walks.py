"""However a sweep is walked - any order, warm or cold, any number of workers - the optima are the same, and where the optimum is
unique so are all primal values. At the size of groups of provinces too (slow)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr
import yaml
from tests.unit.test_sweep_engine import BASE, KINDS, MINI, collected, factor, fresh_objective, sweep, table

from peakmix.api.sweeping import Sweep
from peakmix.solve.highs import solve
from peakmix.solve.living import LivingModel
from peakmix.sweep import plan as planning
from peakmix.sweep.walking import TOO_FAR, Walk

ROOT = Path(__file__).resolve().parents[2]
TAX = {"field": "policies.tax.values", "action": "multiply", "range": {"from": 0.0, "to": 3.0, "count": 12}}
TAXED = MINI | {"policies": {"tax": BASE["policies"]["tax"]}}


def unique(made: Sweep, member: int) -> bool:
    """Has the member one optimum only? Then no reduced cost or dual of what is not in the basis is zero."""
    engine = made.engine(made.plan(), 0)
    solution = LivingModel(engine.program(member)).run(with_basis=True)
    basis = solution.basis
    assert basis is not None
    program = engine.program(member)
    free_cols = (basis.cols != 1) & (program.col_lower < program.col_upper)
    free_rows = (basis.rows != 1) & (program.row_lower < program.row_upper)
    scale = 1e-7 * max(1.0, float(np.abs(program.cost).max()))
    return bool((np.abs(solution.col_dual[free_cols]) > scale).all() and (np.abs(solution.row_dual[free_rows]) > scale).all())


@pytest.mark.parametrize("kind", ["carbon_price", "mixed", "demand", "recipe"])
def test_order_and_start_do_not_matter(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    axes = {"tax": TAX} if kind == "carbon_price" else KINDS[kind]
    base = TAXED if kind == "carbon_price" else BASE
    straight = sweep(tmp_path, axes, base, store="straight")
    straight.run()
    monkeypatch.setattr(planning, "nearest_order", lambda values: list(np.random.default_rng(5).permutation(len(values))))
    shuffled = sweep(tmp_path, axes, base, store="shuffled")
    shuffled.run(jobs=2)
    one, two = collected(straight), collected(shuffled)
    np.testing.assert_allclose(one["objective"], two["objective"], rtol=1e-10)
    assert one["certified"].values.all()
    assert two["certified"].values.all()
    engine = straight.engine(straight.plan(), 0)
    only = [unique(straight, member) for member in range(len(one["scenario"]))]
    assert any(only) or kind != "carbon_price", "nothing would be compared"
    for member, alone in enumerate(only):
        cold = solve(engine.program(member))
        assert cold.objective == pytest.approx(float(one["objective"][member]), rel=1e-10)
        if alone:
            for name in ("activity", "capacity", "new_capacity", "market_volume"):
                np.testing.assert_allclose(one[name][member], two[name][member], rtol=1e-6, atol=1e-8)


def test_a_unique_optimum_is_told_from_a_tie(tmp_path: Path) -> None:
    """The test above would prove nothing if no optimum were unique, or if ties were taken for unique optima."""
    tied = yaml.safe_load(yaml.safe_dump(BASE))
    made = sweep(tmp_path / "a", {"tax": TAX}, TAXED)
    assert any(unique(made, member) for member in (0, 5, 11))
    tied["policies"] = {"tax": {**BASE["policies"]["tax"], "values": {2026: 0, 2040: 0}}}
    free = [{"table": "market_parameters", "where": {"parameter": "price"}, "set": 0.0}]
    cheap = sweep(tmp_path / "b", {"rate": {"field": "horizon.discount_rate", "list": [0.04, 0.05]}}, tied | {"adjust": free})
    assert not unique(cheap, 0)


def test_jumps_that_were_too_far_once_start_cold(tmp_path: Path) -> None:
    """Twelve members in a row, a budget of one iteration: the second is given up and solved cold, the others start cold at once."""
    made = sweep(tmp_path, {"tax": TAX}, TAXED)
    engine = made.engine(made.plan(), 0)
    engine.start(tmp_path / "basis.npz", "first")
    walk, members, restarts = Walk(engine, frozenset()), engine.structure.members, []
    fresh, run = engine.fresh, LivingModel.run

    def short(program: Any, member: int) -> LivingModel:
        living = fresh(program, member)
        living.iteration_budget = 1
        return living

    engine.fresh = short  # type: ignore[method-assign]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(LivingModel, "run", lambda self, *more: (answer := run(self, *more), restarts.append(answer.restarts))[0])
        arrays = walk.arrays(members)
    given_up = [k for k, count in enumerate(restarts) if count]
    assert len(given_up) == 1, restarts
    assert walk.too_far == pytest.approx(TOO_FAR / 11)
    engine.fresh = fresh  # type: ignore[method-assign]
    warm = Walk(engine, frozenset()).arrays(members)
    np.testing.assert_allclose(arrays["objective"], warm["objective"], rtol=1e-10)
    assert arrays["certified"].all()


RULES = ["steel_2025_draft", "cement_2024", "electrolytic_aluminium"]
GROUPS: dict[str, dict[str, Any]] = {
    "carbon_price": {"a": factor(0.0, 1.0, 3.0, field="policies.tax.values")},
    "cap": {"a": {"field": "policies.cap.values.2060", "list": [0.1, 0.2]}},
    "fuel_price": {
        "a": factor(0.7, 1.3, table="market_parameters", where={"market": "coal_supply", "parameter": "price"}),
    },
    "capital_cost": {"a": factor(0.7, 1.3, table="technology_parameters", where={"parameter": "capital_cost"})},
    "demand": {"a": {"field": "demand_variant", "list": ["reference", "low"]}},
    "recipe": {
        "a": factor(0.9, 1.1, table="flows", where={"technology": "arc_furnace_scrap", "commodity": "electricity"}),
    },
    "discount_rate": {"a": {"field": "horizon.discount_rate", "list": [0.03, 0.08]}},
    "swap_ratio": {"a": factor(1.0, 2.5, table="swap_ratios", where={"rule": RULES})},
    "availability": {
        "a": table("technology_parameters", 0.9, 1.05, technology="kiln_best_available", parameter="availability"),
    },
    "mixed": {
        "a": factor(0.5, 2.0, field="policies.tax.values"),
        "b": {"field": "horizon.discount_rate", "list": [0.03, 0.07]},
        "c": factor(0.9, 1.1, table="technology_parameters", where={"parameter": "capital_cost"}),
    },
}
LARGE: dict[str, Any] = {
    "resolution": {"grouping": "grid_region"},
    "policies.tax": {
        "instrument": "price", "indicator": {"quantity": "direct_co2"}, "values": {2026: 60, 2040: 200}, "unit": "CNY2023/t",
    },
    "policies.cap": {
        "instrument": "limit", "indicator": {"quantity": "direct_co2"}, "kind": "relative_to_base",
        "values": {2026: 1.1, 2060: 0.6},
    },
}  # fmt: skip
SWAPS: dict[str, Any] = yaml.safe_load((ROOT / "runs" / "sweeps" / "swap_ratio_peak_year.yaml").read_text(encoding="utf-8"))
"""The shipped sweep in which ratios bind: a later peak, height and swap rules of the national scenario with a peak."""


@pytest.mark.slow
@pytest.mark.parametrize("kind", sorted(GROUPS))
def test_large_members_equal_fresh_builds(kind: str, tmp_path: Path) -> None:
    """About 15,000 rows: objectives to 1e-8 of fresh builds, certificate and audits hold."""
    base, settings = ("national_peak_2030", SWAPS["settings"]) if kind == "swap_ratio" else ("national_reference", LARGE)
    spec = {
        "base": str(ROOT / "runs" / "scenarios" / f"{base}.yaml"), "settings": settings, "axes": GROUPS[kind], "audit_share": 0.3,
    }  # fmt: skip
    (tmp_path / "large.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    made = Sweep(tmp_path / "large.yaml", tmp_path / "store")
    plan = made.plan()
    assert len(plan.structures) == 1
    assert made.run().failed == 0
    cube: xr.Dataset = collected(made)
    assert cube["certified"].values.all()
    assert (cube["full_audit"].values == 1).any()
    for member, objective in enumerate(cube["objective"].values):
        assert objective == pytest.approx(fresh_objective(made, member), rel=1e-8)
    assert len(np.unique(cube["objective"].values.round(3))) == len(plan.members), "the lever acts"
