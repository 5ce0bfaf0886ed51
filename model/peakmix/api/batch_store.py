"""A batch in one store: its scenarios are the members of a sweep without axes, collected into one Zarr store."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import xarray as xr

from peakmix.api.batching import CERTIFIED, Batch, Outcome, Say, expand, read_all, silent
from peakmix.api.batching import Member as Sound
from peakmix.api.running import target_of
from peakmix.api.sweeping import Sweep
from peakmix.foundation.errors import Place, UsageError
from peakmix.scenario import Scenario
from peakmix.sweep import files
from peakmix.sweep.collecting import collect, open_cube
from peakmix.sweep.plan import Member, Source, read
from peakmix.sweep.running import Progress
from peakmix.sweep.spec import SweepSpec

CODES = {"infeasible": 4, "bad input": 3, "internal error": 1}
BATCH = "batch.json"
"""Beside the plan: the scenario files and changes of the batch, from which members are derived again."""
SAME = 1e-9
"""Relative distance up to which two levels of emissions are the same height."""


class BatchSource(Source):
    """Named scenarios in the place of a sweep file; those that cannot be planned are kept as lost members."""

    def __init__(self, name: str, sound: Sequence[Sound], lost: Sequence[Outcome]) -> None:
        spec = SweepSpec(name=name, base=sound[0].path.name, design="batch", audit_share=1.0)
        super().__init__(spec, sound[0].scenario, [{} for _ in sound])
        self.scenarios = [member.scenario for member in sound]
        self.lost = tuple(Member(one.name, {}, "", -1, one.message, one.status) for one in lost)

    def scenario(self, member: int) -> Scenario:
        """The scenario of one member."""
        return self.scenarios[member]

    def name(self, member: int) -> str:
        """Its own name."""
        return self.scenarios[member].name

    def hash(self, data_hash: str) -> str:
        """Hash of everything that decides the plan."""
        parts = [[s.name, s.hash] for s in self.scenarios] + [[one.name, one.reason] for one in self.lost]
        return hashlib.sha256(json.dumps([super().hash(data_hash), parts]).encode()).hexdigest()


def run_batch_into_store(
    paths: Iterable[Path | str],
    out: files.Where | str | None = None,
    overwrite: bool = False,
    changes: Mapping[str, Any] | None = None,
    say: Say = silent,
    jobs: int = 1,
) -> Batch:
    """Run scenarios of one data set into one store.

    Parameters
    ----------
    out:
        Folder of the store; default ``runs/out/<folder's name, or batch>``. The Zarr store lies in it.
    jobs:
        Worker processes.

    Raises
    ------
    UsageError
        When no scenario is sound, they are of several data sets, or the folder holds another store.
    """
    named = [Path(path) for path in paths]
    outcomes, sound = read_all(expand(named), changes or {}, say)
    lost = [one for one in outcomes if one.status]
    for member in sound:
        member.derivation = None
    if not sound:
        return Batch(outcomes)
    if len({id(member.derive) for member in sound}) > 1:
        raise UsageError("one store holds scenarios of one data set", fix="leave --store out, or name fewer scenarios")
    name = named[0].resolve().name if len(named) == 1 and named[0].is_dir() else "batch"
    folder: files.Where = files.store(out) if out is not None else target_of(sound[0].scenario, sound[0].path, None).with_name(name)
    sweep = Sweep.of(BatchSource(name, sound, lost), folder, sound[0].derive)
    plan = sweep.plan(overwrite)

    told = {"name": name, "files": [str(path.resolve()) for path in expand(named)], "changes": dict(changes or {})}
    files.write_json(folder / BATCH, told)

    def watch(progress: Progress) -> None:
        say(f"{progress.done} of {progress.members} scenarios")

    sweep.run(jobs, watch)
    store = collect(folder, plan, folder / f"{name}.zarr", overwrite=True)
    with open_cube(store, verify=False) as cube:
        _fill(outcomes, cube.load())
    return Batch(outcomes, len(plan.structures), store)


def stored_batch(folder: files.Where) -> Sweep | None:
    """The batch that a store holds, with its scenarios read again; None when the store is no batch's.

    Raises
    ------
    UsageError
        When a scenario, or its tables, is no longer what the store was made from.
    """
    try:
        told = json.loads((folder / BATCH).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    outcomes, sound = read_all([Path(path) for path in told["files"]], told["changes"], silent)
    place = Place(files.shown(folder))
    if not sound:
        raise UsageError("the scenarios of a batch are where they were", place=place, fix=outcomes[0].message)
    sweep = Sweep.of(BatchSource(told["name"], sound, [one for one in outcomes if one.status]), folder, sound[0].derive)
    if read(folder).hash != sweep.source.hash(sweep.derive.data.hash):
        fix = "give `peakmix run ... --store --overwrite` again"
        raise UsageError("scenarios and tables are those that the store was made from", place=place, fix=fix)
    return sweep


def _fill(outcomes: Sequence[Outcome], cube: xr.Dataset) -> None:
    """Take the outcomes of sound scenarios from the cube."""
    position = {str(name): k for k, name in enumerate(cube["scenario"].values)}
    for one in outcomes:
        if one.status:
            continue
        member = cube.isel(scenario=position[one.name])
        one.status, one.message = str(member["status"].values), str(member["reason"].values)
        if one.status != "optimal":
            one.exit_code = CODES.get(one.status, 5)
            continue
        one.objective, one.system_cost = float(member["objective"]), float(member["system_cost"])
        one.peak = peak_year(member)
        one.certificate = f"gap {float(member['certificate_gap']):.1e}"
        one.status, one.exit_code = (CERTIFIED, 0) if int(member["certified"]) else ("not certified", 5)


def peak_year(member: xr.Dataset) -> int:
    """First year of the period of highest direct CO2, the earliest where several are as high."""
    level = member["ledger"].sel(ledger_name="direct_co2").sum(("region", "sector"))
    height = float(level.max())
    return int(level["period"].values[int(np.argmax(level.values >= height - SAME * max(1.0, abs(height))))])
