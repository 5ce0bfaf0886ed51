"""Rules of the house that a machine can check: lengths, docstrings, cheap start, clean texts."""

from __future__ import annotations

import ast
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "model" / "peakmix"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST_MODULE = 300
LONGEST_FUNCTION = 60
HEAVY = ("pandas", "xarray", "pyomo", "numpy", "highspy", "scipy", "netCDF4")


def _name(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_module_length(path: Path) -> None:
    lines = path.read_text(encoding="utf-8").count("\n")
    assert lines <= LONGEST_MODULE, f"{_name(path)} has {lines} lines; split it by subject"


@pytest.mark.parametrize("path", MODULES, ids=_name)
def test_function_length_and_docstring(path: Path) -> None:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not path.stat().st_size or ast.get_docstring(tree), f"{_name(path)} says what it is for in its first line"
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{_name(path)}:{node.lineno} {node.name} has {length} lines"


def test_help_is_cheap() -> None:
    done = subprocess.run(
        [sys.executable, "-X", "importtime", "-m", "peakmix", "--help"],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(PACKAGE.parent), "PATH": "", "SYSTEMROOT": ""},
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "Usage: peakmix" in done.stdout
    imported = {line.rsplit("|", 1)[-1].strip().split(".")[0] for line in done.stderr.splitlines() if "|" in line}
    assert "typer" in imported
    assert not imported & set(HEAVY), f"--help imports {sorted(imported & set(HEAVY))}"


def test_bare_import_is_cheap_and_lists_its_names() -> None:
    script = "import sys, peakmix; print(sorted(set(sys.modules) & set(sys.argv[1:])), 'run' in dir(peakmix))"
    done = subprocess.run(
        [sys.executable, "-c", script, *HEAVY, "typer", "yaml"],
        capture_output=True,
        text=True,
        check=True,
        env={"PYTHONPATH": str(PACKAGE.parent), "PATH": "", "SYSTEMROOT": ""},
    )
    assert done.stdout.split() == ["[]", "True"]


TEXTS = [
    path
    for folder in ("model", "data", "runs", "tests", "docs", ".ci")
    for path in sorted((ROOT / folder).rglob("*"))
    if path.is_file()
    and path.suffix in (".py", ".csv", ".yaml", ".md", ".toml", ".txt", "")
    and "out" not in path.parts
]


def test_texts_are_utf8_with_plain_line_ends() -> None:
    for path in TEXTS:
        content = path.read_bytes()
        content.decode("utf-8")
        assert b"\r" not in content or path.parent.name == "bad_inputs", f"{path.relative_to(ROOT)} has CR line ends"


def test_no_path_of_one_machine() -> None:
    pattern = re.compile(r"/(?:work|root|home/[a-z]+|Users)/[A-Za-z]")
    for path in TEXTS:
        if path != Path(__file__):
            found = pattern.search(path.read_text(encoding="utf-8"))
            assert found is None, f"{path.relative_to(ROOT)} names a path of one machine: {found and found.group()}"


def test_data_stays_small() -> None:
    size = sum(path.stat().st_size for path in (ROOT / "data").rglob("*") if path.is_file())
    assert size < 8e6, f"data/ has {size / 1e6:.1f} MB; tables are text and travel in the wheel"


def test_the_package_imports_nothing_that_reaches_a_network() -> None:
    """But the cluster of a sweep, which the user names, and which is imported when it is asked for."""
    names = "socket|ssl|http|urllib|ftplib|smtplib|requests|httpx|aiohttp|fsspec|distributed"
    reaching = re.compile(rf"^\s*(?:import|from)\s+({names})\b", re.M)
    found = {path.name: reaching.findall(path.read_text(encoding="utf-8")) for path in MODULES}
    assert {name: modules for name, modules in found.items() if modules and name != "cluster.py"} == {}


def test_connections_elsewhere_are_refused() -> None:
    with socket.socket() as plain, pytest.raises(OSError, match="tests reach no network"):
        plain.connect(("192.0.2.1", 80))
