"""docs/vocabulary.md: the one dictionary of names, from foundation/vocabulary."""

from __future__ import annotations

from peakmix.foundation.vocabulary import Word, of_kind
from rendering.marks import table

INTRODUCTION = """# Vocabulary

<!-- Rendered by docs/render.py from model/peakmix/foundation/vocabulary*.py; edit those, then render. -->

A name means the same in the Pyomo model, in the result file, in these pages and on the command line. Units are templates:
`{product}` and `{commodity}` stand for natural units (t, GJ, MWh), a leading `M` makes it a million (Mt, PJ, TWh),
`money` is the money of the data set, `mixed` means that each row or cell brings its own. In a result file arrays have
the unit in their attributes, or the attribute `units_by` names the coordinate that holds it.
"""


def _named(entries: dict[str, Word]) -> str:
    rows = [(f"`{w.name}`", w.long_name, w.long_name_zh) for w in entries.values()]
    return table(("name", "meaning", "Chinese"), rows)


def _sized(entries: dict[str, Word]) -> str:
    rows = []
    for w in entries.values():
        meaning = f"{w.long_name} ({w.sign})" if w.sign else w.long_name
        unit = f"`{w.unit}`" if w.unit else ""
        rows.append((f"`{w.name}`", ", ".join(w.dims), unit, meaning, w.long_name_zh))
    return table(("name", "dimensions", "unit", "meaning", "Chinese"), rows)


def _costs(entries: dict[str, Word]) -> str:
    rows = [
        (f"`{w.name}`", f"{w.long_name} ({w.sign})" if w.sign else w.long_name, w.account, w.long_name_zh) for w in entries.values()
    ]
    return table(("name", "meaning", "account", "Chinese"), rows)


def _duals(entries: dict[str, Word]) -> str:
    rows = []
    for w in entries.values():
        unit = f"`{w.dual_unit}`" if w.dual_unit else "-"
        weight = "-" if w.weight == "none" else w.weight.replace("_", " ")
        rows.append((f"`{w.name}`", ", ".join(w.dims), w.long_name, w.dual or "none is reported", weight, unit))
    return table(("row", "index", "meaning", "dual", "weight", "unit of the price"), rows)


def _exported(entries: dict[str, Word]) -> list[tuple[str, str]]:
    return [(f"`{w.name}`", f"`{w.iamc}`") for w in entries.values() if w.iamc]


def page() -> str:
    """The whole page."""
    kinds = {kind: of_kind(kind) for kind in ("dimension", "variable", "row", "cost", "ledger", "indicator", "result")}
    exported = [pair for entries in kinds.values() for pair in _exported(entries)]
    parts = [
        INTRODUCTION,
        "## Dimensions\n\n" + _named(kinds["dimension"]),
        "## Variables of the model\n\n" + _sized(kinds["variable"]),
        "## Rows of the model\n\nFormulas are in [formulas.md](formulas.md).\n\n" + _duals(kinds["row"]),
        "## Costs\n\n`transfer` is part of the objective and not of the system cost.\n\n" + _costs(kinds["cost"]),
        "## Ledgers\n\nScopes of CO2 are never added silently.\n\n" + _sized(kinds["ledger"]),
        "## Indicators\n\nWhat a policy may bound or price.\n\n" + _sized(kinds["indicator"]),
        "## Arrays of a result file\n\nBeside the variables of the model.\n\n" + _sized(kinds["result"]),
        "## Names in the IAMC template\n\n" + table(("name", "IAMC variable"), exported),
    ]
    return "\n\n".join(part.rstrip() for part in parts) + "\n"
