"""Errors: their text, their exit codes, and how many are shown."""

from __future__ import annotations

import logging

import pytest

from peakmix.foundation import log
from peakmix.foundation.errors import (
    Findings,
    InfeasibleError,
    InputError,
    InputErrors,
    LimitError,
    Notice,
    PeakmixError,
    Place,
    SweepError,
    UncertifiedError,
    UsageError,
    nearest,
)


def test_text_has_place_rule_and_fix() -> None:
    error = InputError("a lifetime is positive", place=Place("data/a.csv", 7, "value", "-3"), fix="write years")
    assert str(error) == "data/a.csv:7: column 'value' = '-3'\n  rule: a lifetime is positive\n  fix: write years"
    assert (error.place.line, error.rule, error.fix) == (7, "a lifetime is positive", "write years")


def test_text_without_place() -> None:
    assert str(UsageError("no such command", fix="see --help")) == "no such command\n  fix: see --help"


def test_frames_have_rows() -> None:
    assert str(Place("frame:flows", 2, "value", "x")) == "frame:flows row 2: column 'value' = 'x'"
    assert str(Place("a.csv")) == "a.csv"
    assert str(Place("a.csv", 3)) == "a.csv:3"


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        (PeakmixError, 1),
        (UsageError, 2),
        (InputError, 3),
        (InputErrors, 3),
        (InfeasibleError, 4),
        (UncertifiedError, 5),
        (LimitError, 5),
        (SweepError, 6),
    ],
)
def test_exit_codes(kind: type[PeakmixError], code: int) -> None:
    assert kind.exit_code == code
    assert issubclass(kind, PeakmixError)


def test_twenty_errors_are_shown_and_all_are_counted() -> None:
    many = InputErrors(InputError(f"rule {line}", place=Place("a.csv", line), fix="mend") for line in range(25, 0, -1))
    text = str(many)
    assert len(many.errors) == 25
    assert text.startswith("a.csv:1\n")
    assert "rule 20\n" in text
    assert "rule 21" not in text
    assert text.endswith("... and 5 more\n25 errors in the input")


def test_findings_stop_only_at_errors() -> None:
    findings = Findings()
    findings.notice("odd", place=Place("a.csv", 1))
    findings.stop()
    findings.take([InputErrors([InputError("x"), InputError("y")]), InputError("z"), Notice(Place("b.csv"), "odd")])
    assert (len(findings.errors), len(findings.notices)) == (3, 2)
    with pytest.raises(InputErrors, match="3 errors in the input"):
        findings.stop()


def test_nearest_names() -> None:
    assert nearest("alumnia", ["alumina", "cement"]) == "nearest known: 'alumina'"
    assert nearest("CEMENT", ["alumina", "cement"]) == "nearest known: 'cement'"
    assert nearest("zzz", ["alumina", "cement"]) == "known: 'alumina', 'cement'"
    assert nearest("zzz", []) == "none is defined"
    assert nearest("zzz", [f"name{number}" for number in range(10)]).endswith("... (10 in all)")


def test_log_goes_to_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    logger = log.set_up(logging.INFO)
    try:
        log.set_up(logging.INFO)
        log.get_logger("peakmix.tables").info("read")
        captured = capsys.readouterr()
        assert captured.out == ""
        assert captured.err == "INFO read\n"
    finally:
        logger.handlers.clear()
        logger.propagate = True
        logger.setLevel(logging.NOTSET)
