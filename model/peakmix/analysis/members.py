"""Answers along the ``scenario`` dimension of a collected sweep: one table with the member in its first column.

A sweep keeps sums over vintages, and the rows of policies, credits, accounts and loans where its scenarios have such
instruments: so it answers mix, pathways, cost, residues, and the ledgers of swaps, markets and loans. What needs more is
answered from the member's own file, which ``peakmix sweep collect --to netcdf`` writes.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

import pandas as pd
import xarray as xr

from peakmix.analysis.accounts import cost_by, costs, pool_prices, residue_exchange, residues, swaps
from peakmix.analysis.compliance import carbon_banks, compliance
from peakmix.analysis.loans import legacy_book, line_values, loan_book
from peakmix.analysis.mix import Pathway, mix, paths, pathway
from peakmix.foundation.errors import UsageError
from peakmix.foundation.vocabulary import of_kind

SCENARIO = "scenario"
FIX = "write the members as files with `peakmix sweep collect --to netcdf`, and ask those"


def pathway_table(dataset: xr.Dataset, *arguments: object, **options: object) -> pd.DataFrame:
    """A pathway as rows: ledger, period, value, unit, and the same in every row peak, height and total over the horizon."""
    path: Pathway = pathway(dataset, *arguments, **options)  # type: ignore[arg-type]
    rows = path.values.reset_index()
    return rows.assign(unit=path.unit, peak=path.peak, height=path.height, total=path.total).assign(ledger=path.name)


def policy_table(dataset: xr.Dataset) -> pd.DataFrame:
    """Policy rows: policy, row, place, case, period, level, bound, unit, price, price_unit."""
    names = {"policy": "id", "row": "component", "place": "place", "case": "case", "period": "period", "level": "level"}
    names |= {"bound": "bound", "unit": "unit", "price": "price", "price_unit": "price_unit"}
    frame = pd.DataFrame({name: dataset[f"policy_{column}"].values for name, column in names.items()})
    return frame[frame["level"].notna()].reset_index(drop=True)


ANSWERS: dict[str, Callable[..., pd.DataFrame]] = {
    "mix": mix,
    "paths": paths,
    "pathway": pathway_table,
    "costs": costs,
    "cost_by": cost_by,
    "residues": residues,
    "residue_exchange": residue_exchange,
    "policies": policy_table,
    "swaps": swaps,
    "pool_prices": pool_prices,
    "compliance": compliance,
    "carbon_banks": carbon_banks,
    "loan_book": loan_book,
    "legacy_book": legacy_book,
    "line_values": line_values,
}
"""Answers for which the arrays of a sweep suffice."""


def over_members(
    cube: xr.Dataset, answer: str | Callable[..., pd.DataFrame], *arguments: object, members: Iterable[str] | None = None,
    **options: object,
) -> pd.DataFrame:  # fmt: skip
    """An answer for every member that has a solution.

    Parameters
    ----------
    cube:
        A collected sweep, or results side by side along ``scenario``; it is read into memory once.
    answer:
        Name in ``ANSWERS``, or a function from one result to a table.
    members:
        Names of members; None takes all. Those without a solution have no rows.
    arguments, options:
        Handed on to the answer.

    Returns
    -------
    The answer's columns after ``scenario``.

    Raises
    ------
    UsageError
        When there is no such member or answer, or the answer needs what the sweep does not keep.
    """
    if SCENARIO not in cube.dims:
        raise UsageError("this has no dimension scenario", fix="open a collected sweep, or ask the answer itself")
    if isinstance(answer, str) and answer not in ANSWERS:
        raise UsageError(f"a sweep does not keep what the answer {answer!r} needs", fix=f"one of {', '.join(ANSWERS)}; else {FIX}")
    function = ANSWERS[answer] if isinstance(answer, str) else answer
    names = [str(name) for name in cube[SCENARIO].values]
    wanted = names if members is None else list(members)
    missing = sorted(set(wanted) - set(names))
    if missing:
        raise UsageError(f"the sweep has no member {', '.join(missing)}", fix=f"{names[0]} to {names[-1]}")
    ready = completed(cube).load()
    solved = {name: status == "optimal" for name, status in zip(names, map(str, _status(ready, len(names))), strict=True)}
    parts = {}
    for name in wanted:
        if not solved[name]:
            continue
        try:
            parts[name] = function(ready.isel({SCENARIO: names.index(name)}), *arguments, **options)
        except KeyError as error:
            named = re.search(r"'(\w+)'", str(error.args[0]))
            what = named[1] if named else str(error.args[0])
            raise UsageError(f"the sweep does not keep {what!r}, which this answer needs", fix=FIX) from None
    if not parts:
        raise UsageError("no member asked for has a solution", fix="see the variable `reason` of the sweep")
    return pd.concat(parts, names=[SCENARIO]).reset_index(level=0).reset_index(drop=True)


def completed(cube: xr.Dataset) -> xr.Dataset:
    """The sweep with what follows from its labels and its base: lengths of periods, costs that are transfers, money."""
    added: dict[str, tuple[str, list[Any]]] = {}
    if "transfer" not in cube and "cost_component" in cube.dims:
        transfers = {name for name, entry in of_kind("cost").items() if entry.account == "transfer"}
        added["transfer"] = ("cost_component", [str(name) in transfers for name in cube["cost_component"].values])
    if "period_length" not in cube and "base_scenario" in cube.attrs:
        stated = json.loads(cube.attrs["base_scenario"])["horizon"]["periods"]
        lengths = {int(first): int(length) for first, length in stated}
        periods = [int(period) for period in cube["period"].values]
        if set(periods) == set(lengths) and "horizon.periods" not in str(cube.attrs.get("sweep", "")):
            added["period_length"] = ("period", [lengths[period] for period in periods])
    return cube.assign(added)


def _status(cube: xr.Dataset, count: int) -> list[object]:
    """Status of every member; results side by side are all solved."""
    return list(cube["status"].values) if "status" in cube else ["optimal"] * count
