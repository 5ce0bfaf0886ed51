"""Write the generated pages of the documentation.

    python docs/render.py                         formulas.md, data-dictionary.md, vocabulary.md
    python docs/render.py --check                 say which of them are stale, write nothing
    python docs/render.py walk [PAGE ...]         run the blocks of the tutorial and the how-to pages, put their outputs in
    python docs/render.py story RUN.nc [RUN.nc]   the tables between the marks of national-case.md
    python docs/render.py case [NAME ...]         tables and figures of the pages in docs/cases
    python docs/render.py instruments RESOLUTION [SET ...]   a table of instruments.md: policies alone and together
    python docs/render.py measured                the table of measured runs in README.md, after `make bench`

peakmix must be importable: run it with the Python of `.venv`, or with `PYTHONPATH=model`.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from rendering import cases, dictionary, formulas, instruments, marks, measured, names, story, walk

DOCS = Path(__file__).resolve().parent
PAGES: dict[str, Callable[[], str]] = {
    "formulas.md": formulas.page,
    "data-dictionary.md": dictionary.page,
    "vocabulary.md": names.page,
}
"""Generated pages and what writes them."""


def stale() -> list[str]:
    """Generated pages whose committed text is not what a fresh rendering gives."""
    found = []
    for name, page in PAGES.items():
        path = DOCS / name
        if not path.is_file() or path.read_text(encoding="utf-8") != page():
            found.append(name)
    return found


def main(arguments: list[str]) -> int:
    """Do what the arguments ask; 0 when all is well."""
    if arguments == ["--check"]:
        for name in (old := stale()):
            print(f"docs/{name} is stale: run `python docs/render.py`")
        return 1 if old else 0
    if not arguments:
        for name, page in PAGES.items():
            (DOCS / name).write_text(page(), encoding="utf-8", newline="\n")
            print(f"wrote docs/{name}")
        return 0
    command, *files = arguments
    if command == "story" and files:
        return marks.fill(DOCS / "national-case.md", story.blocks([Path(file) for file in files]))
    if command == "measured" and not files:
        return marks.fill(DOCS.parent / "README.md", measured.blocks())
    if command == "instruments" and files:
        return marks.fill(DOCS / "instruments.md", instruments.page_blocks(files[0], files[1:]))
    if command == "case":
        return max(cases.render(name, DOCS) for name in files or cases.CASES)
    if command == "walk":
        for name in files or walk.WALKED:
            text = walk.walked(name, echo=True)
            (DOCS / name).write_text(text, encoding="utf-8", newline="\n")
        return 0
    print(__doc__)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
