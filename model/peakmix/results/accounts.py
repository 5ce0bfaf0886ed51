"""Ledgers of policies: allowance accounts with what is emitted, given, traded and kept; draws on loan lines."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from peakmix.parameters.container import Key, Parameters
from peakmix.results.axes import text_array
from peakmix.results.extract import span_of
from peakmix.results.prices import weight
from peakmix.results.recount.recount import Point, Recount
from peakmix.solve.program import FloatArray, LinearProgram
from peakmix.solve.solution import Solution

DECISIONS = ("emission", "held", "sold", "offset", "ceiling", "auction", "floor", "marketed", "to_bank", "from_bank", "lent")
"""Decisions of an account; the inventory of the carbon bank belongs to all accounts of a market."""
ENTERING = ("offset", "ceiling", "auction", "from_bank", "borrowed")
"""What an account gets beside its allocation and what it brings."""
ACCOUNT, SALES = "policy_allowance_account", "policy_allowance_sales"
"""Rows that an allowance in trade enters: what it covers, less the right to keep others that selling it brings."""
Levers = Mapping[Any, float]
Sheet = dict[str, Any]
NONE: Levers = {}
SMALL = 1e-9
"""Draws below this are rounding."""


def account_columns(
    parameters: Parameters, recount: Recount, point: Point, lp: LinearProgram, solution: Solution, levers: Levers = NONE
) -> dict[str, Any]:
    """One row an account and period: Mt/yr; brought, held, lent and the carbon bank's inventory in Mt; price per natural unit."""
    keys: list[Key] = lp.cols.members[span_of(lp.cols, "allowance_emission")]
    columns: dict[str, Any] = {
        "policy": text_array(key[0] for key in keys),
        "account": text_array(key[1] for key in keys),
        "period": np.array([key[2] for key in keys], dtype=np.int64),
    }
    for name in DECISIONS:
        found = _values(lp, solution, f"allowance_{name}")
        columns[name] = np.array([found.get(key, 0.0) for key in keys], dtype=np.float64)
    bound = point.by_label(recount.policies.bound) if keys else {}
    before: dict[Key, Key] = {key: account_before(parameters, key) for key in keys}
    held, lent, stock = (_values(lp, solution, f"allowance_{name}") for name in ("held", "lent", "inventory"))
    years = {key: float(parameters.horizon.n(key[2])) for key in keys}

    def element(name: str, key: Key) -> float:
        return float(levers.get((name, key), parameters.get(name, key)))

    def column(number: Callable[[Key], float]) -> FloatArray:
        return np.array([float(number(key)) for key in keys], dtype=np.float64)

    owed = column(lambda k: lent.get(before[k], 0.0))
    length = column(lambda k: years[k])
    start = column(lambda k: element("allowance_opening", k[:2]) * years[k] if not before[k] else held.get(before[k], 0.0))
    columns["brought"], columns["inventory"] = start, column(lambda k: stock.get((k[0], k[2]), 0.0))
    columns["inventory_start"] = column(
        lambda k: stock.get((k[0], before[k][2]), 0.0) if before[k] else element("carbon_bank_opening", k[:1])
    )
    columns["interest"] = column(lambda k: element("carbon_bank_interest", (k[0], k[2]))) * owed
    columns["borrowed"] = (columns["lent"] - owed) / length
    first = column(lambda k: not before[k])
    inside = sum(columns[name] for name in ENTERING) + first * start / length
    columns["given"] = column(lambda k: bound[ACCOUNT, *k]) - inside
    columns["surplus"] = columns["given"] - columns["emission"]
    span = span_of(lp.rows, ACCOUNT)
    unused = lp.row_upper[span] - solution.row_value[span]
    left = dict(zip(lp.rows.members[span], unused.tolist(), strict=True))
    columns["lapsed"] = column(lambda k: left[k])
    duals = dict(zip(lp.rows.members[span], solution.row_dual[span].tolist(), strict=True))
    counted = span_of(lp.rows, SALES)
    rights = dict(zip(lp.rows.members[counted], solution.row_dual[counted].tolist(), strict=True))
    columns["price"] = column(lambda k: (rights.get(k, 0.0) - duals[k]) / weight(parameters, "annual", k[2]) + 0.0)
    return columns


def account_before(parameters: Parameters, key: Key) -> Key:
    """The account one period before; empty in the first period of its market."""
    if key[2] == parameters.facts["allowance"][key[0]]["periods"][0]:
        return ()
    return (*key[:2], parameters.horizon.before(key[2]))


def loan_columns(parameters: Parameters, lp: LinearProgram, solution: Solution, levers: Levers = NONE) -> Sheet:
    """One row a draw: policy, line, asset, period, amount; by period debt service, principal repaid, debt left, and weights.

    Money as moved: ``service`` and ``repaid`` a year of each period, ``left`` at its end, in the exchange rates of the time;
    ``lent`` and ``worth`` are what the objective counts for the draw and for its debt service, discounted.
    """
    drawn = [(key, amount) for key, amount in _values(lp, solution, "loan_draw").items() if amount > SMALL]
    policies, facts = parameters.facts.get("policies", {}), parameters.facts.get("finance", {})
    assets = [facts[key[0]]["assets"][key[2:]] for key, _ in drawn]
    columns: Sheet = {
        name: text_array(key[k] for key, _ in drawn) for k, name in enumerate(("policy", "line", "region", "asset"))
    }
    columns["technology"] = text_array(technology for _, _, technology in assets)
    columns["kind"] = text_array(kind for kind, _, _ in assets)
    columns["period"] = np.array([key[4] for key, _ in drawn], dtype=np.int64)
    lines = [policies[key[0]].lines[facts[key[0]]["line"][key[1]]] for key, _ in drawn]
    columns["currency"] = text_array(line.currency or "" for line in lines)
    last = [key[4] + line.tenor for (key, _), line in zip(drawn, lines, strict=True)]
    columns["last_year"] = np.array(last, dtype=np.int64)
    columns["draw"] = np.array([amount for _, amount in drawn], dtype=np.float64)

    def element(name: str, key: Key) -> float:
        return float(levers.get((name, key), parameters.get(name, key)))

    lent = [element("loan_lent", key) * amount for key, amount in drawn]
    interest = [element("loan_charge", key) * amount for key, amount in drawn]
    columns["lent"] = np.array(lent, dtype=np.float64)
    columns["worth"] = columns["lent"] + np.array(interest, dtype=np.float64)
    for name in ("service", "repaid", "left"):
        found = [[element(f"loan_{name}", (*key[:2], key[4], p)) * amount for p in parameters.horizon] for key, amount in drawn]
        columns[name] = np.array(found, dtype=np.float64).reshape(len(drawn), len(parameters.horizon.first))
    return columns


def legacy_columns(parameters: Parameters, levers: Levers = NONE) -> Sheet:
    """One row a stated debt of plants that stand at the start: policy, name, place, and service of each period."""
    keys = list(dict.fromkeys(key[:2] for key in parameters.values.get("legacy_debt", {})))
    policies, table = parameters.facts.get("policies", {}), parameters.values.get("legacy_debt", {})
    found = [[float(levers.get(("legacy_debt", (*k, p)), table[*k, p])) for p in parameters.horizon] for k in keys]
    debts = [policies[policy].legacy[name] for policy, name in keys]
    return {
        "policy": text_array(policy for policy, _ in keys),
        "debt": text_array(name for _, name in keys),
        "place": text_array(debt.location or "" for debt in debts),
        "technologies": text_array(", ".join(debt.technologies or ()) for debt in debts),
        "service": np.array(found, dtype=np.float64).reshape(len(keys), len(parameters.horizon.first)),
    }


def _values(lp: LinearProgram, solution: Solution, component: str) -> Mapping[Key, float]:
    """Values of a variable by index; empty when the model does not have it."""
    span = span_of(lp.cols, component)
    return dict(zip(lp.cols.members[span], solution.x[span].tolist(), strict=True))
