"""The shipped green credit lines on the national case, at the level of the nation."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from peakmix.analysis.loans import line_values, loan_book
from peakmix.analysis.payers import payer_costs
from peakmix.api.running import run
from peakmix.scenario import load as load_scenario

RUNS = Path(__file__).resolve().parents[2] / "runs" / "scenarios"


def green(folder: Path) -> Path:
    path = folder / "green.yaml"
    extends = [str(RUNS / "national_reference"), str(RUNS / "policies" / "green_loans")]
    path.write_text(yaml.safe_dump({"name": "green", "extends": extends, "resolution": "nation"}), encoding="utf-8")
    return path


def test_every_line_states_its_source(tmp_path: Path) -> None:
    policy = load_scenario(green(tmp_path)).spec.policies["green_loans"]
    assert all(line.source for line in policy.lines.values())
    tranche = policy.lines["saving_measures"].tranches["verified"]
    assert tranche.rate == pytest.approx(policy.lines["saving_measures"].rate - 0.001)
    assert tranche.per_abatement.value == pytest.approx(1e6 / 202, rel=1e-3)


@pytest.mark.slow
def test_green_credit_is_certified_and_adds_up(tmp_path: Path) -> None:
    """Cheap credit is a transfer: it moves less than a thousandth of the system cost, and all of it between payers."""
    result = run(green(tmp_path), out=tmp_path)
    assert result.certified, result.text
    ds = result.dataset
    book = loan_book(ds, by=["line"])
    assert book.groupby("line")["drawn"].sum().max() <= 142_500 * (1 + 1e-9)
    assert (book["opening"] + book["drawn"] - book["repaid"]).to_numpy() == pytest.approx(book["closing"].to_numpy(), abs=1e-6)
    values = line_values(ds)
    assert (values["value"] >= -1e-9).all()
    assert values["value"].max() > 0
    frame = payer_costs(ds)
    assert frame["value"].sum() == pytest.approx(float(ds["system_cost"]), rel=1e-9)
    lender = frame[frame["payer"] == "lender"]["value"].sum()
    assert lender == pytest.approx(float(ds["system_cost"]) - float(ds["objective"]), rel=1e-6)
    assert lender > 0
