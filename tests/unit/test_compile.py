"""Compilation of Pyomo models: exact arrays, levers as symbols, and refusals that name the culprit."""

import math

import numpy as np
import pyomo.environ as pyo
import pytest

from peakmix.foundation.errors import InfeasibleError, InputError
from peakmix.solve.compile import compile_model


def small_model() -> pyo.ConcreteModel:
    model = pyo.ConcreteModel()
    model.activity = pyo.Var(["kiln", "furnace"], bounds=(0, None))
    model.stock = pyo.Var(bounds=(None, 8))
    model.idle = pyo.Var([1, 2])
    model.lever = pyo.Var(["price", "rate", "cap"])
    for name, value in {"price": 3.0, "rate": 0.5, "cap": 10.0}.items():
        model.lever[name].set_value(value)
    return model


def dense(program):
    result = np.zeros(program.shape)
    result[program.pattern.indices, program.pattern.columns] = program.data
    return result


def test_arrays_names_and_bounds():
    model = small_model()
    kiln, furnace, lever = model.activity["kiln"], model.activity["furnace"], model.lever
    model.demand = pyo.Constraint(["a"], rule=lambda m, i: kiln + 2 * furnace + 1 >= 5)
    model.cap = pyo.Constraint(expr=lever["rate"] * (kiln - 2 * furnace) + model.stock <= 2 * lever["cap"] - 1)
    model.band = pyo.Constraint(expr=pyo.inequality(-1, model.stock - kiln, 4))
    model.equal = pyo.Constraint(expr=furnace + kiln == model.stock)
    model.cost = pyo.Objective(expr=lever["price"] * kiln + 7 * furnace + 4 * lever["cap"] + 100)
    family = compile_model(model)
    program = family.at()
    assert list(family.rows) == [("demand", ("a",)), ("cap", ()), ("band", ()), ("equal", ())]
    assert list(family.cols) == [
        ("activity", ("kiln",)), ("activity", ("furnace",)), ("stock", ()), ("idle", (1,)), ("idle", (2,)),
    ]  # fmt: skip
    assert [name for name, _ in family.levers] == ["lever"] * 3
    np.testing.assert_array_equal(
        dense(program), [[1, 2, 0, 0, 0], [0.5, -1, 1, 0, 0], [-1, 0, 1, 0, 0], [1, 1, -1, 0, 0]]
    )
    np.testing.assert_array_equal(program.row_lower, [4, -np.inf, -1, 0])
    np.testing.assert_array_equal(program.row_upper, [np.inf, 19, 4, 0])
    np.testing.assert_array_equal(program.cost, [3, 7, 0, 0, 0])
    assert program.offset == 140
    np.testing.assert_array_equal(program.col_lower, [0, 0, -np.inf, -np.inf, -np.inf])
    np.testing.assert_array_equal(program.col_upper, [np.inf, np.inf, 8, np.inf, np.inf])
    assert family.cols.text(0) == "activity[kiln]"
    assert family.cols.span("idle") == slice(3, 5)


def test_a_sum_of_every_kind_of_term():
    """Numbers, variables, products with and without a factor, terms that meet again, sums within sums: one row."""
    model = small_model()
    kiln, furnace, lever, stock = model.activity["kiln"], model.activity["furnace"], model.lever, model.stock
    inner = sum([lever["rate"] * kiln, 2 * furnace, 1.5 * lever["cap"] * stock])
    terms = [3, kiln, lever["rate"] * kiln, 2 * lever["price"] * kiln, -4 * furnace, lever["cap"] * 5, inner, kiln, -inner + stock]
    model.row = pyo.Constraint(expr=sum(terms) >= 1)
    model.cost = pyo.Objective(expr=kiln * lever["price"] + kiln * lever["rate"] + 2)
    family = compile_model(model)
    program = family.at()
    np.testing.assert_allclose(dense(program)[0], [2 + 0.5 + 2 * 3.0, -4.0, 1.0, 0.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(program.row_lower, [1 - 3 - 5 * 10.0])
    np.testing.assert_allclose(program.cost, [3.5, 0, 0, 0, 0])
    moved = family.at(np.array([1.0, 2.0, 4.0]))
    np.testing.assert_allclose(dense(moved)[0], [2 + 2.0 + 2 * 1.0, -4.0, 1.0, 0.0, 0.0], atol=1e-12)
    np.testing.assert_allclose(moved.row_lower, [1 - 3 - 5 * 4.0])


@pytest.mark.parametrize("fixed", [True, False])
def test_levers_stay_symbolic_however_they_are_written(fixed):
    """Fixed levers, sums of levers, nested factors and LinearExpression must not be evaluated on the way."""
    model = small_model()
    if fixed:
        model.lever.fix()
    kiln, stock, lever = model.activity["kiln"], model.stock, model.lever
    from pyomo.core.expr.numeric_expr import LinearExpression, MonomialTermExpression

    listed = LinearExpression([MonomialTermExpression((lever["rate"], kiln)), MonomialTermExpression((2.0, stock))])
    model.share = pyo.Expression(expr=lever["price"] * kiln + lever["rate"])
    model.one = pyo.Constraint(expr=listed <= lever["cap"])
    model.two = pyo.Constraint(expr=2 * ((lever["price"] + 3 * lever["rate"] - 1) / 4 * (kiln + stock)) >= -model.share)
    model.cost = pyo.Objective(expr=kiln)
    family = compile_model(model)
    values = np.array([2.0, 0.25, 6.0])
    program = family.at(values)
    factor = 2 * (2.0 + 0.75 - 1) / 4
    np.testing.assert_allclose(dense(program)[:, [0, 2]], [[0.25, 2.0], [-factor - 2.0, -factor]], rtol=1e-15)
    np.testing.assert_allclose(program.row_upper, [6.0, 0.25])
    assert model.lever["rate"].fixed is fixed


def test_levers_in_the_bounds_of_a_ranged_row():
    model = small_model()
    model.lever.fix()
    body = model.stock + model.lever["price"]
    model.row = pyo.Constraint(expr=pyo.inequality(model.lever["rate"] * 2, body, model.lever["cap"] + 1))
    model.cost = pyo.Objective(expr=model.stock)
    program = compile_model(model).at(np.array([1.0, 2.0, 3.0]))
    assert (program.row_lower[0], program.row_upper[0]) == (3.0, 3.0)


@pytest.mark.parametrize("symbolic", [True, False])
def test_a_row_keeps_its_sign_whether_its_bound_is_a_number_or_a_lever(symbolic):
    model = small_model()
    total = model.activity["kiln"] + model.stock
    bound = model.lever["cap"] + 1 if symbolic else 11.0
    model.least = pyo.Constraint(expr=total >= bound)
    model.most = pyo.Constraint(expr=total <= bound)
    model.least_turned = pyo.Constraint(expr=bound <= total)
    model.equal = pyo.Constraint(expr=total == bound)
    model.equal_turned = pyo.Constraint(expr=bound == total)
    model.cost = pyo.Objective(expr=model.stock)
    program = compile_model(model, [model.lever["cap"]] if symbolic else []).at()
    assert (dense(program)[:, [0, 2]] == 1.0).all()
    np.testing.assert_array_equal(program.row_lower, [11, -np.inf, 11, 11, 11])
    np.testing.assert_array_equal(program.row_upper, [np.inf, 11, np.inf, 11, 11])


def test_a_coefficient_that_passes_zero_keeps_its_slot():
    model = small_model()
    model.row = pyo.Constraint(expr=(model.lever["rate"] - 0.5) * model.stock <= model.lever["cap"])
    model.cost = pyo.Objective(expr=model.stock * model.lever["price"])
    family = compile_model(model)
    assert family.at().data.tolist() == [0.0]
    assert family.at(np.array([1.0, 0.75, 1.0])).data.tolist() == [0.25]


def test_a_fixed_variable_is_a_column_with_equal_bounds():
    model = small_model()
    model.activity["kiln"].fix(2.5)
    model.row = pyo.Constraint(expr=model.activity["kiln"] + model.stock >= 1)
    model.cost = pyo.Objective(expr=model.stock)
    program = compile_model(model, levers=[]).at()
    assert (program.col_lower[0], program.col_upper[0]) == (2.5, 2.5)
    assert dense(program)[0, 0] == 1.0


def refused(model, *words, levers=None, error=InputError):
    with pytest.raises(error) as caught:
        compile_model(model, levers)
    for word in words:
        assert word in str(caught.value)


def with_row(expression, cost=None):
    model = small_model()
    model.row = pyo.Constraint(["x"], rule=lambda m, i: expression(m))
    model.cost = pyo.Objective(expr=cost(model) if cost else model.stock)
    return model


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        (lambda m: m.lever["rate"] * m.lever["cap"] * m.stock <= 1, ("row[x]", "affine")),
        (lambda m: m.lever["rate"] * m.lever["cap"] + m.stock <= 1, ("row[x]", "two levers")),
        (lambda m: m.lever["rate"] ** 2 + m.stock <= 1, ("row[x]", "two levers")),
        (lambda m: m.stock * m.activity["kiln"] <= 1, ("row[x]", "two variables")),
        (lambda m: pyo.exp(m.lever["rate"]) * m.stock <= 1, ("row[x]", "affine")),
        (lambda m: m.stock / m.lever["rate"] <= 1, ("row[x]", "affine")),
    ],
)
def test_terms_that_are_not_affine_are_refused_by_row(expression, words):
    refused(with_row(expression), *words)


@pytest.mark.parametrize("number", [math.nan, math.inf, 1e16])
def test_bad_coefficients_are_refused_by_row_and_column(number):
    refused(with_row(lambda m: number * m.activity["kiln"] + m.stock <= 1), "row[x]", "kiln", levers=[])


def test_bad_right_hand_sides_bounds_and_costs_are_refused():
    missing = float("nan")
    refused(with_row(lambda m: m.stock <= missing), "row[x]", levers=[])
    refused(with_row(lambda m: m.stock >= 0, lambda m: math.nan * m.activity["kiln"]), "activity[kiln]", levers=[])
    refused(with_row(lambda m: m.stock >= 0, lambda m: m.stock + math.inf), "objective", levers=[])
    model = with_row(lambda m: m.stock >= 0)
    model.stock.setub(math.nan)
    refused(model, "stock", levers=[])


def test_a_parameter_without_a_number_is_refused_by_row():
    model = small_model()
    model.factor = pyo.Param(mutable=True, initialize=1.0)
    model.row = pyo.Constraint(["x"], rule=lambda m, i: m.factor * m.stock + m.factor <= 1)
    model.cost = pyo.Objective(expr=model.stock)
    model.factor.set_value(math.nan)
    refused(model, "row[x]", levers=[])


def test_an_idle_lever_is_refused_by_name():
    model = with_row(lambda m: m.lever["rate"] * m.stock <= m.lever["cap"])
    refused(model, "lever[price]", "moves nothing")


def test_a_lever_without_a_value_is_refused_by_name():
    model = with_row(lambda m: m.lever["rate"] * m.stock <= m.lever["cap"] * 2 + m.lever["price"])
    model.lever["cap"].set_value(None)
    refused(model, "lever[cap]")


def test_models_that_are_no_minimisation_over_reals_are_refused():
    model = with_row(lambda m: m.stock <= 1)
    model.second = pyo.Objective(expr=model.stock)
    refused(model, "2 active objectives", levers=[])
    model.del_component("second")
    model.cost.sense = pyo.maximize
    refused(model, "maximised", levers=[])
    model.cost.sense = pyo.minimize
    model.switch = pyo.Var(domain=pyo.Binary)
    refused(model, "switch", "not continuous", levers=[])


def test_a_variable_from_elsewhere_is_refused_by_name():
    other = small_model()
    refused(with_row(lambda m: other.activity["kiln"] <= 1), "activity[kiln]", "not an active part", levers=[])


def test_constant_rows_are_checked_not_dropped():
    good = with_row(lambda m: 0 * m.stock <= 5)
    assert compile_model(good, []).at().shape == (1, 8)
    refused(with_row(lambda m: 0 * m.stock >= 5), "row[x]", "5 <= 0", levers=[], error=InfeasibleError)


def test_crossing_bounds_are_named():
    model = small_model()
    model.least = pyo.Param(mutable=True, initialize=3)
    model.row = pyo.Constraint(["x"], rule=lambda m, i: pyo.inequality(m.least, m.stock, 2))
    model.cost = pyo.Objective(expr=model.stock)
    refused(model, "row[x]", "at least 3", levers=[], error=InfeasibleError)


def test_deactivated_rows_are_left_out_and_the_model_is_not_changed():
    model = with_row(lambda m: m.stock <= 1)
    model.more = pyo.Constraint([1, 2], rule=lambda m, i: m.stock >= -i)
    model.more[1].deactivate()
    family = compile_model(model, [])
    assert list(family.rows) == [("row", ("x",)), ("more", (2,))]
    assert not any(variable.fixed for variable in model.component_data_objects(pyo.Var))
