"""Sweeps that are measured: their files, and what one run of them takes."""

from __future__ import annotations

import os
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import yaml
from tests.perf.peers import linopy_rebuild, pyomo_persistent, pyomo_rebuild

from peakmix.api.sweeping import Sweep
from peakmix.sweep.engine import Engine

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "runs" / "scenarios"
PRICE = {
    "instrument": "price",
    "indicator": {"quantity": "direct_co2"},
    "values": {2026: 100, 2030: 150, 2040: 300},
    "unit": "CNY2023/t",
    "transfer": True,
}
CASES: dict[str, tuple[str, dict[str, Any], int]] = {
    "toy": ("toy", {}, 1000),
    "nation": ("national_reference", {"resolution": "nation", "policies.carbon_price": PRICE}, 1000),
    "groups": ("national_reference", {"resolution": {"grouping": "grid_region"}, "policies.carbon_price": PRICE}, 100),
}
"""Base scenario, settings and members of the paths along a carbon price."""


def made(folder: Path, store: str, case: str, audit_share: float = 0.0, axes: dict[str, Any] | None = None, **more: Any) -> Sweep:
    """A sweep of a case, along its carbon price unless other axes are given."""
    base, settings, members = CASES[case]
    span = {"from": 0.0, "to": 3.0, "count": members}
    along = {"price_factor": {"field": "policies.carbon_price.values", "action": "multiply", "range": span}}
    path = str(SCENARIOS / f"{base}.yaml")
    spec = {"base": path, "axes": axes or along, "audit_share": audit_share, "settings": settings} | more
    folder.mkdir(parents=True, exist_ok=True)
    (folder / f"{store}.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    return Sweep(folder / f"{store}.yaml", folder / store)


def path_measured(folder: Path, case: str) -> dict[str, Any]:
    """A path along the carbon price: compiled in the first run, from kept arrays in the second; peers on the same programme."""
    os.environ["PEAKMIX_CACHE"] = str(folder / "cache")
    found: dict[str, Any] = {"case": case, "members": CASES[case][2]}
    for store, told in (("first", "first"), ("second", "kept")):
        sweep = made(folder, store, case)
        start = perf_counter()
        plan = sweep.plan()
        found["plan"], start = perf_counter() - start, perf_counter()
        done = sweep.run()
        wall = perf_counter() - start
        found |= {f"{told}_wall": wall, f"{told}_solver": done.solver_seconds, f"{told}_compile": done.compile_seconds}
        found["failed"] = done.failed
    start = perf_counter()
    made(folder, "audited", case, 0.01).run()
    found["audits"] = perf_counter() - start - found["plan"] - found["kept_wall"]
    engine = sweep.engine(plan, 0)
    found["rows"] = engine.family.base.shape[0]
    found |= peers_measured(sweep, engine, 5 if found["rows"] < 5000 else 2)
    return found


def peers_measured(sweep: Sweep, engine: Engine, count: int) -> dict[str, Any]:
    """Seconds a member of the other tools, and how far their optima lie from the sweep's own."""
    members = [int(k) for k in np.linspace(0, len(engine.structure.members) - 1, count)]
    programs = [engine.program(k) for k in members]
    derived = [sweep.derive(sweep.source.scenario(k)).parameters for k in members]
    near = list(range(1, 4 * count + 1))
    rebuilt, one = pyomo_rebuild(derived)
    linopy, two = linopy_rebuild(programs)
    kept, three = pyomo_persistent(engine, near)
    own = objectives(sweep)
    found = {"pyomo": rebuilt, "linopy": linopy, "persistent": kept}
    for name, optima, places in (("pyomo", one, members), ("linopy", two, members), ("persistent", three, near)):
        found[f"{name}_gap"] = max(abs(a / own[k] - 1) for a, k in zip(optima, places, strict=True))
    return found


def objectives(sweep: Sweep) -> Any:
    """Optima in the order of the design."""
    from peakmix.sweep.cube import assemble

    return assemble(sweep.folder, sweep.plan())["objective"].values


def factor(target: dict[str, Any], low: float, high: float, count: int) -> dict[str, Any]:
    return target | {"action": "multiply", "range": {"from": low, "to": high, "count": count}}


SUPPLY = {"table": "market_parameters", "where": {"market": "coal_supply", "parameter": "price"}}
CAPITAL = {"table": "technology_parameters", "where": {"parameter": "capital_cost"}}
RECIPE = {"table": "flows", "where": {"technology": "arc_furnace_scrap", "commodity": "electricity"}}
LEVERS: dict[str, dict[str, Any]] = {
    "coal price": {"a": factor(SUPPLY, 0.7, 1.3, 40)},
    "capital costs": {"a": factor(CAPITAL, 0.7, 1.3, 40)},
    "recipes of arc furnaces": {"a": factor(RECIPE, 0.9, 1.1, 40)},
    "discount rate": {"a": {"field": "horizon.discount_rate", "range": {"from": 0.03, "to": 0.08, "count": 40}}},
    "cap": {"a": factor({"field": "policies.cap.values"}, 0.87, 1.0, 40)},
    "random design in 4 groups of numbers": {
        name: target | {"action": "multiply", "latin_hypercube": {"from": 0.7, "to": 1.3}}
        for name, target in (
            ("coal", SUPPLY),
            ("capital", CAPITAL),
            ("fixed", {"table": "technology_parameters", "where": {"parameter": "fixed_cost"}}),
            ("gas", {"table": "market_parameters", "where": {"market": "gas_supply", "parameter": "price"}}),
        )
    },
}
CAP = {
    "instrument": "limit",
    "indicator": {"quantity": "direct_co2"},
    "kind": "relative_to_base",
    "values": {2026: 1.0, 2040: 0.6, 2060: 0.35},
}


def lever_measured(folder: Path, lever: str, case: str, members: int = 40) -> dict[str, Any]:
    """Milliseconds that HiGHS takes for a member, warm along the walk and cold, and the whole run over HiGHS's own time."""
    from peakmix.solve.highs import solve

    axes: dict[str, Any] = LEVERS[lever]
    more: dict[str, Any] = {}
    for axis in axes.values():
        if "range" in axis:
            axis["range"]["count"] = members
        else:
            more = {"samples": members}
    settings = CASES[case][1] | ({"policies.cap": CAP} if lever == "cap" else {})
    sweep = made(folder, f"{case} {lever}".replace(" ", "_"), case, 0.0, axes, settings=settings, **more)
    plan = sweep.plan()
    start = perf_counter()
    done = sweep.run()
    wall = perf_counter() - start
    engine = sweep.engine(plan, 0)
    cold = [solve(engine.program(k), engine.options).run_time for k in engine.structure.members[: 8 if case != "groups" else 2]]
    first = cold[0]
    warm = (done.solver_seconds - first) / (len(plan.members) - 1)
    return {
        "lever": lever, "case": case, "members": len(plan.members), "failed": done.failed, "elements": len(engine.placed),
        "warm": warm, "cold": float(np.mean(cold)), "ratio": (wall - done.compile_seconds) / done.solver_seconds,
    }  # fmt: skip
