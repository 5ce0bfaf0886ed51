"""Cost difference by changed input: the parts add up, each is the difference of two separate runs, the order can be chosen."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.test_sweep_engine import BASE

from peakmix import api
from peakmix.api.attribution import Attribution, attribute
from peakmix.cli import diff as command
from peakmix.foundation.errors import UsageError

CHANGES: dict[str, Any] = {
    "demand_variant": "high",
    "adjust": [{"table": "market_parameters", "where": {"market": "coal_supply", "parameter": "price"}, "multiply": 1.3}],
    "policies": {"cap": {"values": {2026: 0.95, 2040: 0.5}}, "swap": {"enabled": False}},
}


def solved(folder: Path, name: str, changes: dict[str, Any]) -> Path:
    spec = yaml.safe_load(yaml.safe_dump({**BASE, "name": name}))
    for policy, fields in changes.get("policies", {}).items():
        spec["policies"][policy] |= fields
    spec |= {k: v for k, v in changes.items() if k != "policies"}
    (folder / f"{name}.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    return Path(api.run(folder / f"{name}.yaml", out=folder, overwrite=True).path)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    folder = tmp_path_factory.mktemp("attribution")
    return solved(folder, "a", {}), solved(folder, "b", CHANGES)


@pytest.fixture(scope="module")
def found(results: tuple[Path, Path]) -> Attribution:
    return attribute(*results)


def test_parts_add_up_to_the_difference(found: Attribution, results: tuple[Path, Path]) -> None:
    a, b = (api.open(path) for path in results)
    for name in ("objective", "system_cost"):
        whole = float(b[name]) - float(a[name])
        assert found.frame[f"{name}_difference"].sum() == pytest.approx(whole, rel=1e-8)
    assert found.frame["change"].tolist() == ["", "demand_variant", "adjust[0]", "policies.cap", "policies.swap"]
    assert (found.frame["objective_difference"].iloc[1:4].abs() > 1).all()


def test_a_part_is_the_difference_of_two_separate_runs(found: Attribution, results: tuple[Path, Path], tmp_path: Path) -> None:
    one = api.open(solved(tmp_path, "one", {"demand_variant": "high"}))
    two = api.open(solved(tmp_path, "two", {"demand_variant": "high", "adjust": CHANGES["adjust"]}))
    part = found.frame.set_index("change").loc["adjust[0]"]
    assert part["objective_difference"] == pytest.approx(float(two["objective"]) - float(one["objective"]), rel=1e-7)
    assert part["system_cost_difference"] == pytest.approx(float(two["system_cost"]) - float(one["system_cost"]), rel=1e-7)


def test_order_moves_parts_and_keeps_the_sum(found: Attribution, results: tuple[Path, Path]) -> None:
    other = attribute(*results, order=["policies.cap"])
    assert other.frame["change"].iloc[1] == "policies.cap"
    assert other.frame["objective_difference"].sum() == pytest.approx(found.frame["objective_difference"].sum(), rel=1e-10)
    parts = [f.set_index("change").loc["policies.cap", "objective_difference"] for f in (found.frame, other.frame)]
    assert abs(parts[0] - parts[1]) > 1e-3
    with pytest.raises(UsageError, match=r"policies\.cap"):
        attribute(*results, order=["policies.cup"])


def test_a_state_without_solution_is_joined_with_the_next_change(results: tuple[Path, Path], tmp_path: Path) -> None:
    """Thirty times the demand cannot be met; the second change takes it back, so the two are one step that changes nothing."""
    factors = (32.0, 1 / 32)
    demand = [{"table": "demand", "where": {"commodity": "rolled_steel"}, "multiply": factor} for factor in factors]
    changes = {"adjust": demand, "policies": {"swap": {"enabled": False}}}
    made = attribute(results[0], solved(tmp_path, "end", changes))
    assert made.frame["change"].tolist()[1:] == ["adjust[0] and adjust[1]", "policies.swap"]
    assert made.frame["objective_difference"].iloc[1] == pytest.approx(0, abs=1e-4)


def test_results_that_cannot_be_split(results: tuple[Path, Path], capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="do not differ"):
        attribute(results[0], results[0])
    command.main(results[0], results[1], 12, tmp_path, False, by_input=True, quiet=True)
    assert "b less a" in capsys.readouterr().out
    assert (tmp_path / "diff_by_input.csv").is_file()
