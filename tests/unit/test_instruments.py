"""Every instrument has its block, its rows in the vocabulary and its twins; a copy of the package without one of them fails."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from peakmix.audit.policies.common import twins as audited
from peakmix.formulation.registry import instruments
from peakmix.foundation.vocabulary import known
from peakmix.results.recount.policies import twins as recounted
from peakmix.scenario.instruments import OWN, brought

ROOT = Path(__file__).resolve().parents[2]
PARTS = {
    "formulation": ("formulation/policies/pace.py", None),
    "audit": ("audit/policies/pace.py", None),
    "recount": ("results/recount/policies.py", '    "pace": _pace,\n'),
    "vocabulary": ("foundation/vocabulary_rows.py", '"policy_pace"'),
}
"""File that holds a part of the instrument pace, and the text to take out of it; without a text the whole file goes."""


def missing() -> list[str]:
    """Parts that an instrument does not have; the recount is asked of those that the scenario's own union names."""
    kinds = {"block": {*OWN, *brought()}, "formulation": set(instruments()), "audit": set(audited())}
    every = set().union(*kinds.values())
    found = [f"{name} has no {kind}" for kind, names in kinds.items() for name in sorted(every - names)]
    found += [f"{name} has no recount" for name in sorted(set(OWN) - set(recounted()))]
    for name, instrument in instruments().items():
        found += [f"{name}: the vocabulary lacks {row}" for row in instrument.rows if not known("row", row)]
        found += [f"{name}: {book} is not a row of it" for book in instrument.books if book not in instrument.rows]
    return found


def test_every_instrument_has_its_twins() -> None:
    """Block, rows, full audit, recount and vocabulary name the same instruments."""
    assert missing() == []


@pytest.mark.parametrize("part", PARTS)
def test_a_missing_part_fails(part: str, tmp_path: Path) -> None:
    """The test above, run on a copy of the package from which one part of an instrument has gone."""
    copy = tmp_path / "model"
    shutil.copytree(ROOT / "model", copy, ignore=shutil.ignore_patterns("__pycache__"))
    file, text = PARTS[part]
    target = copy / "peakmix" / file
    if text is None:
        target.unlink()
    else:
        held = target.read_text(encoding="utf-8")
        assert text in held
        target.write_text(held.replace(text, '"row_of_nothing"' if text.startswith('"') else ""), encoding="utf-8")
    environment = os.environ | {"PYTHONPATH": f"{copy}{os.pathsep}{ROOT}"}
    command = [sys.executable, "-c", "from tests.unit.test_instruments import missing; print(missing())"]
    answer = subprocess.run(command, check=False, cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=120)
    assert answer.returncode == 0, answer.stderr
    told = answer.stdout
    assert ("pace: the vocabulary lacks policy_pace" if part == "vocabulary" else f"pace has no {part}") in told


def test_the_table_of_the_docs_covers_every_shipped_policy() -> None:
    """Files of policies, policies of the scenario with rules, and all together; each set drops what it does not name."""
    sys.path.insert(0, str(ROOT / "docs"))
    from rendering import instruments as tabled

    sets = {chosen.name: chosen for chosen in tabled.sets()}
    files = {path.stem for path in (ROOT / "runs" / "scenarios" / "policies").glob("*.yaml")}
    assert files <= set(sets)
    assert {"direct_cap", "peak_2030", "carbon_price"} <= set(sets)
    standing, made = "told\n\n| set |\n|---|\n| a | 1 |\n| b | 2 |", "| set |\n|---|\n| b | 3 |"
    assert tabled.merged(standing, made) == standing.replace("| b | 2 |", "| b | 3 |")
    assert set(sets["all together"].policies) == {name for one in sets.values() for name in one.policies}
    assert "ultra_low_steel" in tabled.inherited(sets["direct_cap"].extends)
    assert all(set(one.policies) <= tabled.inherited(one.extends) for one in sets.values())
