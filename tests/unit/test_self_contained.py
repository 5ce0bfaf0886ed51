"""A result file alone, read by plain xarray without peakmix, tables or network, answers what its readers must defend."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from tests.unit.test_sweep_engine import BASE

from peakmix import api

READER = '''
import importlib.util, json, socket, sys
import numpy as np, xarray as xr

assert importlib.util.find_spec("peakmix") is None
def refuse(*arguments, **named):
    raise OSError("no network")
socket.socket.connect = refuse

run = xr.open_dataset(sys.argv[1])
told = {}
inputs = run[[n for n in run if n.startswith("input_")]].to_dataframe()
citations = set(run["source_key"].values.tolist())
told["inputs"] = len(inputs)
told["complete"] = bool(np.isfinite(inputs["input_value"]).all() and (inputs["input_unit"] != "").all())
told["grades"] = sorted(set(inputs["input_grade"]))
told["unsourced"] = sorted(set(inputs["input_source"]) - citations)
told["cited"] = int((run["source_citation"].values != "").sum()) == run.sizes["source_row"]
told["scenario"] = run.attrs["scenario_yaml"]
binding = run["policy_binding"].values == 1
told["binding"] = sorted(set(run["policy_id"].values[binding].tolist()))
told["priced"] = {str(i): float(p) for i, p in zip(run["policy_id"].values, run["policy_price"].values) if p > 0}
told["cost"] = float(run["cost"].sum() - run["objective"])
told["money"] = run["cost"].attrs["units"]
certificate = json.loads(run.attrs["certificate"])
told["certified"] = run.attrs["certified"] == "yes" and certificate["passed"] == 1
told["worst"] = max(float(v) for k, v in certificate.items() if k.endswith("_value"))
told["ties"] = [run.attrs[name] for name in ("tie_break", "optimum_unique")]
told["audits"] = {kind: audit["passed"] for kind, audit in json.loads(run.attrs["audits"]).items()}
numbers = [run[n] for n in run.data_vars if run[n].dtype.kind == "f"]
told["unitless"] = [v.name for v in numbers if not {"units", "units_by"} & set(v.attrs)
                    and not v.name.startswith(("policy_", "limit_", "swap_", "allowance_", "input_"))]
told["unexplained"] = [v.name for v in numbers if not v.attrs.get("long_name")]
told["dangling"] = [v.name for v in numbers if "units_by" in v.attrs and v.attrs["units_by"] not in run]
print(json.dumps(told))
'''


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    made = tmp_path_factory.mktemp("made")
    (made / "case.yaml").write_text(yaml.safe_dump({"name": "case", "title": "Case", **BASE}), encoding="utf-8")
    result = api.run(made / "case.yaml", out=made).path
    alone = tmp_path_factory.mktemp("alone")
    shutil.copy(result, alone / "case.nc")
    (alone / "read.py").write_text(READER, encoding="utf-8")
    command = [sys.executable, "-I", "read.py", "case.nc"]
    hidden = f"import sys; sys.path[:] = [p for p in sys.path if {str(Path(api.__file__).parents[2])!r} != p]\n"
    (alone / "read.py").write_text(hidden + WITHOUT_FINDERS + READER, encoding="utf-8")
    answer = subprocess.run(command, cwd=alone, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stderr
    found: dict[str, Any] = json.loads(answer.stdout)
    return found


WITHOUT_FINDERS = "sys.meta_path[:] = [f for f in sys.meta_path if 'editable' not in str(getattr(f, '__module__', f)).lower()]\n"
"""An editable installation puts the package on the path by a finder or a path file; both are taken away."""


def test_what_was_assumed_and_from_which_source(told: dict[str, Any]) -> None:
    assert told["inputs"] > 50
    assert told["complete"]
    assert set(told["grades"]) <= {"A", "B", "C"}
    assert told["unsourced"] == []
    assert told["cited"]
    assert yaml.safe_load(told["scenario"])["policies"].keys() == BASE["policies"].keys()


def test_what_binds_and_what_it_costs(told: dict[str, Any]) -> None:
    assert "cap" in told["binding"]
    assert told["priced"]["cap"] > 0
    assert abs(told["cost"]) < 1e-3
    assert told["money"] == "MCNY2023"


def test_how_sure_the_arithmetic_is(told: dict[str, Any]) -> None:
    assert told["certified"]
    assert told["worst"] < 1e-6
    assert told["ties"][0] == "on"
    assert told["ties"][1] in ("yes", "no")
    assert told["audits"] == {"quick": True, "full": True}


def test_every_number_has_a_unit_and_a_name(told: dict[str, Any]) -> None:
    assert told["unitless"] == []
    assert told["unexplained"] == []
    assert told["dangling"] == []
