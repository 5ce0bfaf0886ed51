"""Rows read from the compiled programme say what the recounts of the shipped instruments say, levers included."""

from __future__ import annotations

import numpy as np
import pytest
from tests.cases.kit import finish
from tests.math.tiny import MODELS

from peakmix.formulation.build import build
from peakmix.results.quick_audit import quick_audit
from peakmix.results.recount import policies
from peakmix.results.recount.general import Compiled
from peakmix.results.recount.recount import Point, Recount
from peakmix.results.recount.stack import policy_check
from peakmix.solve.compile import compile_model
from peakmix.solve.highs import solve

RULED = ("goal", "limit", "market", "pace", "peak", "swap", "target")


def left(recount: Recount, point: Point, rows: list) -> np.ndarray:
    """Level less bound less excess of the wanted rows."""
    numbers = point.by_label(policy_check(recount.policies))
    return np.array([numbers[label] for label in rows])


@pytest.mark.parametrize("name", RULED)
def test_rows_read_equal_rows_recounted(name: str, monkeypatch) -> None:
    """Where the accounts hold, at the optimum; a voluntary target is an equality as built, an inequality as recounted."""
    case = finish(MODELS[name]())
    ready = case.prepared
    own = Recount(ready.parameters, Compiled(ready.program))
    monkeypatch.setattr(policies, "twins", dict)
    read = Recount(ready.parameters, Compiled(ready.program))
    assert own.read == {}
    assert set(read.read) == set(ready.parameters.facts["policies"])
    sense = dict(zip(own.policies.level.labels, own.policies.level.sense.tolist(), strict=True))
    labels = read.policies.level.labels
    told = dict(zip(labels, read.policies.level.sense.tolist(), strict=True))
    rows = list(labels)
    assert rows
    assert set(rows) <= set(sense)
    assert all(told[label] == sense[label] or label[0] == "policy_voluntary" for label in rows)
    x = case.solution.x
    assert left(read, read.point(x), rows) == pytest.approx(left(own, own.point(x), rows), rel=1e-9, abs=1e-9)


def test_members_are_read_with_their_levers(mini_run, monkeypatch) -> None:
    """A cap and the pace of building move: the structure's rows at the member's levers equal the member's own."""
    parameters = mini_run.prepared.parameters
    chosen = [("policy_value", ("cap", 2031)), ("pace_before", ("pace", 2036)), ("pace_now", ("pace", 2036))]
    levers = {(table, key): parameters[table][key] for table, key in chosen}
    family = compile_model(build(parameters, levers))
    values = {element: 1.03 * value for element, value in levers.items()}
    member = family.at(np.array(list(values.values())))
    solution = solve(member)
    own = Recount(parameters, Compiled(family.base, family.slopes, chosen))
    monkeypatch.setattr(policies, "TWINS", {k: v for k, v in policies.TWINS.items() if k not in ("limit", "pace")})
    read = Recount(parameters, Compiled(family.base, family.slopes, chosen))
    assert set(read.read) == {"cap", "pace", "soft", "budget", "intensity"}
    rows = [label for label in read.policies.level.labels if label[1] in read.read]
    assert len(rows) >= 6
    told = left(read, read.point(solution.x, values), rows)
    assert told == pytest.approx(left(own, own.point(solution.x, values), rows), rel=1e-9, abs=1e-9)
    assert quick_audit(parameters, None, member, solution, values, read).passed
    failed = quick_audit(parameters, None, member, solution, {}, read).failures()
    assert [text.split(":")[0] for text in failed] == ["policies"], "at the base values the member's solution breaks the rows"


def test_costs_and_excess_are_read() -> None:
    """Of a market: offsets, collar and carbon bank. Of a soft limit: what is exceeded stands beside the level."""
    ready = MODELS["market"]()
    x = np.linspace(0.5, 2.0, ready.program.shape[1])
    compiled, own = Compiled(ready.program), Recount(ready.parameters, Compiled(ready.program))
    whole = sum(v for k, v in own.point(x).by_label(own.cost).items() if k[0] in ("policy_cost", "policy_transfer"))
    builder = own.scope.builder("cost")
    for name, policy in ready.parameters.facts["policies"].items():
        for component, period, terms in compiled.costs(name, policy):
            builder.add((component, period), terms)
    assert whole
    assert own.point(x).values(builder.block()).sum() == pytest.approx(whole)
    soft = finish(MODELS["limit"]())
    soft_rows = Compiled(soft.prepared.program).rows
    rows = {row[0]: row for name in soft.prepared.parameters.facts["policies"] for row in soft_rows(name)}
    slack = [key for key in soft.prepared.parameters["policy_slack"] if key[1]]
    assert slack
    assert all(rows["policy_limit", *key][4] == [(1.0, None, ("policy_excess", key))] for key in slack)
