"""Values of cells after a scenario's adjustments, without copies of tables: for many scenarios of one data set.

The numbers are those of :func:`peakmix.scenario.levers.adjust`, formed by the same operations. What a selection finds depends on
key columns alone, so it is looked up once. Anything that has to be told (a fault, a result out of range) is left to ``adjust``.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from peakmix.foundation.errors import InputError
from peakmix.foundation.units import UnitError, convert_factor
from peakmix.scenario.draws import number_names, places_of
from peakmix.scenario.fields import Quantity
from peakmix.scenario.levers import BAND, select
from peakmix.scenario.scenario import Scenario
from peakmix.scenario.spec import Adjustment

FloatArray = npt.NDArray[np.float64]


@dataclass(eq=False)
class Selected:
    """Rows that a selection finds in a table: positions, units, range of the schema with its room, names of the numbers."""

    rows: npt.NDArray[np.intp]
    units: list[str] | None
    least: FloatArray
    most: FloatArray
    names: list[str]


@dataclass(eq=False)
class Columns:
    """Numbers of one table: values, and their bands where it has them."""

    value: FloatArray
    band: dict[str, FloatArray] = field(default_factory=dict)

    def copy(self) -> Columns:
        """Arrays that may be changed."""
        return Columns(self.value.copy(), {name: array.copy() for name, array in self.band.items()})


class CellValues:
    """Values of all cells of a data set (anything with ``tables``, ``schemas`` and ``prices``) for one scenario after another."""

    def __init__(self, dataset: Any) -> None:
        self.dataset = dataset
        self._columns: dict[str, Columns] = {}
        self._selected: dict[Any, Selected] = {}

    def base(self, table: str) -> Columns:
        """Numbers of a table as the data set has them."""
        if table not in self._columns:
            frame: pd.DataFrame = self.dataset.tables[table]
            band = {name: np.array(frame[name], dtype=np.float64) for name in BAND if name in frame.columns}
            self._columns[table] = Columns(np.array(frame["value"], dtype=np.float64), band)
        return self._columns[table]

    def of(self, scenario: Scenario) -> dict[str, FloatArray] | None:
        """Values of the tables that a scenario adjusts, in the order of their rows; None where ``adjust`` has to look."""
        now: dict[str, Columns] = {}
        try:
            for position, adjustment in enumerate(scenario.spec.adjust):
                table = adjustment.table
                if adjustment.column != "value" or "value" not in self.dataset.tables[table].columns:
                    return None
                found = self._find(adjustment, scenario, position)
                columns = now.setdefault(table, self.base(table).copy())
                after = self._after(columns, adjustment, found)
                if not ((after >= found.least) & (after <= found.most)).all():
                    return None
                _follow(columns, found.rows, after, adjustment)
        except (InputError, UnitError, KeyError):
            return None
        return {table: columns.value for table, columns in now.items()}

    def _find(self, adjustment: Adjustment, scenario: Scenario, position: int) -> Selected:
        """What an adjustment selects."""
        key = (adjustment.table, tuple((column, tuple(cells)) for column, cells in adjustment.where.items()))
        if key not in self._selected:
            frame, schema = self.dataset.tables[adjustment.table], self.dataset.schemas[adjustment.table]
            index = select(frame, adjustment.where, scenario, ("adjust", position))
            rows = frame.loc[index]
            column = schema.parameter_column
            quantities = [schema.quantity(kind) for kind in (rows[column].tolist() if column else [None] * len(rows))]
            spans = [(-np.inf, np.inf) if quantity is None else _span(*quantity.range) for quantity in quantities]
            least, most = (np.array([span[k] for span in spans]) for k in (0, 1))
            units = [str(unit) for unit in rows["unit"]] if "unit" in rows.columns else None
            names = number_names(rows, adjustment.table) if adjustment.draw is not None else []
            self._selected[key] = Selected(frame.index.get_indexer(index), units, least, most, names)
        return self._selected[key]

    def _after(self, columns: Columns, adjustment: Adjustment, found: Selected) -> FloatArray:
        """New values of the selected rows."""
        before = columns.value[found.rows]
        if adjustment.multiply is not None:
            return before * adjustment.multiply
        if adjustment.draw is not None:
            if not set(BAND) <= set(columns.band):
                return before
            low, high = (columns.band[name][found.rows] for name in BAND)
            able = low < high
            places = places_of([name for name, may in zip(found.names, able.tolist(), strict=True) if may], adjustment.draw)
            before[able] = low[able] + places * (high[able] - low[able])
            return before
        if adjustment.set is not None:
            return self._amounts(adjustment.set, found)
        assert adjustment.add is not None
        return before + self._amounts(adjustment.add, found)

    def _amounts(self, quantity: Quantity, found: Selected) -> FloatArray:
        """The stated amount in the unit of each row."""
        if quantity.unit is None or found.units is None:
            return np.full(len(found.rows), quantity.value)
        factors = {unit: convert_factor(quantity.unit, unit, self.dataset.prices) for unit in set(found.units)}
        return np.array([quantity.value * factors[unit] for unit in found.units])


def _span(low: float, high: float) -> tuple[float, float]:
    """A range with the room that ``adjust`` leaves."""
    room = 1e-9 * max(abs(low), abs(high))
    return low - room, high + room


def _follow(columns: Columns, rows: npt.NDArray[np.intp], after: FloatArray, adjustment: Adjustment) -> None:
    """Set the values; low and high follow, as they do in ``adjust``."""
    before = columns.value[rows]
    columns.value[rows] = after
    for band in columns.band.values() if adjustment.draw is None else ():
        if adjustment.multiply is not None:
            band[rows] = band[rows] * adjustment.multiply
        elif adjustment.add is not None:
            band[rows] = band[rows] + (after - before)
        else:
            band[rows] = after
    if adjustment.multiply is not None and adjustment.multiply < 0 and set(BAND) <= set(columns.band):
        low, high = columns.band["low"][rows], columns.band["high"][rows]
        columns.band["low"][rows], columns.band["high"][rows] = high, low
