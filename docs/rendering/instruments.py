"""Table of docs/instruments.md: the national case under every shipped set of policies alone, and under all of them.

The base is national_reference without any policy. A set is a file of runs/scenarios/policies, or a policy of national_peak_2030;
each is solved, certified and audited twice on its own, and then all together.
"""

from __future__ import annotations

import gc
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import xarray as xr
import yaml

from peakmix.analysis.policy_sheet import policy_table
from peakmix.api.checking import check
from peakmix.api.running import run
from peakmix.foundation.errors import InputError
from rendering.marks import table

SCENARIOS = Path(__file__).resolve().parents[2] / "runs" / "scenarios"
BASE, RULED = "national_reference", "national_peak_2030"
SMALL = 0.05
BOOKS = ("charged", "allowance_emission", "allowance_trade", "finance_cover", "finance_share", "finance_cash")
"""Rules that keep books: a price of a loan's share in an investment that is not made says nothing."""
HEAD = (
    "set", "instrument", "system cost, %", "system cost", "paid, %", "CO2 2030", "CO2 2060", "energy 2060", "closed early",
    "largest shift by the last period", "rows at bound", "highest price",
)  # fmt: skip


@dataclass(frozen=True)
class PolicySet:
    """Policies that are switched on together: its name, the scenarios to extend, and the names of its policies."""

    name: str
    extends: tuple[str, ...]
    policies: tuple[str, ...]


def stated(name: str) -> dict[str, object]:
    """Policies that a scenario file states itself."""
    text = yaml.safe_load((SCENARIOS / f"{name}.yaml").read_text(encoding="utf-8"))
    return dict(text.get("policies", {}))


def sets() -> Iterator[PolicySet]:
    """Every file of policies, every policy of the scenario with rules, and all together."""
    files = [f"policies/{path.stem}" for path in sorted((SCENARIOS / "policies").glob("*.yaml"))]
    for file in files:
        yield PolicySet(file.removeprefix("policies/"), (BASE, file), tuple(stated(file)))
    for name in stated(RULED):
        yield PolicySet(name, (RULED,), (name,))
    everything = dict.fromkeys([*stated(RULED), *(name for file in files for name in stated(file))])
    yield PolicySet("all together", (RULED, *files), tuple(everything))


def inherited(extends: tuple[str, ...]) -> set[str]:
    """Names of all policies that some scenarios bring, through their own bases too."""
    found: set[str] = set()
    for name in extends:
        text = yaml.safe_load((SCENARIOS / f"{name}.yaml").read_text(encoding="utf-8"))
        above = text.get("extends", [])
        found |= set(text.get("policies", {})) | inherited(tuple([above] if isinstance(above, str) else above))
    return found


def written(chosen: PolicySet, resolution: str, folder: Path) -> Path:
    """The scenario file of the national case under a set of policies and no others."""
    dropped = dict.fromkeys(sorted(inherited(chosen.extends) - set(chosen.policies)))
    spec: dict[str, object] = {"name": "case", "extends": [str(SCENARIOS / name) for name in chosen.extends]}
    spec |= {"policies": dropped} if dropped else {}
    spec["resolution"] = {"grouping": resolution.removeprefix("grouping:")} if ":" in resolution else resolution
    path = folder / "case.yaml"
    path.write_text(yaml.safe_dump(spec, sort_keys=False), encoding="utf-8")
    return path


def solved(chosen: PolicySet, resolution: str, folder: Path) -> xr.Dataset:
    """The result of the national case under a set of policies."""
    path = written(chosen, resolution, folder)
    result = run(path, out=folder, overwrite=True)
    if not result.certified:
        raise SystemExit(f"{chosen.name} is not certified:\n{result.text}")
    return result.dataset


def page_blocks(resolution: str, chosen_only: Sequence[str] = ()) -> dict[str, str]:
    """Content of a block of the page: all sets, or those that are named, whose lines then replace those that stand there."""
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = solved(PolicySet("none", (BASE,), ()), resolution, folder)
        rows.append(("none", "", "", *levels(base, base)[:1], "", *levels(base, base)[1:], "", "", ""))
        refused: set[str] = set()
        for chosen in [s for s in sets() if not chosen_only or s.name in chosen_only]:
            print(f"{chosen.name} ...", file=sys.stderr, flush=True)
            kept = accepted(chosen, resolution, folder, refused)
            if kept.policies:
                rows.append(line(kept, solved(kept, resolution, folder), base))
            gc.collect()
    told = f"Resolution: {resolution}. Every line is certified, and both audits passed."
    if refused:
        told += f" Refused at this resolution, because they name single provinces: {', '.join(sorted(refused))}."
    name = f"instruments {resolution}"
    made = table(HEAD, rows)
    if not chosen_only:
        return {name: told + "\n\n" + made}
    page = (SCENARIOS.parents[1] / "docs" / "instruments.md").read_text(encoding="utf-8")
    return {name: merged(page.split(f"<!-- {name} -->\n")[1].split(f"<!-- end {name} -->")[0], made)}


def merged(standing: str, made: str) -> str:
    """A table with the lines of another in place of its own of the same set; what stands around it is kept."""
    lines = {line.split("|")[1].strip(): line for line in made.splitlines()[2:]}
    old = standing.splitlines()
    return "\n".join(lines.get(line.split("|")[1].strip(), line) if line.startswith("| ") else line for line in old)


def accepted(chosen: PolicySet, resolution: str, folder: Path, refused: set[str]) -> PolicySet:
    """The set without the policies that the resolution refuses; their names are added to `refused`."""
    while True:
        kept = replace(chosen, policies=tuple(name for name in chosen.policies if name not in refused))
        try:
            check(written(kept, resolution, folder))
        except InputError as wrong:
            named = set(re.findall(r"policies\.(\w+)", str(wrong))) & set(kept.policies)
            if not named:
                raise
            refused |= named
            continue
        return kept


def levels(run: xr.Dataset, base: xr.Dataset) -> tuple[str, ...]:
    """System cost in million million, CO2 of the periods of 2030 and 2060, energy, capacity closed early over the horizon."""
    co2 = run["ledger"].sel(ledger_name="direct_co2").sum(("region", "sector")).values
    energy = run["ledger"].sel(ledger_name="energy_calorific").sum(("region", "sector")).values
    closed = float(run["retired_early"].sum())
    periods = run["period"].values
    at = int(np.flatnonzero(periods <= 2030)[-1])
    cost = f"{float(run['system_cost']) / 1e6:,.3f}"
    return cost, f"{co2[at]:,.0f}", f"{co2[-1]:,.0f}", f"{energy[-1]:,.0f}", f"{closed:,.0f}"


def line(chosen: PolicySet, run: xr.Dataset, base: xr.Dataset) -> tuple[object, ...]:
    """One line of the table."""
    sheet = policy_table(run)
    kinds = ", ".join(dict.fromkeys(sheet["instrument"])) if len(sheet) else ""
    cost, *moved = levels(run, base)
    change = 100 * (float(run["system_cost"]) / float(base["system_cost"]) - 1)
    paid = 100 * (float(run["objective"]) / float(base["objective"]) - 1)
    sheet = sheet[~sheet["rule"].isin(BOOKS)]
    bound = int((sheet["binding"] & (sheet["price"].abs() > 1e-6)).sum())
    priced = sheet[sheet["price"].notna()]
    highest = ""
    if len(priced) and priced["price"].max() > 1e-6:
        top = priced.loc[priced["price"].idxmax()]
        highest = f"{top['price']:,.4g} {top['price_unit']} ({top['policy']}, {top['period'] or 'horizon'})"
    rows = f"{bound} of {len(sheet)}"
    return (chosen.name, kinds, signed(change), cost, signed(paid), *moved, shift(run, base), rows, highest)


def signed(percent: float) -> str:
    """Three decimals with a sign; 0 for what rounds to nothing."""
    return f"{percent:+.3f}" if abs(percent) >= 0.0005 else "0"


def shift(run: xr.Dataset, base: xr.Dataset) -> str:
    """The technologies whose output gains and loses most against the base in any period, and the place that moves most."""
    both = [d["activity"].sum("region").to_series().unstack("period") for d in (run, base)]
    change = both[0].sub(both[1], fill_value=0.0)
    gain, loss = change.max(axis=1), change.min(axis=1)
    parts = []
    for series, name in ((gain, gain.idxmax()), (loss, loss.idxmin())):
        if abs(series[name]) > SMALL:
            when = change.loc[name].abs().idxmax()
            parts.append(f"{name} {series[name]:+,.3g} ({when})")
    return "; ".join(parts) or "nothing"
