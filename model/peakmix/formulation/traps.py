"""Sentences about policies that do something else than their name says, before anything is solved.

Prices beside limits, benchmarks, cheap loans, growth from nothing, rule B without a held base year, rules on direct CO2 alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from peakmix.parameters.container import Parameters
from peakmix.scenario.indicators import Indicator

INDIRECT = ("purchased_power", "purchased_heat", "hydrogen_power")


def policy_traps(policies: Mapping[str, Any], parameters: Parameters) -> Iterator[str]:
    """Findings about the policies in force, one policy after the other."""
    for name, policy in policies.items():
        for trap in TRAPS.get(policy.instrument, ()):
            yield from trap(name, policy, policies, parameters)
    yield from _direct_only(policies)


def _beside_a_limit(name: str, policy: Any, policies: Mapping[str, Any], parameters: Parameters) -> Iterator[str]:
    """A price on what a limit bounds as well."""
    priced = policy.scoped(policy.indicator)
    for other, limit in policies.items():
        same = limit.instrument == "limit" and limit.kind != "intensity" and limit.scoped(limit.indicator) == priced
        if same:
            yield (
                f"policies.{name}: {other} bounds the same indicator, so that its price comes on top of this one; a price set to "
                "that of a limit does not bring back its level, which jumps where two technologies cost the same"
            )


def _rule_b(name: str, policy: Any, policies: Mapping[str, Any], parameters: Parameters) -> Iterator[str]:
    """Rule B with a base period that nothing holds."""
    if policy.rule == "B" and parameters.horizon.base is None:
        yield f"policies.{name}: no base period is held, so that rule B may raise early emissions to lift its own ceiling"


def _benchmark(name: str, policy: Any, policies: Mapping[str, Any], parameters: Parameters) -> Iterator[str]:
    """Allowances by output are a subsidy on output."""
    if any(getattr(entry, "benchmark", None) is not None for entry in policy.allocation):
        yield (
            f"policies.{name}: a benchmark pays for output, allowance price times benchmark a unit; only what lies above the "
            "benchmark is a cost, and nothing bounds the total"
        )


def _cheap_loan(name: str, policy: Any, policies: Mapping[str, Any], parameters: Parameters) -> Iterator[str]:
    """A loan below the discount rate is drawn by everyone."""
    for line, terms in policy.lines.items():
        if terms.rate < parameters.horizon.rate:
            yield (
                f"policies.{name}.lines.{line}: {terms.rate:g} is below the discount rate {parameters.horizon.rate:g}, so that it "
                "is drawn even where nobody is short of funds"
            )


def _from_nothing(name: str, policy: Any, policies: Mapping[str, Any], parameters: Parameters) -> Iterator[str]:
    """Additions that grow from zero stay at zero."""
    past = 0.0 if policy.historical is None else policy.historical.value
    if policy.quantity != "activity" and policy.seed.value == 0 and past == 0:
        yield f"policies.{name}: growth from additions of 0 without a seed locks {', '.join(policy.technologies)} out for ever"


def _direct_only(policies: Mapping[str, Any]) -> Iterator[str]:
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
        yield (
            f"policies {', '.join(direct)} count direct CO2 alone: emissions may move into power, heat and hydrogen that are "
            "bought; see the ledgers side by side"
        )


TRAPS: dict[str, tuple[Any, ...]] = {
    "price": (_beside_a_limit,),
    "peak": (_rule_b,),
    "market": (_benchmark,),
    "finance": (_cheap_loan,),
    "pace": (_from_nothing,),
}
