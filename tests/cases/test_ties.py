"""Ties: of several answers of least cost the declared one is given, whatever solver, order of columns or start found the first.

Two equal works, West and East, of 8 Mt/yr each at 100 CNY/t; the nation wants 10 Mt. Every split from (2, 8) to (8, 2) costs 1000.
Nothing moves between places and nothing is built, so the order of names decides: columns are activity and delivery of each place,
with weights 1 + h(name). A tonne in a place weighs the sum of its two; the place that weighs less makes 8, the other 2.
Prices do not move: a tonne costs 100 wherever it is made.
"""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.cases.kit import Problem, prepared

from peakmix.solve import certificate as certificates
from peakmix.solve import ties
from peakmix.solve.certificate import certify, settled, solve_certified
from peakmix.solve.criteria import criteria, in_tonnes
from peakmix.solve.highs import solve
from peakmix.solve.names import NameTable
from peakmix.solve.program import LinearProgram, Pattern
from peakmix.solve.solution import Solution, SolveOptions

TWO = ("West", "East")
Named = dict[tuple[str, tuple[object, ...]], float]


def equal_works() -> Any:
    problem = Problem(TWO).commodity("steel").demand("steel", 10, place="Land")
    problem.technology("works", "steel", new_build=False, variable_cost=100.0)
    return prepared(problem.stock("works", 8, place="West").stock("works", 8, place="East"), [[2025, 1]])


def chosen(ready: Any, program: LinearProgram | None = None, method: Any = "simplex") -> tuple[Solution, Named]:
    """The tie-broken answer, certified, and its values by name."""
    program = program or ready.program
    options = SolveOptions(method=method, ties=criteria(ready.parameters))
    solution, certificate = solve_certified(program, options)
    assert certificate.passed, certificate.failures()
    assert solution.ties is not None
    assert solution.ties.broken
    return solution, dict(zip(program.cols, solution.x.tolist(), strict=True))


def weight(*parts: object) -> float:
    """1 + h of one column, worked out apart from the program: the first six bytes of BLAKE2b of its name as a fraction."""
    text = "\x1f".join(map(str, parts)).encode()
    return 1 + int(hashlib.blake2b(text, digest_size=6).hexdigest(), 16) / 16**12


def shuffled(program: LinearProgram, seed: int) -> LinearProgram:
    """The same programme with its columns in another order; every component's members are shuffled, and so are components."""
    random = np.random.default_rng(seed)
    blocks, order = [], []
    for name in random.permutation(list(program.cols.components)).tolist():
        span = program.cols.span(name)
        own = random.permutation(np.arange(span.start, span.stop)).tolist()
        blocks.append((name, [program.cols[k][1] for k in own]))
        order += own
    starts = program.pattern.indptr
    taken = [np.arange(starts[k], starts[k + 1]) for k in order]
    entries = np.concatenate(taken)
    indptr = np.concatenate(([0], np.cumsum([len(part) for part in taken]))).astype(np.int32)
    return replace(
        program, cost=program.cost[order], data=program.data[entries],
        pattern=Pattern(indptr, program.pattern.indices[entries], program.pattern.row_count),
        col_lower=program.col_lower[order], col_upper=program.col_upper[order], cols=NameTable(blocks),
    )  # fmt: skip


def test_the_lighter_name_makes_more() -> None:
    """8 Mt where activity and delivery weigh less together; the price of steel stays 100 CNY/t and the cost 1000."""
    solution, value = chosen(ready := equal_works())
    weighs = {p: weight("activity", p, "works", "all", 2025) + weight("delivery", "Land", "steel", p, 2025) for p in TWO}
    light, heavy = sorted(TWO, key=weighs.__getitem__)
    assert value["activity", (light, "works", "all", 2025)] == pytest.approx(8)
    assert value["activity", (heavy, "works", "all", 2025)] == pytest.approx(2)
    assert solution.objective == pytest.approx(1000, rel=1e-12)
    rows = ready.program.rows
    price = solution.row_dual[rows.span("pooled_demand_met")]
    assert price == pytest.approx([100])
    assert solution.ties is not None
    assert solution.ties.unique is False
    assert solution.ties.free == {"activity": 2, "delivery": 2}


@pytest.mark.parametrize("method", ["simplex", "interior"])
def test_one_answer_from_every_solver_and_order_of_columns(method: str) -> None:
    ready = equal_works()
    _, expected = chosen(ready)
    for seed in range(4):
        _, found = chosen(ready, shuffled(ready.program, seed), method)
        assert found == pytest.approx(expected, abs=1e-9)


def test_one_answer_from_both_ends() -> None:
    """Started from either corner of the tie, with the duals that hold in both, the same answer comes out."""
    ready = equal_works()
    program = ready.program
    _, expected = chosen(ready)
    for sign in (1.0, -1.0):
        tilted = replace(program, cost=program.cost + sign * 1e-3 * np.array([name[1][:1] == ("West",) for name in program.cols]))
        corner = solve(tilted)
        first = replace(corner, objective=float(program.cost @ corner.x) + program.offset)
        true = solve(program, basis=corner.basis)
        first = replace(first, values=replace(first.require(), row_dual=true.row_dual, program=program))
        options = SolveOptions(ties=criteria(ready.parameters))
        broken, _ = settled(program, first, certify(program, first), options)
        assert dict(zip(program.cols, broken.x.tolist(), strict=True)) == pytest.approx(expected, abs=1e-9)


def ore(home: float, stock: float = 20.0, freight: float = 0.0) -> Any:
    """Ore at 10 CNY/t in West, at ``home`` in East, where 9 Mt are used; the road of 400 km costs ``freight`` a tkm."""
    problem = Problem(TWO).commodity("steel").commodity("ore", "intermediate").demand("steel", 9, place="East")
    problem.technology("furnace", "steel", inputs={"ore": 1.0}, new_build=False).stock("furnace", stock, place="East")
    problem.market("cheap", "ore", 10.0, place="West").market("near", "ore", home, place="East")
    return prepared(problem.road("ore", "West", "East", 400.0, freight), [[2025, 1]])


def test_nothing_is_moved_for_nothing() -> None:
    """Equally dear ore is bought at home, 9 Mt; a hundredth of a yuan cheaper, it is moved: cost goes before movement.

    20 Mt stand for 9: closing some early would cost nothing, and is a change that is not made.
    """
    for home, bought in ((10.0, 9.0), (10.01, 0.0)):
        _, value = chosen(ore(home))
        assert value["market_volume", ("East", "near", 2025)] == pytest.approx(bought, abs=1e-9)
        assert value["trade", ("ore", "West", "East", 2025)] == pytest.approx(9 - bought, abs=1e-9)
        assert sum(x for (name, _), x in value.items() if name == "early_retirement") == pytest.approx(0, abs=1e-9)


def test_a_single_optimum_is_left_and_known() -> None:
    """Ore at 20 CNY/t at home, 11 from West, and 9 Mt of furnaces that are all needed: one answer, all ore comes from West.

    On a road without cost ore could go round in a circle, which is another answer of least cost.
    """
    solution, value = chosen(ore(20.0, stock=9.0, freight=0.0025))
    assert value["trade", ("ore", "West", "East", 2025)] == pytest.approx(9)
    assert solution.ties is not None
    assert (solution.ties.unique, solution.ties.moved) == (True, 0)


def test_ties_without_end_are_told() -> None:
    """x + y >= 1 at cost 0 for y: y may be anything above 1, so least weight makes it 1, and the optimum is not unique."""
    program = LinearProgram.from_dense([1, 0], [[1, 1]], [(1, np.inf)], [(0, np.inf), (0, np.inf)])
    solution, certificate = solve_certified(program, SolveOptions(ties=()))
    assert certificate.passed
    assert solution.x.tolist() == pytest.approx([0, 1])
    assert solution.ties is not None
    assert solution.ties.unique is False


def test_uniqueness_from_prices() -> None:
    """Where all that is outside the basis has a price there is no tie; where something has none, nothing is known."""
    sure = LinearProgram.from_dense([1, 2], [[1, 1]], [(1, np.inf)], [(0, np.inf), (0, np.inf)])
    tied = replace(sure, cost=np.array([1.0, 1.0]))
    assert ties.surely_unique(sure, solve(sure)) is True
    assert ties.surely_unique(tied, solve(tied)) is None


def test_a_choice_that_fails_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the chosen answer cannot be certified the first one stays, and says so."""
    ready = equal_works()
    first = solve(ready.program)
    monkeypatch.setattr(ties, "DRIFT", -1.0)
    solution, certificate = solve_certified(ready.program, SolveOptions(ties=criteria(ready.parameters)))
    assert certificate.passed
    assert solution.ties is not None
    assert (solution.ties.broken, solution.ties.unique) == (False, None)
    assert "cost would change" in solution.ties.reason
    assert solution.objective == pytest.approx(first.objective, rel=1e-12)
    monkeypatch.undo()
    monkeypatch.setattr(certificates, "break_ties", lambda program, found, *_: _spoilt(found))
    solution, _ = solve_certified(ready.program, SolveOptions(ties=()))
    assert solution.ties is not None
    assert solution.ties.reason == "the chosen answer fails the certificate"


def _spoilt(found: Solution) -> Solution:
    """An answer that claims to be chosen and meets no row."""
    done = ties.Ties(True, False, (), 1, {}, 0.0, 0)
    return replace(found, values=replace(found.require(), x=found.x + 1.0), ties=done)


def test_energy_counts_as_coal() -> None:
    """A GJ weighs 1/29.3076 t of coal equivalent, a MWh 3.6 of them; what is neither mass nor energy weighs 1."""
    assert [in_tonnes(unit) for unit in ("t", "GJ", "MWh", "m2")] == pytest.approx([1, 1 / 29.3076, 3.6 / 29.3076, 1])
