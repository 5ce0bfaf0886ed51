"""An infeasible run, explained in policy words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass

import pandas as pd

from peakmix.api.prepare import Prepared
from peakmix.api.relaxable import relaxable_rows
from peakmix.formulation.registry import instruments
from peakmix.foundation.errors import InfeasibleError
from peakmix.parameters.container import Key, Parameters
from peakmix.results.guards import dated
from peakmix.results.recount.general import Compiled
from peakmix.results.recount.recount import Recount
from peakmix.results.sheets import policy_unit, where
from peakmix.solve.diagnosis import Alone, Change, Diagnosis
from peakmix.solve.infeasible import explain
from peakmix.solve.solution import SolveOptions

SHORTAGES = ("policy_swap_new", "policy_swap_pool")
"""Rows of credits: what is missing is told, not a bound."""


@dataclass(frozen=True)
class Relief:
    """One row of a policy that gives way: its bound as stated and as needed, and the change, in the policy's unit.

    A shortage (of swap credits) has no bound; ``share`` is the change over the bound, or over what flows through the row.
    """

    policy: str
    rule: str
    place: str
    case: str
    period: int
    sense: str
    bound: float
    needed: float
    change: float
    unit: str
    share: float

    def text(self) -> str:
        """The change in one line."""
        at = ", ".join(part for part in (self.place, self.case, dated(self.period)) if part)
        name = f"{self.policy} ({self.rule}), {at}"
        if self.sense == "short":
            return f"{name}: short by {self.change:,.5g} {self.unit}"
        return f"{name}: {self.sense} {self.needed:,.6g} instead of {self.bound:,.6g} {self.unit} ({self.share:.2%})"


class ConflictError(InfeasibleError):
    """No solution; with the diagnosis, the conflicting policies and the least change as a table."""

    def __init__(self, diagnosis: Diagnosis, reliefs: list[Relief], lines: list[str]) -> None:
        super().__init__(diagnosis.head(), fix="\n       ".join(lines))
        self.diagnosis = diagnosis
        self.conflict = diagnosis.conflict
        self.reliefs = tuple(reliefs)

    @property
    def table(self) -> pd.DataFrame:
        """The least change, one row a policy, rule, place and period."""
        return pd.DataFrame([asdict(relief) for relief in self.reliefs])


def diagnose(prepared: Prepared, options: SolveOptions) -> InfeasibleError:
    """The conflict set, by policy name, and the least change that restores a solution."""
    program, parameters = prepared.program, prepared.parameters
    known, books = set(prepared.scenario.spec.active_policies), {row for i in instruments().values() for row in i.books}
    policies: list[str | None] = [
        str(index[0]) if component.startswith("policy_") and component not in books and index and index[0] in known else None
        for component, index in program.rows
    ]
    diagnosis = explain(program, policies, relaxable_rows(program, parameters), options)
    if diagnosis.kind != "policies" or diagnosis.x is None:
        return diagnosis.error()
    teller = _Teller(prepared, diagnosis)
    reliefs = [teller.relief(change) for change in diagnosis.changes]
    return ConflictError(diagnosis, reliefs, list(_lines(diagnosis, reliefs, teller)))


def _lines(diagnosis: Diagnosis, reliefs: list[Relief], teller: _Teller) -> Iterator[str]:
    yield "Least change that restores a solution, split over periods at least cost:"
    yield from (f"  {relief.text()}" for relief in reliefs)
    if len(diagnosis.conflict) > 1:
        yield "Relaxed alone, all other policies held:"
        yield from (f"  {name}: {teller.alone(name, told)}" for name, told in diagnosis.alone.items())
    beyond = sorted({relief.policy for relief in reliefs} - set(diagnosis.conflict))
    if beyond:
        yield f"{', '.join(beyond)} gives way to further conflicts, which remain when this one is solved."
    if not diagnosis.irreducible:
        yield "The list of policies may hold more than needed."


class _Teller:
    """Turns rows of the programme into lines of the policy sheet, at the solution of the least change."""

    def __init__(self, prepared: Prepared, diagnosis: Diagnosis) -> None:
        self.parameters: Parameters = prepared.parameters
        self.rows = prepared.program.rows
        recount = Recount(self.parameters, Compiled(prepared.program))
        point, blocks = recount.point(diagnosis.x), recount.policies  # type: ignore[arg-type]
        self.level: Mapping[Key, float] = point.by_label(blocks.level)
        self.bound: Mapping[Key, float] = point.by_label(blocks.bound)

    def relief(self, change: Change) -> Relief:
        """One change in the policy's unit."""
        component, index = self.rows[change.position]
        key = (component, *index)
        place, case, period = where(component, index)
        policy = self.parameters.facts["policies"][change.group]
        bound, needed, sense = change.bound, change.needed, "at least" if change.side == "lower" else "at most"
        unit, scale = self.unit(change.group, component), 1.0
        if component in SHORTAGES:
            sense, bound, needed = "short", 0.0, abs(needed - bound)
        elif component == "policy_pace":
            scale = float(self.parameters["pace_now"][change.group, period])
            bound, needed = self.bound[key], self.bound[key] + abs(needed - bound)
        elif component == "policy_limit" and policy.kind == "intensity":
            value = float(self.parameters["policy_value"][change.group, period])
            grown = self.level[key] / self.bound[key] if self.bound[key] else float("nan")
            bound, needed, unit = value, value * grown, f"{unit} per unit of the denominator"
        elif bound == 0 and self.bound.get(key):
            bound, needed = self.bound[key], self.bound[key] + (needed - bound)
        share = abs(needed - bound) / abs(bound) if bound else change.relative
        bound, needed = bound / scale, needed / scale
        rule = component.removeprefix("policy_")
        return Relief(change.group, rule, place, case, period, sense, bound, needed, abs(needed - bound), unit, share)

    def unit(self, name: str, component: str) -> str:
        """Unit of the rows of a policy."""
        unit = policy_unit(self.parameters, name, self.parameters.facts["policies"][name])[0]
        return unit.removesuffix("/yr") if component in ("policy_budget", "policy_finance_line") else unit

    def alone(self, name: str, told: Alone) -> str:
        """By how much one policy has to give way if the others hold."""
        if told.amounts is None:
            return "cannot restore a solution alone"
        parts = [f"{x:,.5g} {self.unit(name, row)} ({row.removeprefix('policy_')})" for row, x in told.amounts.items()]
        return "by " + ", ".join(parts) + " in all"
