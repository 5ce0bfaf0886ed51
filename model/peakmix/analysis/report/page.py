"""The page: sections from a result or a sweep, put into one HTML file with its own scripts and styles.

Nothing is fetched when the page opens: numbers, styles, scripts and the plotting library stand in the file.
"""

from __future__ import annotations

import json
from importlib import import_module
from importlib.resources import files
from typing import Any

import numpy as np
import pandas as pd
import xarray as xr

from peakmix.analysis.difference import compare
from peakmix.analysis.reading import ranked_slopes
from peakmix.analysis.report import charts, flows, tables
from peakmix.analysis.report.headline import cards
from peakmix.analysis.words import chosen, word
from peakmix.foundation.errors import UsageError
from peakmix.foundation.telling import say, told
from peakmix.results.guards import look_twice

Section = dict[str, Any]
FIRST_ORDER = "First order: slope of the optimum times the distance to low and to high; other inputs stay."


def report(dataset: xr.Dataset, language: str = "en", base: xr.Dataset | None = None, weak: Any = None) -> str:
    """The page of one result.

    Parameters
    ----------
    dataset, base:
        The result, and another one it is compared with.
    language:
        en or zh.
    weak:
        Table of sensitivities to the inputs, as the command sensitivity makes it; otherwise the slopes in the result, if any.

    Raises
    ------
    UsageError
        For an unknown language, or when the packages behind the page are not installed.
    """
    chosen(language)
    sections: list[Section] = [{"title": "Headlines", "cards": cards(dataset, language, base)}]
    if doubts := look_twice(dataset):
        sections.append({"title": "Look twice", "sentences": [told(sentence, language) for sentence in doubts]})
    drawn = charts.figures(dataset, language, base)
    flow = flows.diagrams(dataset, language)
    sections.append({"title": "Figures", "charts": [*drawn, *([flow] if flow else [])]})
    sections.append({"title": "Policies", "tables": [tables.policies(dataset, language), *tables.books(dataset, language)]})
    if base is not None:
        difference = compare(base, dataset)
        named = {"title": "Compared with", "of": difference.a, "sentences": [told(note, language) for note in difference.notes]}
        sections.append(named | {"tables": tables.compared(dataset, difference, language)})
    sections.append(weak_section(dataset, language, ranked_slopes(dataset) if weak is None else weak))
    sections.append({"title": "Data", "tables": tables.data(dataset, language)})
    trust = [tables.provenance(dataset, language), tables.certificate(dataset, language)]
    sections.append({"title": "Provenance and certificate", "tables": trust, "text": str(dataset.attrs["scenario_yaml"])})
    attributes = dataset.attrs
    head = {
        "title": str(attributes["title"]),
        "name": str(attributes["scenario_name"]),
        "certified": attributes["certified"] == "yes",
        "foot": f"{attributes['source']} | {attributes['date_created']} | data {str(attributes['data_hash'])[:10]}",
    }
    places = charts.place_names(dataset, language)
    periods = {"first": dataset["period"].values.tolist(), "length": dataset["period_length"].values.tolist()}
    return written(head, sections, language, {"places": places, "periods": periods})


def weak_section(dataset: xr.Dataset, language: str, weak: pd.DataFrame | None) -> Section:
    """Which numbers matter: a figure and a table, or where to get them."""
    if weak is None or not len(weak):
        missing = say(
            "This result does not hold which inputs matter; `{command}` stores them.",
            "本结果未保存各输入的影响；`{command}` 可予保存。",
            command="peakmix run SCENARIO --sensitivity",
        )
        return {"title": "Weak numbers", "sentences": [told(missing, language)]}
    section: Section = {"title": "Weak numbers", "charts": [charts.tornado(dataset, language, weak)]}
    if not np.isfinite(weak["change_low"]).any():
        section["sentences"] = [word(language, FIRST_ORDER)]
    return section | {"tables": [tables.weak_numbers(weak, language)]}


def written(head: dict[str, Any], sections: list[Section], language: str, shared: dict[str, Any]) -> str:
    """HTML of sections; numbers and charts go in as JSON."""
    try:
        jinja, library = import_module("jinja2"), import_module("plotly.offline")
    except ImportError:
        rule = "a report needs the packages jinja2 and plotly, which are not installed"
        raise UsageError(rule, fix="install peakmix[report]") from None
    assets = files("peakmix.analysis.report") / "assets"
    text = {name: (assets / name).read_text(encoding="utf-8") for name in ("report.html", "report.css", "report.js")}
    for number, section in enumerate(sections):
        section["id"] = f"section{number}"
        section["label"] = word(language, section["title"])
    payload = {
        "charts": [chart for section in sections for chart in section.get("charts", ())],
        "tables": [table for section in sections for table in section.get("tables", ())],
        "words": {key: word(language, key) for key in WORDS},
        **shared,
    }
    environment = jinja.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    environment.filters["word"] = lambda key: word(language, key)
    parts = {"css": text["report.css"], "script": text["report.js"], "plotly": library.get_plotlyjs(), "payload": inlined(payload)}
    return str(environment.from_string(text["report.html"]).render(head=head, sections=sections, language=language, **parts))


def inlined(payload: Any) -> str:
    """JSON that may stand inside a script element."""
    plain = json.dumps(payload, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return plain.replace("<", "\\u003c").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")


WORDS = (
    "all", "place", "absolute", "share", "peak", "search", "felt only", "more rows", "rows", "download table", "across", "upward",
    "colour", "none",
)  # fmt: skip
