"""Scenarios without a solution, made from solvable ones by tightening one or two policies, always the same ones.

Worlds: tiny plants in two places, a random-looking world of the property tests, the data sets mini and small. Every family
has a policy set that solves, and a strength that goes into one or two of its numbers. Of each family those strengths are
taken at which the programme has no solution.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.cases.kit import Prepared, prepared
from tests.math.tiny import PERIODS as TINY_PERIODS
from tests.math.tiny import plants
from tests.property.worlds import PERIODS, World

from peakmix.api.prepare import Timings, prepare, read
from peakmix.scenario import from_mapping

DATA = Path(__file__).resolve().parents[1] / "data"
DIRECT = {"quantity": "direct_co2"}
Policies = dict[str, Any]


@dataclass(frozen=True)
class Family:
    """How a world is prepared under policies, which policies a strength makes, and the strengths to try."""

    name: str
    world: Callable[[Policies], Prepared]
    policies: Callable[[float], Policies]
    solvable: float
    strengths: tuple[float, ...]


def cap(level: float, **more: Any) -> Policies:
    """A limit on direct CO2, Mt/yr."""
    return {"instrument": "limit", "indicator": DIRECT, "values": f"{level:.6g} Mt/yr"} | more


def least(technology: str, level: float, **more: Any) -> Policies:
    """Output of a technology at least a level, Mt/yr."""
    rule = {"instrument": "limit", "indicator": {"quantity": "output", "technologies": [technology]}, "sense": "lower"}
    return rule | {"values": f"{level:.6g} Mt/yr"} | more


def no_new(*technologies: str, level: float = 0.0, **more: Any) -> Policies:
    """Additions of technologies at most a level, Mt/yr a year."""
    rule = {"instrument": "limit", "indicator": {"quantity": "additions", "technologies": list(technologies)}}
    return rule | {"values": f"{level:.6g} Mt/yr"} | more


def bought(commodity: str, level: float) -> Policies:
    """Purchases of a commodity at most a level, Mt/yr."""
    return {"instrument": "limit", "indicator": {"quantity": "purchases", "commodity": [commodity]}, "values": f"{level:.6g} Mt/yr"}


def tiny_world(policies: Policies) -> Prepared:
    """Clean and dirty plants in two places, the base year held."""
    problem = plants()
    problem.value("swap_ratios", 1.5, "1", rule="r", case="other", target_class="", origin="", year=2020)
    return prepared(problem, TINY_PERIODS, 0.08, base=2025, policies=policies)


def random_world(policies: Policies) -> Prepared:
    """One of the worlds of the property tests in one place."""
    world = World((11.0, 12.5, 13.0), 20.0, 900.0, 20.0, 250.0, 5.0, 10.0, 0.03, 0.5, 20.0)
    return prepared(world.problem(), PERIODS, world.rate, policies=policies, timing=world.timing)


def data_world(name: str, policies: Policies) -> Prepared:
    """The data set mini or small."""
    horizon = {"periods": [[2025, 1], [2026, 5], [2031, 5], [2036, 5]], "base_period": 2025}
    scenario = from_mapping({"name": name, "data": str(DATA / name), "horizon": horizon, "policies": policies})
    timings = Timings()
    return prepare(*read(scenario, timings), timings)


def mini_world(policies: Policies) -> Prepared:
    """Two provinces, two routes."""
    return data_world("mini", policies)


def small_world(policies: Policies) -> Prepared:
    """Three provinces and a city: furnaces, converters, arc furnaces."""
    return data_world("small", policies)


def _market(amount: float) -> Policies:
    return {"instrument": "market", "indicator": DIRECT, "allocation": [{"amount": f"{amount:.6g} Mt/yr"}], "from_year": 2026}


def _pace(technology: str, seed: float) -> Policies:
    return {"instrument": "pace", "technologies": [technology], "growth": 0.0, "seed": f"{seed:.6g} Mt/yr"}


TINY: tuple[tuple[str, Callable[[float], Policies], float, tuple[float, ...]], ...] = (
    ("cap, clean held back", lambda s: {"cap": cap(s), "pace": _pace("clean", 0.2)}, 30.0, (9.0, 6.0, 3.0)),
    ("cap against a floor", lambda s: {"cap": cap(10.0), "floor": least("dirty", s)}, 3.0, (6.0, 8.0, 11.0)),
    ("intensity", lambda s: {"rate": _intensity(s), "ban": no_new("clean")}, 2.0, (1.5, 1.2, 0.9)),
    ("budget", lambda s: {"budget": _budget(s), "ban": no_new("clean", level=0.3)}, 300.0, (120.0, 90.0, 60.0)),
    ("share of the base year", lambda s: {"share": _relative(s), "ban": no_new("clean")}, 1.5, (0.9, 0.7, 0.5)),
    ("height of a peak", lambda s: {"peak": _peak(f"{s} Mt/yr"), "ban": no_new("clean")}, 25.0, (14.0, 12.0, 9.0)),
    ("rule B against a floor", lambda s: {"peak": _peak(None, rule="B", year=2026), "floor": _later(s)}, 2.0, (12.0, 14.0, 16.0)),
    ("swap without credits", lambda s: {"swap": _swap(s)}, 9.0, (0.8, 0.4, 0.0)),
    ("allowances", lambda s: {"ets": _market(s), "ban": no_new("clean", level=0.2)}, 30.0, (10.0, 7.0, 4.0)),
    ("own funds", lambda s: {"funds": _funds(s), "cap": cap(6.0)}, 500.0, (15.0, 8.0, 2.0)),
)


def _funds(amount: float) -> Policies:
    return {"instrument": "finance", "own_funds": f"{amount} MCNY/yr"}


def _intensity(value: float) -> Policies:
    more = {"kind": "intensity", "denominator": {"quantity": "output"}, "values": f"{value} t/t"}
    return cap(1.0) | more


def _budget(value: float) -> Policies:
    return cap(1.0) | {"span": "horizon", "values": f"{value} Mt"}


def _relative(value: float) -> Policies:
    return cap(1.0) | {"kind": "relative_to_base", "values": value}


def _peak(height: str | None, rule: str = "A", year: int = 2026) -> Policies:
    told = {"instrument": "peak", "indicator": DIRECT, "year": year, "rule": rule}
    return told | ({"height": height} if height else {})


def _later(level: float) -> Policies:
    return least("dirty", level, from_year=2030)


def _swap(opening: float) -> Policies:
    rule = {"instrument": "swap", "rule": "r", "group": "works", "from_year": 2026, "natural_credit": 0.0}
    return rule | {"opening": {"West": f"{opening} Mt/yr", "East": f"{opening} Mt/yr"}}


RANDOM: tuple[tuple[str, Callable[[float], Policies], float, tuple[float, ...]], ...] = (
    ("cap without imports", lambda s: {"cap": cap(s), "home": _home(s), "ban": no_new("arc")}, 40.0, (12.0, 8.0, 4.0)),
    ("imports and building", lambda s: {"home": bought("steel", s), "ban": no_new("arc")}, 13.0, (2.0, 1.0, 0.0)),
    ("floor beyond stock", lambda s: {"floor": least("furnace", s)}, 2.0, (9.0, 12.0, 20.0)),
    ("scrap quota", lambda s: {"scrap": bought("scrap", s), "home": _home(s), "cap": cap(16.0)}, 20.0, (4.0, 2.0, 0.0)),
)

MINI: tuple[tuple[str, Callable[[float], Policies], float, tuple[float, ...]], ...] = (
    ("cap", lambda s: {"cap": cap(s), "slow": _pace("scrap_route", 0.05)}, 20.0, (9.0, 7.5, 6.0, 4.5, 3.0)),
    ("cap of one place against a floor", lambda s: {"cap": cap(5.0, location="East"), "floor": _east(s)}, 1.0, (4.5, 5.0, 5.5)),
    ("height", lambda s: {"peak": _peak(f"{s} Mt/yr"), "slow": _pace("scrap_route", 0.05)}, 20.0, (9.0, 8.0, 7.0, 5.0)),
    ("scrap route by share", lambda s: {"share": least("scrap_route", s), "slow": no_new("scrap_route")}, 1.0, (4.0, 5.0)),
    ("budget", lambda s: {"budget": _budget(s), "slow": no_new("scrap_route", level=0.1)}, 300.0, (120.0, 100.0, 80.0)),
)

SMALL: tuple[tuple[str, Callable[[float], Policies], float, tuple[float, ...]], ...] = (
    ("cap", lambda s: {"cap": cap(s), "slow": _pace("arc_furnace", 0.02)}, 40.0, (9.5, 6.0, 3.0)),
    ("cap against a floor", lambda s: {"cap": cap(12.0), "floor": least("blast_furnace", s)}, 0.5, (9.0, 9.5)),
    ("allowances", lambda s: {"ets": _market(s), "slow": no_new("arc_furnace", level=0.05)}, 40.0, (9.5, 6.0, 3.0)),
)


def _home(strength: float) -> Policies:
    """Imports: many while the strength of the other policy is that of a solvable set, few when it tightens."""
    return bought("steel", 30.0 if strength >= 20 else 1.0)


def _east(level: float) -> Policies:
    return least("blast_route", level, location="East")


WORLDS: dict[str, tuple[Callable[[Policies], Prepared], Any]] = {
    "tiny": (tiny_world, TINY),
    "random": (random_world, RANDOM),
    "mini": (mini_world, MINI),
    "small": (small_world, SMALL),
}


def families() -> Iterator[Family]:
    """All families of all worlds."""
    for world, (make, rows) in WORLDS.items():
        for name, policies, solvable, strengths in rows:
            yield Family(f"{world}: {name}", make, policies, solvable, strengths)
