"""Walks through a page: runs its blocks in order, in one folder, and puts what they print after them.

``sh`` blocks run in a shell in which `peakmix` is this package; a `cd` holds for the blocks that follow. ``r`` blocks run in R
where `Rscript` is installed. ``yaml``, ``text`` and ``csv`` blocks whose first line is `# file: NAME` are written to that file.
``python`` blocks share their names. A ``text`` block right after a ``sh`` or ``python`` block is its output. ``diff`` blocks are
applied to the file they name, by their text.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import peakmix

DOCS = Path(__file__).resolve().parents[1]
ROOT = DOCS.parent
WALKED = {
    "tutorial.md": False,
    "how-to/add-a-province.md": False,
    "how-to/add-a-technology.md": False,
    "how-to/add-an-instrument.md": True,
    "how-to/tables-from-pandas.md": False,
    "how-to/choose-a-resolution.md": False,
    "how-to/place-a-cap.md": False,
    "how-to/read-a-result-in-r-or-excel.md": False,
    "how-to/run-a-carbon-market.md": False,
    "reading-results.md": False,
}
"""Pages whose blocks run, and whether they run in a copy of the package that they change."""

ASKED = ("tests/unit/test_instruments.py",)
"""Tests that such a page asks."""

PREPARED = {
    "reading-results.md": """
cat > runs/scenarios/a.yaml <<END
{name: national_reference, extends: toy, resolution: {grouping: grid_region}, policies: {carbon_price: {enabled: false}}}
END
cat > runs/scenarios/b.yaml <<END
{name: national_peak_2030, extends: [toy, policies/capacity_swap], resolution: {grouping: grid_region}}
END
cat > runs/sweeps/c.yaml <<END
name: price_and_hydrogen
base: ../scenarios/toy.yaml
design: product
axes:
  carbon_price: {field: policies.carbon_price.values, action: multiply, list: [1, 2]}
  hydrogen_price:
    {table: market_parameters, where: {market: [hydrogen_supply], parameter: [price]}, action: multiply, list: [1, 0.5]}
END
for name in a b toy; do peakmix run runs/scenarios/$name.yaml --quiet; done
peakmix mac runs/scenarios/toy.yaml --steps 3 --deepest 0.2 --from-year 2031 --csv runs/out --quiet
peakmix sensitivity runs/out/toy.nc --top 2 --csv runs/out --quiet
peakmix sweep run runs/sweeps/c.yaml -j 1
peakmix sweep collect runs/sweeps/c.yaml
rm runs/out/mac_steps.csv
mv runs/out/sensitivity_ranked.csv kept.csv
rm runs/out/sensitivity_apart.csv
""",
}
"""What stands in the folder before a page starts: small results under the names that its commands use."""

BLOCK = re.compile(r"^```(\w+)\n(.*?)^```\n(\n?```text\n(?!# file).*?^```\n)?", re.MULTILINE | re.DOTALL)
FILE = re.compile(r"# file: (\S+)\n")
LONGEST, HEAD, TAIL = 40, 24, 10
"""Outputs longer than this are cut in the middle."""


def walked(name: str, echo: bool = False) -> str:
    """A page of WALKED with the outputs of its blocks, run in a folder that is thrown away."""
    text = (DOCS / name).read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as folder:
        if not WALKED[name]:
            return prepared(Walk(Path(folder), echo), name).page(text)
        for part in ("model", "data", "runs"):
            shutil.copytree(ROOT / part, Path(folder) / part, ignore=shutil.ignore_patterns("__pycache__", "out"))
        for part in ASKED:
            (Path(folder) / part).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / part, Path(folder) / part)
        shutil.copy(ROOT / "pyproject.toml", folder)
        return Walk(Path(folder), echo, source=f"{folder}/model").page(text)


def prepared(step: Walk, name: str) -> Walk:
    """A walk in whose folder stands what the page takes for granted."""
    if name in PREPARED:
        shutil.copytree(ROOT / "runs" / "scenarios", step.folder / "runs" / "scenarios")
        (step.folder / "runs" / "sweeps").mkdir()
        step.page(f"```sh\n{PREPARED[name]}```\n")
    return step


RUN = ("sh", "python", "r")


def in_r(body: str) -> str:
    """Lines of R as a command of the shell, each shown and answered as at the prompt."""
    return f"cat > .block.R <<'END_OF_R'\n{body}END_OF_R\nRscript -e 'source(\".block.R\", echo = FALSE, print.eval = TRUE)'"


class Failed(Exception):
    """A block that did not run; the message holds the block and what it said."""


class Walk:
    """One page being walked through, from a folder of its own."""

    def __init__(self, folder: Path, echo: bool = False, source: str = "") -> None:
        """``source``: the folder that `peakmix` is imported from in shells; this package's own unless stated."""
        self.folder = folder
        self.start = folder
        self.names: dict[str, object] = {}
        self.echo = echo
        tools = folder / ".tools"
        tools.mkdir(parents=True)
        for name, module in (("peakmix", " -m peakmix"), ("python", "")):
            command = tools / name
            command.write_text(f'#!/bin/sh\nexec "{sys.executable}"{module} "$@"\n', encoding="utf-8")
            command.chmod(0o755)
        source = source or str(Path(peakmix.__file__).resolve().parents[1])
        path = f"{tools}{os.pathsep}{os.environ.get('PATH', '')}"
        self.environment = {**os.environ, "PATH": path, "PYTHONPATH": source, "COLUMNS": "120"}

    def page(self, text: str) -> str:
        """Run all blocks of a page; the page with the outputs in place."""
        return BLOCK.sub(self._block, text)

    def _block(self, found: re.Match[str]) -> str:
        language, body, shown = found[1], found[2], found[3]
        since = time.perf_counter()
        named = FILE.match(body)
        if named:
            target = self.folder / named[1]
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(body[named.end() :], encoding="utf-8")
            return found[0]
        if language == "diff":
            self._patch(body)
        if language not in RUN or (language == "r" and shutil.which("Rscript") is None):
            return found[0]
        output = self._python(body) if language == "python" else self._shell(body if language == "sh" else in_r(body))
        if self.echo:
            print(f"{time.perf_counter() - since:6.1f} s  {body.strip()[:70]!r}", file=sys.stderr)
        if shown is None:
            return found[0]
        return f"```{language}\n{body}```\n\n```text\n{self._tidy(output)}\n```\n"

    def _shell(self, body: str) -> str:
        script = f"set -e\n{body}\npwd > {self.start}/.tools/where\n"
        done = subprocess.run(
            ["sh", "-c", script], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise Failed(f"{body}\nexit code {done.returncode}\n{done.stdout}\n{done.stderr}")
        self.folder = Path((self.start / ".tools" / "where").read_text(encoding="utf-8").strip())
        return done.stdout

    def _python(self, body: str) -> str:
        told = io.StringIO()
        with _inside(self.folder), contextlib.redirect_stdout(told):
            try:
                exec(compile(body, "page", "exec"), self.names)
            except Exception as error:
                raise Failed(f"{body}\n{type(error).__name__}: {error}\n{told.getvalue()}") from error
        return told.getvalue()

    def _patch(self, body: str) -> None:
        """Apply a diff: in the file it names, each hunk's old lines, which stand there once, become its new ones."""
        head, *hunks = re.split(r"^@@.*\n", body, flags=re.MULTILINE)
        path = self.folder / head.splitlines()[-1].removeprefix("+++ ").strip()
        text = path.read_text(encoding="utf-8")
        for hunk in hunks:
            lines = [line or " " for line in hunk.splitlines()]
            old = "".join(f"{line[1:]}\n" for line in lines if line[0] in " -")
            new = "".join(f"{line[1:]}\n" for line in lines if line[0] in " +")
            if text.count(old) != 1:
                raise Failed(f"{path.name} has these lines {text.count(old)} times:\n{old}")
            text = text.replace(old, new)
        path.write_text(text, encoding="utf-8")

    def _tidy(self, output: str) -> str:
        """Output without the folder's name, cut in the middle when it is long."""
        clean = output.rstrip()
        for folder in (self.folder, self.start, ROOT):
            clean = clean.replace(f"{folder}/", "")
        lines = [line.rstrip() for line in clean.splitlines()]
        if len(lines) > LONGEST:
            lines = [*lines[:HEAD], "...", *lines[-TAIL:]]
        return "\n".join(lines)


@contextlib.contextmanager
def _inside(folder: Path) -> Iterator[None]:
    """Work in a folder for a while."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)
