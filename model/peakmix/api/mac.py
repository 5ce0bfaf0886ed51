"""Abatement curve: what each further tonne costs, by solving one scenario again along a path of tighter caps.

    E[p] <= (1 - s) Eref[p]      for every free period p from a first year on, s from 0 to ``deepest`` in even steps
    price[p] = - dual / D_p      money of the year per tonne, at each step

Eref is what the scenario emits with all its own policies and without the cap. The cap is one parameter s over all periods, so
a step is a jump from one optimum to the next with the last basis kept. The curve is swept; ``peakmix.api.mac_exact`` finds the
breakpoints between two steps. What is exact here is the sandwich that convexity gives: from one step to the next the cost rises
by no less than the caps' tightening at the prices before it and by no more than at the prices after it. The columns ``least``
and ``most`` hold it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peakmix.api.prepare import Prepared, Progress, Timings, silent
from peakmix.api.set_up import step, with_policies
from peakmix.foundation.errors import InfeasibleError, UsageError
from peakmix.results.prices import weight
from peakmix.scenario import Scenario
from peakmix.solve.living import LivingModel
from peakmix.solve.program import FloatArray
from peakmix.solve.solution import Solution, SolveOptions

POLICY = "abatement_path"
FREE = 1e7
"""A bound that nothing reaches, Mt/yr."""
BUDGET = 20
"""A warm step may take one iteration for this many rows; a step that needs more is solved cold, which is faster for large ones."""
NAMED = 2
"""Changes that a step is labelled with."""


@dataclass(frozen=True)
class AbatementCurve:
    """The swept curve.

    steps    step, share, cost (rise of the objective since step 0), least and most (bounds of the rise since the step
             before), money unit, changes (largest changes of technologies and measures, all places, last period)
    points   step, share, period, reference, cap, level, abated (Mt/yr), price, price_unit
    stopped  share of the first step without a solution, or NaN
    """

    steps: pd.DataFrame
    points: pd.DataFrame
    stopped: float

    @property
    def text(self) -> str:
        """The curve as a table: a row a step, prices by period."""
        unit = str(self.points["price_unit"].iloc[0])
        prices = self.points.pivot(index="step", columns="period", values="price")
        head = "".join(f"{period:>9}" for period in prices.columns)
        lines = [f"price of a tonne by period, {unit}; share: cut of every period against the scenario as it is"]
        lines.append(f"{'share':>7}{'cost':>14}{head}  largest changes since the step before")
        for row in self.steps.to_dict("records"):
            cells = "".join(f"{prices.loc[row['step'], period]:>9.1f}" for period in prices.columns)
            lines.append(f"{row['share']:>7.1%}{row['cost']:>14,.1f}{cells}  {row['changes']}".rstrip())
        lines.append(f"cost in {self.steps['unit'].iloc[0]}, discounted; swept in even steps, kinks between them are not located")
        if np.isfinite(self.stopped):
            lines.append(f"no solution at a cut of {self.stopped:.1%}")
        return "\n".join(lines)


def mac(
    path: Path | str | Scenario,
    steps: int = 10,
    deepest: float = 0.5,
    indicator: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    progress: Progress = silent,
    from_year: int = 1900,
) -> AbatementCurve:
    """Sweep the curve.

    Parameters
    ----------
    path:
        Scenario file or loaded scenario.
    steps, deepest:
        Number of steps after the reference and the cut of the last, between 0 and 1.
    indicator:
        What is capped, as in a policy: ``quantity`` (default direct_co2), ``location``, ``sectors``, ``technologies``.
    changes:
        Scenario values by dotted key.
    from_year:
        First year that a cap holds in; default every free period. The first period moves least, so a cut that includes it
        stops early.

    Raises
    ------
    UsageError for steps or a depth out of range; InputError when no free period starts in or after ``from_year``;
    InfeasibleError when the scenario itself has no solution; LimitError when the solver stops.
    """
    if steps < 1 or not 0 < deepest <= 1:
        raise UsageError("an abatement curve has at least one step, down to a cut between 0 and 1")
    timings = Timings(progress=progress)
    limit = {"instrument": "limit", "indicator": dict(indicator or {"quantity": "direct_co2"}), "values": {from_year: FREE}}
    prepared = with_policies(path, {POLICY: limit}, changes, timings)
    curve = _sweep(prepared, np.linspace(0, deepest, steps + 1).tolist(), timings)
    timings.done()
    return curve


def _sweep(prepared: Prepared, shares: list[float], timings: Timings) -> AbatementCurve:
    """All steps in one living model."""
    program = prepared.program
    rows = [k for k, index in enumerate(program.rows.indices("policy_limit")) if index[0] == POLICY]
    positions = np.array([program.rows.span("policy_limit").start + k for k in rows])
    periods = [int(str(program.rows.indices("policy_limit")[k][1])) for k in rows]
    constant = FREE - program.row_upper[positions]
    timings.phase("reference")
    options = SolveOptions(threads=prepared.scenario.spec.solver.threads)
    living = LivingModel(program, options, iteration_budget=max(1000, program.shape[0] // BUDGET))
    first = step(living, program)
    if first is None:
        raise InfeasibleError("the scenario has no solution", fix="`peakmix run` names the conflict")
    reference = first.row_value[positions] + constant
    sweep = _Steps(prepared, positions, periods, reference, constant)
    sweep.add(0.0, first)
    stopped = float("nan")
    for share in shares[1:]:
        timings.phase(f"cut of {share:.1%}")
        upper = program.row_upper.copy()
        upper[positions] = (1 - share) * reference - constant
        solution = step(living, replace(program, row_upper=upper))
        if solution is None:
            stopped = share
            break
        sweep.add(share, solution)
    return AbatementCurve(pd.DataFrame(sweep.steps), pd.DataFrame(sweep.points), stopped)


class _Steps:
    """Rows of the curve as they are solved."""

    def __init__(
        self, prepared: Prepared, positions: Any, periods: list[int], reference: FloatArray, constant: FloatArray
    ) -> None:
        self.prepared, self.positions, self.periods = prepared, positions, periods
        self.reference, self.constant = reference, constant
        self.weights = np.array([weight(prepared.parameters, "annual", p) for p in periods])
        self.steps: list[dict[str, Any]] = []
        self.points: list[dict[str, Any]] = []
        self.last: tuple[float, FloatArray, FloatArray, FloatArray] | None = None
        self.start = 0.0

    def add(self, share: float, solution: Solution) -> None:
        """One solved step."""
        number, money = len(self.steps), self.prepared.data.money_unit
        price = -solution.row_dual[self.positions] / self.weights
        # the reference has no cap, so its prices are zero by meaning and not only by complementarity
        price = np.zeros_like(price) if number == 0 else price + 0.0
        cap = (1 - share) * self.reference
        level = solution.row_value[self.positions] + self.constant
        least = most = 0.0
        told = ""
        if self.last is None:
            self.start = solution.objective
        else:
            _, cap_before, price_before, x_before = self.last
            tightened = self.weights * (cap_before - cap)
            least, most = float(price_before @ tightened), float(price @ tightened)
            told = "; ".join(moves(self.prepared, x_before, solution.x, self.periods[-1]))
        self.last = (solution.objective, cap, price, solution.x)
        cost = solution.objective - self.start
        bounds = {"cost": cost, "least": least, "most": most, "unit": f"M{money}"}
        self.steps.append({"step": number, "share": share, **bounds, "changes": told})
        columns = zip(self.periods, self.reference.tolist(), cap.tolist(), level.tolist(), price.tolist(), strict=True)
        for period, reference, bound, amount, paid in columns:
            row = {"step": number, "share": share, "period": period, "reference": reference, "cap": bound, "level": amount}
            self.points.append({**row, "abated": reference - amount, "price": paid, "price_unit": f"{money}/t"})


def moves(prepared: Prepared, before: FloatArray, after: FloatArray, period: int) -> Iterator[str]:
    """The technologies and measures whose output moved most in a period, summed over places, with the place that moved most."""
    columns = prepared.program.cols
    moved: dict[str, dict[str, float]] = {}
    for name in ("activity", "adopted"):
        span = columns.span(name)
        for index, change in zip(columns.indices(name), (after - before)[span].tolist(), strict=True):
            if str(index[-1]) == str(period) and abs(change) > 1e-6:
                label = str(index[1]) if name == "activity" else f"{index[1]} @ {index[2]}"
                own = moved.setdefault(label, {})
                own[str(index[0])] = own.get(str(index[0]), 0.0) + change
    totals = {label: sum(places.values()) for label, places in moved.items()}
    for label in sorted(totals, key=lambda name: -abs(totals[name]))[:NAMED]:
        place = max(moved[label], key=lambda name: abs(moved[label][name]))
        yield f"{label} {totals[label]:+.3g} (most in {place})"
