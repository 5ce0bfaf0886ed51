"""Time and size of the report on the national case; run by ``make bench``."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from peakmix import api
from peakmix.analysis.report.page import report

SCENARIOS = Path(__file__).parents[2] / "runs" / "scenarios"
SECONDS, BYTES = 20.0, 8_000_000


@pytest.mark.perf
def test_report_of_the_national_case(tmp_path: Path) -> None:
    """With a base beside it: under 20 s of processor time and under 8 MB."""
    one, base = (api.run(SCENARIOS / f"national_{name}.yaml", tmp_path).dataset for name in ("peak_2030", "reference"))
    begun = time.process_time()
    size = len(report(one, "en", base).encode("utf-8"))
    seconds = time.process_time() - begun
    print(f"\nreport of the national case: {seconds:.1f} s, {size / 1e6:.2f} MB")
    assert seconds < SECONDS
    assert size < BYTES
