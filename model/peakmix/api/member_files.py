"""Members of a finished sweep as result files: each as complete as that of a run by itself, so that `verify` reads it too."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from peakmix.api.members import Compiled
from peakmix.api.sweeping import Sweep
from peakmix.foundation.errors import Place, UncertifiedError, UsageError, nearest
from peakmix.results.store import write_result
from peakmix.sweep import files
from peakmix.sweep.plan import Plan
from peakmix.sweep.running import chunk_path, stored

SAME = 1e-8
"""Relative distance between the optimum in the store and that of the member solved again."""


@dataclass
class MemberFiles:
    """What was written, and the members without a certified optimum, which have no file: (name, status)."""

    folder: Path
    written: list[Path]
    left_out: list[tuple[str, str]]


def export_members(
    sweep: Sweep,
    folder: Path,
    names: Iterable[str] = (),
    overwrite: bool = False,
    watch: Callable[[int, int], None] = lambda done, count: None,
) -> MemberFiles:
    """Write members of a finished sweep as one netCDF file each.

    A store keeps sums over vintages, not every decision; so members are derived and solved again, one compilation a structure,
    and their optimum is compared with the store's.

    Parameters
    ----------
    folder:
        Where the files go, each named after its member.
    names:
        Members; all when empty.
    watch:
        Called with members done and to do.

    Raises
    ------
    UsageError
        When members are still to do, a name is unknown, or a file exists.
    UncertifiedError
        When a member's optimum is not the one in the store.
    """
    plan = sweep.plan()
    optimum = _optima(sweep.folder, plan)
    position = {member.name: k for k, member in enumerate(plan.members)}
    for name in (wanted := list(names)):
        if name not in position:
            place = Place(files.shown(sweep.folder))
            raise UsageError(f"the sweep has a member {name!r}", place=place, fix=nearest(name, position))
    chosen = sorted({position[name] for name in wanted}) if wanted else list(range(len(plan.members)))
    left_out = [(plan.members[k].name, str(optimum[k][0])) for k in chosen if optimum[k][0] != "optimal"]
    kept = {k for k in chosen if optimum[k][0] == "optimal"}
    for k in sorted(kept):
        target = folder / f"{plan.members[k].name}.nc"
        if target.exists() and not overwrite:
            raise UsageError(f"{target} exists", fix="name another folder, or add --overwrite")
    written: list[Path] = []
    for structure in plan.structures:
        own = [k for k in structure.members if k in kept]
        if not own:
            continue
        compiled = Compiled(sweep.derive(sweep.source.scenario(structure.members[0])), structure.elements)
        for k in own:
            result = compiled.result(sweep.derive(sweep.source.scenario(k)))
            found = float(result.dataset["objective"])
            if not abs(found - optimum[k][1]) <= SAME * max(1.0, abs(found)):
                rule = f"member {plan.members[k].name} solved again has the optimum of the store, {optimum[k][1]!r}, not {found!r}"
                raise UncertifiedError(rule, fix="run the sweep again with --overwrite")
            target = folder / f"{plan.members[k].name}.nc"
            target.parent.mkdir(parents=True, exist_ok=True)
            write_result(result.dataset, target, overwrite=overwrite)
            written.append(target)
            watch(len(written), len(kept))
    return MemberFiles(folder, sorted(written), left_out)


def _optima(folder: files.Where, plan: Plan) -> list[tuple[str, float]]:
    """Status (optimal only when certified) and optimum of every member."""
    found = [(member.status, float("nan")) for member in plan.members]
    for chunk in plan.chunks:
        kept = stored(folder, plan, chunk)
        if kept is None:
            rule, place = "members are exported when all are done", Place(files.shown(chunk_path(folder, chunk)))
            raise UsageError(rule, place=place, fix="give `peakmix sweep run` again; it goes on where it stopped")
        arrays = kept[0]
        certified = np.asarray(arrays["certified"], dtype=bool).tolist()
        columns = zip(chunk.members, arrays["status"].tolist(), certified, arrays["objective"].tolist(), strict=True)
        for member, status, passed, objective in columns:
            found[member] = (status if passed or status != "optimal" else "not certified", objective)
    return found
