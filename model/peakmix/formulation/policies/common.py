"""What instruments share: values by period, components that several policies add rows to."""

from __future__ import annotations

from typing import Any

from peakmix.formulation.indicators import PURCHASE_LEDGERS, ledgers_of
from peakmix.formulation.model import rows as rows
from peakmix.formulation.modelling import pyo
from peakmix.foundation.units import UnitError, convert_factor, million
from peakmix.parameters.container import Parameters
from peakmix.parameters.refuse import refuse
from peakmix.parameters.time import at_year, in_period
from peakmix.parameters.tracing import number
from peakmix.scenario.indicators import MATERIAL, MONEY

ALWAYS = 0


def variables(model: Any, name: str) -> Any:
    """The indexed non-negative variable of that name, made on first use."""
    if not hasattr(model, name):
        setattr(model, name, pyo.Var(pyo.Any, dense=False, bounds=(0, None)))
    return getattr(model, name)


def periods_of(policy: Any, parameters: Parameters, start: int | None = None) -> list[int]:
    """Periods a policy holds in: first year at or after its start, at or before its end, never the base period."""
    first = policy.from_year if getattr(policy, "from_year", None) is not None else start
    last = getattr(policy, "to_year", None)
    return [
        p
        for p in parameters.horizon
        if (first is None or p >= first) and (last is None or p <= last) and p != parameters.horizon.base
    ]


def held_periods(policy_id: str, policy: Any, parameters: Parameters) -> list[int]:
    """:func:`periods_of` of a policy that is refused where it holds in none."""
    periods = periods_of(policy, parameters)
    if not periods:
        raise refuse(
            f"policies.{policy_id} holds in no period",
            rule="a policy takes effect in the first period that starts at or after its year",
            fix="move from_year or to_year so that a period starts between them",
        )
    return periods


def value_in(values: dict[int, float], period: int, parameters: Parameters, between: str) -> float:
    """Value of a policy in a period: the mean of its yearly values, or the step in force in the first year."""
    if list(values) == [ALWAYS]:
        return values[ALWAYS]
    series = sorted(values.items())
    if between == "step":
        return at_year(series, period, "step")
    return in_period(series, period, parameters.horizon, "linear")


def first_year(values: dict[int, float]) -> int | None:
    """First year of a series; None for a value that always holds."""
    years = [y for y in values if y != ALWAYS]
    return min(years) if years else None


def indicator_unit(indicator: Any, parameters: Parameters) -> str:
    """Yearly unit in which an indicator is expressed: Mt/yr, PJ/yr, Mtce/yr, millions of a natural unit or of money a year."""
    if indicator.unit is not None:
        return yearly(indicator.unit, parameters)
    return _leaf_unit(indicator.leaves()[0][1], parameters)


def yearly(unit: str, parameters: Parameters) -> str:
    """Millions of a natural unit, or of the data set's money, a year."""
    if unit == "money":
        return f"M{parameters.facts['money']}/yr"
    return "Mtce/yr" if unit == "tce" else f"{million(unit)}/yr"


def _leaf_unit(leaf: Any, parameters: Parameters) -> str:
    if leaf.quantity in MONEY:
        return yearly("money", parameters)
    if leaf.quantity == "energy":
        return "PJ/yr" if leaf.convention == "calorific" else "Mtce/yr"
    return yearly(_natural_unit(leaf, parameters), parameters) if leaf.quantity in MATERIAL else "Mt/yr"


def _natural_unit(leaf: Any, parameters: Parameters) -> str:
    commodities = parameters.facts["commodities"]
    if leaf.commodity is not None:
        return str(commodities[leaf.commodity[0]]["unit"])
    groups, product = parameters.facts["groups"], parameters.facts["product"]
    for name in leaf.technologies or ():
        for technology in groups.get(name, (name,)):
            if technology in product:
                return str(commodities[product[technology]]["unit"])
    return "t"


def natural(unit: str) -> str:
    """The single natural unit behind a yearly unit of millions: Mt/yr -> t, PJ/yr -> GJ, MCNY2023/yr -> CNY2023."""
    known = {"Mt/yr": "t", "PJ/yr": "GJ", "TWh/yr": "MWh", "Mtce/yr": "tce", "Mm2/yr": "m2", "Munit/yr": "unit"}
    return known[unit] if unit in known else unit.removeprefix("M").removesuffix("/yr")


def converted(policy_id: str, field: str, quantity: Any, unit: str, context: Any) -> float:
    """A quantity of a policy as a number in the wanted unit; without a unit it already is in it."""
    if quantity.unit is None:
        return number(quantity.value)
    try:
        return number(quantity.value * convert_factor(quantity.unit, unit, context.dataset.prices))
    except UnitError as wrong:
        raise refuse(
            f"policies.{policy_id}.{field}: {quantity}", rule=f"the unit must be convertible to {unit} ({wrong})",
            fix=f"write the quantity in {unit}",
        ) from wrong  # fmt: skip


def check_scope(policy_id: str, indicator: Any, parameters: Parameters) -> None:
    """Refuse a policy whose node cuts through a region of the chosen resolution, and a sum of unlike quantities."""
    units = {_leaf_unit(leaf, parameters) for _, leaf in indicator.leaves()}
    if len(units) > 1 and indicator.unit is None:
        raise refuse(
            f"policies.{policy_id}: the sum adds {' and '.join(sorted(units))}",
            rule="a weighted sum of unlike quantities says in which unit it counts, and its weights convert to it",
            fix="add unit: t, GJ, MWh, m2, tce, unit or money to the sum",
        )
    for _, leaf in indicator.leaves():
        bought = [name for name in ledgers_of(leaf) if name in PURCHASE_LEDGERS]
        if bought and (leaf.sectors is not None or leaf.technologies is not None):
            raise refuse(
                f"policies.{policy_id}: {bought[0]} of chosen sectors or technologies",
                rule="what is bought is booked by place, not by sector",
                fix="drop sectors and technologies from the indicator, or bound the sectors' net use of electricity",
            )
        if leaf.location in parameters.facts["cut_nodes"]:
            inside = ", ".join(sorted(parameters.facts["cut_nodes"][leaf.location]))
            raise refuse(
                f"policies.{policy_id}: {leaf.location} is only a part of {inside} at this resolution",
                rule="a policy below the chosen resolution is refused, never dropped",
                fix="choose a finer resolution, or move the policy to a node the resolution keeps apart",
            )
