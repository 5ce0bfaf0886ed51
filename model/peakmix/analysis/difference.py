"""Two results compared: what was assumed otherwise, which policies changed their hold, and where the cost difference lies.

    objective B - objective A = sum over component, place and period of (cost B - cost A)          exactly
    system cost               = the same without transfers
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.analysis.accounts import SYSTEM, costs
from peakmix.analysis.reading import inputs
from peakmix.foundation.telling import Said, say

CELL = ["component", "place", "period"]
POLICY = ["policy", "row", "place", "case", "period"]
SAME = 1e-9
MOVED = 1e-6
"""Output that differs by less than this, absolute and relative, is the same."""
SOLVER = "solver."
FIX = Said(
    "differences of the mix may be those of the solver (solver: {tie_break: true} chooses one answer)",
    "结构差异可能只是求解器造成的（solver: {tie_break: true} 可确定唯一解）",
)
TEXT_FIELDS = ("title", "description", "name")


@dataclass(frozen=True)
class Difference:
    """B less A.

    settings   key, a, b: values of the resolved scenarios that differ; how it was solved (``solver``) is not among them
    mix        technology, place, period, a, b, difference, unit: output that differs, largest first
    inputs     table, key, a, b, unit, kind: rows of the tables that differ; kind is changed, added or removed
    policies   policy, row, place, case, period, kind, price_a, price_b, unit; kind is became binding, became free,
               binding only in A (a row that B does not have), binding only in B
    cost       component, place, period, account, a, b, difference, unit; the differences add up to ``objective``
    objective  difference of the objectives; ``system`` of the system costs
    notes      what a reader should know before believing a difference
    """

    a: str
    b: str
    settings: pd.DataFrame
    mix: pd.DataFrame
    inputs: pd.DataFrame
    policies: pd.DataFrame
    cost: pd.DataFrame
    objective: float
    system: float
    unit: str
    notes: tuple[Said, ...]

    def by(self, *keys: str) -> pd.DataFrame:
        """Cost difference summed by component, place, period or account, largest first."""
        table = self.cost.groupby(list(keys))[["a", "b", "difference"]].sum().reset_index()
        return table.reindex(table["difference"].abs().sort_values(ascending=False, kind="stable").index).reset_index(drop=True)


def compare(a: xr.Dataset, b: xr.Dataset) -> Difference:
    """Compare two results; places, periods and policies need not be the same ones."""
    cost = cost_difference(a, b)
    unit = str(a["cost"].attrs["units"])
    return Difference(
        a=str(a.attrs["scenario_name"]),
        b=str(b.attrs["scenario_name"]),
        settings=setting_difference(a, b),
        inputs=input_difference(a, b),
        mix=mix_difference(a, b),
        policies=policy_difference(a, b),
        cost=cost,
        objective=float(b["objective"]) - float(a["objective"]),
        system=float(b["system_cost"]) - float(a["system_cost"]),
        unit=unit,
        notes=tuple(notes(a, b)),
    )


def cost_difference(a: xr.Dataset, b: xr.Dataset) -> pd.DataFrame:
    """Discounted cost of both, and B less A, by component, place and period; a cell that one lacks counts zero there."""
    account = pd.concat([costs(x)[["component", "account"]] for x in (a, b)]).drop_duplicates("component")
    parts = [costs(x).set_index(CELL)["value"].rename(name) for x, name in ((a, "a"), (b, "b"))]
    frame = pd.concat(parts, axis=1).fillna(0.0).rename_axis(CELL).reset_index()
    frame["difference"] = frame["b"] - frame["a"]
    frame["account"] = frame["component"].map(account.set_index("component")["account"]).fillna(SYSTEM)
    frame["unit"] = str(a["cost"].attrs["units"])
    return frame[[*CELL, "account", "a", "b", "difference", "unit"]].sort_values(CELL).reset_index(drop=True)


def input_difference(a: xr.Dataset, b: xr.Dataset) -> pd.DataFrame:
    """Rows of the tables that are not the same in both results."""
    key = ["table", "key"]
    left, right = (inputs(x).drop_duplicates(key).set_index(key)[["value", "unit"]] for x in (a, b))
    both = left.add_suffix("_a").join(right.add_suffix("_b"), how="outer")
    near = (both["value_a"] - both["value_b"]).abs() <= SAME * both[["value_a", "value_b"]].abs().max(axis=1)
    moved = both[~(near & (both["unit_a"] == both["unit_b"]))].reset_index()
    kind = np.select([moved["value_a"].isna(), moved["value_b"].isna()], ["added", "removed"], "changed")
    moved = moved.assign(kind=kind, unit=moved["unit_b"].fillna(moved["unit_a"]))
    return moved.rename(columns={"value_a": "a", "value_b": "b"})[[*key, "a", "b", "unit", "kind"]]


def setting_difference(a: xr.Dataset, b: xr.Dataset) -> pd.DataFrame:
    """Values of the resolved scenarios that differ, by dotted key; what one lacks is empty text.

    A policy that only one of them has is one row.
    """
    first, second = _scenario(a), _scenario(b)
    shared = set(first.get("policies") or {}) & set(second.get("policies") or {})
    left, right = (dict(_flat(_short(x, shared))) for x in (first, second))
    rows = [(key, left.get(key, ""), right.get(key, "")) for key in dict.fromkeys([*left, *right])]
    rows = [row for row in rows if row[1] != row[2] and row[0] not in TEXT_FIELDS and not row[0].startswith(SOLVER)]
    return pd.DataFrame(rows, columns=["key", "a", "b"])


def mix_difference(a: xr.Dataset, b: xr.Dataset) -> pd.DataFrame:
    """Output by technology, place and period that is not the same in both results; what one lacks is none there."""
    sides: list[pd.Series] = []
    units: dict[object, object] = {}
    for name, dataset in (("a", a), ("b", b)):
        sides.append(dataset["activity"].to_series().rename(name))
        units |= dict(zip(dataset["technology"].values, dataset["technology_unit"].values, strict=True))
    frame = pd.concat(sides, axis=1).fillna(0.0).reset_index().rename(columns={"region": "place"})
    frame["difference"] = frame["b"] - frame["a"]
    frame["unit"] = [str(units[technology]) for technology in frame["technology"]]
    moved = frame[frame["difference"].abs() > MOVED * frame[["a", "b"]].abs().max(axis=1).clip(lower=1.0)]
    order = moved["difference"].abs().sort_values(ascending=False, kind="stable").index
    return moved.loc[order, ["technology", "place", "period", "a", "b", "difference", "unit"]].reset_index(drop=True)


def _scenario(dataset: xr.Dataset) -> Any:
    """The resolved scenario of a result."""
    import yaml

    return yaml.safe_load(str(dataset.attrs["scenario_yaml"]))


def _short(spec: dict[str, Any], shared: set[str]) -> dict[str, Any]:
    """A scenario in which policies that the other one lacks stand for themselves by their instrument."""
    policies = spec.get("policies") or {}
    told = {name: policy if name in shared else policy["instrument"] for name, policy in policies.items()}
    return {**spec, "policies": told}


def _flat(value: Any, key: str = "") -> Iterator[tuple[str, str]]:
    """Leaves of nested maps by dotted key; lists are one value."""
    if isinstance(value, dict):
        for name, entry in value.items():
            yield from _flat(entry, f"{key}.{name}" if key else str(name))
    else:
        yield key, str(value)


def sheet(dataset: xr.Dataset) -> pd.DataFrame:
    """The policy sheet as a table, one row a policy row: POLICY, level, bound, slack, price, units and whether it binds."""
    columns = {"policy": "id", "row": "component", "place": "place", "case": "case", "period": "period"}
    columns |= {name: name for name in ("level", "bound", "unit", "price", "binding")}
    columns |= {"slack": "slack_left", "price_unit": "price_unit"}
    return pd.DataFrame({name: dataset[f"policy_{column}"].values for name, column in columns.items()})


def policy_difference(a: xr.Dataset, b: xr.Dataset) -> pd.DataFrame:
    """Policy rows that bind in one result and not in the other; rows of the swap ledger and charges are left out."""
    parts = []
    for name, dataset in (("a", a), ("b", b)):
        rows = sheet(dataset)
        kept = rows[~rows["row"].isin(["policy_swap_new", "policy_charged"])].drop_duplicates(POLICY).set_index(POLICY)
        parts.append(kept[["binding", "price", "price_unit"]].add_suffix(f"_{name}"))
    both = parts[0].join(parts[1], how="outer").reset_index()
    bound_a, bound_b = (both[f"binding_{name}"].fillna(0) == 1 for name in ("a", "b"))
    lacks_a, lacks_b = (both[f"binding_{name}"].isna() for name in ("a", "b"))
    choices = [
        (bound_b & lacks_a, "binding only in B"),
        (bound_a & lacks_b, "binding only in A"),
        (bound_b & ~bound_a, "became binding"),
        (bound_a & ~bound_b, "became free"),
    ]
    both["kind"] = np.select([mask.to_numpy() for mask, _ in choices], [text for _, text in choices], "")
    both["unit"] = both["price_unit_b"].fillna(both["price_unit_a"])
    kept = both[both["kind"] != ""].reset_index(drop=True)
    return kept[[*POLICY, "kind", "price_a", "price_b", "unit"]]


def notes(a: xr.Dataset, b: xr.Dataset) -> Iterator[Said]:
    """What stands between two results and a fair comparison, as far as the files tell."""
    if a.attrs["money"] != b.attrs["money"]:
        yield say(
            "money differs: {a} and {b}; costs are not comparable", "货币口径不同：{a} 与 {b}；成本不可比",
            a=a.attrs["money"], b=b.attrs["money"],
        )  # fmt: skip
    same_periods = a["period"].values.tolist() == b["period"].values.tolist()
    weights = ("operating_weight", "investment_weight")
    if not same_periods or any(not np.allclose(a[w].values, b[w].values, rtol=1e-12) for w in weights):
        yield Said(
            "periods or discount weights differ: compare system cost only between results with the same weights",
            "时期或贴现权重不同：只有权重相同的结果之间才可比较系统成本",
        )
    for name, dataset in (("A", a), ("B", b)):
        if dataset.attrs["certified"] != "yes":
            yield say("{name} is not certified", "{name} 未通过核验", name=name)
        if dataset.attrs["prices"] != "basic":
            yield say(
                "prices of {name} are interior: where the optimum is not unique they lie between those of its corners",
                "{name} 的价格为内点价格：最优解不唯一时，介于各顶点价格之间",
                name=name,
            )
    gap = abs(float(b["objective"]) - float(a["objective"]))
    if gap <= 1e-8 * max(1.0, abs(float(a["objective"]))) and len(mix_difference(a, b)):
        yield Said(
            "the objectives are equal and decisions differ: an optimum is not unique, differences of the mix mean little",
            "目标函数值相同而决策不同：最优解不唯一，结构差异意义不大",
        )
    for name, dataset in (("A", a), ("B", b)):
        if doubt := _doubt(dataset):
            yield say("{name} {doubt}", "{name} 的解{doubt}", name=name, doubt=doubt)
    rules = [json.loads(x.attrs["ties"])["criteria"] for x in (a, b) if x.attrs.get("tie_break") == "on"]
    if len(rules) == 2 and rules[0] != rules[1]:
        yield Said(
            "ties are broken by different criteria: differences of the mix mean little where an optimum is not unique",
            "同优解的取舍准则不同：最优解不唯一时，结构差异意义不大",
        )


def _doubt(dataset: xr.Dataset) -> Said:
    """Why another answer of least cost might stand in a result's place; empty where a declared tie-break chose it, or none is."""
    told = dataset.attrs
    if told.get("tie_break") == "on" or told.get("optimum_unique") == "yes":
        return Said("")
    failed = told.get("tie_break") == "failed"
    why = (
        say("the tie-break failed ({reason})", "同优取舍失败（{reason}）", reason=json.loads(told["ties"])["reason"])
        if failed else Said("ties were not broken", "未作同优取舍")
    )  # fmt: skip
    return say(
        "may not be unique: {why}, and {ties} choices not taken have an entry gap of 0; {fix}",
        "可能不唯一：{why}，且有 {ties} 个未采用的选项差距为 0；{fix}",
        why=why, ties=_ties(dataset), fix=FIX,
    )  # fmt: skip


def _ties(dataset: xr.Dataset) -> int:
    """New capacity that is not built although its gap is zero: a tie, unless a limit or lack of demand holds it back."""
    gap, built = dataset["entry_gap"].values, dataset["new_capacity"].values
    return int(((gap >= 0) & (gap <= 1e-6) & (built <= 1e-9)).sum())
