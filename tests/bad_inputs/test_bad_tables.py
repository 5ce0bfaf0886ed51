"""Kinds of bad tables (tables.yaml): each is answered with file, line, column, value, rule and fix."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest
import yaml

from peakmix.foundation.errors import InputError, InputErrors
from peakmix.tables import load

MINI = Path(__file__).parents[1] / "data" / "mini"
CASES: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("tables.yaml").read_text(encoding="utf-8"))


def change(root: Path, action: str, file: str, *parts: str) -> None:
    """Carry out one edit of a case."""
    path = root / file
    if action == "delete":
        path.unlink()
    elif action == "write":
        content = bytes.fromhex(parts[0][4:]) if parts[0].startswith("hex:") else parts[0].encode()
        path.write_bytes(content)
    elif action == "recode":
        path.write_bytes(path.read_text(encoding="utf-8").encode(parts[0]))
    elif action == "add":
        path.write_text(path.read_text(encoding="utf-8") + "".join(line + "\n" for line in parts), encoding="utf-8")
    elif action == "drop":
        lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
        kept = [line for line in lines if not line.startswith(parts[0])]
        assert len(kept) < len(lines)
        path.write_text("".join(kept), encoding="utf-8")
    elif action == "swap":
        old, new = parts
        text = path.read_text(encoding="utf-8")
        assert text.count(old) == 1, f"{old!r} stands {text.count(old)} times in {file}"
        path.write_text(text.replace(old, new), encoding="utf-8")
    else:
        raise AssertionError(action)


def failures(root: Path) -> list[InputError]:
    """Errors that loading a data set gives."""
    with pytest.raises(InputError) as caught:
        load(root)
    return list(caught.value.errors) if isinstance(caught.value, InputErrors) else [caught.value]


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of the small data set in the working folder, so that messages call it ``set``."""
    monkeypatch.setenv("PEAKMIX_DATA", str(MINI.parents[2] / "data"))
    monkeypatch.chdir(tmp_path)
    return Path(shutil.copytree(MINI, "set"))


def test_the_unbroken_set_is_good(root: Path) -> None:
    assert load(root).notices == ()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_a_bad_table_is_answered_in_full(case: dict[str, Any], root: Path) -> None:
    for edit in case["edits"]:
        change(root, *edit)
    errors = failures(root)
    shown = "\n".join(str(error) for error in errors)
    file, line, column, value = case["place"]
    file = f"set/{file}" if file else "set"
    at = [error for error in errors if (error.place.file, error.place.line, error.place.column) == (file, line, column)]
    found = [error for error in at if case["rule"].replace("{set}", "set") in error.rule]
    assert found, shown
    error = found[0]
    assert case["fix"] in error.fix, shown
    assert value is None or error.place.value == value, shown
    assert len(errors) == case.get("errors", 1), shown
    assert error.exit_code == 3
    text = str(error)
    assert text.startswith(f"{file}:{line}: " if line else file)
    assert "\n  rule: " in text
    assert "\n  fix: " in text


def test_all_errors_are_shown_together(root: Path) -> None:
    change(root, "swap", "flows.csv", ",18,GJ/t", ",nan,GJ/t")
    change(root, "swap", "flows.csv", ",0.3,t/t", ",0.3,t/GJ")
    change(root, "swap", "stock.csv", "East,scrap_route", "East,scrap")
    errors = failures(root)
    assert [(error.place.file, error.place.line) for error in errors] == [
        ("set/flows.csv", 2),
        ("set/flows.csv", 5),
        ("set/stock.csv", 3),
    ]


def test_there_are_enough_kinds() -> None:
    assert len({case["name"] for case in CASES}) == len(CASES) >= 32
