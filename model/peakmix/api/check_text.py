"""What `check` prints: the tables that were read, the rules that held, the scenario as it was understood."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from peakmix.formulation.policies.common import periods_of
from peakmix.foundation.errors import display_path
from peakmix.parameters.container import Parameters
from peakmix.parameters.time import Horizon
from peakmix.scenario import Scenario
from peakmix.tables.check import RULES
from peakmix.tables.dataset import DataSet

WIDTH = 110
GRADES = ("A", "B", "C")


def data_lines(data: DataSet) -> Iterator[str]:
    """Title, place and hash of a data set; rows by table; grades; the rules across tables that it passed."""
    where = "frames" if data.root is None else display_path(data.root)
    yield f"data {data.title} ({where}), money {data.money_unit}, hash {data.hash[:16]}"
    counts = {name: len(frame) for name, frame in data.tables.items() if len(frame)}
    yield f"{sum(counts.values()):,} rows in {len(counts)} tables"
    yield from wrapped([f"{name} {count:,}" for name, count in counts.items()])
    yield from grade_lines(data)
    yield f"{len(RULES)} rules across tables hold"
    yield from (f"  {rule.name.replace('_', ' ')}: {rule.meaning}" for rule in RULES)


def grade_lines(data: DataSet) -> Iterator[str]:
    """Shares of the grades in all value rows."""
    grades: dict[str, int] = dict.fromkeys(GRADES, 0)
    for frame in data.tables.values():
        if "grade" in frame.columns:
            for grade, count in frame["grade"].value_counts().items():
                grades[str(grade)] = grades.get(str(grade), 0) + int(count)
    total = sum(grades.values())
    if total:
        parts = ", ".join(f"{name} {count / total:.0%} ({count:,})" for name, count in grades.items())
        yield f"{total:,} values; by grade {parts}"


def wrapped(items: list[str]) -> Iterator[str]:
    """Items in indented lines of limited width."""
    line = ""
    for item in items:
        if line and len(line) + len(item) + 2 > WIDTH:
            yield "  " + line
            line = ""
        line = f"{line}, {item}" if line else item
    if line:
        yield "  " + line


def scenario_lines(scenario: Scenario, parameters: Parameters) -> Iterator[str]:
    """What a scenario resolves to: places, technologies, periods with weights, policies with the periods they hold in."""
    spec = scenario.spec
    yield f"scenario {scenario.name}" + (f": {spec.title}" if spec.title else "") + f", hash {scenario.hash[:16]}"
    level = f"groups of {spec.grouping}" if spec.grouping else f"level {spec.level}"
    known = {technology for _, technology in parameters.sets["active"]}
    yield (
        f"{len(parameters.regions)} places ({level}), {len(known)} technologies, "
        f"{len(parameters.sets['active']):,} technologies in places, demand variant {spec.demand_variant}"
    )
    changed = len(spec.adjust)
    if changed:
        yield f"{changed} change{'s' * (changed > 1)} to cells of the tables"
    yield ""
    yield from period_lines(parameters.horizon)
    yield ""
    if not spec.policies:
        yield "no policies"
        return
    yield "policies"
    width = max(len(name) for name in spec.policies)
    for name, policy in spec.policies.items():
        yield f"  {name:<{width}}  {policy.instrument:<6}  {held(name, policy, parameters)}"


def period_lines(horizon: Horizon) -> Iterator[str]:
    """One line a period with its weights."""
    yield f"money is discounted to {horizon.y0} at {horizon.rate:g} a year"
    yield f"{'period':<12}{'years':>6}{'operating weight':>18}{'investment weight':>19}"
    for period in horizon:
        length = horizon.n(period)
        name = str(period) if length == 1 else f"{period}-{period + length - 1}"
        marks = ["base period"] if period == horizon.base else []
        marks += ["weight by hand"] if period in horizon.operating_by_hand else []
        operating, investment = horizon.operating_weight(period), horizon.investment_weight(period)
        yield f"{name:<12}{length:>6}{operating:>18.6f}{investment:>19.6f}  {', '.join(marks)}".rstrip()


def held(name: str, policy: Any, parameters: Parameters) -> str:
    """Periods that a policy holds in, in words."""
    if not policy.enabled:
        return "switched off"
    horizon = parameters.horizon
    if policy.instrument == "peak":
        peak = parameters.facts["peak_period"][name]
        return f"peak in the period {spell(horizon, [peak])}, rule {policy.rule}; no growth after it"
    start = getattr(policy, "start_year", None) or policy.from_year
    periods = periods_of(policy, parameters, start)
    if not periods:
        return "holds in no period of the horizon"
    dated = "" if start is None or start == periods[0] else f" (dated {start})"
    return f"holds {spell(horizon, periods)}{dated}"


def spell(horizon: Horizon, periods: list[int]) -> str:
    """Years of periods that follow each other."""
    first, last = periods[0], periods[-1] + horizon.n(periods[-1]) - 1
    return str(first) if first == last else f"{first}-{last}"
