"""Capacity: opening stock, survival between periods, service, and the charges on capital.

Carry      g[v,p] = S[v,p] / S[v,p-1]            stock that is left of the period before, before closures and conversions
Expiring   (S[v,p-1] - S[v,p]) / S[v,p-1]        share of the stock of p-1 that reaches its end of life in p
Charge     d_p * sigma * c * CRF(r,L)/CRF(i,L)   CNY per t/yr built in p; the part above r = i is a transfer
Fixed      D_p * f                               CNY per t/yr kept in p
"""

from __future__ import annotations

from peakmix.parameters.container import Parameters
from peakmix.parameters.context import Context
from peakmix.parameters.refuse import refuse
from peakmix.parameters.time import Series, Vintage, charged_share, recovery_factor
from peakmix.parameters.tracing import settled


def is_tracked(parameters: Parameters, region: str, technology: str, label: str) -> bool:
    """Does this vintage have its own stock variable?"""
    return (region, technology, label) in parameters.facts["tracked"]


def derive_capacity(context: Context, parameters: Parameters) -> None:
    """All derived elements of stock and capital for every active pair with capacity."""
    for region, technology in context.active:
        if context.attribute[technology, "capacity"] == "no":
            continue
        available = _required(context, region, technology, "availability")
        fixed = _required(context, region, technology, "fixed_cost")
        for period in context.horizon:
            share = context.period_value(available, period)
            floor = context.parameter(region, technology, "minimum_utilisation")
            least = context.period_value(floor, period) if floor else 0.0
            weight = context.horizon.operating_weight(period)
            cost = context.period_value(fixed, period) * weight
            _service(context, parameters, region, technology, period, share, least, cost)
        _investment(context, parameters, region, technology)
        closing = context.parameter(region, technology, "closure_cost")
        for period in context.horizon if closing else ():
            value = context.period_value(closing or [], period)
            parameters.put("closure_charge", (region, technology, period), value * context.horizon.investment_weight(period))
    derive_variable_cost(context, parameters)


def _required(context: Context, region: str, technology: str, name: str) -> list[tuple[float, Series]]:
    found = context.parameter(region, technology, name)
    if found is None:
        raise refuse(
            f"{technology} in {region} has no {name}",
            rule="a technology with capacity states availability, fixed_cost and lifetime",
            fix=f"add a row {technology},{name} to technology_parameters.csv",
        )
    return found


def _service(
    context: Context,
    parameters: Parameters,
    region: str,
    technology: str,
    period: int,
    share: float,
    least: float,
    cost: float,
) -> None:
    """Service, floor, plain capacity, fixed charge and expiry of every vintage in one period."""
    before = context.horizon.before(period)
    for vintage in parameters.vintages[region, technology]:
        key = (region, technology, vintage.label, period)
        alive = parameters.get("alive", key)
        earlier = parameters.get("alive", (region, technology, vintage.label, before)) if before is not None else 0.0
        stock = parameters.get("stock", (region, technology, vintage.label))
        tracked = is_tracked(parameters, region, technology, vintage.label)
        if alive > 0:
            if tracked:
                _put_terms(parameters, key, 1.0, share, least, cost)
                _opening(context, parameters, vintage, key, alive, earlier, stock)
            elif vintage.existing:
                for name, factor in (("standing", 1.0), ("standing_service", share), ("standing_floor", least)):
                    if factor * alive * stock:
                        parameters.add(name, (region, technology, period), factor * alive * stock)
                parameters.add("standing_fixed_cost", (region, technology, period), cost * alive * stock)
            else:
                _put_terms(parameters, key, alive, share * alive, least * alive, cost * alive)
        if earlier > alive:
            if tracked:
                parameters.put("expiring", key, (earlier - alive) / earlier)
            elif vintage.existing:
                parameters.add("standing_expiring", (region, technology, period), (earlier - alive) * stock)
            else:
                parameters.put("expiring", key, earlier - alive)


def _put_terms(
    parameters: Parameters, key: tuple[str, str, str, int], live: float, service: float, least: float, cost: float
) -> None:
    parameters.put("live", key, live)
    parameters.put("service", key, service)
    parameters.put("fixed_charge", key, cost)
    if least > 0:
        parameters.put("floor", key, least)


def _opening(
    context: Context,
    parameters: Parameters,
    vintage: Vintage,
    key: tuple[str, str, str, int],
    alive: float,
    earlier: float,
    stock: float,
) -> None:
    """Right-hand side of the first stock row of a tracked vintage, and carry of the later ones."""
    if earlier > 0:
        parameters.put("carry", key, alive / earlier)
    elif vintage.existing:
        parameters.put("opening_stock", key, alive * stock)
    else:
        parameters.put("entry", key, alive)


def _investment(context: Context, parameters: Parameters, region: str, technology: str) -> None:
    """Capital charge of new capacity, split into the part at the discount rate and the hurdle mark-up."""
    horizon = context.horizon
    first = context.parameter(region, technology, "first_year")
    earliest = settled(sum(w * s[0][1] for w, s in first)) if first else 0.0
    if context.attribute[technology, "new_build"] == "no":
        return
    capital = _required(context, region, technology, "capital_cost")
    hurdle = context.parameter(region, technology, "hurdle_rate")
    for period in horizon:
        if period < earliest or period == horizon.base:
            continue
        life = parameters.get("lifetime", (region, technology, str(period)))
        rate = context.period_value(hurdle, period, "step") if hurdle else horizon.rate
        cost = context.period_value(capital, period)
        plain, mark_up = capital_charge(context, technology, period, cost, life, rate)
        parameters.put("capital_charge", (region, technology, period), plain)
        if mark_up:
            parameters.put("hurdle_charge", (region, technology, period), mark_up)
        parameters.put("overnight_cost", (region, technology, period), cost)


def capital_charge(context: Context, technology: str, period: int, cost: float, life: float, rate: float) -> tuple[float, float]:
    """Present value charged for one unit built: at the discount rate, and the mark-up for a hurdle rate above it.

    An investment weight given by hand for the technology and period replaces d_p * sigma.
    """
    by_hand = {(w.technology, w.period): w.weight for w in context.spec.weights.investment}
    weight = by_hand.get((technology, period))
    if weight is None:
        weight = context.horizon.investment_weight(period) * charged_share(period, life, context.horizon)
    plain = weight * cost
    ratio = recovery_factor(rate, life) / recovery_factor(context.horizon.rate, life)
    return plain, plain * (ratio - 1)


def derive_variable_cost(context: Context, parameters: Parameters) -> None:
    """Running cost of activity, D_p * v, per technology and period."""
    for region, technology in context.active:
        found = context.parameter(region, technology, "variable_cost")
        for period in context.horizon if found else ():
            value = context.period_value(found or [], period) * context.horizon.operating_weight(period)
            if value:
                parameters.put("variable_charge", (region, technology, period), value)
