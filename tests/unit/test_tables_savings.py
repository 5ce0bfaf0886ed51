"""The claim of 1,000 kWh saved per tonne of alumina: refused as electricity, accepted in the readings that hold."""

from __future__ import annotations

import pandas as pd
import pytest

from peakmix.foundation.errors import InputErrors
from peakmix.tables import DataSet, from_frames


def refinery(**saving: object) -> DataSet:
    """A refinery (283 kWh and 10 GJ of steam a tonne) and a smelter (13,300 kWh a tonne) with one measure."""
    names = ("electricity", "process_steam", "alumina", "aluminium")
    units = ("MWh", "GJ", "t", "t")
    hosts = ("refinery", "smelter")
    parameters = (
        ("availability", 1, "1"),
        ("fixed_cost", 100, "CNY2023/(t/yr)/yr"),
        ("lifetime", 30, "yr"),
        ("capital_cost", 3000, "CNY2023/(t/yr)"),
    )
    flows = [
        ("refinery", "electricity", 283, "kWh/t"),
        ("refinery", "process_steam", 10, "GJ/t"),
        ("smelter", "electricity", 13300, "kWh/t"),
        ("smelter", "alumina", 1.92, "t/t"),
    ]
    frames = {
        "locations": pd.DataFrame({"location": ["Baise"], "level": ["city"]}),
        "sectors": pd.DataFrame({"sector": ["alumina"], "name": ["Alumina"]}),
        "commodities": pd.DataFrame({"commodity": names, "kind": "product", "unit": units, "name": names}),
        "technologies": pd.DataFrame(
            {
                "technology": hosts,
                "sector": "alumina",
                "product": names[2:],
                "capacity": "yes",
                "new_build": "yes",
                "retire": "none",
                "name": hosts,
            }
        ),
        "technology_parameters": pd.DataFrame(
            [(host, *row) for host in hosts for row in parameters], columns=["technology", "parameter", "value", "unit"]
        ),
        "flows": pd.DataFrame(flows, columns=["technology", "commodity", "value", "unit"]).assign(direction="input"),
        "markets": pd.DataFrame(
            {"market": names[:2], "commodity": names[:2], "direction": "buy", "scope": "none", "name": names[:2]}
        ),
        "market_parameters": pd.DataFrame(
            {"market": names[:2], "parameter": "price", "value": [500, 60], "unit": ["CNY2023/MWh", "CNY2023/GJ"]}
        ),
        "demand": pd.DataFrame(
            {"location": ["Baise"], "commodity": ["aluminium"], "year": [2025], "value": [3], "unit": ["Mt/yr"]}
        ),
        "measures": pd.DataFrame({"measure": ["claim"], "host": [saving.pop("host")], "name": ["Claim"]}),
        "measure_parameters": pd.DataFrame(
            {
                "measure": "claim",
                "parameter": ["capital_cost", "lifetime", "applicability"],
                "value": [300, 15, 1.0],
                "unit": ["CNY2023/(t/yr)", "yr", "1"],
            }
        ),
        "measure_flows": pd.DataFrame({"measure": ["claim"], "effect": ["saves_input"], **saving}),
    }
    return from_frames(frames, title="Claim", money="CNY", price_year=2023)


def test_refused_as_electricity_on_alumina() -> None:
    with pytest.raises(InputErrors) as caught:
        refinery(host="refinery", commodity=["electricity"], value=[1000], unit=["kWh/t"])
    (error,) = caught.value.errors
    assert (error.place.file, error.place.line, error.place.column) == ("frame:measure_flows", 1, "value")
    assert error.place.value == "1000"
    assert "claim saves 1 MWh/t of electricity; refinery uses 0.283 (frame:flows row 1)" in error.rule
    assert "3.6 GJ/t of steam" in error.fix
    assert "per tonne of aluminium" in error.fix


@pytest.mark.parametrize(
    ("host", "commodity", "value", "unit"),
    [
        ("refinery", "process_steam", 1000, "kWh/t"),
        ("refinery", "process_steam", 3.6, "GJ/t"),
        ("smelter", "electricity", 1000, "kWh/t"),
    ],
)
def test_accepted_in_the_readings_that_hold(host: str, commodity: str, value: float, unit: str) -> None:
    dataset = refinery(host=host, commodity=[commodity], value=[value], unit=[unit])
    assert len(dataset["measure_flows"]) == 1


def test_savings_of_a_flow_the_host_lacks_are_refused() -> None:
    with pytest.raises(InputErrors, match="smelter has no input of process_steam"):
        refinery(host="smelter", commodity=["process_steam"], value=[0.1], unit=["GJ/t"])
