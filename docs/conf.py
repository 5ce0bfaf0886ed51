"""Settings of the built documentation; the pages themselves are plain Markdown that reads as well without it."""

from __future__ import annotations

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
found = re.search(r'__version__ = "([^"]+)"', (ROOT / "model" / "peakmix" / "__init__.py").read_text(encoding="utf-8"))
assert found is not None

project = "peakmix"
author = "The peakmix developers"
copyright = "The peakmix developers, Apache-2.0"
version = release = found[1]
extensions = ["myst_parser"]
myst_enable_extensions = ["colon_fence"]
myst_heading_anchors = 4
source_suffix = {".md": "markdown"}
root_doc = "index"
exclude_patterns = ["README.md", "_build", "rendering"]
html_theme = "furo"
html_title = f"peakmix {release}"
html_copy_source = False
html_theme_options = {"top_of_page_buttons": []}
FRAGMENTS = ("performance-table.md", "sweep-speed-table.md")
exclude_patterns += FRAGMENTS


def outside(app: object, docname: str, source: list[str]) -> None:
    """Links to files of the repository that are no pages become their names, for the built pages travel without the repository."""
    here = (ROOT / "docs" / docname).parent

    def named(match: re.Match[str]) -> str:
        target = (here / match[2].partition("#")[0]).resolve()
        page = target.is_relative_to(ROOT / "docs") and target.is_file() and target.name not in ("README.md", *FRAGMENTS)
        return match[0] if page else f"{match[1]} (`{target.relative_to(ROOT)}`)"

    source[0] = re.sub(r"(?<!!)\[([^\]]+)\]\((?!https?:|#)([^)\s]+)\)", named, source[0])


def setup(app: object) -> None:
    """Register the change of links."""
    app.connect("source-read", outside)  # type: ignore[attr-defined]
