"""The exact abatement curve: every breakpoint of the cost along one joint tightening of a scenario's emissions.

    V(s) = least cost with E[p] <= (1 - s) Eref[p] for every free period p from a first year on
    price[p] = - dual of the cap of p / D_p         money of the year per tonne, constant on each piece

One parameter column s stands in all cap rows, so V is convex and piecewise linear in s (solve/parametric). Between two
breakpoints prices do not move and the mix moves along a straight line; what changes from one to the next is what the step does,
and where. At a breakpoint itself prices are any between those of its two sides.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peakmix.api.mac import BUDGET, FREE, POLICY, moves
from peakmix.api.prepare import Prepared, Progress, Timings, silent
from peakmix.api.set_up import least_cost, with_policies
from peakmix.foundation.errors import InfeasibleError, UsageError
from peakmix.results.prices import weight
from peakmix.scenario import Scenario
from peakmix.solve.parametric import Parametric, Piece, Vertex, with_column

PARAMETER = "abatement_share"
SHOWN = 40
"""Pieces in the text; the table has them all."""


@dataclass(frozen=True)
class ExactCurve:
    """The curve, piece by piece.

    pieces   piece, from_share, to_share, from_cost, to_cost (rise of the objective), slope (money per share), abated (Mt over
             all years, at the end of the piece), gap (0; above it where the search was stopped), unit, changes
    points   piece, period, reference, cap and level at the end of the piece (Mt/yr), price, price_unit
    furthest the deepest cut that has a solution, at most the one asked for
    solves   programmes solved
    """

    pieces: pd.DataFrame
    points: pd.DataFrame
    furthest: float
    solves: int
    complete: bool

    @property
    def text(self) -> str:
        """The curve as a table: a row a piece, prices by period."""
        unit = str(self.points["price_unit"].iloc[0])
        prices = self.points.pivot(index="piece", columns="period", values="price")
        head = "".join(f"{period:>9}" for period in prices.columns)
        lines = [f"price of a tonne by period, {unit}; share: cut of every period against the scenario as it is"]
        lines.append(f"{'from':>9}{'to':>9}{'cost at end':>15}{head}  what moves on this piece")
        shown = self._shown()
        for row in self.pieces.iloc[shown].to_dict("records"):
            cells = "".join(f"{prices.loc[row['piece'], period]:>9.1f}" for period in prices.columns)
            told = row["changes"] + (f" (within {row['gap']:.3g})" if row["gap"] > 0 else "")
            lines.append(f"{row['from_share']:>9.4%}{row['to_share']:>9.4%}{row['to_cost']:>15,.2f}{cells}  {told}".rstrip())
        if len(shown) < len(self.pieces):
            lines.append(f"{len(shown)} of {len(self.pieces)} pieces, evenly along the cut; --csv writes them all")
        told = "all breakpoints" if self.complete else "NOT all breakpoints: the number of solves was reached"
        money = self.pieces["unit"].iloc[0]
        lines.append(f"{told}; {len(self.pieces)} pieces from {self.solves} solves; cost in {money}, discounted")
        lines.append(f"deepest cut with a solution, of those asked for: {self.furthest:.4%}")
        return "\n".join(lines)

    def _shown(self) -> list[int]:
        """Places of the pieces in the text: all, or those at even steps of the cut."""
        ends = self.pieces["to_share"].to_numpy()
        if len(ends) <= SHOWN:
            return list(range(len(ends)))
        steps = np.linspace(float(self.pieces["from_share"].iloc[0]), float(ends[-1]), SHOWN)
        return sorted(set(np.minimum(np.searchsorted(ends, steps), len(ends) - 1).tolist()))


def exact_curve(
    path: Path | str | Scenario,
    deepest: float = 0.5,
    indicator: Mapping[str, Any] | None = None,
    changes: Mapping[str, Any] | None = None,
    progress: Progress = silent,
    from_year: int = 1900,
    most: int = 5000,
) -> ExactCurve:
    """Find all breakpoints down to a cut.

    Parameters
    ----------
    path:
        Scenario file or loaded scenario.
    deepest:
        Deepest cut, between 0 and 1; the curve ends earlier where no solution exists.
    indicator, changes, from_year:
        As of ``peakmix.api.mac.mac``.
    most:
        Solves after which the search stops; pieces that were not searched state how far they may be off.

    Raises
    ------
    UsageError for a depth out of range; InfeasibleError when the scenario itself has no solution.
    """
    if not 0 < deepest <= 1 or most < 1:
        raise UsageError("an exact abatement curve goes down to a cut between 0 and 1, with at least one solve")
    timings = Timings(progress=progress)
    limit = {"instrument": "limit", "indicator": dict(indicator or {"quantity": "direct_co2"}), "values": {from_year: FREE}}
    prepared = with_policies(path, {POLICY: limit}, changes, timings)
    found = _Caps(prepared)
    timings.phase("reference")
    search = found.search()
    timings.phase("deepest cut")
    furthest = search.furthest(deepest)
    low, high = search.vertex(0.0), search.vertex(furthest)
    if high is None:
        furthest *= 1 - 1e-9
        high = search.vertex(furthest)
    if low is None or high is None:
        raise InfeasibleError("the scenario has no solution", fix="`peakmix run` names the conflict")
    timings.phase("breakpoints")
    pieces = search.pieces(low, high, most) if furthest > 0 else []
    timings.done()
    return found.curve(pieces, low, furthest, search.solves)


class _Caps:
    """Cap rows of the path: where they stand, what they count, their weights."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared, program = prepared, prepared.program
        own = [k for k, index in enumerate(program.rows.indices("policy_limit")) if index[0] == POLICY]
        start = program.rows.span("policy_limit").start
        self.rows = np.array([start + k for k in own], dtype=np.int64)
        self.periods = [int(str(program.rows.indices("policy_limit")[k][1])) for k in own]
        self.constant = FREE - program.row_upper[self.rows]
        self.weights = np.array([weight(prepared.parameters, "annual", p) for p in self.periods])
        self.years = np.array([prepared.parameters.horizon.n(p) for p in self.periods], dtype=float)
        self.reference = np.zeros(len(self.rows))

    def search(self) -> Parametric:
        """The search along the parameter, from what the scenario emits without the caps."""
        program, threads = self.prepared.program, self.prepared.scenario.spec.solver.threads
        first = least_cost(self.prepared)
        self.reference = first.row_value[self.rows] + self.constant
        upper = program.row_upper.copy()
        upper[self.rows] = self.reference - self.constant
        capped = with_column(replace(program, row_upper=upper), self.rows.tolist(), self.reference.tolist(), PARAMETER)
        return Parametric(capped, threads, max(1000, program.shape[0] // BUDGET))

    def curve(self, pieces: list[Piece], low: Vertex, furthest: float, solves: int) -> ExactCurve:
        """Pieces as tables."""
        money = self.prepared.data.money_unit
        rows: list[dict[str, Any]] = []
        points: list[dict[str, Any]] = []
        for number, piece in enumerate(pieces):
            level = piece.high.solution.row_value[self.rows] - piece.high.at * self.reference + self.constant
            told = moves(self.prepared, piece.low.solution.x[:-1], piece.high.solution.x[:-1], self.periods[-1])
            rows.append({
                "piece": number, "from_share": piece.low.at, "to_share": piece.high.at, "from_cost": piece.low.value - low.value,
                "to_cost": piece.high.value - low.value, "slope": piece.slope,
                "abated": float(self.years @ (self.reference - level)), "gap": piece.gap, "unit": f"M{money}",
                "changes": "; ".join(told),
            })  # fmt: skip
            price = -piece.prices.row_dual[self.rows] / self.weights + 0.0
            cap = (1 - piece.high.at) * self.reference
            columns = zip(self.periods, self.reference.tolist(), cap.tolist(), level.tolist(), price.tolist(), strict=True)
            for period, reference, bound, amount, paid in columns:
                row = {"piece": number, "period": period, "reference": reference, "cap": bound, "level": amount}
                points.append({**row, "price": paid, "price_unit": f"{money}/t"})
        names = ["piece", "from_share", "to_share", "from_cost", "to_cost", "slope", "abated", "gap", "unit", "changes"]
        frame = pd.DataFrame(rows, columns=names)
        columns_of_points = ["piece", "period", "reference", "cap", "level", "price", "price_unit"]
        complete = all(piece.gap == 0 for piece in pieces)
        return ExactCurve(frame, pd.DataFrame(points, columns=columns_of_points), furthest, solves, complete)
