"""Slopes of the optimum in the numbers of the tables equal differences of re-solves; the ranking is the one worked out by hand."""

from __future__ import annotations

import json
import sys
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from tests.cases.kit_tables import Problem
from tests.unit.test_sweep_engine import BASE, MINI

from peakmix import api
from peakmix.analysis.reading import ranked_slopes
from peakmix.analysis.report.page import report
from peakmix.api.sensitivity import confirm, listed_apart, rank
from peakmix.api.slopes import Optimum, derived, with_cell
from peakmix.cli import main as cli
from peakmix.cli.run import main as run_command
from peakmix.formulation.build import build
from peakmix.foundation.errors import UsageError
from peakmix.parameters.tracing import Tape, Traced, number, traced
from peakmix.scenario import from_mapping
from peakmix.scenario.levers import adjust
from peakmix.solve.compile import compile_model
from peakmix.solve.highs import solve
from peakmix.tables.dataset import DataSet
from peakmix.tables.loading import load

STEP = 1e-5
"""Relative step of the finite differences."""


def optimum(world: dict[str, Any]) -> Optimum:
    scenario = from_mapping({"name": "case"} | world)
    data = load(Path(world["data"]))
    return Optimum(scenario, adjust(data, scenario))


@pytest.fixture(scope="module")
def small() -> Optimum:
    """The small data set with a tax and a swap rule; the cap relative to the base period is left out."""
    policies = {name: policy for name, policy in BASE["policies"].items() if name != "cap"}
    policies["dust"] = {"instrument": "price", "indicator": {"quantity": "pollutant", "pollutant": "PM"}, "values": {2026: 600}}
    return optimum(BASE | {"policies": policies})


def fresh(found: Optimum, cell: tuple[str, int], value: float) -> float:
    """The optimum with one cell changed, derived, built and solved from nothing."""
    parameters, _ = derived(found.scenario, with_cell(found.data, cell, value))
    return solve(compile_model(build(parameters)).at()).objective


def picked(found: Optimum, each: int) -> list[int]:
    """A few cells with a slope of every table, spread over its rows; those that move lives as well are left out."""
    by_table: dict[str, list[int]] = defaultdict(list)
    lives = found.lives()
    for place, (table, _) in enumerate(found.cells):
        if found.slopes[place] and place not in lives:
            by_table[table].append(place)
    return [places[k] for places in by_table.values() for k in np.unique(np.linspace(0, len(places) - 1, each).astype(int))]


@pytest.mark.parametrize("world", ["small", "mini"])
def test_slopes_equal_one_sided_differences(world: str, small: Optimum) -> None:
    """Between the slopes of the two sides everywhere, and one of them where the sides agree."""
    found = small if world == "small" else optimum(MINI)
    places, equal = picked(found, 4), 0
    for place in places:
        cell, slope = found.cells[place], float(found.slopes[place])
        value = float(found.data.tables[cell[0]]["value"].iloc[cell[1]])
        step = STEP * (abs(value) or 1.0)
        up, down = ((fresh(found, cell, value + sign * step) - found.objective) / (sign * step) for sign in (1, -1))
        sides = [x for x in (up, down) if np.isfinite(x)]
        room = 1e-3 * abs(slope) + 1e-7 * abs(found.objective) / abs(value)
        assert sides, f"{cell} cannot be moved"
        assert min(sides) - room <= slope <= max(sides) + room or len(sides) == 1, (cell, slope, up, down)
        equal += any(abs(x - slope) <= room for x in sides)
    assert equal >= 0.9 * len(places)


def test_every_kind_of_table_acts(small: Optimum) -> None:
    """All tables that the derivation reads have cells with a slope, or reach the programme where nothing binds."""
    tables = {small.cells[place][0] for place in small.reaching()}
    expected = {name for name, frame in small.data.tables.items() if small.data.schemas[name].has_values and len(frame)}
    assert expected - tables == {"balance_residuals"}
    assert len({small.cells[place][0] for place in picked(small, 1)}) >= 15


def test_all_cells_moved_at_once_move_the_elements_as_traced(small: Optimum) -> None:
    """The record loses nothing: a small move of every number together, derived anew, against one pass forwards."""
    random, data = np.random.default_rng(1), small.data
    moves, lives = {}, small.lives()
    for place, (table, row) in enumerate(small.cells):
        if place in lives:
            continue
        value = float(data.tables[table]["value"].iloc[row])
        moves[place] = 1e-7 * value * random.uniform(-1, 1)
    tables = dict(data.tables)
    for place, (table, row) in enumerate(small.cells):
        if place in moves:
            frame = tables[table] if tables[table] is not data.tables[table] else data.tables[table].copy()
            frame.iloc[row, frame.columns.get_loc("value")] += moves[place]
            tables[table] = frame
    parameters, _ = derived(small.scenario, replace(data, tables=tables))
    change = small.tape.forward(moves)
    before = small.family.lever_base
    for (name, key), node, base in zip(small.elements, small._nodes, before.tolist(), strict=True):
        expected = change[node] if node >= 0 else 0.0
        room = 1e-11 * max(1.0, abs(base)) + 1e-4 * abs(expected)
        assert abs(parameters.values[name][key] - base - expected) <= room, (name, key)


def test_a_stripped_trace_is_found(small: Optimum, monkeypatch: pytest.MonkeyPatch) -> None:
    """The comparison above fails when a place of the derivation forgets the record."""
    monkeypatch.setattr("peakmix.parameters.lookup.number", float)
    with pytest.raises(AssertionError):
        test_all_cells_moved_at_once_move_the_elements_as_traced(Optimum(small.scenario, small.data))


def test_arithmetic_is_recorded() -> None:
    tape = Tape()
    x, y = tape.leaf(("t", 0), 3.0), tape.leaf(("t", 1), 2.0)
    cases = [
        (x + y, 1, 1), (x - y, 1, -1), (x * y, 2, 3), (x / y, 1 / 2, -3 / 4), (x**2, 6, 0), (x**y, 6, 9 * np.log(3)),
        (2.0**y, 0, 4 * np.log(2)), (1 - x, -1, 0), (6.0 / x, -2 / 3, 0), (-x, -1, 0), (abs(-x), 1, 0), (sum([x, y, x]), 2, 1),
        (max(x, y), 1, 0), (1.5 * x + 0.5, 1.5, 0), (+x, 1, 0),
    ]  # fmt: skip
    for value, *slopes in cases:
        assert isinstance(value, Traced)
        assert tape.backward({value.place: 1.0}) == pytest.approx(slopes)
        forward = tape.forward({0: 1.0, 1: 10.0})[value.place]
        assert forward == pytest.approx(slopes[0] + 10 * slopes[1])
    assert x == 3.0
    assert hash(x) == hash(3.0)
    assert number(x) is x
    assert type(number(np.float64(2))) is float


ONE_YEAR = from_mapping(
    {"name": "hand", "resolution": "nation", "horizon": {"periods": [[2025, 1]], "discount_rate": 0.0, "timing": 0}}
)


def hand() -> DataSet:
    """Two ways of making 10 Mt a year; the cheap one may make 4.

    Cost a year = 4 x 100 + 6 x 150 = 1,300 million. Slopes: demand 150 a tonne, cheap cost 4, dear cost 6, the limit 100 - 150 =
    -50. Bands: demand [9, 11], cheap [50, 130], dear [140, 165], limit [3, 7].
    Effects: demand 150 x 2 = 300, cheap 4 x 80 = 320, dear 6 x 25 = 150, limit 50 x 4 = 200.
    """
    problem = Problem().commodity("ware")
    for name, cost in (("cheap", 100.0), ("dear", 150.0)):
        problem.technology(name, "ware", capacity=False, variable_cost=cost)
    problem.demand("ware", 10.0)
    problem.bound("activity", "cheap", 4.0)
    bands = {("demand", 10.0): (9, 11), ("technology_parameters", 100.0): (50, 130), ("technology_parameters", 150.0): (140, 165),
             ("limits", 4.0): (3, 7)}  # fmt: skip
    for (table, value), (low, high) in bands.items():
        for row in problem.rows[table]:
            if row["value"] == value:
                row.update(low=low, high=high, grade="C" if table == "demand" else "A")
    return problem.data()


def test_ranking_of_a_case_with_a_known_answer() -> None:
    """Order, slopes and effects as in the docstring of the case; re-solves: demand +-150, cheap -200 and +120, where from 150
    on the dear way would take over, dear -60 and +90, limit +50 and -150."""
    found = Optimum(ONE_YEAR, hand())
    assert found.objective == pytest.approx(1300)
    ranked = rank(found)
    confirm(found, ranked, 20)
    acting = ranked[ranked["effect"] > 0]
    assert acting["table"].tolist() == ["technology_parameters", "demand", "limits", "technology_parameters"]
    assert acting["effect"].tolist() == pytest.approx([320, 300, 200, 150])
    assert acting["slope"].tolist() == pytest.approx([4, 150, -50, 6])
    assert acting["change_low"].tolist() == pytest.approx([-200, -150, 50, -60])
    assert acting["change_high"].tolist() == pytest.approx([120, 150, -150, 90])
    assert acting["side"].tolist() == ["both"] * 4
    assert acting["grade"].tolist() == ["A", "C", "A", "A"]
    apart = listed_apart(found)
    assert apart["reason"].tolist() == ["the discount rate"]


def test_a_kink_is_marked_with_its_side() -> None:
    """At a demand of 4 the cheap way is just used up: one tonne more costs 150, one less saves 100."""
    data = hand()
    frame = data.tables["demand"].copy()
    frame.loc[:, ["value", "low", "high"]] = [4.0, 3.0, 5.0]
    found = Optimum(ONE_YEAR, replace(data, tables=dict(data.tables) | {"demand": frame}))
    ranked = rank(found)
    confirm(found, ranked, 20)
    row = ranked[ranked["table"] == "demand"].iloc[0]
    assert (row["slope"], row["side"]) in ((pytest.approx(150), "up"), (pytest.approx(100), "down"))
    assert (row["change_low"], row["change_high"]) == (pytest.approx(-100), pytest.approx(150))


def test_lives_dates_and_index_sets_stand_apart(small: Optimum) -> None:
    apart = listed_apart(small)
    kinds = set(apart["reason"])
    assert {"the discount rate", "a life"} <= kinds
    lives = apart[apart["reason"] == "a life"]["key"]
    assert lives.str.contains("lifetime").all()
    ranked = rank(small)
    assert not ranked["key"].str.contains("lifetime|first_year").any()


def test_another_structure_is_solved_and_said(small: Optimum) -> None:
    """A stock that goes to zero takes its technology with it: built anew, with a note."""
    place = next(k for k, (table, _) in enumerate(small.cells) if table == "stock" and small.slopes[k])
    objective, note = small.at(small.cells[place], 0.0)
    assert note
    assert np.isnan(objective) or objective == pytest.approx(fresh(small, small.cells[place], 0.0), rel=1e-9)


def test_command_on_a_result_and_on_a_scenario(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "case.yaml"
    path.write_text(yaml.safe_dump(json.loads(json.dumps(MINI))), encoding="utf-8")
    result = api.run(path, out=tmp_path)

    def call(*words: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["peakmix", "sensitivity", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        return int(left.value.code or 0), capsys.readouterr().out

    code, one = call(str(result.path), "--top", "3", "--csv", str(tmp_path / "lists"), "--quiet")
    assert code == 0
    assert f"optimum {float(result.dataset['objective']):,.1f}" in one
    assert "effect by grade" in one
    assert (tmp_path / "lists" / "sensitivity_ranked.csv").read_text(encoding="utf-8").count("\n") > 10
    assert call(str(path), "--top", "3")[1] == one
    assert call(str(result.path), "--set", "horizon.discount_rate=0.1")[0] == 2
    assert call(str(path), "--csv", str(tmp_path / "lists"))[0] == 2
    assert traced(load(Path(MINI["data"])))[1].cells


def test_a_statistic_of_nothing_can_be_symbolic() -> None:
    """A group that nothing in the region belongs to, with a statistic of zero, is a row on nothing and no bug."""
    problem = Problem().commodity("ware").demand("ware", 10.0)
    problem.technology("maker", "ware", capacity=False, variable_cost=100.0)
    problem.technology("ghost", "ware", new_build=False).base_output("ghost", 0.0)
    horizon = {"periods": [[2025, 1], [2026, 1]], "discount_rate": 0.0, "timing": 0, "base_period": 2025}
    found = Optimum(from_mapping({"name": "ghost", "resolution": "nation", "horizon": horizon}), problem.data())
    assert found.objective == pytest.approx(2000)


def test_slopes_in_a_result_are_those_of_the_command(small: Optimum, tmp_path: Path) -> None:
    """The run's own quantities and prices give what a symbolic solve gives; the report ranks them without any other file."""
    policies = {name: policy for name, policy in BASE["policies"].items() if name != "cap"}
    policies["dust"] = {"instrument": "price", "indicator": {"quantity": "pollutant", "pollutant": "PM"}, "values": {2026: 600}}
    path = tmp_path / "small.yaml"
    path.write_text(yaml.safe_dump({"name": "small"} | BASE | {"policies": policies}))
    dataset = api.open(api.run(path, out=tmp_path, sensitivity=True).path)
    told, expected = ranked_slopes(dataset, 10_000), rank(small)
    assert told is not None
    assert len(told) > 50
    assert told["effect"].to_numpy()[:50] == pytest.approx(expected["effect"].to_numpy()[:50], rel=1e-9)
    assert told[["table", "key"]].to_numpy()[:10].tolist() == expected[["table", "key"]].to_numpy()[:10].tolist()
    page = report(dataset, "en")
    assert "chart-tornado" in page
    assert "First order" in page
    assert ranked_slopes(dataset.drop_vars("input_slope")) is None
    assert "peakmix run SCENARIO --sensitivity" in report(dataset.drop_vars("input_slope"), "zh")


def test_slopes_are_refused_where_they_mean_nothing(tmp_path: Path) -> None:
    path = tmp_path / "short.yaml"
    path.write_text(yaml.safe_dump({"name": "short"} | BASE | {"foresight": {"mode": "myopic"}}))
    with pytest.raises(UsageError, match="path of windows"):
        api.run(path, out=tmp_path, sensitivity=True)
    with pytest.raises(UsageError, match="for one scenario"):
        run_command([path, path], tmp_path, False, False, None, None, True, True)
