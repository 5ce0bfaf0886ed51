"""Policies that are allowed and still seldom what is meant: a peak without height, a swap rule that is a ceiling.

Swap ceiling, a bound from above in period p, in capacity:

    C[p] = sum_v alive[v,p]  +  renewable  +  (opening + chi x expired) / best ratio      over the group's standing vintages

renewable: what may be renewed on its own site when it reaches its end of life; chi: credit of natural expiry. Early closure
cannot raise C while every ratio is 1 or more. C times availability is compared with what the group made in the base year,
scaled by the demand for its sector's final products.
"""

from __future__ import annotations

from collections.abc import Iterator

from peakmix.foundation.telling import Said, figure, say
from peakmix.parameters.container import Parameters
from peakmix.parameters.context import Context
from peakmix.scenario import Scenario
from peakmix.scenario.policies import SwapPolicy

SMALL = 1e-6


def traps(scenario: Scenario, parameters: Parameters, context: Context) -> list[Said]:
    """Sentences about the policies of a scenario; the policies' numbers are derived already."""
    found: list[Said] = list(parameters.reports.get("warnings", ()))
    for name, policy in scenario.spec.active_policies.items():
        if isinstance(policy, SwapPolicy):
            found += _swap(name, policy, parameters, context)
    return found


def _swap(name: str, policy: SwapPolicy, parameters: Parameters, context: Context) -> Iterator[Said]:
    facts = parameters.facts["swap"][name]
    if not facts["places"]:
        yield say(
            "policies.{name}: nothing of the group {group} stands or can be built, so that the rule is empty",
            "policies.{name}：技术组 {group} 既无存量也不能新建，该规则为空",
            name=name, group=policy.group,
        )  # fmt: skip
        return
    if policy.natural_credit == 0:
        yield say(
            "policies.{name}: natural_credit 0 gives no credit for capacity that reaches its end of life; what may not be "
            "renewed on its site cannot be replaced",
            "policies.{name}：natural_credit 为 0，到期产能不产生指标；不能就地更新的产能将无法被替代",
            name=name,
        )
    short = _shortage(name, policy, parameters, context)
    if short is not None:
        period, capacity, output, needed, ratio = short
        yield say(
            "policies.{name}: a ratio of {ratio:g} or more leaves at most {capacity} Mt/yr of {group} in {period}, "
            "which can make {output} Mt/yr; base-year output that follows demand is {needed}. Exempt or renewed "
            "capacity, other technologies, imports or stock in use less today must bridge the rest",
            "policies.{name}：置换比例不低于 {ratio:g} 时，{period} 年 {group} 最多保有 {capacity} Mt/yr，可产出 {output} Mt/yr；"
            "随需求变化的基年产量为 {needed}。差额须由豁免或就地更新的产能、其他技术、进口或目前利用不足的存量弥补",
            name=name, ratio=ratio, capacity=figure(capacity), group=policy.group, period=period, output=figure(output),
            needed=figure(needed),
        )  # fmt: skip


def _shortage(
    name: str, policy: SwapPolicy, parameters: Parameters, context: Context
) -> tuple[int, float, float, float, float] | None:
    """The period with the largest shortage: period, capacity, output, need and best ratio; None when there is none."""
    group = [t for t in parameters.facts["swap"][name]["group"] if t not in parameters.facts["swap"][name]["exempt"]]
    made = _base_output(parameters, group)
    worst: tuple[int, float, float, float, float] | None = None
    for period in parameters.facts["swap"][name]["periods"]:
        best = best_ratio(name, parameters, period)
        if best is None or best < 1 or made <= 0:
            continue
        capacity, output = ceiling(name, policy, parameters, context, group, period, best)
        needed = made * _trend(parameters, context, group, period)
        if output < needed * (1 - SMALL) and (worst is None or output / needed < worst[2] / worst[3]):
            worst = (period, capacity, output, needed, best)
    return worst


def best_ratio(name: str, parameters: Parameters, period: int) -> float | None:
    """The lowest ratio up to a period; None while none is in force, or where a case needs no quota."""
    facts = parameters.facts["swap"][name]
    if any(p <= period for _, _, p in facts["free"]):
        return None
    ratios = [x for key, x in parameters.values.get("swap_ratio", {}).items() if key[0] == name and key[4] <= period]
    return min(ratios, default=None)


def ceiling(
    name: str,
    policy: SwapPolicy,
    parameters: Parameters,
    context: Context,
    group: list[str],
    period: int,
    ratio: float,
) -> tuple[float, float]:
    """Largest capacity of the group in a period, Mt/yr, and the output it can make."""
    first = parameters.horizon.first[0]
    alive, stock = parameters.values.get("alive", {}), parameters.values.get("stock", {})
    renewable = _renewable(parameters)
    kept = expired = output = 0.0
    available: list[float] = []
    for (region, technology, label), amount in stock.items():
        if technology not in group:
            continue
        start = alive.get((region, technology, label, first), 0.0)
        share = alive.get((region, technology, label, period), 0.0) / start if start > 0 else 0.0
        if technology in renewable:
            share = 1.0
        use = _availability(context, region, technology, period)
        available.append(use)
        kept += amount * share
        output += amount * share * use
        expired += amount * (1 - share)
    opening = sum(x for (policy_id, _), x in parameters.values.get("swap_opening", {}).items() if policy_id == name)
    replaced = (opening + policy.natural_credit * expired) / ratio
    return kept + replaced, output + replaced * max(available, default=1.0)


def _availability(context: Context, region: str, technology: str, period: int) -> float:
    """Largest use of capacity in a period."""
    found = context.parameter(region, technology, "availability")
    return context.period_value(found, period) if found else 1.0


def _renewable(parameters: Parameters) -> set[str]:
    """Technologies whose capacity may be renewed or converted at its end of life."""
    allowed = {name for _, name, _ in parameters.sets["conversions"]}
    facts = parameters.facts["conversion"]
    return {facts[name][0] for name in allowed if facts[name][2] == "expiring"}


def _base_output(parameters: Parameters, group: list[str]) -> float:
    """What the group made in the base year by its statistics, Mt/yr."""
    statistics: dict[tuple[str, str], float] = {}
    for (region, name), high in parameters.values.get("base_high", {}).items():
        members = parameters.facts["groups"].get(name, (name,))
        if set(members) & set(group):
            low = parameters["base_low"][region, name]
            statistics[region, name] = (low + high) / 2
    whole = {name for _, name in statistics if set(group) <= set(parameters.facts["groups"].get(name, (name,)))}
    if whole:
        return sum(x for (_, name), x in statistics.items() if name == min(whole))
    return sum(x for (_, name), x in statistics.items() if name in group)


def _trend(parameters: Parameters, context: Context, group: list[str], period: int) -> float:
    """Demand for the final products of the group's sectors, as a multiple of that of the base period."""
    sectors = {parameters.facts["sector"][t] for t in group}
    products = {parameters.facts["product"][t] for t, sector in parameters.facts["sector"].items() if sector in sectors}
    first = context.horizon.first[0]
    total = {first: 0.0, period: 0.0}
    for table in ("demand", "pooled_demand"):
        for (_, commodity, when), amount in parameters.values.get(table, {}).items():
            if commodity in products and when in total:
                total[when] += float(amount)
    return total[period] / total[first] if total[first] > 0 else 1.0
