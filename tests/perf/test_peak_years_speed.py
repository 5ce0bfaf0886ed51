"""The curve of peak years, all points of one compiled programme, against cold solves of each; run by ``make bench``.

Processor time of one process, since machines are shared.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BAR = {"nation": 4.0, "grouping:grid_region": 3.0}
"""Cold solves of A and B for every period over the walk; measured 7.4 and 5.6 (docs/reading-results.md)."""


@pytest.mark.perf
@pytest.mark.parametrize("resolution", list(BAR))
def test_walk_against_cold_solves(resolution: str) -> None:
    """The same objectives to 1e-8, the same years without a solution, and the gain above the bar."""
    command = [sys.executable, "-m", "tests.perf.peak_years", resolution]
    answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=1800)
    told = json.loads(answer.stdout.splitlines()[-1])
    cold = told["cold"]["A"] + told["cold"]["B"]
    print(f"\n{told}: {cold / told['walked']:.1f} times, B alone {told['cold']['B'] / told['walked']:.1f} times")
    assert told["certified"]
    assert told["apart"] <= 1e-8
    assert cold >= BAR[resolution] * told["walked"]
