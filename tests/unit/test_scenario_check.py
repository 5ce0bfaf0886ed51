"""Names of a scenario against a data set, and the natural units of indicators."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from peakmix.foundation.errors import InputErrors
from peakmix.foundation.units import UnitError
from peakmix.scenario import check_against, from_mapping
from peakmix.scenario.fields import Quantity
from peakmix.scenario.indicators import Indicator
from peakmix.scenario.units import annual_unit, in_unit, natural_unit
from peakmix.tables import DataSet, load

MINI = Path(__file__).resolve().parents[1] / "data" / "mini"
CO2 = {"quantity": "direct_co2"}


@pytest.fixture(scope="module")
def mini() -> DataSet:
    return load(MINI)


def scenario(**blocks: Any) -> Any:
    return from_mapping({"horizon": {"periods": [[2025, 1], [2026, 5]]}, **blocks})


def test_known_names_pass(mini: DataSet) -> None:
    swap = {
        "instrument": "swap",
        "rule": "steel_swap",
        "group": "steelmaking",
        "from_year": 2026,
        "cases": {"scrap_route": "scrap_route"},
        "opening": {"East": 1},
        "inflow_ban": "seaside",
    }
    cap = {"instrument": "limit", "indicator": {**CO2, "sectors": "steel"}, "values": 5, "location": "seaside"}
    check_against(
        mini,
        scenario(
            resolution={"grouping": "coast"},
            locations=["East"],
            sectors=["steel"],
            measures={"include": ["heat_recovery"]},
            policies={"swap": swap, "cap": cap},
        ),
    )


@pytest.mark.parametrize(
    ("blocks", "key", "near"),
    [
        ({"locations": ["Eastt"]}, "locations.0", "East"),
        ({"sectors": "stell"}, "sectors", "steel"),
        ({"resolution": {"grouping": "cost"}}, "resolution.grouping", "coast"),
        ({"measures": {"include": ["heat_recvery"]}}, "measures.include.0", "heat_recovery"),
        ({"measures": {"exclude": ["heat_recvery"]}}, "measures.exclude.0", "heat_recovery"),
        ({"technologies": {"exclude": ["scrap_rout"]}}, "technologies.exclude.0", "scrap_route"),
        (
            {"weights": {"investment": [{"technology": "scrap", "period": 2026, "weight": 1}]}},
            "weights.investment.0.technology",
            "scrap_route",
        ),
    ],
)
def test_unknown_names(mini: DataSet, blocks: dict[str, Any], key: str, near: str) -> None:
    with pytest.raises(InputErrors) as caught:
        check_against(mini, scenario(**blocks))
    (error,) = caught.value.errors
    assert error.place.column.startswith(key)
    assert repr(near) in error.fix


@pytest.mark.parametrize(
    ("policy", "near"),
    [
        ({"instrument": "limit", "indicator": CO2, "values": 1, "location": "seasde"}, "seaside"),
        ({"instrument": "limit", "indicator": {**CO2, "technologies": "steelmakng"}, "values": 1}, "steelmaking"),
        ({"instrument": "limit", "indicator": {"quantity": "use", "commodity": "cole"}, "values": 1}, "coal"),
        ({"instrument": "limit", "indicator": {"quantity": "pollutant", "pollutant": "SO3"}, "values": 1}, "SO2"),
        (
            {
                "instrument": "limit",
                "indicator": CO2,
                "values": 1,
                "kind": "intensity",
                "denominator": {"quantity": "output", "sectors": "steal"},
            },
            "steel",
        ),
        (
            {"instrument": "price", "indicator": {"sum": [{"indicator": {**CO2, "location": "Wst"}}]}, "values": 1},
            "West",
        ),
        ({"instrument": "swap", "rule": "steel_swp", "group": "steelmaking", "from_year": 2026}, "steel_swap"),
        (
            {
                "instrument": "swap",
                "rule": "steel_swap",
                "group": "steelmaking",
                "from_year": 2026,
                "cases": {"scrap_route": "scrap_rout"},
            },
            "scrap_route",
        ),
        ({"instrument": "pace", "technologies": "steelmakin", "growth": 0.1, "seed": 1}, "steelmaking"),
    ],
)
def test_unknown_names_in_policies(mini: DataSet, policy: dict[str, Any], near: str) -> None:
    with pytest.raises(InputErrors) as caught:
        check_against(mini, scenario(policies={"wrong": policy}))
    (error,) = caught.value.errors
    assert error.place.column.startswith("policies.wrong")
    assert repr(near) in error.fix


def test_all_unknown_names_at_once(mini: DataSet) -> None:
    with pytest.raises(InputErrors) as caught:
        check_against(mini, scenario(locations=["Nord", "Sud"], sectors=["glass"]))
    assert len(caught.value.errors) == 3


@pytest.mark.parametrize(
    ("indicator", "unit"),
    [
        (CO2, "Mt/yr"),
        ({"quantity": "pollutant", "pollutant": "SO2"}, "Mt/yr"),
        ({"quantity": "energy", "convention": "coal_equivalent"}, "PJ/yr"),
        ({"quantity": "output", "technologies": "steelmaking"}, "Mt/yr"),
        ({"quantity": "purchases", "commodity": "electricity"}, "TWh/yr"),
        ({"sum": [{"indicator": {"quantity": "use", "commodity": "coal"}}]}, "PJ/yr"),
    ],
)
def test_units_of_indicators(mini: DataSet, indicator: dict[str, Any], unit: str) -> None:
    assert annual_unit(Indicator.model_validate(indicator), mini) == unit


def test_units_that_do_not_fit(mini: DataSet) -> None:
    mixed = Indicator.model_validate({"quantity": "purchases", "commodity": ["coal", "ore"]})
    with pytest.raises(UnitError, match="one unit"):
        natural_unit(mixed, mini)
    assert in_unit(Quantity(value=2, unit="Gt/yr"), "Mt/yr", mini) == pytest.approx(2000)
    assert in_unit(Quantity(value=2), "Mt/yr", mini) == 2
    with pytest.raises(UnitError, match="not convertible"):
        in_unit(Quantity(value=2, unit="PJ/yr"), "Mt/yr", mini)
