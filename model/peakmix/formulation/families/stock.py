"""Stock: vintages live, are closed early, converted or renewed.

Rows     stock_balance(region, technology, vintage, period)
             K[v,p] = g[v,p] K[v,p-1] - R[v,p] - sum_c F[c,v,p] + sum_c rho[c] F[c,v,p]   later periods of vintage v
             K[v,p] = S[v,p] K0[v]                                                        first period, existing
             K[v,p] = S[v,p] (entering capacity of p)                                     first period, built in p
         entering(region, technology, period)
             entering = new + sum_c rho[c] F[c,p] + sum_c rho[c] G[c,p]
         renewal_limit(region, technology, period)
             sum_c G[c,p] <= sum_v x[v,p] K[v,p-1]                         only what reaches its end of life is renewed
         conversion_cap(region, conversion, period)
             F[c,p] + G[c,p] <= limit
Symbols  K  live capacity                        Mt/yr   (region, technology, vintage, period)
         R  early retirement, alive at p         Mt/yr   (region, technology, vintage, period)
         F  conversion of live capacity          Mt/yr   (region, conversion, vintage, period)
         G  renewal of expiring capacity         Mt/yr   (region, conversion, period)
         g  carry = S[v,p] / S[v,p-1], x expiring share, rho target capacity per source capacity
Dual     renewal_limit, priced as a one-off right, in CNY per t/yr: worth of one more tonne of capacity that may be renewed
Traps    no closure in the base period nor in the period of building; a life shorter than its period serves its share
Source   design 3.2; REMIND #2323 and E4ST #369 for what goes wrong without live-stock bounds
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from peakmix.formulation.capacity_terms import added, added_parts, natural_end
from peakmix.formulation.model import Books, has_terms, total
from peakmix.formulation.modelling import pyo
from peakmix.formulation.registry import Family
from peakmix.parameters.container import Key, Parameters


def build(model: Any, parameters: Parameters) -> None:
    """Add the stock variables and rows."""
    books: Books = model.books
    live = [k for k in parameters.values.get("live", {}) if k[:3] in parameters.facts["tracked"]]
    stock = sorted(k for k in live if can_stand(parameters, k))
    model.new_capacity = pyo.Var(sorted(parameters.values.get("capital_charge", {})), bounds=(0, None))
    model.stock = pyo.Var(stock, bounds=(0, None))
    carried = set(parameters.values.get("carry", {}))
    base = parameters.horizon.base
    model.early_retirement = pyo.Var(
        [k for k in stock if k in carried and k[3] != base and _may_close(parameters, k)], bounds=(0, None)
    )
    _conversions(model, parameters, books)
    _entering(model, parameters)
    model.stock_balance = pyo.Constraint(stock, rule=lambda m, *k: _balance(m, parameters, books, k))
    _renewal_rows(model, parameters, books)
    _costs(model, parameters, books)


def _may_close(parameters: Parameters, key: Key) -> bool:
    rule = parameters.facts["retire"][key[1]]
    return rule == "all" or (rule == "existing" and key[:3] in parameters.facts["existing"])


def _conversions(model: Any, parameters: Parameters, books: Books) -> None:
    """Variables of conversions: live ones per vintage, renewals pooled."""
    live, pooled = [], []
    carried = set(parameters.values.get("carry", {}))
    for region, name, period in parameters.sets["conversions"]:
        source, _, draws, _ = parameters.facts["conversion"][name]
        if draws == "expiring":
            if can_expire(parameters, books, region, source, period):
                pooled.append((region, name, period))
            continue
        target, clock = parameters.facts["conversion"][name][1], parameters.facts["conversion"][name][3]
        for label in books.vintages[region, source, period]:
            received = clock == "reset" or (region, target, label, period) in carried
            if (region, source, label, period) in carried and (region, source, label, period) in model.stock and received:
                live.append((region, name, label, period))
    model.conversion = pyo.Var(live, bounds=(0, None))
    model.renewal = pyo.Var(pooled, bounds=(0, None))
    for region, name, label, period in live:
        source, target, _, clock = parameters.facts["conversion"][name]
        model.books.converted["out", region, source, label, period].append(name)
        if clock == "kept":
            model.books.converted["in", region, target, label, period].append(name)
        else:
            model.books.converted["entry", region, target, period].append((name, label))


def can_stand(parameters: Parameters, key: Key) -> bool:
    """Can this vintage hold anything: it stands, it may be built, or conversions may bring it?"""
    region, technology, label, _ = key
    if (region, technology, label) in parameters.facts["existing"]:
        return True
    return (region, technology, int(label)) in parameters.facts["entries"] or technology in parameters.facts["receives"]


def can_expire(parameters: Parameters, books: Books, region: str, technology: str, period: int) -> bool:
    """Can anything reach its end of life in this period: standing stock, or what an earlier period may have added?"""
    if (region, technology, period) in parameters.values.get("standing_expiring", {}):
        return True
    return bool(books.expiring[region, technology, period])


def _entering(model: Any, parameters: Parameters) -> None:
    """What conversions and renewals bring in: plain variables, or a summing row where a ratio is stated."""
    stated = parameters.values.get("conversion_ratio", {})
    plain: dict[Key, list[Any]] = defaultdict(list)
    scaled: dict[Key, list[Any]] = defaultdict(list)

    def bring(key: Key, name: str, variable: Any) -> None:
        ratio = stated.get((key[0], name, key[2]))
        if ratio is None:
            plain[key].append(variable)
        else:
            scaled[key].append(ratio * variable)

    for region, name, period in model.renewal:
        target = parameters.facts["conversion"][name][1]
        bring((region, target, period), name, model.renewal[region, name, period])
    for key, pairs in model.books.converted.items():
        if key[0] == "entry":
            for name, label in pairs:
                bring(key[1:], name, model.conversion[key[1], name, label, key[3]])
    index = sorted(scaled)
    model.books.brought = {k: v for k, v in plain.items() if k not in scaled}
    model.entering_capacity = pyo.Var(index, bounds=(0, None))

    def rule(m: Any, *key: Any) -> Any:
        new = [m.new_capacity[key]] if key in m.new_capacity else []
        return m.entering_capacity[key] == total([*new, *plain.get(key, []), *scaled[key]])

    model.entering = pyo.Constraint(index, rule=rule)


def _balance(model: Any, parameters: Parameters, books: Books, key: Key) -> Any:
    region, technology, label, period = key
    if key in parameters.values.get("opening_stock", {}):
        return model.stock[key] == parameters["opening_stock"][key]
    if key in parameters.values.get("entry", {}):
        variable = added(model, region, technology, period)
        if variable is None:
            return model.stock[key] == 0
        return model.stock[key] == parameters["entry"][key] * variable
    before = parameters.horizon.before(period)
    terms = [parameters["carry"][key] * model.stock[region, technology, label, before]]
    if key in model.early_retirement:
        terms.append(-1 * model.early_retirement[key])
    for name in books.converted.get(("out", *key), []):
        terms.append(-1 * model.conversion[region, name, label, period])
    for name in books.converted.get(("in", *key), []):
        element = parameters.get("conversion_ratio", (region, name, period), 1.0)
        terms.append(element * model.conversion[region, name, label, period])
    return model.stock[key] == total(terms)


def _renewal_rows(model: Any, parameters: Parameters, books: Books) -> None:
    sources = sorted({(r, parameters.facts["conversion"][n][0], p) for r, n, p in model.renewal})

    def rule(m: Any, region: str, technology: str, period: int) -> Any:
        names = [n for n in books.conversions[region, technology, period] if (region, n, period) in m.renewal]
        return total(m.renewal[region, n, period] for n in names) <= natural_end(m, books, region, technology, period)

    model.renewal_limit = pyo.Constraint(sources, rule=rule)

    def cap(m: Any, region: str, name: str, period: int) -> Any:
        source = parameters.facts["conversion"][name][0]
        moved = [m.renewal[region, name, period]] if (region, name, period) in m.renewal else []
        moved += [
            m.conversion[region, name, label, period]
            for label in books.vintages[region, source, period]
            if (region, name, label, period) in m.conversion
        ]
        expression = total(moved)
        if not has_terms(expression):
            return pyo.Constraint.Skip
        return expression <= parameters["conversion_limit"][region, name, period]

    model.conversion_cap = pyo.Constraint(sorted(parameters.values.get("conversion_limit", {})), rule=cap)


def _costs(model: Any, parameters: Parameters, books: Books) -> None:
    """Investment, hurdle mark-up, fixed cost, closure and conversion cost."""
    for key, variable in model.new_capacity.items():
        books.cost("investment", key, parameters["capital_charge"][key], variable)
        if key in parameters.values.get("hurdle_charge", {}):
            books.cost("hurdle_mark_up", key, parameters["hurdle_charge"][key], variable)
    for (region, technology, label, period), element in parameters.values.get("fixed_charge", {}).items():
        if (region, technology, label, period) in model.stock:
            parts = [model.stock[region, technology, label, period]]
        else:
            parts = added_parts(model, region, technology, int(label))
        for variable in parts:
            books.cost("fixed", (region, technology, period), element, variable)
    for key, variable in model.early_retirement.items():
        element = parameters.values.get("closure_charge", {}).get((key[0], key[1], key[3]))
        if element is not None:
            books.cost("closure", (key[0], key[1], key[3]), element, variable)
    for (region, name, period), variable in model.renewal.items():
        element = parameters["conversion_charge"][region, name, period]
        target = parameters.facts["conversion"][name][1]
        books.cost("conversion", (region, target, period), element, variable)
    for (region, name, _, period), variable in model.conversion.items():
        element = parameters["conversion_charge"][region, name, period]
        target = parameters.facts["conversion"][name][1]
        books.cost("conversion", (region, target, period), element, variable)


FAMILY = Family("stock", 10, ("stock_balance", "entering", "renewal_limit", "conversion_cap"), build)
