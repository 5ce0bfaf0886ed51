"""Supply curve of conserved energy: costs by hand, potentials by hand, and the used part against the saving ledger."""

from __future__ import annotations

import pytest

from peakmix.analysis.conserved import curve_text, curves_text, energy_prices, supply_curve, supply_curves
from peakmix.analysis.saving import savings
from peakmix.cli import supply_curve as command
from peakmix.foundation.errors import UsageError
from peakmix.results.store import write_result


@pytest.fixture(scope="module")
def ds(mini_run):
    return mini_run.dataset


def annuity(cost: float, life: int, rate: float) -> float:
    """Level yearly payment, from the sum of the discounted years."""
    return cost / sum((1 + rate) ** -year for year in range(1, life + 1))


def test_cost_of_conserved_energy_by_hand(ds) -> None:
    curve = supply_curve(ds, 2031).set_index(["measure", "host"])
    rate = float(ds.attrs["discount_rate"])
    assert curve.loc[("dry_quenching", "blast_route"), "cost"] == pytest.approx(annuity(150, 20, rate) / 1.2)
    assert curve.loc[("heat_recovery", "blast_route"), "cost"] == pytest.approx(annuity(120, 20, rate) / 0.9)
    drive = curve.loc[("variable_drive", "scrap_route")]
    assert drive["cost"] == pytest.approx(annuity(20, 15, rate) / 0.072)
    assert drive["power_share"] == pytest.approx(1)
    assert set(curve["cost_unit"]) == {"CNY2023/GJ"}


def test_static_potential_by_hand(ds) -> None:
    blast = float(ds["activity"].sel(technology="blast_route", period=2025).sum())
    curve = supply_curve(ds, 2031).set_index(["measure", "host"])
    assert curve.loc[("dry_quenching", "blast_route"), "static"] == pytest.approx((0.6 - 0.2) * blast * 1.2)
    assert curve.loc[("heat_recovery", "blast_route"), "static"] == pytest.approx(0.8 * blast * 0.9)
    west = float(ds["activity"].sel(technology="blast_route", period=2025, region="West"))
    one = supply_curve(ds, 2031, "West").set_index(["measure", "host"])
    assert one.loc[("heat_recovery", "blast_route"), "static"] == pytest.approx(0.8 * west * 0.9)


@pytest.mark.parametrize("period", [2026, 2036])
def test_used_is_within_the_saving_ledger(ds, period) -> None:
    curve = supply_curve(ds, period).set_index(["measure", "host"])["used"]
    ledger = savings(ds).query("period == @period").set_index(["measure", "host"])["energy"].reindex(curve.index)
    assert (curve <= ledger + 1e-9).all()
    # nothing of it stands today, so all that is adopted was fitted by the run
    assert curve["heat_recovery", "blast_route"] == pytest.approx(ledger["heat_recovery", "blast_route"])
    assert supply_curve(ds, period)["used_to"].iloc[-1] == pytest.approx(curve.sum())


def test_curve_rises_and_prices_are_those_of_markets(ds) -> None:
    assert supply_curve(ds)["cost"].is_monotonic_increasing
    prices = energy_prices(ds, 2026)
    assert prices["coal"] == pytest.approx(30)
    # 0.5 CNY/kWh in East, 0.4 in West, and the tax of 50 CNY a tonne on the CO2 of power: the mean lies between
    assert 400 / 3.6 <= prices["electricity"] <= (500 + 50 * 0.56) / 3.6


def test_curves_kept_apart_add_up(ds) -> None:
    """Places, sectors and periods apart are the parts of the whole, and each is what is asked for it alone."""
    whole = supply_curve(ds, 2031)
    for by in (["place"], ["sector"], ["place", "sector"]):
        apart = supply_curves(ds, by, period=2031)
        assert apart["used"].sum() == pytest.approx(whole["used"].sum())
        assert apart["static"].sum() == pytest.approx(whole["static"].sum())
    periods = supply_curves(ds, ["period"])
    assert sorted(set(periods["period"])) == ds["period"].values.tolist()
    west = supply_curves(ds, ["place"], period=2031).query("place == 'West'").reset_index(drop=True)
    assert west.drop(columns="place").equals(supply_curve(ds, 2031, "West"))
    assert "West" in curves_text(supply_curves(ds, ["place", "period"]), ["place", "period"])
    with pytest.raises(UsageError, match="kept apart by 'measure'"):
        supply_curves(ds, ["measure"])


def test_one_sector(ds) -> None:
    whole = supply_curve(ds, 2031)
    sector = str(whole["sector"].iloc[0])
    assert supply_curve(ds, 2031, sector=sector)["used"].sum() == whole.query("sector == @sector")["used"].sum()
    with pytest.raises(UsageError, match="no sector 'nobody'"):
        supply_curve(ds, 2031, sector="nobody")


def test_unknown_period_is_refused(ds) -> None:
    with pytest.raises(UsageError, match="no period starts in 2030"):
        supply_curve(ds, 2030)


def test_command(ds, tmp_path, capsys) -> None:
    result = write_result(ds, tmp_path / "mini.nc")
    command.main(result, None, None, tmp_path / "curve.csv", False)
    out = capsys.readouterr().out
    assert "heat_recovery @ blast_route" in out
    assert (tmp_path / "curve.csv").is_file()
    assert "no measure" in curve_text(supply_curve(ds).iloc[:0], {})
