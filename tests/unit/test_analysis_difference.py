"""Two results compared: contributions add up, changed cells and policies are found, and doubts are told."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from peakmix.analysis.difference import Difference, compare
from peakmix.analysis.difference_text import text
from peakmix.api import run_scenario
from peakmix.cli import diff
from peakmix.foundation.errors import UsageError
from peakmix.results.store import write_result
from peakmix.scenario import from_mapping

MINI = Path(__file__).parent.parent / "data" / "mini"
CAP = {"cap": {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "values": {2026: "15.5 Mt/yr", 2036: "12 Mt/yr"}}}
PERIODS = [[2025, 1], [2026, 5], [2031, 5], [2036, 5]]


def solved(name: str, **changes: Any) -> xr.Dataset:
    spec = {"name": name, "data": str(MINI), "horizon": {"periods": PERIODS, "base_period": 2025}, **changes}
    return run_scenario(from_mapping(spec)).dataset


@pytest.fixture(scope="module")
def base() -> xr.Dataset:
    return solved("free", policies={})


@pytest.fixture(scope="module")
def capped() -> xr.Dataset:
    dearer = {"table": "market_parameters", "where": {"market": "coal_supply", "parameter": "price"}, "multiply": 1.1}
    return solved("capped", policies=CAP, adjust=[dearer])


@pytest.fixture(scope="module")
def made(base, capped) -> Difference:
    return compare(base, capped)


def test_contributions_add_up(made, base, capped) -> None:
    gap = float(capped["objective"]) - float(base["objective"])
    assert made.objective == gap
    assert gap > 0
    for keys in (("component",), ("place",), ("period",), ("component", "place", "period")):
        assert made.by(*keys)["difference"].sum() == pytest.approx(gap, rel=1e-8)
    system = made.cost.loc[made.cost["account"] == "system", "difference"].sum()
    assert system == pytest.approx(float(capped["system_cost"]) - float(base["system_cost"]), rel=1e-8)
    assert set(made.cost["unit"]) == {"MCNY2023"}


def test_a_cell_that_one_lacks_counts_zero_there(base) -> None:
    other = base.copy(deep=True)
    other["cost"].loc[{"cost_component": "closure", "cost_place": "East", "period": 2031}] = 5.0
    frame = compare(base, other).cost.set_index(["component", "place", "period"])
    assert frame.loc[("closure", "East", 2031), ["a", "b", "difference"]].tolist() == [0.0, 5.0, 5.0]
    assert frame["difference"].sum() == 5.0


def test_changed_inputs_are_found(made) -> None:
    assert made.inputs[["table", "kind"]].to_numpy().tolist() == [["market_parameters", "changed"]]
    row = made.inputs.iloc[0]
    assert "coal_supply" in row["key"]
    assert (row["a"], row["b"], row["unit"]) == (30.0, pytest.approx(33.0), "CNY2023/GJ")


def test_settings_name_a_new_policy_once(made) -> None:
    assert made.settings["key"].tolist().count("policies.cap") == 1
    assert not [key for key in made.settings["key"] if key.startswith("policies.cap.")]


def test_policies_that_bind_in_one_only(made, capped) -> None:
    binding = set(capped["policy_period"].values[capped["policy_binding"].values == 1].tolist())
    assert set(made.policies["period"]) == binding
    assert set(made.policies["kind"]) == {"binding only in B"}


def test_policies_become_free(capped) -> None:
    loose = solved("loose", policies={"cap": CAP["cap"] | {"values": {2026: "100 Mt/yr"}}})
    kinds = compare(capped, loose).policies["kind"]
    assert len(kinds)
    assert set(kinds) == {"became free"}
    assert set(compare(loose, capped).policies["kind"]) == {"became binding"}


def test_doubts_are_told(base) -> None:
    assert not [note for note in compare(base, base).notes if "equal" in note]
    other = base.copy(deep=True)
    other["activity"][:] = other["activity"].values[::-1]
    told = " ".join(compare(base, other).notes)
    assert "not unique" in told
    other["operating_weight"][:] = np.arange(4)
    other.attrs["prices"] = "interior"
    told = " ".join(compare(base, other).notes)
    assert "weights differ" in told
    assert "prices of B are interior" in told


def test_solved_the_other_way_nothing_differs(base) -> None:
    """One answer of least cost is declared, so interior point and simplex give the same lists, and nothing is doubted."""
    other = solved("free", policies={}, solver={"method": "ipm"})
    assert other.attrs["solver_method"] != base.attrs["solver_method"]
    found = compare(base, other)
    assert found.notes == ()
    assert [len(frame) for frame in (found.settings, found.inputs, found.policies, found.mix)] == [0, 0, 0, 0]
    assert "output: the same everywhere" in text(found)
    assert "but for rounding" in text(found)


def test_ties_left_as_they_fall_are_told(base) -> None:
    other = solved("free", policies={}, solver={"tie_break": False})
    assert other.attrs["optimum_unique"] in ("yes", "not known")
    other.attrs["optimum_unique"] = "not known"
    assert "B may not be unique: ties were not broken" in " ".join(compare(base, other).notes)
    other.attrs["optimum_unique"] = "yes"
    assert compare(base, other).notes == ()
    other.attrs |= {"tie_break": "failed", "optimum_unique": "not known", "ties": '{"reason": "of a limit"}'}
    assert "the tie-break failed (of a limit)" in " ".join(compare(base, other).notes)
    other.attrs |= {"tie_break": "on", "ties": '{"criteria": ["name"]}'}
    assert "different criteria" in " ".join(compare(base, other).notes)


def test_mix_that_differs(base) -> None:
    """One cell of output moved by 2 is one row, with its unit."""
    other = base.copy(deep=True)
    other["activity"].loc[{"region": "East", "technology": "scrap_route", "period": 2031}] += 2.0
    rows = compare(base, other).mix
    assert rows[["technology", "place", "period"]].to_numpy().tolist() == [["scrap_route", "East", 2031]]
    assert rows["difference"].tolist() == pytest.approx([2.0])
    assert rows["unit"].tolist() == ["Mt/yr"]


def test_text_of_equal_results(base) -> None:
    told = text(compare(base, base))
    assert "scenarios: the same values" in told
    assert "objective    +0.0000" in told


def test_command(base, capped, tmp_path, capsys) -> None:
    first = write_result(base, tmp_path / "a" / "a.nc")
    second = write_result(capped, tmp_path / "b.nc")
    diff.main(first.parent, second, 5, tmp_path / "lists", False)
    out = capsys.readouterr().out
    assert "binding only in B" in out
    assert "by place" in out
    lists = pd.read_csv(tmp_path / "lists" / "diff_cost.csv")
    assert lists["difference"].sum() == pytest.approx(float(capped["objective"]) - float(base["objective"]), rel=1e-8)
    with pytest.raises(UsageError, match="exists"):
        diff.main(first, second, 5, tmp_path / "lists", False)
    with pytest.raises(UsageError, match="result files"):
        diff.main(tmp_path / "lists", second, 5, None, False)
