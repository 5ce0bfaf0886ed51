"""Flows of energy and materials between sectors: who sends what to whom, in a period.

For every commodity, over all places: bought + made by sectors = taken in by sectors + demand + sold and disposed + stocks and
losses. A net user of a commodity stands at its right, a net maker at its left; what trade loses and stockpiles take or give is the
difference of the two sides.
"""

from __future__ import annotations

from collections.abc import Iterator

import xarray as xr

from peakmix.analysis.saving import content_array

LEAST = 1e-9
BALANCED = 1e-9
"""A rest below this share of all that moves is arithmetic."""
SECTOR = "sector: "
"""Before the name of a sector, for a product may have the same name."""
REST = "stocks and losses"
Flow = tuple[str, str, float]


def flows(dataset: xr.Dataset, period: int, unit: str) -> Iterator[Flow]:
    """Flows (from, to, amount) of a period: energy carriers in PJ/yr, all other commodities in Mt/yr."""
    content = content_array(dataset, "energy_content").sel(period=period).to_series().to_dict()
    units = dict(zip(dataset["commodity"].values.astype(str), dataset["commodity_unit"].values.astype(str), strict=True))
    kinds = dict(zip(dataset["commodity"].values.astype(str), dataset["commodity_kind"].values.astype(str), strict=True))
    at = dataset.sel(period=period)
    net = at["net_use"].sum("region").transpose("sector", "commodity")
    volume = at["market_volume"].sum("region")
    demand = at["demand"].sum("region")
    for name in map(str, dataset["commodity"].values):
        energy = kinds[name] == "energy"
        if energy != (unit == "PJ/yr") or (not energy and units[name] != unit):
            continue
        scale = float(content.get(name, 0.0)) if energy else 1.0
        sectors = [str(sector) for sector in dataset["sector"].values]
        parts = {f"{SECTOR}{sector}": float(net.sel(sector=sector, commodity=name)) for sector in sectors}
        for market, direction in _markets(dataset, name):
            end = "bought" if direction == "buy" else "sold or disposed"
            sign = -1.0 if direction == "buy" else 1.0
            parts[end] = parts.get(end, 0.0) + sign * float(volume.sel(market=market))
        parts["demand"] = float(demand.sel(commodity=name)) if name in demand["commodity"].values else 0.0
        taken = sum(abs(part) for part in parts.values())
        rest = -sum(parts.values())
        parts[REST] = rest if abs(rest) > BALANCED * taken else 0.0
        for end, part in parts.items():
            if abs(part * scale) > LEAST:
                yield (name, end, part * scale) if part > 0 else (end, name, -part * scale)


def _markets(dataset: xr.Dataset, commodity: str) -> list[tuple[str, str]]:
    """Markets of a commodity with their direction."""
    own = dataset["market_commodity"].values.astype(str) == commodity
    return [(str(m), str(d)) for m, d in zip(dataset["market"].values[own], dataset["market_direction"].values[own], strict=True)]
