"""Cost difference of two results by changed input: B's changes are made to A one after the other, each followed by a solve.

    contribution of step k = cost after changes 1..k less cost after changes 1..k-1            their sum is cost B - cost A, exactly

The order matters where changes interact, so it is stated: the settings of the scenario in the order below, then changes to cells
of tables (those that A alone has are taken back first), then policies by name as they stand in B, after those that A alone has.
``order`` puts named steps first. A state in between that is no sound scenario or has no solution is joined with the next change,
and the step says so. Tables must be the same ones; of two data sets `peakmix diff` lists the rows.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd
import xarray as xr

from peakmix.api.prepare import Progress, Timings, prepare, silent
from peakmix.api.verifying import stored_scenario, stored_tables
from peakmix.foundation.errors import InfeasibleError, InputError, InputErrors, UsageError, nearest
from peakmix.foundation.vocabulary import of_kind
from peakmix.results.quick_audit import quick_audit
from peakmix.results.store import open_result
from peakmix.results.summary import table
from peakmix.scenario import check_against, from_mapping
from peakmix.scenario.levers import adjust
from peakmix.solve.certificate import solve_certified
from peakmix.solve.solution import Status
from peakmix.tables.dataset import DataSet

TOLD = ("name", "title", "description", "solver", "output")
"""Keys that change no result."""
SETTINGS = (
    "horizon", "weights", "resolution", "locations", "sectors", "demand_variant", "technologies", "measures", "indicators",
)  # fmt: skip
EXACT = 1e-8
Step = tuple[str, Any, Any]
"""Name, value in A, value in B; None for what one of them does not have."""


@dataclass(frozen=True)
class Attribution:
    """What each change contributes.

    frame    step, change, objective and system_cost after it, and their differences to the step before (million money)
    """

    a: str
    b: str
    frame: pd.DataFrame
    money: str

    @property
    def text(self) -> str:
        """A row a change; the sums are the differences of the two results."""
        rows = [
            [row["change"], float(row["objective_difference"]), float(row["system_cost_difference"])]
            for row in self.frame.iloc[1:].to_dict("records")
        ]
        total = self.frame[["objective_difference", "system_cost_difference"]].sum()
        rows.append([f"{self.b} less {self.a}", float(total.iloc[0]), float(total.iloc[1])])
        head = ["change, in this order", "objective", "system cost"]
        return "\n".join([f"cost difference by changed input, M{self.money}, discounted", *table(head, rows)])


def attribute(
    a: Path | str,
    b: Path | str,
    order: Sequence[str] = (),
    data: DataSet | Path | str | None = None,
    progress: Progress = silent,
) -> Attribution:
    """Split the cost difference of two results.

    Parameters
    ----------
    a, b:
        Result files.
    order:
        Steps that come first, by name: a setting, ``policies.NAME`` or ``adjust[k]`` as the text shows them.
    data:
        The tables, when they are not where the scenarios in the files say.

    Raises
    ------
    UsageError
        When the results stand on different tables, do not differ, or ``order`` names no step.
    InputError
        When the tables are not those of the results.
    """
    first, second = open_result(a), open_result(b)
    tables = _tables(first, second, Path(a), data)
    one, two = stored_scenario(first).resolved, stored_scenario(second).resolved
    steps = _ordered(list(_steps(one, two)), order)
    if not steps:
        raise UsageError("the scenarios of the two results do not differ", fix="compare results of different scenarios")
    timings = Timings(progress=progress)
    rows = [_row(0, "", *_costs(first), None)]
    state = dict(one)
    waiting: list[str] = []
    for number, step in enumerate(steps):
        timings.phase(f"change {number + 1} of {len(steps)}")
        state = _changed(state, step)
        waiting.append(step[0])
        last = number == len(steps) - 1
        cost = _costs(second) if last else _solved(state, tables)
        if cost is None:
            continue
        rows.append(_row(len(rows), " and ".join(waiting), *cost, rows[-1]))
        waiting = []
    timings.done()
    _same_end(state, two, tables, _costs(second))
    names = (str(first.attrs["scenario_name"]), str(second.attrs["scenario_name"]))
    return Attribution(*names, pd.DataFrame(rows), str(first.attrs["money"]))


def _tables(first: xr.Dataset, second: xr.Dataset, path: Path, data: DataSet | Path | str | None) -> DataSet:
    """The tables that both results stand on."""
    if first.attrs["data_hash"] != second.attrs["data_hash"]:
        raise UsageError("the two results stand on different tables", fix="`peakmix diff` lists the rows that differ")
    tables = stored_tables(first, path, stored_scenario(first), data)
    if tables.hash != first.attrs["data_hash"]:
        raise InputError("the tables are those of the results, unchanged", fix="give the data set of the runs with --data")
    return tables


def _steps(one: Mapping[str, Any], two: Mapping[str, Any]) -> Iterator[Step]:
    """Changes from A to B, in the stated order."""
    known = [*SETTINGS, *(k for k in {**one, **two} if k not in (*SETTINGS, *TOLD, "data", "adjust", "policies"))]
    for key in known:
        if one.get(key) != two.get(key):
            yield key, one.get(key), two.get(key)
    cells = [[json.dumps(entry, sort_keys=True) for entry in spec.get("adjust") or ()] for spec in (one, two)]
    for k, text in enumerate(cells[0]):
        if text not in cells[1]:
            yield f"adjust[{k}] of A taken back", json.loads(text), None
    for k, text in enumerate(cells[1]):
        if text not in cells[0]:
            yield f"adjust[{k}]", None, json.loads(text)
    before, after = (spec.get("policies") or {} for spec in (one, two))
    for name in [*(n for n in before if n not in after), *after]:
        if before.get(name) != after.get(name):
            yield f"policies.{name}", before.get(name), after.get(name)


def _ordered(steps: list[Step], order: Sequence[str]) -> list[Step]:
    """The steps with the named ones first."""
    names = [step[0] for step in steps]
    for name in order:
        if name not in names:
            raise UsageError(f"no change is called {name!r}", fix=nearest(name, names))
    return sorted(steps, key=lambda step: order.index(step[0]) if step[0] in order else len(order))


def _changed(state: dict[str, Any], step: Step) -> dict[str, Any]:
    """A scenario with one more change."""
    name, old, new = step
    part = "policies" if name.startswith("policies.") else "adjust" if name.startswith("adjust[") else name
    if part == "policies":
        policies = {k: v for k, v in (state.get("policies") or {}).items() if k != name.removeprefix("policies.")}
        return {**state, "policies": policies if new is None else {**policies, name.removeprefix("policies."): new}}
    if part == "adjust":
        kept = [entry for entry in state.get("adjust") or () if entry != old]
        return {**state, "adjust": kept if new is None else [*kept, new]}
    rest = {k: v for k, v in state.items() if k != name}
    return rest if new is None else {**rest, name: new}


def _solved(state: dict[str, Any], tables: DataSet) -> tuple[float, float] | None:
    """Objective and system cost of a state in between; None when it is no sound scenario or has no solution."""
    try:
        scenario = from_mapping(state)
        check_against(tables, scenario)
        prepared = prepare(scenario, adjust(tables, scenario), Timings())
    except (InputError, InputErrors, InfeasibleError):
        return None
    solution, _ = solve_certified(prepared.program)
    if solution.status is not Status.OPTIMAL:
        return None
    quick = quick_audit(prepared.parameters, prepared.model.books, prepared.program, solution)
    kinds = of_kind("cost")
    paid = sum(x for name, x in quick.components.items() if name in kinds and kinds[name].account == "transfer")
    return solution.objective, solution.objective - paid


def _same_end(state: dict[str, Any], two: Mapping[str, Any], tables: DataSet, stated: tuple[float, float]) -> None:
    """The last state is B: the same scenario but for names, and the same cost when it is solved."""
    plain = [{k: v for k, v in spec.items() if k not in (*TOLD, "adjust")} for spec in (state, two)]
    assert plain[0] == plain[1], "the changes lead from A to B"
    found = _solved(state, tables)
    if found is None or abs(found[0] - stated[0]) > EXACT * max(1.0, abs(stated[0])):
        told = "no solution" if found is None else f"{found[0]:.9g} instead of {stated[0]:.9g}"
        raise InputError(f"solving B's scenario again gives B's cost ({told})", fix="run both scenarios again with this version")


def _costs(dataset: xr.Dataset) -> tuple[float, float]:
    return float(dataset["objective"]), float(dataset["system_cost"])


def _row(step: int, change: str, objective: float, system: float, before: Mapping[str, Any] | None) -> dict[str, Any]:
    """One state with what it adds to the one before."""
    differences = (0.0, 0.0) if before is None else (objective - before["objective"], system - before["system_cost"])
    return {
        "step": step, "change": change, "objective": objective, "system_cost": system,
        "objective_difference": differences[0], "system_cost_difference": differences[1],
    }  # fmt: skip
