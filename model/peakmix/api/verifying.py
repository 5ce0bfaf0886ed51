"""Verify: audit a result file again, from its own decisions, the scenario it holds and the tables."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import xarray as xr
import yaml

from peakmix.api.prepare import base_values
from peakmix.api.recheck import recheck
from peakmix.api.stored_values import cells, stored_values
from peakmix.audit.full import audit
from peakmix.audit.report import AuditReport, Check
from peakmix.formulation.build import derive_policies
from peakmix.foundation.errors import InputError, Place, display_path
from peakmix.parameters.container import Parameters
from peakmix.parameters.derive import derive
from peakmix.results.store import open_result
from peakmix.scenario import Scenario, from_mapping
from peakmix.scenario.levers import adjust
from peakmix.tables.dataset import DataSet
from peakmix.tables.loading import load as load_tables

UNCERTIFIED = 5


@dataclass
class VerifyResult:
    """What was found.

    checks     of the file by itself
    report     the full audit made again, or None when the file does not hold every decision
    certified  the file says so, and everything checked again holds
    """

    text: str
    certified: bool
    checks: tuple[Check, ...]
    report: AuditReport | None
    notices: tuple[str, ...] = ()
    exit_code: int = field(init=False)

    def __post_init__(self) -> None:
        self.exit_code = 0 if self.certified else UNCERTIFIED


def verify(path: Path | str, data: DataSet | Path | str | None = None) -> VerifyResult:
    """Audit a result file.

    Parameters
    ----------
    path:
        A file that ``run`` wrote.
    data:
        The tables, or their folder, when they are not where the scenario in the file says.

    Raises
    ------
    InputError
        When the file is missing, cut short, altered or of a newer schema, or the tables are not found or not sound.
    """
    dataset = open_result(path)
    notices: list[str] = []
    scenario = stored_scenario(dataset)
    if scenario.hash != dataset.attrs["scenario_hash"]:
        notices.append("the scenario in the file has another hash now: defaults of the program have changed since")
    tables = stored_tables(dataset, Path(path), scenario, data)
    same = tables.hash == dataset.attrs["data_hash"]
    if not same:
        notices.append(
            "the tables have changed since the run (another hash): what fails below may be that change and no fault of "
            "the result; give the tables of the run to verify it as it was"
        )
    tables = adjust(tables, scenario)
    parameters, base = _derived(scenario, tables)
    report: AuditReport | None = None
    values, gaps = stored_values(dataset, parameters)
    if gaps:
        notices.append(f"the full audit is not repeated: the file does not say {'; '.join(dict.fromkeys(gaps))}")
    else:
        left = _stranded(dataset)
        report = audit(tables, scenario, values, float(dataset["objective"]), base, _components(dataset), left)
    checks = recheck(dataset, parameters, values)
    stated = dataset.attrs["certified"] == "yes"
    passed = all(check.passed for check in checks) and (report is None or report.passed)
    lines = [*_lines(dataset, Path(path), same, checks, report), *not_repeated(scenario)]
    certified = stated and passed
    lines.append("")
    lines.append("certified, and verified again" if certified else _verdict(stated, passed, same))
    return VerifyResult("\n".join(lines), certified, checks, report, tuple(notices))


def _stranded(dataset: xr.Dataset) -> Any:
    """Stranded value as the file has it; None in a file of before it was reported."""
    names = ("stranded_value", "stranded_existing")
    return tuple(cells(dataset, name) for name in names) if all(name in dataset for name in names) else None


def stored_scenario(dataset: xr.Dataset) -> Scenario:
    """The resolved scenario that a result file holds."""
    return from_mapping(yaml.safe_load(dataset.attrs["scenario_yaml"]))


def stored_tables(dataset: xr.Dataset, path: Path, scenario: Scenario, data: DataSet | Path | str | None) -> DataSet:
    """The tables: as given, shipped, or in the folder that the scenario names."""
    if isinstance(data, DataSet):
        return data
    if data is not None:
        return load_tables(data)
    named, kind = scenario.spec.data, dataset.attrs["data_root_kind"]
    if kind == "frames":
        raise InputError("the run took its tables from frames in memory", place=Place(display_path(path)),
                         fix="call peakmix.api.verify(path, data) with the same data set")  # fmt: skip
    if kind == "shipped" and "/" not in named:
        return load_tables(named)
    for start in (Path(), *path.resolve().parents[:4]):
        for folder in (start / named, start / "scenarios" / named):
            if (folder / "dataset.yaml").is_file():
                return load_tables(folder)
    raise InputError(f"the tables of the run are found: {named}", place=Place(display_path(path)),
                     fix="call peakmix.api.verify(path, data) with their folder")  # fmt: skip


def _derived(scenario: Scenario, data: DataSet) -> tuple[Parameters, dict[str, float]]:
    """Derived elements with policies, and the numbers of the base period that policies are relative to."""
    active = scenario.spec.active_policies
    parameters, context = derive(data, scenario.spec)
    base = base_values(scenario, data, active)
    context.base_values = base
    derive_policies(parameters, active, context)
    return parameters, base


def _components(dataset: xr.Dataset) -> dict[str, float]:
    """Cost by component as stored."""
    names = dataset["cost_component"].values.tolist()
    amounts = dataset["cost"].sum(("cost_place", "period")).values.tolist()
    return {name: amount for name, amount in zip(names, amounts, strict=True) if amount}


def _lines(dataset: xr.Dataset, path: Path, same: bool, checks: tuple[Check, ...], report: AuditReport | None) -> list[str]:
    """The account of all checks."""
    told = dataset.attrs
    lines = [
        f"{display_path(path)}: whole, checksum holds; scenario {told['scenario_name']}, {told['source']}, {told['date_created']}",
        f"data {told['references']}, hash {told['data_hash'][:16]}, {'as they are now' if same else 'changed since'}",
        *stored_lines(dataset),
        "checked again",
        *(f"  {check}" for check in checks),
    ]
    if report is None:
        return [*lines, "  full audit not repeated"]
    lines.append(
        f"  full audit from the tables: {len(report.checks)} checks of {sum(c.rows for c in report.checks):,} rows, "
        f"{len(report.failed)} failed, worst {report.worst:.1e}"
    )
    return lines + [f"    {check}" for check in report.failed]


def not_repeated(scenario: Scenario) -> Iterator[str]:
    """What a file and tables alone cannot show again, and where it stands."""
    yield "not repeated"
    foresight = scenario.spec.foresight
    if foresight is None or foresight.plain:
        yield "  that no plan is cheaper: it stands in the certificate of the run; `peakmix run` finds it again"
        return
    yield "  that each window took the cheapest plan it could see: the windows are not solved again, `peakmix run` does"
    if foresight.believes:
        yield "  the scenarios that were believed in: decisions and cost are checked against the true one"


def stored_lines(dataset: xr.Dataset) -> Iterator[str]:
    """Certificate and audits as the run stored them."""
    certificate: dict[str, Any] = json.loads(dataset.attrs["certificate"])
    audits: dict[str, Any] = json.loads(dataset.attrs["audits"])
    yield "stored by the run"
    yield f"  status {dataset.attrs['termination_condition']}, prices {dataset.attrs['prices']}"
    yield f"  certificate {_word(certificate['passed'])}, gap {float(certificate['gap_value']):.1e}"
    for name, found in audits.items():
        yield f"  {name} audit {'not made' if found.get('missing') else _word(found['passed'])}"


def _word(passed: object) -> str:
    return "passed" if passed else "FAILED"


def _verdict(stated: bool, passed: bool, same: bool) -> str:
    """Why a result is not certified."""
    if not stated:
        return "NOT CERTIFIED: the run itself did not certify this result"
    if not passed and not same:
        return "NOT CERTIFIED against the tables as they are now, which are not those of the run"
    return "NOT CERTIFIED: what was checked again does not hold"
