"""Ledgers of policies: allowance accounts with what is emitted, given, traded and kept; draws on loan lines."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from peakmix.parameters.container import Key, Parameters
from peakmix.results.axes import text_array
from peakmix.results.extract import span_of
from peakmix.results.prices import weight
from peakmix.results.recount.recount import Point, Recount
from peakmix.solve.program import LinearProgram
from peakmix.solve.solution import Solution

DECISIONS = ("emission", "held", "sold", "offset", "ceiling", "floor")
ACCOUNT = "policy_allowance_account"
SMALL = 1e-9
"""Draws below this are rounding."""


def account_columns(
    parameters: Parameters, recount: Recount, point: Point, lp: LinearProgram, solution: Solution
) -> dict[str, Any]:
    """One row an account and period: Mt/yr, what is kept in Mt, price in money of the year per natural unit."""
    keys: list[Key] = lp.cols.members[span_of(lp.cols, "allowance_emission")]
    columns: dict[str, Any] = {
        "policy": text_array(key[0] for key in keys),
        "account": text_array(key[1] for key in keys),
        "period": np.array([key[2] for key in keys], dtype=np.int64),
    }
    for name in DECISIONS:
        found = _values(lp, solution, f"allowance_{name}")
        columns[name] = np.array([found.get(key, 0.0) for key in keys], dtype=np.float64)
    held = point.by_label(recount.policies.bound) if keys else {}
    opening = parameters.values.get("allowance_opening", {})
    first = {name: facts["periods"][0] for name, facts in parameters.facts.get("allowance", {}).items()}
    brought = [opening.get(key[:2], 0.0) if key[2] == first[key[0]] else 0.0 for key in keys]
    bound = np.array([held[ACCOUNT, *key] for key in keys], dtype=np.float64)
    columns["given"] = bound - np.array(brought, dtype=np.float64) - columns["offset"] - columns["ceiling"]
    span = span_of(lp.rows, ACCOUNT)
    duals = dict(zip(lp.rows.members[span], solution.row_dual[span].tolist(), strict=True))
    prices = [abs(duals[key]) / weight(parameters, "annual", key[2]) for key in keys]
    columns["price"] = np.array(prices, dtype=np.float64)
    return columns


def loan_columns(parameters: Parameters, lp: LinearProgram, solution: Solution) -> dict[str, Any]:
    """One row a draw: policy, line, asset, period, amount, debt service a year and its last year."""
    drawn = [(key, amount) for key, amount in _values(lp, solution, "loan_draw").items() if amount > SMALL]
    policies = parameters.facts.get("policies", {})
    terms = [policies[key[0]].lines[key[1]] for key, _ in drawn]
    columns: dict[str, Any] = {
        name: text_array(key[k] for key, _ in drawn) for k, name in enumerate(("policy", "line", "region", "technology"))
    }
    columns["period"] = np.array([key[4] for key, _ in drawn], dtype=np.int64)
    last = [key[4] + line.tenor for (key, _), line in zip(drawn, terms, strict=True)]
    columns["last_year"] = np.array(last, dtype=np.int64)
    columns["draw"] = np.array([amount for _, amount in drawn], dtype=np.float64)
    yearly = [1 / line.tenor if line.rate == 0 else line.rate / (1 - (1 + line.rate) ** -line.tenor) for line in terms]
    columns["service"] = np.array(yearly, dtype=np.float64) * columns["draw"]
    return columns


def _values(lp: LinearProgram, solution: Solution, component: str) -> Mapping[Key, float]:
    """Values of a variable by index; empty when the model does not have it."""
    span = span_of(lp.cols, component)
    return dict(zip(lp.cols.members[span], solution.x[span].tolist(), strict=True))
