"""A sweep along a carbon price: wall time against HiGHS's own, and against building every member anew.

Run by ``make bench``. Everything is measured in one process and one run, because machines are noisy. The ratio counts compiling,
walking, certificate, quick audit and writing; the plan and the full audits (a seeded share of the members) are told apart. The
bars asserted here are regressions to notice; docs/sweeps.md says which aims hold and which do not.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from time import perf_counter

import pytest
import yaml

from peakmix.api.sweeping import Sweep
from peakmix.formulation.build import build
from peakmix.solve.compile import compile_model
from peakmix.solve.highs import solve

ROOT = Path(__file__).parents[2]
CASES = {
    "nation": ({}, 1000, 5.0, 10.0),
    "groups": ({"resolution": {"grouping": "grid_region"}}, 100, 3.0, 10.0),
}
"""Settings, members, wall time over HiGHS's own at most, and how many times faster than rebuilding at least."""

REBUILT = 5


def made(folder: Path, store: str, case: str, audit_share: float) -> Sweep:
    """A sweep of the toy scenario along its carbon price."""
    settings, members, _, _ = CASES[case]
    span = {"from": 0.0, "to": 3.0, "count": members}
    axes = {"price_factor": {"field": "policies.carbon_price.values", "action": "multiply", "range": span}}
    base = str(ROOT / "runs" / "scenarios" / "toy.yaml")
    spec = {"base": base, "axes": axes, "audit_share": audit_share, "settings": settings}
    (folder / f"{store}.yaml").write_text(yaml.safe_dump(spec), encoding="utf-8")
    return Sweep(folder / f"{store}.yaml", folder / store)


def rebuilt_seconds(sweep: Sweep, members: int) -> float:
    """Seconds a member takes when every one is built, compiled and solved anew from its derived parameters."""
    derived = [sweep.derive(sweep.source.scenario(k)) for k in range(0, members, members // REBUILT)]
    start = perf_counter()
    for derivation in derived:
        solve(compile_model(build(derivation.parameters)).at())
    return (perf_counter() - start) / len(derived)


@pytest.mark.perf
@pytest.mark.parametrize("case", CASES)
def test_carbon_price_path(case: str) -> None:
    _, members, largest, least = CASES[case]
    with tempfile.TemporaryDirectory() as name:
        sweep = made(Path(name), "quick", case, 0.0)
        start = perf_counter()
        sweep.plan()
        planned, start = perf_counter() - start, perf_counter()
        done = sweep.run()
        wall = perf_counter() - start
        rebuilt = rebuilt_seconds(sweep, members)
        audited = made(Path(name), "audited", case, 0.01)
        audited.plan()
        start = perf_counter()
        audited.run()
        audits = perf_counter() - start - wall
    ratio, times = wall / done.solver_seconds, rebuilt / (wall / members)
    walking = wall - done.compile_seconds
    print(f"\n{case}: {members} members, plan {planned:.1f} s, run {wall:.2f} s, HiGHS {done.solver_seconds:.2f} s")
    print(f"run over HiGHS {ratio:.2f}, without compiling {walking / done.solver_seconds:.2f}")
    print(f"{members / wall:.0f} members a second; {times:.0f} times a rebuild of each ({rebuilt * 1e3:.0f} ms)")
    print(f"full audits of 1 % of the members: {audits:.1f} s more")
    assert done.failed == 0
    assert ratio <= largest
    assert times >= least
