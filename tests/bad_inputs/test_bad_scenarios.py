"""Scenario files with one fault each: the message names file, line, key, rule and fix, and the exit code is 3."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from peakmix.foundation.errors import InputError, InputErrors
from peakmix.scenario import load

HEAD = "name: bad\nhorizon: {periods: [[2025, 1], [2026, 5]]}\n"
"""Two sound lines, so that faults start in line 3."""

CAP = "policies:\n  cap: {instrument: limit, indicator: {quantity: direct_co2}, values: {2030: 5}%s}\n"


@dataclass(frozen=True)
class Bad:
    """A fault: the text, the line it stands in, what the message must say about the rule and about the fix."""

    name: str
    text: str
    line: int
    rule: str
    fix: str = ""


CASES = [
    Bad("unknown key", HEAD + "resolutoin: nation\n", 3, "'resolutoin' is not a key here", "'resolution'"),
    Bad("unknown nested key", HEAD + "solver:\n  methd: ipm\n", 4, "'methd' is not a key here", "'method'"),
    Bad("unknown key of a policy", HEAD + CAP % ", sens: upper", 4, "'sens' is not a key here", "'sense'"),
    Bad("duplicate key", HEAD + "sectors: all\nsectors: [steel]\n", 4, "stands once", "line 3"),
    Bad("duplicate policy", HEAD + CAP % "" + "  cap: null\n", 5, "stands once", "line 4"),
    Bad("duplicate year", HEAD + "weights:\n  operating: {2025: 1, 2025: 2}\n", 4, "stands once", "line 4"),
    Bad("switch word", HEAD + CAP % ", enabled: no", 4, "different things to different readers", "true or false"),
    Bad("switch word as key", HEAD + "policies:\n  on: {instrument: limit}\n", 4, "different things", '"on"'),
    Bad("octal number", HEAD + "solver: {threads: 010}\n", 3, "decimal"),
    Bad("infinite number", HEAD + "solver: {time_limit: .inf}\n", 3, "finite"),
    Bad("text for a number", HEAD + "solver: {threads: two}\n", 3, "whole number"),
    Bad("number in quotes", HEAD + "solver: {threads: '2'}\n", 3, "whole number", "without quotes"),
    Bad("truth for a number", HEAD + "solver: {threads: true}\n", 3, "whole number"),
    Bad("number for a name", HEAD + "data: 5\n", 3, "text stands here", "quote it"),
    Bad("unknown choice", HEAD + "demand_variant: hihg\n", 3, "one of low, reference, high", "'high'"),
    Bad("unknown level", HEAD + "resolution: provnce\n", 3, "one of site, city, province, nation", "'province'"),
    Bad(
        "unknown instrument", HEAD + "policies:\n  cap: {instrument: limt}\n", 4, "instrument is a known one", "'limit'"
    ),
    Bad("no instrument", HEAD + "policies:\n  cap: {title: x}\n", 4, "names its instrument", "limit, target, goal, peak, swap"),
    Bad("missing key", HEAD + "policies:\n  p: {instrument: peak, year: 2030}\n", 4, "'indicator' is required"),
    Bad("missing horizon", "name: bad\n", 1, "'horizon' is required"),
    Bad("gap between periods", "name: bad\nhorizon:\n  periods: [[2025, 1], [2027, 5]]\n", 2, "next starts 2027"),
    Bad("energy without convention", HEAD + CAP.replace("direct_co2", "energy") % "", 4, "needs convention", "block"),
    Bad("co2 without scopes", HEAD + CAP.replace("direct_co2", "co2") % "", 4, "needs scopes"),
    Bad("unknown quantity", HEAD + CAP.replace("direct_co2", "direct_co") % "", 4, "one of direct_co2", "'direct_co2'"),
    Bad("year that is no year", HEAD + CAP.replace("2030", "in_2030") % "", 4, "whole number"),
    Bad("quantity without number", HEAD + CAP.replace("5", "five Mt") % "", 4, "a quantity is a number"),
    Bad("null without anything to delete", HEAD + "policies:\n  cap: null\n", 4, "null deletes an inherited value"),
    Bad("wrong name of a policy", HEAD + CAP.replace("cap", "ca-p") % "", 4, "pattern"),
    Bad("list for a map", HEAD + "solver: [ipm]\n", 3, "a map stands here"),
    Bad("map for a list", HEAD + "adjust: {table: demand}\n", 3, "a list stands here"),
    Bad("two changes in one", HEAD + "adjust:\n  - {table: demand, set: 1, add: 2}\n", 4, "exactly one of set, add"),
    Bad("empty selection", HEAD + "sectors: []\n", 3, "selects nothing", ""),
    Bad("broken YAML", HEAD + "sectors: [steel\nlocations: all\n", 4, "valid YAML"),
    Bad("tab as indent", HEAD + "solver:\n\tmethod: ipm\n", 4, "valid YAML"),
    Bad("alias", HEAD + "sectors: &s [steel]\nlocations: *s\n", 3, "anchors, aliases and tags"),
    Bad("tag", HEAD + "title: !!python/name:os.system x\n", 3, "anchors, aliases and tags"),
    Bad("extends a missing file", "extends: natoinal\n" + HEAD, 1, "an extended scenario exists", "'national'"),
    Bad("extends a number", "extends: 5\n" + HEAD, 1, "a file name or a list"),
    Bad("extends itself", "extends: [bad]\n" + HEAD, 1, "in a circle"),
    Bad("top level is a list", "- name: bad\n", 1, "a map of keys"),
    Bad("empty file", "", 1, "a map of keys"),
]


@pytest.mark.parametrize("bad", CASES, ids=lambda bad: bad.name.replace(" ", "_"))
def test_message(bad: Bad, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "national.yaml").write_text(HEAD, encoding="utf-8")
    (tmp_path / "bad.yaml").write_text(bad.text, encoding="utf-8")
    with pytest.raises(InputError) as caught:
        load("bad.yaml")
    error = caught.value.errors[0] if isinstance(caught.value, InputErrors) else caught.value
    assert error.exit_code == 3
    assert error.place.file == "bad.yaml"
    assert error.place.line == bad.line
    assert bad.rule in error.rule
    assert bad.fix in error.fix
    assert error.fix, "every message says what to do"
    assert "pydantic" not in str(caught.value).lower()
    assert str(caught.value).startswith(f"bad.yaml:{bad.line}")


def test_missing_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "national.yaml").write_text(HEAD, encoding="utf-8")
    with pytest.raises(InputError, match="the file exists") as caught:
        load("natonal.yaml")
    assert "'national.yaml'" in caught.value.fix


def test_wrong_encoding(tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_bytes(HEAD.encode() + "title: 中国\n".encode("gb18030"))
    with pytest.raises(InputError, match="UTF-8"):
        load(tmp_path / "bad.yaml")


def test_faults_of_a_base_name_the_base(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "base.yaml").write_text(HEAD + "solver:\n  threads: many\n", encoding="utf-8")
    (tmp_path / "bad.yaml").write_text("extends: base\ntitle: Sound\n", encoding="utf-8")
    with pytest.raises(InputErrors) as caught:
        load("bad.yaml")
    assert str(caught.value).startswith("base.yaml:4:3: solver.threads = 'many'")


def test_all_faults_at_once_in_order(tmp_path: Path) -> None:
    text = HEAD + "resolution: provnce\ndemand_variant: hihg\nsolver: {threads: 0, speed: 9}\n"
    (tmp_path / "bad.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(InputErrors) as caught:
        load(tmp_path / "bad.yaml")
    assert [error.place.line for error in caught.value.errors] == [3, 4, 5, 5]
    assert "4 errors in the input" in str(caught.value)
