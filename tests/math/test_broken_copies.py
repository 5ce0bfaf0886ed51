"""Deliberately broken copies of the model, each solved and shown to the full audit, which has to object.

Every copy is one mistake in the derivation, in the formulation or in what is handed to them. The same case without the
mistake passes. ``changes`` set the case up so that the rule in question binds.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from peakmix.audit.full import AuditReport, audit
from peakmix.formulation.build import build, derive_policies
from peakmix.formulation.families import stock
from peakmix.parameters import capacity, exchange, measures, structure, time
from peakmix.parameters.derive import derive
from peakmix.scenario import Scenario, from_mapping
from peakmix.scenario.indicators import Indicator
from peakmix.scenario.levers import adjust
from peakmix.scenario.spec import WeightsSpec
from peakmix.solve.compile import compile_model
from peakmix.solve.highs import solve
from peakmix.tables.dataset import DataSet
from peakmix.tables.loading import load

SMALL = Path(__file__).resolve().parents[1] / "data" / "small"
CASE: dict[str, Any] = {
    "name": "small",
    "data": "small",
    "horizon": {"periods": [[2025, 1], [2026, 4], [2030, 6], [2036, 5]], "base_period": 2025},
    "policies": {
        "carbon_price": {
            "instrument": "price",
            "indicator": {"quantity": "co2", "scopes": ["direct", "purchased_power"]},
            "values": {2026: 60, 2040: 120},
        },
        "power_fee": {
            "instrument": "price",
            "indicator": {"quantity": "use", "commodity": "electricity", "sectors": ["steel"]},
            "values": "12 CNY2023/MWh",
            "from_year": 2030,
            "transfer": False,
        },
        "direct_cap": {
            "instrument": "limit",
            "indicator": {"quantity": "direct_co2"},
            "kind": "relative_to_base",
            "values": {2026: 0.98, 2040: 0.75},
            "slack_price": "1100 CNY2023/t",
        },
        "energy_intensity": {
            "instrument": "limit",
            "indicator": {"quantity": "energy", "convention": "coal_equivalent"},
            "denominator": {"quantity": "output", "technologies": "steelmaking"},
            "kind": "intensity",
            "values": {2026: 0.40, 2040: 0.345},
            "slack_price": "1400 CNY2023/tce",
        },
        "power_budget": {
            "instrument": "limit",
            "indicator": {"quantity": "purchased_power_co2"},
            "span": "horizon",
            "values": "8 Mt",
            "slack_price": "150 CNY2023/t",
        },
        "dust": {
            "instrument": "limit",
            "indicator": {"quantity": "pollutant", "pollutant": "PM", "sectors": "iron"},
            "values": {2026: 0.0020, 2036: 0.0016},
        },
        "peak": {
            "instrument": "peak",
            "indicator": {"quantity": "direct_co2", "sectors": ["iron", "steel"]},
            "year": 2026,
        },
        "iron_swap": {"instrument": "swap", "rule": "iron_swap", "group": "ironmaking", "from_year": 2026},
        "pace": {
            "instrument": "pace",
            "technologies": ["arc_furnace"],
            "growth": 0.05,
            "historical": "0.05 Mt/yr",
            "seed": 0.01,
        },
    },
}
BASE_VALUES = {"direct_cap": 12.4, "peak": 12.4}
IRON = {"quantity": "output", "technologies": "ironmaking"}
ALL_POWER = Indicator(quantity="use", commodity=("electricity",))
PLENTY_OF_SCRAP = {"table": "market_parameters", "where": {"market": "scrap_supply", "parameter": "limit"}, "multiply": 5}
CHEAP_SCRAP = {"table": "market_parameters", "where": {"market": "scrap_supply", "parameter": "price"}, "multiply": 0.2}
NO_CAPS = {f"policies.{name}.enabled": False for name in ("direct_cap", "energy_intensity", "power_budget")}


MARKET: dict[str, Any] = {
    "policies.direct_cap.enabled": False,
    "policies.ets": {
        "instrument": "market",
        "accounts": "place",
        "allocation": [
            {"benchmark": {2026: 1.0, 2036: 0.6}, "output": {"quantity": "output", "technologies": ["ironmaking"]}},
            {"amount": "0.1 Mt/yr", "location": "North"},
        ],
        "banking_limit": "0.2 Mt",
        "borrowing": True,
        "borrowing_limit": "0.3 Mt",
        "offsets": {"price": "30 CNY2023/t", "quota": 0.05},
        "ceiling": "150 CNY2023/t",
    },
}
"""A market in which loan, offsets, trade and ceiling are all used; with a ceiling that rises fast, the bank."""
RISING = {"2026": "40 CNY2023/t", "2040": "400 CNY2023/t"}
BANK = {**MARKET, "policies.ets": {**MARKET["policies.ets"], "ceiling": RISING}}
OFFERED = {"amount": "0.05 Mt/yr", "reserve": "10 CNY2023/t"}
AUCTION = {**MARKET, "policies.ets": {**MARKET["policies.ets"], "auction": OFFERED}}
BANDS: dict[str, Any] = {
    "policies.direct_cap.enabled": False,
    "policies.ets": {
        "instrument": "market",
        "accounts": "place",
        "allocation": [
            {"band": {"technologies": ["ironmaking"], "balance": {"2026": "1.45 t/t", "2036": "1.5 t/t"},
                      "attributed": {"works_gas": "0.15 t/GJ"}, "through": ["gas_power"]},
             "tightening": {"2026": 1.0, "2040": 0.8}},
            {"band": {"technologies": ["converter"], "balance": "1 t/t", "clamp": 0}},
        ],
        "banking_limit": "0.001 Mt",
        "banking_sales": 0.3,
        "ceiling": RISING,
    },
}  # fmt: skip
"""Bands that let plants spare allowances first and lack them later, so that what may be kept counts."""
LENDER: dict[str, Any] = {
    "policies.direct_cap.enabled": False,
    "policies.ets": {
        "instrument": "market",
        "accounts": "place",
        "trade": "bank",
        "allocation": [{"benchmark": {"2026": 0.6, "2036": 1.4}, "output": {"quantity": "output", "technologies": ["ironmaking"]}}],
        "banking": False,
        "ceiling": "150 CNY2023/t",
        "carbon_bank": {
            "bid": {"2026": "20 CNY2023/t", "2036": "55 CNY2023/t"},
            "ask": {"2026": "90 CNY2023/t", "2040": "60 CNY2023/t"},
            "opening": "2.5 Mt",
            "limit": "1 Mt",
            "lending": {"interest": 0.02, "paid_in": "allowances", "limit": "0.8 Mt"},
        },
    },
}  # fmt: skip
"""Few allowances first and plenty later: a carbon bank that sells, lends to its limit, and fills up."""


LOANS: dict[str, Any] = {
    "policies.funds": {
        "instrument": "finance",
        "lines": {
            "green": {"rate": 0.0, "tenor": 8, "ceiling": "300 MCNY2023", "share": 0.6},
            "city": {"rate": 0.01, "tenor": 12, "share": 0.7},
        },
    },
}
"""Two lines below the discount rate, which are drawn to their limits."""
SHORT: dict[str, Any] = {
    "policies.funds": {
        "instrument": "finance",
        "own_funds": "300 MCNY2023/yr",
        "lines": {"bank": {"rate": 0.09, "tenor": 10}},
    },
}
"""Own funds that are short in some years."""
LOW = {"rate": 0.01, "indicator": {"quantity": "direct_co2"}, "reference": "14 Mt/yr", "per_abatement": "30 CNY2023/t"}
LINKED: dict[str, Any] = {
    "policies.funds": {
        "instrument": "finance",
        "lines": {
            "bank": {"rate": 0.07, "tenor": 10, "grace": 2, "tranches": {"low": LOW}},
            "yen": {"rate": 0.001, "tenor": 8, "currency": "JPY", "exchange_rate": {"2026": 0.05, "2040": 0.06}, "ceiling": 2000},
        },
    },
}
"""A tranche for abatement and a line in yen, both drawn to their limits."""
PRICES = {
    "steel": "3000 CNY2023/t", "hot_metal": "2200 CNY2023/t", "rolled_steel": "3500 CNY2023/t", "scrap": "2400 CNY2023/t",
    "electricity": "500 CNY2023/MWh", "works_gas": "20 CNY2023/GJ",
}  # fmt: skip
COVERED: dict[str, Any] = {
    "policies.funds": {
        "instrument": "finance",
        "sectors": ["steel"],
        "budget": "120 MCNY2023/yr",
        "cash": {"prices": PRICES, "cover": 60.0, "source": "stated for the case"},
        "lines": {"bank": {"rate": 0.0, "tenor": 10}},
    },
}
"""Little room to invest, and cash that lets less be borrowed than wished."""


def cheap(technology: str, by: float) -> dict[str, Any]:
    """An adjustment of the investment in a technology."""
    where = {"technology": technology, "parameter": "capital_cost"}
    return {"adjust": [{"table": "technology_parameters", "where": where, "multiply": by}]}


def keep(value: Any) -> Any:
    """Leave as it is."""
    return value


@dataclass(frozen=True)
class Copy:
    """One broken copy: the check that has to see it, how the case is set up, and what the mistake does.

    patch functions; data, spec, policies what is handed over; elements derived numbers; drop rows of the built model
    """

    seen: str = ""
    changes: Mapping[str, Any] = field(default_factory=dict)
    patch: Callable[[pytest.MonkeyPatch], None] = keep
    data: Callable[[DataSet], DataSet] = keep
    spec: Callable[[Any], Any] = keep
    policies: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    elements: Callable[[dict[str, dict[Any, float]]], Any] = keep
    drop: tuple[str, ...] = ()


def run(data: DataSet, changes: Mapping[str, Any], copy: Copy) -> AuditReport:
    """Derive, build and solve with the copy's mistake, audit without it."""
    scenario: Scenario = from_mapping(CASE, changes)
    tables = adjust(data, scenario)
    parameters, context = derive(copy.data(tables), copy.spec(scenario.spec))
    context.base_values.update(BASE_VALUES)
    active = dict(scenario.spec.active_policies)
    for name, fields in copy.policies.items():
        active[name] = active[name].model_copy(update=dict(fields))
    derive_policies(parameters, active, context)
    copy.elements(parameters.values)
    model = build(parameters)
    for rows in copy.drop:
        assert len(getattr(model, rows)), f"there is no row {rows}"
        getattr(model, rows).deactivate()
    program = compile_model(model).at()
    solution = solve(program)
    values: dict[str, dict[Any, float]] = {}
    for (component, index), value in zip(program.cols, solution.x.tolist(), strict=True):
        values.setdefault(component, {})[index] = value
    return audit(tables, scenario, values, solution.objective, BASE_VALUES)


@cache
def small() -> DataSet:
    """The tables, loaded once."""
    return load(SMALL)


@cache
def intact(changes: str) -> AuditReport:
    """A case without a mistake, solved once."""
    return run(small(), json.loads(changes), Copy())


# mistakes in what is handed over


def without(table: str, **where: Any) -> Callable[[DataSet], DataSet]:
    """Tables in which rows are overlooked; None selects blank cells."""

    def cut(data: DataSet) -> DataSet:
        frame = data.tables[table]
        lost = frame.index == frame.index
        for column, value in where.items():
            lost &= frame[column].isna() if value is None else frame[column] == value
        assert lost.any(), f"{table} has no such row"
        return replace(data, tables={**data.tables, table: frame[~lost].reset_index(drop=True)})

    return cut


def scaled_rows(table: str, factor: float) -> Callable[[DataSet], DataSet]:
    """Tables with the values of one table off by a factor."""
    return lambda data: replace(
        data, tables={**data.tables, table: data.tables[table].assign(value=data.tables[table]["value"] * factor)}
    )


def scale(name: str, factor: float | Callable[[Any, float], float], only: Callable[[Any], bool] = lambda key: True) -> Any:
    """Derived elements of one name, each times a factor or put through a function of key and value."""

    def change(values: dict[str, dict[Any, float]]) -> None:
        chosen = {key: value for key, value in values[name].items() if only(key)}
        assert chosen, f"nothing of {name} is chosen"
        for key, value in chosen.items():
            values[name][key] = factor(key, value) if callable(factor) else value * factor

    return change


def undiscounted(name: str, weight: str = "operating_weight") -> Any:
    """Derived elements without their weight."""

    def change(values: dict[str, dict[Any, float]]) -> None:
        for key in values[name]:
            values[name][key] /= values[weight][key[-1],]

    return change


# mistakes in functions


def patched(*targets: tuple[Any, str, Any]) -> Callable[[pytest.MonkeyPatch], None]:
    """Replace attributes; a replacement that takes ``original`` first is given it."""

    def apply(patch: pytest.MonkeyPatch) -> None:
        for owner, name, make in targets:
            patch.setattr(owner, name, make(getattr(owner, name)))

    return apply


def longer_life(original: Any) -> Any:
    return lambda vintage, life, period, horizon: original(vintage, life + 1, period, horizon)


def start_of_year(original: Any) -> Any:
    return lambda self, period: original(replace(self, timing=0.0), period)


def as_step(original: Any) -> Any:
    return lambda series, year, between: original(series, year, "step")


def first_year_only(original: Any) -> Any:
    return lambda series, period, horizon, between: time.at_year(series, period, between)


COPIES: dict[str, Copy] = {
    "operating money moves at the start of the year": Copy(
        "objective", patch=patched((time.Horizon, "operating_weight", start_of_year))
    ),
    "investment is not discounted": Copy(
        "objective", patch=patched((time.Horizon, "investment_weight", lambda _: lambda self, period: 1.0))
    ),
    "annuities are charged beyond the horizon": Copy(
        "objective", patch=patched((capacity, "charged_share", lambda _: lambda period, life, horizon: 1.0))
    ),
    "salvage none is ignored": Copy(
        "objective",
        changes={"horizon.salvage": "none"},
        patch=patched((capacity, "charged_share", lambda f: lambda p, life, h: f(p, life, replace(h, salvage="annuity")))),
    ),
    "weights by hand are ignored": Copy(
        "objective",
        changes={"weights.operating": {"2030": 4.0}},
        spec=lambda spec: spec.model_copy(update={"weights": WeightsSpec()}),
    ),
    "units live a year longer": Copy("stock", patch=patched((structure, "survival", longer_life))),
    "measures live a year longer": Copy("measure stock", patch=patched((measures, "survival", longer_life))),
    "values jump between years": Copy("balance", patch=patched((time, "at_year", as_step))),
    "a period takes the value of its first year": Copy("balance", patch=patched((exchange, "in_period", first_year_only))),
    "a bracket is read at its last year": Copy(
        "balance", patch=patched((time.Vintage, "build_year", lambda _: property(lambda self: float(self.build_to))))
    ),
    "hurdle rate ignored": Copy(
        "objective", changes={**NO_CAPS, **cheap("arc_furnace", 0.3)}, elements=lambda values: values["hurdle_charge"].clear()
    ),
    "fixed cost is not weighted": Copy("objective", elements=undiscounted("fixed_charge")),
    "closure cost is not weighted": Copy("objective", elements=undiscounted("closure_charge", "investment_weight")),
    "capital cost reads the place's row for all places": Copy(
        "objective", data=without("measure_parameters", parameter="capital_cost", location="South")
    ),
    "price_relative ignored": Copy("objective", data=without("market_parameters", parameter="price_relative")),
    "prices of a place ignored": Copy("objective", data=without("market_parameters", parameter="price", location="North")),
    "recipes of a place ignored": Copy("balance", data=without("flows", location="North")),
    "loss on the way ignored": Copy("balance", elements=scale("arrival", lambda key, value: 1.0)),
    "terminal cost of freight dropped": Copy("objective", data=without("freight", parameter="terminal_cost")),
    "demand share of the city ignored": Copy("balance", data=without("demand_shares", location="Port")),
    "demand shares stay as they start": Copy("balance", data=without("demand_shares", year=2040)),
    "the wrong variant of demand": Copy("balance", spec=lambda spec: spec.model_copy(update={"demand_variant": "high"})),
    "pooled demand is met twice": Copy("pooled demand", elements=scale("pooled_demand", 2.0)),
    "measures use what they should save": Copy(
        "balance", patch=patched((measures, "SIGN", lambda signs: {effect: -sign for effect, sign in signs.items()}))
    ),
    "carbon in by-products ignored": Copy(
        "ledger", data=without("commodity_properties", commodity="works_gas", property="co2_content")
    ),
    "process emissions ignored": Copy("ledger", data=without("emissions", pollutant="CO2_process")),
    "measures remove twice what they say": Copy("ledger", data=scaled_rows("measure_emissions", 2.0)),
    "grid factor doubled": Copy("ledger", elements=scale("market_factor", 2.0)),
    "coal equivalents by calorific value": Copy("ledger", data=without("commodity_properties", property="coal_equivalent")),
    "recipes forget the year of building": Copy(
        "balance",
        elements=scale("flow", lambda key, value: -0.6, only=lambda key: key[1] == "arc_furnace" and key[3] == "electricity"),
    ),
    "the base period is not pinned": Copy("base year", drop=("base_lower", "base_upper")),
    "availability ignored": Copy(
        "capacity", elements=lambda values: values["service"].update({k: values["live"][k] for k in values["service"]})
    ),
    "minimum utilisation dropped": Copy("minimum utilisation", drop=("minimum_run",)),
    "stock does not age": Copy("stock", elements=scale("carry", lambda key, value: 1.0)),
    "what may not close may close": Copy("early retirement", patch=patched((stock, "_may_close", lambda _: lambda p, k: True))),
    "renewal beyond what expires": Copy("renewal", drop=("renewal_limit",)),
    "conversion limit dropped": Copy("conversion limit", drop=("conversion_cap",)),
    "conversion ratio ignored": Copy("entering capacity", elements=scale("conversion_ratio", lambda key, value: 1.0)),
    "measures beyond what is applicable": Copy("measure reach", drop=("measure_reach",)),
    "measures of a group are added": Copy("measure exclusion group", drop=("measure_group",)),
    "sunk measures stand for ever": Copy("measure stock", elements=scale("sunk_share", lambda key, value: 1.0)),
    "adoption at any pace": Copy("measure pace", elements=lambda values: values["adoption_rate"].clear()),
    "rights of places ignored": Copy(
        "right to be there",
        changes={**NO_CAPS, "adjust": [*cheap("plasma_furnace", 0.01)["adjust"], PLENTY_OF_SCRAP, CHEAP_SCRAP]},
        data=without("technology_rights", technology="plasma_furnace"),
    ),
    "market limit dropped": Copy("market limit", drop=("market_cap",)),
    "stockpile drawn once a period, not a year": Copy(
        "balance", changes={**NO_CAPS, **cheap("arc_furnace", 0.3)}, elements=scale("stockpile_year", lambda key, value: 1.0)
    ),
    "share limit dropped": Copy("share limit", drop=("share_limit",)),
    "table limit dropped": Copy("table limit", drop=("limit",)),
    "growth limits times the years twice": Copy(
        "table limit",
        changes={**NO_CAPS, **cheap("arc_furnace", 0.05), "policies.pace.enabled": False},
        elements=scale("limit_value", 5.0, only=lambda key: key[1] == "additions"),
    ),
    "tax is not discounted": Copy("objective", elements=undiscounted("policy_price")),
    "tax on all sectors": Copy("policy price: charged quantity", policies={"power_fee": {"indicator": ALL_POWER}}),
    "excess is not discounted": Copy(
        "objective",
        elements=lambda values: values["policy_slack"].update({k: v / 5 for k, v in values["policy_slack"].items() if k[1]}),
    ),
    "excess of the budget is free": Copy("objective", elements=scale("policy_slack", 0.0, only=lambda key: key[1] == 0)),
    "a cap reads as a floor": Copy("policy limit: value", policies={"dust": {"sense": "lower"}}),
    "intensity above its value": Copy(
        "policy limit: value", elements=scale("policy_value", 1.05, only=lambda key: key[0] == "energy_intensity")
    ),
    "a share of another base": Copy(
        "policy limit: value", elements=scale("policy_value", 1.1, only=lambda key: key[0] == "direct_cap")
    ),
    "years of the budget forgotten": Copy(
        "policy limit: budget", elements=scale("policy_value", 5.0, only=lambda key: key[0] == "power_budget")
    ),
    "growth after the peak": Copy(
        "policy peak: no growth",
        changes={**NO_CAPS, "policies.peak.indicator": IRON},
        drop=("policy_no_growth",),
    ),
    "the peak is not the highest": Copy(
        "policy peak: below peak",
        changes={**NO_CAPS, "policies.peak.rule": "B", "policies.peak.year": 2036},
        drop=("policy_below_peak",),
    ),
    "height of the peak dropped": Copy(
        "policy peak: height", changes={**NO_CAPS, "policies.peak.height": "8.4 Mt/yr"}, drop=("policy_height",)
    ),
    "swap ratio inverted": Copy("policy swap: pool stated", elements=scale("swap_ratio", lambda key, value: 1 / value)),
    "natural credit doubled": Copy("policy swap: pool stated", policies={"iron_swap": {"natural_credit": 2.0}}),
    "swap cover dropped": Copy("policy swap: cover", drop=("policy_swap_new",)),
    "retirements count too early": Copy(
        "policy swap: pool stated", changes={"policies.iron_swap.lag_years": -5}, policies={"iron_swap": {"lag_years": 0}}
    ),
    "credits that never end": Copy(
        "policy swap: expired",
        changes={"policies.iron_swap.expiry_years": 0},
        drop=("policy_swap_expiry",),
    ),
    "swaps go on while suspended": Copy(
        "policy swap: halt",
        changes={"policies.iron_swap.suspended_from": 2030},
        policies={"iron_swap": {"suspended_from": None}},
    ),
    "ban on inflow ignored": Copy(
        "policy swap: flow", changes={"policies.iron_swap.inflow_ban": ["East"]}, policies={"iron_swap": {"inflow_ban": None}}
    ),
    "key areas may grow": Copy(
        "policy swap: key area",
        changes={"policies.iron_swap.key_areas_no_growth": True},
        policies={"iron_swap": {"key_areas_no_growth": False}},
    ),
    "benchmark doubled": Copy("policy market: account", changes=MARKET, elements=scale("allowance_benchmark", 2.0)),
    "what is given in a place counts elsewhere": Copy(
        "policy market: account", changes=MARKET, elements=scale("allowance_amount", lambda key, value: 0.2)
    ),
    "room in the bank forgotten": Copy("policy market: bank", changes=BANK, drop=("policy_allowance_bank",)),
    "debt without limit": Copy("policy market: loan", changes=MARKET, drop=("policy_allowance_loan",)),
    "offsets beyond their quota": Copy("policy market: offsets", changes=MARKET, drop=("policy_allowance_offset",)),
    "allowances out of nowhere": Copy("policy market: trade", changes=MARKET, drop=("policy_allowance_trade",)),
    "emissions of an account left open": Copy(
        "policy market: emissions", changes=MARKET, drop=("policy_allowance_emission",)
    ),
    "ceiling is not discounted": Copy("objective", changes=MARKET, elements=undiscounted("allowance_ceiling_charge")),
    "more is sold at auction than is offered": Copy("policy market: auction", changes=AUCTION, drop=("policy_allowance_auction",)),
    "reserve is not discounted": Copy("objective", changes=AUCTION, elements=undiscounted("allowance_auction_charge")),
    "bands are wider than their clamp": Copy("policy market: account", changes=BANDS, elements=scale("allowance_band", 1.02)),
    "a band without its tightening": Copy(
        "policy market: account",
        changes=BANDS,
        elements=scale("allowance_band", lambda key, value: value * 1.01, only=lambda key: key[4] == 2036),
    ),
    "a measure is given what it saves": Copy(
        "policy market: account", changes=BANDS, elements=scale("allowance_band_measure", lambda key, value: 0.0)
    ),
    "kept beyond limit and sales": Copy("policy market: bank", changes=BANDS, drop=("policy_allowance_bank",)),
    "sales to oneself": Copy("policy market: sales", changes=BANDS, drop=("policy_allowance_sales",)),
    "what plants lack is doubled": Copy("policy market: sales", changes=BANDS, elements=scale("allowance_lacking", 2.0)),
    "the carbon bank sells what it does not hold": Copy("policy market: inventory", changes=LENDER, drop=("policy_carbon_bank",)),
    "no limit to the inventory": Copy("policy market: inventory", changes=LENDER, drop=("policy_carbon_bank_limit",)),
    "no limit to what is lent": Copy("policy market: lending", changes=LENDER, drop=("policy_carbon_bank_lending",)),
    "interest is forgiven": Copy("policy market: inventory", changes=LENDER, elements=scale("carbon_bank_interest", 0.0)),
    "a rebate on the ask": Copy("objective", changes=LENDER, elements=scale("allowance_ask_charge", 0.97)),
    "loans beyond the investment": Copy("policy finance: cover", changes=LOANS, drop=("policy_finance_cover",)),
    "a line beyond its ceiling": Copy("policy finance: line", changes=LOANS, drop=("policy_finance_line",)),
    "a line beyond its share": Copy("policy finance: share", changes=LOANS, drop=("policy_finance_share",)),
    "own funds without end": Copy("policy finance: own funds", changes=SHORT, drop=("policy_finance_own",)),
    "debt is forgiven": Copy("policy finance: own funds", changes=SHORT, elements=scale("loan_service", 0.0)),
    "interest halved": Copy("objective", changes=LOANS, elements=scale("loan_charge", 0.5)),
    "interest of a tranche cut": Copy(
        "objective", changes=LINKED, elements=scale("loan_charge", 0.9, lambda key: key[1] == "bank/low")
    ),
    "the yen does not rise": Copy(
        "objective", changes=LINKED, elements=scale("loan_charge", 1.1, lambda key: key[1] == "yen")
    ),
    "yen taken for money": Copy("policy finance: line", changes=LINKED, elements=scale("loan_foreign", 0.05)),
    "abatement is not verified": Copy("policy finance: link", changes=LINKED, drop=("policy_finance_link",)),
    "invested beyond the budget": Copy("policy finance: budget", changes=COVERED, drop=("policy_finance_budget",)),
    "debt is not covered": Copy("policy finance: debt cover", changes=COVERED, drop=("policy_finance_service",)),
    "cash without cost": Copy("policy finance: cash", changes=COVERED, elements=scale("cash_fixed", 0.0)),
    "pace dropped": Copy("policy pace: additions", changes={**NO_CAPS, **cheap("arc_furnace", 0.05)}, drop=("policy_pace",)),
}


@pytest.mark.parametrize("name", COPIES)
def test_the_audit_objects(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    copy = COPIES[name]
    sound = intact(json.dumps(copy.changes))
    assert sound.passed, str(sound)
    copy.patch(monkeypatch)
    report = run(small(), copy.changes, copy)
    assert copy.seen in {check.name for check in report.failed}, f"{name} is not seen by {copy.seen}; {report}"
