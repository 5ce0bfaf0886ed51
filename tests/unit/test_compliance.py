"""The compliance report of allowance markets: every account, all accounts together and the carbon bank add up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import xarray as xr
from tests.cases.kit import prepared
from tests.cases.test_market import ONE_YEAR, OUTPUT, TWO_YEARS, market, plants
from tests.cases.test_market_bank import GIVEN, bank, lending, two_places
from tests.math import tiny

from peakmix.analysis.compliance import WHOLE, carbon_banks, compliance, compliance_text
from peakmix.api.running import solve_prepared
from peakmix.api.stored_values import stored_values
from peakmix.audit.full import audit
from peakmix.foundation.errors import UsageError


@pytest.fixture(scope="module")
def everything() -> tuple[Any, xr.Dataset]:
    """The tiny model with all that a market can have, and its result."""
    ready = tiny.market()
    return ready, solve_prepared(ready, False).dataset


def test_every_account_adds_up(everything: tuple[Any, xr.Dataset]) -> None:
    """Brought, given and bought in are used, sold, lapsed or kept; places add up to all; sold is bought."""
    frame = compliance(everything[1])
    assert frame["difference"].abs().max() < 1e-8
    assert set(frame["policy"]) == {"national", "local", "banded", "lender", "reserve"}
    whole = frame[frame["account"] == WHOLE].set_index(["policy", "period"])
    assert set(whole.index.get_level_values(0)) == {"local", "banded", "lender"}
    assert np.allclose(whole["sold"], whole["bought"], atol=1e-8)
    parts = frame[frame["account"].isin(["West", "East"])].groupby(["policy", "period"])[["emission", "given", "held"]].sum()
    assert np.allclose(parts.loc[whole.index].to_numpy(), whole[["emission", "given", "held"]].to_numpy())


def test_the_books_of_the_carbon_bank(everything: tuple[Any, xr.Dataset]) -> None:
    """Openings of 4 Mt; the inventory moves by what is bought, sold, lent and paid as interest. Nothing comes out of nowhere."""
    dataset = everything[1]
    banks = carbon_banks(dataset)
    banks = banks[banks["policy"].isin(["lender", "reserve"])]
    assert banks["difference"].abs().max() < 1e-8
    assert banks.groupby("policy")["opened"].first().to_dict() == pytest.approx({"lender": 4, "reserve": 4})
    frame = compliance(dataset, "reserve")
    assert (frame["years"] * frame["emission"]).sum() <= (frame["years"] * frame["given"]).sum() + 4 + 1e-8


def test_a_file_read_back_passes_the_full_audit(everything: tuple[Any, xr.Dataset]) -> None:
    ready, dataset = everything
    values, gaps = stored_values(dataset, ready.parameters)
    assert not gaps
    report = audit(ready.data, ready.scenario, values, float(dataset["objective"]), ready.base_values)
    assert report.passed, report


def test_hand_solved_loan_on_the_report() -> None:
    """5 Mt given and 2 borrowed in 2025; 2 paid back and 0.2 of interest in 2026: the case of test_market_bank."""
    dataset = solve_prepared(prepared(plants(), TWO_YEARS, 0.08, policies=lending(0.1, "allowances")), False).dataset
    frame = compliance(dataset)
    assert frame["borrowed"].tolist() == pytest.approx([2, -2])
    assert frame["interest"].tolist() == pytest.approx([0, 0.2])
    assert frame["surplus"].tolist() == pytest.approx([-2, 2.2])
    assert frame["lapsed"].tolist() == pytest.approx([0, 0], abs=1e-9)
    assert carbon_banks(dataset)["inventory"].tolist() == pytest.approx([0, 2.2])


def test_lapsed_allowances_and_prices_by_place() -> None:
    """25 Mt for 20: 5 lapse at a price of 0. Through the bank: 10 in West, 25 in East, weighted by 20 and 5 Mt: 13."""
    case = solve_prepared(prepared(plants(), ONE_YEAR, policies=market("25 Mt/yr")), False).dataset
    row = compliance(case).iloc[0]
    assert (row["lapsed"], row["price"]) == pytest.approx((5, 0))
    rules = market(allocation=GIVEN, accounts="place", trade="bank", carbon_bank=bank())
    traded = solve_prepared(prepared(two_places(), ONE_YEAR, policies=rules), False).dataset
    frame = compliance(traded).set_index("account")
    assert frame["price"].to_dict() == pytest.approx({"West": 10, "East": 25, WHOLE: 13})
    assert "to_bank" in compliance_text(traded)
    assert "offset" not in compliance_text(traded)


def test_price_in_trade_where_sales_count() -> None:
    """The case of test_market_band: kept, an allowance is worth 20 + 0.6 m; sold, it brings 1.5 m of room, so it trades for less.

    Dirty steel then costs 100 + 0.4 x 15.625 and gas 120 - 0.6 x 22.917: both 106.25.
    """
    given = [{"benchmark": {2025: "1.6 t/t", 2026: "0.5 t/t"}, "output": OUTPUT}]
    rules = market(allocation=given, banking_limit="1 Mt", banking_sales=1.5)
    frame = compliance(solve_prepared(prepared(plants(), TWO_YEARS, 0.08, policies=rules), False).dataset)
    room = (30 / 1.08 - 20) / 1.6
    assert frame["price"].tolist() == pytest.approx([20 + 0.6 * room - 1.5 * room, 30])
    assert frame["marketed"].tolist()[0] == pytest.approx(1.25)


def test_results_side_by_side_and_results_without_a_market() -> None:
    """Along a dimension scenario the report has a column for it."""
    results = [solve_prepared(prepared(plants(), ONE_YEAR, policies=market(f"{x} Mt/yr")), False).dataset for x in (12, 8)]
    names = [n for n in results[0].data_vars if str(n).startswith("allowance_")] + ["period_length"]
    cube = xr.concat([ds[names] for ds in results], dim="scenario", data_vars="all").assign_coords(scenario=["loose", "tight"])
    frame = compliance(cube)
    assert frame.groupby("scenario")["price"].first().to_dict() == pytest.approx({"loose": 20, "tight": 30})
    plain = solve_prepared(prepared(plants(), ONE_YEAR), False).dataset
    with pytest.raises(UsageError, match="no allowance market"):
        compliance(plain)
    with pytest.raises(UsageError, match="no market 'etz'"):
        compliance(results[0], "etz")
