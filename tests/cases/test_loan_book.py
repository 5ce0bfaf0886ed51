"""The loan book of a result, what lines are worth, and the enumeration of whole-loan steps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import yaml
from tests.cases.kit import Problem, prepared
from tests.cases.test_finance import DEAR, RATE, SERVICE, YEARS, finance, works
from tests.cases.test_finance_lines import DIRECT, W2, W5, annuity

from peakmix import api
from peakmix.analysis.loans import legacy_book, line_values, loan_book
from peakmix.api.rate_steps import loan_steps
from peakmix.api.running import solve_prepared
from peakmix.cli import main as cli
from peakmix.foundation.errors import UsageError
from peakmix.scenario import from_mapping

SMALL = Path(__file__).resolve().parents[1] / "data" / "small"


def dataset(problem: Problem, policies: dict[str, Any], periods: Any = None, **more: Any) -> Any:
    ready = prepared(problem, periods or YEARS, RATE, salvage="none", policies=policies, **more)
    result = solve_prepared(ready, False)
    assert result.certified, result.text
    return result.dataset


def test_the_book_balances() -> None:
    """4,000 M at 12 % over two years: interest 480 and 226.4, repaid 1,886.8 and 2,113.2; nothing is left."""
    book = loan_book(dataset(works(), finance("6000 MCNY/yr", bank=DEAR)))
    own = book.set_index("period")
    assert own.loc[2026, ["drawn", "service", "closing"]].tolist() == pytest.approx([4000, 0, 4000])
    assert own.loc[2027, ["opening", "interest", "repaid"]].tolist() == pytest.approx([4000, 480, 4000 * SERVICE - 480])
    assert own.loc[2028, ["interest", "repaid", "closing"]].tolist() == pytest.approx(
        [0.12 * (4480 - 4000 * SERVICE), 4000 * (SERVICE - 0.12) * 1.12, 0], abs=1e-8
    )
    assert pytest.approx(1886.8, abs=0.05) == 4000 * SERVICE - 480


@pytest.mark.parametrize("line", [{"grace": 2}, {"repayment": "equal_principal"}, {"grace": 1, "tenor": 3}, {"rate": 0.0}])
def test_the_book_balances_over_long_periods(line: dict[str, Any]) -> None:
    """opening + drawn - repaid = closing in every period of 3, 5 and 4 years; all that is drawn is repaid once the term is over."""
    terms = {"rate": 0.03, "tenor": 6, "ceiling": "4000 MCNY"} | line
    ds = dataset(works(), finance(green=terms), [[2025, 1], [2026, 3], [2029, 5], [2034, 4]])
    book = loan_book(ds)
    assert (book["opening"] + book["drawn"] - book["repaid"]).to_numpy() == pytest.approx(book["closing"].to_numpy(), abs=1e-8)
    assert (book["interest"] + book["repaid"]).to_numpy() == pytest.approx(book["service"].to_numpy(), abs=1e-8)
    assert book["repaid"].sum() == pytest.approx(book["drawn"].sum())
    assert book["revalued"].abs().max() == 0
    by_line = loan_book(ds, by=["line"])
    assert by_line["service"].sum() == pytest.approx(book["service"].sum())


def test_debt_in_yen_is_revalued() -> None:
    """80,000 M yen drawn at 0.05; the yen rises to 0.055: at the end of 2027 half, 39,850.6 M yen, is left, 2,191.8 M CNY.

    What is left after the first payment, 1.0075 - 0.50563 of a yen, counts at 0.055, and 0.1 x that is the revaluation with the
    payment's own part: closing - opening - drawn + repaid.
    """
    paid = annuity(0.0075, 2)
    yen = {"rate": 0.0075, "tenor": 2, "currency": "JPY", "exchange_rate": {2026: 0.05, 2028: 0.06}}
    book = loan_book(dataset(works(), finance({2026: "6000 MCNY/yr"}, yen=yen))).set_index("period")
    left = 80_000 * (1.0075 - paid)
    assert book.loc[2027, "closing"] == pytest.approx(left * 0.055)
    repaid = 80_000 * (paid - 0.0075) * 0.055
    assert book.loc[2027, "repaid"] == pytest.approx(repaid)
    assert book.loc[2027, "revalued"] == pytest.approx(left * 0.055 - 4000 + repaid)
    assert book.loc[2027, "revalued"] == pytest.approx(80_000 * 0.005)
    assert book.loc[2028, "closing"] == pytest.approx(0, abs=1e-8)


def test_service_on_what_is_closed() -> None:
    """The works close in 2027: all debt service of 2027 and 2028 is paid for closed capacity. So is that of old works."""
    problem = works({2025: 0.0, 2026: 10.0, 2027: 0.0}, fixed_cost=50.0, retire="all")
    book = loan_book(dataset(problem, finance("6000 MCNY/yr", bank=DEAR))).set_index("period")
    assert book["closed"].tolist() == pytest.approx([0, 0, 4000 * SERVICE, 4000 * SERVICE])
    old = Problem().commodity("steel").demand("steel", {2025: 10.0, 2026: 10.0, 2027: 4.0})
    old.technology("old", "steel", retire="existing", new_build=False, lifetime=20.0, fixed_cost=50.0)
    old.stock("old", 10, (2010, 2019))
    debt = {"mill": {"service": "100 MCNY/yr", "technologies": ["old"], "location": "Here"}}
    policies = {"funds": finance("500 MCNY/yr")["funds"] | {"legacy": debt}}
    standing = legacy_book(dataset(old, policies)).set_index("period")
    assert standing["service"].tolist() == [100, 100, 100, 100]
    assert standing["closed"].tolist() == pytest.approx([0, 0, 60, 60])


def test_what_one_more_yuan_is_worth() -> None:
    """The line saves 0.32899 in 2026 (see test_finance), 0.32899 x 1.08^k dated k years later; own funds are not short."""
    saved = 1 - 0.1 * sum(1.08**-j for j in range(1, 11))
    ds = dataset(works(), finance("9000 MCNY/yr", green={"rate": 0.0, "tenor": 10, "ceiling": "4000 MCNY"}))
    frame = line_values(ds)
    line = frame[frame["what"] == "line"].set_index("period")
    assert line["value"].tolist() == pytest.approx([saved * 1.08 ** (year - 2026) for year, _ in YEARS])
    assert line["used"].tolist() == pytest.approx([4000] * 4)
    assert frame[frame["what"] == "own funds"]["value"].abs().max() == pytest.approx(0, abs=1e-9)


def choosing() -> Problem:
    """Dirty works at 1,000 CNY/(t/yr) emit 1 t/t, clean ones at 1,100 nothing."""
    problem = works().pollutes("new", "CO2_process", 1.0)
    return problem.technology("clean", "steel", capital_cost=1100.0, lifetime=20.0, first_year=2026.0)


STEPPED = {
    "rate": 0.05,
    "tenor": 2,
    "steps": {
        "low": {"rate": 0.02, "indicator": DIRECT, "target": "8 Mt/yr"},
        "lowest": {"rate": 0.01, "indicator": DIRECT, "target": "0 Mt/yr"},
    },
}


def test_steps_of_a_whole_loan() -> None:
    """At its own rate 10,000 M are worth 9,590.5. Below 8 Mt/yr, 2 Mt clean, the 10,200 M cost 2 %: 9,368.4, and that is cheapest.

    Without emissions 11,000 M at 1 %, 0.50751 x 1.78326 = 0.90503 each: 9,955.3. All as of 2026. A linear programme between the
    choices would mix their rates.
    """
    horizon = {"periods": YEARS, "discount_rate": RATE, "timing": 0, "salvage": "none"}
    mapping = {"name": "case", "horizon": horizon, "resolution": "nation", "policies": finance(bank=STEPPED)}
    found = loan_steps(from_mapping(mapping), data=choosing().data())
    w1 = annuity(0.01, 2) * (1 / 1.08 + 1 / 1.08**2)
    costs = [10_000 * W5, 10_200 * W2, 11_000 * w1]
    assert costs == pytest.approx([9590.5, 9368.4, 9955.3], abs=0.06)
    assert found.frame["bank"].tolist() == ["", "low", "lowest"]
    assert found.frame["objective"].tolist() == pytest.approx([cost / 1.08 for cost in costs])
    assert found.frame["system_cost"].tolist() == pytest.approx([cost / 1.08 for cost in (10_000, 10_200, 11_000)])
    assert found.frame["drawn"].tolist() == pytest.approx([10_000, 10_200, 11_000])
    assert found.frame["certified"].all()
    assert found.cheapest == {"bank": "low"}
    assert found.exit_code == 0
    taken = finance(bank=STEPPED | {"taken": "low"})
    assert float(dataset(choosing(), taken)["objective"]) == pytest.approx(10_200 * W2 / 1.08)


def test_a_step_that_cannot_be_met_stays_in_the_table() -> None:
    """Without clean works no target below 10 Mt/yr can be met."""
    horizon = {"periods": YEARS, "discount_rate": RATE, "timing": 0, "salvage": "none"}
    mapping = {"name": "case", "horizon": horizon, "resolution": "nation", "policies": finance(bank=STEPPED)}
    problem = works().pollutes("new", "CO2_process", 1.0)
    found = loan_steps(from_mapping(mapping), data=problem.data())
    assert found.frame["status"].tolist() == ["optimal", "infeasible", "infeasible"]
    assert np.isnan(found.frame["objective"].iloc[1])
    assert found.cheapest == {"bank": None}


def test_steps_from_the_command_line(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The command prints every choice; the function and the command are found under `peakmix.api` as well."""
    step = {"rate": 0.0, "indicator": DIRECT, "target": "100 Mt/yr"}
    lines = {"bank": {"rate": 0.05, "tenor": 8, "ceiling": "300 MCNY2023", "steps": {"low": step}}}
    horizon = {"periods": [[2025, 1], [2026, 4], [2030, 6]], "base_period": 2025}
    mapping = {"data": str(SMALL), "horizon": horizon, "policies": {"funds": {"instrument": "finance", "lines": lines}}}
    path = tmp_path / "steps.yaml"
    path.write_text(yaml.safe_dump(mapping), encoding="utf-8")
    monkeypatch.setattr("sys.argv", ["peakmix", "loan-steps", str(path), "--quiet"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    printed = capsys.readouterr().out
    assert "cheapest: bank at low" in printed
    assert "own rate" in printed
    assert api.loan_steps(path).cheapest == {"bank": "low"}
    with pytest.raises(UsageError, match="no finance policy with steps 'money'"):
        api.loan_steps(path, policy="money")
