"""The lines of R in the manual, run by R on a result: its numbers are those of the dataset."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest
from tests.unit.conftest import run_mini

from peakmix.analysis.writing import write_csv
from peakmix.results.store import write_result

pytestmark = pytest.mark.rscript

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "how-to" / "read-a-result-in-r-or-excel.md"
NAMES = {"liquid_steel": "steel", "converter": "blast_route"}
"""Names of the page's example, and what stands for them in the small problem."""
SHOWN = '''
cat("csv", sum(steel$value), sum(subset(long, technology == "blast_route")$value), "\\n")
cat("file", sum(activity[, "blast_route", ]), dim(activity), "\\n")
'''


def test_lines_of_the_page_run_and_give_the_numbers_of_the_dataset(tmp_path: Path) -> None:
    dataset = run_mini({}).dataset
    (tmp_path / "out").mkdir()
    write_result(dataset, tmp_path / "out" / "toy.nc")
    write_csv(dataset, tmp_path / "toy_csv")
    blocks = re.findall(r"^```r\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)
    assert len(blocks) == 2
    lines = f"{blocks[0]}long <- activity\n{blocks[1]}{SHOWN}"
    for name, other in NAMES.items():
        lines = lines.replace(f'"{name}"', f'"{other}"')
    (tmp_path / "page.R").write_text(lines, encoding="utf-8")
    ran = subprocess.run(["Rscript", "page.R"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    shown = [line.split() for line in ran.stdout.splitlines() if line[:4] in ("csv ", "file")]
    told = {name: [float(number) for number in numbers] for name, *numbers in shown}
    route = float(dataset["activity"].sel(technology="blast_route").sum())
    steel = float(dataset["activity"].isel(technology=(dataset["technology_product"] == "steel").values).sum())
    assert told["csv"] == pytest.approx([steel, route], rel=1e-5)
    sizes = [dataset.sizes[name] for name in ("period", "technology", "region")]
    assert told["file"] == pytest.approx([route, *sizes], rel=1e-5)
