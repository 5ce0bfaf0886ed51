"""What each possible peak year costs: rule B solved for every period, and rule C read off it.

    curve   cost of rule B with its peak in period P, for every P of the horizon
    rule C  the cheapest of those with P <= P(Y), Y the year that the policy states

One programme a period, each solved on its own and checked with certificate and quick audit; a peak year that cannot be met
stays in the table with its status. Height and plateau are those of the policy. Costs are present values.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peakmix.api.prepare import Progress, Timings, prepare, read, silent
from peakmix.foundation.errors import UsageError, nearest
from peakmix.foundation.vocabulary import of_kind
from peakmix.parameters.container import Parameters
from peakmix.results.quick_audit import quick_audit
from peakmix.results.recount.indicators import indicator
from peakmix.results.summary import table
from peakmix.scenario import Scenario, check_against
from peakmix.scenario.levers import adjust
from peakmix.scenario.policies import PeakPolicy
from peakmix.solve.certificate import solve_certified
from peakmix.solve.solution import Status
from peakmix.tables.dataset import DataSet

TIE = 1e-9
"""Peak years whose costs differ by less than this share cost the same; the first of them counts."""


@dataclass(frozen=True)
class PeakCurve:
    """Cost by peak period.

    ``frame`` has one row a period: ``period`` and ``last_year``, ``allowed`` (not later than the stated year), ``status``,
    ``objective`` and ``system_cost`` in million money, ``extra_cost`` above the cheapest of all periods (objective),
    ``peak_level`` and ``unit`` of the indicator, ``certified`` (certificate and quick audit). ``cheapest`` is the peak
    period of rule C, None when no allowed period can be met.
    """

    policy: str
    frame: pd.DataFrame
    cheapest: int | None
    text: str
    notices: tuple[str, ...] = ()
    exit_code: int = 0


def peak_curve(
    scenario: Path | str | Scenario,
    policy: str | None = None,
    changes: Mapping[str, Any] | None = None,
    data: DataSet | None = None,
    progress: Progress = silent,
) -> PeakCurve:
    """Solve rule B for every possible peak period of one peak policy; all other policies stay as they are.

    Parameters
    ----------
    scenario:
        Scenario file, or a loaded scenario.
    policy:
        The peak rule; may be left out when there is one.
    changes:
        Scenario values by dotted key, for a file.
    data:
        A data set that replaces the one the scenario names.

    Raises
    ------
    UsageError
        When there is no such peak rule.
    """
    timings = Timings(progress=progress)
    if data is None or not isinstance(scenario, Scenario):
        loaded, tables = read(scenario, timings, changes)
    else:
        check_against(data, scenario)
        loaded, tables = scenario, adjust(data, scenario)
    name = _named(loaded, policy)
    rows: list[dict[str, Any]] = []
    stated = 0
    for period, length in loaded.spec.horizon.pairs:
        timings.phase(f"peak in {period}")
        row, stated = _member(loaded, tables, name, period)
        rows.append({"period": period, "last_year": period + length - 1} | row)
    timings.done()
    frame = pd.DataFrame(rows)
    frame.insert(2, "allowed", frame["period"] <= stated)
    frame.insert(6, "extra_cost", frame["objective"] - frame["objective"].min())
    open_to = frame[frame["allowed"] & frame["objective"].notna()]
    least = open_to["objective"].min() + TIE * abs(open_to["objective"].min())
    cheapest = int(open_to["period"][open_to["objective"] <= least].iloc[0]) if len(open_to) else None
    certified = bool(frame.loc[frame["objective"].notna(), "certified"].all())
    return PeakCurve(name, frame, cheapest, _text(name, frame, stated, cheapest), (), _exit_code(cheapest, certified))


def _exit_code(cheapest: int | None, certified: bool) -> int:
    """4: no allowed peak year can be met; 5: some point is not certified."""
    return 4 if cheapest is None else 0 if certified else 5


def _named(scenario: Scenario, policy: str | None) -> str:
    """The peak rule that is meant."""
    known = [name for name, p in scenario.spec.active_policies.items() if isinstance(p, PeakPolicy)]
    if policy is None and len(known) == 1:
        return known[0]
    if policy is None:
        words = f"there are {len(known)}: {', '.join(known)}" if known else "the scenario has none"
        raise UsageError(f"which peak rule? {words}", fix="name one of them" if known else "add a policy with instrument: peak")
    if policy not in known:
        raise UsageError(f"no peak rule {policy!r}", fix=nearest(policy, known))
    return policy


def _member(scenario: Scenario, data: DataSet, name: str, period: int) -> tuple[dict[str, Any], int]:
    """Rule B with its peak in one period, and the last period that the policy itself allows."""
    from peakmix.formulation.policies.peak import peak_period

    policy = scenario.spec.policies[name]
    assert isinstance(policy, PeakPolicy)
    here = policy.model_copy(update={"year": period, "before": False, "rule": "B"})
    spec = scenario.spec.model_copy(update={"policies": {**scenario.spec.policies, name: here}})
    ready = prepare(replace(scenario, spec=spec), data, Timings())
    stated = peak_period(ready.parameters.horizon, policy.year, policy.before)
    solution, certificate = solve_certified(ready.program)
    unit = ready.parameters.facts["policy_unit"][name][0]
    empty = {"objective": np.nan, "system_cost": np.nan, "peak_level": np.nan, "unit": unit, "certified": False}
    status = str(solution.status)
    if solution.status is not Status.OPTIMAL:
        return {"status": status} | empty, stated if stated is not None else -1
    quick = quick_audit(ready.parameters, ready.model.books, ready.program, solution)
    costs = of_kind("cost")
    paid = sum(x for c, x in quick.components.items() if c in costs and costs[c].account == "transfer")
    found = {
        "objective": solution.objective,
        "system_cost": solution.objective - paid,
        "peak_level": _level(ready.parameters, quick, here, period, solution.x),
        "certified": bool(certificate.passed and quick.passed),
    }
    return {"status": status} | empty | found, stated if stated is not None else -1


def _level(parameters: Parameters, quick: Any, policy: PeakPolicy, period: int, x: Any) -> float:
    """The indicator in the peak period."""
    recount = quick.recount
    builder = recount.scope.builder("peak")
    builder.add(("peak",), indicator(recount.scope, policy.scoped(policy.indicator), period))
    block = builder.block()
    return float(recount.point(x).values(block)[0]) if len(block.row) else 0.0


def _text(name: str, frame: pd.DataFrame, stated: int, cheapest: int | None) -> str:
    """The curve as a table."""
    rows = [
        [
            f"{row['period']} to {row['last_year']}" + ("" if row["allowed"] else " (too late)"),
            row["status"], float(row["objective"]), float(row["extra_cost"]), float(row["system_cost"]), float(row["peak_level"]),
        ]
        for row in frame.to_dict("records")
    ]  # fmt: skip
    unit = str(frame["unit"].iloc[0])
    head = ["peak in", "status", "objective", "above the cheapest", "system cost", f"level ({unit})"]
    told = [f"{name}: cost of rule B by peak year, million money discounted", *table(head, rows, left=2)]
    if cheapest is None:
        return "\n".join([*told, "no peak year that the policy allows can be met"])
    return "\n".join([*told, f"rule C, a peak not later than {stated}: cheapest in {cheapest}"])
