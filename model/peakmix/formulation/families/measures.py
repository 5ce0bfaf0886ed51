"""Measures: adopted host activity between today's penetration and what is applicable.

Rows     measure_stock(region, measure, host, period)      U[p] <= s[p] U[base] + sum_q a[q,p] M[q]
         measure_base(region, measure, host)               U[base] = penetration x A_host[base]
         measure_reach(region, measure, host, period)      U[p] <= applicability[p] A_host[p]
         measure_group(region, host, group, period)        sum_m U[m,p] <= A_host[p]
         measure_pace(region, measure, host, period)       M[p] <= rate n[p] A_host[base]
Symbols  U  adopted host activity                      Mt/yr   (region, measure, host, period)
         M  newly fitted host activity                 Mt/yr   (region, measure, host, period)
         s  share of today's fitted activity still alive, a  share of the measures fitted in q alive in p
Dual     measure_reach, annual, in CNY per t of host activity: worth of one more tonne on which the measure could be used
Traps    without a pinned base period nothing is sunk and adoption_rate is taken of the first period's host activity
Source   design 2 (measures) and 3.11; etmodel #2635 for the fallacy of adding savings
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import pyomo.environ as pyo

from peakmix.formulation.capacity_terms import activity
from peakmix.formulation.model import Books, total
from peakmix.formulation.registry import Family
from peakmix.parameters.container import Parameters


def build(model: Any, parameters: Parameters) -> None:
    """Add adoption variables and rows; the base period is the pinned one, else the first."""
    books: Books = model.books
    horizon = parameters.horizon
    rows = parameters.sets["measures"]
    base = horizon.base
    start = base if base is not None else horizon.first[0]
    model.adopted = pyo.Var([(*k, p) for k in rows for p in horizon], bounds=(0, None))
    model.new_measure = pyo.Var(sorted(parameters.values.get("measure_charge", {})), bounds=(0, None))
    fitted: dict[Any, list[tuple[int, Any]]] = defaultdict(list)
    for (*key, q, p), element in parameters.values.get("measure_alive", {}).items():
        fitted[*key, p].append((q, element))

    def stock(m: Any, region: str, measure: str, host: str, period: int) -> Any:
        key = (region, measure, host)
        terms = [element * m.new_measure[*key, q] for q, element in fitted[*key, period]]
        sunk = parameters.values.get("sunk_share", {}).get((*key, period))
        if sunk is not None and base is not None:
            terms.append(sunk * m.adopted[*key, base])
        return m.adopted[*key, period] <= total(terms) if terms else m.adopted[*key, period] == 0

    def sunk(m: Any, region: str, measure: str, host: str) -> Any:
        share = parameters["penetration"][region, measure, host]
        host_activity = _host(m, books, region, host, start)
        return m.adopted[region, measure, host, base] == total(share * a for a in host_activity)

    def reach(m: Any, region: str, measure: str, host: str, period: int) -> Any:
        share = parameters["applicability"][region, measure, host, period]
        return m.adopted[region, measure, host, period] <= total(share * a for a in _host(m, books, region, host, period))

    def pace(m: Any, region: str, measure: str, host: str, period: int) -> Any:
        rate = parameters["adoption_rate"][region, measure, host, period]
        return m.new_measure[region, measure, host, period] <= total(rate * a for a in _host(m, books, region, host, start))

    later = [(*k, p) for k in rows for p in horizon if p != base]
    model.measure_stock = pyo.Constraint(later, rule=stock)
    model.measure_base = pyo.Constraint(rows if base is not None else [], rule=sunk)
    model.measure_reach = pyo.Constraint(later, rule=reach)
    model.measure_pace = pyo.Constraint(
        [k for k in sorted(parameters.values.get("adoption_rate", {})) if k in model.new_measure], rule=pace
    )
    groups = {k: ms for k, ms in parameters.facts["exclusion"].items() if len(ms) > 1}

    def group(m: Any, region: str, host: str, name: str, period: int) -> Any:
        used = total(m.adopted[region, measure, host, period] for measure in groups[region, host, name])
        return used <= activity(m, books, region, host, period)

    model.measure_group = pyo.Constraint([(*k, p) for k in sorted(groups) for p in horizon if p != base], rule=group)
    _costs(model, parameters, books, fitted)


def _host(model: Any, books: Books, region: str, host: str, period: int) -> list[Any]:
    """Activity variables of the host."""
    return [
        model.activity[region, host, cohort, period]
        for cohort in books.cohorts.get((region, host), [])
        if (region, host, cohort, period) in model.activity
    ]


def _costs(model: Any, parameters: Parameters, books: Books, fitted: dict[Any, list[tuple[int, Any]]]) -> None:
    for key, variable in model.new_measure.items():
        books.cost("measure_investment", key, parameters["measure_charge"][key], variable)
    for key, variable in model.adopted.items():
        for name in ("measure_variable", "measure_fixed"):
            element = parameters.values.get(name, {}).get(key)
            if element is not None:
                books.cost(name, key, element, variable)


FAMILY = Family(
    "measures", 30, ("measure_stock", "measure_base", "measure_reach", "measure_pace", "measure_group"), build
)
