"""Ledger of allowance accounts: emitted, given, traded, offset, bought at the collar, kept, and the price."""

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


def _values(lp: LinearProgram, solution: Solution, component: str) -> Mapping[Key, float]:
    """Values of a variable by index; empty when the model does not have it."""
    span = span_of(lp.cols, component)
    return dict(zip(lp.cols.members[span], solution.x[span].tolist(), strict=True))
