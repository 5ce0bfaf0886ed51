"""One infeasible scenario in its own process: processor time of one solve and of the answer why there is none, as JSON."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from time import process_time
from typing import Any

from peakmix.api.conflict import ConflictError, diagnose
from peakmix.api.prepare import Prepared, Timings, prepare, read
from peakmix.solve.certificate import solve_certified
from peakmix.solve.solution import SolveOptions, Status

SCENARIO = Path(__file__).parents[2] / "runs" / "scenarios" / "national_peak_2030.yaml"
IMPOSSIBLE = {2031: 0.5, 2036: 0.3, 2041: 0.2, 2046: 0.1, 2051: 0.05, 2060: 0.02}
"""Shares of the base year far below the window of the scenario."""


def made(resolution: str, changes: dict[str, Any]) -> Prepared:
    """The national case with changes; local peaks go where the resolution is coarser than provinces."""
    wanted: Any = {"grouping": resolution.removeprefix("grouping:")} if ":" in resolution else resolution
    places = () if resolution == "province" else ("hebei_alumina", "yunnan_aluminium")
    local = {f"policies.peak_{name}.enabled": False for name in places}
    timings = Timings()
    return prepare(*read(SCENARIO, timings, {"resolution": wanted} | local | changes), timings)


def main(resolution: str) -> None:
    """Solve the case, then explain the same case under a cap that cannot be met."""
    ready = made(resolution, {})
    start = process_time()
    solution, _ = solve_certified(ready.program, SolveOptions())
    one = process_time() - start
    assert solution.status is Status.OPTIMAL, solution.message
    ready = made(resolution, {"policies.direct_cap.values": IMPOSSIBLE})
    start = process_time()
    error = diagnose(ready, SolveOptions())
    answer = process_time() - start
    assert isinstance(error, ConflictError), error
    report = {
        "resolution": resolution,
        "rows": ready.program.shape[0],
        "one_solve": one,
        "answer": answer,
        "conflict": list(error.conflict),
        "irreducible": error.diagnosis.irreducible,
        "solves": error.diagnosis.solves,
        "parts": dict(error.diagnosis.seconds),
    }
    print(json.dumps(report))


if __name__ == "__main__":
    main(sys.argv[1])
