"""Sweeps from the front door: how a member is derived; the rest stands in `peakmix.sweep`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from peakmix.api.conflict import diagnose
from peakmix.api.deriving import Deriver
from peakmix.api.prepare import Prepared, Timings, data_root
from peakmix.foundation.errors import Place, UsageError
from peakmix.scenario import check_against
from peakmix.solve.program import LinearProgram
from peakmix.solve.solution import SolveOptions
from peakmix.sweep import files, numbers
from peakmix.sweep.engine import Engine
from peakmix.sweep.plan import PLAN, Plan, Source, make, read, read_source, write
from peakmix.sweep.running import Progress, Watch, run
from peakmix.sweep.shards import Shard
from peakmix.sweep.structure import Derivation
from peakmix.tables.loading import load as load_tables


class Sweep:
    """A sweep file ready to be planned and run into a folder.

    Parameters
    ----------
    path:
        The sweep file (YAML).
    folder:
        The store, a folder or an address (``s3://bucket/sweep``); default ``runs/out/<name>`` beside the sweep's folder.

    Raises
    ------
    InputErrors
    """

    def __init__(
        self, path: Path | str, folder: files.Where | str | None = None, frames: Mapping[str, pd.DataFrame] | None = None
    ) -> None:
        self.source: Source = read_source(Path(path))
        self.folder: files.Where = files.store(folder) if folder is not None else default_folder(Path(path), self.source.spec.name)
        data = load_tables(data_root(self.source.base), frames)
        check_against(data, self.source.base)
        self.derive = Deriver(data)

    @classmethod
    def of(cls, source: Source, folder: files.Where, derive: Deriver) -> Sweep:
        """A sweep from its parts."""
        made = cls.__new__(cls)
        made.source, made.folder, made.derive = source, files.store(folder), derive
        return made

    def plan(
        self, overwrite: bool = False, watch: Callable[[int, int], None] = lambda done, count: None, jobs: int = 1
    ) -> Plan:
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
                    place=Place(files.shown(self.folder)),
                    fix="name another folder, or add --overwrite (chunks that are the same are kept)",
                )
        count = len(self.source.rows)
        made = make(self.source, self.derive, self.derive.data.hash, lambda done: watch(done, count), jobs)
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
            rule, place = "shards work on a plan that stands", Place(files.shown(self.folder))
            raise UsageError(rule, place=place, fix="give `peakmix sweep plan` once, before the jobs start")
        plan = self.plan(overwrite and shard is None, jobs=jobs)
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
