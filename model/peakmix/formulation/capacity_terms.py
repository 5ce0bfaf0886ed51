"""Linear expressions of capacity that several families share.

A tracked vintage has its own stock variable; an untracked one is a share of what a period added, or of what stood at the
start. Each function returns a Pyomo expression in Mt/yr (millions of the product's natural unit a year).
"""

from __future__ import annotations

from typing import Any

from peakmix.formulation.model import Books, total


def added_parts(model: Any, region: str, technology: str, period: int) -> list[Any]:
    """Variables whose sum is the capacity that enters in a period: new build, and what conversions and renewals bring.

    Where a ratio other than one is stated the sum has its own variable, so that no two derived elements meet.
    """
    key = (region, technology, period)
    if key in model.entering_capacity:
        return [model.entering_capacity[key]]
    parts = list(model.books.brought.get(key, ()))
    return [*parts, model.new_capacity[key]] if key in model.new_capacity else parts


def added(model: Any, region: str, technology: str, period: int) -> Any:
    """Capacity that enters in a period as one expression, or None where nothing can."""
    parts = added_parts(model, region, technology, period)
    return total(parts) if parts else None


def vintage(model: Any, books: Books, region: str, technology: str, label: str, period: int) -> Any:
    """The variable behind a vintage: its stock where it is tracked, else what entered when it was built."""
    if (region, technology, label, period) in model.stock:
        return model.stock[region, technology, label, period]
    return added(model, region, technology, int(label))


def weighted_capacity(model: Any, books: Books, name: str, region: str, technology: str, period: int) -> Any:
    """Sum over vintages of the derived element ``name`` times capacity; ``live`` gives plain capacity."""
    terms = []
    table = books.parameters.values.get(name, {})
    for label in books.vintages[region, technology, period]:
        element = table.get((region, technology, label, period))
        variable = vintage(model, books, region, technology, label, period)
        if element is not None and variable is not None:
            terms.append(element * variable)
    return total(terms)


STANDING = {"live": "standing", "service": "standing_service", "floor": "standing_floor"}


def capacity(model: Any, books: Books, region: str, technology: str, period: int, name: str = "live") -> Any:
    """Capacity (live), largest output (service) or smallest output (floor) of a pair, untracked standing stock included."""
    standing = books.parameters.get(STANDING[name], (region, technology, period))
    return weighted_capacity(model, books, name, region, technology, period) + standing


def natural_end(model: Any, books: Books, region: str, technology: str, period: int) -> Any:
    """Capacity that reaches its end of life in a period, of what was neither closed early nor converted before."""
    horizon = books.parameters.horizon
    before = horizon.before(period)
    terms = []
    for label in books.expiring[region, technology, period]:
        element = books.parameters["expiring"][region, technology, label, period]
        if (region, technology, label, before) in model.stock:
            variable = model.stock[region, technology, label, before]
        else:
            variable = added(model, region, technology, int(label))
        if variable is not None:
            terms.append(element * variable)
    return total(terms) + books.parameters.get("standing_expiring", (region, technology, period))


def closures(model: Any, books: Books, region: str, technology: str, period: int) -> Any:
    """Early closures of a pair in a period."""
    return total(
        model.early_retirement[region, technology, label, period]
        for label in books.vintages[region, technology, period]
        if (region, technology, label, period) in model.early_retirement
    )


def renewed(model: Any, books: Books, region: str, technology: str, period: int) -> Any:
    """Capacity at its end of life that is renewed or converted on the site."""
    return total(
        model.renewal[region, name, period]
        for name in books.conversions[region, technology, period]
        if (region, name, period) in model.renewal
    )


def activity(model: Any, books: Books, region: str, technology: str, period: int) -> Any:
    """Activity of a pair, all cohorts."""
    return total(
        model.activity[region, technology, cohort, period]
        for cohort in books.cohorts.get((region, technology), [])
        if (region, technology, cohort, period) in model.activity
    )
