"""One measured run in its own process: phases in seconds, size, the solver's own time and the peak of memory, as JSON."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from pathlib import Path
from time import perf_counter

from peakmix.api.running import run


def main(scenario: str, resolution: str) -> None:
    """Run a scenario at a resolution and print what it took."""
    wanted = {"grouping": resolution.removeprefix("grouping:")} if resolution.startswith("grouping:") else resolution
    start = perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        result = run(scenario, out=Path(folder), overwrite=True, changes={"resolution": wanted})
        size = result.path.stat().st_size if result.path is not None else 0
    wall = perf_counter() - start
    report = {
        "resolution": resolution,
        "rows": result.size[0],
        "columns": result.size[1],
        "coefficients": result.size[2],
        "seconds": result.seconds,
        "solver_seconds": result.solver_seconds,
        "wall": wall,
        "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2,
        "file": size / 1024**2,
        "certified": result.certified,
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
