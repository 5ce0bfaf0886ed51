"""Ledgers along a sweep: swaps, allowance accounts, loans and policy rows equal those of a run's own file, number by number."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from tests.unit.test_sweep_engine import BASE, MINI, factor, sweep, table
from tests.unit.test_sweep_finance import FUNDS
from tests.unit.test_sweep_market import ETS
from tests.unit.test_sweep_swap import RULED

from peakmix import api
from peakmix.analysis.members import ANSWERS, over_members
from peakmix.api import run_scenario
from peakmix.api.sweeping import Sweep
from peakmix.results.dataset import RunParts, build_dataset
from peakmix.results.quick_audit import quick_audit
from peakmix.solve.certificate import solve_certified
from peakmix.sweep.collecting import collect
from peakmix.sweep.engine import Engine

PACE = {"instrument": "pace", "technologies": ["scrap_route"], "growth": 0.05, "seed": "0.05 Mt/yr", "historical": "0.1 Mt/yr"}
BUDGET = {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "span": "horizon", "values": "230 Mt", "slack_price": 500}
RATIO = table("swap_ratios", 0.8, 1.5, rule="steel_swap")
COAL = table("market_parameters", 0.7, 1.6, market="coal_supply", parameter="price")
LEGACY = {"legacy": {"mill": {"service": "20 MCNY2023/yr", "technologies": ["converter"]}}}
CASES: dict[str, tuple[dict[str, Any], dict[str, Any], tuple[str, ...]]] = {
    "swap": (
        RULED | {"policies": RULED["policies"] | {"pace": PACE, "budget": BUDGET}},
        {"ratio": RATIO, "rate": {"field": "horizon.discount_rate", "list": [0.03, 0.05]}},
        ("swaps", "pool_prices", "policies"),
    ),
    "market": (
        BASE | {"policies": BASE["policies"] | {"ets": ETS}},
        {"opening": factor(0.5, 2.0, field="policies.ets.opening.North"), "coal": COAL},
        ("compliance", "carbon_banks", "policies"),
    ),
    "loans": (
        BASE | {"policies": BASE["policies"] | {"funds": FUNDS | {"own_funds": "300 MCNY2023/yr"} | LEGACY}},
        {
            "rate": {"field": "policies.funds.lines.green.rate", "list": [0.0, 0.03]},
            "yen": {"field": "policies.funds.lines.yen.exchange_rate", "list": [0.05, {2026: 0.06, 2036: 0.05}]},
        },
        ("loan_book", "legacy_book", "line_values", "policies"),
    ),
}  # fmt: skip


def as_member(engine: Engine, numbers: dict[str, Any], alone: xr.Dataset) -> xr.Dataset:
    """The sheets of one member as its part of the store would have them."""
    found: dict[str, Any] = {}
    for sheet in engine.layout.sheets.sheets:
        for name, more in sheet.numbers.items():
            shape = (len(sheet.labels), *([alone.sizes["period"]] if more else []))
            found[name] = ((sheet.dim, *more), numbers[name][0].reshape(shape))
        found |= {name: (sheet.dim, values) for name, values in sheet.beside.items()}
    return xr.Dataset(found | {name: alone[name] for name in ("period", "period_length")})


def same(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    pd.testing.assert_frame_equal(found, expected, check_dtype=False, rtol=1e-9, atol=1e-9)


def own(name: str, dataset: xr.Dataset) -> pd.DataFrame:
    """The answer of a run's file; a store leaves out the rows that tie new capacity to its credits."""
    frame = ANSWERS[name](dataset)
    return frame[frame["row"] != "policy_swap_new"].reset_index(drop=True) if name == "policies" else frame


@pytest.mark.parametrize("case", sorted(CASES))
def test_numbers_are_those_of_the_file(case: str, tmp_path: Path) -> None:
    """One and the same solution of every member, told by the sheets of a sweep and by a run's own file."""
    base, axes, answers = CASES[case]
    made: Sweep = sweep(tmp_path, axes, base, design="zip")
    plan = made.plan()
    (structure,) = plan.structures
    engine = made.engine(plan, 0)
    for member in structure.members:
        derivation = made.derive(made.source.scenario(member))
        program = engine.program(member)
        solution, certificate = solve_certified(program)
        quick = quick_audit(derivation.parameters, None, program, solution)
        parts = RunParts(
            derivation.parameters, None, program, solution, certificate, quick, None, derivation.scenario, derivation.data
        )
        alone = build_dataset(parts)
        x, values = np.append(solution.x, 1.0)[:, None], structure.values[member : member + 1]
        numbers = engine.layout.numbers(x, solution.row_dual[:, None], values, np.array([solution.objective]))
        kept = as_member(engine, numbers, alone)
        for name in answers:
            expected = own(name, alone)
            assert len(expected), name
            same(ANSWERS[name](kept), expected)


def test_along_the_members_of_a_store(tmp_path: Path) -> None:
    """From the collected store: every member's flows and prices of credits are those of its own run."""
    made = sweep(tmp_path, {"ratio": table("swap_ratios", 0.8, 1.5, 3.0, rule="steel_swap")}, MINI)
    assert made.run().failed == 0
    cube = api.open(collect(made.folder, made.plan(), tmp_path / "s.zarr"))
    flows, prices = over_members(cube, "swaps"), over_members(cube, "policies")
    assert (cube["swap_amount"] > 0).any("scenario").all()
    member = 1
    alone = run_scenario(made.source.scenario(member), data=made.derive.data).dataset
    for frame, answer in ((flows, "swaps"), (prices, "policies")):
        part = frame[frame["scenario"] == str(cube["scenario"].values[member])]
        same(part.drop(columns="scenario").reset_index(drop=True), own(answer, alone))


def test_a_market_in_some_members_only(tmp_path: Path) -> None:
    """Members of another structure that have no market have no accounts, and those that have it are as before."""
    base = BASE | {"policies": BASE["policies"] | {"ets": ETS}}
    made = sweep(tmp_path, {"ets": {"field": "policies.ets.enabled", "list": [True, False]}}, base)
    assert made.run().failed == 0
    cube = api.open(collect(made.folder, made.plan(), tmp_path / "s.zarr"))
    first, second = map(str, cube["scenario"].values)
    accounts = over_members(cube, "compliance", members=[first])
    assert float(accounts["difference"].abs().max()) < 1e-9
    assert set(over_members(cube, "policies", members=[second])["policy"]) == {"tax", "cap", "swap"}
    assert "ets" in set(over_members(cube, "policies", members=[first])["policy"])
