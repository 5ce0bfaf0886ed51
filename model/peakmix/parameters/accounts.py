"""Accounts: rates per unit of activity and of adopted measures, formed once for every technology, vintage and measure.

    value_added                a = value added of the main product                                   money per unit
    energy without ...         a = - sum_c f[c] (1 - share[c]) content[c]                             GJ or tce per unit
    surcharge of a tariff      a = x s ceil((x - threshold) / step), x = - f[c] the use per unit      money per unit
    output, capacity of a      a = 1 where - sum_c f[c] energy_content[c] <= level, else 0            1
    level of a norm

    measure                    a with the measure less a without it, of the vintage where that is least

A tariff and a norm are not proportional to use: they are evaluated for what one technology, vintage and measure uses, never for
a mean. Every rate is one element, zero or not, so that a sweep over levels, thresholds or shares stays in one structure.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from peakmix.parameters.container import Parameters
from peakmix.parameters.context import Context
from peakmix.parameters.lookup import Lookup, records
from peakmix.parameters.recipes import contents, finder, ledger_contents
from peakmix.parameters.refuse import refuse
from peakmix.parameters.time import at_year

NEAR = 1e-9
"""Steps and levels are met when they are met to this share: rounding of floating-point numbers is no step."""

Recipe = Mapping[str, float]
Rate = Callable[[str, str, Recipe, int], float]
"""(region, technology, net flows per unit, period) -> rate per unit of activity."""


def derive_accounts(context: Context, parameters: Parameters, indicators: Iterable[Any]) -> None:
    """``account_rate[account, region, technology, cohort, period]`` and ``account_change[account, region, measure, host, period]``
    for every account that the indicators name; capacity accounts also ``account_live[account, region, technology, label, period]``,
    ``account_standing[account, region, technology, period]`` and ``account_fitted[account, region, measure, host, period]``.

    Raises
    ------
    InputError
        When a table has no row of a norm, a tariff or any value added, or measures that may meet on a host have no joint rate.
    """  # fmt: skip
    for leaf in [leaf for indicator in indicators for _, leaf in indicator.leaves()]:
        if leaf.account is None or leaf.account in parameters.facts.setdefault("accounts", {}):
            continue
        parameters.facts["accounts"][leaf.account] = leaf.quantity
        rate, counted = RATES["norm" if leaf.norm is not None else str(leaf.quantity)](context, leaf)
        products = _product_of(context, leaf)
        hosts = {t for t in context.product if products is None or context.product[t] in products}
        _activity(context, parameters, leaf.account, rate, hosts)
        _measures(context, parameters, leaf, rate, counted, hosts)
        if leaf.quantity == "capacity":
            _capacity(context, parameters, leaf.account)


def _recipes(parameters: Parameters) -> dict[tuple[str, str, str], Recipe]:
    """Net flows by (region, technology, cohort); kept, since every account walks through them."""
    if "recipes" not in parameters.facts:
        found: dict[tuple[str, str, str], dict[str, float]] = defaultdict(dict)
        for (region, technology, cohort, commodity), amount in parameters["flow"].items():
            found[region, technology, cohort][commodity] = amount
        parameters.facts["recipes"] = dict(found)
    recipes: dict[tuple[str, str, str], Recipe] = parameters.facts["recipes"]
    return recipes


def _activity(context: Context, parameters: Parameters, account: str, rate: Rate, hosts: set[str]) -> None:
    for (region, technology, cohort), recipe in _recipes(parameters).items():
        if technology in hosts:
            for period in context.horizon:
                key = (account, region, technology, cohort, period)
                parameters.put("account_rate", key, rate(region, technology, recipe, period))


def _measures(
    context: Context, parameters: Parameters, leaf: Any, rate: Rate, counted: set[str] | None, hosts: set[str]
) -> None:
    """Change of the rate where a measure is fitted: of the vintage that changes least, so that nothing is credited twice."""
    changes: dict[tuple[str, str, str], dict[int, dict[str, float]]] = defaultdict(lambda: defaultdict(dict))
    for (region, measure, host, commodity, period), amount in parameters.values.get("measure_flow", {}).items():
        named = leaf.measures is None or measure in leaf.measures
        if named and host in hosts and counted is not None and commodity in counted:
            changes[region, measure, host][period][commodity] = amount
    if leaf.norm is not None or leaf.tariff is not None:
        _apart(parameters, leaf, changes)
    cohorts: dict[tuple[str, str], list[Recipe]] = defaultdict(list)
    for (region, technology, cohort), recipe in _recipes(parameters).items():
        if _runs(parameters, region, technology, cohort):
            cohorts[region, technology].append(recipe)
    for (region, measure, host), by_period in changes.items():
        for period, change in by_period.items():
            found = []
            for recipe in cohorts[region, host]:
                fitted = {**recipe, **{c: recipe.get(c, 0.0) + x for c, x in change.items()}}
                found.append(rate(region, host, fitted, period) - rate(region, host, recipe, period))
            parameters.put("account_change", (leaf.account, region, measure, host, period), min(found, key=abs))


def _runs(parameters: Parameters, region: str, technology: str, cohort: str) -> bool:
    """Can a vintage hold capacity: it stands, may be built, or conversions may bring it? One recipe for all always runs."""
    facts = parameters.facts
    if technology not in facts["by_vintage"] or (region, technology, cohort) in facts["existing"]:
        return True
    return technology in facts["receives"] or (cohort.isdigit() and (region, technology, int(cohort)) in facts["entries"])


def _apart(parameters: Parameters, leaf: Any, changes: Iterable[tuple[str, str, str]]) -> None:
    """Two measures that change the use of one host have a joint rate only if they exclude each other."""
    groups: dict[tuple[str, str, str], set[str]] = defaultdict(set)
    for (region, host, group), measures in parameters.facts["exclusion"].items():
        for measure in measures:
            groups[region, measure, host].add(group)
    by_host: dict[tuple[str, str], list[str]] = defaultdict(list)
    for region, measure, host in changes:
        for other in by_host[region, host]:
            if not groups[region, measure, host] & groups[region, other, host]:
                raise refuse(
                    f"{leaf.account}: {measure} and {other} both change the use of {host}",
                    rule="a tariff or a norm needs the use with every package of measures, and these two may be fitted together",
                    fix="make them one package or one exclusion group, or name in the indicator the measures that count",
                )
        by_host[region, host].append(measure)


def _capacity(context: Context, parameters: Parameters, account: str) -> None:
    """Rates of capacity: those of the vintage's recipe, and of measures per unit of capacity that runs fully."""
    dated = parameters.facts["by_vintage"]
    rates = {key[1:]: x for key, x in parameters["account_rate"].items() if key[0] == account}
    for (region, technology, label, period), live in parameters.values.get("live", {}).items():
        rate = rates.get((region, technology, label if technology in dated else "all", period))
        if rate is not None:
            parameters.put("account_live", (account, region, technology, label, period), rate * live)
    for (region, technology, period), standing in parameters.values.get("standing", {}).items():
        rate = rates.get((region, technology, "all", period))
        if rate is not None:
            parameters.put("account_standing", (account, region, technology, period), rate * standing)
    for key, change in [(k, x) for k, x in parameters.values.get("account_change", {}).items() if k[0] == account]:
        _, region, _, host, period = key
        use = context.period_value(context.parameter(region, host, "availability") or [], period)
        parameters.put("account_fitted", key, change / use if use else 0.0)


def _product_of(context: Context, leaf: Any) -> set[str] | None:
    """Products whose technologies an account speaks of; None for all."""
    if leaf.norm is None:
        return None
    table = context.table("norm_levels")
    return set(table.loc[table["norm"] == leaf.norm, "commodity"])


def _value_added(context: Context, leaf: Any) -> tuple[Rate, set[str] | None]:
    lookup = Lookup(context.table("value_added"), ["commodity"])
    if not lookup.keys():
        raise refuse(
            "value_added.csv has no rows", rule="value added per unit of product is stated, since costs do not give it",
            fix="add rows with source and price year",
        )  # fmt: skip
    found: dict[tuple[str, str, int], float] = {}

    def rate(region: str, technology: str, recipe: Recipe, period: int) -> float:
        key = (region, technology, period)
        if key not in found:
            product = context.product[technology]
            weighted = context.weighted(context.weights(region, technology), lambda chain: lookup.series(product, chain=chain))
            found[key] = context.period_value(weighted, period) if weighted else 0.0
        return found[key]

    return rate, None


def _energy(context: Context, leaf: Any) -> tuple[Rate, set[str] | None]:
    lookup = Lookup(context.table("energy_exclusions"), ["kind", "commodity"])
    content = ledger_contents(context)[f"energy_{leaf.convention}"]
    carriers = {commodity for commodity, _ in content}
    left: dict[tuple[str, str, str, int], float] = {}

    def kept(region: str, technology: str, commodity: str, period: int) -> float:
        key = (region, technology, commodity, period)
        if key not in left:
            away = 0.0
            for kind in leaf.exclude:
                weighted = context.weighted(context.weights(region, technology), finder(lookup, kind, commodity), 0.0)
                away += context.period_value(weighted, period) if weighted else 0.0
            left[key] = max(0.0, 1.0 - away)
        return left[key]

    def rate(region: str, technology: str, recipe: Recipe, period: int) -> float:
        return -sum(
            amount * content[commodity, period] * kept(region, technology, commodity, period)
            for commodity, amount in recipe.items()
            if commodity in carriers
        )

    return rate, carriers


def tiers(use: float, threshold: float, step: float, surcharge: float) -> float:
    """Surcharge per unit of product: for every begun step above the threshold the price of the whole use rises."""
    steps = math.ceil((use - threshold) / step - NEAR)
    return surcharge * steps * use if steps > 0 else 0.0


def _surcharge(context: Context, leaf: Any) -> tuple[Rate, set[str] | None]:
    lookup = Lookup(context.table("tariff_tiers"), ["tariff", "commodity", "parameter"], place=None)
    carriers = sorted({str(c) for t, c, _ in lookup if t == leaf.tariff})
    if not carriers:
        raise refuse(
            f"tariff {leaf.tariff!r}", rule="a tariff is stated in tariff_tiers.csv", fix="add threshold, step and surcharge"
        )

    def number(commodity: str, name: str, period: int) -> float:
        series = lookup.series(leaf.tariff, commodity, name)
        if series is None:
            raise refuse(
                f"tariff {leaf.tariff} of {commodity} has no {name}", rule="a tariff has threshold, step and surcharge",
                fix="add the row to tariff_tiers.csv",
            )  # fmt: skip
        return at_year(series, period, "step")

    def rate(region: str, technology: str, recipe: Recipe, period: int) -> float:
        return sum(
            tiers(-recipe.get(c, 0.0), *(number(c, name, period) for name in ("threshold", "step", "surcharge"))) for c in carriers
        )

    return rate, set(carriers)


def _norm(context: Context, leaf: Any) -> tuple[Rate, set[str] | None]:
    levels = Lookup(context.table("norm_levels"), ["norm", "commodity", "norm_level"], place=None)
    carriers = {str(row.commodity) for row in records(context.table("norm_uses")) if row.norm == leaf.norm}
    content = contents(context, "energy_content")
    products = {str(p) for n, p, g in levels if n == leaf.norm and g == leaf.reaches}
    if not carriers or not products:
        raise refuse(
            f"norm {leaf.norm!r}, level {leaf.reaches!r}",
            rule="a norm has levels in norm_levels.csv and carriers in norm_uses.csv",
            fix="correct the names, or add the rows",
        )

    def rate(region: str, technology: str, recipe: Recipe, period: int) -> float:
        series = levels.series(leaf.norm, context.product[technology], leaf.reaches)
        if series is None:
            return 0.0
        use = -sum(recipe.get(c, 0.0) * content.get((c, period), 0.0) for c in carriers)
        level = at_year(series, period, "step")
        return 1.0 if use <= level + NEAR * max(1.0, abs(level)) else 0.0

    return rate, carriers


RATES: dict[str, Callable[[Context, Any], tuple[Rate, set[str] | None]]] = {
    "value_added": _value_added,
    "energy": _energy,
    "surcharge": _surcharge,
    "norm": _norm,
}
"""By quantity: how an account's rates are formed, and the commodities whose use they follow."""
