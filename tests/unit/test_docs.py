"""The documentation: rendered pages are current, docstrings keep their shape, links lead somewhere, blocks run."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
DOCS = ROOT / "docs"
sys.path.insert(0, str(DOCS))

import render  # noqa: E402
from rendering import cases, dictionary, formulas, marks, story, walk  # noqa: E402

PARTS = formulas.modules()
PAGES = [*sorted(DOCS.rglob("*.md")), ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def _page(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


COUNTS = "# What `data/national` holds"


@pytest.mark.parametrize("name", render.PAGES)
def test_rendered_page_is_current(name: str) -> None:
    """Counts of rows are left to the slow test below, so that adding a row does not stop `make test`."""
    written, fresh = (DOCS / name).read_text(encoding="utf-8"), render.PAGES[name]()
    assert written.split(COUNTS)[0] == fresh.split(COUNTS)[0], f"docs/{name} is stale: run `python docs/render.py`"


@pytest.mark.slow
def test_counts_of_rows_are_current() -> None:
    assert render.stale() == [], "run `python docs/render.py`"


def test_decisions_are_numbered_without_gap_or_twin() -> None:
    """Two people who decide at once take the same number; a reference by number must name one page."""
    pages = sorted((DOCS / "adr").glob("*.md"))
    assert [page.name[:4] for page in pages] == [f"{number:04d}" for number in range(1, len(pages) + 1)]
    for page in pages:
        assert page.read_text(encoding="utf-8").startswith(f"# {page.name[:4]} "), f"docs/adr/{page.name}: title without its number"


@pytest.mark.parametrize(("kind", "module", "rows"), PARTS, ids=[f"{k}-{m.__name__.split('.')[-1]}" for k, m, _ in PARTS])
def test_docstring_has_the_fixed_shape(kind: str, module: object, rows: tuple[str, ...]) -> None:
    part = formulas.parse(module.__doc__ or "")
    assert tuple(part.sections) == formulas.SECTIONS
    assert part.sentence
    assert all(part.sections.values())
    for row in rows:
        assert row in part.sections["Rows"], f"Rows of {part.title} does not state {row}"


def test_a_docstring_without_its_title_is_refused() -> None:
    with pytest.raises(ValueError, match="Title: sentence"):
        formulas.parse("No colon here\n\nRows     none")
    with pytest.raises(ValueError, match="stands twice"):
        formulas.parse("Name: what it does.\n\nRows     a\nRows     b")


def test_docstring_is_taken_apart() -> None:
    part = formulas.parse("Name: what it does.\n\nMore.\n\nRows     a(p)\n             a <= b\nDual     price\n         of a")
    assert (part.title, part.sentence, part.before) == ("Name", "what it does.", "More.")
    assert part.sections == {"Rows": "a(p)\n    a <= b", "Dual": "price\nof a"}


def test_counts_of_the_national_tables(tmp_path: Path) -> None:
    (tmp_path / "part").mkdir()
    (tmp_path / "part" / "stock.csv").write_text("key,value,grade\na,1,A\nb,2,C\n", encoding="utf-8")
    (tmp_path / "part" / "names.csv").write_text("name,note\na,x\n", encoding="utf-8")
    text = dictionary.counts(tmp_path)
    assert "| part | 2 | 50% | 0% | 50% |" in text
    assert "| `names` | 1 |  |  |  | part |" in text


def test_marked_blocks_are_filled() -> None:
    text = "a\n<!-- x -->\nold\n<!-- end x -->\nb\n"
    assert marks.replaced(text, {"x": "new"}) == "a\n<!-- x -->\nnew\n<!-- end x -->\nb\n"
    with pytest.raises(KeyError, match="no marks for 'y'"):
        marks.replaced(text, {"y": "new"})


def _links(text: str) -> Iterator[str]:
    for target in re.findall(r"\]\(([^)\s]+)\)", re.sub(r"```.*?```", "", text, flags=re.DOTALL)):
        if not target.startswith(("http:", "https:", "mailto:")):
            yield target


@pytest.mark.parametrize("path", PAGES, ids=_page)
def test_links_lead_somewhere(path: Path) -> None:
    for target in _links(path.read_text(encoding="utf-8")):
        file, _, anchor = target.partition("#")
        page = (path.parent / file).resolve() if file else path
        assert page.exists(), f"{_page(path)} links to {target}"
        if anchor and page.suffix == ".md":
            assert anchor in _anchors(page), f"{_page(path)} links to {target}, which has no such heading"


def _anchors(page: Path) -> set[str]:
    """Anchors of a page's headings as forges make them."""
    headings = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.replace("`", "")).strip().lower().replace(" ", "-") for h in headings}


@pytest.mark.parametrize("path", PAGES, ids=_page)
def test_commands_in_the_pages_exist(path: Path) -> None:
    from typer.main import get_command

    from peakmix.cli.main import app

    known = set(get_command(app).commands)  # type: ignore[attr-defined]
    for language, block in BLOCK.findall(path.read_text(encoding="utf-8")):
        if language == "sh":
            for line in block.splitlines():
                words = line.split("#")[0].split()
                if words and words[0].endswith("peakmix"):
                    assert words[1] in known, f"{_page(path)}: peakmix has no command {words[1]!r}"


def _lines(text: str) -> Iterator[str]:
    """Command lines of the shell blocks of a page, continued lines joined, comments left out."""
    for language, block in BLOCK.findall(text):
        if language == "sh":
            for line in block.replace("\\\n", " ").splitlines():
                yield re.sub(r"\s#\s.*", "", line).strip()


@pytest.mark.parametrize("path", PAGES, ids=_page)
def test_options_in_the_pages_exist(path: Path) -> None:
    """Every command line of every page is understood by the command line of the package: names, options and their values."""
    from typer.main import get_command

    from peakmix.cli.main import app

    known = get_command(app).commands  # type: ignore[attr-defined]
    for line in _lines(path.read_text(encoding="utf-8")):
        if not line or not line.split()[0].endswith("peakmix"):
            continue
        words = shlex.split(re.split(r"[|>]|2>|;|&&", line)[0])
        command, rest = known[words[1]], words[2:]
        if hasattr(command, "commands"):
            command, rest = command.commands[rest[0]], rest[1:]
        command.make_context(words[1], rest)


@pytest.mark.slow
@pytest.mark.parametrize("name", walk.WALKED)
def test_the_blocks_of_a_page_run(name: str) -> None:
    """Every shell and Python block of the tutorial and the how-to pages, in order, in a folder of its own."""
    text = (DOCS / name).read_text(encoding="utf-8")
    assert walk.walked(name).count("```") == text.count("```")


@pytest.mark.slow
@pytest.mark.parametrize("name", cases.CHEAP)
def test_pages_of_cases_say_what_fresh_runs_give(name: str, tmp_path: Path) -> None:
    """Tables of a case's page against new runs: words as they stand, numbers to one unit of the last printed digit."""
    assert cases.differences(name, DOCS, tmp_path) == []


def test_a_line_that_differs_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "cases").mkdir()
    (tmp_path / "cases" / "c.md").write_text("<!-- t -->\n| a | 1,234.5 | 2% |\n<!-- end t -->\n", encoding="utf-8")

    def told(line: str) -> list[str]:
        module = type("Case", (), {"blocks": staticmethod(lambda folder: {"t": line})})
        monkeypatch.setattr(cases, "import_module", lambda name: module)
        return cases.differences("c", tmp_path, tmp_path / "figures")

    assert told("| a | 1,234.6 | 2% |") == []
    assert told("| a | 1,235.5 | 2% |") == ["page: | a | 1,234.5 | 2% |\nruns: | a | 1,235.5 | 2% |"]
    assert len(told("| b | 1,234.5 | 2% |")) == 1
    assert told("| a | 1 |\n| b | 2 |") == ["c.md has 3 lines, fresh runs give 4"]


@pytest.mark.slow
def test_python_of_the_readme_runs(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "runs" / "scenarios", tmp_path / "runs" / "scenarios")
    blocks = [body for language, body in BLOCK.findall((ROOT / "README.md").read_text(encoding="utf-8")) if language == "python"]
    assert blocks
    for body in blocks:
        walk.Walk(tmp_path).page(f"```python\n{body}```\n")


def _cited() -> list[tuple[str, str, float]]:
    """(table, selection, number) of the comments in data-decisions.md."""
    text = (DOCS / "data-decisions.md").read_text(encoding="utf-8")
    lines = re.findall(r"^(\w+) \| (.+) \| ([-\d.]+)$", text, re.MULTILINE)
    return [(table, where, float(number)) for table, where, number in lines]


@pytest.mark.slow
def test_numbers_cited_in_the_data_decisions_stand_in_the_tables() -> None:
    """column=value pairs; alternatives by /; several rows are added up; 0.5 % for rounding in the text."""
    tables: dict[str, list[dict[str, str]]] = {}
    for _, name, rows in dictionary.files(ROOT / "data" / "national"):
        tables.setdefault(name, []).extend(rows)
    wrong = []
    for name, where, number in _cited():
        pairs = [pair.split("=") for pair in where.split(", ")]
        found = [float(r["value"]) for r in tables[name] if all(r[column] in cells.split("/") for column, cells in pairs)]
        if not found or sum(found) != pytest.approx(number, rel=0.005, abs=1e-9):
            wrong.append(f"{name}: {where} is {found}, the page says {number:g}")
    assert _cited()
    assert not wrong, "\n".join(wrong)


def test_what_the_readme_calls_missing_is_missing() -> None:
    from typer.main import get_command

    from peakmix.cli.main import app
    from peakmix.formulation.registry import instruments

    told = re.search(r"\*\*Not here yet:\*\*(.*?)\n(?:- |\n)", (ROOT / "README.md").read_text(encoding="utf-8"), re.DOTALL)
    there = {*get_command(app).commands, *instruments()}  # type: ignore[attr-defined]
    late = {name for name in re.findall(r"`([\w-]+)`", told[1]) if name in there} if told else set()
    assert not late, f"README.md says {sorted(late)} are not here yet"


def _fragments() -> list[object]:
    """(page, text) of every YAML block that is not a file of a walk."""
    found = []
    for path in PAGES:
        for language, body in BLOCK.findall(path.read_text(encoding="utf-8")):
            if language == "yaml" and not body.startswith("# file:"):
                found.append(pytest.param(body, id=f"{_page(path)}-{len(found)}"))
    return found


@pytest.mark.parametrize("body", _fragments())
def test_fragments_of_scenarios_are_sound(body: str, tmp_path: Path) -> None:
    """A fragment in a page is understood when it extends the toy scenario, names and table cells included."""
    from peakmix.api.prepare import Timings, read

    shutil.copy(ROOT / "runs" / "scenarios" / "toy.yaml", tmp_path)
    (tmp_path / "part.yaml").write_text(f"extends: toy\n{body}", encoding="utf-8")
    read(tmp_path / "part.yaml", Timings())


@pytest.mark.slow
def test_story_of_a_run(tmp_path: Path) -> None:
    """Every block of the national case can be filled from a result file."""
    import peakmix

    run = peakmix.run(ROOT / "runs" / "scenarios" / "toy.yaml", out=tmp_path)
    assert run.path is not None
    blocks = story.blocks([run.path])
    page = marks.replaced((DOCS / "national-case.md").read_text(encoding="utf-8"), blocks)
    assert "`toy`" in page


def test_blocks_that_fail_are_told(tmp_path: Path) -> None:
    step = walk.Walk(tmp_path / "a")
    shown = step.page(
        "```sh\necho one > x\ncat x\n```\n\n```text\nold\n```\n\n```python\nprint(open('x').read())\n```\n\n```text\n```\n"
    )
    assert shown.count("one") == 3
    with pytest.raises(walk.Failed, match="exit code 3"):
        walk.Walk(tmp_path / "b").page("```sh\nexit 3\n```\n")
    with pytest.raises(walk.Failed, match="ZeroDivisionError"):
        walk.Walk(tmp_path / "c").page("```python\n1 / 0\n```\n")
    (tmp_path / "file").write_text("a\nb\n", encoding="utf-8")
    with pytest.raises(walk.Failed, match="0 times"):
        walk.Walk(tmp_path / "d").page("```diff\n--- ../file\n+++ ../file\n@@\n-c\n+d\n```\n")


@pytest.mark.slow
def test_the_site_is_built_without_a_warning(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "sphinx", "-q", "-W", "--keep-going", "-b", "html", str(ROOT / "docs"), str(tmp_path / "site")]
    built = subprocess.run(command, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    for page in ("index", "tutorial", "formulas", "data-dictionary", "guarantees", "cases/claims-checked"):
        assert (tmp_path / "site" / f"{page}.html").is_file(), page


def test_what_the_guarantees_name_exists() -> None:
    text = (ROOT / "docs" / "guarantees.md").read_text(encoding="utf-8")
    named = re.findall(r"tests/[\w./]+", text)
    assert len(named) > 12
    assert [name for name in named if not (ROOT / name.rstrip(".")).exists()] == []
