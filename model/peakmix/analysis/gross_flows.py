"""What recipes and measures give back of a commodity that they also take in: power from waste heat at a kiln, for one.

Derived recipes hold net flows. To tell what is taken in, the outputs of the same commodity are read from the tables again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from peakmix.parameters.container import Parameters
from peakmix.parameters.context import Context
from peakmix.parameters.lookup import Lookup, records
from peakmix.parameters.time import at_year

Flow = tuple[str, str, str, str]


def own_outputs(context: Context, parameters: Parameters) -> dict[Flow, float]:
    """Output per unit of activity of every commodity that the same technology takes in.

    Returns
    -------
    (region, technology, cohort, commodity) -> natural units per unit of product, the main product counting 1
    """
    directions: dict[tuple[str, str], set[str]] = defaultdict(set)
    for technology, product in context.product.items():
        directions[technology, product].add("output")
    for row in records(context.table("flows")):
        directions[row.technology, row.commodity].add(row.direction)
    both = {key for key, found in directions.items() if len(found) == 2}
    lookup = Lookup(context.table("flows"), ["technology", "commodity", "direction"], year="build_year")
    found: dict[Flow, float] = {}
    for region, technology in context.active:
        for commodity in [c for t, c in both if t == technology]:
            for cohort, year in _cohorts(parameters, region, technology):
                amount = float(context.product[technology] == commodity)
                series = context.weighted(
                    context.weights(region, technology),
                    lambda chain, key=(technology, commodity, "output"): lookup.series(*key, chain=chain),  # type: ignore[misc]
                    0.0,
                )
                amount += sum(weight * at_year(values, year, "linear") for weight, values in series or [])
                found[region, technology, cohort, commodity] = amount
    return found


def _cohorts(parameters: Parameters, region: str, technology: str) -> Iterator[tuple[str, float]]:
    """Cohorts of activity with the year their recipe is read in."""
    if technology not in parameters.facts["by_vintage"]:
        yield "all", float(parameters.horizon.first[0])
        return
    for vintage in parameters.vintages.get((region, technology), ()):
        yield vintage.label, vintage.build_year


def by_products(context: Context) -> frozenset[tuple[str, str]]:
    """(measure, commodity) pairs in which a measure changes outputs only."""
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for row in records(context.table("measure_flows")):
        found[row.measure, row.commodity].add(row.effect)
    return frozenset(key for key, effects in found.items() if effects <= {"adds_output", "saves_output"})
