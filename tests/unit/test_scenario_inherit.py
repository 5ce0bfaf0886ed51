"""Inheritance: order, merging, deleting, cycles, and the origin of every value."""

from __future__ import annotations

from pathlib import Path

import pytest

from peakmix.foundation.errors import InputError
from peakmix.scenario import load
from peakmix.scenario.inherit import resolve_chain
from peakmix.scenario.yamltree import read_value

BASE = """\
title: Base
description: Not inherited
horizon:
  periods: [[2025, 1], [2026, 5]]
  discount_rate: 0.05
policies:
  cap: {instrument: limit, indicator: {quantity: direct_co2}, values: {2026: 10, 2030: 8}}
"""


def write(folder: Path, **files: str) -> Path:
    for name, text in files.items():
        (folder / f"{name}.yaml").write_text(text, encoding="utf-8")
    return folder


def test_maps_merge_and_single_values_replace(tmp_path: Path) -> None:
    write(
        tmp_path,
        base=BASE,
        top="extends: base\nhorizon:\n  discount_rate: 0.03\npolicies:\n  cap:\n    values: {2030: 7}\n",
    )
    scenario = load(tmp_path / "top.yaml")
    assert scenario.spec.horizon.discount_rate == 0.03
    assert scenario.spec.horizon.pairs == ((2025, 1), (2026, 5))
    assert {y: q.value for y, q in scenario.spec.policies["cap"].values.items()} == {2026: 10, 2030: 7}


def test_text_of_a_file_is_its_own(tmp_path: Path) -> None:
    write(tmp_path, base="name: base\n" + BASE, top="extends: base.yaml\n")
    scenario = load(tmp_path / "top.yaml")
    assert (scenario.name, scenario.spec.title, scenario.spec.description) == ("top", "", "")


def test_lists_replace(tmp_path: Path) -> None:
    write(
        tmp_path,
        base=BASE + "locations: [East, West]\n",
        top="extends: [base]\nlocations: [East]\nhorizon: {periods: [[2025, 1]]}\n",
    )
    scenario = load(tmp_path / "top.yaml")
    assert scenario.spec.locations == ("East",)
    assert scenario.spec.horizon.pairs == ((2025, 1),)
    assert "horizon.periods.1.0" not in scenario.origins


def test_left_to_right(tmp_path: Path) -> None:
    write(
        tmp_path,
        base=BASE,
        low="horizon: {discount_rate: 0.01}\n",
        high="horizon: {discount_rate: 0.09}\n",
        top="extends: [base, low, high]\n",
        other="extends: [base, high, low]\n",
    )
    assert load(tmp_path / "top.yaml").spec.horizon.discount_rate == 0.09
    assert load(tmp_path / "other.yaml").spec.horizon.discount_rate == 0.01


def test_null_deletes(tmp_path: Path) -> None:
    write(tmp_path, base=BASE, top="extends: base\npolicies: {cap: null}\nhorizon: {discount_rate: ~}\n")
    scenario = load(tmp_path / "top.yaml")
    assert scenario.spec.policies == {}
    assert scenario.spec.horizon.discount_rate == 0.05
    assert not [key for key in scenario.origins if key.startswith("policies.")]
    assert scenario.origins.get("horizon.discount_rate") is None


def test_origins_name_file_and_line(tmp_path: Path) -> None:
    write(tmp_path, base=BASE, top="extends: base\npolicies:\n  cap:\n    values:\n      2030: 7\n")
    origins = load(tmp_path / "top.yaml").origins
    assert Path(origins["policies.cap.values.2030"].file).name == "top.yaml"
    assert origins["policies.cap.values.2030"][1:] == (5, 7)
    assert Path(origins["policies.cap.values.2026"].file).name == "base.yaml"
    assert origins["policies.cap.values.2026"].line == 7
    assert origins["horizon.periods.1.0"].line == 4


def test_every_shown_value_has_a_line_or_is_a_default(tmp_path: Path) -> None:
    write(tmp_path, base=BASE)
    rows = {key: origin for key, _, origin in load(tmp_path / "base.yaml").values()}
    assert rows["horizon.salvage"] is None
    stated = [key for key, origin in rows.items() if origin is not None]
    assert "policies.cap.values.2026" in stated
    assert all(rows[key].line > 0 for key in stated)


def test_a_selection_of_one_keeps_its_line(tmp_path: Path) -> None:
    write(tmp_path, base=BASE + "sectors: steel\n")
    rows = {key: origin for key, _, origin in load(tmp_path / "base.yaml").values()}
    assert rows["sectors.0"].line == 8


def test_files_bases_first_and_once(tmp_path: Path) -> None:
    write(tmp_path, base=BASE, one="extends: base\n", two="extends: base\n", top="extends: [one, two]\n")
    _, files = resolve_chain(tmp_path / "top.yaml")
    assert [f.stem for f in files] == ["base", "one", "two", "top"]


def test_cycles_are_told_as_a_chain(tmp_path: Path) -> None:
    write(tmp_path, one="extends: two\n", two="extends: three\n", three="extends: one\n")
    with pytest.raises(InputError, match=r"one.yaml -> .*two.yaml -> .*three.yaml -> .*one.yaml"):
        load(tmp_path / "one.yaml")


def test_extends_in_another_folder(tmp_path: Path) -> None:
    (tmp_path / "policy").mkdir()
    write(tmp_path, base=BASE, top="extends: [base, policy/strict]\n")
    write(tmp_path / "policy", strict="horizon: {discount_rate: 0.02}\n")
    assert load(tmp_path / "top.yaml").spec.horizon.discount_rate == 0.02


def test_relative_data_is_taken_from_the_file_that_states_it(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    write(tmp_path / "inner", base=BASE + "data: ./tables\n")
    write(tmp_path, top="extends: inner/base\n")
    assert load(tmp_path / "top.yaml").data == str((tmp_path / "inner" / "tables").resolve())
    assert load(tmp_path / "top.yaml", {"data": "national"}).data == "national"


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0.03", 0.03),
        ("1e3", 1000.0),
        ("-4", -4),
        ("true", True),
        ("null", None),
        ("", None),
        ("'no'", "no"),
        ("2030-01-01", "2030-01-01"),
        ("1500 Mt/yr", "1500 Mt/yr"),
        ("[1, {a: b}]", [1, {"a": "b"}]),
    ],
)
def test_values_are_what_they_look_like(text: str, value: object) -> None:
    assert read_value(text) == value
    assert type(read_value(text)) is type(value)


@pytest.mark.parametrize(
    "text", ["no", "On", "yes", "010", "1_000", "0x1f", "12:30", ".inf", ".nan", "&a 1", "!!str 1", "[1"]
)
def test_values_that_readers_disagree_on_are_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        read_value(text)


SHIPPED = Path(__file__).resolve().parents[2] / "runs" / "scenarios"


@pytest.mark.parametrize("path", sorted(SHIPPED.glob("*.yaml")), ids=lambda path: path.stem)
def test_shipped_scenarios_load_and_are_described(path: Path) -> None:
    scenario = load(path)
    assert scenario.name == path.stem
    assert scenario.spec.title
    assert scenario.spec.description
