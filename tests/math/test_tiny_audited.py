"""Every tiny model, solved, passes the certificate and both audits: two more ways of reading the same rules agree with the rows."""

from __future__ import annotations

import pytest
from tests.cases.kit import finish
from tests.math.tiny import MODELS

from peakmix.api.running import variable_values
from peakmix.audit.full import audit
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
