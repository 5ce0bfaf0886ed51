"""Sentences about policies that do something else than their name says, before anything is solved.

Prices beside limits, benchmarks, cheap loans, growth from nothing, rule B without a held base year, rules on direct CO2 alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from peakmix.foundation.telling import Said, listed, say
from peakmix.parameters.container import Parameters
from peakmix.scenario.indicators import Indicator

INDIRECT = ("purchased_power", "purchased_heat", "hydrogen_power")


def policy_traps(policies: Mapping[str, Any], parameters: Parameters) -> Iterator[Said]:
    """Findings about the policies in force, one policy after the other."""
    for name, policy in policies.items():
        for trap in TRAPS.get(policy.instrument, ()):
            yield from trap(name, policy, policies, parameters)
    yield from _direct_only(policies)


def _beside_a_limit(name: str, policy: Any, policies: Mapping[str, Any], parameters: Parameters) -> Iterator[Said]:
    """A price on what a limit bounds as well."""
    priced = policy.scoped(policy.indicator)
    for other, limit in policies.items():
        same = limit.instrument == "limit" and limit.kind != "intensity" and limit.scoped(limit.indicator) == priced
        if same:
            yield say(
                "policies.{name}: {other} bounds the same indicator, so that its price comes on top of this one; a price set to "
                "that of a limit does not bring back its level, which jumps where two technologies cost the same",
                "policies.{name}：{other} 约束同一指标，其价格与本政策叠加；把价格定为限额的影子价格并不能重现限额的水平，"
                "因为两种技术成本相同时水平会跳变",
                name=name, other=other,
            )  # fmt: skip


def _rule_b(name: str, policy: Any, policies: Mapping[str, Any], parameters: Parameters) -> Iterator[Said]:
    """Rule B with a base period that nothing holds."""
    if policy.rule == "B" and parameters.horizon.base is None:
        yield say(
            "policies.{name}: no base period is held, so that rule B may raise early emissions to lift its own ceiling",
            "policies.{name}：未固定基期，规则 B 可能抬高前期排放以提高自身上限",
            name=name,
        )


def _benchmark(name: str, policy: Any, policies: Mapping[str, Any], parameters: Parameters) -> Iterator[Said]:
    """Allowances by output are a subsidy on output."""
    if any(getattr(entry, "benchmark", None) is not None for entry in policy.allocation):
        yield say(
            "policies.{name}: a benchmark pays for output, allowance price times benchmark a unit; only what lies above the "
            "benchmark is a cost, and nothing bounds the total",
            "policies.{name}：基准线配额相当于按产量补贴，每单位为配额价格乘以基准值；只有高于基准的部分才是成本，总量不受约束",
            name=name,
        )


def _cheap_loan(name: str, policy: Any, policies: Mapping[str, Any], parameters: Parameters) -> Iterator[Said]:
    """A loan below the discount rate is drawn by everyone."""
    for line, terms in policy.lines.items():
        if terms.rate < parameters.horizon.rate:
            yield say(
                "policies.{name}.lines.{line}: {rate:g} is below the discount rate {discount:g}, so that it "
                "is drawn even where nobody is short of funds",
                "policies.{name}.lines.{line}：利率 {rate:g} 低于贴现率 {discount:g}，即使无人缺乏资金也会被提取",
                name=name, line=line, rate=terms.rate, discount=parameters.horizon.rate,
            )  # fmt: skip


def _from_nothing(name: str, policy: Any, policies: Mapping[str, Any], parameters: Parameters) -> Iterator[Said]:
    """Additions that grow from zero stay at zero."""
    past = 0.0 if policy.historical is None else policy.historical.value
    if policy.quantity != "activity" and policy.seed.value == 0 and past == 0:
        yield say(
            "policies.{name}: growth from additions of 0 without a seed locks {technologies} out for ever",
            "policies.{name}：历史新增为 0 且无起步量，{technologies} 将永远无法进入",
            name=name, technologies=listed(policy.technologies),
        )  # fmt: skip


def _direct_only(policies: Mapping[str, Any]) -> Iterator[Said]:
    """Rules on direct CO2 while nothing counts power, heat or hydrogen bought."""
    direct, indirect = [], False
    for name, policy in policies.items():
        indicator = getattr(policy, "indicator", None)
        if not isinstance(indicator, Indicator):
            continue
        for _, leaf in indicator.leaves():
            scopes = set(leaf.scopes or ())
            indirect |= leaf.quantity == "energy" or str(leaf.quantity).startswith(INDIRECT) or bool(scopes & set(INDIRECT))
            if (leaf.quantity == "direct_co2" or scopes == {"direct"}) and name not in direct:
                direct.append(name)
    if direct and not indirect:
        yield say(
            "policies {names} count direct CO2 alone: emissions may move into power, heat and hydrogen that are "
            "bought; see the ledgers side by side",
            "政策 {names} 只计直接二氧化碳：排放可能转移到外购电力、热力与氢，请并列对照各账目",
            names=listed(direct),
        )


TRAPS: dict[str, tuple[Any, ...]] = {
    "price": (_beside_a_limit,),
    "peak": (_rule_b,),
    "market": (_benchmark,),
    "finance": (_cheap_loan,),
    "pace": (_from_nothing,),
}
