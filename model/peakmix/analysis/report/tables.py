"""Tables of the report: columns with labels, rows as plain values, and which rows are felt."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.analysis.compliance import compliance
from peakmix.analysis.difference import Difference
from peakmix.analysis.loans import loan_book
from peakmix.analysis.payers import payer_totals
from peakmix.analysis.policy_sheet import FELT, policy_table
from peakmix.analysis.reading import inputs
from peakmix.analysis.report.charts import rounded
from peakmix.analysis.words import phrase, word
from peakmix.foundation.telling import told
from peakmix.results.guards import dated

Table = dict[str, Any]
ON_SCREEN = ("instrument", "scope", "case", "excess", "payer", "source")
"""Columns of the policy sheet that are left out on paper."""
PHRASES = ("scope", "payer", "place", "sector", "component", "account", "kind")
"""Columns whose cells are words of the field rather than ids."""
SMALL = 1e-9
"""Room below this share of the bound is none: what arithmetic leaves over."""
FACTS = (
    "scenario_name", "title", "data_title", "data_hash", "scenario_hash", "peakmix_version", "date_created", "solver_name",
    "solver_version", "solver_method", "termination_condition", "prices", "tie_break", "optimum_unique", "discount_rate", "money",
    "base_period", "platform", "python_version", "package_versions", "solver_options", "timings",
)  # fmt: skip


def table(ident: str, title: str, frame: pd.DataFrame, language: str, felt: Any = None, open_rows: int = 25) -> Table:
    """A frame as a table of the page, without its empty columns; numbers keep eight significant digits."""
    empty = [name for name in frame.columns if len(frame) and (frame[name].astype(str) == "").all()]
    frame = frame.drop(columns=empty)
    columns = [{"label": word(language, str(name).replace("_", " ")), "kind": _kind(frame[name])} for name in frame.columns]
    rows = [[_plain(value) for value in row] for row in frame.itertuples(index=False, name=None)]
    made: Table = {"id": ident, "title": word(language, title), "columns": columns, "rows": rows, "open": open_rows}
    if felt is not None:
        made["felt"] = [int(flag) for flag in felt]
    return made


def slim(made: Table, frame: pd.DataFrame, *names: str) -> Table:
    """A table that leaves columns out on paper, which is too narrow for all of them."""
    kept = [name for name in frame.columns if not (len(frame) and (frame[name].astype(str) == "").all())]
    for name, column in zip(kept, made["columns"], strict=True):
        if name in names:
            column["extra"] = 1
    return made


def _kind(column: pd.Series) -> str:
    """How a column is printed: whole numbers without separators, for they are years and flags."""
    if pd.api.types.is_bool_dtype(column) or pd.api.types.is_integer_dtype(column):
        return "whole"
    return "number" if pd.api.types.is_numeric_dtype(column) else "text"


def _plain(value: Any) -> Any:
    """A cell as JSON knows it."""
    if isinstance(value, bool | np.bool_):
        return int(value)
    if isinstance(value, int | np.integer):
        return int(value)
    if isinstance(value, float | np.floating):
        return rounded(float(value))
    return "" if value is None else str(value)


def spoken(dataset: xr.Dataset, frame: pd.DataFrame, language: str) -> pd.DataFrame:
    """Cells that are phrases, such as who pays and where, in the language; ids and units stay."""
    if language != "zh":
        return frame
    columns = [name for name in PHRASES if name in frame]
    words = {name: {text: phrase(dataset, language, text) for text in frame[name].astype(str).unique()} for name in columns}
    return frame.assign(**{name: frame[name].astype(str).map(words[name]) for name in columns})


def policies(dataset: xr.Dataset, language: str) -> Table:
    """The policy sheet, with a mark at rows that bind, have a price, are charged or exceeded."""
    frame = policy_table(dataset)
    charged = (frame["rule"] == "charged") & (frame["level"].abs() > FELT)
    felt = frame["binding"] | (frame["price"].fillna(0.0).abs() > FELT) | (frame["excess"] > FELT) | charged
    left = frame["slack"].where(frame["slack"].abs() > SMALL * frame["bound"].abs().clip(lower=1.0), 0.0)
    when = [told(dated(int(p)), language) for p in frame["period"]]
    shown = spoken(dataset, frame.assign(period=when, slack=left), language)
    return slim(table("policies", "Policy sheet", shown, language, felt), shown, *ON_SCREEN)


def books(dataset: xr.Dataset, language: str) -> list[Table]:
    """Who pays, the allowance accounts and the loan book, as far as the result has them."""
    found = []
    if "payer_cost" in dataset:
        found.append(("payers", "Cost by payer", payer_totals(dataset).assign(unit=_money(dataset))))
    if dataset.sizes.get("allowance_row"):
        found.append(("compliance", "Compliance report", compliance(dataset)))
    if dataset.sizes.get("loan_row"):
        found.append(("loans", "Loan book", loan_book(dataset).assign(unit=_money(dataset))))
    made = [table(ident, title, spoken(dataset, frame, language), language) for ident, title, frame in found]
    return [one for one in made if one["rows"]]


def weak_numbers(weak: pd.DataFrame, language: str) -> Table:
    """The sensitivities without their file and line, which mean nothing to a reader elsewhere; the note comes last."""
    weak = weak.dropna(axis="columns", how="all")
    last = [name for name in ("note",) if name in weak]
    frame = weak.drop(columns=["place", *last], errors="ignore").join(weak[last].fillna(""))
    return table("weak", "Weak numbers", frame, language)


def _money(dataset: xr.Dataset) -> str:
    return f"M{dataset.attrs['money']}"


def compared(dataset: xr.Dataset, difference: Difference, language: str) -> list[Table]:
    """What differs from the base: settings, inputs, policies, cost."""
    cost = spoken(dataset, difference.by("component", "period").assign(unit=difference.unit), language)
    made = [
        table("settings", "Settings that differ", difference.settings.rename(columns={"key": "setting"}), language),
        table("changed", "Inputs that differ", spoken(dataset, difference.inputs, language), language),
        table("holds", "Policies that changed their hold", spoken(dataset, difference.policies, language), language),
        table("cost_difference", "Cost difference", cost, language),
    ]
    return [one for one in made if one["rows"]]


def data(dataset: xr.Dataset, language: str) -> list[Table]:
    """Rows by table and grade, every input with its source, and the sources."""
    frame = inputs(dataset)
    counts = pd.crosstab(frame["table"], frame["grade"]).reset_index()
    rows = ["table", "key", "value", "unit", "low", "high", "grade", "source", "note"]
    citations = pd.DataFrame({"source": dataset["source_key"].values, "citation": dataset["source_citation"].values})
    counts.columns.name = None
    return [
        table("grades", "Rows by grade", counts, language, open_rows=12),
        slim(table("inputs", "Inputs of the run", frame[rows], language, open_rows=10), frame[rows], "source", "note"),
        table("sources", "Sources", citations, language, open_rows=10),
    ]


def provenance(dataset: xr.Dataset, language: str) -> Table:
    """Where the file comes from: attribute, value."""
    facts = [(name, str(dataset.attrs[name])) for name in FACTS if name in dataset.attrs]
    return table("provenance", "Provenance and certificate", pd.DataFrame(facts, columns=["attribute", "value"]), language)


def certificate(dataset: xr.Dataset, language: str) -> Table:
    """Every check of certificate and audits, with value, tolerance and where it is worst."""
    found = json.loads(dataset.attrs["certificate"])
    rows = [
        ("certificate", name.removesuffix("_value"), value, found.get(name.replace("_value", "_tolerance")),
         found.get(name.replace("_value", "_worst"), ""))
        for name, value in found.items()
        if name.endswith("_value")
    ]  # fmt: skip
    for kind, audit in json.loads(dataset.attrs["audits"]).items():
        for name, check in audit["checks"].items():
            rows.append((f"{kind} audit", name, check["value"], audit["tolerance"], check.get("worst", "")))
    frame = pd.DataFrame(rows, columns=["check", "rule", "value", "tolerance", "worst"])
    return table("certificate", "certified", frame, language, open_rows=40)
