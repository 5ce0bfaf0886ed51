"""Answers from a result: numbers by hand for the small problem of two provinces, identities, and what is refused."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import xarray as xr

from peakmix.analysis.accounts import cost_by, costs, pool_prices, residue_exchange, residues, swaps
from peakmix.analysis.mix import CO2, mix, paths, pathway
from peakmix.analysis.reading import contents, inputs, long_table, natural
from peakmix.analysis.saving import effects, reconciled, savings, waterfall
from peakmix.foundation.errors import UsageError

TCE = 29.3076
BLAST_ENERGY = 18 + 0.3 * 3.6
"""GJ a tonne: 18 GJ of coal, 300 kWh."""
SCRAP_ENERGY = (0.6 - 0.2 * 15.5 / 30) * 3.6
"""GJ a tonne of a furnace of 2011-2020: 0.6 MWh in 2000 and 0.4 in 2030, read in 2015.5."""


@pytest.fixture(scope="module")
def ds(mini_run) -> xr.Dataset:
    return mini_run.dataset


def test_mix_shares_and_demand(ds) -> None:
    frame = mix(ds, "steel")
    assert set(frame["technology"]) == {"blast_route", "scrap_route"}
    assert set(frame["unit"]) == {"Mt/yr"}
    by = frame.groupby("period")
    np.testing.assert_allclose(by["share"].sum(), 1)
    # demand by hand: 9.5 Mt in 2025 falling evenly to 9 in 2035, flat later; means over the years of a period
    expected = [9.5, np.mean([9.5 - 0.05 * k for k in range(1, 6)]), np.mean([9.5 - 0.05 * k for k in range(6, 11)]), 9.0]
    np.testing.assert_allclose(by["value"].sum(), expected)
    west = mix(ds, "steel", "West").groupby("period")["value"].sum()
    assert west[2025] == pytest.approx(float(ds["activity"].sel(region="West", period=2025).sum()))
    assert (frame["use"].dropna() <= 0.95 + 1e-9).all()


def test_unknown_names_are_refused(ds) -> None:
    for call in (lambda: mix(ds, "stel"), lambda: mix(ds, region="Eats"), lambda: pathway(ds, "co2"), lambda: long_table(ds, "x")):
        with pytest.raises(UsageError):
            call()
    with pytest.raises(UsageError, match="not added"):
        pathway(ds, ["direct_co2", "energy_calorific"])


def _flat(levels: list[float]) -> xr.Dataset:
    """A result that has a ledger only."""
    years = [2025, 2026, 2031, 2036]
    ledger = np.array(levels)[None, None, None, :]
    coords = {"ledger_name": ["direct_co2"], "region": ["A"], "sector": ["steel"], "period": years}
    made = xr.Dataset({"ledger": (tuple(coords), ledger)}, coords)
    made["period_length"] = ("period", [1, 5, 5, 5])
    return made.assign_coords(ledger_unit=("ledger_name", ["Mt/yr"]))


def test_pathway_peak_plateau_and_rises() -> None:
    path = pathway(_flat([90.0, 100.0, 99.5, 80.0]))
    assert (path.peak, path.height, path.plateau, path.rises) == (2026, 100.0, (2026, 2031), ())
    assert path.total == 90 + 5 * (100 + 99.5 + 80)
    again = pathway(_flat([100.0, 90.0, 95.0, 100.0]))
    assert (again.peak, again.rises) == (2025, (2031, 2036))
    assert "rises again in 2031, 2036" in again.text()
    assert pathway(_flat([0.0, 0.0, 0.0, 0.0])).height == 0.0


def test_pathway_of_scopes_adds_ledgers(ds) -> None:
    every = paths(ds)
    total = every[every["ledger"].isin(CO2)].groupby("period")["value"].sum()
    np.testing.assert_allclose(pathway(ds, CO2).values.to_numpy(), total.to_numpy())


def test_effects_are_those_of_the_tables(ds) -> None:
    effect = effects(ds)
    assert effect.sel(measure_host="dry_quenching @ blast_route", commodity="coal").values.tolist() == [1.2] * 4
    np.testing.assert_allclose(effect.sel(measure_host="variable_drive @ scrap_route", commodity="electricity"), 0.02)
    assert float(abs(effect).sum()) == pytest.approx(4 * (1.2 + 0.9 + 0.02 + 0.02))


def test_saving_ledger_per_tonne_and_in_all(ds) -> None:
    frame = savings(ds).set_index(["measure", "host", "period"])
    row = frame.loc[("dry_quenching", "blast_route", 2025)]
    blast = float(ds["activity"].sel(technology="blast_route", period=2025).sum())
    assert row["adopted"] == pytest.approx(0.2 * blast)
    assert (row["kwh"], row["gj"]) == (0.0, 1.2)
    assert row["kgce"] == pytest.approx(1200 / TCE)
    assert row["energy"] == pytest.approx(1.2 * 0.2 * blast)
    assert row["tce"] == pytest.approx(1.2 * 0.2 * blast / TCE)
    drive = frame.loc[("variable_drive", "blast_route", 2036)]
    assert drive["kwh"] == pytest.approx(20)
    assert drive["power"] == pytest.approx(0.02 * drive["adopted"])
    np.testing.assert_allclose(frame["since_base"], frame["energy"] - frame["energy"].groupby(level=[0, 1]).transform("first"))


@pytest.mark.parametrize("convention", ["energy_calorific", "energy_coal_equivalent"])
def test_energy_is_reconciled_to_the_ledger(ds, convention) -> None:
    frame = reconciled(ds, convention)
    assert frame["difference"].abs().max() < 1e-9
    np.testing.assert_allclose(frame["without"] - frame["saved"], frame["ledger"], atol=1e-9)
    if convention == "energy_calorific":
        blast, scrap = (float(ds["activity"].sel(technology=t, period=2025).sum()) for t in ("blast_route", "scrap_route"))
        first = frame[frame["period"] == 2025].iloc[0]
        assert first["without"] == pytest.approx(BLAST_ENERGY * blast + SCRAP_ENERGY * scrap)


def test_waterfall_steps_add_up(ds) -> None:
    steps = waterfall(ds, "steel", 2031)
    assert steps["value"].iloc[:-1].sum() == pytest.approx(steps["value"].iloc[-1])
    ledger = float(ds["ledger"].sel(ledger_name="energy_calorific", period=2031).sum())
    made = float(ds["activity"].sel(period=2031).sum())
    assert steps["value"].iloc[-1] == pytest.approx(ledger / made)
    assert set(steps["unit"]) == {"GJ/t"}


def test_costs_add_up_to_the_objective(ds) -> None:
    frame = costs(ds)
    assert frame["value"].sum() == pytest.approx(float(ds["objective"]), rel=1e-12)
    assert frame.loc[frame["account"] == "system", "value"].sum() == pytest.approx(float(ds["system_cost"]), rel=1e-12)
    assert cost_by(ds, "place", "period")["value"].sum() == pytest.approx(float(ds["objective"]), rel=1e-12)
    assert set(frame["unit"]) == {"MCNY2023"}


def test_swap_ledger(ds) -> None:
    frame = swaps(ds)
    np.testing.assert_allclose(frame["retired"], frame["built"] * frame["ratio"])
    built = frame.groupby(["target", "period"])["built"].sum()
    for (target, period), amount in built.items():
        assert amount <= float(ds["new_capacity"].sel(region=target, period=period).sum()) + 1e-6
    assert set(frame["price_unit"]) <= {"CNY2023/(t/yr)"}


def test_a_pool_row_has_the_whole_price_of_a_credit() -> None:
    # a credit worth 20 of 2031 is worth 10 in 2026 at a weight of one half; the row of 2026 says so, and nothing is added to it
    columns = {"id": ["s", "s", "x"], "place": ["A", "A", ""], "period": [2026, 2031, 2031], "level": [0.0, 0.0, 0.0]}
    columns |= {"component": ["policy_swap_pool", "policy_swap_pool", "policy_cap"], "price": [10.0, 20.0, 7.0]}
    columns |= {"unit": ["Mt/yr"] * 3, "price_unit": ["CNY/(t/yr)"] * 3, "bound": [0.0] * 3}
    made = xr.Dataset({f"policy_{k}": ("policy_row", np.array(v)) for k, v in columns.items()}, {"period": [2026, 2031]})
    assert pool_prices(made)["price"].tolist() == [10.0, 20.0]
    assert pool_prices(made)["lapsed"].tolist() == [0.0, 0.0]


def test_residues_balance(ds) -> None:
    frame = residues(ds)
    slag = frame[frame["period"] == 2031].set_index(["party", "role"])["value"]
    blast = float(ds["activity"].sel(technology="blast_route", period=2031).sum())
    assert slag["steel", "gives"] == pytest.approx(0.3 * blast)
    assert slag["market slag_yard", "takes"] == pytest.approx(0.3 * blast)
    flows = residue_exchange(ds)
    assert flows["value"].sum() == pytest.approx(frame.loc[frame["role"] == "takes", "value"].sum())
    assert set(zip(flows["giver"], flows["taker"], strict=True)) == {("steel", "market slag_yard")}


def test_inputs_carry_their_keys_and_canonical_units(ds) -> None:
    frame = inputs(ds, "market_parameters").set_index(["market", "parameter", "location", "year"])
    assert frame.loc[("grid_power", "price", "West", ""), "value"] == pytest.approx(400)
    assert contents(ds, "energy_content")["electricity"].tolist() == [3.6] * 4
    assert contents(ds, "coal_equivalent")["coal"][0] == pytest.approx(1 / TCE)


def test_long_tables_have_units(ds) -> None:
    price = long_table(ds, "price").set_index("commodity")["unit"]
    assert price.loc["electricity"].iloc[0] == "CNY2023/MWh"
    assert set(long_table(ds, "capacity_rent")["unit"]) == {"CNY2023/t"}
    assert set(long_table(ds, "ledger").set_index("ledger_name").loc["energy_calorific", "unit"]) == {"PJ/yr"}
    assert len(long_table(ds, "activity", drop_zero=True)) == int((ds["activity"] != 0).sum())
    assert isinstance(long_table(ds, "objective"), pd.DataFrame)
    assert [natural(u) for u in ("Mt/yr", "PJ/yr", "TWh/yr", "Mm2/yr")] == ["t", "GJ", "MWh", "m2"]


@pytest.mark.slow
def test_python_of_the_page_runs(tmp_path, monkeypatch, capsys) -> None:
    import re
    from pathlib import Path

    import peakmix

    root = Path(__file__).resolve().parents[2]
    peakmix.run(root / "runs" / "scenarios" / "toy.yaml", out=tmp_path / "runs" / "out")
    monkeypatch.chdir(tmp_path)
    page = (root / "docs" / "reading-results.md").read_text(encoding="utf-8")
    names: dict[str, object] = {}
    for block in re.findall(r"^```python\n(.*?)^```$", page, re.MULTILINE | re.DOTALL):
        exec(compile(block, "reading-results.md", "exec"), names)
    assert "highest" in capsys.readouterr().out
