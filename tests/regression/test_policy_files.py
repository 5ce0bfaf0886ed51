"""Every policy file that is shipped solves, certifies and passes both audits on the national tables, alone and all together."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from peakmix.api.running import RunResult, run_scenario
from peakmix.scenario import load

ROOT = Path(__file__).parents[2]
SCENARIOS = ROOT / "runs" / "scenarios"
FILES = sorted(path.stem for path in (SCENARIOS / "policies").glob("*.yaml"))

pytestmark = pytest.mark.slow


def solved(folder: Path, names: list[str]) -> RunResult:
    """The reference at the level of grid regions, with some policy files."""
    text = [f"extends: [{', '.join([str(SCENARIOS / 'national_reference'), *(str(SCENARIOS / 'policies' / n) for n in names)])}]"]
    path = folder / "tried.yaml"
    path.write_text("\n".join([*text, "data: national", "resolution: {grouping: grid_region}", ""]), encoding="utf-8")
    return run_scenario(load(path))


@pytest.mark.parametrize("name", FILES)
def test_a_policy_file_alone(name: str, tmp_path: Path) -> None:
    """Certified, and every policy of the file has rows or charges on the sheet."""
    result = solved(tmp_path, [name])
    assert result.certified
    told = set(result.dataset["policy_id"].values.tolist())
    stated = set(yaml.safe_load((SCENARIOS / "policies" / f"{name}.yaml").read_text(encoding="utf-8"))["policies"])
    assert stated <= told


def test_all_policy_files_together(tmp_path: Path) -> None:
    """All of them at once, certified."""
    assert solved(tmp_path, FILES).certified
