"""Sweeps of a scenario that sees windows: each member is the path it would be by itself; beliefs are refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.test_sweep_engine import BASE, collected, factor, sweep

from peakmix.api.running import run_scenario
from peakmix.foundation.errors import InputError

ROLLING = BASE | {"foresight": {"mode": "rolling", "window_periods": 1}}
AXES = {"tax": factor(0.5, 3.0, field="policies.tax.values"), "mode": {"field": "foresight.window_periods", "list": [1, 2]}}


def test_members_are_the_paths_they_would_be_alone(tmp_path: Path) -> None:
    """Two taxes and two widths: the width decides windows and so makes a structure; slopes of an optimum do not exist."""
    made = sweep(tmp_path, AXES, ROLLING)
    assert len(made.plan().structures) == 2
    made.run()
    cube = collected(made)
    assert cube["certified"].values.all()
    alone = [run_scenario(made.source.scenario(member), data=made.derive.data) for member in range(4)]
    assert cube["objective"].values.tolist() == pytest.approx([float(r.dataset["objective"]) for r in alone], rel=1e-10)
    clear = sweep(tmp_path / "clear", {"tax": AXES["tax"]}, BASE)
    clear.run()
    best = collected(clear)["objective"].values
    by_tax = {float(tax): [] for tax in cube["tax"].values}
    for tax, objective in zip(cube["tax"].values, cube["objective"].values, strict=True):
        by_tax[float(tax)].append(objective)
    for optimum, paths in zip(best, by_tax.values(), strict=True):
        assert min(paths) >= optimum * (1 - 1e-12)
        assert max(paths) > optimum * (1 + 1e-6)
    slopes = [name for name in cube.data_vars if "gradient" in str(name)]
    assert all(np.isnan(cube[name].values).all() for name in slopes)


def test_beliefs_are_refused(tmp_path: Path) -> None:
    """A sweep takes windows only."""
    belief: dict[str, Any] = {"until": 2030, "changes": {"policies.tax.enabled": False}}
    made = sweep(tmp_path, {"tax": AXES["tax"]}, BASE | {"foresight": {"believes": [belief]}})
    with pytest.raises(InputError, match="not beliefs"):
        made.run()
