"""Lines of the summary that say how far a result can be trusted: aggregation, certificate, audits, solver."""

from __future__ import annotations

import json

import xarray as xr

MOST = 3
"""Components that answers of least cost differ in, as told in one line."""


def aggregation(dataset: xr.Dataset) -> list[str]:
    """How far the places inside the regions lie apart, where places were put together."""
    told = json.loads(dataset.attrs["aggregation"])
    if not told.get("differing"):
        return []
    first = told["largest"][0]
    return [
        f"aggregation  {told['weighted']:,} recipe values and prices stand for several places; "
        f"they differ in {told['differing']:,}, by {told['mean_spread']:.2%} on average over all;",
        f"  furthest apart: {first['what']} in {first['region']}, {first['spread']:.0%}",
    ]


def trust(dataset: xr.Dataset) -> list[str]:
    """Certificate, audits and solver."""
    told = dataset.attrs
    certificate = json.loads(told["certificate"])
    names = ("row", "bound", "dual", "row_dual", "complementarity", "gap")
    worst = max(names, key=lambda n: float(certificate[f"{n}_value"]) / float(certificate[f"{n}_tolerance"]))
    lines = [
        f"certificate  {_passed(certificate['passed'])}; nearest to its tolerance: {worst.replace('_', ' ')} "
        f"{float(certificate[f'{worst}_value']):.1e} of {float(certificate[f'{worst}_tolerance']):.0e}; "
        f"prices are {told['prices']}"
    ]
    for name, audit in json.loads(told["audits"]).items():
        if audit.get("missing"):
            lines.append(f"{name} audit  not made")
            continue
        checks = audit.get("checks", {})
        largest = max(((float(c["value"]), k, c.get("worst", "")) for k, c in checks.items()), default=None)
        where = f"; largest residual {largest[0]:.1e} in {largest[1]}" if largest else ""
        lines.append(f"{name} audit  {_passed(audit['passed'])}{where}")
    lines.append(f"optimum      {optimum(dataset)}")
    lines.append(f"solver       {told['solver_name']} {told['solver_version']}, {told['solver_method']}")
    return lines


def optimum(dataset: xr.Dataset) -> str:
    """Whether there are other answers of least cost, and which of them this one is."""
    told = dataset.attrs
    if told.get("tie_break", "off") == "off":
        known = told.get("optimum_unique") == "yes"
        return "the only answer of least cost" if known else "other answers may cost as little: tie-break off"
    ties = json.loads(told["ties"])
    if told["tie_break"] == "failed":
        return f"other answers may cost as little: tie-break failed, {ties['reason']}"
    if told["optimum_unique"] == "yes":
        return "the only answer of least cost"
    most = sorted(ties["free"].items(), key=lambda entry: -entry[1])[:MOST]
    where = "; values that differ: " + ", ".join(f"{count} of {name}" for name, count in most) if most else ""
    return f"one of several of least cost, by least {', '.join(ties['criteria'])}{where}"


def _passed(flag: object) -> str:
    return "passed" if flag else "FAILED"
