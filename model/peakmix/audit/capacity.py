"""Capacity of every vintage, followed from the tables' stock and the decisions through all periods.

    K[v,p] = S[v,p] (K0[v] + N[v] - sum over q <= p of (R[v,q] + F[v,q] - I[v,q]) / S[v,q])

S share of the vintage that stands in the period, K0 stock at the start, N what enters in the building period, R closed
early, F converted away and I converted in while the clock is kept (all alive at q).
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass

import numpy as np

from peakmix.audit.case import Case
from peakmix.audit.report import Floats

Pair = tuple[str, str]


@dataclass
class Fleet:
    """Vintages of one technology in one region; arrays (vintages, periods) unless said otherwise.

    labels, existing  names, and whether they stand at the start
    start             (vintages) K0 or N
    survival, removed, brought  S, R + F, I
    """

    labels: tuple[str, ...]
    existing: tuple[bool, ...]
    start: Floats
    survival: Floats
    closed: Floats
    converted: Floats
    brought: Floats

    def __post_init__(self) -> None:
        safe = np.where(self.survival > 0, self.survival, 1.0)
        gone = (self.closed + self.converted - self.brought) / safe
        self.live: Floats = self.survival * (self.start[:, None] - np.cumsum(gone, axis=1))
        before = np.zeros_like(self.survival)
        before[:, 1:] = self.survival[:, :-1]
        ratio = np.where(before > 0, self.survival / np.where(before > 0, before, 1.0), 0.0)
        earlier = np.zeros_like(self.live)
        earlier[:, 1:] = self.live[:, :-1]
        self.carried: Floats = ratio * earlier
        self.ending: Floats = np.where(before > self.survival, earlier - self.carried, 0.0)

    @property
    def total(self) -> Floats:
        """Capacity of all vintages (periods)."""
        return np.asarray(self.live.sum(axis=0))


class Capacities:
    """Fleets of all pairs of region and technology that have stock or decisions."""

    def __init__(self, case: Case) -> None:
        self.case = case
        frame = case.data.tables["conversions"]
        self.conversions: dict[str, tuple[str, str, str, str]] = {
            str(name): (source, target, draws, clock)
            for name, source, target, draws, clock in zip(
                *(frame[c].tolist() for c in ("conversion", "from", "to", "draws", "clock")), strict=True
            )
        }
        self.stock = self._stock()
        self.entering = self._entering()
        self.closed = self._by_pair("early_retirement")
        self.converted: dict[Pair, dict[str, Floats]] = defaultdict(dict)
        self.brought: dict[Pair, dict[str, Floats]] = defaultdict(dict)
        self._convert()
        pairs = {*self.stock, *self.entering, *self.closed, *self.converted, *self.brought}
        self.fleets = {pair: self._fleet(*pair) for pair in sorted(pairs) if case.holds_capacity.get(pair[1])}

    def _stock(self) -> dict[Pair, dict[tuple[int, int], float]]:
        """Stock by pair and bracket of building years; places of a region add."""
        case = self.case
        found: dict[Pair, dict[tuple[int, int], float]] = defaultdict(lambda: defaultdict(float))
        frame = case.data.tables["stock"]
        for place, technology, start, end, value in zip(
            *(frame[c].tolist() for c in ("location", "technology", "build_from", "build_to", "value")), strict=True
        ):
            if technology not in case.sector or place not in case.places.chosen or value <= 0:
                continue
            region = case.places.region_of.get(place)
            case.tally.row("stock belongs to a region", (place, technology), value if region is None else 0.0)
            if region is not None:
                found[region, technology][int(start), int(end)] += value
        return found

    def ratio(self, region: str, conversion: str) -> Floats:
        """Target capacity per source capacity (periods)."""
        target = self.conversions[conversion][1]
        weights = self.case.weights.of_technology(region, target)
        value = self.case.mean("conversion_parameters", ((conversion, "ratio"),), weights)
        return self.case.or_default("conversion_parameters", "ratio", value, conversion)

    def _entering(self) -> dict[Pair, Floats]:
        """What enters in each period: new capacity, renewals, and conversions whose clock starts anew."""
        decisions, found = self.case.decisions, dict[Pair, Floats]()

        def add(pair: Pair, amount: Floats) -> None:
            found[pair] = found.get(pair, self.case.calendar.zeros()) + amount

        for (region, technology), new in decisions.all("new_capacity").items():
            add((region, technology), new)
        for (region, name), renewed in decisions.all("renewal").items():
            if name in self.conversions:
                add((region, self.conversions[name][1]), self.ratio(region, name) * renewed)
        for (region, name, _), moved in decisions.all("conversion").items():
            if name in self.conversions and self.conversions[name][3] == "reset":
                add((region, self.conversions[name][1]), self.ratio(region, name) * moved)
        return found

    def _by_pair(self, component: str) -> dict[Pair, dict[str, Floats]]:
        """Arrays of a component by pair and vintage."""
        found: dict[Pair, dict[str, Floats]] = defaultdict(dict)
        for (region, technology, label), array in self.case.decisions.all(component).items():
            found[region, technology][label] = array
        return found

    def _convert(self) -> None:
        """What conversions of live capacity take out of vintages and bring into others."""

        def add(table: dict[str, Floats], label: str, amount: Floats) -> None:
            table[label] = table.get(label, self.case.calendar.zeros()) + amount

        for (region, name, label), moved in self.case.decisions.all("conversion").items():
            if name not in self.conversions:
                self.case.tally.row("decisions known", ("conversion", region, name), np.inf)
                continue
            source, target, _, clock = self.conversions[name]
            add(self.converted[region, source], label, moved)
            if clock == "kept":
                add(self.brought[region, target], label, self.ratio(region, name) * moved)

    def _labels(self, pair: Pair) -> list[tuple[str, int, int, bool]]:
        """(label, first and last building year, standing at the start) of every vintage of a pair."""
        case = self.case
        brackets = {f"{a}-{b}": (a, b) for a, b in self.stock.get(pair, {})}
        for table in (self.closed, self.converted, self.brought):
            for label in table.get(pair, {}):
                if "-" in label and label not in brackets:
                    start, end = label.split("-")
                    brackets[label] = (int(start), int(end))
        old = [(label, a, b, True) for label, (a, b) in sorted(brackets.items(), key=lambda item: item[1])]
        return [*old, *((str(first), first, first, False) for first in case.calendar.first)]

    def _fleet(self, region: str, technology: str) -> Fleet:
        """The fleet of one pair."""
        case, pair = self.case, (region, technology)
        vintages = self._labels(pair)
        count, periods = len(vintages), case.calendar.count
        start, survival = np.zeros(count), np.zeros((count, periods))
        moved = {name: np.zeros((count, periods)) for name in ("closed", "converted", "brought")}
        entering = self.entering.get(pair)
        for row, (label, first, last, existing) in enumerate(vintages):
            life = case.life(region, technology, float((first + last) // 2))
            survival[row] = case.calendar.survival(first, last, life, existing)
            if existing:
                start[row] = self.stock.get(pair, {}).get((first, last), 0.0)
            elif entering is not None:
                start[row] = entering[case.calendar.position[first]]
            for name, table in (("closed", self.closed), ("converted", self.converted), ("brought", self.brought)):
                if label in table.get(pair, {}):
                    moved[name][row] = table[pair][label]
        return Fleet(
            tuple(v[0] for v in vintages), tuple(v[3] for v in vintages), start, survival,
            moved["closed"], moved["converted"], moved["brought"],
        )  # fmt: skip

    def total(self, region: str, technology: str) -> Floats:
        """Live capacity of a pair (periods)."""
        fleet = self.fleets.get((region, technology))
        return self.case.decisions.zero if fleet is None else fleet.total

    def opening(self, region: str, technology: str) -> float:
        """Stock of a pair at the start."""
        return sum(self.stock.get((region, technology), {}).values())

    def closures(self, region: str, technology: str) -> Floats:
        """Early closures of a pair (periods)."""
        return self.case.sum(self.closed.get((region, technology), {}).values())

    def ending(self, region: str, technology: str) -> Floats:
        """What reaches its end of life, of what was neither closed nor converted before (periods)."""
        fleet = self.fleets.get((region, technology))
        return self.case.decisions.zero if fleet is None else np.asarray(fleet.ending.sum(axis=0))

    def renewed(self, region: str, technology: str) -> Floats:
        """What is renewed at its end of life (periods), source capacity."""
        return self.case.sum(
            array
            for (place, name), array in self.case.decisions.all("renewal").items()
            if place == region and self.conversions.get(name, ("",))[0] == technology
        )

    def conversion_value(self, region: str, conversion: str, parameter: str) -> Floats | None:
        """A parameter of a conversion in a region (periods)."""
        weights = self.case.weights.of_technology(region, self.conversions[conversion][1])
        return self.case.mean("conversion_parameters", ((conversion, parameter),), weights)
