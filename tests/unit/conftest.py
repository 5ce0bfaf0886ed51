"""A small problem, solved once: two provinces, two routes, a cap, a tax, a swap rule, a peak and a pace."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import xarray as xr

from peakmix.api.prepare import Prepared, Timings, prepare, read
from peakmix.results.dataset import RunParts, build_dataset
from peakmix.results.quick_audit import QuickAudit, quick_audit
from peakmix.scenario import from_mapping
from peakmix.solve.certificate import Certificate, solve_certified
from peakmix.solve.solution import Solution

MINI = Path(__file__).parent.parent / "data" / "mini"
POLICIES: dict[str, Any] = {
    "cap": {
        "instrument": "limit",
        "indicator": {"quantity": "direct_co2"},
        "values": {2026: "16 Mt/yr", 2036: "9 Mt/yr"},
    },
    "tax": {
        "instrument": "price",
        "indicator": {"quantity": "purchased_power_co2"},
        "values": {2026: "50 CNY2023/t"},
    },
    "swap": {
        "instrument": "swap",
        "rule": "steel_swap",
        "group": "steelmaking",
        "cases": {"scrap_route": "scrap_route"},
        "from_year": 2026,
    },
    "budget": {
        "instrument": "limit",
        "indicator": {"quantity": "direct_co2", "location": "East"},
        "span": "horizon",
        "values": "112 Mt",
    },
    "soft": {
        "instrument": "limit",
        "indicator": {"quantity": "purchased_power_co2"},
        "values": {2031: "1.1 Mt/yr"},
        "slack_price": "80 CNY2023/t",
    },
    "intensity": {
        "instrument": "limit",
        "kind": "intensity",
        "location": "West",
        "indicator": {"quantity": "direct_co2"},
        "denominator": {"quantity": "output", "commodity": "steel"},
        "values": {2031: 1.44},
    },
    "peak": {
        "instrument": "peak",
        "indicator": {"quantity": "energy", "convention": "coal_equivalent"},
        "year": 2026,
        "rule": "B",
        "height": "5.6 Mtce/yr",
    },
    "pace": {
        "instrument": "pace",
        "technologies": ["scrap_route"],
        "growth": 0.05,
        "seed": "0.05 Mt/yr",
        "historical": "0.1 Mt/yr",
    },
}


@dataclass
class MiniRun:
    """Everything one run leaves behind."""

    prepared: Prepared
    solution: Solution
    certificate: Certificate
    quick: QuickAudit
    parts: RunParts
    dataset: xr.Dataset


def run_mini(policies: dict[str, Any], **changes: Any) -> MiniRun:
    """Solve the problem under policies; ``changes`` are further parts of the scenario."""
    spec: dict[str, Any] = {
        "name": "mini",
        "title": "Two provinces",
        "data": str(MINI),
        "horizon": {"periods": [[2025, 1], [2026, 5], [2031, 5], [2036, 5]], "base_period": 2025},
        "policies": policies,
    }
    timings = Timings()
    scenario, data = read(from_mapping(spec | changes), timings)
    prepared = prepare(scenario, data, timings)
    solution, certificate = solve_certified(prepared.program)
    quick = quick_audit(prepared.parameters, prepared.model.books, prepared.program, solution)
    parts = RunParts(
        parameters=prepared.parameters,
        books=prepared.model.books,
        lp=prepared.program,
        solution=solution,
        certificate=certificate,
        quick=quick,
        full=None,
        scenario=scenario,
        data=data,
        timings={"solve": 0.1},
    )
    return MiniRun(prepared, solution, certificate, quick, parts, build_dataset(parts))


@pytest.fixture(scope="session")
def mini_run() -> MiniRun:
    """The problem under all policies."""
    return run_mini(POLICIES)
