"""The linear programme of a scenario without solving it: rows by family, ranges, and an LP file on request."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from peakmix.api.prepare import Prepared, Progress, Timings, prepare, read, silent
from peakmix.scenario import Scenario
from peakmix.solve.program import coefficient_ranges


@dataclass
class BuildResult:
    """Size of a programme, as text."""

    prepared: Prepared
    text: str


def build(
    path: Path | str | Scenario,
    lp: Path | None = None,
    progress: Progress = silent,
    changes: Mapping[str, Any] | None = None,
) -> BuildResult:
    """Build and compile a scenario; write it in LP format to ``lp`` if asked."""
    timings = Timings(progress=progress)
    scenario, data = read(path, timings, changes)
    prepared = prepare(scenario, data, timings)
    if lp is not None:
        timings.phase("write")
        prepared.model.write(str(lp), io_options={"symbolic_solver_labels": True})
    timings.done()
    program = prepared.program
    lines = [
        f"{scenario.name}: {program.shape[0]:,} rows, {program.shape[1]:,} columns, {len(program.data):,} coefficients",
        f"places {len(prepared.parameters.regions)}, technologies in places {len(prepared.parameters.sets['active'])}",
        "",
        "rows by family",
    ]
    for kind, table in (("", program.rows), ("columns by variable", program.cols)):
        if kind:
            lines += ["", kind]
        counts = Counter({c: len(table.indices(c)) for c in table.components})
        lines += [f"  {name:<28}{count:>9,}" for name, count in counts.most_common()]
    lines += ["", "coefficient ranges", *(f"  {line}" for line in coefficient_ranges(program).lines())]
    lines += ["", "seconds  " + ", ".join(f"{k} {v:.2f}" for k, v in timings.seconds.items())]
    return BuildResult(prepared, "\n".join(lines))
