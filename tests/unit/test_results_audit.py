"""The quick audit passes true solutions and catches every kind of wrong one; members recount with their own levers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from peakmix.formulation.build import build
from peakmix.results.dataset import build_dataset
from peakmix.results.quick_audit import quick_audit
from peakmix.solve.certificate import solve_certified
from peakmix.solve.compile import compile_model


def audited(run, solution):
    return quick_audit(
        run.prepared.parameters, run.prepared.model.books, run.prepared.program, solution, recount=run.quick.recount
    )


def moved(run, component: str, by: float, which: int = -1):
    """The solution with one positive value of a variable moved."""
    lp, solution = run.prepared.program, run.solution
    span = lp.cols.span(component)
    used = [k for k in range(span.start, span.stop) if abs(solution.x[k]) > 1e-6] or [span.start]
    x = solution.x.copy()
    x[used[which]] += by
    return replace(solution, values=replace(solution.values, x=x))


def test_a_true_solution_passes(mini_run) -> None:
    assert mini_run.certificate.passed
    assert mini_run.quick.failures() == []
    assert mini_run.quick.worst.value < 1e-9
    assert mini_run.quick.objective == pytest.approx(mini_run.solution.objective, rel=1e-12)


def test_it_looks_at_every_row_of_the_programme(mini_run) -> None:
    blocks = mini_run.quick.recount.rows
    components = {
        "balance": "balance",
        "market_cap": "exchange",
        "stock_balance": "stock_balance",
        "capacity_limit": "capacity_limit",
        "measure_reach": "measures",
        "measure_stock": "measures",
        "measure_group": "measures",
        "limit": "limit",
        "share_limit": "share_limit",
        "base_lower": "base_year",
    }
    rows = mini_run.prepared.program.rows
    for component, block in components.items():
        wanted = set(rows.indices(component))
        own = {label[-len(next(iter(wanted))) :] for label in blocks[block].labels}
        assert wanted <= own, component


@pytest.mark.parametrize(
    ("component", "check"),
    [
        ("activity", "balance"),
        ("market_volume", "balance"),
        ("trade", "balance"),
        ("stock", "stock_balance"),
        ("new_capacity", "stock_balance"),
        ("early_retirement", "stock_balance"),
        ("conversion", "stock_balance"),
        ("adopted", "measures"),
        ("ledger", "ledgers"),
        ("policy_charge", "policies"),
        ("policy_excess", "objective"),
        ("swap_flow", "policies"),
        ("swap_pool", "policies"),
    ],
)
def test_a_moved_variable_is_caught(mini_run, component, check) -> None:
    outcome = audited(mini_run, moved(mini_run, component, 0.01))
    assert not outcome.passed
    assert check in {f.name for f in outcome.findings if not f.passed}


def test_a_move_of_a_few_tonnes_is_caught(mini_run) -> None:
    outcome = audited(mini_run, moved(mini_run, "market_volume", 2e-5))
    assert [f.name for f in outcome.findings if not f.passed] == ["balance"]


def test_a_negative_value_is_caught(mini_run) -> None:
    outcome = audited(mini_run, moved(mini_run, "new_measure", -5.0))
    assert "bounds" in {f.name for f in outcome.findings if not f.passed}
    assert "new_measure" in next(f.worst for f in outcome.findings if f.name == "bounds")


def test_a_wrong_objective_is_caught(mini_run) -> None:
    wrong = replace(mini_run.solution, objective=mini_run.solution.objective * (1 + 1e-5))
    assert [f.name for f in audited(mini_run, wrong).findings if not f.passed] == ["objective"]


def test_not_a_number_is_caught(mini_run) -> None:
    outcome = audited(mini_run, moved(mini_run, "activity", float("nan")))
    assert not outcome.passed
    assert outcome.failures()


def test_a_cost_that_the_recount_does_not_know_is_caught(mini_run) -> None:
    books = mini_run.prepared.model.books
    variable = next(iter(mini_run.prepared.model.activity.values()))
    books.cost("unheard_of", ("East", 2031), 1.0, variable)
    try:
        outcome = audited(mini_run, mini_run.solution)
    finally:
        del books.cost_terms["unheard_of"]
    assert [(f.name, f.worst) for f in outcome.findings if not f.passed] == [("cost components", "unheard_of")]


def test_a_member_recounts_with_its_levers(mini_run) -> None:
    parameters = mini_run.prepared.parameters
    levers = {
        ("market_charge", ("East", "grid_power", 2031)): parameters["market_charge"]["East", "grid_power", 2031],
        ("demand", ("East", "steel", 2036)): parameters["demand"]["East", "steel", 2036],
        ("policy_value", ("cap", 2031)): parameters["policy_value"]["cap", 2031],
        ("flow", ("East", "blast_route", "all", "coal")): parameters["flow"]["East", "blast_route", "all", "coal"],
    }
    family = compile_model(build(parameters, levers))
    factors = (1.2, 0.98, 1.01, 1.03)
    member = family.at(np.array([value * f for value, f in zip(levers.values(), factors, strict=True)]))
    solution, certificate = solve_certified(member)
    assert certificate.passed
    changed = {name: value * f for (name, value), f in zip(levers.items(), factors, strict=True)}
    recount = quick_audit(parameters, None, member, solution, changed)
    assert recount.failures() == []
    failed = {f.name for f in quick_audit(parameters, None, member, solution).findings if not f.passed}
    assert {"balance", "objective"} <= failed


def test_a_programme_from_a_store_needs_no_books(mini_run) -> None:
    outcome = quick_audit(mini_run.prepared.parameters, None, mini_run.prepared.program, mini_run.solution)
    assert outcome.passed
    parts = replace(mini_run.parts, books=None, quick=outcome)
    assert float(build_dataset(parts).objective) == mini_run.solution.objective


def test_attributes_are_plain(mini_run) -> None:
    told = mini_run.quick.attributes()
    assert told["passed"] is True
    assert set(told["checks"]) >= {"balance", "policies", "objective", "cost components"}
    assert all(isinstance(check["worst"], str) for check in told["checks"].values())
