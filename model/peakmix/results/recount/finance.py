"""Loan lines, budgets, tranches and cash recounted; labels, senses and units as in the model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from peakmix.parameters.container import Key
from peakmix.results.recount.capacity import times, vintage
from peakmix.results.recount.indicators import indicator
from peakmix.results.recount.market import Row
from peakmix.results.recount.scope import Scope
from peakmix.results.recount.terms import Term

DRAW = "loan_draw"
COST = {"new_capacity": "overnight_cost", "conversion": "conversion_cost", "measure": "measure_cost"}
VARIABLE = {"new_capacity": "new_capacity", "measure": "new_measure"}


class Book:
    """Draws of one policy and what they pay for."""

    def __init__(self, scope: Scope, name: str) -> None:
        self.scope, self.name = scope, name
        self.facts = scope.parameters.facts["finance"][name]
        self.draws = [index for index in scope.variables.of(DRAW) if index[0] == name]
        self._converted: dict[Key, list[tuple[str, Key]]] = {}
        for component in ("conversion", "renewal"):
            for index in scope.variables.of(component):
                self._converted.setdefault((index[0], index[1], index[-1]), []).append((component, index))

    def taken(self, index: Key, factor: float = 1.0) -> list[Term]:
        """A draw."""
        return self.scope.term(None, (), DRAW, index, factor)

    def times(self, element: tuple[str, Key], asset: Key, factor: float = 1.0) -> list[Term]:
        """An element times the amount of an asset."""
        kind, key, _ = self.facts["assets"][asset]
        if kind == "conversion":
            return [(factor, element, move) for move in self._converted.get(key, [])]
        return self.scope.term(element[0], element[1], VARIABLE[kind], key, factor)

    def cost(self, asset: Key, factor: float = 1.0) -> list[Term]:
        """Investment in an asset, not discounted."""
        kind, key, _ = self.facts["assets"][asset]
        return self.times((COST[kind], key), asset, factor)

    def spent(self, period: int) -> list[Term]:
        """Investment of a year."""
        per_year = 1 / self.scope.parameters.horizon.n(period)
        return [term for asset in self.facts["assets"] if asset[2] == period for term in self.cost(asset, per_year)]

    def served(self, period: int, name: str = "loan_service") -> list[Term]:
        """Debt service of a year, or what the element makes of it."""
        terms: list[Term] = []
        for index in self.draws:
            key = (self.name, index[1], index[4], period)
            if key in self.scope.table(name):
                terms += self.scope.term(name, key, DRAW, index)
        return terms


def finance_rows(scope: Scope, name: str, policy: Any) -> Iterator[Row]:
    """Every row of one finance policy."""
    book = Book(scope, name)
    yield from _draw_rows(scope, book)
    for period in book.facts["periods"]:
        yield from _budget_rows(scope, book, period)
        if policy.cash is not None:
            cell = (name, period)
            yield ("policy_finance_cash", *cell), 0, scope.term(None, (), "cash_flow", cell), _cash(scope, book, period)
            if cell in scope.table("legacy_cover"):
                due = [*book.served(period, "loan_cover"), *scope.constant("legacy_cover", cell)]
                yield ("policy_finance_service", *cell), 1, due, scope.term(None, (), "cash_flow", cell)
    for strand in policy.strands():
        for period in book.facts["periods"]:
            yield from _linked(scope, book, policy, strand, period)


def _draw_rows(scope: Scope, book: Book) -> Iterator[Row]:
    """Draws against investment, shares and ceilings."""
    by_asset: dict[Key, list[Term]] = {}
    by_part: dict[Key, list[Term]] = {}
    by_line: dict[str, list[Term]] = {}
    for index in book.draws:
        line = book.facts["line"][index[1]]
        rate = ("loan_foreign", (book.name, line, index[4]))
        by_asset.setdefault(index[2:], []).extend(book.taken(index))
        by_part.setdefault((book.name, line, *index[2:]), []).extend(book.taken(index))
        foreign = rate[1] in scope.table("loan_foreign")
        by_line.setdefault(line, []).extend([(1.0, rate if foreign else None, (DRAW, index))])
    for asset, taken in by_asset.items():
        yield ("policy_finance_cover", book.name, *asset), 1, taken, book.cost(asset)
    for part, taken in by_part.items():
        if part in scope.table("loan_part"):
            yield ("policy_finance_share", *part), 1, taken, book.times(("loan_part", part), part[2:])
    for line, taken in by_line.items():
        if (book.name, line) in scope.table("loan_ceiling"):
            yield ("policy_finance_line", book.name, line), 1, taken, scope.constant("loan_ceiling", (book.name, line))


def _budget_rows(scope: Scope, book: Book, period: int) -> Iterator[Row]:
    """Own funds with debt that stands and cash, and the budget."""
    cell = (book.name, period)
    spent = book.spent(period)
    if cell in scope.table("investment_budget") and spent:
        yield ("policy_finance_budget", *cell), 1, spent, scope.constant("investment_budget", cell)
    if cell in scope.table("own_funds") or cell in scope.table("cash_share"):
        per_year = 1 / scope.parameters.horizon.n(period)
        used = [*spent, *(t for index in book.draws if index[4] == period for t in book.taken(index, -per_year))]
        used += book.served(period)
        if cell in scope.table("cash_share"):
            used += scope.term("cash_share", cell, "cash_flow", cell, -1.0)
        debt = scope.constant("legacy_service", cell)
        if used or debt:
            yield ("policy_finance_own", *cell), 1, [*used, *debt], scope.constant("own_funds", cell)


def _cash(scope: Scope, book: Book, period: int) -> list[Term]:
    """Margins of activity and measures less fixed cost."""
    terms: list[Term] = []
    for table, variable in (("cash_margin", "activity"), ("cash_measure", "adopted")):
        for key in scope.table(table):
            if (key[0], key[4]) == (book.name, period):
                terms += scope.term(table, key, variable, key[1:])
    inside = book.facts["cash"]
    for key in scope.table("cash_fixed"):
        if key[3] == period and key[0] in inside["regions"] and key[1] in inside["technologies"]:
            terms += times(("cash_fixed", key), vintage(scope, *key), -1.0)
    return terms + scope.constant("cash_standing", (book.name, period), -1.0)


def _linked(scope: Scope, book: Book, policy: Any, strand: Any, period: int) -> Iterator[Row]:
    """Tranches and steps."""
    key = (book.name, strand.label, period)
    if strand.tranche is not None:
        volume: list[Term] = []
        for index in book.draws:
            element = (book.name, index[1], index[4], period)
            if index[1] == strand.label and element in scope.table("loan_link"):
                volume += scope.term("loan_link", element, DRAW, index)
        level = indicator(scope, policy.scoped(strand.tranche.indicator), period)
        yield ("policy_finance_link", *key), 1, [*volume, *level], scope.constant("link_reference", key)
    elif strand.terms.taken is not None:
        level = indicator(scope, policy.scoped(strand.terms.steps[strand.terms.taken].indicator), period)
        yield ("policy_finance_step", *key), 1, level, scope.constant("step_target", key)


def finance_costs(scope: Scope) -> Iterator[tuple[str, str, int, list[Term]]]:
    """(cost component, place, period, terms): interest above the discount rate."""
    for index in scope.variables.of(DRAW):
        yield "loan_interest", index[2], index[4], scope.term("loan_charge", index, DRAW, index)
