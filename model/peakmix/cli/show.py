"""`peakmix show`: every value in force with its origin, the periods with their weights, and when each policy starts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from peakmix.cli.engine import changes_of
from peakmix.foundation.errors import display_path
from peakmix.parameters.time import Horizon, horizon_of
from peakmix.scenario import Scenario, Spec, load
from peakmix.scenario.policies import PeakPolicy, Policy, SwapPolicy
from peakmix.scenario.yamltree import Origin


def main(path: Path, setting: Sequence[str] | None, as_yaml: bool, defaults: bool) -> None:
    """Print a scenario."""
    scenario = load(path, changes_of(setting))
    if as_yaml:
        print(scenario.resolved_yaml, end="")
        return
    print(f"scenario {scenario.name}" + (f": {scenario.spec.title}" if scenario.spec.title else ""))
    print(f"hash {scenario.hash[:16]}, read from {', '.join(display_path(f) for f in scenario.files)}\n")
    print("\n".join(value_lines(scenario, defaults)), end="\n\n")
    print("\n".join(period_lines(scenario.spec)), end="")
    lines = [
        line for name, policy in scenario.spec.policies.items() for line in policy_lines(name, policy, scenario.spec)
    ]
    print("\n\n" + "\n".join(["policies", *lines]) if lines else "")


def value_lines(scenario: Scenario, defaults: bool) -> Iterator[str]:
    """One line a value: dotted key, value, file and line."""
    rows = [(key, _text(value), _origin(origin)) for key, value, origin in scenario.values() if defaults or origin]
    wide = min(48, max((len(key) for key, _, _ in rows), default=0))
    long = min(36, max((len(value) for _, value, _ in rows), default=0))
    for key, value, origin in rows:
        yield f"{key:<{wide}}  {value:<{long}}  {origin}".rstrip()


def _text(value: Any) -> str:
    """A value on one line, cut where it is long."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return f"{value:.15g}"
    text = " ".join(str(value).split())
    return text if len(text) <= 60 else text[:57] + "..."


def _origin(origin: Origin | None) -> str:
    """Where a value comes from."""
    if origin is None:
        return "default"
    return f"{origin.file}:{origin.line}" if origin.line else origin.file


def period_lines(spec: Spec) -> Iterator[str]:
    """One line a period: years, weights."""
    horizon = horizon_of(spec)
    yield f"periods, money discounted to {horizon.y0} at {spec.horizon.discount_rate:g} a year"
    yield f"{'years':<12}{'length':>8}{'operating weight':>20}{'investment weight':>20}"
    for period in horizon:
        last = period + horizon.n(period) - 1
        years = str(period) if last == period else f"{period}-{last}"
        mark = "  base period" if period == horizon.base else ""
        mark += "  by hand" if period in horizon.operating_by_hand else ""
        operating, investment = horizon.operating_weight(period), horizon.investment_weight(period)
        yield f"{years:<12}{horizon.n(period):>8}{operating:>20.6f}{investment:>20.6f}{mark}"


def peak_period(horizon: Horizon, policy: PeakPolicy) -> int | None:
    """The period a peak year means: the one that contains it, or the last one that ends before it."""
    if not policy.before:
        return horizon.containing(policy.year)
    return next((p for p in reversed(horizon.first) if p + horizon.n(p) <= policy.year), None)


def policy_lines(name: str, policy: Policy, spec: Spec) -> Iterator[str]:
    """When a policy holds: its dates rounded to the first free period that starts at or after them."""
    horizon = horizon_of(spec)
    state = "" if policy.enabled else ", switched off"
    if isinstance(policy, PeakPolicy):
        period = peak_period(horizon, policy)
        told = "outside the horizon" if period is None else f"peak period starts {period}"
        reading = "before" if policy.before else "in"
        yield f"{name}: peak {reading} {policy.year}, rule {policy.rule}: {told}{state}"
        return
    if isinstance(policy, SwapPolicy):
        start: int | None = policy.from_year
    else:
        start = getattr(policy, "start_year", None) or policy.from_year
    free = [p for p in horizon if p != horizon.base]
    period = next((p for p in free if start is None or p >= start), None)
    dated = "no date" if start is None else f"from {start}"
    told = "never inside the horizon" if period is None else f"takes effect with the period {period}"
    ends = f", until {policy.to_year}" if policy.to_year is not None else ""
    yield f"{name}: {policy.instrument} {dated}{ends}: {told}{state}"
    if isinstance(policy, SwapPolicy) and policy.suspended_from is not None:
        halted = [str(p) for p in free if policy.suspended(p)]
        yield f"{name}: swaps suspended in the periods {', '.join(halted) or '- (no period starts then, so that it has no effect)'}"
