"""Headline of what was bought rather than kept: every use of a priced slack, and voluntary targets that are not reached."""

from __future__ import annotations

from collections import defaultdict
from textwrap import wrap

import numpy as np
import xarray as xr

WIDTH = 130
NEAR = 1e-6
"""Misses below this share of what is asked for are rounding."""


def missed(dataset: xr.Dataset) -> list[str]:
    """One line a policy: in which period it is missed by how much, and at which price."""
    if "policy_excess" not in dataset or not dataset.sizes.get("policy_row"):
        return []
    names = ("id", "component", "period", "level", "bound", "slack_left", "excess", "price", "unit", "price_unit")
    bought: dict[str, list[str]] = defaultdict(list)
    left: dict[str, list[str]] = defaultdict(list)
    rows = zip(*(dataset[f"policy_{name}"].values.tolist() for name in names), strict=True)
    for policy, component, period, _level, bound, slack, excess, price, unit, price_unit in rows:
        least = NEAR * max(1.0, abs(bound)) if np.isfinite(bound) else NEAR
        when = "over the horizon" if component == "policy_budget" else str(int(period))
        if excess > least:
            told = f"{when} by {excess:.4g} {unit} at {abs(price):.4g} {price_unit}"
            if told.split(" by ")[0] not in {other.split(" by ")[0] for other in bought[policy]}:
                bought[policy].append(told)
        elif component == "policy_voluntary" and slack < -least:
            left[policy].append(f"{when} by {-slack:.4g} {unit}")
    lines = [f"MISSED at its stated price: {name}, {'; '.join(told)}" for name, told in bought.items()]
    lines += [f"voluntary, not reached: {name}, {'; '.join(told)}" for name, told in left.items()]
    return [part for line in lines for part in wrap(line, WIDTH, initial_indent="  ", subsequent_indent="    ")]
