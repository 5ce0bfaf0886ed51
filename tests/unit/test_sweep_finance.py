"""Sweeps over finance: rates, ceilings, exchange rates, funds, tranches and cash move inside one compilation."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.math.test_broken_copies import LOW, PRICES
from tests.unit.test_sweep_engine import BASE, collected, fresh_objective, sweep

FUNDS: dict[str, Any] = {
    "instrument": "finance",
    "own_funds": "700 MCNY2023/yr",
    "budget": "900 MCNY2023/yr",
    "lines": {
        "bank": {"rate": 0.07, "tenor": 10, "grace": 2, "share": 0.8, "tranches": {"low": LOW | {"reference": "16 Mt/yr"}}},
        "green": {"rate": 0.01, "tenor": 8, "ceiling": "300 MCNY2023"},
        "yen": {"rate": 0.001, "tenor": 8, "currency": "JPY", "exchange_rate": 0.05, "ceiling": 2000},
    },
    "legacy": {"mill": {"service": "20 MCNY2023/yr"}},
    "cash": {"prices": PRICES | {"ore": "700 CNY2023/t", "coal": "30 CNY2023/GJ", "slag": 0}, "share": 0.01, "source": "stated"},
}
LINES = "policies.funds.lines"
KINDS: dict[str, tuple[str, list[Any]]] = {
    "rate": (f"{LINES}.green.rate", [0.0, 0.01, 0.03]),
    "rate of a tranche": (f"{LINES}.bank.tranches.low.rate", [0.0, 0.02]),
    "ceiling": (f"{LINES}.green.ceiling", ["100 MCNY2023", "300 MCNY2023", "900 MCNY2023"]),
    "share": (f"{LINES}.bank.share", [0.5, 0.8]),
    "exchange rate": (f"{LINES}.yen.exchange_rate", [{2026: 0.05, 2040: 0.06}, {2026: 0.06}, 0.04]),
    "own funds": ("policies.funds.own_funds", ["300 MCNY2023/yr", {2026: "305 MCNY2023/yr", 2040: "400 MCNY2023/yr"}]),
    "budget": ("policies.funds.budget", ["900 MCNY2023/yr", "500 MCNY2023/yr"]),
    "reference": (f"{LINES}.bank.tranches.low.reference", ["15 Mt/yr", "17 Mt/yr"]),
    "money for abatement": (f"{LINES}.bank.tranches.low.per_abatement", ["20 CNY2023/t", "40 CNY2023/t"]),
    "price of steel": ("policies.funds.cash.prices.rolled_steel", ["3000 CNY2023/t", "3800 CNY2023/t"]),
    "debt that stands": ("policies.funds.legacy.mill.service", ["20 MCNY2023/yr", "25 MCNY2023/yr"]),
}


def funded(folder: Path, field: str, values: list[Any], own: Any = "300 MCNY2023/yr") -> Any:
    """A sweep of the small data set with finance; own funds are short."""
    base = BASE | {"policies": BASE["policies"] | {"funds": FUNDS | {"own_funds": own}}}
    return sweep(folder, {"lever": {"field": field, "list": values}}, base)


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_finance_moves_inside_one_structure(kind: str, tmp_path: Path) -> None:
    """Every member equals a build of its own; all differ, so the lever moves the optimum."""
    made = funded(tmp_path, *KINDS[kind])
    plan = made.plan()
    assert len(plan.structures) == 1
    done = made.run()
    assert (done.done, done.failed) == (len(plan.members), 0)
    cube = collected(made)
    objectives = cube["objective"].values
    for member, objective in enumerate(objectives):
        assert objective == pytest.approx(fresh_objective(made, member), rel=1e-10, abs=1e-7)
    assert cube["certified"].values.all()
    assert len(set(objectives.round(7))) == len(plan.members)


def test_a_term_makes_another_structure(tmp_path: Path) -> None:
    """Years of service change which numbers there are; so does eligibility."""
    assert len(funded(tmp_path / "a", f"{LINES}.green.tenor", [3, 12]).plan().structures) == 2
    assert len(funded(tmp_path / "b", f"{LINES}.green.technologies", [["arc_furnace"], ["converter"]]).plan().structures) == 2
