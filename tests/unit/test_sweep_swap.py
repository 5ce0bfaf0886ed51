"""Sweeps over a swap rule whose credits expire: ratios and opening move in one structure, the years make structures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.unit.test_sweep_engine import MINI, collected, factor, fresh_objective, sweep, table

SWAP: dict[str, Any] = MINI["policies"]["swap"] | {"expiry_years": 2, "opening": {"East": "0.3 Mt/yr"}}
RULED = MINI | {"policies": {"swap": SWAP}}


def test_ratios_and_opening_move_in_one_structure(tmp_path: Path) -> None:
    """Objectives equal fresh builds, and every member is certified and audited from the tables."""
    axes = {
        "ratio": table("swap_ratios", 0.8, 1.0, 1.5, rule="steel_swap"),
        "opening": factor(0.0, 1.0, 2.0, field="policies.swap.opening.East"),
    }
    made = sweep(tmp_path, axes, RULED, design="zip", audit_share=1.0)
    assert [len(s.members) for s in made.plan().structures] == [3]
    assert made.run().failed == 0
    cube = collected(made)
    assert cube["certified"].values.all()
    for member, objective in enumerate(cube["objective"].values):
        assert objective == pytest.approx(fresh_objective(made, member), rel=1e-10)


def test_years_of_expiry_make_structures(tmp_path: Path) -> None:
    """Each number of years has its rows; more of them never cost more; all are certified and audited."""
    axes = {"years": {"field": "policies.swap.expiry_years", "list": [0, 6, 20]}}
    made = sweep(tmp_path, axes, RULED, audit_share=1.0)
    assert len(made.plan().structures) == 3
    assert made.run().failed == 0
    costs = collected(made)["objective"].values
    assert costs[0] >= costs[1] - 1e-6
    assert costs[1] >= costs[2] - 1e-6
    for member, objective in enumerate(costs):
        assert objective == pytest.approx(fresh_objective(made, member), rel=1e-10)
