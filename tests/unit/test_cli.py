"""The command line: what is printed where, and exit codes."""

from __future__ import annotations

import io
import re
import sys
import types
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from peakmix import __version__
from peakmix.cli import main as cli
from peakmix.cli.engine import changes_of, keywords
from peakmix.cli.outcome import deliver, guarded
from peakmix.cli.progress import Phases
from peakmix.foundation.errors import InfeasibleError, InputError, LimitError, SweepError, UsageError

ROOT = Path(__file__).resolve().parents[2]
TOY = ROOT / "runs" / "scenarios" / "toy.yaml"
Call = Callable[..., tuple[int, str, str]]


@pytest.fixture
def call(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Call:
    """Run the command line and return exit code, standard output and standard error."""

    def run(*arguments: object) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["peakmix", *map(str, arguments)])
        with pytest.raises(SystemExit) as left:
            cli.main()
        out, err = capsys.readouterr()
        return int(left.value.code or 0), out, err

    return run


class Outcome:
    """What a stand-in for the model returns."""

    def __init__(self, text: str = "done", exit_code: int = 0) -> None:
        self.text = text
        self.exit_code = exit_code
        self.notices = ("look here",)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, tuple[Any, ...], dict[str, Any]]]:
    """Replace peakmix.api by a recorder of calls."""
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
    stand_in = types.ModuleType("peakmix.api")
    for name in ("run", "check", "build", "window", "verify"):

        def record(*arguments: Any, _name: str = name, **options: Any) -> Outcome:
            calls.append((_name, arguments, options))
            return Outcome(_name)

        setattr(stand_in, name, record)
    monkeypatch.setitem(sys.modules, "peakmix.api", stand_in)
    return calls


def test_help_names_every_command(call: Call) -> None:
    code, out, err = call("--help")
    assert code == 0
    assert err == ""
    for command in ("new", "check", "show", "build", "window", "run", "explain", "peak", "verify", "tables", "version"):
        assert re.search(rf"^  {command} ", out, re.MULTILINE)


def test_usage_errors_leave_with_two(call: Call) -> None:
    for arguments in (
        ("rnu",),
        ("run",),
        ("run", "--no-such"),
        ("run", TOY, "--threads", "0"),
        ("run", TOY, "--set", "a"),
    ):
        code, out, err = call(*arguments)
        assert code == 2, arguments
        assert out == ""
        assert err


def test_version(call: Call) -> None:
    assert call("version") == (0, f"peakmix {__version__}\n", "")
    code, out, _ = call("version", "--verbose")
    assert code == 0
    assert "highspy" in out
    assert "data home" in out


def test_show_gives_every_value_its_line(call: Call) -> None:
    code, out, err = call("show", TOY)
    assert (code, err) == (0, "")
    assert re.search(r"horizon\.discount_rate +0\.05 +\S*toy\.yaml:\d+", out)
    assert re.search(r"horizon\.timing +0\.5 +default", out)
    assert re.search(r"locations +all +default", out)
    assert re.search(r"^2025 +1 +0\.975900 +1\.000000  base period", out, re.MULTILINE)
    assert "carbon_price: price from 2026: takes effect with the period 2026" in out


def test_show_prints_the_rounding_of_dates(call: Call) -> None:
    base = ("--set", "policies.p={instrument: peak, indicator: {quantity: direct_co2}, year: 2030}")
    assert "p: peak in 2030, rule A: peak period starts 2026" in call("show", TOY, *base)[1]
    before = ("--set", "policies.p={instrument: peak, indicator: {quantity: direct_co2}, year: 2030, before: true}")
    assert "p: peak before 2030, rule A: peak period starts 2025" in call("show", TOY, *before)[1]
    late = ("--set", "policies.carbon_price.from_year=2028")
    assert "takes effect with the period 2031" in call("show", TOY, *late)[1]
    never = ("--set", "policies.carbon_price.from_year=2050")
    assert "never inside the horizon" in call("show", TOY, *never)[1]


def test_show_without_defaults_and_as_yaml(call: Call, tmp_path: Path) -> None:
    assert "default" not in call("show", TOY, "--no-defaults")[1]
    resolved = tmp_path / "resolved.yaml"
    resolved.write_text(call("show", TOY, "--yaml")[1], encoding="utf-8")
    first, second = (re.search(r"hash (\w+)", call("show", path)[1]) for path in (TOY, resolved))
    assert first is not None
    assert second is not None
    assert first[1] == second[1]


def test_bad_scenario_leaves_with_three(call: Call, tmp_path: Path) -> None:
    bad = tmp_path / "bad.yaml"
    bad.write_text("name: bad\nhorizn: {periods: [[2025, 1]]}\n", encoding="utf-8")
    code, out, err = call("show", bad)
    assert (code, out) == (3, "")
    assert f"{bad}:2:1: horizn" in err
    assert "nearest known: 'horizon'" in err
    assert "Traceback" not in err


def test_new_makes_a_project_that_loads(call: Call, tmp_path: Path) -> None:
    code, out, _ = call("new", tmp_path / "study")
    assert code == 0
    assert "toy.yaml" in out
    assert call("show", tmp_path / "study" / "toy.yaml")[0] == 0
    assert "extends: toy" in (tmp_path / "study" / "README.md").read_text(encoding="utf-8")
    code, _, err = call("new", tmp_path / "study")
    assert code == 2
    assert "not an empty folder" in err


def test_tables(call: Call) -> None:
    assert "stock" in call("tables")[1]
    assert "{commodity}/{product} from 0" in call("tables", "flows")[1]
    assert "| `capital_cost` | money/({product}/yr)" in call("tables", "technology_parameters", "--markdown")[1]
    code, _, err = call("tables", "flowz")
    assert code == 2
    assert "'flows'" in err


def test_sources_of_a_data_set(call: Call) -> None:
    code, out, _ = call("tables", "--sources", "--data", ROOT / "tests" / "data" / "mini")
    assert code == 0
    assert "IPCC" in out


def test_commands_hand_over_what_was_said(call: Call, model: list[tuple[str, tuple[Any, ...], dict[str, Any]]]) -> None:
    code, out, err = call(
        "run", TOY, "--overwrite", "-o", "here", "--set", "horizon.discount_rate=0.03", "--threads", 2
    )
    assert (code, out) == (0, "run\n")
    assert err == "note: look here\n"
    name, arguments, options = model.pop()
    assert (name, arguments, options["out"], options["overwrite"]) == ("run", (TOY,), Path("here"), True)
    assert options["changes"] == {"horizon.discount_rate": 0.03, "solver.threads": 2}
    assert call("check", "national", "--calibration", "--quiet")[1:] == ("check\n", "")
    assert model.pop() == ("check", ("national",), {"calibration": True})
    assert call("build", TOY, "--lp", "x.lp")[0] == 0
    assert model.pop()[2]["lp"] == Path("x.lp")
    assert call("window", TOY)[0] == call("verify", "result.nc")[0] == 0


def test_build_does_not_overwrite(call: Call, model: list[Any], tmp_path: Path) -> None:
    (tmp_path / "x.lp").write_text("", encoding="utf-8")
    assert call("build", TOY, "--lp", tmp_path / "x.lp")[0] == 2
    assert call("build", TOY, "--lp", tmp_path / "x.lp", "--overwrite")[0] == 0


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (UsageError("u"), 2),
        (InputError("i"), 3),
        (InfeasibleError("f"), 4),
        (LimitError("l"), 5),
        (SweepError("s"), 6),
        (KeyboardInterrupt(), 130),
        (ZeroDivisionError("z"), 1),
    ],
)
def test_exit_codes(error: BaseException, code: int, capsys: pytest.CaptureFixture[str]) -> None:
    def body() -> None:
        raise error

    assert guarded(body) == code
    out, err = capsys.readouterr()
    assert out == ""
    assert "Traceback" not in err
    assert ("bug" in err) == (code == 1)


def test_tracebacks_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PEAKMIX_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        guarded(lambda: 1 // 0)


def test_outcomes_bring_their_exit_code(capsys: pytest.CaptureFixture[str]) -> None:
    assert deliver(Outcome("text", 5)) == 5
    assert deliver("plain") == 0
    assert capsys.readouterr().out == "text\nplain\n"


def test_settings_are_read_as_yaml() -> None:
    assert changes_of(["a.b=1", "c=[1, 2]", "d=null", "e= 5 Mt/yr"]) == {
        "a.b": 1,
        "c": [1, 2],
        "d": None,
        "e": "5 Mt/yr",
    }
    for wrong in (["a"], ["=1"], ["a..b=1"], ["a=1", "a=2"], ["a=on"], ["a=[1"]):
        with pytest.raises(UsageError):
            changes_of(wrong)
    assert keywords(a=None, b={}, c=False, d=0.0, e="x") == {"d": 0.0, "e": "x"}


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        return True


def test_phases_on_a_terminal_and_in_a_pipe() -> None:
    for stream, quiet, shown in ((Terminal(), False, True), (Terminal(), True, False), (io.StringIO(), False, False)):
        with Phases(quiet, stream) as progress:
            progress("derive")
            progress("solve")
        assert list(progress.times) == ["derive", "solve"]
        assert bool(stream.getvalue()) == shown
    stream = Terminal()

    progress = Phases(stream=stream)
    with pytest.raises(ValueError, match="x"), progress:
        progress("solve")
        raise ValueError("x")
    assert stream.getvalue().endswith("stopped\n")
