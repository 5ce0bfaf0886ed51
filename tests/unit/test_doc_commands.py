"""Command lines of pages that are not walked block by block: run in order, in a folder where small inputs bear their names."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.test_docs import _lines

ROOT = Path(__file__).resolve().parents[2]
PAGES = (
    "README.md", "docs/sweeps.md", "docs/targets.md", "docs/how-to/sweep-on-a-cluster.md", "docs/cases/baise.md",
    "docs/cases/carbon_bank.md", "docs/cases/dalian.md", "docs/cases/upper_yangtze.md",
)  # fmt: skip
ELSEWHERE = {
    "--scheduler": "tests/unit/test_sweep_cluster.py, with a scheduler and workers of its own",
    "s3://": "tests/unit/test_sweep_remote.py, on an object store of its own",
}
"""What a line holds that needs another machine, and the test that runs the same."""

SWEEP = """base: ../scenarios/toy.yaml
name: NAME
axes: {carbon_price: {field: policies.carbon_price.values, action: multiply, list: [1, 2]}}
"""
PEAK = """extends: toy
name: national_peak_2030
policies: {cap: {instrument: limit, indicator: {quantity: direct_co2}, values: {2026: 2700, 2040: 1500}}}
"""
FILES = {
    "runs/scenarios/national_peak_2030.yaml": PEAK,
    "runs/sweeps/carbon_hydrogen_scrap.yaml": SWEEP.replace("NAME", "carbon_hydrogen_scrap"),
    "runs/sweeps/my.yaml": SWEEP.replace("NAME", "my"),
    "my.yaml": "extends: runs/scenarios/toy\nname: my\n",
    "other.yaml": "extends: runs/scenarios/toy\nname: other\n",
    "study/one.yaml": "extends: ../runs/scenarios/toy\nname: one\n",
    "study/two.yaml": "extends: ../runs/scenarios/toy\nname: two\nhorizon: {discount_rate: 0.03}\n",
}
ENDS = {"sweep run runs/sweeps/dalian_projects.yaml": 6}
"""Lines whose page says that members have no solution: 18 of 64 subsets keep the targets and the budget."""


def called(folder: Path, words: list[str]) -> None:
    """Run one line of the package's command line; an end that the page does not speak of fails."""
    environment = os.environ | {"PEAKMIX_CACHE": str(folder / "kept"), "PYTHONPATH": str(ROOT / "model")}
    done = subprocess.run(
        [sys.executable, "-m", "peakmix", *words],
        cwd=folder, env=environment, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    assert done.returncode == ENDS.get(shlex.join(words), 0), f"{shlex.join(words)}\n{done.stdout[-1500:]}\n{done.stderr[-1500:]}"


@pytest.mark.slow
@pytest.mark.parametrize("page", PAGES)
def test_command_lines_of_a_page_run(page: str, tmp_path: Path) -> None:
    for part in ("scenarios", "sweeps"):
        shutil.copytree(ROOT / "runs" / part, tmp_path / "runs" / part)
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text, encoding="utf-8")
    lines = [line for line in _lines((ROOT / page).read_text(encoding="utf-8")) if line.split(" ")[0].endswith("peakmix")]
    assert lines
    if page == "README.md":
        called(tmp_path, ["run", "runs/scenarios/national_peak_2030.yaml"])
    shards = ["shared/sweep" in line.replace("/shared", "shared") for line in lines]
    for line, shared in zip(lines, shards, strict=True):
        if any(mark in line for mark in ELSEWHERE):
            continue
        words = shlex.split(line.replace("/shared/sweep", "shared/sweep"))[1:]
        if shared and words[1] == "status":
            called(tmp_path, ["sweep", "run", "runs/sweeps/carbon_hydrogen_scrap.yaml", "--out", "shared/sweep", "--shard", "1/1"])
        called(tmp_path, words)


def test_what_is_run_elsewhere_is_there() -> None:
    for place in ELSEWHERE.values():
        assert (ROOT / place.split(",")[0]).is_file()
