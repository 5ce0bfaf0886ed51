"""Twin of the instrument finance: every draw is followed year by year until it is paid back.

draws     only on eligible investments in force; together at most what they cost, each line with its tranches at most its share
ceiling   all draws of a line and its tranches, in its currency at the exchange rate of the draw
budget    a year: investment, spread over the period, <= budget
own       a year: investment less draws, the service of every draw so far and of debt that stands <= own funds and a share of cash
link      draws of a tranche, or what is left of them, <= per_abatement x (reference - indicator)
cash      outputs less inputs at stated prices, running and fixed cost; at least cover x debt service
money     weight of the asset's capital x (present value of the debt service - 1) x draw, a transfer
"""

from __future__ import annotations

import numpy as np

from peakmix.audit.policies.common import Audit, by_period, in_force, in_unit
from peakmix.audit.policies.finance_debt import Life, capital_weight, earned, eligible, exchanged, invested
from peakmix.audit.report import Floats
from peakmix.scenario.fields import Quantity
from peakmix.scenario.finance import FinancePolicy, Strand

INSTRUMENT = "finance"
Pair = tuple[str, str]


def check(audit: Audit, name: str, policy: FinancePolicy) -> None:
    """Draws, lines, tranches, budgets, cash and interest of one policy."""
    case, calendar = audit.case, audit.calendar
    periods = in_force(calendar, policy.from_year, policy.to_year)
    strands = {strand.label: strand for strand in policy.strands()}
    spent = invested(audit, policy)
    covered: dict[Pair, Floats] = {}
    shared: dict[tuple[str, str, str], Floats] = {}
    drawn: dict[str, Floats] = {label: calendar.zeros() for label in strands}
    outside = np.ones(calendar.count, dtype=bool)
    outside[periods] = False
    for (owner, label, place, asset), amounts in case.decisions.all("loan_draw").items():
        if owner != name:
            continue
        pair: Pair = (str(place), str(asset))
        allowed = pair in spent and label in strands and eligible(audit, strands[label].terms, pair[1])
        case.tally.must_be_zero("policy finance: draw", (name, label, *pair), amounts, outside | (not allowed))
        if not allowed:
            continue
        drawn[label] = drawn[label] + amounts
        covered[pair] = covered.get(pair, calendar.zeros()) + amounts
        part = (strands[label].line, *pair)
        shared[part] = shared.get(part, calendar.zeros()) + amounts
        for k in np.flatnonzero(amounts).tolist():
            life = Life.of(strands[label].terms, strands[label].rate, calendar.first[k])
            above = life.present(calendar.rate) - 1
            audit.accounts.book("loan_interest", capital_weight(audit, *pair, k) * above * float(amounts[k]))
    _within(audit, name, policy, spent, covered, shared)
    _ceilings(audit, name, policy, drawn)
    service = _service(audit, policy, strands, drawn)
    _years(audit, name, policy, periods, case.sum(spent.values()), case.sum(drawn.values()), service)
    for strand in strands.values():
        _linked(audit, name, policy, strand, periods, drawn[strand.label])


def _within(
    audit: Audit,
    name: str,
    policy: FinancePolicy,
    spent: dict[Pair, Floats],
    covered: dict[Pair, Floats],
    shared: dict[tuple[str, str, str], Floats],
) -> None:
    """Loans within what assets cost, and within the share of each line."""
    first = audit.calendar.first
    for pair, amounts in covered.items():
        for k in np.flatnonzero(amounts).tolist():
            where, most = f"{name} {pair[0]} {pair[1]}", float(spent[pair][k])
            audit.bounded(where, INSTRUMENT, "cover", first[k], float(amounts[k]), most, True)
    for (line, place, asset), amounts in shared.items():
        for k in np.flatnonzero(amounts).tolist():
            where, most = f"{name} {line} {place} {asset}", policy.lines[line].share * float(spent[place, asset][k])
            audit.bounded(where, INSTRUMENT, "share", first[k], float(amounts[k]), most, True)


def _ceilings(audit: Audit, name: str, policy: FinancePolicy, drawn: dict[str, Floats]) -> None:
    """All draws of a line, in its currency."""
    first = np.array(audit.calendar.first, dtype=np.float64)
    for line, terms in policy.lines.items():
        if terms.ceiling is not None:
            unit = f"M{audit.case.data.money_unit}"
            most = terms.ceiling.value if terms.currency else in_unit(terms.ceiling, unit, audit.case.data)
            taken = sum(amounts for label, amounts in drawn.items() if label.split("/")[0] == line)
            audit.bounded(f"{name} {line}", INSTRUMENT, "line", 0, float(np.sum(taken / exchanged(terms, first))), most, True)


def _service(audit: Audit, policy: FinancePolicy, strands: dict[str, Strand], drawn: dict[str, Floats]) -> Floats:
    """Debt service of a year, of draws and of what stands (periods)."""
    calendar = audit.calendar
    total = calendar.zeros()
    for label, amounts in drawn.items():
        for k in np.flatnonzero(amounts).tolist():
            life = Life.of(strands[label].terms, strands[label].rate, calendar.first[k])
            total = total + life.served(calendar) * float(amounts[k])
    for debt in policy.legacy.values():
        total = total + _series(audit, debt.service, debt.between, f"M{audit.case.data.money_unit}/yr")
    return total


def _series(audit: Audit, amounts: dict[int, Quantity], between: str, unit: str) -> Floats:
    """A stated path by period."""
    return by_period({y: in_unit(q, unit, audit.case.data) for y, q in amounts.items()}, between, audit.calendar)


def _years(
    audit: Audit, name: str, policy: FinancePolicy, periods: list[int], spent: Floats, lent: Floats, service: Floats
) -> None:
    """Budget, own funds and cash of each year."""
    calendar, unit = audit.calendar, f"M{audit.case.data.money_unit}/yr"
    cash, share = calendar.zeros(), 0.0
    if policy.cash is not None:
        cash, share = earned(audit, policy, policy.cash), policy.cash.share or 0.0
        stated = audit.case.decisions.of("cash_flow", name)
        for k in periods:
            audit.case.tally.row("policy finance: cash", (name, calendar.first[k]), cash[k] - stated[k], float(abs(cash[k])))
            audit.line(name, INSTRUMENT, "cash", calendar.first[k], float(cash[k]), float(stated[k]), 0.0)
            if policy.cash.cover is not None:
                due = policy.cash.cover * float(service[k])
                audit.bounded(name, INSTRUMENT, "debt cover", calendar.first[k], due, float(cash[k]), True)
    if policy.budget is not None:
        budget = _series(audit, policy.budget, policy.between, unit)
        for k in periods:
            level = float(spent[k] / calendar.length[k])
            audit.bounded(name, INSTRUMENT, "budget", calendar.first[k], level, float(budget[k]), True)
    if policy.own_funds is not None or share:
        funds = calendar.zeros() if policy.own_funds is None else _series(audit, policy.own_funds, policy.between, unit)
        own = (spent - lent) / calendar.length + service - share * cash
        for k in periods:
            audit.bounded(name, INSTRUMENT, "own funds", calendar.first[k], float(own[k]), float(funds[k]), True)


def _linked(audit: Audit, name: str, policy: FinancePolicy, strand: Strand, periods: list[int], drawn: Floats) -> None:
    """A tranche within its abatement; the target of a step taken."""
    calendar, part, terms = audit.calendar, strand.tranche, strand.terms
    if part is None and terms.taken is not None:
        step = terms.steps[terms.taken]
        what = policy.scoped(step.indicator)
        level = audit.indicators.level(what)
        target = _series(audit, step.target, step.between, audit.indicators.unit(what)[0])
        for k in periods:
            audit.bounded(f"{name} {strand.label}", INSTRUMENT, "step", calendar.first[k], float(level[k]), float(target[k]), True)
    if part is None:
        return
    what = policy.scoped(part.indicator)
    unit, single = audit.indicators.unit(what)
    lent = in_unit(part.per_abatement, f"{audit.case.data.money_unit}/{single}", audit.case.data)
    saved = _series(audit, part.reference, part.between, unit) - audit.indicators.level(what)
    volume = drawn.copy()
    if part.counts == "outstanding":
        for k in np.flatnonzero(drawn).tolist():
            later = Life.of(terms, strand.rate, calendar.first[k]).owed(calendar)
            later[: k + 1] = 0.0
            volume = volume + later * float(drawn[k])
    for k in periods:
        where, most = f"{name} {strand.label}", float(lent * saved[k])
        audit.bounded(where, INSTRUMENT, "link", calendar.first[k], float(volume[k]), most, True)
