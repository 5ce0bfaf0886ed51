"""Axes that move nothing are told, axes that act or cannot be judged are not."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from tests.unit.test_sweep_engine import factor, sweep, table

from peakmix.cli import main as cli
from peakmix.sweep.idle import idle_axes

TAX = {"tax": factor(0.5, 1.0, field="policies.tax.values")}
STATISTIC = {"statistic": table("balance_residuals", 1.0, 1.001, balance="mass")}
"""What a balance of mass leaves over, looked at when tables are read: no coefficient holds it."""


def named(made: Any) -> list[str]:
    """Idle axes once the sweep has run."""
    assert idle_axes(made.folder, made.plan()) == [], "nothing is said before structures are compiled"
    made.run()
    return idle_axes(made.folder, made.plan())


def test_an_axis_without_a_place_in_the_programme_is_named(tmp_path: Path) -> None:
    assert named(sweep(tmp_path, TAX | STATISTIC)) == ["statistic"]


def test_variants_that_make_another_structure_act(tmp_path: Path) -> None:
    """The two members differ in an index set, so each has a structure of its own."""
    dated = {"first": {"table": "technology_parameters", "list": [2026, 2040], "unit": "yr"}}
    dated["first"]["where"] = {"technology": "arc_furnace", "parameter": "first_year"}
    made = sweep(tmp_path, dated)
    assert named(made) == []
    assert len(made.plan().structures) == 2


def test_axes_that_always_move_together_are_not_judged(tmp_path: Path) -> None:
    assert named(sweep(tmp_path, TAX | STATISTIC, design="zip")) == []


def test_run_and_status_warn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    made = sweep(tmp_path, STATISTIC)
    for words in (["run", str(tmp_path / "sweep.yaml"), "--out", str(made.folder)], ["status", str(made.folder)]):
        monkeypatch.setattr(sys, "argv", ["peakmix", "sweep", *words])
        with pytest.raises(SystemExit) as left:
            cli.main()
        assert left.value.code in (0, None)
        assert "axis statistic moves nothing" in capsys.readouterr().err
