"""Assessment of policies: what each costs, what it abates, at which price, who pays, and what it does along the chain.

Every result is compared with one reference at the same weights. Ledgers stand side by side: direct CO2 and CO2 of bought power are
never added. Abatement is the sum over the horizon, in Mt; cost is system cost, million money discounted.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.analysis.difference import sheet
from peakmix.analysis.payers import payer_totals


def assess(reference: xr.Dataset, results: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """One row a result, against the reference.

    ``system_cost`` above it (million), ``direct`` and ``power`` abated (Mt), ``cost_per_tonne`` of direct CO2 (NaN where none is
    abated), ``highest_price`` of its policies, and ``transfers`` paid by all payers (million).
    """
    rows = []
    for name, run in results.items():
        cost = float(run["system_cost"] - reference["system_cost"])
        direct = _total(reference, "direct_co2") - _total(run, "direct_co2")
        priced = sheet(run)["price"]
        rows.append(
            {
                "policy": name,
                "system_cost": cost,
                "direct": direct,
                "power": _total(reference, "purchased_power_co2") - _total(run, "purchased_power_co2"),
                "cost_per_tonne": cost / direct if direct > 1e-6 else np.nan,
                "highest_price": float(priced[np.isfinite(priced)].max()) if len(priced) else 0.0,
                "transfers": float(run["objective"] - run["system_cost"]),
            }
        )
    return pd.DataFrame(rows).set_index("policy")


def _total(run: xr.Dataset, ledger: str) -> float:
    """A ledger summed over places, sectors and years, Mt."""
    return float((run["ledger"].sel(ledger_name=ledger).sum(["region", "sector"]) * run["period_length"]).sum())


def paid_by_sector(reference: xr.Dataset, results: Mapping[str, xr.Dataset]) -> pd.DataFrame:
    """What every payer bears above the reference, million money discounted: payers down, results across; transfers included."""
    base = payer_totals(reference).set_index("payer")["value"]
    found = {name: payer_totals(run).set_index("payer")["value"].sub(base, fill_value=0.0) for name, run in results.items()}
    return pd.DataFrame(found).fillna(0.0)


def along_the_chain(
    reference: xr.Dataset, results: Mapping[str, xr.Dataset], commodities: Sequence[str], period: int
) -> pd.DataFrame:
    """Change of the price of each commodity in a period, mean over the places that have one: commodities down, results across."""
    base = reference["price"].sel(period=period, commodity=list(commodities)).mean("region")
    found = {}
    for name, run in results.items():
        found[name] = (run["price"].sel(period=period, commodity=list(commodities)).mean("region") - base).values
    return pd.DataFrame(found, index=list(commodities))


def by_class(reference: xr.Dataset, results: Mapping[str, xr.Dataset], technologies: Sequence[str], period: int) -> pd.DataFrame:
    """Change of the output of each class of enterprises (technologies) in a period, Mt/yr: technologies down, results across."""

    def output(run: xr.Dataset) -> pd.Series:
        made: pd.Series = run["activity"].sel(period=period).sum("region").to_series()
        return made.reindex(list(technologies)).fillna(0.0)

    return pd.DataFrame({name: output(run) - output(reference) for name, run in results.items()})
