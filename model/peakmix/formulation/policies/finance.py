"""Finance: new capacity is paid from own funds and from loan lines, whose debt is served to the end.

Rows     policy_finance_cover(policy, region, technology, period)        sum over lines of G <= I
         policy_finance_share(policy, line, region, technology, period)  G <= share I        lines with a share below 1
         policy_finance_line(policy, line)                               sum over assets and periods of G <= ceiling
         policy_finance_own(policy, period)
             (I - G) / n_p + sum over draws of q <= p of a y[q,p] / n_p G <= own funds        if own funds are given
Symbols  I  investment in new capacity, not discounted, c N    M money   (region, technology, period)
         G  draw on a line, by asset                           M money   (policy, line, region, technology, period)
         a  level debt service per unit drawn, r / (1 - (1+r)^-L), in the L years after the first year of the period
         y[q,p]  years of p in which a draw of q is served
         objective  sigma d_p (a sum_{j=1..L} (1+i)^-j - 1) G, a transfer: interest above the discount rate; with sigma d_p
         the weight of the asset's own capital charge; without draws nothing is added
Dual     policy_finance_line, one-off, in money per money drawn: worth of one more yuan on the line, dated to each period;
         policy_finance_own, annual: worth of one more yuan a year of own funds
Traps    a line below the discount rate is drawn even where nobody is short of funds; debt beyond the horizon is charged by the
         asset's share of the horizon, while own funds see only the years inside; conversions and measures take no part
Source   design 3.12 and section 4
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from peakmix.formulation.model import has_terms, total
from peakmix.formulation.policies.common import converted, periods_of, rows, value_in, variables
from peakmix.formulation.registry import Instrument
from peakmix.parameters.container import Key, Parameters
from peakmix.parameters.refuse import refuse

COMPONENT = "loan_interest"


def level_service(rate: float, tenor: int) -> float:
    """Yearly debt service of one unit drawn, paid at the end of each of ``tenor`` years."""
    return 1 / tenor if rate == 0 else rate / (1 - (1 + rate) ** -tenor)


def derive(policy_id: str, policy: Any, parameters: Parameters, context: Any) -> None:
    """Charges, shares and debt service of draws; own funds by period; ceilings of lines."""
    periods = periods_of(policy, parameters)
    if not periods:
        raise refuse(
            f"policies.{policy_id} holds in no period",
            rule="a policy takes effect in the first period that starts at or after its year",
            fix="move from_year or to_year so that a period starts between them",
        )
    money, horizon = f"M{context.money}", parameters.horizon
    parameters.facts.setdefault("policy_unit", {})[policy_id] = (f"{money}/yr", context.money)
    assets = _assets(policy, parameters, context, periods)
    parameters.facts.setdefault("finance", {})[policy_id] = {"periods": periods, "assets": assets}
    for line, terms in policy.lines.items():
        chosen = None if terms.technologies is None else {t for name in terms.technologies for t in context.expand(name)}
        service = level_service(terms.rate, terms.tenor)
        worth = service * sum((1 + horizon.rate) ** -j for j in range(1, terms.tenor + 1))
        for asset in [a for a in assets if chosen is None or a[1] in chosen]:
            cost, charge = parameters["overnight_cost"][asset], parameters["capital_charge"][asset]
            parameters.put("loan_charge", (policy_id, line, *asset), charge / cost * (worth - 1))
            if terms.share < 1:
                parameters.put("loan_part", (policy_id, line, *asset), terms.share * cost)
        for drawn in periods:
            for period in [p for p in periods if p >= drawn]:
                years = sum(drawn < year <= drawn + terms.tenor for year in horizon.years(period))
                if years:
                    parameters.put("loan_service", (policy_id, line, drawn, period), service * years / horizon.n(period))
        if terms.ceiling is not None:
            ceiling = converted(policy_id, f"lines.{line}.ceiling", terms.ceiling, money, context)
            parameters.put("loan_ceiling", (policy_id, line), ceiling)
    if policy.own_funds is not None:
        funds = {y: converted(policy_id, "own_funds", q, f"{money}/yr", context) for y, q in policy.own_funds.items()}
        for period in periods:
            parameters.put("own_funds", (policy_id, period), value_in(funds, period, parameters, policy.between))


def _assets(policy: Any, parameters: Parameters, context: Any, periods: list[int]) -> list[Key]:
    """New capacity of the scope that costs something: (region, technology, period)."""
    regions = set(parameters.regions_of(policy.location))
    chosen = None if policy.technologies is None else {t for name in policy.technologies for t in context.expand(name)}
    sector = parameters.facts["sector"]
    return [
        key
        for key, cost in parameters.values.get("overnight_cost", {}).items()
        if key[0] in regions
        and (chosen is None or key[1] in chosen)
        and (policy.sectors is None or sector[key[1]] in policy.sectors)
        and key[2] in periods
        and cost > 0
    ]


def build(model: Any, parameters: Parameters, policy_id: str, policy: Any) -> None:
    """Add draws, their charges and the rows that bound them."""
    facts = parameters.facts["finance"][policy_id]
    draw = variables(model, "loan_draw")
    by_asset: dict[Key, list[Any]] = defaultdict(list)
    by_line: dict[str, list[Any]] = defaultdict(list)
    by_time: dict[tuple[str, int], list[Any]] = defaultdict(list)
    for key in [k for k in parameters.values.get("loan_charge", {}) if k[0] == policy_id]:
        line, asset = key[1], key[2:]
        draw.add(key)
        model.books.cost(COMPONENT, key, parameters["loan_charge"][key], draw[key])
        by_asset[asset].append(draw[key])
        by_line[line].append(draw[key])
        by_time[line, asset[2]].append(draw[key])
        part = parameters.values.get("loan_part", {}).get(key)
        if part is not None:
            left = draw[key] - part * model.new_capacity[asset]
            rows(model, "policy_finance_share")[key] = left <= 0
    for asset, draws in by_asset.items():
        left = total(draws) - parameters["overnight_cost"][asset] * model.new_capacity[asset]
        rows(model, "policy_finance_cover")[policy_id, *asset] = left <= 0
    for line, draws in by_line.items():
        ceiling = parameters.values.get("loan_ceiling", {}).get((policy_id, line))
        if ceiling is not None:
            rows(model, "policy_finance_line")[policy_id, line] = total(draws) <= ceiling
    for period in facts["periods"] if policy.own_funds is not None else ():
        _own(model, parameters, policy_id, facts, period, by_time)


def _own(model: Any, parameters: Parameters, policy_id: str, facts: Any, period: int, drawn: Any) -> None:
    """Own funds of a year: what loans do not cover, and debt service."""
    years = parameters.horizon.n(period)
    cost = parameters["overnight_cost"]
    terms = [1 / years * (cost[a] * model.new_capacity[a]) for a in facts["assets"] if a[2] == period]
    terms += [-1 / years * g for (_, when), draws in drawn.items() if when == period for g in draws]
    for (line, when), draws in drawn.items():
        service = parameters.values.get("loan_service", {}).get((policy_id, line, when, period))
        if service is not None:
            terms += [service * g for g in draws]
    left = total(terms)
    if has_terms(left):
        rows(model, "policy_finance_own")[policy_id, period] = left <= parameters["own_funds"][policy_id, period]


INSTRUMENT = Instrument(
    "finance",
    ("policy_finance_cover", "policy_finance_share", "policy_finance_line", "policy_finance_own"),
    derive,
    build,
    books=("policy_finance_cover",),
)
