"""The payer's account: who bears every term of the objective, and who receives what is only passed on.

    system cost = sum over all payers                         transfers stand twice, at who pays and, below zero, at who receives
    objective   = sum over all payers but government, lender and investor, less debt service of plants that stand at the start

Sectors pay what their own works cost. What a place buys, sells, moves or stores is shared by the sectors that take (or give) the
commodity there, in proportion; where none does it is bought for delivery and stands under ``delivery``. A price on an
indicator is paid by those who make up the indicator, cell by cell, to the government of their place or of the counterparty;
the excess over a soft limit and the accounts of a market likewise, in proportion. Loans are booked as the draw, which the
lender pays, and the debt service, which it receives: their difference is the interest above the discount rate of the
objective.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from peakmix.foundation.vocabulary import of_kind
from peakmix.parameters.container import Key
from peakmix.results.axes import OTHERS, Axes, text_array
from peakmix.results.extract import span_of
from peakmix.results.recount.costs import UNPLACED
from peakmix.results.recount.indicators import indicator
from peakmix.results.recount.recount import Point, Recount
from peakmix.results.recount.terms import Term
from peakmix.solve.program import FloatArray, LinearProgram
from peakmix.solve.solution import Solution

DELIVERY, GOVERNMENT, LENDER, INVESTOR, UNKNOWN = OTHERS
RECEIVER = {"hurdle_mark_up": INVESTOR}
"""Who receives a transfer; government where nothing is said."""
OWNED = ("activity", "new_capacity", "stock", "early_retirement", "entering_capacity")
HOSTED = ("adopted", "new_measure")

Parts = dict[tuple[str, str], float]
"""Amount by (payer, place)."""


class PayerAccount:
    """Cost by payer, place, component and period while it is put together; million money, discounted."""

    def __init__(self, axes: Axes, recount: Recount, point: Point, lp: LinearProgram, net_use: FloatArray) -> None:
        self.axes, self.recount, self.point, self.lp = axes, recount, point, lp
        self.parameters = axes.parameters
        self.facts = axes.parameters.facts
        self.net_use = net_use
        self.dims = [axes[dim] for dim in ("payer", "cost_place", "payer_component", "period")]
        self.array: FloatArray = np.zeros([len(labels) for labels in self.dims])
        self._mixes: dict[Key, Parts] = {}

    def put(self, payer: str, place: str, component: str, period: Any, amount: float) -> None:
        """Book an amount at a payer."""
        where = zip(self.dims, (payer, place, component, period), strict=True)
        self.array[tuple(labels.position[name] for labels, name in where)] += amount

    def share(self, parts: Parts, component: str, period: Any, amount: float) -> None:
        """Book an amount at all who make up something."""
        for (payer, place), part in parts.items():
            self.put(payer, place, component, period, part * amount)

    def takers(self, place: str, commodity: str, period: Any, gives: bool) -> Parts:
        """Shares of the sectors that take (or give) a commodity in a place."""
        key = ("takers", place, commodity, period, gives)
        if key not in self._mixes:
            where = [self.axes[d].position[n] for d, n in (("region", place), ("commodity", commodity), ("period", period))]
            net = self.net_use[where[0], :, where[1], where[2]] * (-1.0 if gives else 1.0)
            taken = np.where(net > 1e-9, net, 0.0)
            names = self.axes["sector"].names
            shares = {(str(names[k]), place): float(taken[k] / taken.sum()) for k in np.flatnonzero(taken).tolist()}
            self._mixes[key] = shares or {(DELIVERY, place): 1.0}
        return self._mixes[key]

    def bearers(self, component: str, index: Key) -> Parts:
        """Who stands behind a variable: shares that sum to one."""
        sector, period = self.facts["sector"], index[-1]
        if component in OWNED:
            return {(sector[index[1]], index[0]): 1.0}
        if component in HOSTED:
            return {(sector[index[2]], index[0]): 1.0}
        if component in ("conversion", "renewal"):
            return {(sector[self.facts["conversion"][index[1]][1]], index[0]): 1.0}
        if component == "loan_draw":
            return {(sector[self.facts["finance"][index[0]]["assets"][index[2:]][2]], index[2]): 1.0}
        if component == "market_volume":
            commodity, direction, _ = self.facts["market"][index[1]]
            return self.takers(index[0], commodity, period, direction != "buy")
        if component == "trade":
            return self.takers(index[2], index[0], period, False)
        if component == "stockpile":
            return self.takers(index[0], index[1], period, True)
        if component in ("policy_charge", "policy_excess") or component.startswith("allowance_"):
            account = index[1] if component.startswith("allowance_") else None
            return self.mix(str(index[0]), period, account, component == "policy_charge")
        return {(UNKNOWN, UNPLACED): 1.0}

    def mix(self, name: str, period: Any, account: Any = None, signed: bool = False) -> Parts:
        """Shares of those who make up a policy's indicator in a period, in one account's place where one is given."""
        key = ("mix", name, period, account, signed)
        if key not in self._mixes:
            self._mixes[key] = self._mix(name, period, account, signed)
        return self._mixes[key]

    def _mix(self, name: str, period: Any, account: Any, signed: bool) -> Parts:
        policy = self.facts["policies"].get(name)
        nobody = {(UNKNOWN, UNPLACED): 1.0}
        if getattr(policy, "indicator", None) is None:
            return nobody
        whole = self.facts.get("policy_periods", {}).get(name)
        dated = whole if not period and whole else [period]
        region = account if account in self.axes["region"].position else None
        terms = [t for p in dated for t in indicator(self.recount.scope, policy.scoped(policy.indicator), p, 1.0, region)]
        amounts = self._amounts(terms)
        kept = amounts if signed else {k: max(0.0, v) for k, v in amounts.items()}
        total = sum(kept.values())
        if abs(total) <= 1e-9 * max(1.0, sum(map(abs, kept.values()))):
            return nobody
        return {k: v / total for k, v in kept.items() if v}

    def _amounts(self, terms: list[Term]) -> Parts:
        """Terms summed by who stands behind their variables."""
        found: Parts = {}
        builder = self.recount.scope.builder("mix")
        labels: dict[Key, Key | None] = {}
        for k, term in enumerate(terms):
            builder.add((k,), [term])
            labels[k,] = None if term[2] is None else (term[2][0], *term[2][1])
        block = builder.block()
        for label, amount in zip(block.labels, self.point.values(block).tolist(), strict=True) if terms else ():
            name = labels[label]
            parts = {(UNKNOWN, UNPLACED): 1.0} if name is None else self.bearers(str(name[0]), name[1:])
            for key, part in parts.items():
                found[key] = found.get(key, 0.0) + part * amount
        return found


def payer_account(
    axes: Axes, recount: Recount, point: Point, lp: LinearProgram, solution: Solution, arrays: dict[str, Any]
) -> tuple[FloatArray, dict[str, Any]]:
    """Cost by (payer, cost_place, payer_component, period), million money, discounted; and who makes up each policy's indicator.

    ``arrays`` are those of the result made so far: net use, standing fixed cost, loans, allowances and swap flows.
    """
    made = PayerAccount(axes, recount, point, lp, arrays["net_use"].values)
    _objective(made)
    standing = axes.parameters.values.get("standing_fixed_cost", {})
    for (region, technology, period), amount in standing.items():
        made.put(made.facts["sector"][technology], region, "fixed", period, float(amount))
    _loans(made, arrays)
    _allowances(made, arrays, solution)
    _credits(made, arrays, solution)
    return made.array, _burdens(made, arrays)


def _burdens(made: PayerAccount, arrays: dict[str, Any]) -> dict[str, Any]:
    """One row a policy on an indicator, period, payer and place: its share of the indicator."""
    pairs = zip(arrays["policy_id"].values.tolist(), arrays["policy_period"].values.tolist(), strict=True)
    rows = [
        (name, period, payer, place, share)
        for name, period in dict.fromkeys(pairs)
        if getattr(made.facts["policies"][name], "indicator", None) is not None and period
        for (payer, place), share in made.mix(name, period).items()
    ]
    columns: dict[str, Any] = {name: text_array(row[k] for row in rows) for k, name in ((0, "policy"), (2, "payer"), (3, "place"))}
    columns["period"] = np.array([row[1] for row in rows], dtype=np.int64)
    columns["share"] = np.array([row[4] for row in rows], dtype=np.float64)
    return columns


def _objective(made: PayerAccount) -> None:
    """Every term of the objective at who bears it; transfers also, below zero, at who receives them."""
    block, costs = made.recount.cost, of_kind("cost")
    parts = block.parts(made.point.x, made.point.elements)
    cells: dict[tuple[int, str, Any], float] = {}
    for row, column, amount in zip(block.row.tolist(), block.column.tolist(), parts.tolist(), strict=True):
        if amount:
            component, _, period = block.labels[row]
            key = (column, component, period)
            cells[key] = cells.get(key, 0.0) + amount
    bearers = _columns(made.lp, {column for column, _, _ in cells})
    for (column, component, period), amount in cells.items():
        if component == "loan_interest":
            continue
        name = bearers.get(column)
        who = made.bearers(name[0], name[1]) if name is not None else {(UNKNOWN, UNPLACED): 1.0}
        made.share(who, component, period, amount)
        if component in costs and costs[component].account == "transfer":
            receiver, other = RECEIVER.get(component, GOVERNMENT), _counterparty(made, name)
            for (_, place), part in who.items():
                made.put(receiver, other or place, component, period, -part * amount)


def _counterparty(made: PayerAccount, name: tuple[str, Key] | None) -> str | None:
    """The place that a price names as its other side."""
    if name is None or name[0] != "policy_charge":
        return None
    return getattr(made.facts["policies"][name[1][0]], "counterparty", None)


def _columns(lp: LinearProgram, wanted: set[int]) -> dict[int, tuple[str, Key]]:
    """Variables by column."""
    found: dict[int, tuple[str, Key]] = {}
    for component in lp.cols.components:
        span = span_of(lp.cols, component)
        for offset, index in enumerate(lp.cols.members[span]):
            if span.start + offset in wanted:
                found[span.start + offset] = (component, index)
    return found


def _loans(made: PayerAccount, arrays: dict[str, Any]) -> None:
    """Draws and debt service between sectors and lender; debt of plants that stand at the start."""
    sector = made.facts["sector"]
    names = ("region", "technology", "period", "lent", "worth")
    for region, technology, period, lent, worth in zip(*(arrays[f"loan_{n}"].values.tolist() for n in names), strict=True):
        for component, amount in (("loan_draw", -lent), ("debt_service", worth)):
            made.put(sector[technology], region, component, period, amount)
            made.put(LENDER, region, component, period, -amount)
    policies = made.facts.get("policies", {})
    horizon = made.parameters.horizon
    for policy, name, yearly in zip(*(arrays[f"legacy_{n}"].values.tolist() for n in ("policy", "debt", "service")), strict=True):
        debt = policies[policy].legacy[name]
        owners = {sector[t] for g in debt.technologies or () for t in made.facts["groups"].get(g, (g,)) if t in sector}
        payer = owners.pop() if len(owners) == 1 else UNKNOWN
        place = debt.location if debt.location in made.axes["region"].position else UNPLACED
        for period, service in zip(horizon, yearly, strict=True):
            amount = horizon.operating_weight(period) * service
            made.put(payer, place, "legacy_debt", period, amount)
            made.put(LENDER, place, "legacy_debt", period, -amount)


def _allowances(made: PayerAccount, arrays: dict[str, Any], solution: Solution) -> None:
    """Allowances sold between accounts, at the price of the market's trade: buyers pay sellers."""
    span = span_of(made.lp.rows, "policy_allowance_trade")
    worth = dict(zip(made.lp.rows.members[span], np.abs(solution.row_dual[span]).tolist(), strict=True))
    names = ("policy", "account", "period", "sold")
    for policy, account, period, sold in zip(*(arrays[f"allowance_{n}"].values.tolist() for n in names), strict=True):
        if sold and (policy, period) in worth:
            made.share(made.mix(policy, period, account), "allowance_trade", period, -sold * worth[policy, period])
    _auctions(made, arrays, solution)


def _auctions(made: PayerAccount, arrays: dict[str, Any], solution: Solution) -> None:
    """What buyers at auction pay to the government above the reserve; the reserve itself is a transfer of the objective."""
    span = span_of(made.lp.rows, "policy_allowance_auction")
    above = dict(zip(made.lp.rows.members[span], np.abs(solution.row_dual[span]).tolist(), strict=True))
    names = ("policy", "account", "period", "auction")
    for policy, account, period, bought in zip(*(arrays[f"allowance_{n}"].values.tolist() for n in names), strict=True):
        if bought and above.get((policy, period)):
            mix, paid = made.mix(policy, period, account), bought * above[policy, period]
            made.share(mix, "allowance_trade", period, paid)
            for (_, place), part in mix.items():
                made.put(GOVERNMENT, place, "allowance_trade", period, -part * paid)


def _credits(made: PayerAccount, arrays: dict[str, Any], solution: Solution) -> None:
    """Capacity credits at the worth of the source's pool in that period: the target pays the source."""
    span = span_of(made.lp.rows, "policy_swap_pool")
    duals = dict(zip(made.lp.rows.members[span], np.abs(solution.row_dual[span]).tolist(), strict=True))
    columns = ("policy", "source", "target", "period", "amount", "ratio")
    for name, source, target, period, amount, ratio in zip(*(arrays[f"swap_{n}"].values.tolist() for n in columns), strict=True):
        if source == target:
            continue
        worth = duals.get((name, source, period), 0.0)
        payer = made.facts["sector"][made.facts["swap"][name]["group"][0]]
        made.put(payer, target, "swap_credit", period, amount * ratio * worth)
        made.put(payer, source, "swap_credit", period, -amount * ratio * worth)
