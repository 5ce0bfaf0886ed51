"""Finance: investment is paid from own funds and from loan lines, whose debt is served to the end.

Rows     policy_finance_cover(policy, region, asset, period)        sum over lines of G <= I
         policy_finance_share(policy, line, region, asset, period)  G, tranches included, <= share I   lines with a share below 1
         policy_finance_line(policy, line)                          sum over assets and periods of G / x[p] <= ceiling
         policy_finance_own(policy, period)
             (I - G) / n_p + sum over draws of q <= p of S[q,p] G + legacy[p] - alpha cash[p] <= own funds
         policy_finance_budget(policy, period)                      I / n_p <= budget
         policy_finance_link(policy, line, period)                  sum over q <= p of l[q,p] G / phi + E[p] <= E_ref[p]   tranches
         policy_finance_step(policy, line, period)                  E[p] <= target[p]                  the step that is taken
         policy_finance_cash(policy, period)                        cash = sum m A + sum m_U U - sum f K
         policy_finance_service(policy, period)                     cover (sum S[q,p] G + legacy[p]) <= cash[p]
Symbols  I  investment, not discounted: c N, conversions, measures   M money   (region, asset, period)
         G  draw on a line or tranche, by asset                 M money   (policy, line, region, asset, period)
         S[q,p]  debt service in p of a unit drawn in q: interest in grace, then level or equal parts; x[y]/x[q] in a currency
         x  money for one unit of the line's currency           1         by year; 1 in the money of the model
         l[q,p]  1 in the period of drawing; with counts: outstanding, what is left of it in later ones
         phi  money lent for one unit of abatement a year       money/t   E, E_ref in the indicator's yearly unit
         m  margin of activity A and of adopted measures U at stated prices, f  fixed cost of capacity K
         objective  sigma d_p (sum over years k of S x (1+i)^-k - 1) G, a transfer: interest above the discount rate; with
         sigma d_p the weight of the asset's own capital charge; without draws nothing is added
Dual     policy_finance_line, one-off, in money per unit of the line's currency: worth of one more yuan on the line, dated to
         each period; policy_finance_own and policy_finance_budget, annual: worth of one more yuan a year of own funds, of
         room to invest; policy_finance_link, annual, in money per natural unit: worth of one more unit of abatement to the
         tranche; policy_finance_step: what one unit above the target would save; policy_finance_service, annual: worth of
         one more yuan of cash a year
Traps    a line below the discount rate is drawn even where nobody is short of funds; debt beyond the horizon is charged by the
         asset's share of the horizon, while own funds see only the years inside; a tranche bounds its indicator by the
         reference, as no volume lies below zero; rates of the whole loan are a discrete choice, `peakmix loan-steps`
Source   design 3.12, 3.13 and section 4
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

from peakmix.formulation.capacity_terms import weighted_capacity
from peakmix.formulation.indicators import express
from peakmix.formulation.model import filled, has_terms, total
from peakmix.formulation.modelling import pyo
from peakmix.formulation.policies.common import rows, variables
from peakmix.formulation.policies.finance_numbers import COST, derive
from peakmix.formulation.registry import Instrument
from peakmix.parameters.container import Key, Parameters

COMPONENT = "loan_interest"


@dataclass
class Draws:
    """Draws of one policy by asset, by line and by strand and period of drawing."""

    by_asset: dict[Key, list[Any]] = field(default_factory=lambda: defaultdict(list))
    by_part: dict[Key, list[Any]] = field(default_factory=lambda: defaultdict(list))
    by_line: dict[Key, list[Any]] = field(default_factory=lambda: defaultdict(list))
    by_time: dict[Key, list[Any]] = field(default_factory=lambda: defaultdict(list))


def build(model: Any, parameters: Parameters, policy_id: str, policy: Any) -> None:
    """Add draws, their charges and the rows that bound them."""
    facts = parameters.facts["finance"][policy_id]
    converted: dict[Key, list[Any]] = defaultdict(list)
    for index, variable in model.conversion.items():
        converted[index[0], index[1], index[3]].append(variable)
    invested = {asset: _variables(model, kind, key, converted) for asset, (kind, key, _) in facts["assets"].items()}
    draws = _draws(model, parameters, policy_id, facts, invested)

    def paid(asset: Key, element: Any) -> Any:
        return total(element * variable for variable in invested[asset])

    for asset, drawn in draws.by_asset.items():
        kind, key, _ = facts["assets"][asset]
        rows(model, "policy_finance_cover")[policy_id, *asset] = total(drawn) - paid(asset, parameters[COST[kind]][key]) <= 0
    for part, drawn in draws.by_part.items():
        if part in parameters.values.get("loan_part", {}):
            rows(model, "policy_finance_share")[part] = total(drawn) - paid(part[2:], parameters["loan_part"][part]) <= 0
    foreign = parameters.values.get("loan_foreign", {})
    for (line,), _ in draws.by_line.items():
        if (policy_id, line) in parameters.values.get("loan_ceiling", {}):
            terms = []
            for (label, when), drawn in draws.by_time.items():
                if facts["line"][label] == line:
                    rate = foreign.get((policy_id, line, when))
                    terms += [g if rate is None else rate * g for g in drawn]
            rows(model, "policy_finance_line")[policy_id, line] = total(terms) <= parameters["loan_ceiling"][policy_id, line]
    spent = {p: _spent(parameters, facts, invested, p) for p in facts["periods"]}
    if policy.cash is not None:
        _cash(model, parameters, policy_id, facts, draws)
    for period in facts["periods"]:
        _budgets(model, parameters, policy_id, period, spent[period], draws)
    _linked(model, parameters, policy_id, policy, facts, draws)


def _variables(model: Any, kind: str, key: Key, converted: dict[Key, list[Any]]) -> list[Any]:
    """The variables whose amount is the asset: one, or a conversion of each vintage and its renewal."""
    if kind == "new_capacity":
        return [model.new_capacity[key]]
    if kind == "measure":
        return [model.new_measure[key]] if key in model.new_measure else []
    return [*converted.get(key, ()), *([model.renewal[key]] if key in model.renewal else [])]


def _draws(model: Any, parameters: Parameters, policy_id: str, facts: Any, invested: dict[Key, list[Any]]) -> Draws:
    """Variables of draws with their charge, in the orders that rows ask for."""
    made, draw = Draws(), variables(model, "loan_draw")
    for key in [k for k in parameters.values.get("loan_charge", {}) if k[0] == policy_id and invested[k[2:]]]:
        label, asset = key[1], key[2:]
        draw.add(key)
        model.books.cost(COMPONENT, key, parameters["loan_charge"][key], draw[key])
        made.by_asset[asset].append(draw[key])
        made.by_part[policy_id, facts["line"][label], *asset].append(draw[key])
        made.by_line[facts["line"][label],].append(draw[key])
        made.by_time[label, asset[2]].append(draw[key])
    return made


def _spent(parameters: Parameters, facts: Any, invested: dict[Key, list[Any]], period: int) -> list[Any]:
    """Terms of a year's investment."""
    per_year = 1 / parameters.horizon.n(period)
    return [
        per_year * (parameters[COST[kind]][key] * variable)
        for asset, (kind, key, _) in facts["assets"].items()
        if asset[2] == period
        for variable in invested[asset]
    ]


def _served(parameters: Parameters, policy_id: str, period: int, draws: Draws, name: str = "loan_service") -> list[Any]:
    """Terms of a year's debt service, times what the element says."""
    table = parameters.values.get(name, {})
    return [
        table[policy_id, label, when, period] * g
        for (label, when), drawn in draws.by_time.items()
        if (policy_id, label, when, period) in table
        for g in drawn
    ]


def _budgets(model: Any, parameters: Parameters, policy_id: str, period: int, spent: list[Any], draws: Draws) -> None:
    """Own funds and budget of a year."""
    cell = (policy_id, period)
    if cell in parameters.values.get("investment_budget", {}):
        left = total(spent)
        if has_terms(left):
            rows(model, "policy_finance_budget")[cell] = left <= parameters["investment_budget"][cell]
    share = parameters.values.get("cash_share", {}).get(cell)
    if cell not in parameters.values.get("own_funds", {}) and share is None:
        return
    per_year = 1 / parameters.horizon.n(period)
    lent = [-per_year * g for (_, when), drawn in draws.by_time.items() if when == period for g in drawn]
    left = total([*spent, *lent, *_served(parameters, policy_id, period, draws)])
    if share is not None:
        left = left - share * model.cash_flow[cell]
    debt = parameters.values.get("legacy_service", {}).get(cell)
    if has_terms(left) or debt is not None:
        left = filled(model, left) if debt is None else filled(model, left) + debt
        rows(model, "policy_finance_own")[cell] = left <= parameters.get("own_funds", cell)


def _cash(model: Any, parameters: Parameters, policy_id: str, facts: Any, draws: Draws) -> None:
    """Cash of a year, and what it covers."""
    if not hasattr(model, "cash_flow"):
        model.cash_flow = pyo.Var(pyo.Any, dense=False)
    scope = facts["cash"]
    pairs = sorted({(r, t) for r, t, _, _ in parameters["flow"] if r in scope["regions"] and t in scope["technologies"]})
    for period in facts["periods"]:
        cell = (policy_id, period)
        model.cash_flow.add(cell)
        terms = [
            element * model.activity[key[1:]]
            for key, element in parameters["cash_margin"].items()
            if (key[0], key[4]) == cell and key[1:] in model.activity
        ]
        terms += [
            element * model.adopted[key[1:]]
            for key, element in parameters.values.get("cash_measure", {}).items()
            if (key[0], key[4]) == cell and key[1:] in model.adopted
        ]
        terms += [-1 * weighted_capacity(model, model.books, "cash_fixed", region, name, period) for region, name in pairs]
        earned = total(terms) - parameters["cash_standing"][cell]
        rows(model, "policy_finance_cash")[cell] = model.cash_flow[cell] - earned == 0
        if cell in parameters.values.get("legacy_cover", {}):
            due = total(_served(parameters, policy_id, period, draws, "loan_cover")) + parameters["legacy_cover"][cell]
            rows(model, "policy_finance_service")[cell] = due - model.cash_flow[cell] <= 0


def _linked(model: Any, parameters: Parameters, policy_id: str, policy: Any, facts: Any, draws: Draws) -> None:
    """Tranches within verified abatement, and the target of a step taken."""
    for strand in policy.strands():
        for period in facts["periods"]:
            key = (policy_id, strand.label, period)
            if strand.tranche is not None:
                volume = [
                    element * g
                    for (name, label, drawn, when), element in parameters["loan_link"].items()
                    if (name, label, when) == (policy_id, strand.label, period)
                    for g in draws.by_time[label, drawn]
                ]
                level = express(model, model.books, policy.scoped(strand.tranche.indicator), period)
                rows(model, "policy_finance_link")[key] = filled(model, total(volume) + level) <= parameters["link_reference"][key]
            elif strand.terms.taken is not None:
                step = strand.terms.steps[strand.terms.taken]
                level = express(model, model.books, policy.scoped(step.indicator), period)
                rows(model, "policy_finance_step")[key] = filled(model, level) <= parameters["step_target"][key]


INSTRUMENT = Instrument(
    "finance",
    (
        "policy_finance_cover", "policy_finance_share", "policy_finance_line", "policy_finance_own", "policy_finance_budget",
        "policy_finance_link", "policy_finance_step", "policy_finance_cash", "policy_finance_service",
    ),
    derive,
    build,
    books=("policy_finance_cover", "policy_finance_cash"),
)  # fmt: skip
