"""Near-optimal ranges: how much of each technology there may be when the cost may lie a little above its least.

    least, most = min, max of the output (or capacity) of a technology in a period, over all places
                  such that  cost <= least cost + share x |least cost|, and every other rule of the scenario holds

always   least is above zero at the widest share: no nearly cheapest answer does without it
never    most is zero at the widest share
maybe    all others: whether it is built is a choice within the margin, not a result

Output is what is asked for unless capacity is: within a share of the cost of a whole country's industry there is room for
capacity that nobody runs, so the most of a capacity is large and says little. Technologies without capacity are taken by their
output in either case. One programme a range end, each warm from the one before.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from peakmix.api.prepare import Prepared, Progress, Timings, prepare, read, silent
from peakmix.api.set_up import least_cost, step
from peakmix.foundation.errors import LimitError, UsageError, nearest
from peakmix.results.attributes import yearly
from peakmix.results.recount.general import Compiled
from peakmix.results.recount.recount import Recount
from peakmix.results.summary import table
from peakmix.scenario import Scenario
from peakmix.solve.living import LivingModel
from peakmix.solve.parametric import with_row
from peakmix.solve.program import FloatArray, weighted_count
from peakmix.solve.solution import SolveOptions

SHARES = (0.01, 0.03, 0.05)
NONE = 1e-6
"""Less than this, in millions of the natural unit a year, is nothing."""
OUTPUT, CAPACITY = "output", "capacity"
ALWAYS, NEVER, MAYBE = "always", "never", "maybe"


@dataclass(frozen=True)
class NearOptimal:
    """Ranges of a scenario.

    frame    product, technology, quantity (capacity or output), period, unit, best (in the cheapest answer), share, least, most,
             verdict (of the widest share, the same in every row of a technology and period)
    cost     least cost, million money
    """

    frame: pd.DataFrame
    cost: float
    money: str

    @property
    def text(self) -> str:
        """A row a technology: the range at each share, and the verdict."""
        shares = sorted(self.frame["share"].unique())
        head = ["product", "technology", "period", "unit", "best", *(f"{share:.1%}" for share in shares), "verdict"]
        rows = []
        for (product, technology, period), own in self.frame.groupby(["product", "technology", "period"], sort=False):
            ends = own.set_index("share")
            spans = [f"{_told(ends.loc[s, 'least'])} - {_told(ends.loc[s, 'most'])}" for s in shares]
            first = own.iloc[0]
            rows.append([product, technology, str(period), first["unit"], float(first["best"]), *spans, first["verdict"]])
        counts = self.frame.drop_duplicates(["technology", "period"])["verdict"].value_counts()
        told = ", ".join(f"{name} {int(counts.get(name, 0))}" for name in (ALWAYS, MAYBE, NEVER))
        title = f"least and most of each technology within a share of the least cost ({self.cost:,.6g} M{self.money}); {told}"
        return "\n".join([title, *table(head, rows, left=4)])


def _told(value: float) -> str:
    return "0" if abs(value) < NONE else f"{value:.4g}"


def ranges(
    path: Path | str | Scenario,
    shares: Sequence[float] = SHARES,
    periods: Sequence[int] | None = None,
    products: Sequence[str] | None = None,
    quantity: str = OUTPUT,
    changes: Mapping[str, Any] | None = None,
    progress: Progress = silent,
) -> NearOptimal:
    """Solve for both ends of every range.

    Parameters
    ----------
    path:
        Scenario file or loaded scenario.
    shares:
        How far above the least cost an answer may lie, each between 0 and 1.
    periods, products:
        First years of periods (default the last one); products whose technologies are looked at (default all).
    quantity:
        output or capacity.
    changes:
        Scenario values by dotted key.

    Raises
    ------
    UsageError for shares out of range, unknown periods or products; InfeasibleError when the scenario has no solution.
    """
    if not shares or any(not 0 < share <= 1 for share in shares):
        raise UsageError("shares of near-optimal ranges lie between 0 and 1, e.g. 0.01 for one per cent")
    if quantity not in (OUTPUT, CAPACITY):
        raise UsageError(f"no ranges of {quantity!r}", fix=f"{OUTPUT} or {CAPACITY}")
    timings = Timings(progress=progress)
    scenario, data = read(path, timings, changes)
    prepared = prepare(scenario, data, timings)
    timings.phase("least cost")
    search = _Search(prepared, sorted(shares), quantity)
    wanted = _targets(prepared, periods, products)
    rows: list[dict[str, Any]] = []
    for number, target in enumerate(wanted):
        timings.phase(f"range {number + 1} of {len(wanted)}")
        rows += search.rows(*target)
    timings.done()
    return NearOptimal(pd.DataFrame(rows), search.cost, prepared.data.money_unit)


def _targets(prepared: Prepared, periods: Sequence[int] | None, products: Sequence[str] | None) -> list[tuple[str, int]]:
    """Technologies and periods to look at, by product."""
    facts, horizon = prepared.parameters.facts, list(prepared.parameters.horizon)
    chosen = list(periods or horizon[-1:])
    wrong = [period for period in chosen if period not in horizon]
    if wrong:
        raise UsageError(f"no period starts in {wrong[0]}", fix=f"one of {', '.join(map(str, horizon))}")
    known = sorted(set(facts["product"].values()))
    for product in products or ():
        if product not in known:
            raise UsageError(f"no technology makes {product!r}", fix=nearest(product, known))
    active = dict.fromkeys(technology for _, technology in prepared.parameters.sets["active"])
    return [
        (technology, period)
        for product in (products or known)
        for technology in active
        if facts["product"][technology] == product
        for period in chosen
    ]


class _Search:
    """Programmes with the cost bounded, ready to be asked for the ends of ranges."""

    def __init__(self, prepared: Prepared, shares: list[float], quantity: str) -> None:
        self.prepared, self.shares, self.quantity = prepared, shares, quantity
        program = prepared.program
        options = SolveOptions(threads=prepared.scenario.spec.solver.threads)
        first = least_cost(prepared)
        self.cost, self.best = first.objective, first.x
        bounded = with_row(program, program.cost, -np.inf, self._ceiling(shares[-1]), "near_optimal_cost")
        self.program = replace(bounded, offset=0.0)
        self.living = LivingModel(self.program, options)
        self.recount = Recount(prepared.parameters, Compiled(program))

    def _ceiling(self, share: float) -> float:
        """Largest cost that a share allows, without the constant of the objective."""
        return self.cost + share * abs(self.cost) - self.prepared.program.offset

    def rows(self, technology: str, period: int) -> Iterator[dict[str, Any]]:
        """Both ends at every share, widest first so that what is zero there need not be asked again."""
        coefficients, constant, quantity = self._amount(technology, period)
        ends = {}
        high = float("inf")
        for share in reversed(self.shares):
            if high > NONE:
                high = self._end(coefficients, share, -1.0) + constant
                low = self._end(coefficients, share, 1.0) + constant
            ends[share] = (low, high)
        verdict = ALWAYS if ends[self.shares[-1]][0] > NONE else NEVER if ends[self.shares[-1]][1] <= NONE else MAYBE
        facts = self.prepared.parameters.facts
        best = float(coefficients @ self.best) + constant
        for share in self.shares:
            least, most = ends[share]
            yield {
                "product": facts["product"][technology], "technology": technology, "quantity": quantity, "period": period,
                "unit": self.unit(technology), "best": best, "share": share, "least": least, "most": most, "verdict": verdict,
            }  # fmt: skip

    def unit(self, technology: str) -> str:
        """Yearly unit of a technology's product."""
        product = self.prepared.parameters.facts["product"][technology]
        return yearly(self.prepared.data.natural_units[product])

    def _amount(self, technology: str, period: int) -> tuple[FloatArray, float, str]:
        """Output or capacity of a technology as coefficients, a constant, and which it is."""
        count = len(self.program.cost)
        if self.quantity == CAPACITY and self.prepared.parameters.facts["capacity"][technology]:
            block = self.recount.quantities["capacity"]
            point = self.recount.point(np.ones(count))
            chosen = [k for k, label in enumerate(block.labels) if label[1] == technology and label[2] == period]
            own = np.isin(block.row, chosen)
            terms = block.factor[own] * point.elements[block.element[own]]
            whole = weighted_count(block.column[own] % (count + 1), terms, count + 1)
            return whole[:count], float(whole[count]), CAPACITY
        coefficients = np.zeros(count)
        span = self.program.cols.span("activity")
        for position, index in zip(range(span.start, span.stop), self.program.cols.indices("activity"), strict=True):
            if index[1] == technology and index[-1] == period:
                coefficients[position] = 1.0
        return coefficients, 0.0, OUTPUT

    def _end(self, coefficients: FloatArray, share: float, sign: float) -> float:
        """The least (sign 1) or most (sign -1) of a linear amount within a share."""
        upper = self.program.row_upper.copy()
        upper[-1] = self._ceiling(share)
        solution = step(self.living, replace(self.program, cost=sign * coefficients, row_upper=upper))
        if solution is None:
            raise LimitError("a range end was not found: the solver calls the programme infeasible that it solved before")
        return float(coefficients @ solution.x)
