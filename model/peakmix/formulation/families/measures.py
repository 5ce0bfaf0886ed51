"""Measures: adopted host activity between today's penetration and what is applicable.

Rows     measure_stock(region, measure, host, period)      U[p] <= s[p] U[base] + sum_q a[q,p] M[q]
         measure_base(region, measure, host)               U[base] = penetration x A_host[base]
         measure_reach(region, measure, host, period)      U[p] <= applicability[p] A_host[p]
         measure_group(region, host, group, period)        sum_m U[m,p] <= A_host[p]
         measure_pace(region, measure, host, period)       M[p] <= rate n[p] K_host, standing at the start; a bound of M, or a
                                                           row where the rate is a lever
Symbols  U  adopted host activity                      Mt/yr   (region, measure, host, period)
         M  newly fitted host activity                 Mt/yr   (region, measure, host, period)
         s  share of today's fitted activity still alive, a  share of the measures fitted in q alive in p
Dual     measure_reach, annual, in CNY per t of host activity: worth of one more tonne on which the measure could be used
Traps    without a pinned base period nothing is sunk
Source   design 2 (measures) and 3.11; etmodel #2635 for the fallacy of adding savings
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from peakmix.formulation.capacity_terms import activity
from peakmix.formulation.model import Books, rows, total
from peakmix.formulation.modelling import pyo
from peakmix.formulation.registry import Family
from peakmix.parameters.container import Key, Parameters


def build(model: Any, parameters: Parameters) -> None:
    """Add adoption variables and rows; the base period is the pinned one, else the first."""
    books: Books = model.books
    horizon = parameters.horizon
    triples = parameters.sets["measures"]
    base = horizon.base
    start = base if base is not None else horizon.first[0]
    running = {(r, t, p) for r, t, _, p in model.activity}
    fitted: dict[Any, list[tuple[int, Any]]] = defaultdict(list)
    for (*key, q, p), element in parameters.values.get("measure_alive", {}).items():
        if (key[0], key[2], q) in running:
            fitted[*key, p].append((q, element))
    sunk_left = parameters.values.get("sunk_share", {})
    known = [
        (*k, p)
        for k in triples
        for p in horizon
        if (k[0], k[2], p) in running and ((base is not None and (*k, p) in sunk_left) or fitted[*k, p] or p == base)
    ]
    model.adopted = pyo.Var(known, bounds=(0, None))
    model.new_measure = pyo.Var(
        [k for k in sorted(parameters.values.get("measure_charge", {})) if (k[0], k[2], k[3]) in running],
        bounds=(0, None),
    )

    def stock(m: Any, region: str, measure: str, host: str, period: int) -> Any:
        key = (region, measure, host)
        terms = [element * m.new_measure[*key, q] for q, element in fitted[*key, period]]
        sunk = parameters.values.get("sunk_share", {}).get((*key, period))
        if sunk is not None and base is not None and (*key, base) in m.adopted:
            terms.append(sunk * m.adopted[*key, base])
        return m.adopted[*key, period] <= total(terms) if terms else m.adopted[*key, period] == 0

    def sunk(m: Any, region: str, measure: str, host: str) -> Any:
        share = parameters["penetration"][region, measure, host]
        host_activity = _host(m, books, region, host, start)
        return m.adopted[region, measure, host, base] == total(share * a for a in host_activity)

    def reach(m: Any, region: str, measure: str, host: str, period: int) -> Any:
        share = parameters["applicability"][region, measure, host, period]
        return m.adopted[region, measure, host, period] <= total(share * a for a in _host(m, books, region, host, period))

    later = [k for k in known if k[3] != base]
    model.measure_stock = pyo.Constraint(later, rule=stock)
    model.measure_base = pyo.Constraint([k for k in triples if (*k, base) in model.adopted] if base else [], rule=sunk)
    model.measure_reach = pyo.Constraint(later, rule=reach)
    for cell in sorted(parameters.values.get("adoption_rate", {})):
        cap_new_measure(model, parameters, cell)
    groups = {k: ms for k, ms in parameters.facts["exclusion"].items() if len(ms) > 1}

    def group(m: Any, region: str, host: str, name: str, period: int) -> Any:
        members = [m.adopted[region, k, host, period] for k in groups[region, host, name] if (region, k, host, period) in m.adopted]
        if len(members) < 2:
            return pyo.Constraint.Skip
        return total(members) <= activity(m, books, region, host, period)

    model.measure_group = pyo.Constraint([(*k, p) for k in sorted(groups) for p in horizon if p != base], rule=group)
    _costs(model, parameters, books, fitted)


def cap_new_measure(model: Any, parameters: Parameters, key: Key) -> None:
    """Bound newly fitted activity: a bound of the variable, or a row where the number is a lever."""
    if key not in model.new_measure:
        return
    element = parameters["adoption_rate"][key]
    if isinstance(element, float):
        model.new_measure[key].setub(element)
    else:
        rows(model, "measure_pace")[key] = model.new_measure[key] <= element


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


FAMILY = Family("measures", 30, ("measure_stock", "measure_base", "measure_reach", "measure_pace", "measure_group"), build)
