"""Sweeps over the numbers of an allowance market: one structure, and every member is that of a fresh build."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.test_sweep_engine import BASE, collected, factor, fresh_objective, sweep

OUTPUT = {"quantity": "output", "technologies": ["ironmaking"]}
ETS: dict[str, Any] = {
    "instrument": "market",
    "from_year": 2026,
    "accounts": "place",
    "allocation": [
        {"benchmark": {2026: 1.0, 2036: 0.7}, "output": OUTPUT, "tightening": {2026: 1.0, 2036: 0.9}},
        {"amount": "0.1 Mt/yr", "location": "North"},
        {"band": {"technologies": ["arc_furnace"], "balance": "0.3 t/t", "clamp": 0.03, "slope": 0.15}},
    ],
    "opening": {"North": "0.1 Mt"},
    "banking_limit": "0.2 Mt",
    "borrowing": True,
    "borrowing_limit": "0.3 Mt",
    "offsets": {"price": "30 CNY2023/t", "quota": 0.05},
    "floor": "5 CNY2023/t",
    "ceiling": "150 CNY2023/t",
    "auction": {"amount": "0.1 Mt/yr", "reserve": "20 CNY2023/t"},
    "carbon_bank": {
        "bid": "12 CNY2023/t", "ask": "70 CNY2023/t", "opening": "0.5 Mt", "limit": "2 Mt",
        "lending": {"interest": 0.03, "paid_in": "allowances", "limit": "0.4 Mt"},
    },
}  # fmt: skip
AXES = {
    "benchmark": ("allocation.0.benchmark", (0.9, 1.0, 1.1)),
    "falling": ("allocation.0.tightening", (0.9, 1.0, 1.1)),
    "amount": ("allocation.1.amount", (0.5, 1.0, 3.0)),
    "balance": ("allocation.2.band.balance", (0.8, 1.0, 1.1)),
    "slope": ("allocation.2.band.slope", (0.0, 1.0, 2.0)),
    "clamp": ("allocation.2.band.clamp", (0.0, 1.0, 2.0)),
    "opening": ("opening.North", (0.0, 1.0, 2.0)),
    "bank": ("banking_limit", (0.5, 1.0, 4.0)),
    "loan": ("borrowing_limit", (0.5, 1.0, 2.0)),
    "offset_price": ("offsets.price", (0.5, 1.0, 1.5)),
    "quota": ("offsets.quota", (0.5, 1.0, 2.0)),
    "floor": ("floor", (0.5, 1.0, 1.5)),
    "ceiling": ("ceiling", (0.8, 1.0, 1.3)),
    "offered": ("auction.amount", (0.5, 1.0, 2.0)),
    "reserve": ("auction.reserve", (0.8, 1.0, 1.3)),
    "bid": ("carbon_bank.bid", (0.5, 1.0, 1.2)),
    "ask": ("carbon_bank.ask", (0.6, 1.0, 1.4)),
    "inventory": ("carbon_bank.opening", (0.5, 1.0, 2.0)),
    "room": ("carbon_bank.limit", (0.5, 1.0, 2.0)),
    "interest": ("carbon_bank.lending.interest", (0.5, 1.0, 2.0)),
    "lent": ("carbon_bank.lending.limit", (0.5, 1.0, 2.0)),
}
"""Axis, field of the market, factors."""


def test_every_number_of_a_market_moves_in_one_structure(tmp_path: Path) -> None:
    """All numbers at once, at three levels; objectives equal fresh builds and every member is certified and audited."""
    base = BASE | {"policies": {"ets": ETS, "tax": BASE["policies"]["tax"]}}
    axes = {name: factor(*factors, field=f"policies.ets.{path}") for name, (path, factors) in AXES.items()}
    made = sweep(tmp_path, axes, base, design="zip", audit_share=1.0)
    plan = made.plan()
    assert [len(s.members) for s in plan.structures] == [3]
    done = made.run()
    assert done.failed == 0
    cube = collected(made)
    assert cube["certified"].values.all()
    for member, objective in enumerate(cube["objective"].values):
        assert objective == pytest.approx(fresh_objective(made, member), rel=1e-10)
    assert len(set(cube["objective"].values.round(6))) == 3


@pytest.mark.parametrize(
    ("field", "values"),
    [("accounts", ["one", "place"]), ("banking", [True, False]), ("trade", ["free", "bank"])],
)
def test_what_changes_rows_makes_structures(field: str, values: list[Any], tmp_path: Path) -> None:
    """One account or many, a bank of one's own or none, trade with all or with the carbon bank alone."""
    plain = {k: v for k, v in ETS.items() if k not in ("banking_limit", "borrowing", "borrowing_limit")}
    base = BASE | {"policies": {"ets": plain}}
    made = sweep(tmp_path, {"axis": {"field": f"policies.ets.{field}", "list": values}}, base)
    assert len(made.plan().structures) == 2
