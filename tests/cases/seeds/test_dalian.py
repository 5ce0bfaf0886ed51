"""Dalian: derived numbers and inequalities of the programme of nine projects.

Dust of 1998 by hand, kt: furnaces 0.45 x 12, cement 3.8 x 5, small boilers 22 x 0.95, thermal plants 8 x 0.3, together
5.4 + 19 + 20.9 + 2.4.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from tests.cases.seeds.shipped import RUNS, ledger, priced, solved

from peakmix.analysis.reading import inputs
from peakmix.analysis.subsets import ranking
from peakmix.foundation.errors import InfeasibleError, UsageError
from peakmix.sweep.cube import assemble

DUST_1998 = (0.45 * 12 + 3.8 * 5 + 22 * 0.95 + 8 * 0.3) / 1000
SERVICE = 0.0075 / (1 - 1.0075**-40)


@pytest.fixture(scope="module")
def run() -> xr.Dataset:
    return solved("dalian")


@pytest.fixture(scope="module")
def without() -> xr.Dataset:
    return solved("dalian_without")


def test_dust_of_1998_and_its_target(run: xr.Dataset) -> None:
    """The target of 70 % binds, and nothing before the programme can lower dust."""
    assert ledger(run, "PM", 1998) == pytest.approx(DUST_1998)
    for year in (2003, 2006):
        assert ledger(run, "PM", year) == pytest.approx(0.7 * DUST_1998)
    assert (priced(run, "dust", "policy_limit")["price"] > 0).all()


def test_washed_coal_sets_the_price_of_sulphur(run: xr.Dataset) -> None:
    """2.5 CNY/GJ more for 0.58 - 0.38 kg/GJ less: 12.5 CNY/kg, wherever both coals are burnt."""
    burnt = run["activity"].sum("region").sel(period=2006)
    assert float(burnt.sel(technology="boiler_fuel_from_washed_coal")) > 0
    assert float(burnt.sel(technology="boiler_fuel_from_coal")) > 0
    assert priced(run, "sulphur", "policy_limit")["price"].tolist() == pytest.approx([12_500.0] * 2)


def test_the_budget_is_what_the_speech_says(run: xr.Dataset) -> None:
    """Size x cost of all projects is CNY 1,680 million, of it 1,070 in fixed lines; USD 100 million at 8.28 are 49 %."""
    limits = inputs(run, "limits")
    size = limits[limits["limit"].str.endswith("_size") & (limits["year"] == "2001")].set_index("group")["value"]
    costs = inputs(run, "technology_parameters")
    cost = costs[costs["parameter"] == "capital_cost"].set_index("technology")["value"]
    money = (size * cost.reindex(size.index)).astype(float)
    assert money.sum() == pytest.approx(1680)
    assert money[money.index.str.startswith("project_")].sum() == pytest.approx(1070)
    assert pytest.approx(0.493, abs=1e-3) == 828 / 1680


def test_the_cheap_loan_is_drawn_to_its_ceiling(run: xr.Dataset) -> None:
    """A yuan at 0.75 % over 40 years is paid back with 0.0290 x 11.92 = 0.35 yuan at 8 %: all 828 million are drawn.

    Inside the horizon less than the whole gain of 0.65 counts, more than nothing.
    """
    gain = 1 - SERVICE * sum(1.08**-k for k in range(1, 41))
    assert gain == pytest.approx(0.654, abs=1e-3)
    assert float(run["loan_draw"].sum()) == pytest.approx(828)
    first = priced(run, "programme", "policy_finance_line").sort_values("period")["price"].iloc[0]
    assert 0 < first < gain


def test_carbon_dioxide_falls_with_the_dust(run: xr.Dataset, without: xr.Dataset) -> None:
    """Co-benefit: less direct CO2 than without the programme, at a higher system cost; the dust was not free."""
    assert ledger(run, "direct_co2", 2006) < ledger(without, "direct_co2", 2006)
    assert float(run["system_cost"]) > float(without["system_cost"])


def test_relocation_keeps_its_exchange(run: xr.Dataset) -> None:
    """What is rebuilt in the new zone was closed before, one for one."""
    built = run["new_capacity"].sel(technology=["cement_works_relocated", "arc_furnace_relocated"])
    closed = (run["retired_early"] + run["end_of_life"]).sel(technology=["cement_works_old", "arc_furnace_old"])
    assert float(built.sel(region="Dalian old city").sum()) == 0
    for new, old in zip(built.technology, closed.technology, strict=True):
        assert float(built.sel(technology=new).sum()) <= float(closed.sel(technology=old).sum()) + 1e-9


def test_targets_and_money_have_a_price(run: xr.Dataset) -> None:
    """A stricter target or a smaller budget never costs less; without the thermal plants and filters it cannot be met."""
    cost = float(run["objective"])
    assert float(solved("dalian", policies__dust__values={2003: 0.65})["objective"]) > cost
    less = {2001: "400 MCNY2000/yr", 2003: "24.1 MCNY2000/yr"}
    assert float(solved("dalian", policies__programme__own_funds=less)["objective"]) > cost
    with pytest.raises(InfeasibleError):
        solved("dalian", policies__programme__lines__yen_loan__ceiling="100 MCNY2000")


def test_whole_projects_cost_no_less_than_parts(run: xr.Dataset, tmp_path: Path) -> None:
    """The best subset is above the linear programme; the subset with everything keeps the budget of 1,680."""
    from peakmix.api.sweeping import Sweep

    made = Sweep(RUNS / "sweeps" / "dalian_projects.yaml", tmp_path / "store")
    made.run()
    switches = ["furnace_bag_houses", "kiln_filters", "thermal_plant", "chemical_thermal_plant", "relocated_furnaces"]
    order = ranking(assemble(made.folder, made.plan()), [*switches, "relocated_cement_works"])
    assert order["objective"].iloc[0] >= float(run["objective"]) * (1 - 1e-9)
    assert (np.diff(order["objective"]) >= 0).all()
    assert all("kiln_filters" in built for built in order["built"])
    assert order["projects"].max() == 6


def test_the_loan_in_yen_gets_lighter() -> None:
    """12,150 million yen at 0.0667 CNY of 2000 in 2001; nothing is paid back in ten years of grace, 0.0509 CNY a yen in 2010."""
    run = solved("dalian_yen")
    assert float(run["loan_draw"].sum()) == pytest.approx(12_150 * 0.0667)
    assert float(run["loan_repaid"].sum()) == 0
    assert float(run["loan_left"].isel(period=-1).sum()) == pytest.approx(12_150 * 0.0509)
    first = run["loan_service"].sel(period=2001).sum()
    assert float(first) == pytest.approx(0.0075 * 12_150 * 0.0644 / 2)


def test_ranking_by_hand() -> None:
    """Four subsets, one without a solution: cheapest first, named by what is built; an unknown axis is refused."""
    objective = np.array([9.0, np.nan, 7.0, 8.0])
    coords = {name: ("scenario", values) for name, values in {"a": [0.0, 0.0, 2.0, 2.0], "b": [0.0, 5.0, 0.0, 5.0]}.items()}
    data = {"objective": ("scenario", objective), "system_cost": ("scenario", objective)}
    cube = xr.Dataset(data, {"scenario": list("wxyz"), **coords})
    order = ranking(cube, ["a", "b"])
    assert order["built"].tolist() == [("a",), ("a", "b"), ()]
    assert order["above_best"].tolist() == [0.0, 1.0, 2.0]
    with pytest.raises(UsageError, match="no axis 'c'"):
        ranking(cube, ["c"])
    with pytest.raises(UsageError, match="no subset"):
        ranking(cube.assign(objective=("scenario", np.full(4, np.nan))), ["a"])
