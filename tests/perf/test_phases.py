"""Shares of one run by phase at three sizes and with all policies, and their ratio to the solver's own time.

Run by ``make bench``. Ratios are taken inside one run, because machines are noisy; nothing here fails on a slow machine
except the bars of the design page that are stated as ratios or sizes.
"""

from __future__ import annotations

import json
import platform
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "runs" / "scenarios"
SIZES = (
    ("national_reference", "nation"),
    ("national_reference", "grouping:grid_region"),
    ("national_reference", "province"),
    ("national_peak_2030", "province"),
)
PHASES = ("read", "check", "derive", "build", "compile", "solve", "audit", "assemble", "write")
TABLE = ROOT / "docs" / "performance-table.md"


@pytest.fixture(scope="module")
def measured() -> list[dict[str, Any]]:
    """One measured run a size, each in a fresh process."""
    found = []
    for scenario, resolution in SIZES:
        command = [sys.executable, "-m", "tests.perf.measure", str(SCENARIOS / f"{scenario}.yaml"), resolution]
        answer = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True, timeout=1800)
        found.append({"scenario": scenario} | json.loads(answer.stdout.splitlines()[-1]))
    TABLE.write_text(render(found), encoding="utf-8")
    print("\n" + render(found))
    return found


def render(runs: list[dict[str, Any]]) -> str:
    """The measurements as a Markdown table."""
    head = "| " + " | ".join(["", *(f"{r['scenario']}, {r['resolution'].removeprefix('grouping:')}" for r in runs)]) + " |"
    lines = [head, "|---" * (len(runs) + 1) + "|"]

    def row(name: str, cells: list[str]) -> None:
        lines.append("| " + " | ".join([name, *cells]) + " |")

    row("rows", [f"{r['rows']:,}" for r in runs])
    row("columns", [f"{r['columns']:,}" for r in runs])
    row("coefficients", [f"{r['coefficients']:,}" for r in runs])
    for phase in PHASES:
        row(f"{phase}, share of wall", [f"{r['seconds'].get(phase, 0) / r['wall']:.0%}" for r in runs])
    row("wall time, s", [f"{r['wall']:.0f}" for r in runs])
    row("solver's own time, s", [f"{r['solver_seconds']:.1f}" for r in runs])
    row("all else / solver's own time", [f"{(r['wall'] - r['solver_seconds']) / r['solver_seconds']:.2f}" for r in runs])
    row("peak memory, GiB", [f"{r['memory']:.2f}" for r in runs])
    row("result file, MiB", [f"{r['file']:.1f}" for r in runs])
    made = datetime.now(UTC).strftime("%Y-%m-%d")
    note = f"Measured {made}, {platform.machine()}, Python {platform.python_version()}, one solver thread."
    return f"{note}\n\n" + "\n".join(lines) + "\n"


@pytest.mark.perf
def test_every_size_is_certified(measured: list[dict[str, Any]]) -> None:
    """A fast wrong answer is no answer."""
    assert all(r["certified"] for r in measured)


@pytest.mark.perf
def test_national_case_keeps_its_budget(measured: list[dict[str, Any]]) -> None:
    """Design section 10: 60,000 rows, 6 GiB, 5 minutes, and overhead within the solver's own time or 30 s."""
    province = measured[-1]
    assert province["rows"] <= 60_000
    assert province["memory"] <= 6
    assert province["wall"] <= 300
    other = sum(province["seconds"].get(p, 0) for p in ("derive", "build", "audit", "write"))
    assert other <= max(30, province["solver_seconds"])
