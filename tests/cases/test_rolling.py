"""Short sight and old beliefs: windows of the horizon, what carries over, steps back, and what they cost, by hand."""

from __future__ import annotations

from typing import Any

import pytest
from tests.cases.kit import Problem, prepared
from tests.cases.test_market import market, plants
from tests.cases.test_swap_time_and_place import fleet, ratio

from peakmix.api.rolling import Foreseen, foresight_cost, solve_foreseen
from peakmix.api.running import solve_prepared, variable_values
from peakmix.audit.full import audit
from peakmix.foundation.errors import InfeasibleError, InputErrors, UsageError
from peakmix.scenario import from_mapping
from peakmix.solve.solution import SolveOptions

TWO = [[2025, 1], [2026, 1]]
MYOPIC = {"mode": "myopic"}
WHOLE = {"mode": "rolling", "window_years": 50}


def seen(problem: Problem, periods: list[list[int]], foresight: Any = None, **spec: Any) -> Foreseen:
    """Solved with a foresight block; both audits and the certificate must pass."""
    ready = prepared(problem, periods, **({"foresight": foresight} if foresight else {}), **spec)
    result = solve_prepared(ready, False)
    assert result.certified, result.text
    found = solve_foreseen(ready, SolveOptions())
    assert float(result.dataset["objective"]) == pytest.approx(found.solution.objective, rel=1e-12)
    return found


def outcomes(found: Foreseen) -> list[tuple[int, int, int, str, bool, bool]]:
    """(first, decided, seen, status, longer view, kept) of every window."""
    assert found.record is not None
    keys = ("first", "decided", "seen", "status", "longer", "kept")
    return [tuple(window[key] for key in keys) for window in found.record["windows"]]


def works() -> Problem:
    """10 Mt of steel a year, bought at 100 CNY/t or made in works that cost 150 CNY/(t/yr), serve two years and run for nothing."""
    problem = Problem().commodity("steel").demand("steel", 10.0).market("import", "steel", 100.0)
    return problem.technology("works", "steel", capital_cost=150.0, lifetime=2.0)


def test_short_sight_does_not_build() -> None:
    """Rate 0. Built in 2025 the works are charged 150 and save two years at 100: 1,500 instead of 2,000.

    A planner who sees 2025 alone is charged 150 for a saving of 100: buys, 1,000. In 2026 one of two payments falls inside the
    horizon: 75 for a saving of 100, builds, 750. Together 1,750; one year of overlap is enough to build at once.
    """
    assert seen(works(), TWO).solution.objective == pytest.approx(1500)
    myopic = seen(works(), TWO, MYOPIC)
    assert myopic.solution.objective == pytest.approx(1000 + 750)
    assert outcomes(myopic) == [(2025, 2025, 2025, "optimal", False, True), (2026, 2026, 2026, "optimal", False, True)]
    overlapping = seen(works(), TWO, {"mode": "rolling", "window_years": 1, "overlap_years": 1})
    assert overlapping.solution.objective == pytest.approx(1500)
    counted = seen(works(), TWO, {"mode": "rolling", "window_periods": 1, "overlap_periods": 0})
    assert counted.solution.objective == pytest.approx(1750)


def test_prices_are_those_of_the_window() -> None:
    """Seen alone, a tonne more in 2025 is bought at 100, and in 2026 made in new works at 75; seen together, 150 in sum."""
    ready = prepared(works(), TWO, foresight=MYOPIC)
    found = solve_prepared(ready, False).dataset["price"].sel(commodity="steel").values
    assert found.ravel().tolist() == pytest.approx([100, 75])
    together = solve_prepared(prepared(works(), TWO), False).dataset["price"].sel(commodity="steel").values
    assert float(together.sum()) == pytest.approx(150)


def test_cost_of_short_sight() -> None:
    """250 more than with perfect foresight, in system cost and in objective: there are no transfers."""
    scenario = from_mapping(mapping(foresight=MYOPIC))
    found = foresight_cost(scenario, data=works().data())
    assert (found.system_cost, found.objective) == pytest.approx((250, 250))
    assert found.exit_code == 0
    assert "2 WINDOWS" in found.text
    with pytest.raises(UsageError, match="sees the whole horizon"):
        foresight_cost(from_mapping(mapping()), data=works().data())


def mapping(**more: Any) -> dict[str, Any]:
    """A scenario of the two years."""
    return {"name": "case", "resolution": "nation", "horizon": {"periods": TWO, "discount_rate": 0.0, "timing": 0}} | more


def test_one_window_over_all_is_perfect_foresight() -> None:
    """The same programme, the same answer: equal objective and equal variables, bit by bit."""
    for problem, periods, more in (
        (works(), TWO, {}),
        (plants(), TWO, {"policies": market("12 Mt/yr")}),
        (ratio(fleet({2025: 10.0}), 1.25), [[2025, 1], [2026, 2], [2028, 3]], {"policies": swap()}),
    ):
        perfect, whole = seen(problem, periods, **more), seen(problem, periods, WHOLE, **more)
        assert whole.solution.objective == perfect.solution.objective
        assert (whole.solution.x == perfect.solution.x).all()


def swap(**more: Any) -> dict[str, Any]:
    """A swap rule over the old and new works of ``fleet``."""
    return {"swap": {"instrument": "swap", "rule": "r", "group": "works", "from_year": 2026} | more}


@pytest.mark.parametrize("width", [1, 2, 3])
@pytest.mark.parametrize("overlap", [0, 1, 2])
def test_short_sight_never_costs_less(width: int, overlap: int) -> None:
    """Any windows: a solution of the whole programme, so no cheaper than its optimum."""
    problem = ratio(fleet({2025: 10.0, 2026: 12.0, 2028: 9.0}), 1.25)
    periods = [[2025, 1], [2026, 1], [2027, 1], [2028, 2]]
    foresight = {"mode": "rolling", "window_years": width, "overlap_years": overlap}
    best = seen(problem, periods, policies=swap()).solution.objective
    assert seen(problem, periods, foresight, policies=swap()).solution.objective >= best - 1e-9 * best


def budget() -> tuple[Problem, dict[str, Any]]:
    """Dirty at 100 CNY/t with 2 t CO2/t, clean at 150 with none, 5 Mt/yr of clean works; 10 Mt a year; 20 Mt CO2 in all."""
    problem = Problem().commodity("steel").demand("steel", 10.0)
    problem.technology("dirty", "steel", variable_cost=100.0, co2=2.0, new_build=False).stock("dirty", 20)
    problem.technology("clean", "steel", variable_cost=150.0, new_build=False).stock("clean", 5)
    limit = {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "span": "horizon", "values": "20 Mt"}
    return problem, {"budget": limit | {"from_year": 2025}}


def test_an_overspent_budget_takes_a_step_back() -> None:
    """Seen alone, 2025 spends the whole budget on 10 Mt of dirty steel; 2026 then needs 5 Mt of it and has nothing left.

    One step back 2025 sees 2026: 5 Mt dirty and 5 clean in both years, 2 x (500 + 750). Both attempts are on record.
    """
    problem, policies = budget()
    found = seen(problem, TWO, MYOPIC, policies=policies)
    assert found.solution.objective == pytest.approx(2500)
    assert outcomes(found) == [
        (2025, 2025, 2025, "optimal", False, False),
        (2026, 2026, 2026, "infeasible", False, False),
        (2025, 2025, 2026, "optimal", True, True),
        (2026, 2026, 2026, "optimal", False, True),
    ]
    assert found.record is not None
    assert found.record["taken_back"] == 2
    text = solve_prepared(prepared(problem, TWO, foresight=MYOPIC, policies=policies), False).text
    assert "2026: decides to 2026, sees to 2026: infeasible" in text
    assert "longer view after a step back" in text


def test_no_view_is_long_enough() -> None:
    """18 Mt in all: 20 Mt of steel need 10 of dirty. The message names the policy, as without windows."""
    problem, policies = budget()
    policies["budget"]["values"] = "18 Mt"
    with pytest.raises(InfeasibleError, match="budget"):
        solve_prepared(prepared(problem, TWO, foresight=MYOPIC, policies=policies), False)


def test_a_year_beyond_sight_does_not_bind() -> None:
    """Peak in 2027, rule B: 2025 and 2026 stay below it. Seen alone, nothing is compared, and 2027 has to be as high as they were.

    Demand 10, 10 and 8 Mt: 2025 and 2026 make 10 dirty at 100, 20 Mt CO2; in 2027 8 Mt dirty emit 16. So the window of 2027 has no
    solution, nor have the two years together: three years back it is, with at most 16 Mt in each, 8 dirty and 2 clean.
    """
    problem = Problem().commodity("steel").demand("steel", {2025: 10.0, 2026: 10.0, 2027: 8.0})
    problem.technology("dirty", "steel", variable_cost=100.0, co2=2.0, new_build=False).stock("dirty", 20)
    problem.technology("clean", "steel", variable_cost=150.0, new_build=False).stock("clean", 5)
    peak = {"instrument": "peak", "indicator": {"quantity": "direct_co2"}, "year": 2027, "rule": "B"}
    periods = [*TWO, [2027, 1]]
    found = seen(problem, periods, MYOPIC, policies={"peak": peak})
    assert found.solution.objective == pytest.approx(2 * (800 + 300) + 800)
    assert [(w[0], w[2], w[3]) for w in outcomes(found)] == [
        (2025, 2025, "optimal"),
        (2026, 2026, "optimal"),
        (2027, 2027, "infeasible"),
        (2026, 2027, "infeasible"),
        (2025, 2027, "optimal"),
        (2026, 2027, "optimal"),
        (2027, 2027, "optimal"),
    ]


def test_allowances_carry_over() -> None:
    """30 Mt for 2025 and 12 for 2026: 10 Mt of dirty steel emit 20 and cost 1,000; the 10 Mt left cover 2026 with its 12.

    The window of 2025 has no use for what is left, and 2026 has it all the same: 22 Mt for 20, again 1,000. Without the bank 2026
    has 12 Mt: 2 dirty and 8 gas, 1,160.
    """
    policies = market({2025: "30 Mt/yr", 2026: "12 Mt/yr"})
    policies["ets"]["between"] = "step"
    assert seen(plants(), TWO, MYOPIC, policies=policies).solution.objective == pytest.approx(2000)
    policies["ets"]["banking"] = False
    assert seen(plants(), TWO, MYOPIC, policies=policies).solution.objective == pytest.approx(2160)


def test_credits_carry_over() -> None:
    """Ratio 1. In 2026 2 Mt are wanted: seen alone, they move to new works (110 instead of 300); 8 Mt of old ones stand idle.

    In 2027 10 Mt are wanted: the 8 Mt of old works close for 8 Mt of new ones. Cost: 3,000, 2 x 110, 2 x 100 + 8 x 110. Had the old
    works of 2026 closed without new ones, their credits would serve 2027 as well: the pool is the same row.
    """
    problem = ratio(fleet({2025: 10.0, 2026: 2.0, 2027: 10.0}), 1.0)
    periods = [[2025, 1], [2026, 1], [2027, 1]]
    found = seen(problem, periods, MYOPIC, policies=swap(), salvage="none")
    assert found.solution.objective == pytest.approx(3000 + 220 + 200 + 880)


def test_forced_closures_earn_credits_for_a_later_window() -> None:
    """A ban on old works in 2026 closes all 10 Mt; new works come in 2027 only. Ratio 1.25: the credits of 2026 open 8 Mt in 2027.

    2026 buys 10 Mt at 500; 2027 makes 8 at 110 and buys 2. A planner of single years has the same credits.
    """
    problem = ratio(fleet({2025: 10.0}), 1.25)
    rows = problem.rows["technology_parameters"]
    problem.rows["technology_parameters"] = [r for r in rows if r["parameter"] != "first_year"]
    keys = {"technology": "new", "parameter": "first_year", "location": "", "year": ""}
    problem.value("technology_parameters", 2027.0, "yr", **keys)
    ban = {"instrument": "limit", "indicator": {"quantity": "capacity", "technologies": ["old"]}, "values": {2026: 0}}
    found = seen(problem, [[2025, 1], [2026, 1], [2027, 1]], MYOPIC, policies=swap() | {"ban": ban}, salvage="none")
    assert found.solution.objective == pytest.approx(3000 + 5000 + 8 * 110 + 2 * 500)


def believed(until: int, value: float | None = None) -> dict[str, Any]:
    """A carbon price believed to be zero, or another one, until a year."""
    changes: dict[str, Any] = {"policies.tax.enabled": False} if value is None else {"policies.tax.values": {2026: value}}
    return {"believes": [{"until": until, "changes": changes, "title": "no tax"}]}


def taxed() -> tuple[Problem, dict[str, Any]]:
    """Steel from dirty works, 100 CNY/(t/yr), 1 t CO2/t, or clean ones, 150; both built from 2025 on, two years of life.

    A tax of 100 CNY/t from 2026 on. 10 Mt a year, 2025 and 2026.
    """
    problem = Problem().commodity("steel").demand("steel", 10.0)
    problem.technology("dirty", "steel", capital_cost=100.0, lifetime=2.0, co2=1.0)
    problem.technology("clean", "steel", capital_cost=150.0, lifetime=2.0)
    tax = {"instrument": "price", "indicator": {"quantity": "direct_co2"}, "values": {2026: 100}, "unit": "CNY/t"}
    return problem, {"tax": tax}


def test_having_believed_an_old_rule() -> None:
    """Rate 0. Knowing the tax of 2026, clean works are built in 2025: 1,500. Believing in none, dirty ones: 1,000.

    In 2026 the tax is there. The dirty works stand and are paid; a tonne made in them pays 100, one from new clean works is charged
    75 (one of two payments): 10 Mt of clean works are built for 750. Together 1,750: 250 for the old belief. At a tax of 60
    instead the works run on and pay 600, a transfer: objective 1,600 against 1,500, system cost 1,000 against 1,500.
    """
    problem, policies = taxed()
    scenario = from_mapping(mapping(policies=policies, foresight=believed(2026)))
    found = foresight_cost(scenario, data=problem.data())
    assert float(found.perfect.dataset["objective"]) == pytest.approx(1500)
    assert (found.objective, found.system_cost) == pytest.approx((250, 250))
    assert found.exit_code == 0
    assert "2025: decides to 2025, sees to 2026 under: no tax: optimal" in found.text
    policies["tax"]["values"] = {2026: 60}
    soft = foresight_cost(from_mapping(mapping(policies=policies, foresight=believed(2026))), data=problem.data())
    assert (soft.objective, soft.system_cost) == pytest.approx((100, -500))


def test_a_belief_that_is_true_costs_nothing() -> None:
    """Believing what is true, and learning it twice, changes nothing."""
    problem, policies = taxed()
    scenario = from_mapping(mapping(policies=policies, foresight=believed(2026, 100.0)))
    assert foresight_cost(scenario, data=problem.data()).objective == pytest.approx(0, abs=1e-9)


def test_a_belief_that_leaves_no_way_out_is_learned_earlier() -> None:
    """A cap of zero in 2026 and no clean works to be built after 2025: what was believed in 2025 leaves no solution.

    The step back solves 2025 again knowing the truth, and says so.
    """
    problem = Problem().commodity("steel").demand("steel", 10.0)
    problem.technology("dirty", "steel", capital_cost=100.0, lifetime=2.0, co2=1.0)
    problem.technology("clean", "steel", capital_cost=150.0, lifetime=2.0)
    problem.bound("additions", "green", {2025: 20.0, 2026: 0.0}).group("green", "clean")
    cap = {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "values": {2026: "0 Mt/yr"}}
    belief = {"believes": [{"until": 2026, "changes": {"policies.cap.enabled": False}}]}
    found = seen(problem, TWO, belief, policies={"cap": cap})
    assert found.solution.objective == pytest.approx(1500)
    assert found.record is not None
    assert [w["belief"] for w in found.record["windows"]] == ["belief until 2026", "truth", "truth"]
    assert [w["status"] for w in found.record["windows"]] == ["optimal", "infeasible", "optimal"]


def test_the_audit_objects_to_a_path_that_forgets() -> None:
    """A path whose second window forgot the works of the first: the full audit finds the stock that is not there."""
    ready = prepared(works(), TWO, foresight={"mode": "rolling", "window_years": 1, "overlap_years": 1})
    found = solve_foreseen(ready, SolveOptions())
    values = variable_values(ready, found.solution.x)
    values["new_capacity"]["Here", "works", 2025] = 0.0
    report = audit(ready.data, ready.scenario, values, found.solution.objective, ready.base_values)
    assert not report.passed


@pytest.mark.parametrize(
    ("block", "rule"),
    [
        ({"mode": "rolling"}, "window_years"),
        ({"mode": "rolling", "window_years": 5, "overlap_periods": 1}, "window_years"),
        ({"mode": "myopic", "window_years": 5}, "takes no window"),
        ({"mode": "rolling", "window_years": 0}, "greater than or equal to 1"),
        ({"believes": [{"until": 2027, "changes": {"policies.a.enabled": False}}]}, "leaves no period to the truth"),
        ({"believes": [{"until": 2026, "changes": {"horizon.discount_rate": 0.1}}]}, "cannot be believed"),
        ({"believes": [{"until": 2026, "changes": {}}]}, "at least 1"),
        (
            {"believes": [{"until": u, "changes": {"policies.a.enabled": False}} for u in (2026, 2026)]},
            "in the order of its years",
        ),
    ],
)
def test_blocks_that_say_nothing_clear_are_refused(block: Any, rule: str) -> None:
    """Each with its place and rule."""
    with pytest.raises(InputErrors, match=rule):
        from_mapping(mapping(foresight=block))


def test_a_belief_about_a_policy_that_is_not_there() -> None:
    """The change is checked as the scenario's own lines are."""
    belief = {"believes": [{"until": 2026, "changes": {"policies.absent.rule": "B"}}]}
    with pytest.raises(InputErrors, match="absent"):
        solve_prepared(prepared(works(), TWO, foresight=belief), False)
