"""Guards: what a reader should look at twice before believing a run. Each gives sentences, or nothing.

Thresholds: a product price beyond twice the median of the other places; more than half of a growth that is itself more
than a tenth of today's output; a third of a fall in direct CO2 that comes back as power or hydrogen; more than half of all
fitting of measures in the first free period; a price of a limit that doubles and halves again; a choice that a fall of capital
cost by a tenth of one unit's price would flip.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import xarray as xr

from peakmix.foundation.telling import Said, say
from peakmix.results.guard_moves import concentrated_growth, early_flood, shifted_emissions, taken_unpriced
from peakmix.results.guard_prices import close_choices, negative_prices, stretched_prices
from peakmix.results.guard_rules import hidden_caps, idle_policies, jagged_prices, used_slack
from peakmix.results.guard_words import dated

__all__ = ["GUARDS", "dated", "guards", "look_twice"]

SHOWN = 6
"""Sentences of one kind that are shown; the rest is counted."""

GUARDS: tuple[Callable[[xr.Dataset], Iterator[Said]], ...] = (
    used_slack,
    idle_policies,
    stretched_prices,
    negative_prices,
    concentrated_growth,
    shifted_emissions,
    early_flood,
    taken_unpriced,
    jagged_prices,
    hidden_caps,
    close_choices,
)


def guards(dataset: xr.Dataset) -> list[Said]:
    """All findings of a result, as sentences."""
    found: list[Said] = []
    for guard in GUARDS:
        told = list(guard(dataset))
        found += told[:SHOWN]
        if len(told) > SHOWN:
            found.append(say("... and {more} more of this kind", "……同类情况另有 {more} 处", more=len(told) - SHOWN))
    return found


def look_twice(dataset: xr.Dataset) -> list[Said]:
    """What was said about the policies before solving, then the findings of the guards."""
    before = json.loads(dataset.attrs["warnings"])
    chinese = json.loads(dataset.attrs.get("warnings_zh", "[]")) or before
    return [*(Said(one, other) for one, other in zip(before, chinese, strict=True)), *guards(dataset)]
