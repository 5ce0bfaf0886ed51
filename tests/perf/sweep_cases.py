"""Sweeps that are measured: their files, and what one run of them takes."""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

import numpy as np
import yaml
from tests.perf.peers import linopy_rebuild, pyomo_persistent, pyomo_rebuild

from peakmix.api.sweeping import Sweep
from peakmix.sweep.engine import Engine
from peakmix.sweep.files import read_arrays

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "runs" / "scenarios"
PRICE = {
    "instrument": "price",
    "indicator": {"quantity": "direct_co2"},
    "values": {2026: 100, 2030: 150, 2040: 300},
    "unit": "CNY2023/t",
    "transfer": True,
}
GROUPS = {"grouping": "grid_region"}
PERIODS = [[2025, 1], [2026, 3], [2029, 4], *([first, 4] for first in range(2033, 2057, 4)), [2057, 4]]
"""Ten periods in place of eight: about 19,000 rows by groups of provinces."""

CASES: dict[str, tuple[str, dict[str, Any], int]] = {
    "toy": ("toy", {}, 1000),
    "nation": ("national_reference", {"resolution": "nation", "policies.carbon_price": PRICE}, 1000),
    "groups": ("national_reference", {"resolution": GROUPS, "policies.carbon_price": PRICE}, 100),
    "periods": ("national_reference", {"resolution": GROUPS, "horizon.periods": PERIODS, "policies.carbon_price": PRICE}, 100),
    "province": ("national_reference", {"resolution": "province"}, 100),
}
"""Base scenario, settings and members of the paths along a carbon price (not of `province`, which is measured along a cap)."""


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


PATHS = ("toy", "nation", "groups", "periods")
NATION = ("coal price", "capital costs", "recipes of arc furnaces", "discount rate", "cap", "random design in 4 groups of numbers")
SIDEWAYS = (
    *((lever, "nation", 40) for lever in NATION),
    ("cap", "groups", 10),
    ("discount rate", "groups", 10),
    ("cap", "province", 4),
)
"""Other levers: what moves, the case, the members."""
_done: dict[str, dict[str, Any]] = {}


def once(name: str, measure: Callable[[Path], dict[str, Any]]) -> dict[str, Any]:
    """A measurement, made once; with PEAKMIX_BENCH naming a folder it is kept there, so that a bench can be made in pieces."""
    stated = os.environ.get("PEAKMIX_BENCH", "")
    path = Path(stated) / f"{name.replace(' ', '_')}.json" if stated else None
    if name not in _done and path is not None and path.exists():
        _done[name] = json.loads(path.read_text(encoding="utf-8"))
    if name not in _done:
        with tempfile.TemporaryDirectory() as folder:
            _done[name] = measure(Path(folder))
        if path is not None:
            path.write_text(json.dumps(_done[name]), encoding="utf-8")
    return _done[name]


def path(case: str) -> dict[str, Any]:
    """A path along the carbon price."""
    return once(case, lambda folder: path_measured(folder, case))


def sideways(lever: str, case: str, members: int) -> dict[str, Any]:
    """A path along another lever."""
    return once(f"{case} {lever}", lambda folder: lever_measured(folder, lever, case, members))


def path_measured(folder: Path, case: str) -> dict[str, Any]:
    """A path along the carbon price: compiled in the first run, from kept arrays in the second; peers on the same programme."""
    os.environ["PEAKMIX_CACHE"] = str(folder / "cache")
    found: dict[str, Any] = {"case": case, "members": CASES[case][2]}
    for store, told in (("first", "first"), ("second", "kept")):
        sweep = made(folder, store, case)
        start = perf_counter()
        plan = sweep.plan()
        found["plan"], start, begun = perf_counter() - start, perf_counter(), process_time()
        done = sweep.run()
        wall, found[f"{told}_cpu"] = perf_counter() - start, process_time() - begun
        found |= {f"{told}_wall": wall, f"{told}_solver": done.solver_seconds, f"{told}_compile": done.compile_seconds}
        found |= {"failed": done.failed, "elements": len(plan.structures[0].elements)}
    audited = made(folder, "audited", case, 0.01)
    audited.plan()
    begun = process_time()
    audited.run()
    found["audits"] = process_time() - begun - found["kept_cpu"]
    engine = sweep.engine(plan, 0)
    found["rows"] = engine.family.base.shape[0]
    found |= peers_measured(sweep, engine, 5 if found["rows"] < 5000 else 2)
    return found


def peers_measured(sweep: Sweep, engine: Engine, count: int) -> dict[str, Any]:
    """Processor seconds a member of the other tools, and how far their optima lie from the sweep's own."""
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
    probes = 8 if engine.family.base.shape[0] < 5000 else 2
    cold = [solve(engine.program(k), engine.options).run_time for k in engine.structure.members[:probes]]
    stored = read_arrays(sweep.folder / f"basis-{plan.structures[0].key}.npz")
    first = stored[1]["solver_seconds"] if stored is not None else 0.0
    warm = (done.solver_seconds - first) / (len(plan.members) - 1)
    return {
        "lever": lever, "case": case, "members": len(plan.members), "failed": done.failed, "elements": len(engine.placed),
        "warm": warm, "cold": float(np.mean(cold)), "ratio": (wall - done.compile_seconds) / done.solver_seconds,
    }  # fmt: skip
