"""The table of measured runs in README.md, from what `make bench` wrote.

The file holds a list of objects with the keys scenario, rows, columns, seconds, memory_mib and method, one a run.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from rendering.marks import table

HEAD = ("scenario", "rows", "columns", "method", "cold start to file, s", "largest memory, MiB")


def blocks(path: Path) -> dict[str, str]:
    """Content of the block `measured`."""
    runs: list[dict[str, Any]] = json.loads(path.read_text(encoding="utf-8"))
    rows = [
        (
            f"`{run['scenario']}`",
            f"{run['rows']:,}",
            f"{run['columns']:,}",
            run["method"],
            f"{run['seconds']:.1f}",
            f"{run['memory_mib']:,.0f}",
        )
        for run in runs
    ]
    return {"measured": table(HEAD, rows)}
