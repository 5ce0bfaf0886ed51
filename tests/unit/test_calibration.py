"""Calibration: quantities of a base year worked out by hand, verdicts, and refusals."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
from tests.cases.kit import Problem, Solved, finish, prepared

from peakmix.analysis.calibration import MATCH, MISS, NOT_MODELLED, NOT_RESOLVED, calibrate, misses
from peakmix.analysis.calibration_text import summary, table_text
from peakmix.api.running import variable_values
from peakmix.foundation.errors import InputError

POWER = {"coal": "GJ", "electricity": "MWh"}


def works() -> Problem:
    """North: 9 Mt of iron become 10 Mt of steel; South: 4 Mt of steel from scrap. Half of the furnaces use waste heat."""
    problem = (
        Problem(places=("North", "South"))
        .commodity("steel")
        .commodity("iron", kind="intermediate")
        .commodity("scrap", kind="intermediate")
        .commodity("coal", kind="energy", unit="GJ", co2_content=0.1, energy_content=1.0)
        .commodity("electricity", kind="energy", unit="MWh", energy_content=3.6)
        .technology("furnace", "iron", inputs={"coal": 10.0, "electricity": 0.1}, units=POWER)
        .technology("converter", "steel", inputs={"iron": 0.9, "scrap": 0.2, "electricity": 0.05}, units=POWER)
        .technology("arc", "steel", inputs={"scrap": 1.1, "electricity": 0.5}, units=POWER)
        .group("steelmaking", "converter", "arc")
        .measure(
            "waste_heat",
            "furnace",
            {("electricity", "adds_output"): 0.04, ("coal", "saves_input"): 1.0},
            units=POWER,
            penetration=0.5,
        )
        .market("scrap_supply", "scrap", 100.0)
        .market("coal_supply", "coal", 1.0, unit="GJ")
        .demand("steel", 10.0, place="North")
        .demand("steel", 4.0, place="South")
        .base_output("furnace", 9.0, place="North")
        .base_output("converter", 10.0, place="North")
        .base_output("arc", 4.0, place="South")
    )
    for place, factor in (("North", 0.5), ("South", 0.8)):
        problem.value("market_parameters", 300.0, "CNY/MWh", market="grid", parameter="price", location=place, year="")
        keys = {"market": "grid", "parameter": "emission_factor", "location": place, "year": ""}
        problem.value("market_parameters", factor, "t/MWh", **keys)
    row = {"market": "grid", "commodity": "electricity", "direction": "buy", "scope": "purchased_power"}
    problem.rows.setdefault("markets", []).append({**row, "name": "Grid", "name_zh": "", "note": ""})
    for technology, place, amount in (("furnace", "North", 10), ("converter", "North", 12), ("arc", "South", 5)):
        problem.stock(technology, amount, place=place)
    return problem


def statistic(problem: Problem, quantity: str, of: str, value: float, unit: str, **keys: Any) -> Problem:
    """Add a row of calibration.csv: the nation in 2025 within 5 % unless stated."""
    cells = {"location": "Land", "year": 2025, "commodity": "", "tolerance": 0.05} | keys
    return problem.value("calibration", value, unit, quantity=quantity, sector=of, **cells)


def solved(problem: Problem, **spec: Any) -> Solved:
    """The base period 2025 alone."""
    return finish(prepared(problem, [[2025, 1]], base=2025, **spec))


def compared(problem: Problem, **spec: Any) -> pd.DataFrame:
    """The comparison of the base period."""
    case = solved(problem, **spec)
    return calibrate(case.prepared.context, case.prepared.parameters, variable_values(case.prepared, case.solution.x))


BY_HAND = [
    ("output", "steelmaking", {}, "Mt/yr", 14.0),
    ("output", "steelmaking", {"location": "South"}, "Mt/yr", 4.0),
    ("output", "industry", {"commodity": "iron"}, "Mt/yr", 9.0),
    ("output_ratio", "steelmaking", {"commodity": "iron"}, "t/t", 9 / 14),
    ("use", "industry", {"commodity": "scrap"}, "Mt/yr", 10 * 0.2 + 4 * 1.1),
    # coal 9.5 GJ/t with half of the saving; power 0.1 less 0.02 MWh/t from waste heat
    ("energy_intensity", "furnace", {}, "GJ/t", 9.5 + 0.08 * 3.6),
    ("energy_intensity", "furnace", {}, "kgce/t", (9.5 + 0.08 * 3.6) / 0.0293076),
    ("energy_intensity", "industry", {"commodity": "steel"}, "GJ/t", (9 * 9.788 + 0.5 * 3.6 + 2.0 * 3.6) / 14),
    # what is taken in: power from waste heat is not deducted
    ("electricity_intensity", "furnace", {}, "kWh/t", 100.0),
    ("heat_intensity", "furnace", {"commodity": "coal"}, "GJ/t", 9.5),
    ("direct_co2", "furnace", {}, "Mt/yr", 9 * 9.5 * 0.1),
    # North buys 9 x 0.08 + 10 x 0.05 TWh, South 4 x 0.5
    ("power_co2", "industry", {}, "Mt/yr", 1.22 * 0.5 + 2.0 * 0.8),
    ("power_co2", "industry", {"location": "North"}, "Mt/yr", 1.22 * 0.5),
    # a tonne of steel from the converter carries 0.9 t of iron at 9.788 GJ
    ("route_energy", "converter", {}, "GJ/t", 0.9 * 9.788 + 0.05 * 3.6),
    ("route_energy", "arc", {}, "GJ/t", 0.5 * 3.6),
    ("route_energy", "steelmaking", {"commodity": "steel"}, "GJ/t", (9 * 9.788 + 0.5 * 3.6 + 4 * 1.8) / 14),
]


def test_quantities_are_those_worked_out_by_hand() -> None:
    problem = works()
    for quantity, of, keys, unit, value in BY_HAND:
        rows = problem.rows.get("calibration", [])
        year = 2000 + sum(row["quantity"] == quantity and row["sector"] == of for row in rows)
        statistic(problem, quantity, of, value, unit, **{"year": year, "tolerance": 1e-8, **keys})
    table = compared(problem)
    assert table["computed"].tolist() == pytest.approx([row[4] for row in BY_HAND], rel=1e-9)
    assert set(table["verdict"]) == {MATCH}


def test_verdicts_follow_tolerance_and_band() -> None:
    problem = statistic(works(), "output", "converter", 10.4, "Mt/yr", tolerance=0.04)
    statistic(problem, "output", "arc", 5.0, "Mt/yr", tolerance=0.19)
    statistic(problem, "output", "furnace", 0.0, "Mt/yr", location="South")
    statistic(problem, "direct_co2", "furnace", 7.0, "Mt/yr", tolerance=0.1)
    problem.rows["calibration"][3]["high"] = 9.0
    table = compared(problem)
    assert table["verdict"].tolist() == [MATCH, MISS, MATCH, MISS]
    assert table["difference"].tolist() == pytest.approx([10 / 10.4 - 1, -0.2, 0.0, 8.55 / 7 - 1])
    assert table["in_band"].tolist() == [False, False, True, True]
    assert misses(table)["sector"].tolist() == ["furnace", "arc"]


def test_what_the_run_leaves_out_is_said() -> None:
    problem = statistic(works(), "output", "arc", 4.0, "Mt/yr")
    statistic(problem, "output", "converter", 10.0, "Mt/yr", location="North")
    nation = compared(problem, resolution="nation")
    assert nation["verdict"].tolist() == [MATCH, NOT_RESOLVED]
    problem = statistic(works(), "output", "furnace", 9.0, "Mt/yr")
    problem.technology("idle", "steel", inputs={"scrap": 1.1})
    statistic(problem, "output", "idle", 1.0, "Mt/yr")
    assert compared(problem, technologies={"exclude": ["idle"]})["verdict"].tolist() == [MATCH, NOT_MODELLED]


@pytest.mark.parametrize(
    ("quantity", "of", "unit", "keys", "says"),
    [
        ("output", "furnaces", "Mt/yr", {}, "known"),
        ("output", "furnace", "TWh/yr", {}, "the statistic is in Mt/yr"),
        ("use", "industry", "Mt/yr", {}, "counts one commodity"),
        ("energy_intensity", "industry", "GJ/t", {}, "make one product"),
    ],
)
def test_rows_that_mean_nothing_are_refused(
    quantity: str, of: str, unit: str, keys: dict[str, Any], says: str
) -> None:
    with pytest.raises(InputError, match=says):
        compared(statistic(works(), quantity, of, 1.0, unit, **keys))


def test_the_text_shows_the_nation_and_the_misses() -> None:
    problem = works()
    for place, value in (("Land", 14.0), ("North", 10.0), ("South", 4.5)):
        statistic(problem, "output", "steelmaking", value, "Mt/yr", location=place)
    statistic(problem, "output", "steelmaking", 14.2, "Mt/yr", year=2024)
    table = compared(problem)
    text = table_text(table)
    assert summary(table).startswith("3 of 4 statistics are met within their tolerance; missed: 1, of which 0 lie")
    assert "South" in text
    assert "-11.1%" in text
    assert "2 other places" in text
    assert "North" in table_text(table, everything=True)


def test_power_that_a_technology_gives_back_is_not_deducted_from_what_it_takes() -> None:
    """A kiln that takes 100 and makes 40 kWh/t from its own heat: 100 taken, 60 bought."""
    problem = (
        Problem()
        .commodity("clinker")
        .commodity("electricity", kind="energy", unit="MWh", energy_content=3.6)
        .technology("kiln", "clinker", inputs={"electricity": 0.1}, outputs={"electricity": 0.04}, units=POWER)
        .stock("kiln", 10.0)
        .demand("clinker", 5.0)
        .base_output("kiln", 5.0)
        .market("grid", "electricity", 300.0, unit="MWh", scope="purchased_power", factor=0.5)
    )
    for quantity, unit in (("electricity_intensity", "kWh/t"), ("energy_intensity", "GJ/t"), ("power_co2", "Mt/yr")):
        statistic(problem, quantity, "kiln", 1.0, unit, location="Here")
    assert compared(problem)["computed"].tolist() == pytest.approx([100.0, 0.06 * 3.6, 5 * 0.06 * 0.5])
