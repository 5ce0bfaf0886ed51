"""Lines of the summary about a path that was found window by window."""

from __future__ import annotations

import json

import xarray as xr


def foresight_lines(dataset: xr.Dataset) -> list[str]:
    """Windows of a path that is not one optimum, with those that were taken back; none under perfect foresight."""
    if "foresight" not in dataset.attrs:
        return []
    told = json.loads(dataset.attrs["foresight"])
    ends = dict(zip(dataset["period"].values.tolist(), dataset["period_end"].values.tolist(), strict=True))
    kept = [w for w in told["windows"] if w["kept"]]
    lines = [
        f"A PATH OF {len(kept)} WINDOWS ({told['mode']} foresight), not one optimum: "
        "each window is optimal on what was decided before it;",
        "  prices are those felt in the window that completed the row",
    ]
    if len(kept) == 1:
        lines = [f"ONE WINDOW SEES THE WHOLE HORIZON ({told['mode']} foresight): one optimum"]
    for w in told["windows"]:
        outcome = w["status"] if w["kept"] else f"{w['status']}, taken back" if w["status"] == "optimal" else w["status"]
        longer = "; longer view after a step back" if w["longer"] else ""
        under = f" under: {w['belief']}" if w["belief"] != "truth" else ""
        lines.append(f"  {w['first']}: decides to {ends[w['decided']]}, sees to {ends[w['seen']]}{under}: {outcome}{longer}")
    return lines
