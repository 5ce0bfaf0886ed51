"""Attributes: what an array is (CF style); what a file is, where it came from and whether it is certified."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

from peakmix import __version__
from peakmix.foundation.telling import in_chinese
from peakmix.foundation.units import fill, million
from peakmix.foundation.vocabulary import Word
from peakmix.results.axes import Axes
from peakmix.results.quick_audit import QuickAudit
from peakmix.solve.certificate import Certificate
from peakmix.solve.solution import Solution
from peakmix.solve.ties import surely_unique
from peakmix.tables.dataset import DataSet
from peakmix.tables.locate import data_home

SCHEMA_VERSION = 3
"""Of result files: 2 has the scope and the payers of policies, stranded value and the compliance accounts."""
PACKAGES = ("pyomo", "highspy", "numpy", "scipy", "pandas", "xarray", "netCDF4")
PRICES_NOTE = "where several sets of prices fit the optimum: those that the solver found first, which certify this answer"
KNOWN = {True: "yes", False: "no", None: "not known"}
UNIT_DIMS = ("technology", "commodity", "market", "measure_host", "conversion_id")


def array_attributes(entry: Word, dims: tuple[str, ...], axes: Axes) -> dict[str, str]:
    """CF-style attributes of one array.

    ``units`` is given where one unit holds for the whole array; otherwise ``units_by`` names the coordinate that has
    them and ``units_template`` says how they are made of it.
    """
    attributes = {"long_name": entry.long_name, "long_name_zh": entry.long_name_zh}
    attributes |= unit_attributes(entry.unit, dims, axes)
    for name, value in (("cell_methods", entry.cell_method), ("sign", entry.sign), ("iamc_variable", entry.iamc)):
        if value:
            attributes[name] = value
    if "money" in entry.unit and axes.data.price_year is not None:
        attributes["currency_year"] = str(axes.data.price_year)
    return attributes


def unit_attributes(template: str, dims: tuple[str, ...], axes: Axes) -> dict[str, str]:
    """``units``, or where they are to be found."""
    if template == "mixed":
        where = "ledger_unit" if "ledger_name" in dims else ""
        return {"units_by": where} if where else {}
    if "{" not in template:
        return {"units": fill(template, {}, axes.money)} if template else {}
    dim = next((d for d in UNIT_DIMS if d in dims), "")
    natural = set(axes.units.get(dim, []))
    if len(natural) == 1:
        unit = natural.pop()
        return {"units": fill(template, {"product": unit, "commodity": unit}, axes.money)}
    where = "price_unit" if template == "money/{commodity}" else f"{dim}_unit"
    return {"units_by": where, "units_template": template}


def unit_of(template: str, natural: str, money: str) -> str:
    """A unit template filled for one natural unit."""
    return fill(template, {"product": natural, "commodity": natural}, money)


def yearly(natural: str) -> str:
    """Yearly unit of millions: t -> Mt/yr."""
    return f"{million(natural)}/yr"


def plain(value: Any) -> Any:
    """A value as JSON knows it; numbers that JSON does not know become texts."""
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(entry) for entry in value]
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return str(value)
    return value if isinstance(value, (str, int, float, bool)) or value is None else str(value)


def as_json(value: Any) -> str:
    """Compact JSON text."""
    return json.dumps(plain(value), ensure_ascii=False, separators=(",", ":"))


def report(audit: Any) -> dict[str, Any]:
    """An audit's outcome as plain values, the same keys for both audits; ``missing`` when it was not made."""
    if audit is None:
        return {"passed": False, "missing": True}
    if isinstance(audit, QuickAudit):
        return audit.attributes()
    checks = {check.name: {"value": check.worst, "worst": check.where, "rows": check.rows} for check in audit.checks}
    tolerance = max((check.tolerance for check in audit.checks), default=0.0)
    told = {"kind": "full", "passed": bool(audit.passed), "tolerance": tolerance, "objective": audit.total}
    return told | {"components": dict(audit.components), "checks": checks}


def root_kind(data: DataSet) -> str:
    """Where the tables came from: shipped with the package, a folder of the user, or frames."""
    if data.root is None:
        return "frames"
    return "shipped" if data.root.resolve().is_relative_to(data_home().resolve()) else "folder"


def package_versions() -> dict[str, str]:
    """Versions of the packages that made the numbers."""
    found = {}
    for name in PACKAGES:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return found


def global_attributes(
    axes: Axes,
    scenario: Any,
    solution: Solution,
    certificate: Certificate,
    audits: Mapping[str, Any],
    timings: Mapping[str, float],
    certified: bool,
) -> dict[str, Any]:
    """Attributes of the whole file; long structures are JSON text."""
    data = axes.data
    solver, _, solver_version = solution.solver.partition(" ")
    return {
        "Conventions": "CF-1.11",
        "title": scenario.spec.title or scenario.name,
        "source": f"peakmix {__version__}",
        "references": data.title,
        "date_created": datetime.now(UTC).replace(microsecond=0).isoformat(),
        "peakmix_schema_version": SCHEMA_VERSION,
        "peakmix_version": __version__,
        "scenario_name": scenario.name,
        "scenario_hash": scenario.hash,
        "scenario_yaml": scenario.resolved_yaml,
        "data_title": data.title,
        "data_hash": data.hash,
        "data_root_kind": root_kind(data),
        "money": axes.money,
        "price_year": data.price_year or 0,
        "discount_rate": axes.parameters.horizon.rate,
        "base_period": axes.parameters.horizon.base or 0,
        "solver_name": solver,
        "solver_version": solver_version,
        "solver_options": as_json(scenario.spec.solver.model_dump(mode="json")),
        "solver_method": solution.method,
        "solver_iterations": solution.iterations,
        "python_version": platform.python_version(),
        "package_versions": as_json(package_versions()),
        "platform": platform.system(),
        "termination_condition": str(solution.status),
        "objective_value": float(solution.objective),
        "prices": "basic" if solution.has_basis else "interior",
        **tie_attributes(axes, solution),
        "certified": "yes" if certified else "no",
        "certificate": as_json(certificate.attributes()),
        "audits": as_json(audits),
        "timings": as_json({name: round(seconds, 4) for name, seconds in timings.items()}),
        "aggregation": as_json(axes.parameters.reports.get("aggregation", {})),
        "warnings": as_json(list(axes.parameters.reports.get("warnings", []))),
        "warnings_zh": as_json([in_chinese(told) for told in axes.parameters.reports.get("warnings", [])]),
    }


def tie_attributes(axes: Axes, solution: Solution) -> dict[str, str]:
    """How one answer was chosen among those of least cost.

    ``tie_break`` is on, off (nobody asked) or failed (the first answer stands); ``optimum_unique`` is yes, no or not known;
    ``ties`` are details as JSON.
    """
    ties = solution.ties
    if ties is None:
        program = solution.values.program if solution.values is not None else None
        unique = surely_unique(program, solution) if program is not None else None
        return {"tie_break": "off", "optimum_unique": KNOWN[unique], "ties": as_json({}), "prices_note": PRICES_NOTE}
    told = asdict(ties) | {"seconds": round(ties.seconds, 4)}
    broken = "on" if ties.broken else "failed"
    return {"tie_break": broken, "optimum_unique": KNOWN[ties.unique], "ties": as_json(told), "prices_note": PRICES_NOTE}
