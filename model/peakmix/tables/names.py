"""Names a data set defines, and the natural unit that a row's template stands for."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from peakmix.foundation import units
from peakmix.foundation.errors import Findings, nearest
from peakmix.tables.read import Row
from peakmix.tables.schema import Schema

UNIONS = {
    "technology_group": ("technology_group", "technology"),
    "technology_group_or_measure": ("technology_group", "technology", "measure"),
}
"""Kinds of reference that more than one kind of name answers."""


@dataclass(frozen=True)
class Names:
    """Names by kind, and the links to natural units; from raw cells, so that one bad cell causes one error."""

    defined: dict[str, dict[str, Row]] = field(default_factory=dict)
    natural: dict[str, str] = field(default_factory=dict)
    product: dict[str, str] = field(default_factory=dict)
    members: dict[str, list[str]] = field(default_factory=dict)
    hosts: dict[str, list[str]] = field(default_factory=dict)
    target: dict[str, str] = field(default_factory=dict)
    market: dict[str, str] = field(default_factory=dict)

    def known(self, of: str) -> dict[str, Row]:
        """Names that a reference of kind ``of`` may use."""
        kinds = UNIONS.get(of, (of,))
        return {name: row for kind in kinds for name, row in self.defined.get(kind, {}).items()}

    def technologies(self, cells: Mapping[str, str]) -> list[str]:
        """Technologies whose product a row's ``{product}`` stands for."""
        if cells.get("technology"):
            return [cells["technology"]]
        if cells.get("host"):
            return [cells["host"]]
        if "measure" in cells:
            return self.hosts.get(cells["measure"], [])
        if "conversion" in cells:
            return [self.target.get(cells["conversion"], "")]
        group = cells.get("group", "")
        return self.members.get(group) or self.hosts.get(group) or [group]

    def commodity(self, cells: Mapping[str, str]) -> str:
        """Commodity that a row's ``{commodity}`` stands for."""
        return cells.get("commodity") or self.market.get(cells.get("market", ""), "")

    def natural_units(self, template: str, cells: Mapping[str, str]) -> dict[str, set[str]]:
        """Natural units found for each name in a template; an empty set where a name is unknown."""
        found: dict[str, set[str]] = {}
        if "{commodity}" in template:
            found["commodity"] = {self.natural.get(self.commodity(cells), "")} - {""}
        if "{product}" in template:
            products = (self.product.get(technology, "") for technology in self.technologies(cells))
            found["product"] = {self.natural.get(product, "") for product in products} - {""}
        return found


def collect(tables: Mapping[str, Iterable[Row]], schemas: Mapping[str, Schema]) -> Names:
    """All names defined in the raw rows."""
    names = Names()
    for table, rows in tables.items():
        defining = [(column.name, column.defines) for column in schemas[table].columns.values() if column.defines]
        for row in rows:
            for column, kind in defining:
                if row.cells[column]:
                    names.defined.setdefault(kind, {}).setdefault(row.cells[column], row)
    links: list[tuple[str, str, str, dict[str, str]]] = [
        ("commodities", "commodity", "unit", names.natural),
        ("technologies", "technology", "product", names.product),
        ("conversions", "conversion", "to", names.target),
        ("markets", "market", "commodity", names.market),
    ]
    for table, key, value, link in links:
        for row in tables.get(table, ()):
            link.setdefault(row.cells[key], row.cells[value])
    for row in tables.get("technology_groups", ()):
        names.members.setdefault(row.cells["group"], []).append(row.cells["technology"])
    for row in tables.get("measures", ()):
        names.hosts.setdefault(row.cells["measure"], []).append(row.cells["host"])
    return names


def check_references(
    rows: Iterable[Row], schema: Schema, names: Names, findings: Findings, unreadable: Collection[str] = ()
) -> None:
    """Every name that refers to something is defined; one error a name and file, with the nearest known name.

    Kinds of names in ``unreadable`` are not looked up: the files that define them have errors of their own.
    """
    columns = [(column.name, column.of) for column in schema.columns.values() if column.of]
    if schema.has_values:
        columns.append(("source", "source"))
    columns = [(column, of) for column, of in columns if not set(UNIONS.get(of, (of,))) & set(unreadable)]
    known = {of: names.known(of) for _, of in columns}
    unknown: dict[tuple[str, str, str, str], list[Row]] = {}
    for row in rows:
        for column, of in columns:
            name = row.cells[column]
            if name and name not in known[of]:
                unknown.setdefault((row.file, column, of, name), []).append(row)
    for (_, column, of, name), found in unknown.items():
        what = " or ".join(UNIONS.get(of, (of,))).replace("_", " ")
        more = f" (and {len(found) - 1} more rows of this file)" if len(found) > 1 else ""
        findings.error(f"{column} is a known {what}{more}", place=found[0].place(column), fix=nearest(name, known[of]))


def canonical_unit(template: str, row: Row, names: Names, money: str, findings: Findings) -> str:
    """Canonical unit of a row; empty after an error, or where a name is unknown (reported elsewhere)."""
    natural = names.natural_units(template, row.cells)
    for what, found in natural.items():
        if not found:
            return ""
        if len(found) > 1:
            rule = f"the {what}s of one row share a natural unit; here: {', '.join(sorted(found))}"
            findings.error(rule, place=row.place("unit"), fix="split the group, or write one row a technology")
            return ""
    try:
        return units.fill(template, {what: next(iter(found)) for what, found in natural.items()}, money)
    except units.UnitError:
        return ""
