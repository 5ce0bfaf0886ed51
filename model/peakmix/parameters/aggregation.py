"""Aggregation error: how far the places inside a region lie from the weighted value that stands for them.

For every weighted number x = sum_m w_m x_m of a region with more than one distinct place value

Spread   sum_m w_m |x_m - x| / |x|      the share by which the average place is misread, dimensionless

A recipe or price that is the same everywhere has spread 0; extensive quantities add up and have none.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from peakmix.parameters.tracing import bare

SHOWN = 10
"""Largest spreads that a report names."""


@dataclass
class Spreads:
    """Spreads of all weighted numbers of one derivation, by (what, region)."""

    found: dict[tuple[str, str], float] = field(default_factory=dict)
    weighted: int = 0

    def add(self, what: str, region: str, values: Iterable[tuple[float, float]]) -> None:
        """Record one weighted number from its (weight, value) pairs; the weights sum to 1."""
        pairs = [(bare(w), bare(x)) for w, x in values]
        if len(pairs) < 2:
            return
        self.weighted += 1
        mean = sum(w * x for w, x in pairs)
        gap = sum(w * abs(x - mean) for w, x in pairs)
        if gap > 1e-12 * abs(mean):
            self.found[what, region] = gap / abs(mean) if mean else 1.0

    def report(self) -> dict[str, Any]:
        """Number of weighted values, how many differ inside their region, mean spread and the largest ones."""
        largest = sorted(self.found.items(), key=lambda item: -item[1])[:SHOWN]
        return {
            "weighted": self.weighted,
            "differing": len(self.found),
            "mean_spread": sum(self.found.values()) / self.weighted if self.weighted else 0.0,
            "largest": [{"what": what, "region": region, "spread": round(x, 4)} for (what, region), x in largest],
        }
