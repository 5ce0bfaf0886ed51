"""Members derived from a record: the plan is that of derivations one by one, to the last bit, whoever derives."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.test_sweep_engine import BASE, MINI, factor, sweep, table

from peakmix.api.deriving import Deriver
from peakmix.api.following import Follower
from peakmix.api.sweeping import Sweep
from peakmix.foundation.errors import InputError
from peakmix.parameters.recording import Record, Recorded
from peakmix.parameters.replay import Replay
from peakmix.scenario.cell_values import CellValues
from peakmix.scenario.levers import adjust
from peakmix.scenario.policies import PricePolicy
from peakmix.scenario.scenario import with_changes
from peakmix.sweep import grouping, plan

FURNACE = {"technology": "arc_furnace", "parameter": "availability"}
RATE = {"field": "horizon.discount_rate", "list": [0.03, 0.07]}
WIDE: dict[str, dict[str, Any]] = {
    "cells": {
        "coal": table("market_parameters", 0.8, 1.3, market="coal_supply", parameter="price"),
        "steel": table("demand", 0.99, commodity="hot_metal"),
        "furnace": table("technology_parameters", 0.6, 1.4, technology="arc_furnace", parameter="capital_cost"),
        "power": {"table": "flows", "where": {"technology": "arc_furnace", "commodity": "electricity"}, "action": "add",
                  "list": [-0.01, 0.02]},
    },
    "numbers of the scenario": {
        "tax": factor(0.5, 2.0, field="policies.tax.values"),
        "cap": factor(0.9, 1.0, field="policies.cap.values"),
        "rate": RATE,
        "ready": {"table": "technology_parameters", "where": {"technology": "arc_furnace", "parameter": "availability"},
                  "list": [0.8, 0.85]},
    },
    "structures among them": {
        "life": {"table": "technology_parameters", "where": FURNACE | {"parameter": "lifetime"}, "list": [20, 25]},
        "coal": table("market_parameters", *np.linspace(0.5, 1.5, 3).tolist(), market="coal_supply", parameter="price"),
        "peak": {"field": "policies.tax.from_year", "list": [2026, 2030]},
    },
    "drawn": {
        "numbers": {"table": "technology_parameters", "where": {"parameter": ["capital_cost", "fixed_cost", "lifetime"]},
                    "numbers": "latin_hypercube"},
        "rate": RATE | {"list": [0.04]},
    },
}  # fmt: skip


def told(made: plan.Plan) -> Any:
    """Everything that a plan says, values to the last bit."""
    values = [(s.key, s.members, s.elements, s.values.tobytes()) for s in made.structures]
    return made.hash, made.members, values, made.chunks, made.audited


def planned(folder: Path, axes: dict[str, Any], base: dict[str, Any], worth: int, jobs: int, monkeypatch: Any) -> tuple[Any, int]:
    """The plan, and how many derivations this process made."""
    monkeypatch.setattr(grouping, "WORTH", worth)
    more = {"samples": 6} if any("numbers" in axis for axis in axes.values()) else {}
    made = sweep(folder, axes, base, store=f"store-{worth}-{jobs}", **more)
    calls: list[str] = []
    single = Deriver.__call__
    monkeypatch.setattr(Deriver, "__call__", lambda self, scenario: (calls.append(scenario.name), single(self, scenario))[1])
    found = told(made.plan(jobs=jobs))
    monkeypatch.undo()
    return found, len(calls)


@pytest.mark.parametrize("kind", [kind if kind == "cells" else pytest.param(kind, marks=pytest.mark.slow) for kind in sorted(WIDE)])
def test_followed_plans_are_those_of_derivations(kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Cells, rates and policies, lives that make structures, a limit relative to a base period that moves with the rate."""
    alone, calls = planned(tmp_path, WIDE[kind], BASE, 10**9, 1, monkeypatch)
    followed, fewer = planned(tmp_path, WIDE[kind], BASE, 2, 1, monkeypatch)
    assert followed == alone
    if kind in ("cells", "numbers of the scenario"):
        assert (fewer <= 4, calls) == (True, 8 if kind == "cells" else 16), "members were derived one by one"


@pytest.mark.slow
def test_several_processes_make_the_same_plan(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    axes = WIDE["structures among them"]
    alone, calls = planned(tmp_path, axes, BASE, 10**9, 1, monkeypatch)
    shared, here = planned(tmp_path, axes, BASE, 10**9, 3, monkeypatch)
    assert shared == alone
    assert here < calls
    assert planned(tmp_path, axes, BASE, 2, 3, monkeypatch)[0] == alone


def test_swap_ratios_are_followed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    axes = {"ratio": table("swap_ratios", *np.linspace(1.0, 3.0, 6).tolist(), rule="steel_swap")}
    alone, _ = planned(tmp_path, axes, MINI, 10**9, 1, monkeypatch)
    followed, fewer = planned(tmp_path, axes, MINI, 2, 1, monkeypatch)
    assert followed == alone
    assert fewer == 2


def test_a_number_that_leaves_the_record_is_found_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A policy whose numbers are copied as plain ones: the record is wrong, is held against a derivation, and dropped."""
    plain = PricePolicy.quantities
    axes = {name: WIDE["numbers of the scenario"][name] for name in ("tax", "rate")}
    alone, _ = planned(tmp_path, axes, BASE, 10**9, 1, monkeypatch)
    monkeypatch.setattr(
        PricePolicy, "quantities",
        lambda self: {y: q.model_copy(update={"value": float.__float__(q.value)}) for y, q in plain(self).items()},
    )  # fmt: skip
    monkeypatch.setattr(grouping, "WORTH", 2)
    made = sweep(tmp_path, axes, BASE, store="leaky")
    assert told(made.plan()) == alone


def test_faults_of_a_member_are_told_as_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grouping, "WORTH", 2)
    ready = {"table": "technology_parameters", "where": FURNACE, "list": [0.8, 7.0]}
    made = sweep(tmp_path, {"ready": ready, "tax": factor(1.0, 2.0, field="policies.tax.values")})
    for jobs in (1, 2):
        with pytest.raises(InputError, match=r"availability of technology_parameters lies in .*\(member sweep-000[34]\)"):
            made.plan(jobs=jobs)


def test_cell_values_are_those_of_adjust(tmp_path: Path) -> None:
    """One adjustment after the other on the same cells: multiplied, shifted, set with a unit, drawn from the band that followed."""
    made = sweep(tmp_path, {"rate": RATE})
    where = {"technology": "arc_furnace", "parameter": "capital_cost"}
    steps = [
        {"table": "technology_parameters", "where": where, "multiply": 1.1},
        {"table": "technology_parameters", "where": where, "add": 12.5},
        {"table": "technology_parameters", "where": {"parameter": "fixed_cost"}, "draw": {"sample": 1, "of": 3, "seed": 4}},
        {"table": "technology_parameters", "where": {"parameter": "capital_cost"}, "draw": {"sample": 0, "of": 3, "seed": 4}},
        {"table": "demand", "where": {"commodity": "hot_metal"}, "multiply": 0.99},
    ]
    scenario = with_changes(made.source.base, {"adjust": steps})
    data = made.derive.data
    found, expected = CellValues(data).of(scenario), adjust(data, scenario)
    assert found is not None
    assert sorted(found) == ["demand", "technology_parameters"]
    for name, values in found.items():
        assert values.tobytes() == expected.tables[name]["value"].to_numpy(dtype=float).tobytes()
        assert (values != data.tables[name]["value"].to_numpy(dtype=float)).any()


def test_a_record_replays_operations_and_refuses_other_decisions() -> None:
    record = Record()
    a, b, c = (record.input(name, value) for name, value in (("a", 3.0), ("b", 0.5), ("c", 2.0)))
    smaller = a if a < 5.0 else b
    result = (2 - smaller / b) ** 2 + abs(-c) - 1 / (1.5 + b) + 1.1**c
    assert isinstance(result, Recorded)
    assert c.__round__() == 2
    replay = Replay(record, ["a", "b", "c"], [result.place])
    values, sound = replay.values(np.array([[3.0, 4.9, 5.0, 1.0, -7.0], [0.5, 0.25, 0.5, 0.0, 0.125], [2.0, 2.0, 2.0, 2.0, 2.0]]))
    expected = [(2 - x / y) ** 2 + 2.0 - 1 / (1.5 + y) + 1.1**2.0 if y else np.nan for x, y in ((3.0, 0.5), (4.9, 0.25), (1, 0))]
    assert sound.tolist() == [True, True, False, False, True], "another decision, a division by zero"
    assert values[0, :2].tolist() == expected[:2]
    assert not Replay(record, ["a", "c"], [result.place]).values(np.array([[3.0], [2.5]]))[1].any(), "c was rounded: it is held"


def test_a_cell_that_is_an_element_itself_takes_no_operation() -> None:
    """Nothing is formed between the cell and what is asked for, as with the limits of the projects of Dalian."""
    record = Record()
    cell = record.input("a", 3.0)
    values, sound = Replay(record, ["a"], [cell.place]).values(np.array([[3.0, 4.0]]))
    assert values.tolist() == [[3.0, 4.0]]
    assert sound.all()


def test_goals_are_derived_one_by_one(tmp_path: Path) -> None:
    goal = {"instrument": "goal", "indicator": {"quantity": "direct_co2"}}
    made: Sweep = sweep(tmp_path, {"rate": RATE})
    scenario = with_changes(made.source.base, {"policies": {"goal": goal}})
    assert not Follower(made.derive(scenario), CellValues(made.derive.data), {}, [], lambda one: {}).able
