"""Members looked at side by side: programmes, certificates, audits and slopes equal those of each member by itself."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.unit.test_sweep_engine import KINDS, MINI, sweep

from peakmix.results.quick_audit import quick_audit
from peakmix.solve.bundle import Bundle
from peakmix.solve.certificate import certify
from peakmix.solve.certificates import certify_many
from peakmix.solve.highs import solve
from peakmix.solve.living import LivingModel
from peakmix.solve.solution import Solution
from peakmix.sweep.engine import Engine

AXES: dict[str, dict[str, Any]] = {
    "mixed": KINDS["mixed"],
    "recipe": KINDS["recipe"] | {"variant": {"field": "demand_variant", "list": ["low", "reference"]}},
    "ratio": KINDS["swap_ratio"],
}


@pytest.fixture(scope="module", params=sorted(AXES))
def engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """A compiled structure whose members differ in costs, right-hand sides and coefficients."""
    base = {"base": MINI} if request.param == "ratio" else {}
    made = sweep(tmp_path_factory.mktemp("side"), AXES[request.param], **base)
    return made.engine(made.plan(), 0)


@pytest.fixture(scope="module")
def bundle(engine: Engine) -> Bundle:
    return Bundle(engine.frame, engine.structure.values[:, engine.placed])


@pytest.fixture(scope="module")
def solutions(bundle: Bundle) -> list[Solution]:
    return [solve(bundle.program(k)) for k in range(len(bundle))]


def stacked(solutions: list[Solution]) -> tuple[np.ndarray[Any, Any], np.ndarray[Any, Any]]:
    return np.array([s.x for s in solutions]).T.copy(), np.array([s.row_dual for s in solutions]).T.copy()


def test_programmes_are_those_of_the_family(bundle: Bundle) -> None:
    """Every touched entry, and with it the whole member, is the number that the family gives."""
    for k in range(len(bundle)):
        member = bundle.program(k)
        for name, touched in bundle.touched.items():
            np.testing.assert_allclose(touched.values[k], getattr(member, name)[touched.places], rtol=1e-15)
        lower, upper = bundle.bounds()
        np.testing.assert_allclose(np.broadcast_to(lower, (lower.shape[0], len(bundle)))[:, k], member.row_lower, rtol=1e-15)
        np.testing.assert_allclose(np.broadcast_to(upper, (upper.shape[0], len(bundle)))[:, k], member.row_upper, rtol=1e-15)
        assert bundle.offset[k] == pytest.approx(member.offset, rel=1e-15)
    assert not bundle.doubtful.any()


def test_a_moved_model_holds_the_member(bundle: Bundle, solutions: list[Solution]) -> None:
    """Forward and backward, single steps and jumps: the optimum is that of a cold solve of the member's own arrays."""
    living = LivingModel(bundle.program(0))
    count = len(bundle)
    for k in [0, count - 1, *range(count), *reversed(range(count))]:
        living.move(bundle, k)
        assert living.run().objective == pytest.approx(solutions[k].objective, rel=1e-10)
    living.move(bundle, 0)
    assert living.move(bundle, 0) == 0
    assert living.program.offset == pytest.approx(bundle.program(0).offset)


@pytest.mark.parametrize("worse", ["", "x", "dual", "objective"])
def test_certificates(bundle: Bundle, solutions: list[Solution], worse: str) -> None:
    """All six measures and the verdict, of good answers and of answers that were spoilt."""
    x, prices = stacked(solutions)
    objective = np.array([s.objective for s in solutions])
    if worse == "x":
        x[:, 1] *= 1.001
    elif worse == "dual":
        prices[:, 1] *= -1.0
    elif worse == "objective":
        objective[1] += 1.0
    found = certify_many(bundle, x, prices, objective, np.array([s.has_basis for s in solutions]))
    for k, solution in enumerate(solutions):
        values = type(solution.require())(x[:, k], prices[:, k], None)
        alone = certify(bundle.program(k), type(solution)(**{**vars(solution), "values": values, "objective": float(objective[k])}))
        for name, measure in alone.measures.items():
            assert found.measures[name][k] == pytest.approx(measure.value, rel=1e-6, abs=1e-13), name
        assert found.passed[k] == alone.passed
        assert found.dual_objective[k] == pytest.approx(alone.dual_objective, rel=1e-12)
    assert bool(found.passed[1]) is (worse == "")


@pytest.mark.parametrize("worse", [False, True])
def test_quick_audits(engine: Engine, bundle: Bundle, solutions: list[Solution], worse: bool) -> None:
    x, _ = stacked(solutions)
    if worse:
        x[:, 1] *= 1.001
    objective = np.array([s.objective for s in solutions])
    values = engine.structure.values
    found = engine.audits.worst(bundle, np.vstack([x, np.ones(len(bundle))]), values, objective)
    for k, solution in enumerate(solutions):
        spoilt = type(solution)(**{**vars(solution), "values": type(solution.require())(x[:, k], solution.row_dual, None)})
        levers = dict(zip(engine.structure.elements, values[k].tolist(), strict=True))
        alone = quick_audit(engine.first.parameters, None, bundle.program(k), spoilt, levers, engine.recount)
        assert found[k] == pytest.approx(alone.worst.value, rel=1e-6, abs=1e-13)
    assert bool(found[1] <= 1e-6) is not worse


def test_slopes(engine: Engine, bundle: Bundle, solutions: list[Solution]) -> None:
    found = bundle.gradients(*stacked(solutions))
    for k, solution in enumerate(solutions):
        alone = engine.family.gradient(solution.x, solution.row_dual)
        np.testing.assert_allclose(found[k], alone, rtol=1e-10, atol=1e-9 * np.abs(alone).max())


def test_numbers_that_no_solver_should_see_are_doubted(engine: Engine, bundle: Bundle) -> None:
    levers = bundle.levers.copy()
    levers[1, 0] = np.nan
    assert Bundle(engine.frame, levers).doubtful.tolist() == [False, True, *[False] * (len(levers) - 2)]
