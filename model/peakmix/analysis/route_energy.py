"""Energy of a production route: what a tonne costs in energy over all steps inside its sector.

x[c]  energy spent inside the sector per unit of commodity c, beyond the energy that c itself carries         GJ/unit
      x[c] S[c] = sum_t (u[t] + sum_d In[t,d] x[d])      t over the makers of c: technologies with main product c
S     supply of c inside the sector: outputs, by-products included, and what is bought on top          million units a year
u     energy taken in less energy given out by a technology, measures included                          PJ/yr
In    net inputs of a technology                                                                   million units a year

By-products and purchases bring no burden of their own; what nobody in the sector makes has x = 0. A route is the same
system in which only the technologies of a group make the group's product: casting fed by converters alone, say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence

import numpy as np

from peakmix.analysis.solved_period import SolvedPeriod


def route_energy(solved: SolvedPeriod, regions: Sequence[str], group: Collection[str], commodity: str) -> float:
    """Energy per unit of ``commodity`` when the group's product comes from the group alone, GJ per natural unit.

    Returns NaN when the group makes nothing, or the commodity is not made in its sector.
    """
    facts = solved.parameters.facts
    sectors = {facts["sector"][t] for t in group}
    sector = [t for t, name in facts["sector"].items() if name in sectors]
    replaced = solved.products(group)
    makers: dict[str, list[str]] = defaultdict(list)
    for technology in sector:
        product = facts["product"][technology]
        if solved.produced(regions, [technology]) > 0 and (product not in replaced or technology in group):
            makers[product].append(technology)
    if commodity not in makers or any(product not in makers for product in replaced):
        return float("nan")
    names = list(makers)
    matrix, spent = np.zeros((len(names), len(names))), np.zeros(len(names))
    for row, name in enumerate(names):
        matrix[row, row] += _supply(solved, regions, sector, makers[name], name, name in replaced)
        spent[row] = solved.ledger("energy_calorific", regions, makers[name])
        for column, taken in enumerate(names):
            if taken != name:
                matrix[row, column] -= solved.gross_use(regions, makers[name], taken)
    return float(np.linalg.solve(matrix, spent)[names.index(commodity)])


def _supply(
    solved: SolvedPeriod, regions: Sequence[str], sector: list[str], makers: list[str], name: str, only: bool
) -> float:
    """Supply of a commodity: its makers' output alone, or all outputs of the sector with purchases on top."""
    made = solved.produced(regions, makers)
    if only:
        return made
    taken = solved.gross_use(regions, sector, name)
    given = taken - solved.net_use(regions, sector, [name])
    return max(made, given, taken)
