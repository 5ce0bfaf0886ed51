"""Sheets: every policy row and every limit with level, bound, slack and price; and the flows of capacity credits."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from peakmix.foundation.units import million
from peakmix.foundation.vocabulary import Weight, known, word
from peakmix.parameters.container import Key, Parameters
from peakmix.results.axes import Axes, text_array
from peakmix.results.extract import span_of
from peakmix.results.paying import payer_of, scope_of
from peakmix.results.prices import weight
from peakmix.results.recount.recount import Point, Recount
from peakmix.solve.program import LinearProgram
from peakmix.solve.solution import Solution

BINDING = 1e-6
"""A row is at its bound when less than this share of it is left."""

PHYSICAL = ("limit", "share_limit", "market_cap", "conversion_cap", "stockpile_cap")
NUMBERS = ("level", "bound", "slack_left", "excess", "price", "rent")


@dataclass(frozen=True)
class PolicyRow:
    """One row of the policy sheet; ``period`` is 0 for a policy over all periods."""

    policy: str
    instrument: str
    component: str
    place: str
    case: str
    period: int
    level: float
    bound: float
    slack_left: float
    excess: float
    price: float
    unit: str
    price_unit: str
    binding: bool
    scope: str
    payer: str
    source: str


@dataclass(frozen=True)
class LimitRow:
    """One row of the sheet of physical limits."""

    component: str
    name: str
    what: str
    place: str
    period: int
    level: float
    bound: float
    rent: float
    unit: str
    rent_unit: str
    binding: bool


def policy_sheet(
    axes: Axes, recount: Recount, point: Point, lp: LinearProgram, solution: Solution
) -> list[PolicyRow]:
    """All policy rows of the programme, in its order."""
    blocks = recount.policies
    level, bound, excess = (point.by_label(block) for block in (blocks.level, blocks.bound, blocks.excess))
    sense = dict(zip(blocks.level.labels, blocks.level.sense.tolist(), strict=True))
    rows = []
    for component, index, dual in _rows(lp, solution):
        if not component.startswith("policy_"):
            continue
        label: Key = (component, *index)
        kept = (level.get(label, np.nan), bound.get(label, np.nan), excess.get(label, 0.0))
        rows += _policy_rows(axes, component, index, dual, kept, sense.get(label, 0))
    return rows


def _rows(lp: LinearProgram, solution: Solution) -> Iterator[tuple[str, Key, float]]:
    for component in lp.rows.components:
        span = span_of(lp.rows, component)
        for index, dual in zip(lp.rows.members[span], solution.row_dual[span].tolist(), strict=True):
            yield component, index, dual


def rows_of(axes: Axes, component: str, index: Key, sense: int) -> list[PolicyRow]:
    """What names the rows of the sheet that a row of the programme makes; their numbers are zero."""
    return _policy_rows(axes, component, index, 0.0, (0.0, 0.0, 0.0), sense)


def weight_kind(parameters: Parameters, component: str, policy: str) -> Weight:
    """Weight kind of a policy row: what its dual is divided by."""
    if component == "policy_pace":
        return "annual" if parameters.facts["policies"][policy].quantity == "activity" else "one_off"
    return row_weight(component)


def _policy_rows(
    axes: Axes, component: str, index: Key, dual: float, numbers: tuple[float, float, float], sense: int
) -> list[PolicyRow]:
    """One row, or one a period for a budget, whose one dual is a price in each of them."""
    parameters = axes.parameters
    name = str(index[0])
    policy = parameters.facts["policies"][name]
    place, case, period = where(component, index)
    unit, natural = policy_unit(parameters, name, policy)
    scale, kind = 1.0, weight_kind(parameters, component, name)
    if component == "policy_pace":
        scale = float(parameters["pace_now"][name, period])
    dated = parameters.facts["policy_periods"][name] if component == "policy_budget" else [period]
    dated = parameters.facts["finance"][name]["periods"] if component == "policy_finance_line" else dated
    level, bound, excess = (number / scale for number in numbers)
    relief = _relief(component, dual, sense)
    slack = sense * (bound + sense * excess - level) if sense else bound - level
    if component == "policy_swap_pool":
        bound, slack, sense = (bound if sense else 0.0), level, -1
    if component == "policy_voluntary":
        slack, excess, sense = sense * (bound - level), 0.0, 0
    price_unit = f"{axes.money}/{natural}"
    if kind == "one_off":
        price_unit = f"{axes.money}/({natural}/yr)"
    if policy.instrument == "finance":
        unit, price_unit = finance_units(parameters, component, index, axes.money)
    made, scope = [], scope_of(policy)
    for when in dated:
        price = scale * relief / weight(parameters, kind, when)
        made.append(
            PolicyRow(
                policy=name,
                instrument=policy.instrument,
                component=component,
                place=place,
                case=case,
                period=when,
                level=level,
                bound=bound,
                slack_left=slack,
                excess=excess,
                price=price + 0.0,
                unit=unit.replace("/yr", "") if kind == "period_total" else unit,
                price_unit=price_unit,
                binding=bool(sense and abs(slack) <= BINDING * max(1.0, abs(bound))),
                scope=scope,
                payer=payer_of(policy, scope),
                source=str(policy.source or ""),
            )
        )
    return made


def _relief(component: str, dual: float, sense: int) -> float:
    """What relaxing a row by one unit saves, from its dual.

    New capacity need not use up its credits, so the row that ties it to them counts in that one direction only: a dual
    of the other sign says that nothing is built, and zero is a valid dual as well.
    """
    if component == "policy_charged":
        return dual
    if component == "policy_swap_new":
        return max(0.0, -dual)
    return abs(dual) if sense else -dual


def where(component: str, index: Key) -> tuple[str, str, int]:
    """Place, case or technology, and period of a policy row."""
    if component == "policy_budget":
        return "", "", 0
    if component == "policy_finance_line":
        return "", str(index[1]), 0
    if component in ("policy_finance_link", "policy_finance_step"):
        return "", str(index[1]), int(index[2])
    if component == "policy_finance_share":
        return str(index[2]), f"{index[1]}, {index[3]}", int(index[4])
    if component in ("policy_pace", "policy_swap_new", "policy_finance_cover"):
        return str(index[1]), str(index[2]), int(index[3])
    by_account = component.startswith(("policy_allowance", "policy_carbon_bank")) and len(index) > 2
    if component in ("policy_swap_pool", "policy_swap_expiry", "policy_swap_no_growth") or by_account:
        return str(index[1]), "", int(index[2])
    return "", "", int(index[-1])


def row_weight(component: str) -> Weight:
    """Weight kind of a row component; annual where the vocabulary does not know it."""
    return word("row", component).weight if known("row", component) else "annual"


def finance_units(parameters: Parameters, component: str, index: Key, money: str) -> tuple[str, str]:
    """Units of level and price of a row of finance: money, the currency of a line, or the unit of an indicator."""
    stated = parameters.facts["finance"][index[0]]["units"].get((component, index[1]))
    if stated is not None:
        return str(stated[0]), str(stated[1])
    return (f"M{money}" if row_weight(component) == "one_off" else f"M{money}/yr"), f"{money}/{money}"


def policy_unit(parameters: Parameters, name: str, policy: Any) -> tuple[str, str]:
    """Yearly unit and natural unit of what a policy bounds."""
    facts = parameters.facts
    stated = facts.get("policy_unit", {}).get(name)
    if stated is not None:
        return str(stated[0]), str(stated[1])
    swap = facts.get("swap", {}).get(name)
    names = list(swap["group"]) if swap is not None else [
        t for g in policy.technologies or () for t in facts["groups"].get(g, (g,))
    ]  # fmt: skip
    made = [facts["product"][t] for t in names if t in facts["product"]]
    natural = str(facts["commodities"][made[0]]["unit"]) if made else "unit"
    return f"{million(natural)}/yr", natural


def limit_sheet(axes: Axes, lp: LinearProgram, solution: Solution) -> list[LimitRow]:
    """All limits of the tables: potentials, floors, shares, limits of markets, conversions and stockpiles."""
    made = []
    for component in PHYSICAL:
        span = span_of(lp.rows, component)
        columns = (a[span].tolist() for a in (solution.row_value, lp.row_lower, lp.row_upper, solution.row_dual))
        for index, level, lower, upper, dual in zip(lp.rows.members[span], *columns, strict=True):
            bound = upper if np.isfinite(upper) else lower
            name, what, place, period, natural = _limit_where(axes, component, index)
            kind: Weight = "one_off" if what.startswith(("additions", "net_additions")) else row_weight(component)
            money = f"{axes.money}/({natural}/yr)" if kind == "one_off" else f"{axes.money}/{natural}"
            made.append(
                LimitRow(
                    component=component,
                    name=name,
                    what=what,
                    place=place,
                    period=period,
                    level=level,
                    bound=bound,
                    rent=abs(dual) / weight(axes.parameters, kind, period),
                    unit=million(natural) if component == "stockpile_cap" else f"{million(natural)}/yr",
                    rent_unit=money,
                    binding=abs(bound - level) <= BINDING * max(1.0, abs(bound)),
                )
            )
    return made


def _limit_where(axes: Axes, component: str, index: Key) -> tuple[str, str, str, int, str]:
    """Name, what is limited, place, period and natural unit of a physical limit."""
    parameters: Parameters = axes.parameters
    facts = parameters.facts
    if component == "limit":
        name, quantity, group, node, _, period = index
        members = facts["groups"].get(group, (group,))
        hosts = [h for m, h in axes.measures if m == group]
        technology = next((t for t in (*members, *hosts) if t in facts["product"]), None)
        natural = axes.natural(axes.product(technology)) if technology else "unit"
        return str(name), f"{quantity} of {group}", str(node), int(period), natural
    if component == "market_cap":
        commodity = facts["market"][index[0]][0]
        return str(index[0]), f"volume of {commodity}", str(index[1]), int(index[2]), axes.natural(commodity)
    if component == "conversion_cap":
        source = facts["conversion"][index[1]][0]
        return str(index[1]), "conversion", str(index[0]), int(index[2]), axes.natural(axes.product(source))
    if component == "stockpile_cap":
        return str(index[1]), "stockpile", str(index[0]), int(index[2]), axes.natural(str(index[1]))
    terms = [t for limit, node, period, t in parameters.values.get("share_left", {}) if limit == index[0]]
    natural = axes.natural(axes.product(terms[0])) if terms else "unit"
    return str(index[0]), "share", str(index[1]), int(index[2]), natural


def columns(rows: list[Any], kind: type) -> dict[str, Any]:
    """A list of rows as arrays by field."""
    made: dict[str, Any] = {}
    for field in fields(kind):
        values = [getattr(row, field.name) for row in rows]
        if field.name in NUMBERS:
            made[field.name] = np.array(values, dtype=np.float64)
        elif field.name in ("period", "binding"):
            made[field.name] = np.array(values, dtype=np.int64)
        else:
            made[field.name] = text_array(values)
    return made
