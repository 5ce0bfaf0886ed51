"""A switch of fuel in boilers in three fields that are never one: fuel displaced, net energy saved, CO2 saved.

A tonne of coal equivalent is 29.3076 GJ (GB/T 2589). Useful heat is the same before and after:

    fuel after        = displaced x efficiency before / efficiency after
    net energy saved  = displaced - fuel after
    CO2 saved         = displaced x factor before - fuel after x factor after

A claim that states CO2 per tce DISPLACED above 2.85 t cannot be coal displaced: coal has 2.5 to 2.8 t in it. It may be net energy.
"""

from __future__ import annotations

from dataclasses import dataclass

import xarray as xr

TCE = 29.3076
"""GJ per tonne of coal equivalent, GB/T 2589."""

MOST_CO2 = 2.85
"""t CO2 per tce displaced above which a claim is doubted."""


@dataclass(frozen=True)
class FuelSwitch:
    """The three fields, a year: tce, tce, t CO2; and the fuel burnt after the switch in tce."""

    displaced: float
    fuel_after: float
    net_saved: float
    co2_saved: float

    @property
    def co2_per_displaced(self) -> float:
        """t CO2 saved per tce displaced."""
        return self.co2_saved / self.displaced

    @property
    def doubtful(self) -> bool:
        """More CO2 saved than the displaced fuel holds?"""
        return self.co2_per_displaced > MOST_CO2


def of_displaced(displaced: float, before: float, after: float, factor_before: float, factor_after: float) -> FuelSwitch:
    """``displaced`` tce/yr of the old fuel; efficiencies before and after (1); factors in t CO2 per GJ of fuel."""
    fuel = displaced * before / after
    co2 = TCE * (displaced * factor_before - fuel * factor_after)
    return FuelSwitch(displaced, fuel, displaced - fuel, co2)


def of_net_saving(net: float, before: float, after: float, factor_before: float, factor_after: float) -> FuelSwitch:
    """The switch whose NET energy saved is ``net`` tce/yr; ValueError unless the new boilers are better than the old."""
    if not after > before:
        raise ValueError(f"no net energy is saved: efficiency {before} before, {after} after")
    return of_displaced(net / (1 - before / after), before, after, factor_before, factor_after)


def between(before: xr.Dataset, after: xr.Dataset, period: int, fuels: list[str], displaced: str) -> FuelSwitch:
    """The three fields between two results of one system: ``displaced`` and the other ``fuels`` are commodities in GJ."""
    used = {name: _used(before, name, period) - _used(after, name, period) for name in {displaced, *fuels}}
    direct = [float(r["ledger"].sel(ledger_name="direct_co2", period=period).sum()) for r in (before, after)]
    fallen, net = used[displaced] * 1e6 / TCE, sum(used.values()) * 1e6 / TCE
    return FuelSwitch(fallen, fallen - net, net, (direct[0] - direct[1]) * 1e6)


def _used(run: xr.Dataset, fuel: str, period: int) -> float:
    """Net use of a fuel, PJ/yr."""
    return float(run["net_use"].sel(commodity=fuel, period=period).sum())
