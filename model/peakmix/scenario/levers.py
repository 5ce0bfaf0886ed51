"""Levers: the changes to table cells that a scenario states under `adjust`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, TypeVar, cast

import pandas as pd

from peakmix.foundation.errors import Findings, InputError, nearest
from peakmix.foundation.units import UnitError, convert_factor
from peakmix.scenario.against import TableSet
from peakmix.scenario.draws import drawn
from peakmix.scenario.fields import Quantity
from peakmix.scenario.scenario import Scenario
from peakmix.scenario.spec import Adjustment

BLANK = "all"
"""How a selection names blank key cells."""

BAND = ("low", "high")
NOT_A_KEY = ("value", "unit", "low", "high", "unit_given", "value_given", "note", "_file", "_line")

D = TypeVar("D", bound=TableSet)


def adjust(dataset: D, scenario: Scenario) -> D:
    """A copy of the data set with the scenario's adjustments applied in order; the same object when there are none.

    Each adjustment changes the rows its ``where`` selects, in the canonical unit of the row. low and high follow: they
    are multiplied and shifted with the value, become the value where it is set, and stay where it is drawn. The note
    says what was done.

    Raises
    ------
    InputErrors
        With the scenario's line: unknown table or column, a selection without rows (the nearest values are named), a
        unit that cannot be converted, a result outside the range of its schema.
    """
    if not scenario.spec.adjust:
        return dataset
    tables = dict(dataset.tables)
    findings = Findings()
    for position, adjustment in enumerate(scenario.spec.adjust):
        try:
            tables[adjustment.table] = _changed(tables, dataset, scenario, adjustment, position)
        except InputError as error:
            findings.take([error])
    findings.stop()
    return cast(D, replace(cast(Any, dataset), tables=tables))


def _changed(
    tables: Mapping[str, pd.DataFrame], dataset: TableSet, scenario: Scenario, adjustment: Adjustment, position: int
) -> pd.DataFrame:
    """The frame of one adjustment's table after it."""
    route = ("adjust", position)
    if adjustment.table not in tables:
        raise scenario.error(
            "an adjusted table exists", *route, "table", value=adjustment.table, fix=nearest(adjustment.table, tables)
        )
    frame = tables[adjustment.table]
    if adjustment.column not in frame.columns:
        rule = f"the table {adjustment.table} has a column {adjustment.column!r} to adjust"
        raise scenario.error(rule, *route, fix="adjust a table with values")
    rows = select(frame, adjustment.where, scenario, route)
    changed = frame.copy()
    before = frame.loc[rows, adjustment.column].astype(float)
    after = _apply(before, frame.loc[rows], adjustment, dataset, scenario, route)
    changed.loc[rows, adjustment.column] = after
    if adjustment.column == "value":
        _check_range(changed.loc[rows], adjustment.table, dataset, scenario, route)
        _follow(changed, rows, before, after, adjustment)
    if "note" in changed.columns:
        words = _words(adjustment)
        changed.loc[rows, "note"] = [f"{note}; {words}" if note else words for note in frame.loc[rows, "note"]]
    return changed


def select(
    frame: pd.DataFrame, where: Mapping[str, tuple[str, ...]], scenario: Scenario, route: tuple[str | int, ...]
) -> pd.Index[Any]:
    """Index of the rows that all conditions select; an InputError names the condition that leaves none."""
    known = [str(c) for c in frame.columns if c not in NOT_A_KEY]
    kept = frame
    for column, cells in where.items():
        if column not in known:
            raise scenario.error(
                "a selection names columns of the table",
                *route,
                "where",
                column,
                value=column,
                fix=nearest(column, known),
            )
        found = pd.Series([_text(cell) for cell in kept[column]], index=kept.index, dtype="object")
        for cell in cells:
            if not (found == _number_text(cell)).any():
                raise scenario.error(
                    f"every selected value selects rows; {column} = {cell!r} leaves none",
                    *route,
                    "where",
                    column,
                    value=cell,
                    fix=nearest(cell, set(found)),
                )
        kept = kept[found.isin([_number_text(cell) for cell in cells])]
    return kept.index


def _text(cell: Any) -> str:
    """A cell as a selection would write it."""
    if cell is None or cell != cell or cell == "":
        return BLANK
    return _number_text(f"{cell:.15g}" if isinstance(cell, float) else str(cell))


def _number_text(text: str) -> str:
    """Numbers in one spelling, so that 2030 and 2030.0 are the same."""
    try:
        return f"{float(text):.15g}"
    except ValueError:
        return text


def _apply(
    before: pd.Series[float],
    rows: pd.DataFrame,
    adjustment: Adjustment,
    dataset: TableSet,
    scenario: Scenario,
    route: tuple[str | int, ...],
) -> pd.Series[float]:
    """New values of the selected rows."""
    if adjustment.multiply is not None:
        return before * adjustment.multiply
    if adjustment.draw is not None:
        return drawn(rows, adjustment.table, adjustment.draw)
    if adjustment.set is not None:
        return _converted(adjustment.set, "set", rows, dataset, scenario, route)
    if adjustment.add is not None:
        return before + _converted(adjustment.add, "add", rows, dataset, scenario, route)
    return before


def _converted(
    quantity: Quantity,
    key: str,
    rows: pd.DataFrame,
    dataset: TableSet,
    scenario: Scenario,
    route: tuple[str | int, ...],
) -> pd.Series[float]:
    """The stated amount in the unit of each row."""
    if quantity.unit is None or "unit" not in rows.columns:
        return pd.Series(quantity.value, index=rows.index, dtype=float)
    factors: dict[str, float] = {}
    for unit in {str(u) for u in rows["unit"]}:
        try:
            factors[unit] = convert_factor(quantity.unit, unit, dataset.prices)
        except UnitError as error:
            raise scenario.error(str(error), *route, key, value=quantity, fix=f"write it in {unit}") from None
    return pd.Series([quantity.value * factors[str(u)] for u in rows["unit"]], index=rows.index, dtype=float)


def _check_range(
    rows: pd.DataFrame, table: str, dataset: TableSet, scenario: Scenario, route: tuple[str | int, ...]
) -> None:
    """Refuse results outside the range that the schema gives the value."""
    schema = dataset.schemas[table]
    parameter_column = schema.parameter_column
    for row in rows.to_dict("records"):
        quantity = schema.quantity(row[parameter_column] if parameter_column else None)
        if quantity is None:
            continue
        low, high = quantity.range
        room = 1e-9 * max(abs(low), abs(high))
        if not low - room <= row["value"] <= high + room:
            rule = f"{quantity.name} of {table} lies in {low:g} to {high:g} {row['unit']}; it would be {row['value']:g}"
            raise scenario.error(rule, *route, fix="narrow the selection or change the amount")


def _follow(
    frame: pd.DataFrame,
    rows: pd.Index[Any],
    before: pd.Series[float],
    after: pd.Series[float],
    adjustment: Adjustment,
) -> None:
    """Let low and high follow the value, in place."""
    for column in BAND:
        if column not in frame.columns or adjustment.draw is not None:
            continue
        if adjustment.multiply is not None:
            frame.loc[rows, column] = frame.loc[rows, column] * adjustment.multiply
        elif adjustment.add is not None:
            frame.loc[rows, column] = frame.loc[rows, column] + (after - before)
        else:
            frame.loc[rows, column] = after
    if adjustment.multiply is not None and adjustment.multiply < 0 and set(BAND) <= set(frame.columns):
        frame.loc[rows, list(BAND)] = frame.loc[rows, list(reversed(BAND))].to_numpy()


def _words(adjustment: Adjustment) -> str:
    """What an adjustment did, for the note of a row."""
    if adjustment.multiply is not None:
        done = f"multiplied by {adjustment.multiply:g}"
    elif adjustment.draw is not None:
        done = f"drawn between low and high, sample {adjustment.draw.sample + 1} of {adjustment.draw.of},"
    elif adjustment.set is not None:
        done = f"set to {adjustment.set}"
    else:
        done = f"changed by {adjustment.add}"
    return f"{done} by the scenario" + (f": {adjustment.note}" if adjustment.note else "")
