"""Which of several answers of least cost a run gives: the criteria of the tie-break, stated in words of the model.

    movement   least goods sent to other places and capacity credits used by other places
    change     least built, closed early, converted and newly fitted
    name       least in an order that a hash of every column's name fixes (solve/ties)

Quantities are added up over places and periods in million tonnes, those in units of energy as million tonnes of coal equivalent, so
that the choice does not hang on the unit a table is written in. Nothing here has a price: a tonne moved or built for nothing is
what is decided, everything that costs has been decided before.
"""

from __future__ import annotations

from typing import Any

from peakmix.foundation.units import convert_factor
from peakmix.parameters.container import Parameters
from peakmix.solve.solution import Criterion, Summand

TONNE, COAL = "t", "tce"


def criteria(parameters: Parameters) -> tuple[Criterion, ...]:
    """The stated criteria of a structure, before the order of names."""
    facts = parameters.facts
    commodity = {name: in_tonnes(str(entry["unit"])) for name, entry in facts["commodities"].items()}
    technology = {name: commodity[product] for name, product in facts["product"].items()}
    conversion = {name: technology[ends[0]] for name, ends in facts.get("conversion", {}).items() if ends[0] in technology}
    policy = {name: technology[swap["group"][0]] for name, swap in facts.get("swap", {}).items()}
    moved = (Summand("trade", 0, commodity), Summand("swap_flow", 0, policy, apart=(1, 2)))
    changed = (
        Summand("new_capacity", 1, technology),
        Summand("early_retirement", 1, technology),
        Summand("conversion", 1, conversion),
        Summand("new_measure", 2, technology),
    )
    return Criterion("movement", moved), Criterion("change", changed)


def in_tonnes(unit: str) -> float:
    """What a natural unit weighs: a tonne 1, energy its tonnes of coal equivalent, anything else 1."""
    for base in (TONNE, COAL):
        try:
            return convert_factor(unit, base)
        except ValueError:
            continue
    return 1.0


def asked(spec: Any, parameters: Parameters) -> tuple[Criterion, ...] | None:
    """The criteria where the scenario asks for a tie-break, else None."""
    return criteria(parameters) if spec.solver.tie_break else None
