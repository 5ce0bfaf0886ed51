"""Numbers drawn one by one: a Latin hypercube over every weak number, each between its own low and high."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from tests.unit.test_sweep_engine import BASE, collected, fresh_objective, sweep

from peakmix.foundation.errors import InputErrors
from peakmix.scenario import from_mapping
from peakmix.scenario.levers import adjust
from peakmix.sweep.numbers import NUMBERS, listed
from peakmix.tables.loading import load

SMALL = Path(__file__).resolve().parents[1] / "data" / "small"
AXES: dict[str, Any] = {
    "costs": {
        "table": "technology_parameters",
        "where": {"parameter": ["capital_cost", "fixed_cost"]},
        "numbers": "latin_hypercube",
    },
    "prices": {"table": "market_parameters", "where": {"parameter": "price"}, "numbers": "latin_hypercube"},
}


def drawn_values(sample: int, of: int, seed: int = 3, **where: Any) -> Any:
    change = {"table": "technology_parameters", "where": where, "draw": {"sample": sample, "of": of, "seed": seed}}
    data = load(str(SMALL))
    return adjust(data, from_mapping(BASE | {"adjust": [change]})).tables["technology_parameters"]


def test_every_number_visits_every_stratum_once() -> None:
    frames = [drawn_values(k, 8, parameter="capital_cost") for k in range(8)]
    before = load(str(SMALL)).tables["technology_parameters"]
    able = before[(before["parameter"] == "capital_cost") & (before["low"] < before["high"])]
    assert len(able) > 1
    orders = set()
    for row in able.index:
        low, high = before.loc[row, "low"], before.loc[row, "high"]
        places = np.array([(frame.loc[row, "value"] - low) / (high - low) for frame in frames])
        strata = np.floor(places * 8).astype(int)
        assert sorted(strata) == list(range(8))
        orders.add(tuple(strata))
    assert len(orders) == len(able), "numbers move independently of each other"
    untouched = before.index.difference(able.index)
    assert all(frame.loc[untouched, "value"].equals(before.loc[untouched, "value"]) for frame in frames)
    assert all(frame[["low", "high"]].equals(before[["low", "high"]]) for frame in frames)


def test_a_draw_depends_on_seed_and_number_alone() -> None:
    wide, narrow = (drawn_values(2, 9, parameter=p) for p in (["capital_cost", "fixed_cost"], ["fixed_cost"]))
    rows = narrow[narrow["parameter"] == "fixed_cost"].index
    assert wide.loc[rows, "value"].equals(narrow.loc[rows, "value"])
    other = drawn_values(2, 9, seed=4, parameter=["fixed_cost"])
    assert not other.loc[rows, "value"].equals(narrow.loc[rows, "value"])


def test_members_equal_fresh_builds_and_the_list_names_all(tmp_path: Path) -> None:
    left_out = [{"table": "technology_parameters", "where": {"parameter": "lifetime"}, "why": "another structure"}]
    made = sweep(tmp_path, AXES, samples=5, seed=7, left_out=left_out)
    plan = made.plan()
    assert len(plan.members) == 5
    assert [member.design["costs"] for member in plan.members] == [1.0, 2.0, 3.0, 4.0, 5.0]
    assert made.run().failed == 0
    cube = collected(made)
    for member in range(5):
        assert cube["objective"].values[member] == pytest.approx(fresh_objective(made, member), rel=1e-10)
    assert len(np.unique(cube["objective"].values)) == 5
    with (made.folder / NUMBERS).open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    tables = {n: t for n, t in made.derive.data.tables.items() if {"value", "low", "high", "grade"} <= set(t.columns)}
    assert len(rows) == sum(len(t) for t in tables.values())
    assert len({row["number"] for row in rows}) == len(rows)
    assert all(bool(row["axis"]) != bool(row["left_out_because"]) for row in rows)
    drawn = [row for row in rows if row["axis"]]
    assert all(float(row["low"]) < float(row["high"]) for row in drawn)
    assert {row["axis"] for row in drawn} == set(AXES)
    lives = [row for row in rows if row["number"].startswith("technology_parameters") and " lifetime" in row["number"]]
    assert {row["left_out_because"] for row in lives} <= {"another structure", "no low below its high"}
    assert "another structure" in {row["left_out_because"] for row in lives}


def test_the_shipped_list_leaves_nothing_without_a_reason(tmp_path: Path) -> None:
    """Every number of grade C is drawn, has no band, or stands under left_out."""
    from peakmix.sweep.plan import read_source

    source = read_source(Path(__file__).resolve().parents[2] / "runs" / "sweeps" / "grade_c_hypercube.yaml")
    rows = listed(source.spec, source.base, load("national").tables)
    assert {row[5] for row in rows} == {"C"}
    assert sum(bool(row[6]) for row in rows) > 3000
    assert not [row for row in rows if row[7] == "not selected by an axis"]


@pytest.mark.parametrize(
    ("axis", "rule"),
    [
        ({"field": "horizon.discount_rate", "numbers": "latin_hypercube"}, "numbers are drawn"),
        ({"table": "demand", "numbers": "latin_hypercube", "action": "multiply"}, "numbers are drawn"),
        ({"table": "demand", "numbers": "latin_hypercube", "list": [1.0]}, "states its values once"),
    ],
)
def test_faults(axis: dict[str, Any], rule: str, tmp_path: Path) -> None:
    (tmp_path / "base.yaml").write_text(yaml.safe_dump(BASE), encoding="utf-8")
    with pytest.raises(InputErrors, match=rule):
        sweep(tmp_path, {"a": axis}, samples=3)
    for draw in ({"sample": 3, "of": 3}, {"sample": -1, "of": 3}):
        with pytest.raises(InputErrors):
            from_mapping(BASE | {"adjust": [{"table": "demand", "draw": draw}]})
