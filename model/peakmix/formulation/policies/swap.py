"""Capacity swap: building needs retired capacity, at a ratio by rule, place class, case and date.

Rows     policy_swap_new(policy, place, case, period)     sum_s x[s->place,case,p] = new capacity of the case
                                                              (0 while swaps are suspended: there are no flows then)
         policy_swap_pool(policy, place, period)
             B[p] = B[p-1] + credit (early[p'] + chi natural[p']) - sum_{t,case} ratio x[s->t,case,p]
             with expiry, in a period whose end takes credits: <=, and the difference has lapsed
         policy_swap_expiry(policy, place, period)        with expiry, where credits end between p and the next period:
             B[p] <= sum of the credits earned by p that may still be used in the next period
         policy_swap_no_growth(policy, place, period)     K[p] <= standing capacity of the base period (key areas)
Symbols  x  new capacity covered by capacity retired in s   Mt/yr   (policy, source, place, case, period)
         B  credits in the pool of a place                  Mt/yr   (policy, place, period), >= 0
         early, natural  retirement in p' = the periods whose end, plus the lag, falls in or before p
         a credit earned in q may be used in p while p <= last year of q + expiry_years; opening credit is of the first year
Dual     policy_swap_pool, one-off, in CNY per t/yr: price of a credit used in that place and period, or carried on where there is
         room; policy_swap_new: what one more tonne of quota would save where it is built; policy_swap_expiry: what one credit
         more that outlives the period would save. A credit earned in p is worth its pool row and the expiry rows it outlives
Traps    rules change by date: a ratio is that of the period's first year, and after to_year new capacity needs no credits.
         A region is key area for bans and for no growth where at least half of it is.
         First in, first out: credits come and end in the same order, so that the stock of the newest B[p] credits is all that can
         still be used; one row a period says it, exactly as an index by earning period would. Use it or lose it: expiry makes
         plants build earlier, and credits of a closure that is late in a long period keep as if it were its last year.
         A ratio above 1 caps total capacity at standing / ratio; without natural credit an ageing fleet cannot be replaced
Source   design 3.7; ratios with their sources in swap_ratios.csv
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from peakmix.formulation import capacity_terms
from peakmix.formulation.model import has_terms, total
from peakmix.formulation.policies.common import converted, periods_of, rows, variables
from peakmix.formulation.registry import Instrument
from peakmix.foundation.units import million
from peakmix.parameters.container import Parameters
from peakmix.parameters.lookup import blank, records
from peakmix.parameters.refuse import refuse
from peakmix.parameters.time import at_year
from peakmix.parameters.tracing import number

OTHER = "other"
KEY_AREA = 0.5
"""Share of key areas from which a region counts as one."""
OPENING = 0
"""Stands for the period that opening credit was earned in."""


def derive(policy_id: str, policy: Any, parameters: Parameters, context: Any) -> None:
    """``swap_ratio[policy, source, target, case, period]`` and the structural facts of the pools."""
    group = context.expand(policy.group)
    if not group:
        raise refuse(
            f"policies.{policy_id}.group: {policy.group!r}",
            rule="a swap names a technology group",
            fix="see `peakmix tables`",
        )
    exempt = {t for name in policy.exempt or () for t in context.expand(name)}
    case_of = case_map(policy, context, group)
    places = sorted({r for r, t in context.active if t in group})
    cases = sorted({case_of[t] for t in group if t not in exempt})
    banned = _banned(policy_id, policy, parameters, context, places)
    table = ratio_rows(context, policy.rule)
    free: set[tuple[str, str, int]] = set()
    for period in periods_of(policy, parameters):
        for target in () if policy.suspended(period) else places:
            key_share = key_area_share(context, target, period)
            for case in cases:
                found = {origin: ratio_of(table, case, key_share, origin, period) for origin in ("same", "cross")}
                for source in places:
                    if source != target and target in banned:
                        continue
                    ratio = found["same" if source == target else "cross"]
                    if ratio is not None:
                        parameters.put("swap_ratio", (policy_id, source, target, case, period), ratio)
                    elif source == target:
                        free.add((target, case, period))
    unit = f"{million(parameters.facts['commodities'][context.product[group[0]]]['unit'])}/yr"
    for place, amount in policy.opening.items():
        region = next(r for r, members in context.regions.items() if place in (r, *members))
        parameters.add("swap_opening", (policy_id, region), converted(policy_id, "opening", amount, unit, context))
    facts = {"group": tuple(group), "exempt": exempt, "case": case_of, "places": places, "cases": cases}
    facts["free"] = free
    facts["periods"] = periods = periods_of(policy, parameters)
    facts["usable"] = usable_periods(policy, parameters, periods)
    facts["key"] = {r: key_area_share(context, r, parameters.horizon.first[-1]) for r in places}
    parameters.facts.setdefault("swap", {})[policy_id] = facts


def usable_periods(policy: Any, parameters: Parameters, periods: list[int]) -> dict[int, list[int]]:
    """Periods in which the credits of a period may be used; ``OPENING`` for those in hand at the start.

    They count from the first period whose end, plus the lag, is no earlier than theirs, and keep for ``expiry_years``
    after their last year. Both ends rise with the period earned, so that credits come and lapse in one order.
    """
    end = {p: p + parameters.horizon.n(p) for p in periods}
    years = policy.expiry_years
    found = {}
    for earned in periods:
        kept = [p for p in periods if end[earned] <= end[p] + policy.lag_years]
        found[earned] = [p for p in kept if years is None or p < end[earned] + years]
    found[OPENING] = [p for p in periods if years is None or p <= periods[0] + years]
    return found


def outliving(usable: dict[int, list[int]], periods: list[int], period: int) -> list[int] | None:
    """Earning periods whose credits are in the pool and outlive a period; None where none of the pool lapses with it."""
    later = [p for p in periods if p > period]
    pooled = [q for q, when in usable.items() if when and when[0] <= period]
    if not later:
        return None
    kept = [q for q in pooled if usable[q][-1] >= later[0]]
    return None if all(usable[q][-1] < period for q in pooled if q not in kept) else kept


def _banned(policy_id: str, policy: Any, parameters: Parameters, context: Any, places: list[str]) -> set[str]:
    """Regions that nothing retired elsewhere may open capacity in."""
    for name in policy.inflow_ban or ():
        if name in parameters.facts["cut_nodes"]:
            raise refuse(
                f"policies.{policy_id}.inflow_ban: {name} cuts through a region at this resolution",
                rule="a policy below the chosen resolution is refused, never dropped",
                fix="choose a finer resolution, or write key_areas_no_inflow: true, which goes by the share of key areas",
            )
    banned = {r for name in policy.inflow_ban or () for r in parameters.nodes.get(name, ())}
    if policy.key_areas_no_inflow:
        last = parameters.horizon.first[-1]
        banned |= {r for r in places if key_area_share(context, r, last) >= KEY_AREA}
    return banned


def case_map(policy: Any, context: Any, group: tuple[str, ...]) -> dict[str, str]:
    """Case of every technology of the group: as the policy says, else ``other``."""
    found = dict.fromkeys(group, OTHER)
    for name, case in policy.cases.items():
        for technology in context.expand(name):
            if technology in found:
                found[technology] = case
    return found


def key_area_share(context: Any, region: str, period: int) -> float:
    """Share of key areas in a region in a period: mean over its places that state one; 0 where none does."""
    table = context.table("location_attributes")
    series: dict[str, list[tuple[int | None, float]]] = {}
    for row in records(table[table["attribute"] == "key_area_share"]):
        if row.location in context.regions[region]:
            series.setdefault(row.location, []).append((None if blank(row.year) else int(row.year), number(row.value)))
    values = [at_year(points, period, "step") for points in series.values()]
    return sum(values) / len(values) if values else 0.0


@dataclass(frozen=True)
class Ratio:
    """One row of swap_ratios.csv; a blank class or origin holds for both."""

    case: str
    target_class: str | None
    origin: str | None
    year: int
    value: float


def ratio_rows(context: Any, rule: str) -> tuple[Ratio, ...]:
    """Rows of a rule."""
    return tuple(
        Ratio(
            r.case,
            None if blank(r.target_class) else r.target_class,
            None if blank(r.origin) else r.origin,
            int(r.year),
            number(r.value),
        )
        for r in records(context.table("swap_ratios"))
        if r.rule == rule
    )


def ratio_of(table: tuple[Ratio, ...], case: str, key_share: float, origin: str, period: int) -> float | None:
    """Ratio in force in a period, between the classes key and other by the share of key areas; None: not in force.

    Rows of the case win over rows of ``other``; then the latest year at or before the period; then the more specific row.
    """

    def pick(target_class: str) -> float | None:
        fitting = [
            r
            for r in table
            if r.year <= period
            and r.case in (case, OTHER)
            and r.target_class in (None, target_class)
            and r.origin in (None, origin)
        ]
        if not fitting:
            return None
        return max(fitting, key=lambda r: (r.case == case, r.year, r.target_class is not None, r.origin is not None)).value

    key, other = pick("key"), pick("other")
    if key is None or other is None:
        return key if other is None else other
    return key_share * key + (1 - key_share) * other


def build(model: Any, parameters: Parameters, policy_id: str, policy: Any) -> None:
    """Add the flows, pools and rows of one swap rule."""
    books, facts = model.books, parameters.facts["swap"][policy_id]
    flow = variables(model, "swap_flow")
    used: dict[Any, list[Any]] = {}
    covered: dict[Any, list[Any]] = {}
    for key, ratio in parameters.values.get("swap_ratio", {}).items():
        if key[0] != policy_id or not _new(model, books, facts, key[2], key[3], key[4]):
            continue
        flow.add(key)
        used.setdefault((key[1], key[4]), []).append(ratio * flow[key])
        covered.setdefault(key[2:], []).append(flow[key])
    for place, case, period in [(r, c, p) for r in facts["places"] for c in facts["cases"] for p in facts["periods"]]:
        new = _new(model, books, facts, place, case, period)
        if new and (place, case, period) not in facts["free"]:
            rows(model, "policy_swap_new")[policy_id, place, case, period] = total(new) == total(
                covered.get((place, case, period), [])
            )
    for place in facts["places"]:
        _pool(model, parameters, policy_id, policy, place, used)
    if policy.key_areas_no_growth:
        _no_growth(model, parameters, books, policy_id, facts)


def _pool(model: Any, parameters: Parameters, policy_id: str, policy: Any, place: str, used: dict[Any, list[Any]]) -> None:
    """Credits carried from period to period, and what of them outlives each."""
    books, facts, pool = model.books, parameters.facts["swap"][policy_id], variables(model, "swap_pool")
    usable: dict[int, list[int]] = facts["usable"]
    credit = {q: _credit(model, books, policy, facts, place, q) for q in facts["periods"]}
    before: int | None = None
    for period in facts["periods"]:
        key = (policy_id, place, period)
        pool.add(key)
        carried: list[Any] = [pool[policy_id, place, before]] if before is not None else []
        opening = parameters.get("swap_opening", (policy_id, place)) if before is None else 0
        counted = [credit[q] for q in facts["periods"] if usable[q] and usable[q][0] == period]
        have = total([*carried, *counted, *(-1 * u for u in used.get((place, period), []))]) + opening
        kept = outliving(usable, facts["periods"], period)
        if kept is None:
            rows(model, "policy_swap_pool")[key] = pool[key] == have
        else:
            rows(model, "policy_swap_pool")[key] = pool[key] <= have
            still = parameters.get("swap_opening", (policy_id, place)) if OPENING in kept else 0
            rows(model, "policy_swap_expiry")[key] = pool[key] <= total(credit[q] for q in kept if q != OPENING) + still
        before = period


def _new(model: Any, books: Any, facts: Any, place: str, case: str, period: int) -> list[Any]:
    """New capacity variables of a case in a place."""
    return [
        model.new_capacity[place, t, period]
        for t in facts["group"]
        if facts["case"][t] == case and t not in facts["exempt"] and (place, t, period) in model.new_capacity
    ]


def _credit(model: Any, books: Any, policy: Any, facts: Any, place: str, period: int) -> Any:
    """Credits earned in a place by what closes early or reaches its end of life without being renewed."""
    parts = []
    for technology in [t for t in facts["group"] if t not in facts["exempt"]]:
        parts.append(capacity_terms.closures(model, books, place, technology, period))
        if policy.natural_credit:
            natural = capacity_terms.natural_end(model, books, place, technology, period)
            renewed = capacity_terms.renewed(model, books, place, technology, period)
            parts.append(policy.natural_credit * (natural - renewed))
    return total(parts)


def _no_growth(model: Any, parameters: Parameters, books: Any, policy_id: str, facts: Any) -> None:
    """Capacity of a key area never exceeds what stood in the first period."""
    first = parameters.horizon.first[0]
    for place in [r for r in facts["places"] if facts["key"][r] >= KEY_AREA]:
        base = total(capacity_terms.capacity(model, books, place, t, first) for t in facts["group"])
        for period in facts["periods"]:
            now = total(capacity_terms.capacity(model, books, place, t, period) for t in facts["group"])
            if has_terms(now - base):
                rows(model, "policy_swap_no_growth")[policy_id, place, period] = now - base <= 0


ROWS = ("policy_swap_new", "policy_swap_pool", "policy_swap_expiry", "policy_swap_no_growth")
INSTRUMENT = Instrument("swap", ROWS, derive, build)
