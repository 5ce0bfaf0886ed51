"""Every tiny model, solved, passes the certificate and both audits: two more ways of reading the same rules agree with the rows."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tests.cases.kit import finish
from tests.math.tiny import MODELS

from peakmix.api.running import variable_values
from peakmix.audit.full import audit
from peakmix.results.agreement import CHECK, RULES, agreed
from peakmix.results.quick_audit import quick_audit


@pytest.mark.parametrize("name", sorted(MODELS))
def test_audits_agree(name: str) -> None:
    ready = MODELS[name]()
    case = finish(ready)
    assert case.certified
    quick = quick_audit(ready.parameters, ready.model.books, ready.program, case.solution)
    assert quick.passed, quick
    values = variable_values(ready, case.solution.x)
    full = audit(ready.data, ready.scenario, values, case.objective, ready.base_values)
    assert full.passed, full
    assert quick.recount is not None
    both = agreed(full, quick.recount, quick.recount.point(case.solution.x))
    assert both.passed, both
    if set(ready.program.rows.components) & set(RULES):
        assert both.check(CHECK).rows > 0


def test_a_rule_built_too_strictly_is_found() -> None:
    """A level that is counted too high keeps its bound all the more: only the comparison of both counts sees it."""
    ready = MODELS["limit"]()
    case = finish(ready)
    values = variable_values(ready, case.solution.x)
    full = audit(ready.data, ready.scenario, values, case.objective, ready.base_values)
    quick = quick_audit(ready.parameters, ready.model.books, ready.program, case.solution)
    assert quick.recount is not None
    point = quick.recount.point(case.solution.x)
    for name, off in (("level", -1.0), ("bound", 1.0)):
        lenient = tuple(entry | {name: entry[name] + off} if entry["policy"] == "intensity" else entry for entry in full.policies)
        found = agreed(replace(full, policies=lenient), quick.recount, point)
        assert [check.name for check in found.failed] == [CHECK]
        assert found.check(CHECK).where.startswith("intensity,value")
    unknown = tuple(entry for entry in full.policies if (entry["policy"], entry["period"]) != ("cap", 2030))
    assert agreed(replace(full, policies=unknown), quick.recount, point).check(CHECK).where == "cap,value,2030"
