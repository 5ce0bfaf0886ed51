"""From a Pyomo model to an affine family, in one pass over the expressions.

Levers are Pyomo variables that stand for derived elements. During the walk they are symbols, so that each coefficient
comes out exactly as a base number plus a sum of slope times lever:

    x           -> base entry            lever * x  -> slope of an entry (or of a cost)
    constant    -> row bounds            lever      -> slope of the row bounds (or of the offset)

Anything else is refused with the name of the row. Source: design section 5.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from peakmix.foundation.collecting import collecting_paused
from peakmix.solve.family import AffineFamily, Slopes
from peakmix.solve.program import FloatArray, IntArray, LinearProgram, NameTable, Pattern, as_tuple, refusal, weighted_count

if TYPE_CHECKING:
    from pyomo.core.base import ConcreteModel

    from peakmix.solve.walk import Terms, Walk

__all__ = ["AffineFamily", "LinearProgram", "compile_model"]


AFFINE_RULE = "a term is a number, a variable, a lever, or one lever times one variable"


@dataclass(frozen=True)
class _Resolved:
    """Terms as arrays; `row` counts expressions.

    constant (expressions); lever_* a lever alone; row, column, value a variable; product_* a lever times a variable.
    """

    constant: FloatArray
    lever_row: IntArray
    lever: IntArray
    lever_value: FloatArray
    row: IntArray
    column: IntArray
    value: FloatArray
    product_row: IntArray
    product_column: IntArray
    product_lever: IntArray
    product_value: FloatArray


def _numbers(values: Sequence[Any], owners: IntArray | None, name: Callable[[int], str]) -> FloatArray:
    """Values as floats; a value that is no number raises InputError with the name of its expression."""
    try:
        return np.array(values, dtype=np.float64)
    except (TypeError, ValueError):
        for place, entry in enumerate(values):
            if not isinstance(entry, (int, float, np.integer, np.floating)):
                owner = name(int(owners[place]) if owners is not None else place)
                raise refusal(owner, f"holds a value that is no number: {getattr(entry, 'value', entry)!r}") from None
        raise


def _resolve(terms: Terms, order: dict[int, int], columns: int, name: Callable[[int], str]) -> _Resolved:
    """Turn identities into column and lever numbers; refuse products other than lever times variable."""
    count = np.arange(len(terms.constants), dtype=np.int32)
    row = np.repeat(count, terms.linear_counts)
    position = np.fromiter(map(order.__getitem__, terms.linear_ids), np.int32, len(terms.linear_ids))
    numbers = _numbers(terms.linear_values, row, name)
    alone = position >= columns
    product_row = np.repeat(count, terms.product_counts)
    pairs = np.fromiter(map(order.__getitem__, terms.product_ids), np.int32, len(terms.product_ids))
    first, second = pairs[::2], pairs[1::2]
    wrong = (first >= columns) | (second < columns)
    if wrong.any():
        place = int(np.argmax(wrong))
        kind = "two levers" if first[place] >= columns else "two variables"
        raise refusal(name(int(product_row[place])), f"multiplies {kind}", AFFINE_RULE)
    return _Resolved(
        constant=_numbers(terms.constants, None, name),
        lever_row=row[alone],
        lever=position[alone] - np.int32(columns),
        lever_value=numbers[alone],
        row=row[~alone],
        column=position[~alone],
        value=numbers[~alone],
        product_row=product_row,
        product_column=first,
        product_lever=second - np.int32(columns),
        product_value=_numbers(terms.product_values, product_row, name),
    )


def _matrix(body: _Resolved, rows: int, columns: int) -> tuple[Pattern, FloatArray, Slopes]:
    """A by columns over the union of base entries and lever entries, with the slopes of the latter."""
    base = body.column.astype(np.int64) * rows + body.row
    moved = body.product_column.astype(np.int64) * rows + body.product_row
    slots, place = np.unique(np.concatenate((base, moved)), return_inverse=True)
    data = weighted_count(place[: len(base)], body.value, len(slots))
    indptr = np.searchsorted(slots, np.arange(columns + 1, dtype=np.int64) * rows).astype(np.int32)
    pattern = Pattern(indptr, (slots % max(rows, 1)).astype(np.int32), rows)
    return pattern, data, Slopes(place[len(base) :].astype(np.int32), body.product_lever, body.product_value)


def _bounds(walk: Walk, body: _Resolved, columns: int, side: int) -> tuple[FloatArray, Slopes]:
    """Row bounds of one side (-1 lower, 1 upper), with slopes: what a body adds to its variables changes sides."""
    array = _numbers(walk.lower if side < 0 else walk.upper, None, walk.row_name) - body.constant
    target, lever, slope = [body.lever_row], [body.lever], [-body.lever_value]
    for row, moving_side, terms in walk.moving:
        if moving_side != side:
            continue
        name = walk.row_name(row)
        form = _resolve(terms, walk.order, columns, lambda _, name=name: name)  # type: ignore[misc]
        if len(form.row) or len(form.product_row):
            raise refusal(name, "has a variable in its bound")
        array[row] += form.constant[0]
        target.append(np.full(len(form.lever), row, dtype=np.int32))
        lever.append(form.lever)
        slope.append(form.lever_value)
    targets, levers, slopes = np.concatenate(target), np.concatenate(lever), np.concatenate(slope)
    closed = np.isfinite(array[targets])
    return array, Slopes(targets[closed], levers[closed], slopes[closed])


def _lever_names(levers: Sequence[Any]) -> NameTable:
    """Names of the levers in the order given."""
    blocks: list[tuple[str, list[tuple[object, ...]]]] = []
    last: Any = None
    for lever in levers:
        component = lever.parent_component()
        if component is not last:
            last = component
            if not blocks or blocks[-1][0] != component.name:
                blocks.append((component.name, []))
        blocks[-1][1].append(as_tuple(lever.index()))
    return NameTable(blocks)


def _refuse_idle(names: NameTable, used: Iterable[IntArray], values: FloatArray) -> None:
    """Every lever has a value and at least one derivative; otherwise its dependence was lost on the way."""
    seen = np.zeros(len(names), dtype=bool)
    for levers in used:
        seen[levers] = True
    for bad, what in ((~seen, "moves nothing in the model"), (~np.isfinite(values), "has no finite value")):
        if bad.any():
            raise refusal(
                names.text(int(np.argmax(bad))),
                f"this lever {what} ({int(bad.sum())} such levers)",
                "leave it out of the levers, or use it in the formulation",
            )


def compile_model(model: ConcreteModel, levers: Sequence[Any] | None = None) -> AffineFamily:
    """Compile a Pyomo model once into an affine family; the model is not changed.

    levers: variables kept symbolic (an indexed Var or a list of its members); by default those of `model.lever`.
    Rows and columns keep the order of declaration; variables that no row uses stay as empty columns. A row with
    variables on one side only keeps their signs, whether the other side is a number or levers; with variables on both
    sides it reads `smaller - larger <= 0`, an equation `left - right == 0`.
    Raises InputError (not affine, not finite, idle lever, outside variable), InfeasibleError (constant row broken).
    """
    given: Any = model.component("lever") if levers is None else levers
    chosen = list(given.values()) if hasattr(given, "values") else list(given or ())
    with collecting_paused():
        return _compiled(model, chosen)


def _compiled(model: ConcreteModel, chosen: list[Any]) -> AffineFamily:
    """The family of a model with these levers."""
    from peakmix.solve.walk import Walk

    walk = Walk(model, chosen)
    walk.run()
    columns = walk.columns
    count = len(columns.variables)
    goal = _resolve(walk.objective, walk.order, count, lambda _: "objective")
    body = _resolve(walk.rows, walk.order, count, walk.row_name)
    pattern, data, matrix_slopes = _matrix(body, len(walk.lower), count)
    (row_lower, lower_slopes), (row_upper, upper_slopes) = (_bounds(walk, body, count, side) for side in (-1, 1))
    base = LinearProgram(
        cost=weighted_count(goal.column, goal.value, count),
        offset=float(goal.constant[0]),
        pattern=pattern,
        data=data,
        row_lower=row_lower,
        row_upper=row_upper,
        col_lower=columns.lower,
        col_upper=columns.upper,
        rows=NameTable(walk.blocks),
        cols=columns.names,
    )
    cost_slopes = Slopes(goal.product_column, goal.product_lever, goal.product_value)
    slopes = {"cost": cost_slopes, "data": matrix_slopes, "row_lower": lower_slopes, "row_upper": upper_slopes}
    names, values = _lever_names(chosen), _numbers([lever.value for lever in chosen], None, lambda i: chosen[i].name)
    _refuse_idle(names, [goal.lever, *(part.lever for part in slopes.values())], values)
    offsets = weighted_count(goal.lever, goal.lever_value, len(chosen))
    family = AffineFamily(base, slopes, offsets, names, values)
    family.at()
    return family
