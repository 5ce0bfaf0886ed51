"""Check: what is said of tables and scenarios, traps of policies by hand, calibration from the command's side."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.cases.kit import Problem, prepared

from peakmix.api.base_period import base_scenario, plain_scenario
from peakmix.api.checking import check
from peakmix.api.traps import traps
from peakmix.foundation.errors import InfeasibleError, InputError, UsageError
from peakmix.scenario import from_mapping
from peakmix.tables.check import RULES
from peakmix.tables.loading import load

DATA = Path(__file__).resolve().parents[1] / "data"
HORIZON = {"periods": [[2025, 1], [2026, 5], [2031, 5]], "base_period": 2025}


def scenario(folder: Path, **parts: Any) -> Path:
    """A scenario file on the mini data set."""
    path = folder / "case.yaml"
    path.write_text(yaml.safe_dump({"data": str(DATA / "mini"), "horizon": HORIZON} | parts), encoding="utf-8")
    return path


# tables


def test_a_data_set_is_told_by_table_grade_hash_and_rule() -> None:
    found = check(DATA / "mini")
    data = load(DATA / "mini")
    assert found.exit_code == 0
    assert found.scenario is None
    assert f"hash {data.hash[:16]}" in found.text
    assert f"technologies {len(data['technologies'])}" in found.text
    assert f"{len(RULES)} rules across tables hold" in found.text
    rows = [row for frame in data.tables.values() if "grade" in frame for row in frame["grade"]]
    assert f"{len(rows):,} values; by grade A " in found.text
    assert f"C {rows.count('C') / len(rows):.0%} ({rows.count('C')})" in found.text
    assert found.notices == tuple(map(str, data.notices))


def test_faults_are_raised_and_wrong_calls_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError):
        check(tmp_path / "none")
    with pytest.raises(UsageError, match="a data set has none"):
        check(DATA / "mini", changes={"horizon.discount_rate": 0.1})
    with pytest.raises(InputError, match="tables"):
        check(scenario(tmp_path, sectors=["steal"]))


# scenarios


def test_a_scenario_is_told_with_weights_and_periods_of_policies(tmp_path: Path) -> None:
    policies = {
        "tax": {"instrument": "price", "indicator": {"quantity": "direct_co2"}, "values": {2028: 50}},
        "cap": {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "values": 90, "to_year": 2030},
        "peak": {"instrument": "peak", "indicator": {"quantity": "direct_co2"}, "year": 2030, "height": 90},
        "off": {"instrument": "price", "indicator": {"quantity": "direct_co2"}, "values": 50, "enabled": False},
    }
    path = scenario(tmp_path, policies=policies, adjust=[{"table": "stock", "multiply": 1.0}])
    found = check(path, changes={"horizon.discount_rate": 0.0})
    lines = [" ".join(line.split()) for line in found.text.splitlines()]
    assert "2025 1 1.000000 1.000000 base period" in lines
    assert "2026-2030 5 5.000000 1.000000" in lines
    assert "tax price holds 2031-2035 (dated 2028)" in lines
    assert "cap limit holds 2026-2030" in lines
    assert "peak peak peak in the period 2026-2030, rule A; no growth after it" in lines
    assert "off price switched off" in lines
    assert "1 change to cells of the tables" in lines
    assert not any("peak rule without" in notice for notice in found.notices)


def test_a_policy_that_never_holds_is_refused(tmp_path: Path) -> None:
    late = {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "values": {2050: 90}}
    with pytest.raises(InputError, match="holds in no period"):
        check(scenario(tmp_path, policies={"late": late}))


def test_a_peak_without_height_is_noticed(tmp_path: Path) -> None:
    peak = {"instrument": "peak", "indicator": {"quantity": "direct_co2"}, "year": 2030}
    notices = check(scenario(tmp_path, policies={"peak": peak})).notices
    assert any("policies.peak" in notice and "without a height" in notice for notice in notices)


# the ceiling of a swap rule: 10 Mt stand until 2031, then go; the ratio is 1.25, 9 Mt are made and asked for


def fleet(demand: dict[int, float], natural: float = 1.0, **policy: Any) -> list[str]:
    """Traps of one swap rule on 10 Mt/yr of furnaces that reach the end of their life in 2031."""
    problem = (
        Problem()
        .commodity("iron")
        .technology("furnace", "iron", lifetime=30.0, capital_cost=100.0, retire="existing")
        .group("furnaces", "furnace")
        .stock("furnace", 10.0, build=(2001, 2001))
        .demand("iron", demand)
        .base_output("furnaces", 9.0)
        .value("swap_ratios", 1.25, "1", rule="swap", case="other", target_class="", origin="", year=2021)
    )
    if policy.pop("renewed", False):
        problem.conversion("relining", "furnace", "furnace", draws="expiring", clock="reset")
    swap = {"instrument": "swap", "rule": "swap", "group": "furnaces", "from_year": 2026, "natural_credit": natural}
    horizon = [[2025, 1], [2026, 5], [2031, 5]]
    case = prepared(problem, horizon, base=2025, policies={"swap": swap | policy})
    return traps(case.scenario, case.parameters, case.context)


def test_a_swap_ratio_above_one_that_caps_output_is_noticed() -> None:
    found = fleet({2025: 9.0, 2035: 9.0})
    assert len(found) == 1
    # 10 Mt expire, 10 / 1.25 = 8 may be built in their place, all of it in use
    assert "ratio of 1.25 or more leaves at most 8 Mt/yr of furnaces in 2031" in found[0]
    assert "can make 8 Mt/yr; base-year output that follows demand is 9" in found[0]


def test_no_notice_where_the_ceiling_is_high_enough() -> None:
    assert fleet({2025: 9.0, 2031: 7.0}) == []
    assert fleet({2025: 9.0, 2035: 9.0}, renewed=True) == []
    assert fleet({2025: 9.0, 2035: 9.0}, opening={"Here": "2 Mt/yr"}) == []
    assert fleet({2025: 9.0, 2035: 9.0}, exempt=["furnace"]) == []


def test_no_credit_for_natural_end_of_life_is_noticed() -> None:
    found = fleet({2025: 9.0, 2035: 9.0}, natural=0.0)
    assert "natural_credit 0" in found[0]
    assert "leaves at most 0 Mt/yr" in found[1]


# calibration


def test_calibration_of_a_data_set_and_of_a_scenario(tmp_path: Path) -> None:
    found = check(DATA / "mini", calibration=True)
    assert found.calibration is not None
    # statistics hold output at 7 and 2.5 Mt within 2 %
    assert found.calibration["computed"].tolist() == pytest.approx([9.5], rel=0.02)
    assert found.calibration["verdict"].tolist() == ["match"]
    assert "1 of 1 statistics are met" in found.text
    tight = scenario(tmp_path, adjust=[{"table": "calibration", "set": 12}])
    told = check(tight, calibration=True)
    assert told.calibration is not None
    assert told.calibration["verdict"].tolist() == ["miss"]
    assert "what the tables say about the misses" in told.text
    assert "output steel Land 2025" in told.text


def test_calibration_needs_a_base_period(tmp_path: Path) -> None:
    free = scenario(tmp_path, horizon={"periods": [[2025, 1], [2026, 5]]})
    with pytest.raises(UsageError, match="pins none"):
        check(free, calibration=True)
    problem = Problem().commodity("iron").technology("furnace", "iron").stock("furnace", 1.0).demand("iron", 1.0)
    with pytest.raises(UsageError, match="no base_activity"):
        plain_scenario(problem.data())


def test_the_base_scenario_keeps_the_base_period_alone() -> None:
    policy = {"instrument": "price", "indicator": {"quantity": "direct_co2"}, "values": 50}
    whole = from_mapping({"horizon": {"first_years": [2025, 2026, 2031], "end": 2035, "base_period": 2026},
                          "policies": {"tax": policy}})  # fmt: skip
    base = base_scenario(whole)
    assert base.spec.horizon.pairs == ((2026, 5),)
    assert not base.spec.policies
    assert whole.spec.policies


def test_a_base_year_that_does_not_fit_is_explained(tmp_path: Path) -> None:
    too_much = [{"table": "demand", "multiply": 3}]
    with pytest.raises(InfeasibleError):
        check(scenario(tmp_path, adjust=too_much), calibration=True)
