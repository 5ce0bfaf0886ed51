"""The full audit: its own years and annuities by hand, sound cases pass, every decision counts, twins are complete."""

from __future__ import annotations

import ast
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from peakmix.audit.calendar import Calendar, payments, repayment
from peakmix.audit.case import COMPONENTS
from peakmix.audit.full import AuditReport, audit
from peakmix.audit.report import Tally
from peakmix.audit.rows import Rows, Series
from peakmix.formulation.build import build, derive_policies
from peakmix.parameters.derive import derive
from peakmix.scenario import Scenario, from_mapping, load
from peakmix.solve.compile import compile_model
from peakmix.solve.highs import solve
from peakmix.tables import loading
from peakmix.tables.dataset import DataSet

ROOT = Path(__file__).resolve().parents[2]
DATA = ROOT / "tests" / "data"
PACKAGE = ROOT / "model" / "peakmix"
HORIZON = {"periods": [[2025, 1], [2026, 4], [2030, 6], [2036, 5]], "base_period": 2025}
MINI_HORIZON = {"periods": [[2025, 1], [2026, 5], [2031, 5]], "base_period": 2025}
TAX = {"instrument": "price", "indicator": {"quantity": "direct_co2"}, "values": 50}
CAP = {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "values": 12, "slack_price": 500}
SWAP = {"instrument": "swap", "rule": "iron_swap", "group": "ironmaking", "from_year": 2026}

Solved = tuple[DataSet, Scenario, dict[str, dict[Any, float]], float, dict[str, float]]


def solved(data: DataSet, scenario: Scenario) -> Solved:
    """Tables, scenario, values by component, objective, cost components."""
    parameters, context = derive(data, scenario.spec)
    derive_policies(parameters, scenario.spec.active_policies, context)
    model = build(parameters)
    program = compile_model(model).at()
    solution = solve(program)
    values: dict[str, dict[Any, float]] = {}
    for (component, index), value in zip(program.cols, solution.x.tolist(), strict=True):
        values.setdefault(component, {})[index] = value
    costs = {
        name: sum(element * variable_value(values, variable) for _, element, variable in terms)
        for name, terms in model.books.cost_terms.items()
    }
    costs["fixed"] = costs.get("fixed", 0.0) + sum(parameters.values.get("standing_fixed_cost", {}).values())
    return data, scenario, values, solution.objective, costs


def variable_value(values: dict[str, dict[Any, float]], variable: Any) -> float:
    """Value of a Pyomo variable in a solution."""
    return values[variable.parent_component().name][variable.index()]


@pytest.fixture(scope="module")
def small() -> Solved:
    case = {"name": "small", "data": "small", "horizon": HORIZON, "policies": {"tax": TAX, "cap": CAP, "swap": SWAP}}
    return solved(loading.load(DATA / "small"), from_mapping(case))


def audited(case: Solved) -> AuditReport:
    return audit(case[0], case[1], case[2], case[3], {}, case[4])


# sound cases


def test_small_passes_with_every_component_of_cost(small: Solved) -> None:
    report = audited(small)
    assert report.passed, str(report)
    assert report.worst < 1e-9
    assert report.total == pytest.approx(report.objective, rel=1e-9)
    assert {"balance", "stock", "capacity", "objective", "cost components", "ledger"} <= {c.name for c in report.checks}


def test_mini_and_westeros_pass() -> None:
    mini = from_mapping({"name": "mini", "data": "mini", "horizon": MINI_HORIZON, "policies": {"tax": TAX, "cap": CAP}})
    assert audited(solved(loading.load(DATA / "mini"), mini)).passed
    westeros = load(ROOT / "tests" / "cases" / "westeros" / "westeros.yaml")
    report = audited(solved(loading.load(DATA / "westeros"), westeros))
    assert report.passed, str(report)
    assert report.total == pytest.approx(159025.82812, rel=1e-6)


@pytest.mark.parametrize(
    "changes",
    [
        {"resolution": "nation"},
        {"resolution": "city"},
        {"resolution": {"grouping": "coast"}},
        {"locations": ["North", "South"], "policies.swap.enabled": False},
        {"horizon.discount_rate": 0.0},
        {"horizon.timing": 1},
        {"horizon.price_origin": 2020},
        {"horizon.salvage": "none"},
        {"demand_variant": "low"},
        {"technologies.exclude": ["lean_furnace"]},
        {"measures.include": ["heat_recovery"]},
        {"policies.swap.lag_years": 6},
        {"policies.cap.location": "seaside"},
    ],
    ids=lambda changes: ",".join(map(str, changes)),
)
def test_other_settings_pass(small: Solved, changes: dict[str, Any]) -> None:
    case = {"name": "small", "data": "small", "horizon": HORIZON, "policies": {"tax": TAX, "cap": CAP, "swap": SWAP}}
    report = audited(solved(small[0], from_mapping(case, changes)))
    assert report.passed, str(report)


def test_the_report_is_plain_data_with_levels_and_slacks(small: Solved) -> None:
    report = audited(small)
    plain = json.loads(json.dumps(report.to_dict(), allow_nan=False))
    assert plain["passed"] is True
    lines = [line for line in plain["policies"] if line["policy"] == "cap"]
    assert [line["period"] for line in lines] == [2026, 2030, 2036]
    assert all(line["slack"] == pytest.approx(line["bound"] - line["level"]) for line in lines)
    assert "0 failed" in str(report)


# every decision counts


def nudged(case: Solved, component: str, index: Any, by: float) -> AuditReport:
    values = {name: dict(members) for name, members in case[2].items()}
    values.setdefault(component, {})[index] = values.get(component, {}).get(index, 0.0) + by
    return audit(case[0], case[1], values, case[3], {}, case[4])


def test_no_decision_can_be_changed_unseen(small: Solved) -> None:
    for component, members in small[2].items():
        if component == "nothing" or not any(members.values()):
            continue
        index = max(members, key=lambda key: abs(members[key]))
        report = nudged(small, component, index, 0.01 * members[index])
        assert not report.passed, f"{component}{index} moved by 1 % and nobody saw it"


@pytest.mark.parametrize(
    ("component", "index", "check"),
    [
        ("new_capacity", ("North", "lean_furnace", 2030), "new capacity"),
        ("new_capacity", ("North", "lean_furnace", 2030), "numbers stated"),
        ("new_capacity", ("North", "blast_furnace", 2025), "new capacity"),
        ("early_retirement", ("North", "converter", "1996-2015", 2030), "early retirement"),
        ("early_retirement", ("North", "blast_furnace", "2030", 2036), "early retirement"),
        ("early_retirement", ("North", "arc_furnace", "2030", 2030), "early retirement"),
        ("conversion", ("North", "relining", "1996-2005", 2030), "conversion"),
        ("conversion", ("North", "gas_recycling", "1996-2005", 2026), "conversion"),
        ("renewal", ("North", "switch", 2030), "renewal"),
        ("activity", ("North", "arc_furnace", "all", 2030), "activity known"),
        ("activity", ("Nowhere", "converter", "all", 2030), "activity known"),
        ("adopted", ("North", "heat_recovery", "arc_furnace", 2030), "measure known"),
        ("new_measure", ("North", "heat_recovery", "blast_furnace", 2025), "measure new"),
        ("market_volume", ("North", "steel_import", 2030), "market known"),
        ("trade", ("hot_metal", "North", "South", 2030), "trade known"),
        ("delivery", ("North", "hot_metal", "South", 2030), "delivery known"),
        ("policy_excess", ("cap", 2025), "policy limit: excess"),
        ("policy_excess", ("cap", 0), "policy limit: excess"),
        ("swap_flow", ("swap", "North", "East", "other", 2025), "policy swap: flow"),
        ("activity", ("North", "converter", "all", 2027), "decisions known"),
        ("loan", ("North", 2030), "decisions known"),
        ("nothing", (), "decisions known"),
    ],
)
def test_what_may_not_be_is_named(small: Solved, component: str, index: Any, check: str) -> None:
    report = nudged(small, component, index, 0.1)
    assert check in {found.name for found in report.failed}, str(report)


def test_numbers_that_are_none_fail(small: Solved) -> None:
    index = next(iter(small[2]["activity"]))
    assert not nudged(small, "activity", index, float("nan")).check("decisions finite").passed
    assert not nudged(small, "market_volume", next(iter(small[2]["market_volume"])), -50.0).passed
    report = audit(small[0], small[1], small[2], float("nan"), {})
    assert not report.check("objective").passed
    assert json.dumps(report.to_dict(), allow_nan=True)


def test_a_wrong_component_is_seen_though_the_sum_fits(small: Solved) -> None:
    wrong = {**small[4], "variable": small[4]["variable"] + 5, "fixed": small[4]["fixed"] - 5}
    report = audit(small[0], small[1], small[2], small[3], {}, wrong)
    assert report.check("objective").passed
    assert not report.check("cost components").passed


# years, annuities, lives


def calendar(**changes: Any) -> Calendar:
    return Calendar(from_mapping({"horizon": {**HORIZON, **changes}}).spec)


def test_weights_by_hand() -> None:
    years = calendar(discount_rate=0.1)
    assert years.operating[0] == pytest.approx(1.1**-0.5)
    assert years.operating[1] == pytest.approx(1.1**-1.5 + 1.1**-2.5 + 1.1**-3.5 + 1.1**-4.5)
    assert years.investment[2] == pytest.approx(1.1**-5)
    assert calendar(discount_rate=0.1, timing=1).operating[0] == pytest.approx(1 / 1.1)
    assert calendar(discount_rate=0.1, price_origin=2023).investment[0] == pytest.approx(1.1**-2)


def test_annuities_by_hand() -> None:
    assert payments(0.0, 20) == pytest.approx(20)
    assert payments(0.1, 3) == pytest.approx(1 + 1 / 1.1 + 1 / 1.21)
    assert payments(0.1, 2) < payments(0.1, 2.5) < payments(0.1, 3)
    assert payments(0.1, 3 - 1e-12) == pytest.approx(payments(0.1, 3))
    assert repayment(0.08, 10) == pytest.approx(0.08 / (1 - 1.08**-10))
    assert repayment(0.0, 8) == pytest.approx(1 / 8)
    years = calendar(discount_rate=0.1)
    assert years.capital_weight("any", 2036, 5) == pytest.approx(1.1**-11)
    assert years.capital_weight("any", 2036, 10) == pytest.approx(1.1**-11 * payments(0.1, 5) / payments(0.1, 10))
    assert years.mark_up(0.1, 12) == pytest.approx(0)
    assert years.mark_up(0.12, 12) > 0


def test_lives_by_hand() -> None:
    years = calendar()
    assert years.survival(2026, 2026, 6, False).tolist() == [0, 1, 2 / 6, 0]
    old = years.survival(2000, 2009, 30, True)
    assert old.tolist() == pytest.approx([1, 1, (9 + 8 + 7 + 6 + 5 + 4) / 60, (3 + 2 + 1) / 50])
    assert years.survival(1980, 1980, 20, True).tolist() == [1, 0, 0, 0]
    unpinned = Calendar(from_mapping({"horizon": {"periods": [[2025, 1], [2026, 4]]}}).spec)
    assert unpinned.survival(1980, 1980, 20, True).tolist() == [0, 0]


def test_series_by_hand() -> None:
    years = calendar()
    line = Series([(2030, 12.0), (2026, 4.0)], "linear")
    assert line.periods(years).tolist() == pytest.approx([4, (4 + 6 + 8 + 10) / 4, 12, 12])
    stair = Series([(2030, 12.0), (2027, 4.0)], "step")
    assert stair.periods(years).tolist() == [4, 4, 12, 12]
    assert Series([(None, 3.0)], "linear").at(1990) == 3


def test_the_most_specific_row_lies_on_top(small: Solved) -> None:
    rows = Rows(small[0], "technology_parameters")
    life = rows.painted(("arc_furnace", "lifetime"))
    assert (life["Land"].at(2030), life["East"].at(2030), life["Port"].at(2030)) == (25, 25, 20)
    costs = Rows(small[0], "measure_parameters").painted(
        ("dust_filter", None, "variable_cost"), ("dust_filter", "converter", "variable_cost")
    )
    assert costs["North"].at(2030) == pytest.approx(0.6)
    assert rows.painted(("arc_furnace", "no such thing")) == {}


def test_residuals_are_relative_to_the_size_of_the_row() -> None:
    tally = Tally((2025, 2026))
    tally.at_most("bound", ("a",), np.array([1.0, 2.0]), np.array([1.0, 1.5]))
    tally.equal("same", ("a",), np.array([1.0, 2.0]), np.array([1.0, 1.5]), np.array([True, False]))
    bound, same = tally.checks()
    assert (bound.worst, bound.where, bound.rows) == (0.25, "a,2026", 2)
    assert (same.worst, same.rows, same.passed) == (0.0, 1, True)


# the house


RULED = {"swap_flow", "swap_pool", "policy_charge", "policy_excess"}
"""Variables of the policies of `tests/data/small`."""


def test_every_variable_of_the_model_is_known(small: Solved) -> None:
    assert {name for name in small[2] if name not in (*COMPONENTS, "nothing")} <= RULED
    assert audit(small[0], small[1], {**small[2], "lever": {}}, small[3], {}).passed, "a component without members is none"


@pytest.mark.parametrize("path", sorted((PACKAGE / "audit").rglob("*.py")), ids=lambda path: path.name)
def test_the_audit_stands_alone(path: Path) -> None:
    allowed = ("peakmix.audit", "peakmix.tables", "peakmix.scenario", "peakmix.foundation")
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        for name in names:
            assert not name.startswith("peakmix") or name.startswith(allowed), f"{path.name} imports {name}"
