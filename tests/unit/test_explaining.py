"""`peakmix explain`: the policy sheet as a table and as text, accounts, and the conflict of a scenario without solution."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from tests.cases.kit import prepared
from tests.cases.test_finance import YEARS, finance, works
from tests.cases.test_market import TWO_YEARS, market, plants
from tests.math.tiny import PERIODS as TINY_PERIODS
from tests.math.tiny import plants as tiny_plants

from peakmix.analysis.policy_sheet import SHEET, account_table, policy_table, sheet_text
from peakmix.api.explaining import explain
from peakmix.api.running import solve_prepared
from peakmix.cli.explain import main
from peakmix.foundation.errors import InfeasibleError, UsageError
from peakmix.results.guards import dated
from peakmix.results.store import open_result, write_result

IMPOSSIBLE = """
name: impossible
data: national
resolution: nation
horizon: {periods: [[2025, 1], [2026, 5]], base_period: 2025}
policies:
  no_steel_co2:
    instrument: limit
    indicator: {quantity: direct_co2}
    sectors: [steel]
    values: "1 Mt/yr"
"""


def test_table_has_every_row_of_the_sheet(mini_run) -> None:
    """Ids, levels and prices are those of the file, in its order; rules lose their prefix."""
    ds = mini_run.dataset
    frame = policy_table(ds)
    assert len(frame) == ds.sizes["policy_row"]
    assert frame["policy"].tolist() == ds["policy_id"].values.tolist()
    assert np.allclose(frame["price"], ds["policy_price"].values, equal_nan=True)
    assert {"limit", "budget", "no_growth", "pace"} <= set(frame["rule"])
    cap = policy_table(ds, "cap")
    assert (cap["policy"] == "cap").all()
    assert np.allclose(cap["slack"], cap["bound"] - cap["level"])


def test_every_policy_is_told_of(mini_run) -> None:
    """Felt or not, each policy stands in the text; --all has every row and hides none."""
    text = sheet_text(mini_run.dataset)
    lines = text.splitlines()
    for name in set(policy_table(mini_run.dataset)["policy"]):
        assert any(line.strip().startswith(f"{name} ") for line in lines) or name == "swap", name
    whole = sheet_text(mini_run.dataset, everything=True)
    assert "have room or keep ledgers" not in whole
    assert sum("  " in line for line in whole.splitlines()) >= mini_run.dataset.sizes["policy_row"]


def test_unknown_policy_is_refused_with_the_known_ones(mini_run) -> None:
    with pytest.raises(UsageError, match="no policy 'cup'"):
        explain(mini_run.dataset, policy="cup")
    with pytest.raises(UsageError, match="not a result"):
        explain("result.nc", changes={"name": "x"})


def test_accounts_of_a_market() -> None:
    """Given 16 and 5, held 5 after the first year, prices 20 and 21.6: the hand-solved bank."""
    result = solve_prepared(prepared(plants(), TWO_YEARS, 0.08, policies=market({2025: "16 Mt/yr", 2026: "5 Mt/yr"})), False)
    told = explain(result.dataset)
    assert told.accounts["given"].tolist() == pytest.approx([16, 5])
    assert told.accounts["held"].tolist() == pytest.approx([5, 0])
    assert told.accounts["price"].tolist() == pytest.approx([20, 21.6])
    assert "allowance accounts" in told.text
    assert account_table(result.dataset, "other").empty


def test_scenario_without_policies_says_so() -> None:
    result = solve_prepared(prepared(plants(), TWO_YEARS), False)
    assert "no policy stands in this scenario" in explain(result.dataset).text


def test_conflicts_with_a_market_and_own_funds_in_policy_words() -> None:
    """4 Mt of allowances against 5 Mt of gas: an account is short by 1 Mt, or the floor by 1 Mt; the books themselves stand.

    Own funds of 9,000 M for works of 10,000 M: 1,000 a year are missing.
    """
    floor = {"instrument": "limit", "indicator": {"quantity": "output"}, "technologies": ["gas"], "sense": "lower"}
    policies = market("4 Mt/yr") | {"floor": floor | {"values": "5 Mt/yr"}}
    with pytest.raises(InfeasibleError) as raised:
        solve_prepared(prepared(plants(), [[2025, 1]], policies=policies), False)
    told = str(raised.value)
    assert "ets" in told
    assert "floor" in told
    assert "emission[" not in told
    with pytest.raises(InfeasibleError, match="funds"):
        solve_prepared(prepared(works(), YEARS, 0.08, policies=finance("9000 MCNY/yr")), False)


def test_loan_lines_on_the_sheet() -> None:
    """A ceiling has one row a period, with its worth in money of that period; a share names line and technology."""
    line = {"rate": 0.0, "tenor": 10, "ceiling": "2000 MCNY", "share": 0.3}
    ready = prepared(works(), YEARS, 0.08, salvage="none", policies=finance(green=line))
    frame = policy_table(solve_prepared(ready, False).dataset)
    ceiling = frame[frame["rule"] == "finance_line"].set_index("period")
    saved = 1 - 0.1 * sum(1.08**-j for j in range(1, 11))
    assert ceiling["price"].to_dict() == pytest.approx({p: saved * 1.08 ** (p - 2026) for p in (2025, 2026, 2027, 2028)})
    assert set(ceiling["case"]) == {"green"}
    assert set(ceiling["unit"]) == {"MCNY"}
    assert set(ceiling["price_unit"]) == {"CNY/CNY"}
    share = frame[(frame["rule"] == "finance_share") & (frame["period"] == 2026)].iloc[0]
    assert (share["case"], share["place"]) == ("green, new", "Here")
    assert share["slack"] == pytest.approx(1000)


def test_scenario_without_solution_names_the_conflict(tmp_path) -> None:
    """All steel of the country with 1 Mt of direct CO2: the policy alone is at fault, and its least change is told."""
    path = tmp_path / "impossible.yaml"
    path.write_text(IMPOSSIBLE, encoding="utf-8")
    with pytest.raises(InfeasibleError) as raised:
        explain(path)
    assert "no_steel_co2" in str(raised.value)


def test_the_sheet_is_one_object_in_dataset_python_and_command_line(mini_run, tmp_path, capsys) -> None:
    """Every cell of the dataset is in the frame, of the file that was written too; the command prints every row of it."""
    path = write_result(mini_run.dataset, tmp_path / "mini.nc")
    frame = explain(path).sheet
    for opened in (mini_run.dataset, open_result(path)):
        again = policy_table(opened)
        pd.testing.assert_frame_equal(frame, again, check_dtype=False)
        for new, old in {value: key for key, value in SHEET.items()}.items():
            column = [str(cell).removeprefix("policy_") for cell in opened[old].values] if new == "rule" else opened[old].values
            same = frame[new].to_numpy() == (column == 1 if new == "binding" else np.asarray(column))
            missing = frame[new].isna().to_numpy()
            assert (same | missing).all(), new
    assert main(path, None, True, None, True) == 0
    printed = [line.split() for line in capsys.readouterr().out.splitlines()]
    for row in frame.to_dict("records"):
        wanted = [row["policy"], row["rule"], dated(int(row["period"])), row["unit"], *row["payer"].split()]
        assert any(all(word in line for word in wanted) for line in printed), row
    wanted = {"policy", "instrument", "scope", "period", "level", "bound", "binding", "slack", "price", "price_unit", "payer"}
    assert wanted <= set(frame)


def test_who_pays() -> None:
    """Operators of a scope, the government for a subsidy, investors under finance; as stated where it is stated."""
    limit = {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "values": 30.0}
    tax = {"instrument": "price", "indicator": {"quantity": "direct_co2"}, "values": 5.0}
    policies = {
        "cap": limit, "local": limit | {"location": "West", "sectors": ["industry"]}, "stated": limit | {"payer": "county"},
        "tax": tax, "bonus": tax | {"values": -1.0, "indicator": {"quantity": "output", "technologies": ["clean"]}},
        "funds": {"instrument": "finance", "own_funds": "500 MCNY/yr"},
    }  # fmt: skip
    ready = prepared(tiny_plants(), TINY_PERIODS, 0.08, base=2025, policies=policies)
    frame = policy_table(solve_prepared(ready, False).dataset).drop_duplicates("policy").set_index("policy")
    assert frame["payer"].to_dict() == {
        "cap": "operators (everywhere)", "local": "operators (West; industry)", "stated": "county",
        "tax": "operators (everywhere)", "bonus": "government", "funds": "investors (everywhere)",
    }  # fmt: skip
    assert frame["scope"]["bonus"] == "everywhere; clean"
