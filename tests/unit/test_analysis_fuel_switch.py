"""Coal to gas in three fields, by hand: coal 2.6604 and gas 1.6442 t CO2 per tce."""

from __future__ import annotations

import pytest

from peakmix.analysis.fuel_switch import TCE, of_displaced, of_net_saving

COAL, GAS = 0.09078, 0.0561


def test_equal_fuel_energy() -> None:
    """40,000 x (2.6605 - 1.6442) = 40,650 t; no net energy is saved."""
    switch = of_displaced(40_000, 0.9, 0.9, COAL, GAS)
    assert switch.co2_saved == pytest.approx(40_000 * TCE * (COAL - GAS))
    assert switch.co2_saved == pytest.approx(40_650, abs=15)
    assert switch.net_saved == pytest.approx(0)


def test_equal_useful_heat() -> None:
    """Boilers of 0.78 to 0.93: gas 33,548 tce, 106,420 - 55,160 = 51,260 t."""
    switch = of_displaced(40_000, 0.78, 0.93, COAL, GAS)
    assert switch.fuel_after == pytest.approx(33_548, abs=1)
    assert switch.co2_saved == pytest.approx(51_260, abs=15)
    assert not switch.doubtful


def test_the_claim_as_net_energy() -> None:
    """Worn boilers of 0.65: 40,000 net are 132,857 tce of coal for 92,857 of gas, 353,470 - 152,680 = 200,790 t."""
    switch = of_net_saving(40_000, 0.65, 0.93, COAL, GAS)
    assert switch.displaced == pytest.approx(132_857, abs=1)
    assert switch.fuel_after == pytest.approx(92_857, abs=1)
    assert switch.co2_saved == pytest.approx(200_790, abs=40)
    assert switch.net_saved == pytest.approx(40_000)


def test_the_claim_as_written_is_doubted() -> None:
    """200,000 t on 40,000 tce are 5 t per tce: more than pure carbon holds, 29.3076 / 32.8 x 44 / 12 = 3.28."""
    claim = of_displaced(40_000, 1.0, 1.0, 5.0 / TCE, 0.0)
    assert claim.co2_per_displaced == pytest.approx(5.0)
    assert claim.doubtful


def test_no_net_saving_without_better_boilers() -> None:
    with pytest.raises(ValueError, match="no net energy is saved"):
        of_net_saving(1.0, 0.9, 0.9, COAL, GAS)
