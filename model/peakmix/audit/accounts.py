"""Quantities that are not proportional to flows, recomputed plant class by plant class (periods).

value added    output x value added of the product
energy         of every carrier what is used, less the share that is left out
surcharge      of every vintage: use of the carrier x surcharge x begun steps above the threshold; a fitted measure takes away
               what the vintage with the least relief would save
norm           of every vintage: all of it where its use is at most the level, else nothing; a fitted measure lifts as much as
               the vintage it lifts least; in capacity, what is fitted counts as if it ran fully
investment     overnight cost of what is built, converted, renewed and fitted, per year of the period
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from peakmix.audit.capacity import Capacities, Pair
from peakmix.audit.case import Case
from peakmix.audit.operation import Operation
from peakmix.audit.report import Floats
from peakmix.scenario.indicators import Indicator

ROUNDING = 1e-9
Judge = Callable[[Pair, dict[str, Floats]], Floats]
"""Rate per unit of a technology from its net flows (periods)."""


def value_added(case: Case, operation: Operation, pairs: list[Pair]) -> Floats:
    """Value added, millions of money a year."""
    total = case.calendar.zeros()
    for pair in pairs:
        if pair in operation.activity:
            worth = case.mean("value_added", ((case.product[pair[1]],),), case.weights.of_technology(*pair))
            total = total + (0.0 if worth is None else worth * operation.activity[pair])
    return total


def energy_left(case: Case, operation: Operation, leaf: Indicator, pairs: list[Pair]) -> Floats:
    """Energy without renewables or feedstock."""
    contents, total = operation.contents(f"energy_{leaf.convention}"), case.calendar.zeros()
    for pair in pairs:
        weights = case.weights.of_technology(*pair)
        for commodity, flow in operation.net.get(pair, {}).items():
            if commodity in contents:
                away = case.calendar.zeros()
                for kind in leaf.exclude or ():
                    share = case.mean("energy_exclusions", ((kind, commodity),), weights)
                    away = away + (0.0 if share is None else share)
                total = total - flow * contents[commodity] * np.maximum(0.0, 1.0 - away)
    return total


def surcharge(case: Case, operation: Operation, leaf: Indicator, pairs: list[Pair]) -> Floats:
    """What a tiered tariff asks for, millions of money a year."""
    rows, calendar = case.rows("tariff_tiers"), case.calendar
    stated: dict[str, dict[str, Floats]] = {}
    for tariff, commodity, parameter in rows:
        series = rows.everywhere((tariff, commodity, parameter))
        if tariff == leaf.tariff and series is not None:
            stated.setdefault(str(commodity), {})[str(parameter)] = series.periods(calendar)

    def judge(pair: Pair, net: dict[str, Floats]) -> Floats:
        total = calendar.zeros()
        for commodity, told in stated.items():
            use = -net.get(commodity, calendar.zeros())
            steps = np.ceil((use - told["threshold"]) / told["step"] - ROUNDING)
            total = total + np.maximum(steps, 0.0) * told["surcharge"] * use
        return total

    return _judged(case, operation, leaf, pairs, judge)


def graded(case: Case, capacities: Capacities, operation: Operation, leaf: Indicator, pairs: list[Pair]) -> Floats:
    """Output or capacity that reaches a level of a norm."""
    rows, calendar = case.rows("norm_levels"), case.calendar
    frame = case.data.tables["norm_uses"]
    carriers = {c for n, c in zip(frame["norm"], frame["commodity"], strict=True) if n == leaf.norm}
    contents = operation.contents("energy_calorific")

    def judge(pair: Pair, net: dict[str, Floats]) -> Floats:
        series = rows.everywhere((leaf.norm, case.product[pair[1]], leaf.reaches))
        if series is None:
            return calendar.zeros()
        use = case.sum(-net[c] * contents[c] for c in carriers if c in net and c in contents)
        level = series.periods(calendar)
        return np.where(use <= level + ROUNDING * np.maximum(1.0, np.abs(level)), 1.0, 0.0)

    products = {str(product) for norm, product, _ in rows if norm == leaf.norm}
    own = [pair for pair in pairs if case.product[pair[1]] in products]
    if leaf.quantity == "output":
        return _judged(case, operation, leaf, own, judge)
    total = calendar.zeros()
    for pair in own:
        fleet = capacities.fleets.get(pair)
        if fleet is None:
            continue
        for row, label in enumerate(fleet.labels):
            cohort = label if pair[1] in operation.dated else "all"
            total = total + judge(pair, _flat(case, operation, pair, cohort)) * fleet.live[row]
        able = case.technology(*pair, "availability")
        total = total + _relief(case, operation, leaf, pair, judge) / np.where(able > 0, able, 1.0)
    return total


def _judged(case: Case, operation: Operation, leaf: Indicator, pairs: list[Pair], judge: Judge) -> Floats:
    """Sum over vintages of rate x activity, and what measures change."""
    total, chosen = case.calendar.zeros(), set(pairs)
    for (region, technology, cohort), run in case.decisions.all("activity").items():
        if (region, technology) in chosen:
            pair = (region, technology)
            total = total + judge(pair, _flat(case, operation, pair, cohort)) * run
    return total + case.sum(_relief(case, operation, leaf, pair, judge) for pair in pairs)


def _flat(case: Case, operation: Operation, pair: Pair, cohort: str) -> dict[str, Floats]:
    """Net flows of one vintage, the same in every period."""
    return {c: np.full(case.calendar.count, x) for c, x in operation.unit_flows(*pair, cohort).items()}


def _relief(case: Case, operation: Operation, leaf: Indicator, pair: Pair, judge: Judge) -> Floats:
    """Change of the rate by fitted measures x adopted activity; of several vintages the one that changes least."""
    cohorts = sorted({k for r, t, k in case.decisions.all("activity") if (r, t) == pair})
    total = case.calendar.zeros()
    for (place, measure, host), adopted in case.decisions.all("adopted").items():
        change = operation.measures.changes.get((measure, host), {})
        if (place, host) != pair or not cohorts or not change or (leaf.measures is not None and measure not in leaf.measures):
            continue
        found = []
        for cohort in cohorts:
            before = _flat(case, operation, pair, cohort)
            after = {**before, **{c: before.get(c, 0.0) + x for c, x in change.items()}}
            found.append(judge(pair, after) - judge(pair, before))
        least = np.argmin(np.abs(np.array(found)), axis=0)
        total = total + np.array(found)[least, np.arange(case.calendar.count)] * adopted
    return total


def invested(case: Case, capacities: Capacities, operation: Operation, pairs: list[Pair]) -> Floats:
    """Overnight cost of additions, millions of money a year."""
    chosen, total = set(pairs), case.calendar.zeros()
    for pair, new in case.decisions.all("new_capacity").items():
        if pair in chosen and new.any():
            total = total + case.technology(pair[0], pair[1], "capital_cost") * new
    for component in ("renewal", "conversion"):
        for (region, name, *_), amount in case.decisions.all(component).items():
            if (region, capacities.conversions[name][1]) in chosen:
                value = capacities.conversion_value(region, name, "capital_cost")
                cost = case.or_default("conversion_parameters", "capital_cost", value, name)
                total = total + cost * capacities.ratio(region, name) * amount
    measures = operation.measures
    for (region, measure, host), fitted in case.decisions.all("new_measure").items():
        if (region, host) in chosen and (measure, host) in measures.groups:
            value = measures.value(region, measure, host, "capital_cost")
            total = total + case.or_default("measure_parameters", "capital_cost", value, measure, host) * fitted
    return np.asarray(total / case.calendar.length)


