"""Exchange: demand, markets, freight and stockpiles, each from its table.

price of a market    mean of price over the period x mean of price_relative, places weighted
limit of a market    binds the total of its node; blank: each province on its own
freight              terminal_cost + distance_cost x km by the cheapest mode; loss on arrival
stockpile            draw = (Z[p-1] - Z[p]) / years; what is written at places of one region adds
"""

from __future__ import annotations

from collections import defaultdict

import numpy as np

from peakmix.audit.case import Case
from peakmix.audit.report import Floats
from peakmix.audit.rows import blank

Arc = tuple[str, str, str]


class Markets:
    """Prices, emission factors and volumes of markets; arrays (periods) by (region, market)."""

    def __init__(self, case: Case) -> None:
        self.case = case
        frame = case.data.tables["markets"]
        self.facts: dict[str, tuple[str, str, str]] = {
            str(market): (str(commodity), str(direction), str(scope))
            for market, commodity, direction, scope in zip(
                *(frame[c].tolist() for c in ("market", "commodity", "direction", "scope")), strict=True
            )
        }
        self._found: dict[tuple[str, str], tuple[Floats, Floats] | None] = {}

    def price_and_factor(self, region: str, market: str) -> tuple[Floats, Floats] | None:
        """Price and emission factor; None where no place with a weight has a price."""
        if (region, market) not in self._found:
            self._found[region, market] = self._weighted(region, market)
        return self._found[region, market]

    def _weighted(self, region: str, market: str) -> tuple[Floats, Floats] | None:
        """Weighted means over the places that have a price."""
        case, calendar = self.case, self.case.calendar
        rows = case.rows("market_parameters")
        price, relative, factor = (rows.painted((market, n)) for n in ("price", "price_relative", "emission_factor"))
        total, emitted, norm = calendar.zeros(), calendar.zeros(), 0.0
        for place, weight in case.weights.of_commodity(region, self.facts[market][0]).items():
            if place not in price:
                continue
            local = price[place].periods(calendar)
            if place in relative:
                local = local * relative[place].periods(calendar)
            total, norm = total + weight * local, norm + weight
            if place in factor:
                emitted = emitted + weight * factor[place].periods(calendar)
        return (total / norm, emitted / norm) if norm else None

    def check(self) -> None:
        """Volumes stand where there is a price, and within limits."""
        case = self.case
        for (region, market), volume in case.decisions.all("market_volume").items():
            known = market in self.facts and region in case.places.members and self.price_and_factor(region, market)
            if not known:
                case.tally.must_be_zero("market known", (region, market), volume, np.ones(len(volume), dtype=bool))
        rows = case.rows("market_parameters")
        for market, parameter in rows:
            if parameter == "limit" and market in self.facts:
                self._limits(str(market))

    def _limits(self, market: str) -> None:
        """Limits of one market, at nodes and of regions."""
        case, places = self.case, self.case.places
        written = case.rows("market_parameters").written((market, "limit"))
        nodes = [place for place in written if place is not None and places.nodes.get(place)]
        for place in nodes:
            self._limited(market, places.nodes[place], written[place].periods(case.calendar))
        priced = case.rows("market_parameters").painted((market, "price"))
        for region, members in places.members.items():
            above = {node for member in members for node in places.tree.path(member)} - {places.tree.root}
            parts = [written.get(p, written.get(None)) for p in places.spoken_for(members, priced)]
            known = [part.periods(case.calendar) for part in parts if part is not None]
            if known and len(known) == len(parts) and not above & set(nodes):
                self._limited(market, (region,), case.sum(known))

    def _limited(self, market: str, regions: tuple[str, ...], bound: Floats) -> None:
        """Volume of regions within a bound."""
        volume = self.case.sum(self.case.decisions.of("market_volume", region, market) for region in regions)
        self.case.tally.at_most("market limit", (market, "+".join(regions[:3])), volume, bound)


class Freight:
    """Cheapest way of carrying each commodity between regions: money per unit sent, and the share that is lost."""

    def __init__(self, case: Case) -> None:
        self.case = case
        freight, routes = case.data.tables["freight"], case.data.tables["routes"]
        numbers: dict[tuple[str, str], dict[str, float]] = defaultdict(dict)
        for commodity, mode, parameter, value in zip(
            *(freight[c].tolist() for c in ("commodity", "mode", "parameter", "value")), strict=True
        ):
            numbers[commodity, mode][parameter] = float(value)
        offers: dict[Arc, list[tuple[float, float]]] = defaultdict(list)
        for start, end, mode, only, distance in zip(
            *(routes[c].tolist() for c in ("from", "to", "mode", "commodity", "value")), strict=True
        ):
            a, b = case.places.region_of.get(start), case.places.region_of.get(end)
            if a is None or b is None or a == b:
                continue
            for (commodity, by), number in numbers.items():
                if by == mode and (blank(only) or only == commodity):
                    cost = number.get("terminal_cost", 0.0) + number.get("distance_cost", 0.0) * float(distance)
                    offers[commodity, a, b].append((cost, number.get("loss", 0.0)))
                    offers[commodity, b, a].append((cost, number.get("loss", 0.0)))
        self.best: dict[Arc, tuple[float, float]] = {arc: min(found, key=lambda o: o[0]) for arc, found in offers.items()}

    def check(self) -> None:
        """Trade goes along routes only."""
        for arc, amount in self.case.decisions.all("trade").items():
            if arc not in self.best:
                self.case.tally.must_be_zero("trade known", arc, amount, np.ones(len(amount), dtype=bool))


class Stockpiles:
    """Stockpiles by (region, commodity)."""

    def __init__(self, case: Case) -> None:
        self.case = case
        rows = case.rows("stockpiles")
        self.commodities = {str(commodity) for commodity, parameter in rows if parameter == "capacity"}

    def places(self, region: str, commodity: str) -> list[str]:
        """Places of a region that hold the stockpile."""
        capacity = self.case.rows("stockpiles").painted((commodity, "capacity"))
        return self.case.places.spoken_for(self.case.places.members[region], capacity)

    def each(self, region: str, commodity: str, parameter: str) -> list[Floats]:
        """A quantity of every place (periods)."""
        painted = self.case.rows("stockpiles").painted((commodity, parameter))
        read = (painted[p].periods(self.case.calendar) if p in painted else None for p in self.places(region, commodity))
        return [self.case.or_default("stockpiles", parameter, value, commodity) for value in read]

    def holding(self, region: str, commodity: str) -> Floats:
        """Holding cost per unit and year, places weighted by their capacity."""
        sizes, costs = self.each(region, commodity, "capacity"), self.each(region, commodity, "holding_cost")
        total = self.case.sum(sizes)
        mean = self.case.sum(cost / len(costs) for cost in costs)
        weighted = self.case.sum(size * cost for size, cost in zip(sizes, costs, strict=True))
        return np.where(total > 0, weighted / np.where(total > 0, total, 1.0), mean)

    def draw(self, region: str, commodity: str) -> Floats:
        """What flows out of the stockpile a year."""
        case = self.case
        stored = case.decisions.of("stockpile", region, commodity)
        opening = sum(float(initial[0]) for initial in self.each(region, commodity, "initial"))
        before = np.concatenate(([opening], stored[:-1]))
        return (before - stored) / case.calendar.length

    def check(self) -> None:
        """Stock within capacity."""
        case = self.case
        for (region, commodity), stored in case.decisions.all("stockpile").items():
            known = region in case.places.members
            bound = case.sum(self.each(region, commodity, "capacity")) if known else case.calendar.zeros()
            case.tally.at_most("stockpile", (region, commodity), stored, bound)


class Demand:
    """Demand of the chosen variant: of regions, and pooled at nodes (periods)."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.regional: dict[tuple[str, str], Floats] = {}
        self.pooled: dict[tuple[str, str], Floats] = {}
        rows, shares = case.rows("demand"), case.rows("demand_shares")
        stated: dict[tuple[str, str], Floats] = {}
        for variant in (None, case.spec.demand_variant):
            for key in rows:
                if key[0] == variant:
                    for node, series in rows.written(key).items():
                        stated[str(node), str(key[1])] = series.periods(case.calendar)
        for (node, commodity), amount in stated.items():
            split = {p: s for p, s in shares.written((commodity,)).items() if p in set(case.places.tree.subtree(node))}
            if split and node not in split:
                for place, share in split.items():
                    if place in case.places.region_of:
                        self._add(case.places.region_of[str(place)], commodity, amount * share.periods(case.calendar))
            elif node in case.places.region_of:
                self._add(case.places.region_of[node], commodity, amount)
            elif case.places.nodes.get(node):
                self.pooled[node, commodity] = amount

    def _add(self, region: str, commodity: str, amount: Floats) -> None:
        self.regional[region, commodity] = self.regional.get((region, commodity), self.case.calendar.zeros()) + amount

    def check(self) -> None:
        """Deliveries to each node add up to its demand."""
        got: dict[tuple[str, str], Floats] = {}
        for (node, commodity, region), amount in self.case.decisions.all("delivery").items():
            if region in self.case.places.nodes.get(node, ()):
                got[node, commodity] = got.get((node, commodity), self.case.calendar.zeros()) + amount
            else:
                everything = np.ones(len(amount), dtype=bool)
                self.case.tally.must_be_zero("delivery known", (node, commodity, region), amount, everything)
        for key in sorted({*got, *self.pooled}):
            zero = self.case.calendar.zeros()
            self.case.tally.equal("pooled demand", key, got.get(key, zero), self.pooled.get(key, zero))
