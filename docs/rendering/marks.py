"""Blocks of a page that a script fills, between `<!-- NAME -->` and `<!-- end NAME -->`."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path


def replaced(text: str, blocks: Mapping[str, str]) -> str:
    """The text with the blocks' contents between their marks; KeyError names a block without marks."""
    for name, content in blocks.items():
        pattern = re.compile(rf"<!-- {re.escape(name)} -->\n.*?<!-- end {re.escape(name)} -->", re.DOTALL)
        if not pattern.search(text):
            raise KeyError(f"the page has no marks for {name!r}")
        opened, closed = f"<!-- {name} -->\n", f"<!-- end {name} -->"
        text = pattern.sub((opened + content.rstrip() + "\n" + closed).replace("\\", r"\\"), text)
    return text


def fill(path: Path, blocks: Mapping[str, str]) -> int:
    """Fill the blocks of a page in place."""
    text = path.read_text(encoding="utf-8")
    path.write_text(replaced(text, blocks), encoding="utf-8", newline="\n")
    print(f"filled {', '.join(blocks)} in {path.name}")
    return 0


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table."""
    lines = ["| " + " | ".join(head) + " |", "|" + "---|" * len(head)]
    lines += ["| " + " | ".join(cell(value) for value in row) + " |" for row in rows]
    return "\n".join(lines)


def cell(value: object) -> str:
    """Text inside a table."""
    return str(value).replace("|", "\\|").replace("\n", " ")
