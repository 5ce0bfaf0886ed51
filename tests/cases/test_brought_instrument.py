"""An instrument in a file of its own, taken from the how-to page: block, rows and twin found by themselves, hand-solved.

Ten tonnes of steel a year for three years of one year each, no discounting. Old works emit 2 t CO2/t at 100 CNY/t, new ones 1 t/t
at 130 CNY/t: a tonne less costs 30 CNY. Direct CO2 falls by 10 % a year: E26 <= 0.9 E25, E27 <= 0.9 E26. All old in 2025 is
cheapest and highest: E = 20, 18, 16.2, cost 3 x 1,000 + 30 x (2 + 3.8) = 3,174 million. One unit above the path in 2027 saves 30;
in 2026 it saves 30, and lets 2027 rise by 0.9 more: 30 + 27 = 57.
"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.cases.kit import Problem, Solved, finish, infeasible, prepared

from peakmix.api.running import variable_values
from peakmix.audit import full
from peakmix.foundation import plugins
from peakmix.foundation.errors import InputError, InputErrors
from peakmix.results.quick_audit import quick_audit
from peakmix.scenario import from_mapping
from peakmix.scenario.instruments import instruments

PAGE = Path(__file__).resolve().parents[2] / "docs" / "how-to" / "add-an-instrument.md"
YEARS = [[2025, 1], [2026, 1], [2027, 1]]
READING = """
import sys
from peakmix.scenario import from_mapping
from peakmix.scenario.instruments import brought

rule = {"instrument": "limit", "indicator": {"quantity": "direct_co2"}, "values": 1}
frame = {"name": "case", "horizon": {"periods": [[2025, 1]]}, "policies": {"cap": rule}}
print(from_mapping(frame).spec.policies["cap"].instrument, "peakmix.formulation" in sys.modules)
brought()
print("pyomo" in sys.modules)
"""


@pytest.fixture
def decline(tmp_path: Path, monkeypatch) -> dict[str, Any]:
    """The page's two files, in packages of a folder: one declared as a home of instruments, the other given to the audit."""
    block = r"```python\n# file: model/peakmix/(\w+)/policies/decline.py\n(.*?)```"
    files = dict(re.findall(block, PAGE.read_text("utf-8"), re.DOTALL))
    for room in ("formulation", "audit"):
        folder = tmp_path / f"brought_{room}_{tmp_path.name}"
        folder.mkdir()
        (folder / "__init__.py").touch()
        (folder / "decline.py").write_text(files[room], encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr(plugins, "HOMES", [*plugins.HOMES, f"brought_formulation_{tmp_path.name}"])
    twin = importlib.import_module(f"brought_audit_{tmp_path.name}.decline")
    monkeypatch.setitem(full.TWINS, twin.INSTRUMENT, twin)
    return {"instrument": "decline", "indicator": {"quantity": "direct_co2"}, "rate": 0.1}


def works() -> Problem:
    problem = Problem().commodity("steel").demand("steel", 10.0)
    for name, cost, co2 in (("old", 100.0, 2.0), ("new", 130.0, 1.0)):
        problem.technology(name, "steel", variable_cost=cost, co2=co2, new_build=False, lifetime=50.0)
        problem.stock(name, 10.0, (2020, 2020))
    return problem


def test_it_solves_and_prices_by_hand(decline) -> None:
    case = finish(prepared(works(), YEARS, policies={"falling": decline}))
    assert case.certified
    assert case.objective == pytest.approx(3174.0)
    assert [case.total("activity", p1="new", p3=year) for year in (2025, 2026, 2027)] == pytest.approx([0.0, 2.0, 3.8], abs=1e-9)
    assert case.dual("policy_decline", "falling", 2026) == pytest.approx(-57.0)
    assert case.dual("policy_decline", "falling", 2027) == pytest.approx(-30.0)


def test_both_audits_pass_it_and_object_to_a_broken_copy(decline) -> None:
    """A tonne of new steel made in old works in 2027: balanced and booked, but above the path."""
    case = finish(prepared(works(), YEARS, policies={"falling": decline}))
    assert quick_audit(case.prepared.parameters, case.prepared.model.books, case.prepared.program, case.solution).passed
    assert audited(case, case.solution.x).passed
    broken, cols = case.solution.x.copy(), case.prepared.program.cols
    for position, (component, index) in enumerate(cols):
        if component in ("activity", "ledger") and index[-1] == 2027:
            broken[position] += -1.0 if index[1] == "new" else 1.0
    solution = replace(case.solution, values=replace(case.solution.values, x=broken), objective=case.objective - 30.0)
    quick = quick_audit(case.prepared.parameters, None, case.prepared.program, solution)
    assert [text.split(":")[0] for text in quick.failures()] == ["policies"]
    assert quick.attributes()["read"] == ["falling"]
    assert [check.name for check in audited(case, broken, -30.0).failed] == ["policy decline: decline"]


def audited(case: Solved, x: Any, more: float = 0.0) -> Any:
    """The full audit of some values."""
    ready = case.prepared
    return full.audit(ready.data, ready.scenario, variable_values(ready, x), case.objective + more, ready.base_values)


def test_it_cannot_always_be_met(decline) -> None:
    """At 60 % a year 2026 would have to stay below 8, and new works alone emit 10."""
    assert infeasible(works(), YEARS, policies={"falling": decline | {"rate": 0.6}})


def test_messages_know_its_name_and_its_keys(decline) -> None:
    frame = {"name": "case", "horizon": {"periods": YEARS}}
    assert "decline" in instruments()
    with pytest.raises(InputErrors) as caught:
        from_mapping(frame | {"policies": {"falling": decline | {"instrument": "declin"}}})
    assert "decline" in str(caught.value)
    with pytest.raises(InputErrors) as caught:
        from_mapping(frame | {"policies": {"falling": decline | {"rat": 0.1}}})
    assert "'rat' is not a key here" in str(caught.value)
    assert "rate" in str(caught.value).split("'rat'")[1]
    with pytest.raises(InputErrors) as caught:
        from_mapping(frame | {"policies": {"falling": decline | {"rate": 3.0}}})
    assert "policies.falling.rate" in str(caught.value)


def test_without_its_twin_the_audit_fails(decline, monkeypatch) -> None:
    case = finish(prepared(works(), YEARS, policies={"falling": decline}))
    monkeypatch.delitem(full.TWINS, "decline")
    assert [check.name for check in audited(case, case.solution.x).failed] == ["policies have a twin"]


def test_a_row_with_two_sides_asks_for_a_recount(decline) -> None:
    """The sheet has one bound a row."""
    case = finish(prepared(works(), YEARS, policies={"falling": decline}))
    program = case.prepared.program
    lower = program.row_lower.copy()
    lower[program.rows.span("policy_decline")] = -5.0
    two_sided = replace(program, row_lower=lower)
    with pytest.raises(InputError, match="one side"):
        quick_audit(case.prepared.parameters, None, two_sided, case.solution)


def test_files_of_instruments_bring_no_pyomo() -> None:
    """A scenario may read them long before anything is built, and reads none of them for an instrument of its own union."""
    done = subprocess.run([sys.executable, "-c", READING], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["limit", "False", "False"]
