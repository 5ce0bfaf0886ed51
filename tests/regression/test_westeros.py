"""A foreign problem with a published optimum: the Westeros baseline of the MESSAGEix tutorials.

159025.82812 is the objective that IIASA's own test suite asserts for the tutorial (message_ix, tests/test_tutorials.py,
westeros_baseline; Apache-2.0), see tests/data/westeros/sources.csv. Years are moved by 1,300: the periods named 700, 710 and
720 there, by their last year, are 1991, 2001 and 2011 here, by their first. Weights are given by hand because money is weighted
otherwise there.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from peakmix.api.prepare import Timings, prepare, read
from peakmix.solve.certificate import solve_certified

PUBLISHED = 159025.82812
SCENARIO = Path(__file__).parents[1] / "cases" / "westeros" / "westeros.yaml"


def test_published_optimum() -> None:
    """The optimum agrees with the published one to 1e-6."""
    timings = Timings()
    ready = prepare(*read(SCENARIO, timings), timings)
    solution, certificate = solve_certified(ready.program)
    assert certificate.passed, certificate.failures()
    assert solution.objective == pytest.approx(PUBLISHED, rel=1e-6)


def test_growth_rules_cost_money() -> None:
    """Without the limits on growth the same problem is cheaper: they are part of the published number."""
    timings = Timings()
    ready = prepare(*read(SCENARIO, timings), timings, policies=False)
    solution, _ = solve_certified(ready.program)
    assert solution.objective < PUBLISHED
