"""Fronts: corners confirmed by budgets in separate runs, nothing beaten, exact trade between corners, refusals."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peakmix.api import run_scenario
from peakmix.api.pareto import Front, front
from peakmix.cli import pareto as command
from peakmix.foundation.errors import InfeasibleError, UsageError
from peakmix.scenario import Scenario, from_mapping

MINI = Path(__file__).parent.parent / "data" / "mini"
ENERGY = {"quantity": "energy", "convention": "calorific"}


def scenario(policies: dict[str, Any] | None = None) -> Scenario:
    horizon = {"periods": [[2025, 1], [2026, 5], [2031, 5], [2036, 5]], "base_period": 2025}
    return from_mapping({"name": "mini", "data": str(MINI), "horizon": horizon, "policies": policies or {}})


def budget(indicator: Any, value: float) -> dict[str, Any]:
    return {"instrument": "limit", "indicator": indicator, "span": "horizon", "values": {1900: value}}


@pytest.fixture(scope="module")
def two() -> Front:
    return front(scenario(), ["cost", "direct_co2"])


def cost_under(**budgets: dict[str, Any]) -> float:
    return float(run_scenario(scenario(budgets)).dataset["objective"])


def test_ends_are_least_cost_and_least_emissions(two: Front) -> None:
    assert two.complete
    assert two.frame["cost"].iloc[0] == pytest.approx(cost_under(), rel=1e-7)
    last = two.frame["direct_co2"].iloc[-1]
    there = cost_under(co2=budget({"quantity": "direct_co2"}, last * (1 + 1e-6)))
    assert there == pytest.approx(two.frame["cost"].iloc[-1], rel=1e-4)
    with pytest.raises(InfeasibleError, match=f"at most {last:.6g} instead of"):
        cost_under(co2=budget({"quantity": "direct_co2"}, last * (1 - 1e-4)))


def test_budgets_on_and_between_corners_cost_what_the_front_says(two: Front) -> None:
    cost, co2 = two.frame["cost"].to_numpy(), two.frame["direct_co2"].to_numpy()
    for level in np.linspace(co2.max() * 0.999, co2.min() * 1.001, 5):
        expected = np.interp(level, co2[::-1], cost[::-1])
        assert cost_under(co2=budget({"quantity": "direct_co2"}, float(level))) == pytest.approx(expected, rel=1e-6)
    trade = two.frame["trade"].to_numpy()[:-1]
    np.testing.assert_allclose(trade, -np.diff(cost) / np.diff(co2), rtol=1e-9)
    assert (np.diff(trade) > 0).all()


def test_three_objectives_hold_no_beaten_corner_and_stay_true() -> None:
    three = front(scenario(), ["cost", "direct_co2", ENERGY], levels=3)
    values = three.frame[["cost", "direct_co2", "energy"]].to_numpy()
    spans = np.ptp(values, axis=0)
    for a, b in itertools.permutations(range(len(values)), 2):
        assert not ((values[a] <= values[b] - 1e-6 * spans).all())
    for row in three.frame.iloc[:: max(1, len(three.frame) // 4)].to_dict("records"):
        co2 = budget({"quantity": "direct_co2"}, row["direct_co2"] * (1 + 1e-7))
        told = cost_under(co2=co2, energy=budget(ENERGY, row["energy"] * (1 + 1e-7)))
        assert told == pytest.approx(row["cost"], rel=1e-5)


def test_text_command_and_refusals(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mini.yaml"
    path.write_text(scenario().resolved_yaml, encoding="utf-8")
    command.main(path, ["cost", "{quantity: direct_co2}"], 3, 100, tmp_path / "front.csv", None, False, True)
    assert "all corners" in capsys.readouterr().out
    assert (tmp_path / "front.csv").is_file()
    with pytest.raises(UsageError, match="two or three"):
        front(scenario(), ["cost"])
    with pytest.raises(UsageError, match="differ"):
        front(scenario(), ["cost", "cost"])
