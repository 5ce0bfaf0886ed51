"""Service: what capacity can and must put out.

Rows     capacity_limit(region, technology, period)   sum_k A[k,p] <= sum_v u[p] K[v,p]
         vintage_limit(region, technology, vintage, period)   A[v,p] <= u[p] K[v,p]   where the recipe belongs to the vintage
         minimum_run(region, technology, period)      sum_k A[k,p] >= m[p] sum_v K[v,p]
Symbols  A  activity                   Mt/yr   (region, technology, cohort, period); cohort is "all" or a vintage
         K  live capacity              Mt/yr   (region, technology, vintage, period)
         u  availability, m  minimum utilisation
Dual     capacity_limit, annual, in CNY per t of yearly output: scarcity rent of a tonne of capacity in that year
Traps    minimum_run binds live capacity, after closures: closing is the way out
Source   design 3.2; REMIND #2323 (free utilisation lets old plants vanish too fast)
"""

from __future__ import annotations

from typing import Any

from peakmix.formulation import capacity_terms
from peakmix.formulation.model import ALL, Books, has_terms
from peakmix.formulation.modelling import pyo
from peakmix.formulation.registry import Family
from peakmix.parameters.container import Parameters


def build(model: Any, parameters: Parameters) -> None:
    """Add activity and the rows that tie it to capacity."""
    books: Books = model.books
    held, possible = parameters.facts["capacity"], parameters.facts["possible"]
    service = parameters.values.get("service", {})
    index, by_vintage, pooled = [], [], []
    for (region, technology), cohorts in books.cohorts.items():
        for cohort in cohorts:
            for period in parameters.horizon:
                if held[technology] and (region, technology, period) not in possible:
                    continue
                if not held[technology] or cohort == ALL:
                    index.append((region, technology, cohort, period))
                elif (region, technology, cohort, period) in model.stock:
                    index.append((region, technology, cohort, period))
                    by_vintage.append((region, technology, cohort, period))
        if held[technology] and cohorts == [ALL]:
            pooled += [(region, technology, p) for p in parameters.horizon if (region, technology, p) in possible]
    model.activity = pyo.Var(index, bounds=(0, None))

    def limit(m: Any, region: str, technology: str, period: int) -> Any:
        return m.activity[region, technology, ALL, period] <= capacity_terms.capacity(
            m, books, region, technology, period, "service"
        )

    def vintage(m: Any, region: str, technology: str, label: str, period: int) -> Any:
        key = (region, technology, label, period)
        return m.activity[key] <= service[key] * m.stock[key]

    def least(m: Any, region: str, technology: str, period: int) -> Any:
        floor = capacity_terms.capacity(m, books, region, technology, period, "floor")
        if not has_terms(floor) and floor == 0:
            return pyo.Constraint.Skip
        return capacity_terms.activity(m, books, region, technology, period) >= floor

    model.capacity_limit = pyo.Constraint(pooled, rule=limit)
    model.vintage_limit = pyo.Constraint(by_vintage, rule=vintage)
    floors = {(r, t, p) for r, t, _, p in parameters.values.get("floor", {})}
    floors |= set(parameters.values.get("standing_floor", {}))
    floors = {k for k in floors if k[2] != parameters.horizon.base}
    model.minimum_run = pyo.Constraint(sorted(floors), rule=least)
    for region, technology, cohort, period in index:
        element = parameters.values.get("variable_charge", {}).get((region, technology, period))
        if element is not None:
            variable = model.activity[region, technology, cohort, period]
            books.cost("variable", (region, technology, period), element, variable)


FAMILY = Family("service", 20, ("capacity_limit", "vintage_limit", "minimum_run"), build)
