"""Baise: readings of 1,000 kWh, residue within its limits, three kinds of target, the order of leaving the stage."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
import xarray as xr
from tests.cases.seeds.shipped import ROOT, ledger, solved

from peakmix.foundation.errors import InputErrors
from peakmix.tables.loading import load

TUBE, AUTOCLAVE = "refinery_tube", "refinery_autoclave"


@pytest.fixture(scope="module")
def run() -> xr.Dataset:
    return solved("baise")


def live(run: xr.Dataset, technology: str) -> float:
    """Capacity in the last period, Mt/yr."""
    return float(run["capacity"].sel(technology=technology).isel(period=-1).sum())


def test_six_million_tonnes_grow_in(run: xr.Dataset) -> None:
    """4.5 Mt made in 2008 of the 4.8 that stood; about 6 Mt after 2011 with what the cells of the city take."""
    made = run["activity"].sel(technology=[TUBE, AUTOCLAVE]).sum(["region", "technology"])
    assert float(made.sel(period=2008)) == pytest.approx(4.5)
    assert float(made.sel(period=2011)) == pytest.approx(6.0, rel=0.05)


def test_base_year_energy_by_hand(run: xr.Dataset) -> None:
    """Tube 5.6 / 0.86 + 3.05 + 0.26 x 3.6 GJ/t, autoclaves 7.4 / 0.86 + 3.3 + 0.3 x 3.6; the cells and kilns are other sectors."""
    tube, autoclave = 5.6 / 0.86 + 3.05 + 0.26 * 3.6, 7.4 / 0.86 + 3.3 + 0.3 * 3.6
    used = float(run["ledger"].sel(ledger_name="energy_calorific", sector="alumina", period=2008).sum())
    assert used == pytest.approx(3.6 * tube + 0.9 * autoclave, rel=1e-4)


def test_the_literal_reading_is_refused(tmp_path: Path) -> None:
    """1,000 kWh of electricity per tonne of alumina on a host that uses 260: refused at load, naming measure, host and flow."""
    data = tmp_path / "literal_baise"
    shutil.copytree(ROOT / "data" / "baise", data)
    folder = data / "literal"
    folder.mkdir()
    texts = {
        "measures": "measure,host,exclusion_group,name,name_zh,note\nliteral,refinery_tube,,As written,,\n",
        "measure_flows": "measure,host,commodity,effect,year,value,unit,low,high,source,grade,note\n"
        "literal,refinery_tube,electricity,saves_input,,1000,kWh/t,1000,1000,interview_2011,C,\n",
        "measure_parameters": "measure,host,parameter,location,year,value,unit,low,high,source,grade,note\n"
        "literal,refinery_tube,capital_cost,,,100,CNY2023/(t/yr),50,200,judgement,C,\n"
        "literal,refinery_tube,lifetime,,,20,yr,15,25,judgement,C,\n"
        "literal,refinery_tube,applicability,,,1,1,1,1,judgement,C,\n",
    }
    for name, text in texts.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    with pytest.raises(InputErrors) as refused:
        load(data)
    told = str(refused.value)
    assert "literal" in told
    assert "refinery_tube" in told
    assert "electricity" in told


def test_both_feasible_readings_save(run: xr.Dataset) -> None:
    """(b) saves a TWh per million tonnes of metal that carry it; (a) saves steam and hardly any power. Both pay."""
    for measure in ("novel_cathode", "final_energy_package"):
        without = solved("baise", measures__exclude=[measure])
        assert float(without["system_cost"]) > float(run["system_cost"])
        assert ledger(without, "energy_calorific", 2016) > ledger(run, "energy_calorific", 2016)
    cathode = solved("baise", measures__exclude=["novel_cathode"])
    fitted = float(run["adopted"].sel(measure_host="novel_cathode @ cell", period=2016).sum())
    saved = float((cathode["market_volume"] - run["market_volume"]).sel(market="grid_power", period=2016).sum())
    assert saved == pytest.approx(1.0 * fitted, rel=0.02)


def test_residue_within_its_limits(run: xr.Dataset) -> None:
    """Concentrate at most 0.23 t per t of residue and 5 % of the burden; clinker 0.06 t/t; bricks 0.25 Mt; the balance closes."""
    flows = run["activity"].sum("region")
    volume = run["market_volume"].sum("region")
    made = 1.1 * flows.sel(technology=[TUBE, AUTOCLAVE]).sum("technology")
    iron = flows.sel(technology="iron_recovery")
    meal = flows.sel(technology="meal_from_residue")
    assert (iron <= made / 4.35 + 1e-9).all()
    assert (flows.sel(technology="iron_from_concentrate") <= 0.05 * flows.sel(technology="iron_from_ore") / 0.95 + 1e-6).all()
    assert (meal <= 0.06 * flows.sel(technology="kiln") * 1.001).all()
    assert (volume.sel(market="residue_bricks") <= 0.25 + 1e-9).all()
    out = iron + meal + volume.sel(market="residue_bricks") + volume.sel(market="residue_stacking")
    assert out.values == pytest.approx(made.values)


def test_all_mined_land_is_made_arable(run: xr.Dataset) -> None:
    """0.45 m2 per tonne of bauxite, 2.15 t of it per tonne of alumina."""
    alumina = run["activity"].sel(technology=[TUBE, AUTOCLAVE]).sum(["region", "technology"])
    land = run["market_volume"].sel(market="reclamation").sum("region")
    assert land.values == pytest.approx((0.45 * 2.15 * alumina).values)


def test_shared_targets_cost_less_than_binding_ones(run: xr.Dataset) -> None:
    """Voluntary costs least and saves least; one shared target reaches the mean of the binding one for less."""
    binding, shared = solved("baise_binding"), solved("baise_shared")
    assert float(run["system_cost"]) <= float(shared["system_cost"]) <= float(binding["system_cost"])
    for one in (binding, shared):
        made = one["activity"].sel(technology=[TUBE, AUTOCLAVE], period=2016).sum()
        used = one["ledger"].sel(ledger_name="energy_calorific", sector="alumina", period=2016).sum()
        assert float(used / made) <= 7.0 * (1 + 1e-6)


def test_autoclaves_leave_the_stage_first() -> None:
    """Where alumina from elsewhere is cheap the autoclaves are gone and tube digestion is not; dearer, both live."""
    changed = {"table": "market_parameters", "where": {"market": "alumina_elsewhere", "parameter": "price"}}
    cheap = solved("baise", adjust=[changed | {"set": 1750}])
    dear = solved("baise", adjust=[changed | {"set": 2400}])
    assert live(cheap, AUTOCLAVE) == pytest.approx(0, abs=1e-9)
    assert 0 < live(cheap, TUBE) < live(dear, TUBE)
    assert live(dear, AUTOCLAVE) > 0
