"""From a solution to a self-explaining xarray Dataset: few dense arrays with coordinates, prices, sheets and inputs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import xarray as xr

from peakmix.foundation.vocabulary import Kind, of_kind, word
from peakmix.parameters.container import Parameters
from peakmix.results import prices, sheets
from peakmix.results.accounts import account_columns, legacy_columns, loan_columns
from peakmix.results.attributes import array_attributes, as_json, global_attributes, report
from peakmix.results.axes import Axes, text_array
from peakmix.results.extract import Index, Labels, dense, span_of
from peakmix.results.inputs import input_rows, source_rows
from peakmix.results.payers import payer_account
from peakmix.results.quick_audit import QuickAudit
from peakmix.results.recount.general import Compiled
from peakmix.results.recount.recount import Point, Recount
from peakmix.results.recount.terms import Block
from peakmix.results.stranded import stranded
from peakmix.solve.certificate import Certificate
from peakmix.solve.program import FloatArray, LinearProgram
from peakmix.solve.solution import Solution
from peakmix.tables.dataset import DataSet

ONE_OFF_COSTS = ("investment", "hurdle_mark_up", "closure", "conversion", "measure_investment", "loan_interest")
"""Costs that are not yearly: they have no place in ``annual_cost``."""


@dataclass
class RunParts:
    """Everything one run leaves behind.

    ``books`` are those of the Pyomo model (None when the programme came from a store); ``full`` is the audit from the
    tables, None when it was not made; ``levers`` are the derived elements that this member changes;
    ``foresight`` is the record of the windows where there were several; ``slopes`` those of the optimum by table and row.
    """

    parameters: Parameters
    books: Any
    lp: LinearProgram
    solution: Solution
    certificate: Certificate
    quick: QuickAudit
    full: Any
    scenario: Any
    data: DataSet
    timings: Mapping[str, float] = field(default_factory=dict)
    levers: Mapping[Any, float] = field(default_factory=dict)
    foresight: Mapping[str, Any] | None = None
    slopes: Mapping[tuple[str, int], float] | None = None


class Assembly:
    """Arrays of one dataset while it is put together."""

    def __init__(self, parts: RunParts) -> None:
        self.parts = parts
        self.parameters = parts.parameters
        self.recount: Recount = parts.quick.recount or Recount(parts.parameters, Compiled(parts.lp))
        self.point: Point = self.recount.point(parts.solution.x, parts.levers)
        self.axes = Axes(parts.parameters, self.recount, parts.data)
        self.arrays: dict[str, xr.Variable] = {}

    def put(self, kind: Kind, name: str, dims: tuple[str, ...], values: Any, **more: str) -> None:
        """One array with the attributes of its vocabulary entry."""
        attributes = array_attributes(word(kind, name), dims, self.axes)
        self.arrays[name] = xr.Variable(dims, values, attributes | more)

    def scatter(
        self, kind: Kind, name: str, dims: tuple[str, ...], keys: Sequence[Index], numbers: FloatArray, skip: int = -1
    ) -> None:
        """One dense array from keys and numbers; part ``skip`` of the keys is summed over."""
        labels: list[Labels | None] = [self.axes[d] for d in dims]
        if skip >= 0:
            labels.insert(skip, None)
        self.put(kind, name, dims, dense(keys, numbers, labels))

    def variable(self, name: str, dims: tuple[str, ...], skip: int = -1, called: str = "") -> None:
        """One variable of the model as a dense array."""
        span = span_of(self.parts.lp.cols, name)
        keys, numbers = self.parts.lp.cols.members[span], self.parts.solution.x[span]
        self.scatter("result" if called else "variable", called or name, dims, keys, numbers, skip)

    def block(self, name: str, dims: tuple[str, ...], block: Block | None = None) -> None:
        """One recounted quantity as a dense array."""
        block = block or self.recount.quantities[name]
        self.scatter("result", name, dims, block.labels, self.point.values(block))


def build_dataset(parts: RunParts) -> xr.Dataset:
    """The result of one run as a Dataset.

    Raises
    ------
    PeakmixError
        When the solution is not optimal: there are no values then.
    """
    made = Assembly(parts)
    _time(made)
    _capacity(made)
    _measures(made)
    _exchange(made)
    _ledgers(made)
    _prices(made)
    _money(made)
    _sheets(made)
    _payers(made)
    _inputs(made)
    full_passed = bool(parts.full is not None and parts.full.passed)
    certified = bool(parts.certificate.passed and parts.quick.passed and full_passed)
    audits = {"quick": report(parts.quick), "full": report(parts.full)}
    attributes = global_attributes(
        made.axes, parts.scenario, parts.solution, parts.certificate, audits, parts.timings, certified
    )
    if parts.foresight is not None:
        attributes["foresight"] = as_json(parts.foresight)
    stated = made.axes.coordinates().items()
    coordinates = {name: xr.Variable((dim,), values, attrs) for name, (dim, values, attrs) in stated}
    return xr.Dataset(made.arrays, coordinates, attributes)


def _time(made: Assembly) -> None:
    """Periods and their weights."""
    horizon = made.parameters.horizon
    made.put("result", "period_length", ("period",), np.array(horizon.length, dtype=np.int64))
    ends = [first + length - 1 for first, length in zip(horizon.first, horizon.length, strict=True)]
    made.put("result", "period_end", ("period",), np.array(ends, dtype=np.int64))
    for name in ("operating_weight", "investment_weight"):
        weights = np.array([float(made.parameters[name][period,]) for period in horizon])
        made.put("result", name, ("period",), weights)


def _capacity(made: Assembly) -> None:
    """Output, capacity and what enters and leaves."""
    cell = ("region", "technology", "period")
    vintage = ("region", "technology", "vintage", "period")
    made.variable("activity", cell, skip=2)
    span = span_of(made.parts.lp.cols, "activity")
    members = made.parts.lp.cols.members[span]
    dated = [k for k, key in enumerate(members) if key[2] in made.axes["vintage"].position]
    if dated:
        numbers = made.parts.solution.x[span][dated]
        made.scatter("result", "activity_by_vintage", vintage, [members[k] for k in dated], numbers)
    for name in ("capacity", "retired_early", "end_of_life", "overnight_investment"):
        made.block(name, cell)
    made.variable("new_capacity", cell)
    made.variable("stock", vintage, called="capacity_by_vintage")
    made.variable("early_retirement", vintage)
    made.variable("conversion", ("region", "conversion_id", "period"), skip=2, called="converted")
    made.variable("renewal", ("region", "conversion_id", "period"))
    standing = made.parameters.values.get("standing_fixed_cost", {})
    made.scatter("result", "standing_fixed_cost", cell, list(standing), np.array(list(standing.values()), dtype=float))
    groups = made.parameters.facts["groups"]
    names = made.axes["technology"].names
    member = [[int(t in groups[g]) for t in names] for g in made.axes["technology_group"].names]
    shape = (len(made.axes["technology_group"]), len(names))
    flags = np.array(member, dtype=np.int8).reshape(shape)
    made.put("result", "technology_group_member", ("technology_group", "technology"), flags)


def _measures(made: Assembly) -> None:
    """Adoption and fitting of measures, and what fitting costs."""
    dims = ("region", "measure_host", "period")

    def joined(keys: Sequence[Index]) -> list[Index]:
        return [(region, f"{measure} @ {host}", period) for region, measure, host, period in keys]

    for name in ("adopted", "new_measure"):
        span = span_of(made.parts.lp.cols, name)
        made.scatter("variable", name, dims, joined(made.parts.lp.cols.members[span]), made.parts.solution.x[span])
    block = made.recount.quantities["measure_overnight_investment"]
    made.scatter("result", block.name, dims, joined(block.labels), made.point.values(block))


def _exchange(made: Assembly) -> None:
    """Markets, trade, stockpiles and demand."""
    made.variable("market_volume", ("region", "market", "period"))
    made.variable("trade", ("commodity", "region", "region_to", "period"))
    made.variable("stockpile", ("region", "commodity", "period"))
    dims = ("region", "commodity", "period")
    stated = made.parameters.values.get("demand", {})
    span = span_of(made.parts.lp.cols, "delivery")
    pooled = [(region, commodity, period) for _, commodity, region, period in made.parts.lp.cols.members[span]]
    levers = made.parts.levers
    numbers = [float(levers.get(("demand", key), value)) for key, value in stated.items()]
    numbers += made.parts.solution.x[span].tolist()
    made.scatter("result", "demand", dims, [*stated, *pooled], np.array(numbers, dtype=float))


def _ledgers(made: Assembly) -> None:
    """All ledgers, net use and the emissions booked at markets."""
    block = made.recount.ledger
    dims = ("ledger_name", "region", "sector", "period")
    made.scatter("variable", "ledger", dims, block.labels, made.point.values(block))
    made.block("net_use", ("region", "sector", "commodity", "period"))
    made.block("market_emission", ("region", "market", "period"))


def _prices(made: Assembly) -> None:
    """Prices, rents and gaps."""
    parts, axes = made.parts, made.axes
    where = (made.parameters, parts.lp, parts.solution)
    for name, dim, found in (
        ("price", "commodity", prices.balance_prices),
        ("capacity_rent", "technology", prices.capacity_rents),
        ("entry_gap", "technology", prices.entry_gaps),
    ):
        dims = ("region", dim, "period")
        made.put("result", name, dims, found(*where, [axes[d] for d in dims]))


def _money(made: Assembly) -> None:
    """Costs by component, the three accounts, and running cost of a year."""
    dims = ("cost_component", "cost_place", "period")
    cost = made.recount.cost
    made.scatter("result", "cost", dims, cost.labels, made.point.values(cost))
    array = made.arrays["cost"].values
    names = [str(name) for name in made.axes["cost_component"].names]
    cell = ("region", "technology", "period")
    left = stranded(made.parameters, made.parts.lp, made.parts.solution)
    for name, cells in zip(("stranded_value", "stranded_existing"), left, strict=True):
        made.scatter("result", name, cell, list(cells), np.array(list(cells.values()), dtype=float))
    constant = made.arrays["standing_fixed_cost"].values.sum(axis=1)
    array[names.index("fixed"), : constant.shape[0], :] += constant
    weights = made.arrays["operating_weight"].values
    components = [str(name) for name in made.axes["cost_component"].names]
    running = np.array([name not in ONE_OFF_COSTS for name in components])
    with np.errstate(divide="ignore", invalid="ignore"):
        yearly = np.where(weights > 0, array / weights, np.nan)
    made.put("result", "annual_cost", dims, np.where(running[:, None, None], yearly, 0.0))
    costs = of_kind("cost")
    transfer = [int(name in costs and costs[name].account == "transfer") for name in components]
    made.put("result", "transfer", ("cost_component",), np.array(transfer, dtype=np.int8))
    made.put("result", "objective", (), float(made.parts.solution.objective))
    paid = float(array[np.array(transfer) == 1].sum())
    made.put("result", "system_cost", (), float(made.parts.solution.objective) - paid)


def _sheets(made: Assembly) -> None:
    """Policy sheet, limit sheet, swap flows and allowance accounts."""
    parts, axes = made.parts, made.axes
    policies = sheets.policy_sheet(axes, made.recount, made.point, parts.lp, parts.solution)
    _columns(made, "policy", "policy_row", sheets.columns(policies, sheets.PolicyRow))
    limits = sheets.limit_sheet(axes, parts.lp, parts.solution)
    _columns(made, "limit", "limit_row", sheets.columns(limits, sheets.LimitRow))
    span = span_of(parts.lp.cols, "swap_flow")
    flows = [
        (key, amount)
        for key, amount in zip(parts.lp.cols.members[span], parts.solution.x[span].tolist(), strict=True)
        if amount > 1e-9
    ]
    names = ("policy", "source", "target", "case", "period")
    swap: dict[str, Any] = {name: text_array(key[k] for key, _ in flows) for k, name in enumerate(names[:-1])}
    swap["period"] = np.array([key[4] for key, _ in flows], dtype=np.int64)
    swap["amount"] = np.array([amount for _, amount in flows])
    swap["ratio"] = np.array([float(made.parameters["swap_ratio"][key]) for key, _ in flows])
    _columns(made, "swap", "swap_row", swap)
    accounts = account_columns(made.parameters, made.recount, made.point, parts.lp, parts.solution, parts.levers)
    _columns(made, "allowance", "allowance_row", accounts)
    _columns(made, "loan", "loan_row", loan_columns(made.parameters, parts.lp, parts.solution, parts.levers))
    _columns(made, "legacy", "legacy_row", legacy_columns(made.parameters, parts.levers))


def _columns(made: Assembly, prefix: str, dim: str, columns: Mapping[str, Any]) -> None:
    """Columns of a sheet as arrays named prefix_column."""
    for column, values in columns.items():
        name = f"{prefix}_{column}" if column != prefix else f"{prefix}_id"
        made.put("result", name, (dim,) if np.ndim(values) == 1 else (dim, "period"), values)


def _payers(made: Assembly) -> None:
    """The payer's account, which needs the sheets."""
    parts = made.parts
    paid, burdens = payer_account(made.axes, made.recount, made.point, parts.lp, parts.solution, made.arrays)
    made.put("result", "payer_cost", ("payer", "cost_place", "payer_component", "period"), paid)
    _columns(made, "burden", "burden_row", burdens)


def _inputs(made: Assembly) -> None:
    """Inputs and sources."""
    columns = input_rows(made.parts.data, made.parameters, made.parts.scenario.spec.demand_variant, made.parts.slopes)
    _columns(made, "input", "input_row", columns)
    for name, values in source_rows(made.parts.data, columns["source"].tolist()).items():
        made.put("result", name, ("source_row",), values)
