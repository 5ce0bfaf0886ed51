"""The table of measured runs in README.md: some rows of docs/performance-table.md, which `make bench` writes."""

from __future__ import annotations

from pathlib import Path

TABLE = Path(__file__).resolve().parents[1] / "performance-table.md"
KEPT = ("rows", "columns", "wall time, s", "solver's own time, s", "peak memory, GiB", "result file, MiB")
"""Rows of the table that the README shows."""


def blocks(path: Path = TABLE) -> dict[str, str]:
    """Content of the block `measured`.

    Raises
    ------
    KeyError
        When a row that the README shows is not in the table.
    """
    lines = path.read_text(encoding="utf-8").splitlines()
    note = next(line for line in lines if line and not line.startswith("|"))
    table = [line for line in lines if line.startswith("|")]
    by_name = {line.split("|")[1].strip(): line for line in table[2:]}
    missing = [name for name in KEPT if name not in by_name]
    if missing:
        raise KeyError(f"{path.name} has no row {missing[0]!r}")
    return {"measured": "\n".join([*table[:2], *(by_name[name] for name in KEPT), "", note])}
