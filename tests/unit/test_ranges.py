"""Near-optimal ranges: ends confirmed by runs that are forced to them, verdicts, refusals."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peakmix.api import run_scenario
from peakmix.api.ranges import ALWAYS, MAYBE, NEVER, NearOptimal, ranges
from peakmix.cli import ranges as command
from peakmix.foundation.errors import InfeasibleError, UsageError
from peakmix.scenario import Scenario, from_mapping

MINI = Path(__file__).parent.parent / "data" / "mini"
SHARES = (0.005, 0.02)


def scenario(policies: dict[str, Any] | None = None) -> Scenario:
    horizon = {"periods": [[2025, 1], [2026, 5], [2031, 5], [2036, 5]], "base_period": 2025}
    return from_mapping({"name": "mini", "data": str(MINI), "horizon": horizon, "policies": policies or {}})


@pytest.fixture(scope="module", params=["output", "capacity"])
def found(request: pytest.FixtureRequest) -> NearOptimal:
    return ranges(scenario(), SHARES, [2036], quantity=request.param)


def forced(technology: str, quantity: str, sense: str, value: float) -> float:
    """Least cost when the amount of a technology in 2036 is at least (lower) or at most (upper) a value; inf without solution."""
    indicator = {"quantity": quantity, "technologies": [technology]}
    limit = {"instrument": "limit", "indicator": indicator, "sense": sense, "values": {2036: value}}
    try:
        return float(run_scenario(scenario({"forced": limit})).dataset["objective"])
    except InfeasibleError:
        return float("inf")


def test_ends_are_confirmed_by_forced_runs(found: NearOptimal) -> None:
    """At the end of a range the cost is within the share; a thousandth beyond it the cost is above it or nothing is left."""
    checked = 0
    for row in found.frame[found.frame["share"] == SHARES[0]].to_dict("records"):
        ceiling = found.cost * (1 + row["share"])
        step = 1e-3 * max(1.0, row["most"])
        for sense, end, beyond in (("lower", row["most"], step), ("upper", row["least"], -step)):
            assert forced(row["technology"], row["quantity"], sense, max(0.0, end - beyond / 1e3)) <= ceiling * (1 + 1e-6)
            if end + beyond > 0:
                assert forced(row["technology"], row["quantity"], sense, end + beyond) > ceiling * (1 + 1e-9)
                checked += 1
    assert checked >= 3


def test_wider_shares_hold_narrower_ones_and_the_cheapest_answer(found: NearOptimal) -> None:
    narrow, wide = (found.frame[found.frame["share"] == share].reset_index(drop=True) for share in SHARES)
    assert (wide["least"] <= narrow["least"] + 1e-6).all()
    assert (wide["most"] >= narrow["most"] - 1e-6).all()
    assert (narrow["least"] <= narrow["best"] + 1e-6).all()
    assert (narrow["best"] <= narrow["most"] + 1e-6).all()
    verdicts = np.select([wide["least"] > 1e-6, wide["most"] <= 1e-6], [ALWAYS, NEVER], MAYBE)
    assert (wide["verdict"] == verdicts).all()
    assert set(narrow["unit"]) >= {"Mt/yr"}


def test_text_and_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mini.yaml"
    path.write_text(scenario().resolved_yaml, encoding="utf-8")
    command.main(path, [0.01], None, None, "output", tmp_path / "ranges.csv", None, False, True)
    assert "always" in capsys.readouterr().out
    assert (tmp_path / "ranges.csv").is_file()


def test_refusals() -> None:
    with pytest.raises(UsageError, match="between 0 and 1"):
        ranges(scenario(), [2.0])
    with pytest.raises(UsageError, match="no period starts in 2030"):
        ranges(scenario(), periods=[2030])
    with pytest.raises(UsageError, match="no technology makes 'steal'"):
        ranges(scenario(), products=["steal"])
    with pytest.raises(UsageError, match="no ranges of 'cost'"):
        ranges(scenario(), quantity="cost")
