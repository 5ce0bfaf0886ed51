"""Affine families: members equal fresh builds, gradients equal differences, files survive and are checked."""

import random

import numpy as np
import pyomo.environ as pyo
import pytest

from peakmix.foundation.errors import InfeasibleError, InputError
from peakmix.solve.compile import compile_model
from peakmix.solve.family import AffineFamily
from peakmix.solve.highs import solve
from peakmix.solve.program import LinearProgram, NameTable, coefficient_ranges

TECHNOLOGIES, PERIODS = range(4), range(3)


def base_levers(seed=1):
    rng = random.Random(seed)
    values = {("fuel", k, t): 20 + 10 * rng.random() for k in TECHNOLOGIES for t in PERIODS}
    values |= {("emission", k, t): 2.5 - 0.5 * k - 0.1 * rng.random() for k in TECHNOLOGIES for t in PERIODS}
    values |= {("saving", k, 0): 0.1 * rng.random() for k in TECHNOLOGIES}
    values |= {("tax", 0, t): 5.0 + t for t in PERIODS}
    values |= {("demand", 0, t): 10.0 + t for t in PERIODS}
    values |= {("cap", 0, t): 22.0 - 3 * t for t in PERIODS}
    return values


def build(values, symbolic):
    """A small pathway model; coefficients are sums of several levers, some times a number, some in two rows."""
    model = pyo.ConcreteModel()
    cells = [(k, t) for k in TECHNOLOGIES for t in PERIODS]
    model.activity = pyo.Var(cells, bounds=(0, None))
    model.build = pyo.Var(cells, bounds=(0, 6))
    model.over = pyo.Var(list(PERIODS), bounds=(0, None))
    if symbolic:
        model.lever = pyo.Var(list(values))
        for key, value in values.items():
            model.lever[key].set_value(value)
        values = model.lever
    model.stock = pyo.Constraint(
        cells, rule=lambda m, k, t: m.activity[k, t] <= (8 - 2 * k) + sum(m.build[k, s] for s in range(t + 1))
    )
    model.demand = pyo.Constraint(
        list(PERIODS), rule=lambda m, t: sum(m.activity[k, t] for k in TECHNOLOGIES) == values["demand", 0, t]
    )
    model.cap = pyo.Constraint(
        list(PERIODS),
        rule=lambda m, t: (
            sum((values["emission", k, t] - 2 * values["saving", k, 0]) * m.activity[k, t] for k in TECHNOLOGIES)
            - m.over[t]
            <= values["cap", 0, t] - values["saving", 0, 0]
        ),
    )
    model.cost = pyo.Objective(
        expr=sum((values["fuel", k, t] + 3 * values["tax", 0, t]) * model.activity[k, t] for k, t in cells)
        + sum((12 + 15 * k) * model.build[k, t] for k, t in cells)
        + sum(500 * model.over[t] + 2 * values["tax", 0, t] for t in PERIODS)
    )  # fmt: skip
    return model


@pytest.fixture(scope="module")
def family():
    return compile_model(build(base_levers(), symbolic=True))


def moved(family, rng, size=0.2):
    return family.lever_base * (1 + size * (2 * rng.random(len(family.levers)) - 1))


def same_program(one, other, tolerance=1e-12):
    assert one.shape == other.shape
    dense = [np.zeros(one.shape), np.zeros(one.shape)]
    for matrix, program in zip(dense, (one, other), strict=True):
        matrix[program.pattern.indices, program.pattern.columns] = program.data
    np.testing.assert_allclose(dense[0], dense[1], rtol=tolerance, atol=tolerance)
    for name in ("cost", "row_lower", "row_upper", "col_lower", "col_upper", "offset"):
        np.testing.assert_allclose(getattr(one, name), getattr(other, name), rtol=tolerance, atol=tolerance)
    assert list(one.rows) == list(other.rows)
    assert list(one.cols) == list(other.cols)


def test_members_equal_fresh_builds(family):
    rng = np.random.default_rng(7)
    keys = [index for _, index in family.levers]
    for _ in range(12):
        values = moved(family, rng)
        member = family.at(values)
        fresh = compile_model(build(dict(zip(keys, values.tolist(), strict=True)), symbolic=False)).at()
        same_program(member, fresh)
        assert solve(member).objective == pytest.approx(solve(fresh).objective, rel=1e-10)


def test_untouched_arrays_are_shared_between_members(family):
    one, other = family.at(), family.at(family.lever_base * 1.01)
    assert one.pattern is other.pattern
    assert one.col_upper is other.col_upper


def test_gradient_equals_central_differences(family):
    rng = np.random.default_rng(3)
    values = moved(family, rng, 0.05)
    answer = solve(family.at(values))
    gradient = family.gradient(answer.x, answer.row_dual)
    for k in range(len(values)):
        step = np.zeros(len(values))
        step[k] = 1e-5 * abs(values[k])
        slope = (solve(family.at(values + step)).objective - solve(family.at(values - step)).objective) / (2 * step[k])
        assert gradient[k] == pytest.approx(slope, rel=1e-5, abs=1e-4), family.levers.text(k)


def test_save_and_load(family, tmp_path):
    path = tmp_path / "family.npz"
    family.save(path, key="model 1")
    again = AffineFamily.load(path, key="model 1")
    values = moved(family, np.random.default_rng(5))
    same_program(family.at(values), again.at(values), 0.0)
    assert list(again.levers) == list(family.levers)
    np.testing.assert_array_equal(again.lever_base, family.lever_base)
    assert family.save(tmp_path / "second.npz") == again.save(tmp_path / "third.npz")
    assert [file.name for file in tmp_path.iterdir() if file.name.startswith(".")] == []


def test_a_wrong_cut_or_altered_file_is_refused(family, tmp_path):
    path = tmp_path / "family.npz"
    family.save(path, key="model 1")
    with pytest.raises(InputError, match="other inputs"):
        AffineFamily.load(path, key="model 2")
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="not a compiled family"):
        AffineFamily.load(path)
    path.write_bytes(whole)
    with np.load(path) as file:
        arrays = {name: file[name] for name in file.files}
    arrays["cost"] = arrays["cost"] * 2
    np.savez(path, **arrays)
    with pytest.raises(InputError, match="altered"):
        AffineFamily.load(path)
    with pytest.raises(InputError, match="not a compiled family"):
        AffineFamily.load(tmp_path / "absent.npz")


def test_bad_lever_values_are_refused(family):
    with pytest.raises(InputError, match="levers"):
        family.at(np.ones(3))
    values = family.lever_base.copy()
    values[4] = np.nan
    with pytest.raises(InputError, match=r"lever\[fuel,1,1\]"):
        family.at(values)
    values[4] = 1e30
    with pytest.raises(InputError, match=r"activity\[1,1\]"):
        family.at(values)


def test_a_member_whose_bounds_cross_is_named():
    model = pyo.ConcreteModel()
    model.x = pyo.Var()
    model.lever = pyo.Var([1], initialize=1.0)
    model.lever.fix()
    model.row = pyo.Constraint(expr=pyo.inequality(model.lever[1], model.x, 2))
    model.cost = pyo.Objective(expr=model.x)
    family = compile_model(model)
    with pytest.raises(InfeasibleError, match="row"):
        family.at(np.array([3.0]))


def test_rounding_noise_becomes_zero():
    model = pyo.ConcreteModel()
    model.x = pyo.Var(bounds=(0, None))
    model.lever = pyo.Var([1], initialize=1.0)
    model.row = pyo.Constraint(expr=(0.3 - model.lever[1]) * model.x <= 1)
    model.cost = pyo.Objective(expr=model.x)
    assert compile_model(model).at(np.array([0.1 + 0.2])).data.tolist() == [0.0]


def test_name_table_round_trip_keeps_types():
    names = NameTable([("balance", [("钢", 2025), (1.5, True), ("a", None)]), ("empty", []), ("total", [()])])
    again = NameTable.decode(*names.encode())
    assert list(again) == list(names)
    assert [list(map(type, index)) for _, index in again] == [list(map(type, index)) for _, index in names]
    assert again[-1] == ("total", ())
    assert again[0:2] == names[0:2]
    assert again.indices("empty") == []
    with pytest.raises(KeyError):
        again.span("absent")
    with pytest.raises(IndexError):
        again[4]
    assert list(again.extended("more", [(9,)]))[-1] == ("more", (9,))


def test_ranges_report_ignored_entries():
    program = LinearProgram.from_dense([1, 50], [[1e-10, 2], [0, 300]], [(0, 5), (-np.inf, 7)], [(0, np.inf)] * 2)
    ranges = coefficient_ranges(program)
    assert ranges.cost == (1.0, 50.0)
    assert ranges.matrix == (1e-10, 300.0)
    assert ranges.row_bounds == (5.0, 7.0)
    assert ranges.ignored == 1
    assert "row[0] x col[0] = 1e-10" in "\n".join(ranges.lines())
