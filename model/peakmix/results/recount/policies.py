"""Policies recounted: for every row the level of what is bounded, the bound, and the priced excess.

    upper row    level - bound - excess <= 0          lower row    bound - level - excess <= 0
    equality     level - bound = 0

Labels start with the row's component and the policy, as in the model: ``("policy_limit", "cap", 2031)``. An instrument
without a recount of its own is read from the compiled programme (`general`).
"""

from __future__ import annotations

import importlib
import pkgutil
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
from typing import Any

from peakmix.parameters.container import Key
from peakmix.results.recount.capacity import capacity, closures, end_of_life, times
from peakmix.results.recount.finance import finance_rows
from peakmix.results.recount.general import Compiled
from peakmix.results.recount.indicators import indicator
from peakmix.results.recount.market import Row, market_rows, product
from peakmix.results.recount.scope import Scope
from peakmix.results.recount.terms import Block, Builder, Term


@dataclass(frozen=True)
class PolicyBlocks:
    """Level, bound and excess of every policy row; the three blocks share their labels and ``level`` has the sense."""

    level: Block
    bound: Block
    excess: Block


class Sheet:
    """Collects level, bound and excess of policy rows."""

    def __init__(self, scope: Scope) -> None:
        self.scope = scope
        self.builders: tuple[Builder, ...] = tuple(scope.builder(name) for name in ("level", "bound", "excess"))

    def put(
        self, label: Key, sense: int, level: list[Term], bound: list[Term], excess: list[Term] | None = None
    ) -> None:
        """One row."""
        for builder, terms in zip(self.builders, (level, bound, excess or []), strict=True):
            builder.add(label, terms, sense=sense)

    def blocks(self) -> PolicyBlocks:
        """The finished blocks."""
        return PolicyBlocks(*(builder.block() for builder in self.builders))


def policy_blocks(scope: Scope, compiled: Compiled) -> PolicyBlocks:
    """All rows of all policies."""
    sheet, known = Sheet(scope), twins()
    for name, policy in scope.parameters.facts.get("policies", {}).items():
        if policy.instrument in known:
            known[policy.instrument](sheet, name, policy)
            continue
        for row in compiled.rows(name):
            sheet.put(*row)
    return sheet.blocks()


def read_policies(scope: Scope) -> dict[str, Any]:
    """Policies whose instrument has no recount of its own."""
    known = twins()
    return {n: p for n, p in scope.parameters.facts.get("policies", {}).items() if p.instrument not in known}


def _limit(sheet: Sheet, name: str, policy: Any) -> None:
    scope = sheet.scope
    what = policy.scoped(policy.indicator)
    sense = 1 if policy.sense == "upper" else -1
    for key in [k for k in scope.table("policy_value") if k[0] == name]:
        excess = scope.term(None, (), "policy_excess", key)
        if policy.span == "horizon":
            periods = scope.parameters.facts["policy_periods"][name]
            level = [term for p in periods for term in indicator(scope, what, p, float(scope.parameters.horizon.n(p)))]
            sheet.put(("policy_budget", name), sense, level, scope.constant("policy_value", key), excess)
            continue
        bound = scope.constant("policy_value", key)
        if policy.denominator is not None:
            bound = product(scope, ("policy_value", key), _part(sheet, policy, key))
        name_of_row = "policy_voluntary" if policy.reported else f"policy_{policy.instrument}"
        if policy.reported:
            excess = scope.term(None, (), "policy_gap", key, float(sense))
        sheet.put((name_of_row, *key), sense, indicator(scope, what, key[1]), bound, excess)


def _goal(sheet: Sheet, name: str, policy: Any) -> None:
    """The sum over the years in force against its best value."""
    scope, what = sheet.scope, policy.scoped(policy.indicator)
    periods, years = scope.parameters.facts["policy_periods"][name], scope.parameters.horizon.n
    level = [term for p in periods for term in indicator(scope, what, p, float(years(p)))]
    sense = 1 if policy.sense == "minimise" else -1
    sheet.put(("policy_budget", name), sense, level, scope.constant("policy_value", (name, 0)))


def _part(sheet: Sheet, policy: Any, key: Key) -> list[Term]:
    """A denominator: its variable where it has one, which is then checked against the indicator, else written out."""
    scope = sheet.scope
    written = indicator(scope, policy.scoped(policy.denominator), key[1])
    variable = scope.term(None, (), "indicator_part", key)
    if variable:
        sheet.put(("indicator_part_level", *key), 0, written, variable)
    return variable or written


def _peak(sheet: Sheet, name: str, policy: Any) -> None:
    scope, horizon = sheet.scope, sheet.scope.parameters.horizon
    what = policy.scoped(policy.indicator)
    peak = scope.parameters.facts["peak_period"][name]
    for period in horizon:
        level = indicator(scope, what, period)
        before = horizon.before(period)
        if period > peak and before is not None:
            if policy.plateau is not None and period <= policy.plateau.until:
                ceiling = indicator(scope, what, peak, 1 + policy.plateau.tolerance)
                sheet.put(("policy_plateau", name, period), 1, level, ceiling)
            else:
                sheet.put(("policy_no_growth", name, period), 1, level, indicator(scope, what, before))
        if period < peak and policy.rule == "B":
            sheet.put(("policy_below_peak", name, period), 1, level, indicator(scope, what, peak))
    height = scope.constant("policy_height", (name, peak))
    if height:
        sheet.put(("policy_height", name, peak), 1, indicator(scope, what, peak), height)


def _price(sheet: Sheet, name: str, policy: Any) -> None:
    scope = sheet.scope
    what = policy.scoped(policy.indicator)
    for key in [k for k in scope.table("policy_price") if k[0] == name]:
        charged = scope.term(None, (), "policy_charge", key)
        sheet.put(("policy_charged", *key), 0, indicator(scope, what, key[1]), charged)


def _pace(sheet: Sheet, name: str, policy: Any) -> None:
    """In the row's own unit: additions over the growth sum of the period."""
    scope = sheet.scope
    technologies = sorted({t for group in policy.technologies for t in scope.technologies(group)})
    regions = scope.parameters.regions_of(policy.location)
    pairs = [(r, t) for r in regions for t in technologies]
    cells = [(r, t, [(r, t)]) for r, t in pairs] if policy.each else [(policy.location or "all", "all", pairs)]
    for key in [k for k in scope.table("pace_now") if k[0] == name]:
        before = scope.parameters.horizon.before(key[1])
        for region, technology, members in cells:
            now = [term for r, t in members for term in _paced(scope, policy.quantity, r, t, key[1])]
            bound = scope.constant("pace_seed", key)
            if before is not None and key in scope.table("pace_before"):
                earlier = [term for r, t in members for term in _paced(scope, policy.quantity, r, t, before)]
                bound = bound + times(("pace_before", key), earlier)
            sheet.put(("policy_pace", name, region, technology, key[1]), 1, times(("pace_now", key), now), bound)


def _paced(scope: Scope, quantity: str, region: str, technology: str, period: int) -> list[Term]:
    if quantity == "activity":
        return scope.activity(region, technology, period)
    new = scope.term(None, (), "new_capacity", (region, technology, period))
    closed = closures(scope, region, technology, period)
    if quantity == "additions":
        return new
    return closed if quantity == "closures" else [*new, *((-f, e, v) for f, e, v in closed)]


def _swap(sheet: Sheet, name: str, policy: Any) -> None:
    scope, facts = sheet.scope, sheet.scope.parameters.facts["swap"][name]
    into: dict[Key, list[Term]] = defaultdict(list)
    out_of: dict[str, list[Key]] = defaultdict(list)
    for index in scope.variables.of("swap_flow"):
        if index[0] == name:
            into[index[2:]].append((1.0, None, ("swap_flow", index)))
            out_of[index[1]].append(index)
    for place in facts["places"]:
        for period in facts["periods"]:
            for case in [c for c in facts["cases"] if (place, c, period) not in facts.get("free", ())]:
                new = [
                    term
                    for t in facts["group"]
                    if facts["case"][t] == case and t not in facts["exempt"]
                    for term in scope.term(None, (), "new_capacity", (place, t, period))
                ]
                sheet.put(("policy_swap_new", name, place, case, period), 0, new, into[place, case, period])
            _pool(sheet, name, policy, place, period, out_of[place])
    if policy.key_areas_no_growth:
        first = scope.parameters.horizon.first[0]
        for place in [p for p in facts["places"] if facts["key"][p] >= 0.5]:
            base = [term for t in facts["group"] for term in capacity(scope, place, t, first)]
            for period in facts["periods"]:
                now = [term for t in facts["group"] for term in capacity(scope, place, t, period)]
                sheet.put(("policy_swap_no_growth", name, place, period), 1, now, base)


def _pool(sheet: Sheet, name: str, policy: Any, place: str, period: int, flows: list[Key]) -> None:
    """The pool at the end of a period: opening and credits to date less all uses to date.

    With expiry, what was carried in, came in and went out in the period alone; and a row of what outlives it, where
    anything ends before the next period.
    """
    scope, facts = sheet.scope, sheet.scope.parameters.facts["swap"][name]
    horizon = scope.parameters.horizon
    end = {q: q + horizon.n(q) for q in facts["periods"]}
    previous = max((q for q in facts["periods"] if q < period), default=None)
    later = min((q for q in facts["periods"] if q > period), default=None)
    opening = scope.constant("swap_opening", (name, place))
    years = policy.expiry_years
    alone = years is not None and previous is not None
    counted = [q for q in end if end[q] <= end[period] + policy.lag_years]
    if years is not None:
        counted = [q for q in counted if _first_use(end, q, policy) < end[q] + years]
    new = [q for q in counted if not alone or end[q] > end[previous] + policy.lag_years]
    carried = scope.term(None, (), "swap_pool", (name, place, previous)) if alone else opening
    made = [*carried, *(term for q in new for term in _credits(sheet, name, policy, place, q))]
    used: list[Term] = [
        (-1.0, ("swap_ratio", index), ("swap_flow", index))
        for index in flows
        if (index[4] == period if alone else index[4] <= period)
    ]
    pool, sense = scope.term(None, (), "swap_pool", (name, place, period)), 0
    if years is not None and later is not None:
        dying = [q for q in counted if period < end[q] + years <= later]
        lost = facts["periods"][0] + years < later
        if dying or (lost and period <= facts["periods"][0] + years):
            sense = 1
            still = [term for q in counted if end[q] + years > later for term in _credits(sheet, name, policy, place, q)]
            sheet.put(("policy_swap_expiry", name, place, period), 1, pool, [*still, *([] if lost else opening)])
    sheet.put(("policy_swap_pool", name, place, period), sense, pool, [*made, *used])


def _first_use(end: dict[int, int], earned: int, policy: Any) -> int:
    """First period in which the credits of a period count."""
    return min(p for p in end if end[earned] <= end[p] + policy.lag_years)


def _credits(sheet: Sheet, name: str, policy: Any, place: str, period: int) -> list[Term]:
    """Credits earned in a place in a period."""
    scope, facts = sheet.scope, sheet.scope.parameters.facts["swap"][name]
    made: list[Term] = []
    for technology in [t for t in facts["group"] if t not in facts["exempt"]]:
        made += closures(scope, place, technology, period)
        ending = end_of_life(scope, place, technology, period)
        renewed: list[Term] = [(-1.0, None, m) for m in scope.leaving[place, technology, period] if m[0] == "renewal"]
        made += [(policy.natural_credit * f, e, v) for f, e, v in (*ending, *renewed)]
    return made


def _market(sheet: Sheet, name: str, policy: Any) -> None:
    for label, sense, level, bound in market_rows(sheet.scope, name, policy):
        sheet.put(label, sense, level, bound)


def _finance(sheet: Sheet, name: str, policy: Any) -> None:
    for label, sense, level, bound in finance_rows(sheet.scope, name, policy):
        sheet.put(label, sense, level, bound)


TWINS: dict[str, Callable[[Sheet, str, Any], None]] = {
    "limit": _limit,
    "target": _limit,
    "goal": _goal,
    "peak": _peak,
    "price": _price,
    "pace": _pace,
    "swap": _swap,
    "market": _market,
    "finance": _finance,
}
"""One recount an instrument, twin of the instruments of the formulation; see also `twins`."""


def twins() -> dict[str, Callable[[Sheet, str, Any], None]]:
    """The recounts of this file, and every module beside it that names its INSTRUMENT and yields `policy_rows`."""
    package = importlib.import_module("peakmix.results.recount")
    found = [importlib.import_module(f"{package.__name__}.{m.name}") for m in pkgutil.iter_modules(package.__path__)]
    return TWINS | {m.INSTRUMENT: partial(_put_all, m.policy_rows) for m in found if hasattr(m, "INSTRUMENT")}


def _put_all(rows: Callable[[Scope, str, Any], Iterator[Row]], sheet: Sheet, name: str, policy: Any) -> None:
    for label, sense, level, bound in rows(sheet.scope, name, policy):
        sheet.put(label, sense, level, bound)
