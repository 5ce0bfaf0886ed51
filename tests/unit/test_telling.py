"""Sentences in two languages: every template has both, with the same values; numbers keep the digits that their size asks for."""

from __future__ import annotations

import ast
import pickle
import re
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest

import peakmix
from peakmix.api.window import Window
from peakmix.foundation.telling import Said, figure, in_chinese, listed, named, say, told

PACKAGE = Path(peakmix.__file__).parent
CHINESE = re.compile(r"[\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]")


def templates() -> Iterator[tuple[str, str, str]]:
    """(place, English, Chinese) of every sentence that the package says."""
    for path in sorted(PACKAGE.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        if "peakmix.foundation.telling import" not in text:
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "say":
                english, chinese = (ast.literal_eval(part) for part in node.args)
                yield f"{path.relative_to(PACKAGE)}:{node.lineno}", english, chinese


def fields(template: str) -> set[tuple[str, str]]:
    """Names of the values in a template, with their format."""
    return {(name, form or "") for _, name, form, _ in Formatter().parse(template) if name}


def test_both_languages_hold_the_same_values() -> None:
    found = list(templates())
    assert len(found) > 25
    assert [place for place, english, chinese in found if fields(english) != fields(chinese)] == []
    assert [place for place, _, chinese in found if not CHINESE.search(chinese)] == []
    assert [place for place, english, _ in found if CHINESE.search(english)] == []


def test_no_sentence_of_guards_and_traps_is_english_alone() -> None:
    """Guards, traps and notes yield what `say` or `Said` made, never a plain text."""
    plain = []
    for name in ("results/guard_rules", "results/guard_prices", "results/guard_moves", "formulation/traps", "api/traps"):
        for node in ast.walk(ast.parse((PACKAGE / f"{name}.py").read_text(encoding="utf-8"))):
            if isinstance(node, ast.Yield) and isinstance(node.value, ast.Constant | ast.JoinedStr):
                plain.append(f"{name}:{node.lineno}")
    assert plain == []


def test_parts_come_in_the_language_of_the_sentence() -> None:
    place = named({"Hebei": "河北"}, "Hebei")
    sentence = say("{place} has {list}", "{place}有{list}", place=place, list=listed(["a", Said("b", "乙")]))
    assert (told(sentence, "en"), told(sentence, "zh")) == ("Hebei has a, b", "河北有a、乙")
    assert in_chinese("id") == "id"
    assert named({}, "Hebei").chinese == "Hebei"
    assert told(pickle.loads(pickle.dumps(sentence)), "zh") == "河北有a、乙"


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (0.00012345, "0.0001234"), (0.031, "0.031"), (12.3456, "12.35"), (999.94, "999.9"), (1000.4, "1,000"),
     (522996.2, "522,996"), (-36655.0, "-36,655"), (float("nan"), "-")],
)  # fmt: skip
def test_digits_follow_the_size(value: float, text: str) -> None:
    assert figure(value) == text


def test_window_of_a_small_indicator_keeps_its_digits() -> None:
    """12.34 kt stated in Mt: two decimals would print 0.01."""
    lines = Window("dust", "Mt/yr", (2026,), (0.01234,), (0.004321,), (0.0044,)).lines()
    assert lines[-1].split() == ["2026", "0.01234", "0.004321", "0.0044", "65.0%"]
