"""The walk over a Pyomo model: every expression as numbers, linear terms and products, with levers left symbolic.

Levers are Pyomo variables. Neither fixing them nor giving them a value changes the walk, so a coefficient that holds a
lever is never replaced by its present value. Built on pyomo.repn.quadratic; only this module knows Pyomo's walkers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import numpy as np
from pyomo.common.numeric_types import native_types
from pyomo.core.base import ConcreteModel, Constraint, Objective, SortComponents, Var, minimize, value
from pyomo.core.expr.numeric_expr import LinearExpression, MonomialTermExpression, ProductExpression, SumExpression
from pyomo.repn.quadratic import QuadraticRepnVisitor
from pyomo.repn.util import ExprType, OrderedVarRecorder

from peakmix.solve.compile import AFFINE_RULE
from peakmix.solve.program import FloatArray, NameTable, as_tuple, refusal

_Index = tuple[object, ...]
_Dispatcher = type(QuadraticRepnVisitor.before_child_dispatcher)


class _Recorder(OrderedVarRecorder):  # type: ignore[misc]
    """Knows all variables from the start; a variable that turns up later belongs to no active part of the model."""

    def add(self, var: Any) -> None:
        raise refusal(var.name, "this variable is used but is not an active part of the model")


def _evaluates(coefficient: Any) -> bool:
    """Whether a coefficient is a plain number or parameter, free of variables."""
    return coefficient.__class__ in native_types or not coefficient.is_potentially_variable()


class _SymbolicDispatcher(_Dispatcher):  # type: ignore[misc, valid-type]
    """Walks into coefficients that hold variables; the parent class would put in their present value."""

    def __init__(self) -> None:
        super().__init__()
        self[ProductExpression] = self._before_product
        self[SumExpression] = self._before_sum

    @staticmethod
    def _before_monomial(visitor: Any, child: Any) -> Any:
        if not _evaluates(child._args_[0]):
            return True, None
        return _Dispatcher._before_monomial(visitor, child)

    @staticmethod
    def _before_linear(visitor: Any, child: Any) -> Any:
        for term in child.args:
            if term.__class__ is MonomialTermExpression and not _evaluates(term._args_[0]):
                return True, None
        return _Dispatcher._before_linear(visitor, child)

    @staticmethod
    def _before_product(visitor: Any, child: Any) -> Any:
        """Short cut for [number *] lever * variable, by far the commonest product; others take the general way."""
        first, second = child._args_
        factor = 1.0
        if first.__class__ is MonomialTermExpression and first._args_[0].__class__ in native_types:
            factor, first = first._args_
        order = visitor.var_recorder.var_order
        one, two = id(first), id(second)
        if one not in order or two not in order:
            return True, None
        form = visitor.Result()
        form.quadratic = {(one, two) if order[one] < order[two] else (two, one): factor}
        return False, (ExprType.QUADRATIC, form)

    @staticmethod
    def _before_sum(visitor: Any, child: Any) -> Any:
        """Short cut for a sum of numbers, [number *] variable and [number *] lever * variable; others take the general way."""
        form = visitor.Result()
        products: dict[tuple[int, int], float] = {}
        if not _summed(child, visitor.var_recorder.var_order, form, form.linear, products):
            return True, None
        if products:
            form.quadratic = products
        return False, (ExprType.QUADRATIC if products else ExprType.LINEAR, form)


def _summed(child: Any, order: dict[int, int], form: Any, linear: dict[int, float], products: dict[tuple[int, int], float]) -> bool:
    """Add the terms of a sum to a form; False for a sum that holds anything else."""
    for term in child.args:
        kind = term.__class__
        if kind is ProductExpression:
            first, second = term._args_
            factor = 1.0
            if first.__class__ is MonomialTermExpression and first._args_[0].__class__ in native_types:
                factor, first = first._args_
            one, two = id(first), id(second)
            if one not in order or two not in order:
                return False
            pair = (one, two) if order[one] < order[two] else (two, one)
            products[pair] = products.get(pair, 0.0) + factor
        elif kind is MonomialTermExpression:
            factor, variable = term._args_
            one = id(variable)
            if factor.__class__ not in native_types or one not in order:
                return False
            linear[one] = linear.get(one, 0.0) + factor
        elif kind in native_types:
            form.constant += term
        elif kind is SumExpression or kind is LinearExpression:
            if not _summed(term, order, form, linear, products):
                return False
        elif id(term) in order:
            linear[id(term)] = linear.get(id(term), 0.0) + 1.0
        else:
            return False
    return True


class _Walker(QuadraticRepnVisitor):  # type: ignore[misc]
    """Pyomo's quadratic walker with levers never evaluated."""

    before_child_dispatcher = _SymbolicDispatcher()


@dataclass
class Terms:
    """Terms of many expressions, one after the other; variables are still identities (`id`)."""

    constants: list[float] = field(default_factory=list)
    linear_ids: list[int] = field(default_factory=list)
    linear_values: list[float] = field(default_factory=list)
    linear_counts: list[int] = field(default_factory=list)
    product_ids: list[int] = field(default_factory=list)
    "Two for each product."
    product_values: list[float] = field(default_factory=list)
    product_counts: list[int] = field(default_factory=list)

    def add(self, form: Any, name: Callable[[], str]) -> None:
        """Append one walked expression; `name` gives its name if it has to be refused."""
        if form.nonlinear is not None:
            raise refusal(name(), f"not affine in levers times variables: {str(form.nonlinear)[:200]}", AFFINE_RULE)
        self.constants.append(form.constant)
        self.linear_ids.extend(form.linear)
        self.linear_values.extend(form.linear.values())
        self.linear_counts.append(len(form.linear))
        products = form.quadratic
        if products:
            self.product_ids.extend(chain.from_iterable(products))
            self.product_values.extend(products.values())
        self.product_counts.append(len(products) if products else 0)


@dataclass
class Columns:
    """All variables but the levers: names and bounds, shape (n,); a fixed variable's bounds are its value."""

    variables: list[Any]
    names: NameTable
    lower: FloatArray
    upper: FloatArray


class Walk:
    """One walk over a model: the objective, then all active constraints in the order of declaration."""

    def __init__(self, model: ConcreteModel, levers: list[Any]) -> None:
        self.model = model
        self.levers = {id(lever) for lever in levers}
        self.columns = _columns(model, self.levers)
        known = {id(variable): variable for variable in [*self.columns.variables, *levers]}
        self.order: dict[int, int] = {identity: place for place, identity in enumerate(known)}
        recorder = _Recorder(known, self.order, SortComponents.UNSORTED)
        self._walk = _Walker({}, var_recorder=recorder).walk_expression
        self.objective = Terms()
        self.rows = Terms()
        self.lower: list[float] = []
        self.upper: list[float] = []
        self.blocks: list[tuple[str, list[_Index]]] = []
        self.moving: list[tuple[int, int, Terms]] = []

    def run(self) -> None:
        """Walk the objective and every constraint."""
        self.objective.add(self._walk(_objective(self.model).expr), lambda: "objective")
        lower, upper, add, walk = self.lower, self.upper, self.rows.add, self._walk
        for component in self.model.component_objects(Constraint, active=True, descend_into=True):
            members: list[_Index] = []
            self.blocks.append((component.name, members))
            for index, row in component.items():
                if not row.active:
                    continue
                members.append(as_tuple(index))
                try:
                    low, body, high = self._sides(row)
                    low, high = self._bound(low, -1), self._bound(high, 1)
                except (ValueError, TypeError) as error:
                    raise refusal(row.name, str(error)) from error
                lower.append(low)
                upper.append(high)
                add(walk(body), lambda row=row: row.name)  # type: ignore[misc]

    def row_name(self, row: int) -> str:
        """Readable name of a row."""
        return NameTable(self.blocks).text(row)

    def _sides(self, row: Any) -> tuple[Any, Any, Any]:
        """Lower bound, body and upper bound of a row; a side that holds levers only counts as the bound.

        So a row has the same sign, and its dual the same meaning, whether its bound is a number or a lever.
        """
        low, body, high = row.to_bounded_expression()
        expression = row.expr
        if expression.nargs() == 2 and (low is None or low.__class__ is int) and high.__class__ is int and high == 0:
            left, right = expression.args
            if left.__class__ not in native_types and left.is_potentially_variable() and not self._has_columns(left):
                return 0, right - left, None if low is None else 0
        return low, body, high

    def _has_columns(self, expression: Any) -> bool:
        """Whether an expression holds a variable that is not a lever; stops at the first one."""
        waiting = [expression]
        while waiting:
            node = waiting.pop()
            if node.__class__ in native_types:
                continue
            if node.is_expression_type():
                waiting.extend(node.args)
            elif node.is_variable_type() and id(node) not in self.levers:
                return True
        return False

    def _bound(self, bound: Any, side: int) -> float:
        """A bound as a number (side -1 lower, 1 upper); levers in the bound of a ranged row are kept in `moving`."""
        if bound is None:
            return side * float("inf")
        if bound.__class__ in native_types:
            return float(bound)
        if not bound.is_potentially_variable():
            return float(value(bound))
        row, terms = len(self.lower), Terms()
        terms.add(self._walk(bound), lambda: self.row_name(row))
        self.moving.append((row, side, terms))
        return 0.0


def _columns(model: ConcreteModel, levers: set[int]) -> Columns:
    """Find the variables; integer ones are refused."""
    found: list[Any] = []
    blocks: list[tuple[str, list[_Index]]] = []
    lower: list[float] = []
    upper: list[float] = []
    infinite = float("inf")
    for component in model.component_objects(Var, active=True, descend_into=True):
        members: list[_Index] = []
        for index, variable in component.items():
            if id(variable) in levers:
                continue
            if not variable.is_continuous():
                raise refusal(variable.name, "this variable is not continuous; a linear program has no integers")
            try:
                low, high = (variable.value, variable.value) if variable.fixed else variable.bounds
            except ValueError as error:
                raise refusal(variable.name, str(error)) from error
            members.append(as_tuple(index))
            found.append(variable)
            lower.append(-infinite if low is None else low)
            upper.append(infinite if high is None else high)
        blocks.append((component.name, members))
    return Columns(found, NameTable(blocks), np.array(lower, dtype=float), np.array(upper, dtype=float))


def _objective(model: ConcreteModel) -> Any:
    """The one active objective, minimised."""
    found = list(model.component_data_objects(Objective, active=True, descend_into=True))
    if len(found) != 1:
        raise refusal("objective", f"the model has {len(found)} active objectives, it needs exactly one")
    if found[0].sense != minimize:
        raise refusal(found[0].name, "the objective is maximised; peakmix minimises")
    return found[0]
