"""The typed specification: defaults, units, periods, policies, the round trip through YAML."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from peakmix.foundation.errors import InputErrors
from peakmix.scenario import from_mapping, with_changes
from peakmix.scenario.fields import ALWAYS, Quantity, parse_quantity
from peakmix.scenario.indicators import Indicator
from peakmix.scenario.policies import LimitPolicy, PeakPolicy, PricePolicy

BASE: dict[str, Any] = {"name": "base", "horizon": {"periods": [[2025, 1], [2026, 5], [2031, 5]], "base_period": 2025}}


def policies(**blocks: Any) -> dict[str, Any]:
    return {**BASE, "policies": blocks}


def test_defaults() -> None:
    spec = from_mapping(BASE).spec
    assert spec.horizon.discount_rate == 0.05
    assert spec.horizon.timing == 0.5
    assert spec.horizon.salvage == "annuity"
    assert spec.level == "province"
    assert spec.grouping is None
    assert spec.locations is None
    assert spec.demand_variant == "reference"
    assert spec.solver.method == "auto"


def test_two_ways_of_writing_periods_are_the_same() -> None:
    pairs = from_mapping(BASE).spec.horizon.pairs
    other = {"name": "base", "horizon": {"first_years": [2025, 2026, 2031], "end": 2035}}
    assert from_mapping(other).spec.horizon.pairs == pairs == ((2025, 1), (2026, 5), (2031, 5))


@pytest.mark.parametrize(
    ("horizon", "rule"),
    [
        ({"periods": [[2025, 1], [2027, 5]]}, "ends with 2025"),
        ({"periods": []}, "at least one period"),
        ({"periods": [[2025, 1]], "first_years": [2025], "end": 2026}, "either periods"),
        ({"first_years": [2025]}, "go together"),
        ({"first_years": [2025, 2030], "end": 2028}, "before the last first year"),
        ({"periods": [[2025, 1]], "base_period": 2026}, "not the first year"),
        ({"periods": [[2025, 0]]}, "greater than or equal to 1"),
        ({"periods": [[2025, True]]}, "whole number"),
    ],
)
def test_wrong_horizons(horizon: dict[str, Any], rule: str) -> None:
    with pytest.raises(InputErrors, match=rule):
        from_mapping({"name": "wrong", "horizon": horizon})


def test_quantities_keep_their_unit() -> None:
    assert parse_quantity("1500 Mt/yr") == Quantity(value=1500, unit="Mt/yr")
    assert parse_quantity("-2.5e3") == Quantity(value=-2500)
    assert parse_quantity("12%") == Quantity(value=12, unit="%")
    assert parse_quantity("5 CNY2023/(t km)") == Quantity(value=5, unit="CNY2023/(t km)")


@given(st.floats(allow_nan=False, allow_infinity=False, width=32), st.sampled_from([None, "Mt/yr", "CNY2023/t", "%"]))
def test_quantities_round_trip(value: float, unit: str | None) -> None:
    quantity = Quantity(value=float(f"{value:.15g}"), unit=unit)
    assert parse_quantity(quantity.model_dump(mode="json")) == quantity


@pytest.mark.parametrize("raw", [True, None, "", "abc", "nan", "1e999", [1], "Mt/yr 5"])
def test_no_quantity(raw: Any) -> None:
    with pytest.raises(ValueError, match="quantity"):
        parse_quantity(raw)


def test_series_without_years_always_holds() -> None:
    scenario = from_mapping(
        policies(
            tax={"instrument": "price", "indicator": {"quantity": "direct_co2"}, "values": 100, "unit": "CNY2023/t"}
        )
    )
    policy = scenario.spec.policies["tax"]
    assert isinstance(policy, PricePolicy)
    assert policy.start_year is None
    assert policy.quantities() == {ALWAYS: Quantity(value=100, unit="CNY2023/t")}


def test_indicator_takes_open_filters_from_its_policy() -> None:
    weighted = {
        "sum": [{"indicator": {"quantity": "direct_co2", "location": "West"}}, {"weight": 2, "indicator": OUTPUT}]
    }
    scenario = from_mapping(
        policies(
            cap={"instrument": "limit", "indicator": weighted, "values": 5, "location": "East", "sectors": "steel"}
        )
    )
    policy = scenario.spec.policies["cap"]
    assert isinstance(policy, LimitPolicy)
    (one, first), (two, second) = policy.scoped(policy.indicator).leaves()
    assert (one, two) == (1, 2)
    assert (first.location, first.sectors) == ("West", ("steel",))
    assert (second.location, second.technologies) == ("East", ("scrap_route",))


OUTPUT = {"quantity": "output", "technologies": "scrap_route"}


@pytest.mark.parametrize(
    ("indicator", "rule"),
    [
        ({}, "either quantity or sum"),
        ({"quantity": "co2"}, "needs scopes"),
        ({"quantity": "co2", "scopes": ["direct", "direct"]}, "each scope once"),
        ({"quantity": "energy"}, "needs convention"),
        ({"quantity": "use"}, "needs commodity"),
        ({"quantity": "direct_co2", "convention": "calorific"}, "no meaning"),
        ({"sum": []}, "at least one"),
        ({"sum": [{"indicator": OUTPUT}], "commodity": "steel"}, "belongs to the members"),
        ({"quantity": "output", "sectors": []}, "selects nothing"),
        ({"quantity": "output", "sectors": ["steel", "steel"]}, "stands twice"),
    ],
)
def test_wrong_indicators(indicator: dict[str, Any], rule: str) -> None:
    with pytest.raises(ValueError, match=rule):
        Indicator.model_validate(indicator)


@pytest.mark.parametrize(
    ("block", "rule"),
    [
        ({"instrument": "limit", "indicator": OUTPUT, "values": 1, "kind": "intensity"}, "go together"),
        ({"instrument": "limit", "indicator": OUTPUT, "values": {2030: 1, 2040: 2}, "span": "horizon"}, "one value"),
        ({"instrument": "limit", "indicator": OUTPUT, "values": 1, "slack_price": 0}, "above zero"),
        ({"instrument": "limit", "indicator": OUTPUT, "values": "1 Mt/yr", "kind": "relative_to_base"}, "unit 1 or %"),
        ({"instrument": "limit", "indicator": OUTPUT, "values": 1, "from_year": 2040, "to_year": 2030}, "lies after"),
        ({"instrument": "limit", "indicator": OUTPUT, "values": {12: 1}}, "not a calendar year"),
        ({"instrument": "limit", "indicator": OUTPUT, "values": {}}, "at least 1"),
        ({"instrument": "peak", "indicator": OUTPUT, "year": 2030, "plateau": {"until": 2029}}, "not after the peak"),
        ({"instrument": "pace", "growth": 0.1, "seed": 1}, "names technologies"),
        ({"instrument": "pace", "growth": 0.1, "technologies": "a"}, "historical or seed"),
        ({"instrument": "swap", "rule": "r", "group": "g", "from_year": 2030, "to_year": 2020}, "lies after"),
        (
            {"instrument": "swap", "rule": "r", "group": "g", "from_year": 2030, "natural_credit": 2},
            "less than or equal",
        ),
        ({"instrument": "swap", "rule": "r", "group": "g", "from_year": 2030, "expiry_years": 2, "lag_years": -3}, "lets a credit"),
        ({"instrument": "swap", "rule": "r", "group": "g", "from_year": 2030, "suspended_to": 2031}, "needs a suspended_from"),
        ({"instrument": "swap", "rule": "r", "group": "g", "from_year": 2030, "expiry_years": -1}, "greater than or equal"),
    ],
)
def test_wrong_policies(block: dict[str, Any], rule: str) -> None:
    with pytest.raises(InputErrors, match=rule):
        from_mapping(policies(wrong=block))


def test_peak_height_in_both_forms() -> None:
    for height in ("900 Mt/yr", {"relative_to_base": 1.05}):
        block = {"instrument": "peak", "indicator": {"quantity": "direct_co2"}, "year": 2030, "height": height}
        policy = from_mapping(policies(peak=block)).spec.policies["peak"]
        assert isinstance(policy, PeakPolicy)
        assert policy.height is not None


def test_switched_off_policies_are_not_active() -> None:
    block = {"instrument": "limit", "indicator": OUTPUT, "values": 1, "enabled": False}
    spec = from_mapping(policies(off=block)).spec
    assert "off" in spec.policies
    assert spec.active_policies == {}


def test_resolved_scenario_is_a_scenario_with_the_same_hash() -> None:
    scenario = from_mapping(
        {
            **policies(cap={"instrument": "limit", "indicator": OUTPUT, "values": {2030: "5 Mt/yr", 2040: 4}}),
            "resolution": {"grouping": "coast"},
            "adjust": [{"table": "demand", "where": {"year": [2030, 2035]}, "multiply": 1.1}],
            "weights": {"operating": {2026: 4.5}, "investment": [{"technology": "a", "period": 2026, "weight": 0.9}]},
        }
    )
    again = from_mapping(yaml.safe_load(scenario.resolved_yaml))
    assert again.spec == scenario.spec
    assert again.hash == scenario.hash


def test_hash_depends_on_what_is_solved_only() -> None:
    scenario = from_mapping(policies(cap={"instrument": "limit", "indicator": OUTPUT, "values": 5}))
    for words in ({"title": "x"}, {"name": "y"}, {"output.directory": "z"}, {"policies.cap.note": "n"}):
        assert with_changes(scenario, words).hash == scenario.hash
    for deeds in ({"horizon.discount_rate": 0.06}, {"policies.cap.values": 6}, {"policies.cap": None}):
        assert with_changes(scenario, deeds).hash != scenario.hash


def test_changes_reach_into_lists() -> None:
    scenario = from_mapping({**BASE, "adjust": [{"table": "demand", "multiply": 1.1}]})
    changed = with_changes(scenario, {"adjust.0.multiply": 1.3, "horizon.periods.2.1": 10})
    assert changed.spec.adjust[0].multiply == 1.3
    assert changed.spec.horizon.pairs[-1] == (2031, 10)
    assert changed.origins["adjust.0.multiply"].file == "set adjust.0.multiply"
    assert scenario.spec.adjust[0].multiply == 1.1
    with pytest.raises(Exception, match="has 1 entries"):
        with_changes(scenario, {"adjust.1.multiply": 2})


def test_weights_by_hand_name_periods() -> None:
    with pytest.raises(InputErrors, match="not the first year of a period"):
        from_mapping({**BASE, "weights": {"operating": {2027: 1.0}}})
