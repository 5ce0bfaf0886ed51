"""Answers along a sweep equal those of each member's own run; what a sweep does not keep is named."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
import yaml
from tests.unit.test_sweep_engine import BASE

from peakmix import api
from peakmix.analysis.accounts import cost_by, costs
from peakmix.analysis.members import over_members
from peakmix.analysis.mix import mix, pathway
from peakmix.analysis.payers import payer_costs
from peakmix.api.sweeping import Sweep
from peakmix.foundation.errors import UsageError
from peakmix.sweep.collecting import collect

CAPS = (0.05, 0.85, 1.0)


@pytest.fixture(scope="module")
def swept(tmp_path_factory: pytest.TempPathFactory) -> tuple[xr.Dataset, dict[str, xr.Dataset]]:
    """Three caps, the first of which nothing can meet; and the two others each run by itself."""
    folder = tmp_path_factory.mktemp("members")
    cap = {key: value for key, value in BASE["policies"]["cap"].items() if key != "slack_price"}
    spec = {"name": "base", "title": "Base", **BASE, "policies": {**BASE["policies"], "cap": cap}}
    (folder / "base.yaml").write_text(yaml.safe_dump(spec))
    axes = {"cap": {"field": "policies.cap.values", "action": "multiply", "list": list(CAPS)}}
    sweep = {"name": "s", "title": "S", "base": "base.yaml", "design": "product", "axes": axes}
    (folder / "s.yaml").write_text(yaml.safe_dump(sweep))
    run = Sweep(folder / "s.yaml", folder / "out")
    run.run()
    cube = api.open(collect(folder / "out", run.plan(), folder / "s.zarr"))
    alone = {}
    for name, factor in zip(map(str, cube["scenario"].values), CAPS, strict=True):
        if factor > 0.1:
            values = {year: factor * value for year, value in cap["values"].items()}
            target = Path(folder / f"{name}.nc")
            alone[name] = api.run(folder / "base.yaml", target, changes={"policies.cap.values": values}).dataset
    return cube, alone


def test_every_solved_member_has_its_rows(swept: tuple[xr.Dataset, dict[str, xr.Dataset]]) -> None:
    cube, alone = swept
    table = over_members(cube, "mix")
    assert list(dict.fromkeys(table["scenario"])) == list(alone)
    assert table.columns[0] == "scenario"
    for name, own in table.groupby("scenario"):
        sums = own.groupby(["product", "period"])["value"].sum()
        expected = mix(alone[str(name)]).groupby(["product", "period"])["value"].sum().reindex(sums.index)
        np.testing.assert_allclose(sums, expected, rtol=1e-7, atol=1e-7)


def test_cost_and_pathway_equal_the_run_alone(swept: tuple[xr.Dataset, dict[str, xr.Dataset]]) -> None:
    cube, alone = swept
    accounts, paths = over_members(cube, "cost_by", "account"), over_members(cube, "pathway")
    for name, dataset in alone.items():
        own = accounts[accounts["scenario"] == name].set_index("account")["value"]
        expected = cost_by(dataset, "account").set_index("account")["value"]
        np.testing.assert_allclose(own.reindex(expected.index), expected, rtol=1e-7)
        assert own["system"] == pytest.approx(float(dataset["system_cost"]), rel=1e-7)
        path = paths[paths["scenario"] == name]
        assert path["total"].iloc[0] == pytest.approx(pathway(dataset).total, rel=1e-6)
        assert path["peak"].iloc[0] == pathway(dataset).peak


def test_members_are_chosen_and_any_function_is_taken(swept: tuple[xr.Dataset, dict[str, xr.Dataset]]) -> None:
    cube, alone = swept
    last = list(alone)[-1]
    assert set(over_members(cube, costs, members=[last])["scenario"]) == {last}
    with pytest.raises(UsageError, match="no member nobody"):
        over_members(cube, "mix", members=["nobody"])
    with pytest.raises(UsageError, match="no member asked for has a solution"):
        over_members(cube, "mix", members=[str(cube["scenario"].values[0])])


def test_what_a_sweep_does_not_keep_is_named(swept: tuple[xr.Dataset, dict[str, xr.Dataset]]) -> None:
    cube, alone = swept
    with pytest.raises(UsageError, match="does not keep 'payer_cost'"):
        over_members(cube, payer_costs)
    with pytest.raises(UsageError, match="'payer_costs'"):
        over_members(cube, "payer_costs")
    with pytest.raises(UsageError, match="no dimension scenario"):
        over_members(next(iter(alone.values())), "mix")
