"""The abatement curve: convexity bounds its cost, separate runs give the same cost and prices, refusals are in words."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

from peakmix.api import run_scenario
from peakmix.api.mac import AbatementCurve, mac
from peakmix.api.mac_exact import ExactCurve, exact_curve
from peakmix.cli import mac as command
from peakmix.foundation.errors import InputError, UsageError
from peakmix.scenario import Scenario, from_mapping

MINI = Path(__file__).parent.parent / "data" / "mini"
STEP = 1e-3


def scenario(policies: dict[str, Any] | None = None) -> Scenario:
    horizon = {"periods": [[2025, 1], [2026, 5], [2031, 5], [2036, 5]], "base_period": 2025}
    return from_mapping({"name": "mini", "data": str(MINI), "horizon": horizon, "policies": policies or {}})


@pytest.fixture(scope="module")
def curve() -> AbatementCurve:
    return mac(scenario(), steps=4, deepest=0.2)


def test_cost_lies_between_the_prices_before_and_after(curve) -> None:
    rise = np.diff(curve.steps["cost"])
    assert (rise >= curve.steps["least"][1:] - 1e-6).all()
    assert (rise <= curve.steps["most"][1:] + 1e-6).all()
    assert (rise > 0).any()


def test_caps_hold_and_prices_are_zero_where_they_are_slack(curve) -> None:
    points = curve.points
    assert (points["level"] <= points["cap"] + 1e-6).all()
    assert (points["price"] >= -1e-9).all()
    slack = points["cap"] - points["level"] > 1e-5
    np.testing.assert_allclose(points.loc[slack, "price"], 0, atol=1e-9)
    first = points[points["step"] == 0]
    np.testing.assert_allclose(first["level"], first["reference"])
    assert set(points["price_unit"]) == {"CNY2023/t"}
    assert set(points["period"]) == {2026, 2031, 2036}


def _capped(levels: dict[int, float]) -> xr.Dataset:
    """A separate run under the caps."""
    limit = {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "values": levels, "between": "step"}
    return run_scenario(scenario({"cap": limit})).dataset


@pytest.fixture(scope="module")
def caps(curve) -> dict[int, float]:
    last = curve.points[curve.points["step"] == 3]
    return dict(zip(last["period"].tolist(), last["cap"].tolist(), strict=True))


def test_a_separate_run_costs_the_same(curve, caps) -> None:
    free = float(run_scenario(scenario()).dataset["objective"])
    gap = float(_capped(caps)["objective"]) - free
    assert curve.steps["cost"][3] == pytest.approx(gap, rel=1e-6)


def test_prices_are_slopes_of_separate_runs(curve, caps) -> None:
    last = curve.points[curve.points["step"] == 3].set_index("period")["price"]
    middle = _capped(caps)
    weight = dict(zip(middle["period"].values.tolist(), middle["operating_weight"].values.tolist(), strict=True))
    for period in caps:
        looser, tighter = (float(_capped({**caps, period: caps[period] + d})["objective"]) for d in (STEP, -STEP))
        here = float(middle["objective"])
        low, high = (here - looser) / STEP / weight[period], (tighter - here) / STEP / weight[period]
        assert low - 1e-3 * max(1, high) <= last[period] <= high + 1e-3 * max(1, high)


def test_a_cut_beyond_reach_stops_the_curve() -> None:
    deep = mac(scenario(), steps=2, deepest=1.0)
    assert deep.stopped in (0.5, 1.0)
    assert f"no solution at a cut of {deep.stopped:.1%}" in deep.text
    assert deep.steps["share"].max() < deep.stopped


def test_one_place_only() -> None:
    east = mac(scenario(), steps=1, deepest=0.05, indicator={"quantity": "direct_co2", "location": "East"})
    whole = mac(scenario(), steps=1, deepest=0.05)
    assert east.points["reference"].sum() < whole.points["reference"].sum()


def test_caps_from_a_year_on() -> None:
    late = mac(scenario(), steps=1, deepest=0.05, from_year=2031)
    assert set(late.points["period"]) == {2031, 2036}
    with pytest.raises(InputError):
        mac(scenario(), steps=1, deepest=0.05, from_year=2050)


def test_refusals() -> None:
    for steps, deepest in ((0, 0.5), (3, 0.0), (3, 1.5)):
        with pytest.raises(UsageError, match="at least one step"):
            mac(scenario(), steps=steps, deepest=deepest)


def test_command(tmp_path, capsys) -> None:
    path = tmp_path / "mini.yaml"
    path.write_text(scenario().resolved_yaml, encoding="utf-8")
    command.main(path, 2, 0.1, 1900, None, ["steel"], tmp_path / "out", None, False, True)
    out = capsys.readouterr().out
    assert "10.0%" in out
    assert "CNY2023/t" in out
    assert (tmp_path / "out" / "mac_points.csv").is_file()


@pytest.fixture(scope="module")
def exact() -> ExactCurve:
    return exact_curve(scenario(), deepest=0.2)


def test_exact_curve_equals_a_dense_sweep(exact: ExactCurve) -> None:
    dense = mac(scenario(), steps=40, deepest=0.2)
    assert exact.complete
    assert len(exact.pieces) > 3
    share = np.append(exact.pieces["from_share"].to_numpy(), exact.furthest)
    cost = np.append(exact.pieces["from_cost"].to_numpy(), exact.pieces["to_cost"].iloc[-1])
    between = np.interp(dense.steps["share"], share, cost)
    np.testing.assert_allclose(between, dense.steps["cost"], rtol=1e-6, atol=1e-6 * cost.max())


def test_pieces_meet_and_grow_steeper_and_prices_make_the_slope(exact: ExactCurve) -> None:
    """The slope of a piece is the sum of prices x weights x reference, since one more share tightens each cap by its reference."""
    pieces = exact.pieces
    np.testing.assert_allclose(pieces["to_share"][:-1], pieces["from_share"][1:])
    assert (np.diff(pieces["slope"]) > 0).all()
    rise = pieces["slope"] * (pieces["to_share"] - pieces["from_share"])
    np.testing.assert_allclose(rise, pieces["to_cost"] - pieces["from_cost"], rtol=1e-6, atol=1e-6)
    weights = {p: 1.05 ** -(first - 2025 + 0.5) for p, first in ((2026, 2026), (2031, 2031), (2036, 2036))}
    weight = {p: sum(w * 1.05**-k for k in range(5)) for p, w in weights.items()}
    points = exact.points.assign(part=lambda f: f["price"] * f["period"].map(weight) * f["reference"])
    np.testing.assert_allclose(points.groupby("piece")["part"].sum(), pieces["slope"], rtol=1e-6, atol=1e-6)


def test_search_that_is_cut_short_says_so_and_bounds_what_it_misses(exact: ExactCurve) -> None:
    short = exact_curve(scenario(), deepest=0.2, most=2)
    assert not short.complete
    assert "NOT all breakpoints" in short.text
    share = np.append(exact.pieces["from_share"].to_numpy(), exact.furthest)
    cost = np.append(exact.pieces["from_cost"].to_numpy(), exact.pieces["to_cost"].iloc[-1])
    for row in short.pieces.to_dict("records"):
        inside = np.linspace(row["from_share"], row["to_share"], 21)
        chord = np.interp(inside, [row["from_share"], row["to_share"]], [row["from_cost"], row["to_cost"]])
        off = chord - np.interp(inside, share, cost)
        assert off.min() >= -1e-6 * cost.max()
        assert off.max() <= row["gap"] + 1e-6 * cost.max()


def test_exact_curve_ends_where_no_solution_is_left() -> None:
    deep = exact_curve(scenario(), deepest=1.0)
    assert 0.2 < deep.furthest < 1
    assert mac(scenario(), steps=1, deepest=min(1.0, deep.furthest + 1e-4)).stopped > 0
    assert np.isnan(mac(scenario(), steps=1, deepest=deep.furthest - 1e-4).stopped)


def test_exact_command(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "mini.yaml"
    path.write_text(scenario().resolved_yaml, encoding="utf-8")
    command.main(path, None, 0.1, 1900, None, None, tmp_path / "out", None, False, True)
    assert "all breakpoints" in capsys.readouterr().out
    assert (tmp_path / "out" / "mac_pieces.csv").is_file()
    with pytest.raises(UsageError, match="between 0 and 1"):
        exact_curve(scenario(), deepest=2.0)
