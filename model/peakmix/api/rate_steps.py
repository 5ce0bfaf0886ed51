"""Rates of whole loans: the cheapest choice of steps, by enumeration.

    choice  for every line with steps: none (its own rate), or one of its steps with the target that goes with it

A step's rate for the whole loan is a discrete choice, so each combination is a programme of its own; the first one is solved
cold, the others start from its basis, matched by the names of rows and columns. Every one is checked with certificate and quick
audit; a choice that cannot be met stays in the table with its status. Costs are present values.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peakmix.api.prepare import Progress, Timings, prepare, silent
from peakmix.api.set_up import opened, policy_meant
from peakmix.foundation.errors import UsageError
from peakmix.foundation.vocabulary import of_kind
from peakmix.results.extract import span_of
from peakmix.results.quick_audit import quick_audit
from peakmix.results.summary import table
from peakmix.scenario import Scenario
from peakmix.scenario.finance import FinancePolicy
from peakmix.solve.certificate import certify, solve_certified
from peakmix.solve.highs import solve
from peakmix.solve.program import LinearProgram, NameTable
from peakmix.solve.solution import Basis, Solution, SolveOptions, Status
from peakmix.tables.dataset import DataSet

BASIC, AT_LOWER = 1, 0
MOST = 64
"""Combinations that are solved; more are refused."""
Choice = dict[str, str | None]


@dataclass(frozen=True)
class LoanSteps:
    """Cost by choice of steps.

    ``frame`` has one row a choice: a column a line with its step (empty: its own rate), ``status``, ``objective``,
    ``system_cost``, ``loan_interest`` and ``drawn`` in million money, ``iterations`` of the simplex method, ``certified``
    (certificate and quick audit), and ``extra_cost`` above the cheapest. ``cheapest`` is the best choice, None when there is none.
    """

    policy: str
    frame: pd.DataFrame
    cheapest: Choice | None
    text: str
    notices: tuple[str, ...] = ()
    exit_code: int = 0


def loan_steps(
    scenario: Path | str | Scenario,
    policy: str | None = None,
    changes: Mapping[str, Any] | None = None,
    data: DataSet | None = None,
    progress: Progress = silent,
) -> LoanSteps:
    """Solve a finance policy for every choice of its lines' steps; all other policies stay as they are.

    Parameters
    ----------
    scenario:
        Scenario file, or a loaded scenario.
    policy:
        The finance policy; may be left out when one alone has lines with steps.
    changes:
        Scenario values by dotted key, for a file.
    data:
        A data set that replaces the one the scenario names.

    Raises
    ------
    UsageError
        When there is no such policy, or more than 64 combinations.
    """
    timings = Timings(progress=progress)
    loaded, tables = opened(scenario, timings, changes, data)
    active = loaded.spec.active_policies
    known = [n for n, p in active.items() if isinstance(p, FinancePolicy) and any(line.steps for line in p.lines.values())]
    none = "no loan line of the scenario has steps"
    name = policy_meant(policy, known, "finance policy with steps", none, "add steps to a line")
    rows: list[dict[str, Any]] = []
    start: tuple[LinearProgram, Basis] | None = None
    for choice in _choices(loaded, name):
        timings.phase("steps " + ", ".join(f"{line}: {step or 'none'}" for line, step in choice.items()))
        row, start = _member(loaded, tables, name, choice, start)
        rows.append({**{line: step or "" for line, step in choice.items()}, **row})
    timings.done()
    frame = pd.DataFrame(rows)
    frame["extra_cost"] = frame["objective"] - frame["objective"].min()
    met = frame["objective"].notna()
    lines = list(_steps(loaded, name))
    best = frame.to_dict("records")[int(np.nanargmin(frame["objective"]))] if met.any() else None
    cheapest = None if best is None else {line: best[line] or None for line in lines}
    certified = bool(frame.loc[met, "certified"].all())
    code = 4 if cheapest is None else 0 if certified else 5
    return LoanSteps(name, frame, cheapest, _text(name, frame, lines, cheapest), (), code)


def _steps(scenario: Scenario, name: str) -> dict[str, tuple[str, ...]]:
    """Steps of each line that has some."""
    policy = scenario.spec.policies[name]
    assert isinstance(policy, FinancePolicy)
    return {line: tuple(terms.steps) for line, terms in policy.lines.items() if terms.steps}


def _choices(scenario: Scenario, name: str) -> Iterator[Choice]:
    """Every combination; the first one takes no step."""
    steps = _steps(scenario, name)
    count = int(np.prod([1 + len(names) for names in steps.values()]))
    if count > MOST:
        raise UsageError(f"{name}: {count} combinations of steps", fix=f"leave at most {MOST}: fewer steps or lines")
    for taken in itertools.product(*([None, *names] for names in steps.values())):
        yield dict(zip(steps, taken, strict=True))


def _member(
    scenario: Scenario, data: DataSet, name: str, choice: Choice, start: tuple[LinearProgram, Basis] | None
) -> tuple[dict[str, Any], tuple[LinearProgram, Basis] | None]:
    """One choice, solved from the basis of another where there is one."""
    policy = scenario.spec.policies[name]
    assert isinstance(policy, FinancePolicy)
    lines = {n: t.model_copy(update={"taken": choice[n]}) if n in choice else t for n, t in policy.lines.items()}
    here = {**scenario.spec.policies, name: policy.model_copy(update={"lines": lines})}
    ready = prepare(replace(scenario, spec=scenario.spec.model_copy(update={"policies": here})), data, Timings())
    solution, certificate = _solve(ready.program, start)
    empty = dict.fromkeys(("objective", "system_cost", "loan_interest", "drawn"), np.nan)
    row: dict[str, Any] = {"status": str(solution.status), **empty, "iterations": solution.iterations, "certified": False}
    if solution.status is not Status.OPTIMAL:
        return row, start
    quick = quick_audit(ready.parameters, ready.model.books, ready.program, solution)
    costs = of_kind("cost")
    paid = sum(x for c, x in quick.components.items() if c in costs and costs[c].account == "transfer")
    row |= {
        "objective": solution.objective,
        "system_cost": solution.objective - paid,
        "loan_interest": float(quick.components.get("loan_interest", 0.0)),
        "drawn": float(solution.x[span_of(ready.program.cols, "loan_draw")].sum()),
        "certified": bool(certificate.passed and quick.passed),
    }
    basis = solution.basis
    return row, start or (None if basis is None else (ready.program, basis))


def _solve(program: LinearProgram, start: tuple[LinearProgram, Basis] | None) -> tuple[Solution, Any]:
    """From the basis of another programme; from scratch where that gives no certified answer."""
    if start is None:
        return solve_certified(program)
    before, basis = start
    solution = solve(program, SolveOptions(), _matched(program, before, basis))
    if solution.status is Status.OPTIMAL:
        certificate = certify(program, solution)
        if certificate.passed:
            return solution, certificate
    return solve_certified(program)


def _matched(program: LinearProgram, before: LinearProgram, basis: Basis) -> Basis:
    """A basis by the names of rows and columns; what is new starts at its bound (columns) or slack (rows)."""
    return Basis(
        _carried(program.cols, before.cols, basis.cols, AT_LOWER), _carried(program.rows, before.rows, basis.rows, BASIC)
    )


def _carried(names: NameTable, before: NameTable, states: Any, new: int) -> Any:
    known = dict(zip(before, states.tolist(), strict=True))
    return np.array([known.get(name, new) for name in names], dtype=np.int8)


def _text(name: str, frame: pd.DataFrame, lines: list[str], cheapest: Choice | None) -> str:
    """The choices as a table."""
    rows = [
        [
            *(row[line] or "own rate" for line in lines), row["status"], float(row["objective"]), float(row["extra_cost"]),
            float(row["system_cost"]), float(row["drawn"]),
        ]
        for row in frame.to_dict("records")
    ]  # fmt: skip
    head = [*lines, "status", "objective", "above the cheapest", "system cost", "drawn"]
    told = [f"{name}: cost by the rate step of each line, million money discounted", *table(head, rows, left=len(lines) + 1)]
    if cheapest is None:
        return "\n".join([*told, "no choice can be met"])
    return "\n".join([*told, "cheapest: " + ", ".join(f"{line} at {step or 'its own rate'}" for line, step in cheapest.items())])
