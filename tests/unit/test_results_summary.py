"""The summary reads a result file alone; guards speak up where a reader should look twice."""

from __future__ import annotations

import numpy as np
import pytest

from peakmix.results import guards
from peakmix.results.store import open_result, write_result
from peakmix.results.summary import summarise, table


@pytest.fixture(scope="module")
def text(mini_run, tmp_path_factory) -> str:
    path = write_result(mini_run.dataset, tmp_path_factory.mktemp("summary") / "mini.nc")
    return summarise(open_result(path))


@pytest.mark.parametrize(
    "part",
    [
        "mini: Two provinces",
        "NOT CERTIFIED",
        "MISSED at its stated price: soft",
        "steel (steel, Mt/yr)",
        "scrap_route",
        "direct (Mt/yr)",
        "power bought (Mt/yr)",
        "highest in",
        "system cost",
        "less transfers",
        "cap (limit)",
        "CNY2023/tce",
        "swap: capacity given up",
        "policy soft is exceeded by",
        "certificate  passed",
        "quick audit  passed",
        "full audit  not made",
    ],
)
def test_summary_has(text, part) -> None:
    assert part in text


def test_shares_of_a_product_add_up(text) -> None:
    lines = text.splitlines()
    shares = [line.split()[1:] for line in lines if line.strip().startswith(("blast_route", "scrap_route"))]
    np.testing.assert_allclose(np.array(shares, dtype=float).sum(axis=0), 100, atol=0.11)


def test_lines_are_short_enough_to_read(text) -> None:
    assert max(map(len, text.splitlines())) < 160


def test_tables_align() -> None:
    assert table(["", "a"], [["x", 1.5], ["long", float("nan")]]) == ["          a", "  x     1.5", "  long    -"]


def test_a_price_far_from_its_neighbours_is_told(mini_run) -> None:
    ds = mini_run.dataset.copy(deep=True)
    ds["price"].loc[{"region": "West", "commodity": "steel", "period": 2031}] *= 3
    told = list(guards.stretched_prices(ds))
    assert len(told) == 1
    assert "steel in West, 2031" in told[0]
    assert "cap" in told[0]
    assert not list(guards.stretched_prices(mini_run.dataset))


def test_a_negative_product_price_is_told_but_not_that_of_a_residue(mini_run) -> None:
    ds = mini_run.dataset.copy(deep=True)
    ds["price"].loc[{"region": "East", "commodity": "steel", "period": 2036}] = -1.0
    assert "below zero" in next(guards.stretched_prices(ds))


def test_a_policy_that_never_binds_is_told(mini_run) -> None:
    ds = mini_run.dataset.copy(deep=True)
    assert not [line for line in guards.idle_policies(ds) if "policy cap" in line]
    ds["policy_price"][(ds.policy_id == "cap").values] = 0.0
    ds["policy_binding"][(ds.policy_id == "cap").values] = 0
    assert "policy cap never binds" in " ".join(guards.idle_policies(ds))


def test_growth_in_one_place_is_told(mini_run) -> None:
    ds = mini_run.dataset.copy(deep=True)
    ds = ds.isel(region=[0, 1, 1, 1], region_to=[0, 1, 1, 1]).assign_coords(
        region=["East", "West", "North", "South"], region_to=["East", "West", "North", "South"]
    )
    ds["activity"].loc[{"period": 2036}] = ds["activity"].sel(period=2025).values
    assert not list(guards.concentrated_growth(ds))
    ds["activity"].loc[{"period": 2036, "region": "North"}] *= 3
    assert "goes to North" in next(guards.concentrated_growth(ds))


def test_emissions_that_come_back_as_power_are_told(mini_run) -> None:
    ds = mini_run.dataset.copy(deep=True)
    assert not list(guards.shifted_emissions(ds))
    ds["ledger"].loc[{"ledger_name": "hydrogen_power_co2", "region": "East", "sector": "purchased", "period": 2036}] = 4.0
    assert "power and hydrogen bought rises" in next(guards.shifted_emissions(ds))


def test_early_fitting_is_told(mini_run) -> None:
    assert "first free period, 2026" in next(guards.early_flood(mini_run.dataset))


def test_many_findings_of_a_kind_are_counted(mini_run) -> None:
    ds = mini_run.dataset.copy(deep=True)
    ds["policy_excess"][:] = 1.0
    told = guards.guards(ds)
    assert any(line.startswith("... and ") for line in told)
