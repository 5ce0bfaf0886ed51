"""A goal: an indicator first, cost second; the same points by epsilon-constraint; targets of plants alone and shared."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from tests.cases.kit import Problem, finish, prepared, solve
from tests.cases.test_targets import YEARS, works

from peakmix import api
from peakmix.api.running import variable_values
from peakmix.api.sharing import gain_of_sharing
from peakmix.audit.full import audit
from peakmix.cli import main as cli
from peakmix.foundation.errors import InfeasibleError, InputError
from peakmix.results.quick_audit import quick_audit
from peakmix.scenario import from_mapping
from peakmix.solve.compile import compile_model

CO2 = {"quantity": "direct_co2"}
LEAST = 1050 + 5 * 1000
"""Cost without a goal: 1 of 10 Mt is clean in the base year (50 dearer), none later."""


def goal(**more: Any) -> dict[str, Any]:
    """Least CO2."""
    return {"first": {"instrument": "goal", "indicator": CO2} | more}


@pytest.mark.parametrize(
    ("ceiling", "clean"),
    [({"cost_ceiling": {"relative": 1.05}}, 0.05 * LEAST / 50), ({"cost_ceiling": "7000 MCNY"}, (7000 - LEAST) / 50), ({}, 50.0)],
)
def test_least_co2_within_a_cost(ceiling: dict[str, Any], clean: float) -> None:
    """A clean tonne costs 50 more and saves 2 t: what the ceiling leaves buys so many tonnes over the five years, else all 50.

    The last tonne of CO2 costs 25. Both audits agree; 100 Mt are emitted without the goal.
    """
    ready = prepared(works(), YEARS, base=2025, policies=goal(**ceiling))
    case = finish(ready)
    assert ready.base_values["first"] == pytest.approx(100 - 2 * clean, rel=1e-6, abs=1e-5)
    assert 5 * case("activity", "Here", "clean", "all", 2026) == pytest.approx(clean, rel=1e-5)
    assert case.objective == pytest.approx(LEAST + 50 * clean, rel=1e-5)
    assert case.dual("policy_budget", "first") == pytest.approx(-25)
    assert quick_audit(ready.parameters, ready.model.books, ready.program, case.solution).passed
    assert audit(ready.data, ready.scenario, variable_values(ready, case.solution.x), case.objective, ready.base_values).passed


def test_a_goal_that_is_not_kept_is_seen_by_both() -> None:
    """Without its row the plan is the cheapest one: both audits object."""
    ready = prepared(works(), YEARS, base=2025, policies=goal())
    ready.model.del_component("policy_budget")
    ready.program = compile_model(ready.model).at()
    case = finish(ready)
    quick = quick_audit(ready.parameters, ready.model.books, ready.program, case.solution)
    report = audit(ready.data, ready.scenario, variable_values(ready, case.solution.x), case.objective, ready.base_values)
    assert quick.failures()
    assert "policy goal: best" in [check.name for check in report.failed]


def test_goal_and_epsilon_constraint_meet() -> None:
    """The least CO2 at 5 % more cost, written as a limit over the horizon, costs 5 % more: the two ways give one point."""
    best = prepared(works(), YEARS, base=2025, policies=goal(cost_ceiling={"relative": 1.05})).base_values["first"]
    limit = {"instrument": "limit", "indicator": CO2, "span": "horizon", "values": f"{best!r} Mt"}
    case = solve(works(), YEARS, base=2025, policies={"limit": limit})
    assert case.objective == pytest.approx(1.05 * LEAST, rel=1e-7)
    assert case.dual("policy_budget", "limit") == pytest.approx(-25)


def test_most_of_an_indicator() -> None:
    """The most output of clean works is all 10 Mt a year; it costs 50 a tonne more."""
    policies = goal(indicator={"quantity": "output", "technologies": ["clean"]}, sense="maximise")
    case = solve(works(), YEARS, base=2025, policies=policies)
    assert case.objective == pytest.approx(LEAST + 5 * 500, rel=1e-5)
    assert case.dual("policy_budget", "first") == pytest.approx(50)


def test_a_ceiling_below_the_least_cost() -> None:
    """Nothing is left to spend: said before the run, with the goal's name."""
    with pytest.raises(InfeasibleError, match="first"):
        prepared(works(), YEARS, base=2025, policies=goal(cost_ceiling="6000 MCNY"))


def test_one_goal_a_scenario() -> None:
    """Two objectives are not one; the second is a limit."""
    two = goal() | {"second": goal()["first"]}
    with pytest.raises(InputError, match="one goal"):
        from_mapping({"name": "case", "horizon": {"periods": YEARS}, "policies": two})


def plants(level: str = "site") -> Problem:
    """Two plants of one province, 5 Mt/yr each: abatement of 1 t per t of steel costs 10 CNY in one, 40 in the other."""
    problem = Problem(("Cheap", "Dear")).commodity("steel")
    for row in problem.rows["locations"]:
        row["level"] = level if row["parent"] else "province"
    for place, cost in (("Cheap", 10.0), ("Dear", 40.0)):
        for name, co2, more in (("old", 1.0, 0.0), ("clean", 0.0, cost)):
            problem.technology(f"{name}_{place}", "steel", co2=co2, variable_cost=100.0 + more, new_build=False)
            problem.stock(f"{name}_{place}", 5, place=place)
        problem.demand("steel", 5.0, place)
    return problem


def at_plants(**more: Any) -> dict[str, Any]:
    """Each plant may emit 2.5 Mt a year."""
    rule = {"instrument": "limit", "indicator": CO2, "values": "2.5 Mt/yr"} | more
    return {place.lower(): rule | {"location": place} for place in ("Cheap", "Dear")}


def test_targets_of_plants_alone_and_shared() -> None:
    """Alone each halves its own 5 Mt: 25 + 100 a year, at prices of 10 and 40. Shared, the cheap plant does all: 5 x 10 = 50.

    The gain is 75 million a year for six years; the shared price is 10, in both plants.
    """
    mapping = {"name": "case", "horizon": {"periods": YEARS, "discount_rate": 0.0, "timing": 0.0}, "resolution": "site"}
    scenario = from_mapping(mapping | {"policies": at_plants()})
    found = gain_of_sharing(scenario, ["cheap", "dear"], data=plants().data())
    assert found.alone == pytest.approx(6 * (1000 + 125))
    assert found.shared == pytest.approx(6 * (1000 + 50))
    assert found.gain == pytest.approx(6 * 75)
    assert found.prices.set_index(["policy", "period"])["price"].to_dict() == pytest.approx(
        {(name, year): price for year in (2025, 2026) for name, price in (("cheap", 10.0), ("dear", 40.0), ("shared", 10.0))}
    )


def test_intensities_of_one_value_are_shared_as_their_mean() -> None:
    """0.5 t/t in each plant of 5 Mt a year is the same halving; shared, 5 of 10 Mt on 10 Mt of steel: the same gain."""
    intensity = {"kind": "intensity", "denominator": {"quantity": "output", "commodity": "steel"}, "values": 0.5}
    mapping = {"name": "case", "horizon": {"periods": YEARS, "discount_rate": 0.0, "timing": 0.0}, "resolution": "site"}
    scenario = from_mapping(mapping | {"policies": at_plants(**intensity)})
    found = gain_of_sharing(scenario, ["cheap", "dear"], data=plants().data())
    assert (found.alone, found.shared) == pytest.approx((6 * 1125, 6 * 1050))
    assert found.prices[found.prices["policy"] == "shared"]["price"].tolist() == pytest.approx([10, 10])
    assert found.exit_code == 0
    assert f"gain of sharing: {6 * 75}, {6 * 75 / (6 * 1125):.2%}" in found.text


def test_sharing_from_the_command_line(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: Any) -> None:
    """Names and file reach the function; its text is printed and its prices are written."""
    mapping = {"name": "case", "horizon": {"periods": YEARS, "discount_rate": 0.0, "timing": 0.0}, "resolution": "site"}
    scenario = from_mapping(mapping | {"policies": at_plants()})
    answer = gain_of_sharing(scenario, ["cheap", "dear"], data=plants().data())
    asked: list[Any] = []
    monkeypatch.setattr(api, "gain_of_sharing", lambda *given, **more: (asked.append(given), answer)[1])
    given = ["sharing", "case.yaml", "--policy", "cheap", "--policy", "dear", "--quiet", "--csv", str(tmp_path / "prices.csv")]
    monkeypatch.setattr("sys.argv", ["peakmix", *given])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert not ended.value.code
    assert asked == [(Path("case.yaml"), ["cheap", "dear"])]
    assert "gain of sharing: 450" in capsys.readouterr().out
    assert len((tmp_path / "prices.csv").read_text(encoding="utf-8").splitlines()) == 1 + 3 * len(YEARS)


def test_voluntary_targets_of_plants_are_reported() -> None:
    """Voluntary, the plants emit their 5 Mt each; the distance of 2.5 stands on the sheet and costs nothing."""
    pledges = at_plants(instrument="target", sense="upper", voluntary=True)
    case = solve(plants(), YEARS, policies=pledges, resolution="site")
    assert case("policy_gap", "dear", 2026) == pytest.approx(2.5)
    assert case.objective == pytest.approx(6 * 1000)


UNEQUAL = {"kind": "intensity", "denominator": {"quantity": "output", "commodity": "steel"}, "values": 0.5}


@pytest.mark.parametrize(
    ("names", "more", "words"),
    [
        (["cheap", "far"], {}, "no limit or target"),
        (["cheap"], {}, "at least two"),
        (["cheap", "dear"], {"kind": "relative_to_base", "values": 0.5}, "absolute"),
        (["cheap", "dear"], UNEQUAL, "as intensities one value"),
    ],
)
def test_what_cannot_be_shared(names: list[str], more: dict[str, Any], words: str) -> None:
    """Targets that are shared are absolute, of one sense and of the same dates."""
    mapping = {"name": "case", "horizon": {"periods": YEARS}, "resolution": "site"}
    policies = at_plants(**more)
    if more.get("kind") == "intensity":
        policies["dear"]["values"] = 0.4
    with pytest.raises(InputError, match=words):
        gain_of_sharing(from_mapping(mapping | {"policies": policies}), names, data=plants().data())
