"""Flows of energy and materials between sectors as the diagrams of the page, one a period and unit."""

from __future__ import annotations

from typing import Any

import xarray as xr

from peakmix.analysis.figures.palette import NEUTRAL, sector_colour
from peakmix.analysis.flows import SECTOR, Flow, flows
from peakmix.analysis.report.charts import rounded
from peakmix.analysis.words import names, word

SHOWN = 60
"""Flows of a diagram at most, the largest ones."""


def diagrams(dataset: xr.Dataset, language: str) -> dict[str, Any] | None:
    """Energy in PJ and materials in Mt, for every period; None when nothing flows."""
    groups = []
    for period in dataset["period"].values.tolist()[::-1]:
        for unit, label in (("PJ/yr", "PJ"), ("Mt/yr", "Mt")):
            found = sorted(flows(dataset, int(period), unit), key=lambda flow: -flow[2])[:SHOWN]
            if found:
                groups.append({"label": f"{period}, {label}", "unit": unit, **_drawn(dataset, language, found)})
    chart = {"id": "flows", "kind": "sankey", "title": word(language, "Flows of energy and materials")}
    return chart | {"by": word(language, "period"), "groups": groups} if groups else None


def _drawn(dataset: xr.Dataset, language: str, found: list[Flow]) -> dict[str, Any]:
    """Nodes with labels and colours, and links."""
    nodes = list(dict.fromkeys(end for start, stop, _ in found for end in (start, stop)))
    called = names(dataset, "commodity", language)
    labels = [called.get(node) or word(language, node.removeprefix(SECTOR)).replace("_", " ") for node in nodes]
    colours = [sector_colour(node.removeprefix(SECTOR)) if node.startswith(SECTOR) else NEUTRAL for node in nodes]
    links = {
        "source": [nodes.index(start) for start, _, _ in found],
        "target": [nodes.index(stop) for _, stop, _ in found],
        "value": rounded([value for *_, value in found]),
    }
    return {"nodes": labels, "colours": colours, "links": links}
