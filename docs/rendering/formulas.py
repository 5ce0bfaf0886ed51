"""docs/formulas.md: every constraint family, policy instrument and indicator, from the docstring beside its code."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re
from dataclasses import dataclass
from types import ModuleType

from peakmix.formulation import candidates, indicators, registry
from peakmix.formulation import marks as readings
from peakmix.foundation.vocabulary import known, word
from rendering.marks import table

SECTIONS = ("Rows", "Symbols", "Dual", "Traps", "Source")
HEAD = re.compile(rf"^({'|'.join(SECTIONS)})\s+(?=\S)")
INTRODUCTION = """# Formulas

<!-- Rendered by docs/render.py from the docstrings in model/peakmix/formulation; edit those, then render. -->

Every constraint of the linear programme, in the order in which it is built. Each part has five headings: the rows with
their index and condition, the symbols with their units, how to read the dual, what it does to the unwary, and where the
rule comes from. `design 3.8` means rule 3.8 in [model.md](model.md), `design 2` and `design section 4` its sections.

Names of rows, variables and dimensions are those of the Pyomo model, of the result file and of the command line; all of
them are in [vocabulary.md](vocabulary.md). `p` is a period, `n[p]` its length in years, `D_p` its operating weight and
`d_p` its investment weight.

A dual becomes a price in money of the year by its kind: **annual** rows are divided by `D_p`, **one-off** rights by
`d_p`, totals **over the period** by `D_p / n[p]`. The result file holds prices, not raw duals.

The objective is the sum of the cost components, discounted; they are listed in the vocabulary under "Costs".
"""


@dataclass(frozen=True)
class Part:
    """A docstring of the fixed shape: name, sentence, paragraphs before the headings, text by heading."""

    title: str
    sentence: str
    before: str
    sections: dict[str, str]


def parse(docstring: str) -> Part:
    """Take a docstring apart.

    Raises
    ------
    ValueError
        When the first line is not ``Title: sentence`` or a heading stands twice.
    """
    first, *rest = inspect.cleandoc(docstring).splitlines()
    title, colon, sentence = first.partition(":")
    if not colon:
        raise ValueError(f"the first line is `Title: sentence`, not {first!r}")
    sections: dict[str, list[str]] = {}
    before: list[str] = []
    current = before
    for line in rest:
        found = HEAD.match(line)
        if found:
            if found[1] in sections:
                raise ValueError(f"{title}: the heading {found[1]} stands twice")
            current = sections[found[1]] = [" " * found.end() + line[found.end() :]]
        else:
            current.append(line)
    texts = {name: _dedented(lines) for name, lines in sections.items()}
    return Part(title.strip(), sentence.strip(), "\n".join(before).strip(), texts)


def _dedented(lines: list[str]) -> str:
    """Lines without their common margin and without blank lines at the end."""
    kept = [line for line in lines if line.strip()]
    margin = min((len(line) - len(line.lstrip()) for line in kept), default=0)
    return "\n".join(line[margin:].rstrip() for line in lines).rstrip()


def modules() -> list[tuple[str, ModuleType, tuple[str, ...]]]:
    """(kind, module, row components) of all families in building order, then of all instruments by name."""
    homes = {}
    for package in ("families", "policies"):
        root = importlib.import_module(f"peakmix.formulation.{package}")
        for info in pkgutil.iter_modules(root.__path__):
            module = importlib.import_module(f"{root.__name__}.{info.name}")
            for attribute in ("FAMILY", "INSTRUMENT"):
                if hasattr(module, attribute):
                    homes[attribute, getattr(module, attribute).name] = module
    found = [("family", homes["FAMILY", f.name], f.rows) for f in registry.families()]
    found += [("instrument", homes["INSTRUMENT", name], i.rows) for name, i in sorted(registry.instruments().items())]
    return found


def rows_table(rows: tuple[str, ...]) -> str:
    """The row components as in the vocabulary: index, meaning of the dual, unit of the price."""
    lines = []
    for name in rows:
        if not known("row", name):
            continue
        entry = word("row", name)
        price = f"{entry.weight.replace('_', '-')}, `{entry.dual_unit}`" if entry.dual else "-"
        lines.append((f"`{name}`", ", ".join(entry.dims), entry.dual or "none is reported", price))
    return table(("row", "index", "dual", "weight and unit of the price"), lines) if lines else ""


def sentence(text: str) -> str:
    """Text as a sentence: a capital, unless it opens with a name of the model, and a full stop."""
    first = re.split(r"[\s,:(\[]", text, maxsplit=1)[0]
    opened = f"`{first}`{text[len(first) :]}" if known("row", first) else text[:1].upper() + text[1:]
    return opened if opened.endswith((".", "`")) else opened + "."


def rendered(part: Part, rows: tuple[str, ...]) -> str:
    """One part of the page."""
    lines = [f"### {part.title}", "", sentence(part.sentence), ""]
    if part.before:
        lines += [part.before.replace("``", "`"), ""]
    for name in SECTIONS:
        if name not in part.sections:
            continue
        text = part.sections[name]
        if name in ("Rows", "Symbols"):
            lines += [f"**{name}**", "", "```text", text, "```", ""]
        else:
            lines += [f"**{name}.** {sentence(' '.join(text.split()))}", ""]
    listed = rows_table(rows)
    return "\n".join([*lines, listed, ""] if listed else lines)


def page() -> str:
    """The whole page."""
    texts: dict[str, list[str]] = {"family": [], "instrument": []}
    for kind, module, rows in modules():
        texts[kind].append(rendered(parse(module.__doc__ or ""), rows))
    parts = [INTRODUCTION, "## Constraint families\n", *texts["family"]]
    parts += ["## Policy instruments\n", *texts["instrument"], "## Indicators and readings\n"]
    parts.append(rendered(parse(indicators.__doc__ or ""), ("ledger_account",)))
    parts.append(rendered(parse(readings.__doc__ or ""), ()))
    parts.append(rendered(parse(candidates.__doc__ or ""), ()))
    return "\n".join(parts).rstrip() + "\n"
