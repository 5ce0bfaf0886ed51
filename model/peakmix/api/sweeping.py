"""Sweeps from the front door: how a member is derived; the rest stands in `peakmix.sweep`."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from peakmix.api.conflict import diagnose
from peakmix.api.prepare import Prepared, Timings, base_values, data_root, needs_base
from peakmix.formulation.build import derive_policies
from peakmix.foundation.errors import Place, UsageError, display_path
from peakmix.parameters.container import Parameters
from peakmix.parameters.derive import derive
from peakmix.scenario import Scenario, check_against
from peakmix.scenario.check import known_names
from peakmix.scenario.levers import adjust
from peakmix.solve.program import LinearProgram
from peakmix.solve.solution import SolveOptions
from peakmix.sweep import files, numbers
from peakmix.sweep.engine import Engine
from peakmix.sweep.plan import PLAN, Plan, Source, make, read, read_source, write
from peakmix.sweep.running import Progress, Watch, run
from peakmix.sweep.shards import Shard
from peakmix.sweep.structure import Derivation
from peakmix.tables.dataset import DataSet
from peakmix.tables.loading import load as load_tables

APART = ("policies", "name", "title", "description", "solver", "output")
"""Parts of a scenario that the derivation without policies does not look at."""


class Deriver:
    """Derives members of one data set; what does not depend on policies is derived once for members that share it."""

    def __init__(self, data: DataSet) -> None:
        self.data = data
        self._known = known_names(data)
        self._state = ""
        self._made: tuple[DataSet, Parameters, Any] | None = None
        self._levels: dict[str, dict[str, float]] = {}

    @staticmethod
    def state(scenario: Scenario) -> str:
        """What decides the derivation apart from policies, as text; members that share it are best derived in a row."""
        kept = {key: value for key, value in scenario.resolved.items() if key not in APART}
        return json.dumps(kept, sort_keys=True, ensure_ascii=False)

    def __call__(self, scenario: Scenario) -> Derivation:
        """Derive one member.

        Raises
        ------
        InputErrors, InfeasibleError
        """
        check_against(self.data, scenario, self._known)
        state = self.state(scenario)
        if self._made is None or state != self._state:
            data = adjust(self.data, scenario)
            parameters, context = derive(data, scenario.spec)
            self._state, self._made, self._levels = state, (data, parameters, context), {}
        data, shared, context = self._made
        active = scenario.spec.active_policies
        context.base_values = self._base_values(scenario, data, active)
        parameters = copied(shared)
        derive_policies(parameters, active, context)
        return Derivation(scenario, data, parameters, dict(context.base_values))

    def _base_values(self, scenario: Scenario, data: DataSet, active: Mapping[str, Any]) -> dict[str, float]:
        """Levels of the base period that policies refer to; solved once for members that ask for the same ones."""
        wanted = {name: policy for name, policy in active.items() if needs_base(policy)}
        goals = any(policy.instrument == "goal" for policy in wanted.values())
        key = repr(active if goals else [(name, policy.measured()) for name, policy in wanted.items()])
        if key not in self._levels:
            self._levels[key] = base_values(scenario, data, wanted)
        return self._levels[key]


def copied(shared: Parameters) -> Parameters:
    """Parameters that policies can add to without touching those that other members share."""
    return Parameters(
        shared.horizon,
        shared.regions,
        shared.members,
        dict(shared.nodes),
        {name: list(entries) for name, entries in shared.sets.items()},
        {name: dict(table) for name, table in shared.values.items()},
        {name: fact.copy() if isinstance(fact, dict) else fact for name, fact in shared.facts.items()},
        shared.vintages,
        dict(shared.reports),
    )


class Sweep:
    """A sweep file ready to be planned and run into a folder.

    Parameters
    ----------
    path:
        The sweep file (YAML).
    folder:
        The store; default ``runs/out/<name>`` beside the sweep's folder.

    Raises
    ------
    InputErrors
    """

    def __init__(
        self, path: Path | str, folder: Path | str | None = None, frames: Mapping[str, pd.DataFrame] | None = None
    ) -> None:
        self.source: Source = read_source(Path(path))
        self.folder = files.on_disk(folder) if folder is not None else default_folder(Path(path), self.source.spec.name)
        data = load_tables(data_root(self.source.base), frames)
        check_against(data, self.source.base)
        self.derive = Deriver(data)

    @classmethod
    def of(cls, source: Source, folder: Path, derive: Deriver) -> Sweep:
        """A sweep from its parts."""
        made = cls.__new__(cls)
        made.source, made.folder, made.derive = source, files.on_disk(folder), derive
        return made

    def plan(self, overwrite: bool = False, watch: Callable[[int, int], None] = lambda done, count: None) -> Plan:
        """The plan: that of the folder when it is the same, else a new one that is written there.

        Raises
        ------
        UsageError
            When the folder holds another plan and overwrite is not asked for.
        """
        if (self.folder / PLAN).exists():
            try:
                present = read(self.folder)
                if present.hash == self.source.hash(self.derive.data.hash):
                    return present
            except UsageError:
                if not overwrite:
                    raise
            if not overwrite:
                raise UsageError(
                    "the folder of a sweep holds this plan and no other: file, base, tables or version have changed",
                    place=Place(display_path(self.folder)),
                    fix="name another folder, or add --overwrite (chunks that are the same are kept)",
                )
        count = len(self.source.rows)
        made = make(self.source, self.derive, Deriver.state, self.derive.data.hash, lambda done: watch(done, count))
        with files.locked(self.folder):
            write(made, self.folder)
            numbers.write(self.source.spec, self.source.base, self.derive.data.tables, self.folder)
        return made

    def engine(self, plan: Plan, place: int) -> Engine:
        """One structure of the plan, compiled."""
        structure = plan.structures[place]
        return Engine(self._derived(structure.members[0]), structure, explain, self._derived)

    def _derived(self, member: int) -> Derivation:
        return self.derive(self.source.scenario(member))

    def run(
        self, jobs: int = 1, watch: Watch = lambda progress: None, overwrite: bool = False, shard: Shard | None = None
    ) -> Progress:
        """Plan, if need be, and solve what is not finished; a shard finds its plan made.

        Raises
        ------
        UsageError
            For a shard of a sweep without a plan: jobs of an array do not plan side by side.
        """
        if shard is not None and not (self.folder / PLAN).exists():
            rule, place = "shards work on a plan that stands", Place(display_path(self.folder))
            raise UsageError(rule, place=place, fix="give `peakmix sweep plan` once, before the jobs start")
        plan = self.plan(overwrite and shard is None)
        return run(self.folder, plan, lambda place: self.engine(plan, place), jobs, watch, shard)


def default_folder(path: Path, name: str) -> Path:
    """Where a sweep is kept: runs/out/<name> for runs/sweeps/<file>, else out/<name> beside the file."""
    beside = path.resolve().parent
    return (beside.parent if beside.name == "sweeps" else beside) / "out" / name


def explain(first: Derivation, program: LinearProgram) -> str:
    """Why a member has no solution, in the words of policies and demand."""
    family: Any = None
    prepared = Prepared(first.scenario, first.data, first.parameters, None, None, family, program, {}, Timings())
    error = diagnose(prepared, SolveOptions())
    return f"{error.rule} {error.fix}".strip()
