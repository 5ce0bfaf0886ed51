"""Indivisible projects: the members of a collected sweep as subsets of projects, the cheapest feasible one first.

A sweep whose axes switch projects between nothing and their whole size enumerates the subsets, as
``runs/sweeps/dalian_projects.yaml`` does. A linear programme that may build parts of projects costs no more than the best of them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.foundation.errors import UsageError


def ranking(cube: xr.Dataset, projects: list[str]) -> pd.DataFrame:
    """One row a member that has an optimum, cheapest first; ``projects`` are axes of the sweep.

    Columns: ``built`` (projects that are not nothing, in the order given), ``projects`` their number, ``objective`` and
    ``system_cost`` in million money, ``above_best`` the objective above that of the first row. Members without a solution
    are left out.
    UsageError names an axis that the sweep does not have.
    """
    missing = [name for name in projects if name not in cube.coords]
    if missing:
        raise UsageError(f"the sweep has no axis {missing[0]!r}", fix=f"axes are coordinates along scenario: {_axes(cube)}")
    switches = {name: np.asarray(cube[name].values, dtype=float) for name in projects}
    objective = np.asarray(cube["objective"].values, dtype=float)
    rows = [
        {
            "scenario": str(member),
            "built": tuple(name for name in projects if switches[name][k] > 0),
            "objective": objective[k],
            "system_cost": float(cube["system_cost"].values[k]),
        }
        for k, member in enumerate(cube["scenario"].values)
        if np.isfinite(objective[k])
    ]
    if not rows:
        raise UsageError("no subset of the projects has a solution", fix="see the reasons in `peakmix sweep status`")
    table = pd.DataFrame(rows).sort_values(["objective", "scenario"]).reset_index(drop=True)
    table.insert(2, "projects", table["built"].map(len))
    table["above_best"] = table["objective"] - table["objective"].iloc[0]
    return table


def _axes(cube: xr.Dataset) -> str:
    """Names of the coordinates along scenario."""
    return ", ".join(str(n) for n, c in cube.coords.items() if c.dims == ("scenario",) and n != "scenario")
