"""docs/data-dictionary.md: the schemas of all tables, and how many rows of which grade the national data set holds."""

from __future__ import annotations

import csv
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from peakmix.cli.tables import markdown_lines
from peakmix.tables.schema import Schema, read_schemas
from rendering.marks import table

DATA = Path(__file__).resolve().parents[2] / "data"
GRADES = ("A", "B", "C")
INTRODUCTION = """# Data dictionary

<!-- Rendered by docs/render.py from data/schema/*.yaml and data/national; edit those, then render. -->

A data set is a folder with `dataset.yaml` (title, money, price year) and CSV files; files of one name in any sub-folder
are one table. `peakmix tables` prints the same dictionary for a terminal, `peakmix tables --sources` the sources.

**Rows with values** append the columns `value, unit, low, high, source, grade, note`, in this order. `low <= value <=
high`. `source` is a key of `sources.csv`. `grade` is A (official or peer-reviewed), B (model database, trade press) or C
(judgement).

**Units** are converted within a dimension (kWh to MWh, kg to t, % to 1, money of another year by `money.csv`) and refused
otherwise. `{commodity}` is the natural unit of the commodity, `{product}` that of the technology's product; a leading `M`
makes it a million.

**Blank key cells** mean "all" where the table says so. The most specific row wins; two equally specific rows are an
error. **Between years** a value is linear (and flat outside the given years), a step (in force in the first period
whose first year is at or after the date), or none (the same in all years). A value that is missing is an error, never
zero, unless a default is stated.
"""


def files(root: Path) -> Iterator[tuple[str, str, list[dict[str, str]]]]:
    """(part, table, rows) of every CSV file of a data set."""
    for path in sorted(root.rglob("*.csv")):
        with path.open(encoding="utf-8", newline="") as lines:
            yield path.parent.name, path.stem, list(csv.DictReader(lines))


def counts(root: Path) -> str:
    """Rows and share of grades, by table and by part."""
    rows: Counter[str] = Counter()
    by_table: dict[str, Counter[str]] = {}
    by_part: dict[str, Counter[str]] = {}
    parts: dict[str, list[str]] = {}
    for part, name, records in files(root):
        rows[name] += len(records)
        parts.setdefault(name, []).append(part)
        graded = Counter(record["grade"] for record in records if "value" in record)
        by_table.setdefault(name, Counter()).update(graded)
        by_part.setdefault(part, Counter()).update(graded)
    tables = [(f"`{name}`", f"{rows[name]:,}", *_shares(by_table[name]), ", ".join(parts[name])) for name in sorted(rows)]
    whole = sum(by_part.values(), Counter())
    tables.append(("all", f"{rows.total():,}", *_shares(whole), ""))
    sections = [(part, f"{graded.total():,}", *_shares(graded)) for part, graded in sorted(by_part.items())]
    sections.append(("all", f"{whole.total():,}", *_shares(whole)))
    shares = tuple(f"grade {grade}" for grade in GRADES)
    return "\n\n".join(
        (
            table(("part", "values", *shares), sections),
            table(("table", "rows", *shares, "parts"), tables),
        )
    )


def _shares(graded: Counter[str]) -> tuple[str, ...]:
    """Share of each grade; nothing where a table has no values."""
    total = graded.total()
    return tuple(f"{graded[grade] / total:.0%}" if total else "" for grade in GRADES)


def page() -> str:
    """The whole page."""
    schemas: dict[str, Schema] = read_schemas(DATA / "schema")
    lines = [line for schema in schemas.values() for line in markdown_lines(schema)]
    parts = [INTRODUCTION, "# Tables\n", "\n".join(lines).rstrip(), ""]
    parts += [
        "# What `data/national` holds\n",
        "Shares are of rows with values. A number of grade C is judgement: sweep it before trusting a ranking.\n",
        counts(DATA / "national"),
    ]
    return "\n".join(parts).rstrip() + "\n"
