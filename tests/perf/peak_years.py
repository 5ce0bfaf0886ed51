"""The curve of peak years in its own process, against cold solves of every point: processor time as JSON."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from time import process_time
from typing import Any

from tests.perf.conflict import SCENARIO

from peakmix.api.peak_years import peak_curve
from peakmix.api.prepare import Timings, prepare, read
from peakmix.foundation.errors import InfeasibleError
from peakmix.results.quick_audit import quick_audit
from peakmix.solve.certificate import solve_certified
from peakmix.solve.solution import Status

POLICY = "peak_2030"


def cold(scenario: Any, tables: Any, rule: str, period: int) -> float | None:
    """One point derived, built, compiled, solved and audited by itself."""
    policy = scenario.spec.policies[POLICY].model_copy(update={"year": period, "before": False, "rule": rule})
    spec = scenario.spec.model_copy(update={"policies": {**scenario.spec.policies, POLICY: policy}})
    ready = prepare(replace(scenario, spec=spec), tables, Timings())
    try:
        solution, certificate = solve_certified(ready.program)
    except InfeasibleError:
        return None
    if solution.status is not Status.OPTIMAL:
        return None
    assert certificate.passed
    assert quick_audit(ready.parameters, ready.model.books, ready.program, solution).passed
    return solution.objective


def main(resolution: str) -> None:
    """Both ways, and how far their objectives differ at most."""
    wanted: Any = {"grouping": resolution.removeprefix("grouping:")} if ":" in resolution else resolution
    local = {f"policies.peak_{name}.enabled": False for name in ("hebei_alumina", "yunnan_aluminium")}
    scenario, tables = read(SCENARIO, Timings(), {"resolution": wanted} | local)
    start = process_time()
    found = peak_curve(scenario, POLICY, data=tables)
    walked = process_time() - start
    seconds, apart, unmet = {}, 0.0, 0
    for rule in ("A", "B"):
        start = process_time()
        for row in found.of(rule).to_dict("records"):
            alone = cold(scenario, tables, rule, row["period"])
            assert (alone is None) == (row["status"] == "infeasible")
            unmet += alone is None
            apart = max(apart, 0.0 if alone is None else abs(alone - row["objective"]) / abs(alone))
        seconds[rule] = process_time() - start
    warm = int((found.frame["method"] == "simplex warm")[found.frame["rule"] != "C"].sum())
    report = {"resolution": resolution, "walked": walked, "cold": seconds, "apart": apart, "warm": warm, "unmet": unmet}
    print(json.dumps(report | {"certified": found.exit_code == 0}))


if __name__ == "__main__":
    main(sys.argv[1])
