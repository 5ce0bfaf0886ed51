"""Names in a scenario that only the tables know: places, sectors, technologies, groups, rules, commodities."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass

from peakmix.foundation.errors import Findings, InputError, nearest
from peakmix.scenario.against import TableSet, column_names
from peakmix.scenario.finance import FinancePolicy
from peakmix.scenario.indicators import Indicator
from peakmix.scenario.market import MarketPolicy
from peakmix.scenario.policies import Policy, SwapPolicy
from peakmix.scenario.scenario import Scenario
from peakmix.scenario.spec import GroupingResolution

POLLUTANTS = ("SO2", "NOx", "PM", "PFC_physical", "PFC_compliance")
Keys = tuple[str | int, ...]


@dataclass(frozen=True)
class Known:
    """Names by what they are called in a message."""

    places: Collection[str]
    nodes: Collection[str]
    groupings: Collection[str]
    sectors: Collection[str]
    technologies: Collection[str]
    groups: Collection[str]
    measures: Collection[str]
    commodities: Collection[str]
    variants: Collection[str]
    swap_rules: Collection[str]
    markets: Collection[str]
    norms: Collection[str]
    norm_levels: Collection[str]
    tariffs: Collection[str]


def known_names(dataset: TableSet) -> Known:
    """All names of a data set that a scenario may use."""
    places = column_names(dataset, "locations", "location")
    technologies = column_names(dataset, "technologies", "technology")
    return Known(
        places=places,
        nodes=[*places, *column_names(dataset, "groupings", "group")],
        groupings=column_names(dataset, "groupings", "grouping"),
        sectors=column_names(dataset, "sectors", "sector"),
        technologies=technologies,
        groups=[*technologies, *column_names(dataset, "technology_groups", "group")],
        measures=column_names(dataset, "measures", "measure"),
        commodities=column_names(dataset, "commodities", "commodity"),
        variants=column_names(dataset, "demand", "variant"),
        swap_rules=column_names(dataset, "swap_ratios", "rule"),
        markets=column_names(dataset, "markets", "market"),
        norms=column_names(dataset, "norm_levels", "norm"),
        norm_levels=column_names(dataset, "norm_levels", "norm_level"),
        tariffs=column_names(dataset, "tariff_tiers", "tariff"),
    )


def check_against(dataset: TableSet, scenario: Scenario, known: Known | None = None) -> None:
    """Refuse names that the data set does not define; all of them at once, each with the line that states it.

    ``known`` are the data set's names, when many scenarios are checked against it.

    Raises
    ------
    InputErrors
        With file, line, key, value, rule and the nearest known names.
    """
    known = known or known_names(dataset)
    findings = Findings()
    findings.take(_whole(scenario, known))
    for name, indicator in scenario.spec.indicators.items():
        findings.take(_indicator(scenario, ("indicators", name), indicator, known))
    for name, policy in scenario.spec.policies.items():
        findings.take(_policy(scenario, name, policy, known, dataset))
    findings.stop()


def _names(
    scenario: Scenario, route: Keys, names: Iterable[str] | None, known: Collection[str], what: str
) -> Iterator[InputError]:
    """An error for every unknown name of a list."""
    for position, name in enumerate(names or ()):
        if name not in known:
            yield scenario.error(f"{what} is one of the tables", *route, position, value=name, fix=nearest(name, known))


def _name(scenario: Scenario, route: Keys, name: str | None, known: Collection[str], what: str) -> Iterator[InputError]:
    """An error when one name is unknown."""
    if name is not None and name not in known:
        yield scenario.error(f"{what} is one of the tables", *route, value=name, fix=nearest(name, known))


def _whole(scenario: Scenario, known: Known) -> Iterator[InputError]:
    """Names outside the policies."""
    spec = scenario.spec
    yield from _names(scenario, ("locations",), spec.locations, known.places, "a location")
    yield from _names(scenario, ("sectors",), spec.sectors, known.sectors, "a sector")
    yield from _names(scenario, ("measures", "include"), spec.measures.include, known.measures, "a measure")
    yield from _names(scenario, ("measures", "exclude"), spec.measures.exclude, known.measures, "a measure")
    excluded = spec.technologies.exclude
    yield from _names(scenario, ("technologies", "exclude"), excluded, known.technologies, "a technology")
    if isinstance(spec.resolution, GroupingResolution):
        route = ("resolution", "grouping")
        yield from _name(scenario, route, spec.resolution.grouping, known.groupings, "a grouping")
    if known.variants:
        yield from _name(scenario, ("demand_variant",), spec.demand_variant, known.variants, "a demand variant")
    for position, weight in enumerate(spec.weights.investment):
        place: Keys = ("weights", "investment", position, "technology")
        yield from _name(scenario, place, weight.technology, known.technologies, "a technology")


def _policy(scenario: Scenario, name: str, policy: Policy, known: Known, dataset: TableSet) -> Iterator[InputError]:
    """Names inside one policy."""
    route: Keys = ("policies", name)
    yield from _name(scenario, (*route, "location"), policy.location, known.nodes, "a location or group")
    yield from _names(scenario, (*route, "sectors"), policy.sectors, known.sectors, "a sector")
    technologies = policy.technologies
    yield from _names(
        scenario, (*route, "technologies"), technologies, known.groups, "a technology or technology group"
    )
    for field in type(policy).model_fields:
        stated = getattr(policy, field)
        if isinstance(stated, Indicator):
            yield from _indicator(scenario, (*route, field), stated, known)
    if isinstance(policy, SwapPolicy):
        yield from _swap(scenario, route, policy, known, dataset)
    if isinstance(policy, MarketPolicy):
        yield from _market(scenario, route, policy, known)
    if isinstance(policy, FinancePolicy):
        yield from _finance(scenario, route, policy, known, dataset)


def _finance(scenario: Scenario, route: Keys, policy: FinancePolicy, known: Known, dataset: TableSet) -> Iterator[InputError]:
    """Names inside loan lines, legacy debt and cash."""
    options = {*dataset.tables["measures"]["measure"], *dataset.tables["conversions"]["conversion"]}
    for line, terms in policy.lines.items():
        place = (*route, "lines", line)
        yield from _names(scenario, (*place, "technologies"), terms.technologies, known.groups, "a technology or technology group")
        yield from _names(scenario, (*place, "names"), terms.names, options, "a measure or conversion")
        for kind, parts in (("tranches", terms.tranches), ("steps", terms.steps)):
            for part, stated in parts.items():
                yield from _indicator(scenario, (*place, kind, part, "indicator"), stated.indicator, known)
    for name, debt in policy.legacy.items():
        place = (*route, "legacy", name)
        yield from _name(scenario, (*place, "location"), debt.location, known.nodes, "a location or group")
        yield from _names(scenario, (*place, "technologies"), debt.technologies, known.groups, "a technology or technology group")
    for commodity in policy.cash.prices if policy.cash is not None else ():
        yield from _name(scenario, (*route, "cash", "prices", commodity), commodity, known.commodities, "a commodity")


def _indicator(scenario: Scenario, route: Keys, indicator: Indicator, known: Known) -> Iterator[InputError]:
    """Names inside an indicator and its parts."""
    yield from _name(scenario, (*route, "location"), indicator.location, known.nodes, "a location or group")
    yield from _names(scenario, (*route, "sectors"), indicator.sectors, known.sectors, "a sector")
    technologies = indicator.technologies
    yield from _names(
        scenario, (*route, "technologies"), technologies, known.groups, "a technology or technology group"
    )
    yield from _names(scenario, (*route, "commodity"), indicator.commodity, known.commodities, "a commodity")
    yield from _name(scenario, (*route, "pollutant"), indicator.pollutant, POLLUTANTS, "a pollutant")
    yield from _names(scenario, (*route, "market"), indicator.market, known.markets, "a market")
    yield from _name(scenario, (*route, "norm"), indicator.norm, known.norms, "an efficiency norm")
    yield from _name(scenario, (*route, "reaches"), indicator.reaches, known.norm_levels, "a level of a norm")
    yield from _names(scenario, (*route, "measures"), indicator.measures, known.measures, "a measure")
    yield from _name(scenario, (*route, "tariff"), indicator.tariff, known.tariffs, "a tiered tariff")
    for position, part in enumerate(indicator.sum or ()):
        yield from _indicator(scenario, (*route, "sum", position, "indicator"), part.indicator, known)


def _swap(scenario: Scenario, route: Keys, policy: SwapPolicy, known: Known, dataset: TableSet) -> Iterator[InputError]:
    """Names inside a swap rule."""
    what = "a technology or technology group"
    yield from _name(scenario, (*route, "rule"), policy.rule, known.swap_rules, "a swap rule")
    yield from _name(scenario, (*route, "group"), policy.group, known.groups, what)
    yield from _names(scenario, (*route, "exempt"), policy.exempt, known.groups, what)
    yield from _names(scenario, (*route, "inflow_ban"), policy.inflow_ban, known.nodes, "a location or group")
    for place in policy.opening:
        yield from _name(scenario, (*route, "opening", place), place, known.places, "a location")
    frame = dataset.tables.get("swap_ratios")
    if frame is None or policy.rule not in known.swap_rules:
        return
    cases = {str(case) for case in frame.loc[frame["rule"] == policy.rule, "case"]}
    for technology, case in policy.cases.items():
        yield from _name(scenario, (*route, "cases", technology), technology, known.groups, what)
        yield from _name(scenario, (*route, "cases", technology), case, cases, f"a case of rule {policy.rule}")


def _market(scenario: Scenario, route: Keys, policy: MarketPolicy, known: Known) -> Iterator[InputError]:
    """Names inside an allowance market."""
    for position, entry in enumerate(policy.allocation):
        place: Keys = (*route, "allocation", position)
        yield from _name(scenario, (*place, "location"), entry.location, known.places, "a location")
        if entry.output is not None:
            yield from _indicator(scenario, (*place, "output"), entry.output, known)
        if entry.band is not None:
            for key, chosen in (("technologies", entry.band.technologies), ("through", entry.band.through)):
                yield from _names(scenario, (*place, "band", key), chosen, known.groups, "a technology or technology group")
            for name in entry.band.attributed:
                yield from _name(scenario, (*place, "band", "attributed", name), name, known.commodities, "a commodity")
    for name in policy.opening:
        yield from _name(scenario, (*route, "opening", name), name, known.places, "a location")
