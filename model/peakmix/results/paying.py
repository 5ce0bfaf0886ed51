"""Scope of a policy in words, and who pays: as stated, otherwise what follows from the instrument and its transfers."""

from __future__ import annotations

from typing import Any

GOVERNMENT = "government"
ROLES = {"swap": "builders", "market": "emitters above their allocation", "finance": "investors"}
"""Who bears the price of an instrument; the operators in its scope for all others."""


def scope_of(policy: Any) -> str:
    """Node, sectors and technologies of a policy; what is left open is all of it."""
    indicator = getattr(policy, "indicator", None)
    parts = [str(policy.location or getattr(indicator, "location", None) or "everywhere")]
    for name in ("sectors", "technologies"):
        chosen = getattr(policy, name) or getattr(indicator, name, None)
        if chosen:
            parts.append(", ".join(chosen))
    group = getattr(policy, "group", None)
    return "; ".join([*parts, str(group)] if group else parts)


def payer_of(policy: Any, scope: str) -> str:
    """Who bears the price of a policy's rows.

    A tax is paid by the operators in its scope to the government, a subsidy by the government; a swap by those who build, an
    allowance by those who emit more than they are given, own funds and loans by those who invest. A limit, a peak or a pace
    is paid by the operators in its scope, as dearer production.
    """
    other = getattr(policy, "counterparty", None)
    if policy.payer:
        return f"{policy.payer}, with {other}" if other else str(policy.payer)
    if policy.instrument == "price" and any(q.value < 0 for q in policy.quantities().values()):
        return GOVERNMENT if policy.transfer else f"operators ({scope}), who earn it"
    return f"{ROLES.get(policy.instrument, 'operators')} ({scope})"
