"""The shipped national carbon market on the national case, one region: certified, and what its rules say holds of the accounts.

Bounds follow from the rules in the policy file, none from what the program once gave.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
import yaml

from peakmix.analysis.compliance import compliance
from peakmix.api.running import run

SCENARIOS = Path(__file__).parents[2] / "runs" / "scenarios"
POLICY = SCENARIOS / "policies" / "carbon_market.yaml"


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """The accounts of the reference with the market, by period."""
    folder = tmp_path_factory.mktemp("market")
    bases = [str(SCENARIOS / "national_reference"), str(POLICY.with_suffix(""))]
    whole = {"name": "market", "extends": bases, "resolution": "nation"}
    (folder / "market.yaml").write_text(yaml.safe_dump(whole), encoding="utf-8")
    result = run(folder / "market.yaml", folder / "market.nc")
    assert result.certified
    return compliance(result.dataset).set_index("period")


@pytest.mark.slow
def test_accounts_add_up_and_stay_within_the_clamp(report: pd.DataFrame) -> None:
    """A surplus or deficit of the country of at most 3 % of what is emitted; nothing is owed; offsets within 5 %."""
    assert report["difference"].abs().max() < 1e-6
    assert (report["surplus"].abs() <= 0.03 * report["emission"] + 1e-6).all()
    assert (report["held"] >= -1e-9).all()
    assert (report["offset"] <= 0.05 * report["emission"] + 1e-6).all()


@pytest.mark.slow
def test_offsets_set_the_price_once_benchmarks_have_fallen(report: pd.DataFrame) -> None:
    """The quota of 5 % is above the clamp of 3 %, so no allowance is dearer than an offset; who lacks and buys offsets pays that.

    2046 to 2050: 250 CNY/t in 2040 to 400 in 2050 are 340, 355, ... 400, mean 370. From 2051 on 400 to 500 over ten years.
    """
    series = yaml.safe_load(POLICY.read_text(encoding="utf-8"))["policies"]["national_carbon_market"]["offsets"]["price"]
    assert (series[2040], series[2050], series[2060]) == ("250 CNY2023/t", "400 CNY2023/t", "500 CNY2023/t")
    stated = {2046: 370.0, 2051: 430.0, 2056: 480.0}
    bought = report.loc[list(stated), "offset"]
    assert (bought > 1).all()
    assert report.loc[list(stated), "price"].to_dict() == pytest.approx(stated)


@pytest.mark.slow
def test_carry_over_by_the_power_sectors_rule(report: pd.DataFrame) -> None:
    """At most 0.5 Mt and 1.5 times what plants with a surplus sell in the years of the period."""
    assert (report["held"] <= 0.5 + 1.5 * report["years"] * report["marketed"] + 1e-6).all()
