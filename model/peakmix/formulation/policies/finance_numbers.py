"""Numbers of finance: charges, shares and debt service of draws, own funds, budgets, tranches and cash; one element each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from peakmix.formulation.policies.common import check_scope, converted, held_periods, indicator_unit, natural, value_in
from peakmix.parameters.container import Key, Parameters
from peakmix.parameters.loans import Loan, Schedule
from peakmix.parameters.refuse import refuse

PLACE = {"conversion": 1, "measure": 2}
"""Which part of an asset's own key names it."""


def derive(policy_id: str, policy: Any, parameters: Parameters, context: Any) -> None:
    """All numbers of one policy; facts: its periods, its assets, its lines, and the units of its rows."""
    periods = held_periods(policy_id, policy, parameters)
    money = f"M{context.money}"
    parameters.facts.setdefault("policy_unit", {})[policy_id] = (f"{money}/yr", context.money)
    facts: dict[str, Any] = {"periods": periods, "assets": _assets(policy, parameters, context, periods), "units": {}}
    parameters.facts.setdefault("finance", {})[policy_id] = facts

    def series(field: str, amounts: Any, unit: str, between: str) -> Callable[[int], float]:
        stated = {y: converted(policy_id, field, q, unit, context) for y, q in amounts.items()}
        return lambda period: value_in(stated, period, parameters, between)

    for strand in policy.strands():
        _strand(policy_id, policy, strand, parameters, context)
        if strand.tranche is not None:
            _tranche(policy_id, policy, strand, parameters, context, series)
    for line, terms in policy.lines.items():
        _line(policy_id, policy, line, terms, parameters, context, series)
    for name, field in (("own_funds", "own_funds"), ("investment_budget", "budget")):
        stated = getattr(policy, field)
        if stated is not None:
            found = series(field, stated, f"{money}/yr", policy.between)
            for period in periods:
                parameters.put(name, (policy_id, period), found(period))
    for name, debt in policy.legacy.items():
        found = series(f"legacy.{name}.service", debt.service, f"{money}/yr", debt.between)
        for period in parameters.horizon:
            parameters.put("legacy_debt", (policy_id, name, period), found(period))
            parameters.add("legacy_service", (policy_id, period), found(period))
    if policy.cash is not None:
        _cash(policy_id, policy, parameters, context, series)


def _chosen(selection: Any, context: Any) -> set[str] | None:
    return None if selection is None else {t for name in selection for t in context.expand(name)}


def _assets(policy: Any, parameters: Parameters, context: Any, periods: list[int]) -> dict[Key, tuple[str, Key, str]]:
    """Investments of the scope that cost something: (region, label, period) -> (kind, own key, technology)."""
    regions = set(parameters.regions_of(policy.location))
    chosen, sector = _chosen(policy.technologies, context), parameters.facts["sector"]
    conversions = parameters.facts["conversion"]
    found: dict[Key, tuple[str, Key, str]] = {}

    def take(kind: str, table: str, label: Callable[[Key], str], technology: Callable[[Key], str]) -> None:
        for key, cost in parameters.values.get(table, {}).items() if kind in policy.assets else ():
            name = technology(key)
            inside = (chosen is None or name in chosen) and (policy.sectors is None or sector[name] in policy.sectors)
            if key[0] in regions and key[-1] in periods and inside and cost > 0:
                found[key[0], label(key), key[-1]] = (kind, key, name)

    take("new_capacity", "overnight_cost", lambda key: str(key[1]), lambda key: str(key[1]))
    take("conversion", "conversion_cost", lambda key: f"conversion {key[1]}", lambda key: str(conversions[key[1]][1]))
    take("measure", "measure_cost", lambda key: f"{key[1]} @ {key[2]}", lambda key: str(key[2]))
    return found


COST = {"new_capacity": "overnight_cost", "conversion": "conversion_cost", "measure": "measure_cost"}
CHARGE = {"new_capacity": "capital_charge", "conversion": "conversion_charge", "measure": "measure_charge"}
"""Elements of an asset: what it costs, and what of it the objective is charged."""


def _eligible(terms: Any, kind: str, key: Key, technology: str, context: Any) -> bool:
    """May the line pay for this asset?"""
    chosen = _chosen(terms.technologies, context)
    named = kind != "new_capacity" and terms.names is not None and key[1] in terms.names
    return (
        (terms.assets is None or kind in terms.assets)
        and (chosen is None or technology in chosen)
        and (terms.names is None or named)
    )


def exchange(terms: Any) -> Callable[[int], float]:
    """Money for one unit of the line's currency by calendar year; 1 for the money of the model."""
    from peakmix.parameters.time import at_year

    if terms.exchange_rate is None:
        return lambda year: 1.0
    series = [(year or None, q.value) for year, q in sorted(terms.exchange_rate.items())]
    return lambda year: at_year(series, year, terms.between)


def _strand(policy_id: str, policy: Any, strand: Any, parameters: Parameters, context: Any) -> None:
    """Charges by asset, debt service and what is left by period of drawing."""
    terms, horizon = strand.terms, parameters.horizon
    schedule = Schedule(strand.rate, terms.tenor, terms.grace, terms.repayment)
    facts = parameters.facts["finance"][policy_id]
    loans = {p: Loan(schedule, p, exchange(terms)) for p in facts["periods"]}
    for asset, (kind, key, technology) in facts["assets"].items():
        if not _eligible(terms, kind, key, technology, context):
            continue
        weight = parameters[CHARGE[kind]][key] / parameters[COST[kind]][key]
        draw = (policy_id, strand.label, *asset)
        parameters.put("loan_charge", draw, weight * (loans[asset[2]].worth(horizon.rate) - 1))
        parameters.put("loan_lent", draw, weight)
        if terms.share < 1:
            parameters.put("loan_part", (policy_id, strand.line, *asset), terms.share * parameters[COST[kind]][key])
    facts.setdefault("line", {})[strand.label] = strand.line
    for drawn, loan in loans.items():
        for period in [p for p in horizon if p >= drawn]:
            key = (policy_id, strand.label, drawn, period)
            parameters.put("loan_left", key, loan.left(period, horizon))
            if loan.pays_in(period, horizon):
                parameters.put("loan_service", key, loan.mean(schedule.paid, period, horizon))
                parameters.put("loan_repaid", key, loan.mean(schedule.repaid, period, horizon))
                if policy.cash is not None and policy.cash.cover is not None:
                    parameters.put("loan_cover", key, policy.cash.cover * parameters["loan_service"][key])


def _tranche(policy_id: str, policy: Any, strand: Any, parameters: Parameters, context: Any, series: Any) -> None:
    """Abatement that one unit of volume needs, and the reference it is counted from."""
    part = strand.tranche
    what = policy.scoped(part.indicator)
    check_scope(policy_id, what, parameters)
    unit = indicator_unit(what, parameters)
    field, single = f"lines.{strand.line}.tranches.{strand.label.rpartition('/')[2]}", natural(unit)
    lent = converted(policy_id, f"{field}.per_abatement", part.per_abatement, f"{context.money}/{single}", context)
    found = series(f"{field}.reference", part.reference, unit, part.between)
    facts = parameters.facts["finance"][policy_id]
    facts["units"]["policy_finance_link", strand.label] = (unit, f"{context.money}/{single}")
    for period in facts["periods"]:
        parameters.put("link_reference", (policy_id, strand.label, period), found(period))
        for drawn in [q for q in facts["periods"] if q <= period]:
            left = parameters["loan_left"][policy_id, strand.label, drawn, period]
            volume = 1.0 if drawn == period else left if part.counts == "outstanding" else None
            if volume is not None:
                parameters.put("loan_link", (policy_id, strand.label, drawn, period), volume / lent)


def _line(policy_id: str, policy: Any, line: str, terms: Any, parameters: Parameters, context: Any, series: Any) -> None:
    """Ceiling in the line's own currency, and the target of the step taken."""
    facts, money = parameters.facts["finance"][policy_id], f"M{context.money}"
    currency = terms.currency or context.money
    facts["units"]["policy_finance_line", line] = (f"M{currency}", f"{context.money}/{currency}")
    if terms.ceiling is not None:
        foreign = terms.currency is not None
        own = 0.0 if foreign else converted(policy_id, f"lines.{line}.ceiling", terms.ceiling, money, context)
        parameters.put("loan_ceiling", (policy_id, line), float(terms.ceiling.value) if foreign else own)
        for period in facts["periods"] if terms.currency else ():
            parameters.put("loan_foreign", (policy_id, line, period), 1 / exchange(terms)(period))
    if terms.taken is not None:
        step = terms.steps[terms.taken]
        what = policy.scoped(step.indicator)
        check_scope(policy_id, what, parameters)
        unit = indicator_unit(what, parameters)
        found = series(f"lines.{line}.steps.{terms.taken}.target", step.target, unit, step.between)
        facts["units"]["policy_finance_step", line] = (unit, f"{context.money}/{natural(unit)}")
        for period in facts["periods"]:
            parameters.put("step_target", (policy_id, line, period), found(period))


def _cash(policy_id: str, policy: Any, parameters: Parameters, context: Any, series: Any) -> None:
    """Margin of activity and measures at stated prices, fixed cost of capacity, share and cover."""
    cash, horizon = policy.cash, parameters.horizon
    facts = parameters.facts["finance"][policy_id]
    regions = set(parameters.regions_of(policy.location))
    chosen, sector = _chosen(policy.technologies, context), parameters.facts["sector"]
    inside = {t for t, s in sector.items() if (chosen is None or t in chosen) and (policy.sectors is None or s in policy.sectors)}
    facts["cash"] = {"regions": regions, "technologies": inside}
    price = _prices(policy_id, cash, parameters, context, series, regions, inside)
    for period in facts["periods"]:
        weight = horizon.operating_weight(period)
        margin: dict[Key, float] = {}
        for (region, technology, cohort, commodity), flow in parameters["flow"].items():
            if region in regions and technology in inside:
                key = (policy_id, region, technology, cohort, period)
                if key not in margin:
                    margin[key] = -parameters.get("variable_charge", (region, technology, period)) / weight
                margin[key] += flow * price(commodity, period)
        for region, measure, host in parameters.sets["measures"]:
            if region in regions and host in inside:
                cell = (region, measure, host, period)
                cost = parameters.get("measure_fixed", cell) + parameters.get("measure_variable", cell)
                margin[policy_id, *cell, ""] = -cost / weight
        for (region, measure, host, commodity, when), change in parameters.values.get("measure_flow", {}).items():
            if when == period and region in regions and host in inside:
                margin[policy_id, region, measure, host, period, ""] += change * price(commodity, period)
        for key, value in margin.items():
            parameters.put(*(("cash_measure", key[:-1]) if len(key) == 6 else ("cash_margin", key)), value)
        _cash_capacity(policy_id, parameters, regions, inside, period, weight)
        if cash.share is not None:
            parameters.put("cash_share", (policy_id, period), cash.share)
        if cash.cover is not None:
            parameters.put("legacy_cover", (policy_id, period), cash.cover * parameters.get("legacy_service", (policy_id, period)))


def _cash_capacity(policy_id: str, parameters: Parameters, regions: Any, inside: set[str], period: int, weight: float) -> None:
    """Fixed cost of a year: by vintage, and of what stands untracked."""
    for key, charge in parameters.values.get("fixed_charge", {}).items():
        if key[3] == period and key[0] in regions and key[1] in inside:
            parameters.put("cash_fixed", key, charge / weight)
    standing = sum(
        cost
        for (region, technology, when), cost in parameters.values.get("standing_fixed_cost", {}).items()
        if when == period and region in regions and technology in inside
    )
    parameters.put("cash_standing", (policy_id, period), standing / weight)


def _prices(
    policy_id: str, cash: Any, parameters: Parameters, context: Any, series: Any, regions: set[str], inside: set[str]
) -> Callable[[str, int], float]:
    """Price by commodity and period; what the scope trades with others must have one."""
    facts = parameters.facts["commodities"]
    stated = {
        name: series(f"cash.prices.{name}", amounts, f"{context.money}/{facts[name]['unit']}", cash.between)
        for name, amounts in cash.prices.items()
    }
    touched = {c for r, t, _, c in parameters["flow"] if r in regions and t in inside}
    touched |= {c for r, _, h, c, _ in parameters.values.get("measure_flow", {}) if r in regions and h in inside}
    others = {c for r, t, _, c in parameters["flow"] if r not in regions or t not in inside}
    others |= {parameters.facts["market"][m][0] for r, m in parameters.sets["markets"]}
    others |= {c for _, c, _ in parameters.values.get("demand", {})}
    others |= {c for _, c, _ in parameters.values.get("pooled_demand", {})}
    missing = sorted(c for c in touched & others if c not in stated)
    if missing:
        raise refuse(
            f"policies.{policy_id}.cash.prices has no {', '.join(missing)}",
            rule="whatever the works of the scope buy from or sell to others has a stated price",
            fix="state a price for each, in money per natural unit, with its source",
        )
    return lambda commodity, period: stated[commodity](period) if commodity in stated else 0.0
