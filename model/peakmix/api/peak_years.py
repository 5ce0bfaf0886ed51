"""What each possible peak year costs, under the three meanings of a peak.

    A(P)   the indicator does not rise after period P
    B(P)   A, and no earlier period lies above P
    C(P)   the cheapest B with its peak in P or before

The programme is compiled once, with the rows of every candidate, and walked on one living solver: first A from the last period
to the first, each with a few rows more than the one before, then B from the first period on, each from the basis of its A.
Every point has its certificate and quick audit; a peak year that cannot be met stays in the table with its status. Height and
plateau are those of the policy. Costs are present values. The price of a year earlier is the rise of the cost from one peak
period to the one before it, divided by the years between.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peakmix.api.prepare import Progress, Timings, base_values, silent
from peakmix.api.set_up import opened, policy_meant
from peakmix.formulation.build import build as build_model
from peakmix.formulation.build import derive_policies
from peakmix.formulation.candidates import CANDIDATES, add_candidates, candidate
from peakmix.foundation.vocabulary import of_kind
from peakmix.parameters.derive import derive
from peakmix.results.candidates import CandidateRows
from peakmix.results.quick_audit import TOLERANCE, QuickAudit, quick_audit
from peakmix.results.recount.general import Compiled
from peakmix.results.recount.recount import Recount
from peakmix.results.summary import table
from peakmix.scenario import Scenario
from peakmix.scenario.policies import PeakPolicy
from peakmix.solve.compile import compile_model
from peakmix.solve.solution import Basis, SolveOptions, Status
from peakmix.solve.switching import Answer, Switchboard
from peakmix.tables.dataset import DataSet

TIE = 1e-9
"""Peak years whose costs differ by less than this share cost the same; the first of them counts."""
RULES = ("A", "B", "C")


@dataclass(frozen=True)
class PeakCurve:
    """Cost by peak period and meaning.

    ``frame`` has one row a meaning and period: ``rule`` (A, B or C), ``period`` and ``last_year``, ``allowed`` (not later than
    the stated year), ``status``, ``objective`` and ``system_cost`` in million money, ``extra_cost`` above the cheapest of the
    meaning (objective), ``year_earlier`` (million money for each year that the peak lies earlier, from this period to the one
    before), ``peak_level`` and ``unit`` of the indicator, ``cumulative`` over the horizon in ``cumulative_unit``, ``peaks_in``
    (of rule C: the period that the cheapest B peaks in), ``certified`` (certificate and quick audit), ``method`` and
    ``iterations`` of the solver. ``cheapest`` is the peak period of rule C for the year that the policy states, None when no
    allowed period can be met.
    """

    policy: str
    frame: pd.DataFrame
    cheapest: int | None
    text: str
    notices: tuple[str, ...] = ()
    exit_code: int = 0

    def of(self, rule: str) -> pd.DataFrame:
        """The rows of one meaning, by period."""
        return self.frame[self.frame["rule"] == rule].reset_index(drop=True)


def peak_curve(
    scenario: Path | str | Scenario,
    policy: str | None = None,
    changes: Mapping[str, Any] | None = None,
    data: DataSet | None = None,
    progress: Progress = silent,
) -> PeakCurve:
    """Solve rules A and B for every possible peak period of one peak policy; all other policies stay as they are.

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
    loaded, tables = opened(scenario, timings, changes, data)
    known = [name for name, p in loaded.spec.active_policies.items() if isinstance(p, PeakPolicy)]
    name = policy_meant(policy, known, "peak rule", "the scenario has none", "add a policy with instrument: peak")
    timings.phase("build")
    walk = _Walk(loaded, tables, name)
    frame = _framed(walk.rows(timings), walk.lengths, walk.stated)
    timings.done()
    allowed = frame[(frame["rule"] == "C") & frame["allowed"]]["peaks_in"].dropna()
    cheapest = int(allowed.iloc[-1]) if len(allowed) else None
    certified = bool(frame.loc[frame["objective"].notna(), "certified"].all())
    return PeakCurve(name, frame, cheapest, _text(name, frame, walk.stated, cheapest), (), _exit_code(cheapest, certified))


def _exit_code(cheapest: int | None, certified: bool) -> int:
    """4: no allowed peak year can be met; 5: some point is not certified."""
    return 4 if cheapest is None else 0 if certified else 5


class _Walk:
    """One programme with all candidates of a rule, and the walk along them."""

    def __init__(self, scenario: Scenario, data: DataSet, name: str) -> None:
        active = scenario.spec.active_policies
        parameters, context = derive(data, scenario.spec)
        context.base_values = base_values(scenario, data, active)
        derive_policies(parameters, active, context)
        self.name, self.policy = name, active[name]
        self.lengths = {period: parameters.horizon.n(period) for period in parameters.horizon}
        self.stated = int(parameters.facts["peak_period"][name])
        self.unit = str(parameters.facts["policy_unit"][name][0])
        height = parameters.values.get("policy_height", {}).get((name, self.stated))
        if height is not None:
            for period in self.lengths:
                parameters.put("policy_height", (name, period), height)
        parameters.facts["policies"] = {other: rule for other, rule in active.items() if other != name}
        model = build_model(parameters)
        add_candidates(model, parameters, name, self.policy)
        program = compile_model(model).at()
        self.parameters = parameters
        self.board = Switchboard(program, CANDIDATES, SolveOptions(threads=scenario.spec.solver.threads))
        self.recount = Recount(parameters, Compiled(program))
        self.candidates = CandidateRows(self.recount, name, self.policy)

    def rows(self, timings: Timings) -> list[dict[str, Any]]:
        """A row for each of A and B and each period."""
        found: list[dict[str, Any]] = []
        bases: dict[int, Basis | None] = {}
        failed = False
        for rule, periods in (("A", sorted(self.lengths, reverse=True)), ("B", sorted(self.lengths))):
            for peak in periods:
                timings.phase(f"rule {rule}, peak in {peak}")
                # where the year before had no solution this one seldom has: a cold solve finds that sooner than a warm one
                start = bases.get(peak) if rule == "B" and not failed else None
                row, answer = self._point(rule, peak, start)
                failed = answer.solution.status is not Status.OPTIMAL
                if rule == "A":
                    bases[peak] = answer.solution.basis
                found.append(row)
        return found

    def _point(self, rule: str, peak: int, start: Basis | None) -> tuple[dict[str, Any], Answer]:
        """One candidate under one rule."""
        on = candidate(self.parameters, self.name, self.policy, rule, peak)
        answer = self.board.solve(on, start, lambda a: self._audited(a, rule, peak)[1])
        solution = answer.solution
        told = {"rule": rule, "period": peak, "status": str(solution.status), "method": solution.method}
        told |= {"iterations": solution.iterations, "unit": self.unit, "cumulative_unit": self.unit.removesuffix("/yr")}
        if solution.status is not Status.OPTIMAL:
            return told | {"certified": False}, answer
        quick, sound = self._audited(answer, rule, peak)
        costs = of_kind("cost")
        paid = sum(x for c, x in quick.components.items() if c in costs and costs[c].account == "transfer")
        levels = dict(zip(self.lengths, self.candidates.levels(solution.x).tolist(), strict=True))
        found = {
            "objective": solution.objective,
            "system_cost": solution.objective - paid,
            "peak_level": levels[peak],
            "cumulative": sum(years * levels[period] for period, years in self.lengths.items()),
            "certified": bool(answer.certificate.passed and sound),
        }
        return told | found, answer

    def _audited(self, answer: Answer, rule: str, peak: int) -> tuple[QuickAudit, bool]:
        """Quick audit of everything but the rule, and whether the rule holds as well."""
        quick = quick_audit(self.parameters, None, answer.program, answer.solution, recount=self.recount)
        return quick, quick.passed and self.candidates.violation(answer.solution.x, rule, peak) <= TOLERANCE


def _framed(rows: list[dict[str, Any]], lengths: Mapping[int, int], stated: int) -> pd.DataFrame:
    """The table of all meanings: C read off B, and what follows from neighbours."""
    numbers = ["objective", "system_cost", "peak_level", "cumulative"]
    frame = pd.DataFrame(rows).reindex(columns=[*rows[0], *(n for n in [*numbers, "certified"] if n not in rows[0])])
    of = {rule: frame[frame["rule"] == rule].sort_values("period").reset_index(drop=True) for rule in ("A", "B")}
    for table_of in of.values():
        table_of["peaks_in"] = table_of["period"].where(table_of["objective"].notna())
    of["C"] = _cheapest_so_far(of["B"])
    for table_of in of.values():
        cost, first = table_of["objective"], table_of["period"]
        table_of["extra_cost"] = cost - cost.min()
        table_of["year_earlier"] = -cost.diff() / first.diff()
    whole = pd.concat([of[rule] for rule in RULES], ignore_index=True)
    whole["last_year"] = [period + lengths[period] - 1 for period in whole["period"]]
    whole["allowed"] = whole["period"] <= stated
    order = ["rule", "period", "last_year", "allowed", "status", "objective", "extra_cost", "year_earlier", "system_cost"]
    return whole[[*order, "peak_level", "unit", "cumulative", "cumulative_unit", "peaks_in", "certified", "method", "iterations"]]


def _cheapest_so_far(b: pd.DataFrame) -> pd.DataFrame:
    """Rule C: for every period the cheapest B that peaks in it or before; of equals the first."""
    rows, best = [], None
    for row in b.to_dict("records"):
        if np.isfinite(row["objective"]) and (best is None or row["objective"] < best["objective"] - TIE * abs(best["objective"])):
            best = row
        rows.append((best or row) | {"rule": "C", "period": row["period"]})
    return pd.DataFrame(rows, columns=b.columns)


MEANINGS = {
    "A": "rule A, no growth after the peak period",
    "B": "rule B, and no earlier period above it",
    "C": "rule C, the cheapest B with its peak in the period or before",
}


def _text(name: str, frame: pd.DataFrame, stated: int, cheapest: int | None) -> str:
    """The curves as tables."""
    unit, total = str(frame["unit"].iloc[0]), str(frame["cumulative_unit"].iloc[0])
    told = [f"{name}: cost by peak year, million money discounted; a year earlier: rise of the cost a year, to the period before"]
    head = ["peak in", "status", "objective", "above the cheapest", "a year earlier", "system cost", f"height ({unit})",
            f"in all ({total})"]  # fmt: skip
    for rule, title in MEANINGS.items():
        rows = []
        for row in frame[frame["rule"] == rule].to_dict("records"):
            years = f"{row['period']} to {row['last_year']}" + ("" if row["allowed"] else " (too late)")
            state = row["status"]
            if rule == "C" and row["peaks_in"] not in (row["period"], None) and np.isfinite(row["peaks_in"]):
                state = f"as {int(row['peaks_in'])}"
            numbers = ("objective", "extra_cost", "year_earlier", "system_cost", "peak_level", "cumulative")
            rows.append([years, state, *(float(row[number]) for number in numbers)])
        told += ["", title, *table(head, rows, left=2)]
    if cheapest is None:
        return "\n".join([*told, "no peak year that the policy allows can be met"])
    return "\n".join([*told, f"rule C, a peak not later than {stated}: cheapest in {cheapest}"])
