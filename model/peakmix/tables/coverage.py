"""Rules on what must be stated: costs and lives, stock, base year, conversions, stockpiles."""

from __future__ import annotations

from collections.abc import Iterator

from peakmix.tables.dataset import DataSet
from peakmix.tables.rules import Finding, broken, rule
from peakmix.tables.select import Resolver

_NEEDED = ("availability", "fixed_cost", "lifetime")


def somewhere_missing(resolver: Resolver, table: str, **keys: str) -> list[str]:
    """Leaves of the tree without a value; empty when a blank row, or rows together, cover all of them."""
    if resolver.find(table, **keys) is not None:
        return []
    leaves = resolver.dataset.places.leaves()
    return [place for place in leaves if resolver.find(table, location=place, **keys) is None]


def in_words(names: list[str], total: int) -> str:
    """Missing places in words."""
    if len(names) == total:
        return "anywhere"
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


@rule(
    "a technology with capacity has availability, fixed_cost, lifetime and, if it can be built, capital_cost everywhere"
)
def technologies_have_costs_and_lives(dataset: DataSet) -> Iterator[Finding]:
    """Missing is never zero. A technology with capacity no has none of the four."""
    resolver, frame = Resolver(dataset), dataset["technologies"]
    total = len(dataset.places.leaves())
    for row, (technology, capacity, new_build) in enumerate(
        zip(frame["technology"], frame["capacity"], frame["new_build"], strict=True)
    ):
        if capacity == "no":
            continue
        for parameter in (*_NEEDED, *(("capital_cost",) if new_build == "yes" else ())):
            missing = somewhere_missing(resolver, "technology_parameters", technology=technology, parameter=parameter)
            if missing:
                what = f"{technology} has {parameter}; none is stated for {in_words(missing, total)}"
                fix = f"add {parameter} to technology_parameters.csv (a blank location holds everywhere)"
                yield broken(dataset, "technologies", row, "technology", what, fix)


@rule("a technology with capacity no has neither stock nor costs of capacity")
def mixing_steps_have_no_capacity(dataset: DataSet) -> Iterator[Finding]:
    """Such rows would have no effect, which nobody means."""
    frame = dataset["technologies"]
    free = set(frame.loc[frame["capacity"] == "no", "technology"])
    rows = dataset["technology_parameters"]
    for row, (technology, parameter) in enumerate(zip(rows["technology"], rows["parameter"], strict=True)):
        if technology in free and parameter not in ("variable_cost", "first_year"):
            what = f"{technology} has capacity no, so that {parameter} has no meaning"
            yield broken(
                dataset, "technology_parameters", row, "parameter", what, "delete the row, or write capacity yes"
            )
    for row, technology in enumerate(dataset["stock"]["technology"]):
        if technology in free:
            what = f"{technology} has capacity no and cannot have stock"
            yield broken(dataset, "stock", row, "technology", what, "delete the row, or write capacity yes")


def base_year(dataset: DataSet) -> int | None:
    """Year of the base activity; None when there is none."""
    years = dataset["base_activity"]["year"]
    return int(years.min()) if len(years) else None


@rule("a stock bracket runs forward and ends by the base year")
def stock_brackets_run_forward(dataset: DataSet) -> Iterator[Finding]:
    """build_from <= build_to <= base year."""
    frame, base = dataset["stock"], base_year(dataset)
    for row, (start, end) in enumerate(zip(frame["build_from"], frame["build_to"], strict=True)):
        if start > end:
            what = f"a bracket runs forward; it starts in {start}"
            yield broken(dataset, "stock", row, "build_to", what, "swap build_from and build_to")
        elif base is not None and end > base:
            what = f"stock stands at the start of the base year {base}"
            fix = "end the bracket earlier; later capacity is a limit of sense lower on additions"
            yield broken(dataset, "stock", row, "build_to", what, fix)


@rule("base-year output can be made with the stock")
def stock_covers_base_activity(dataset: DataSet) -> Iterator[Finding]:
    """value x (1 - tolerance) <= sum of stock x availability over the group and the subtree."""
    resolver, base = Resolver(dataset), dataset["base_activity"]
    technologies = dataset["technologies"]
    capacity = dict(zip(technologies["technology"], technologies["capacity"], strict=True))
    stock = dataset["stock"].groupby(["location", "technology"], as_index=False)["value"].sum()
    most: dict[tuple[str, str], float] = {}
    for place, technology, value in zip(*(stock[name] for name in ("location", "technology", "value")), strict=True):
        keys = {"technology": technology, "parameter": "availability"}
        found = resolver.find("technology_parameters", location=place, **keys)
        most[place, technology] = float(value) * (float(found.at(base_year(dataset) or 0)) if found else 0.0)
    columns = (base[name] for name in ("location", "group", "tolerance", "value"))
    for row, (location, group, tolerance, value) in enumerate(zip(*columns, strict=True)):
        members = dataset.groups[group]
        if any(capacity[name] == "no" for name in members):
            continue
        able = sum(most.get((place, name), 0.0) for place in dataset.places.subtree(location) for name in members)
        if value * (1 - tolerance) > able * (1 + 1e-9):
            what = (
                f"the stock of {group} in {location} can make {able:g} {base['unit'].iloc[row]} (stock x availability)"
            )
            yield broken(dataset, "base_activity", row, "value", what, "raise stock.csv or correct the statistic")


@rule("a conversion has a capital_cost")
def conversions_have_costs(dataset: DataSet) -> Iterator[Finding]:
    """Missing is never zero."""
    resolver = Resolver(dataset)
    total = len(dataset.places.leaves())
    for row, conversion in enumerate(dataset["conversions"]["conversion"]):
        keys = {"conversion": conversion, "parameter": "capital_cost"}
        missing = somewhere_missing(resolver, "conversion_parameters", **keys)
        if missing:
            what = f"{conversion} has capital_cost; none is stated for {in_words(missing, total)}"
            yield broken(
                dataset, "conversions", row, "conversion", what, "add capital_cost to conversion_parameters.csv"
            )


@rule("a stockpile has a capacity")
def stockpiles_have_capacity(dataset: DataSet) -> Iterator[Finding]:
    """initial or holding_cost without a capacity has no stockpile to belong to."""
    frame = dataset["stockpiles"]
    sized = set(frame.loc[frame["parameter"] == "capacity", "commodity"])
    for row, commodity in enumerate(frame["commodity"]):
        if commodity not in sized:
            what = f"the stockpile of {commodity} has a capacity"
            yield broken(dataset, "stockpiles", row, "commodity", what, "add a row with parameter capacity")
