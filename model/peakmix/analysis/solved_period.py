"""A solved period as accounts by place and technology: output, net flows, ledgers, bought power.

Net flow      g[r,t,c] = sum_k f[k,c] A[k] + sum_m df[m,c] U[m]          millions of the natural unit a year
Taken in      sum_k max(0, o[k,c] - f[k,c]) A[k] - sum_m df[m,c] U[m]    over measures that change inputs
Ledger        e[r,t]   = sum_k e[k] A[k] + sum_m de[m] U[m]              Mt/yr or PJ/yr
Bought power  max(0, -sum_t g[r,t,electricity]) x grid factor of r       Mt/yr, over the technologies of a selection

A activity, U host activity that carries a measure; f, df, e, de are the derived recipes and measures; o what a recipe
gives out of a commodity that it takes in as well. A selection
that gives more power away than it takes in a place counts zero there: what it sells earns no credit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from peakmix.parameters.container import Parameters

Index = tuple[Any, ...]
Values = Mapping[str, Mapping[Index, float]]
POWER_SCOPE = "purchased_power"


class SolvedPeriod:
    """Accounts of one period.

    Parameters
    ----------
    parameters:
        Derived elements of the structure that was solved.
    values:
        Value of every variable by component name and index.
    period:
        First year of the period.
    own_outputs:
        (region, technology, cohort, commodity) -> output per unit of activity of what the technology takes in as well.
    by_products:
        (measure, commodity) pairs in which a measure changes an output: they change net flows, not what is taken in.
    """

    def __init__(
        self,
        parameters: Parameters,
        values: Values,
        period: int,
        own_outputs: Mapping[tuple[str, str, str, str], float] | None = None,
        by_products: Collection[tuple[str, str]] = (),
    ) -> None:
        self.parameters = parameters
        self.period = period
        self.own_outputs = own_outputs or {}
        self.by_products = by_products
        self.output: dict[tuple[str, str], float] = defaultdict(float)
        self.net: dict[tuple[str, str, str], float] = defaultdict(float)
        self.taken: dict[tuple[str, str, str], float] = defaultdict(float)
        self.ledgers: dict[tuple[str, str, str], float] = defaultdict(float)
        self._book_activity(values.get("activity", {}))
        self._book_measures(values.get("adopted", {}))
        self.volume = {(r, m): x for (r, m, p), x in values.get("market_volume", {}).items() if p == period}

    def _book_activity(self, activity: Mapping[Index, float]) -> None:
        for (region, technology, _, period), amount in activity.items():
            if period == self.period:
                self.output[region, technology] += amount
        for (region, technology, cohort, commodity), flow in self.parameters.values.get("flow", {}).items():
            amount = activity.get((region, technology, cohort, self.period), 0.0)
            self.net[region, technology, commodity] += flow * amount
            given = self.own_outputs.get((region, technology, cohort, commodity), 0.0)
            self.taken[region, technology, commodity] += max(0.0, given - flow) * amount
        for key, factor in self.parameters.values.get("ledger_factor", {}).items():
            ledger, region, technology, cohort, period = key
            if period == self.period:
                amount = activity.get((region, technology, cohort, period), 0.0)
                self.ledgers[ledger, region, technology] += factor * amount

    def _book_measures(self, adopted: Mapping[Index, float]) -> None:
        for (region, measure, host, commodity, period), change in self.parameters.values.get("measure_flow", {}).items():
            if period != self.period:
                continue
            amount = change * adopted.get((region, measure, host, period), 0.0)
            self.net[region, host, commodity] += amount
            if (measure, commodity) not in self.by_products:
                self.taken[region, host, commodity] -= amount
        for (ledger, region, measure, host, period), change in self.parameters.values.get("measure_ledger", {}).items():
            if period == self.period:
                self.ledgers[ledger, region, host] += change * adopted.get((region, measure, host, period), 0.0)

    def technologies(self, name: str) -> tuple[str, ...]:
        """Technologies of a sector, a technology group or a technology; none when the run knows none of them."""
        facts = self.parameters.facts
        members = tuple(t for t, sector in facts["sector"].items() if sector == name)
        if members:
            return members
        return tuple(facts["groups"].get(name, (name,) if name in facts["product"] else ()))

    def regions(self, node: str) -> tuple[str, ...]:
        """Regions of a node; none when the resolution cuts through it or leaves it out."""
        if node in self.parameters.facts.get("cut_nodes", {}):
            return ()
        return tuple(self.parameters.nodes.get(node, ()))

    def products(self, technologies: Iterable[str]) -> set[str]:
        """Main products."""
        return {self.parameters.facts["product"][t] for t in technologies}

    def unit(self, commodity: str) -> str:
        """Natural unit of a commodity."""
        return str(self.parameters.facts["commodities"][commodity]["unit"])

    def produced(self, regions: Iterable[str], technologies: Iterable[str], product: str | None = None) -> float:
        """Output of main products, all of them or one; millions of natural units a year."""
        product_of = self.parameters.facts["product"]
        chosen = [t for t in technologies if product is None or product_of[t] == product]
        return sum(self.output.get((r, t), 0.0) for r in regions for t in chosen)

    def net_use(self, regions: Iterable[str], technologies: Collection[str], commodities: Collection[str]) -> float:
        """Inputs less outputs, millions of natural units a year."""
        return -sum(self.net.get((r, t, c), 0.0) for r in regions for t in technologies for c in commodities)

    def gross_use(self, regions: Iterable[str], technologies: Collection[str], commodity: str) -> float:
        """What the technologies take in; what they give out is not deducted."""
        return sum(self.taken.get((r, t, commodity), 0.0) for r in regions for t in technologies)

    def ledger(self, name: str, regions: Iterable[str], technologies: Collection[str]) -> float:
        """A ledger by activity: direct_co2, energy_calorific, SO2, ...; Mt/yr or PJ/yr."""
        return sum(self.ledgers.get((name, r, t), 0.0) for r in regions for t in technologies)

    def power_factors(self, region: str) -> dict[str, float]:
        """t CO2 per unit of each commodity bought under the scope of purchased power; mean by volume of its markets."""
        found: dict[str, list[tuple[float, float]]] = defaultdict(list)
        for where, market in self.parameters.sets["markets"]:
            commodity, direction, scope = self.parameters.facts["market"][market]
            if where == region and scope == POWER_SCOPE and direction == "buy":
                factor = float(self.parameters.get("market_factor", (region, market, self.period)))
                found[commodity].append((factor, self.volume.get((region, market), 0.0)))
        return {commodity: _mean(pairs) for commodity, pairs in found.items()}

    def power_co2(self, regions: Iterable[str], technologies: Collection[str]) -> float:
        """CO2 of bought power of a selection of technologies, Mt/yr."""
        total = 0.0
        for region in regions:
            for commodity, factor in self.power_factors(region).items():
                total += max(0.0, self.net_use([region], technologies, [commodity])) * factor
        return total


def _mean(pairs: list[tuple[float, float]]) -> float:
    """Mean of the first by weight of the second; plain where all weights are zero."""
    weight = sum(w for _, w in pairs)
    if weight <= 0:
        return sum(x for x, _ in pairs) / len(pairs)
    return sum(x * w for x, w in pairs) / weight
